/* SPDX-License-Identifier: MIT */
/* A device with its lock, sockets, timer and handshake thread; see tunnel.h. */
#include "tunnel.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "crypto/secret.h"
#include "random.h"
#include "returned.h"

#define HANDSHAKE_NICE	 5  /* Data goes first where there is one processor. */
#define DESTINATION_OFF4 16 /* In an IPv4 header, RFC 791. */
#define DESTINATION_OFF6 24 /* In an IPv6 header, RFC 8200. */

/* The core's port */

static int port_send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			     size_t len)
{
	struct tunnel *tunnel = ctx;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)msg, .iov_len = len};

	/* Nothing is overtaken. */
	outbox_flush(&tunnel->outbox, &tunnel->udp);
	return udp_send(&tunnel->udp, to, tos, &iov, 1);
}

static int port_send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
			    struct zwg_packet *pkt)
{
	struct tunnel *tunnel = ctx;

	if (udp_socket(&tunnel->udp, to) < 0) {
		packet_put(&tunnel->pool, pkt);
		return -EAFNOSUPPORT;
	}
	outbox_add(&tunnel->outbox, &tunnel->udp, to, tos, pkt);
	return 0;
}

static void port_release(void *ctx, struct zwg_packet *pkt)
{
	struct tunnel *tunnel = ctx;

	packet_put(&tunnel->pool, pkt);
}

static int port_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	return random_bytes(buf, len);
}

static int port_tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	struct tunnel *tunnel = ctx;

	return tunnel->ops->tai64n(tunnel->ctx, stamp);
}

static void port_wake_at(void *ctx, zwg_time when)
{
	struct tunnel *tunnel = ctx;

	tunnel->wanted = when;
}

static void port_jobs_pending(void *ctx)
{
	struct tunnel *tunnel = ctx;

	tunnel->jobs_pending = true;
	pthread_cond_signal(&tunnel->jobs);
}

static void port_event(void *ctx, struct zwg_peer *peer, enum zwg_event event)
{
	struct tunnel *tunnel = ctx;

	tunnel->ops->event(tunnel->ctx, peer, event);
}

static const struct zwg_port core_port = {
	.send_message = port_send_message,
	.send_packet = port_send_packet,
	.release = port_release,
	.random = port_random,
	.tai64n = port_tai64n,
	.wake_at = port_wake_at,
	.jobs_pending = port_jobs_pending,
	.event = port_event,
};

/* Before the lock is released: what was sent leaves, and the timer is set. The core's wish often
 * moves away with every packet; a timer that expires too early costs less than to follow it. */
static void settle(struct tunnel *tunnel)
{
	outbox_flush(&tunnel->outbox, &tunnel->udp);
	if (tunnel->wanted < tunnel->armed) {
		clock_timer_set(tunnel->timer.fd, tunnel->wanted);
		tunnel->armed = tunnel->wanted;
	}
}

/* The handshake thread */

static void run_jobs(struct tunnel *tunnel, struct zwg_job *job)
{
	while (!tunnel->stopping && zwg_job_take(tunnel->device, clock_now(), job)) {
		do {
			tunnel_unlock(tunnel);
			zwg_job_compute(job);
			tunnel_lock(tunnel);
		} while (zwg_job_commit(tunnel->device, clock_now(), job));
	}
}

static void *handshake_thread(void *arg)
{
	struct tunnel *tunnel = arg;
	struct zwg_job job = {0};

	setpriority(PRIO_PROCESS, 0, HANDSHAKE_NICE);
	tunnel_lock(tunnel);
	while (!tunnel->stopping) {
		if (!tunnel->jobs_pending) {
			settle(tunnel);
			pthread_cond_wait(&tunnel->jobs, &tunnel->lock);
			continue;
		}
		tunnel->jobs_pending = false;
		run_jobs(tunnel, &job);
	}
	tunnel_unlock(tunnel);
	zwg_wipe(&job, sizeof(job));
	return NULL;
}

/* Receiving */

/* A datagram as a packet: where it lies; or, if packets are to be in fragments, a copy. NULL if
 * there is no room for that. */
static struct zwg_packet *packet_of(struct tunnel *tunnel, struct tunnel_view *view, uint8_t *data,
				    size_t len)
{
	struct zwg_packet *pkt;
	struct zwg_chain bytes;

	if (tunnel->pool.segs == 1) {
		view->seg = (struct zwg_seg){.data = data, .len = len};
		view->pkt = (struct zwg_packet){.segs = &view->seg, .count = 1, .len = len};
		return &view->pkt;
	}
	pkt = packet_get(&tunnel->pool);
	if (!pkt)
		return NULL;
	pkt->off = 0;
	pkt->len = len;
	bytes = packet_chain(pkt);
	zwg_chain_write(&bytes, 0, data, len);
	return pkt;
}

static void forget_packet(struct tunnel *tunnel, struct zwg_packet *pkt)
{
	if (tunnel->pool.segs > 1)
		packet_put(&tunnel->pool, pkt);
}

/* Opens what lies in the inbox, as much as can be delivered together. The number to be delivered;
 * *all is false if there is more. */
static size_t open_batch(struct tunnel *tunnel, bool *all)
{
	zwg_time now = clock_now();
	const struct udp_origin *origin;
	size_t count = 0;
	uint8_t *data;
	size_t len;

	*all = false;
	tunnel_lock(tunnel);
	while (count < TUNNEL_BATCH) {
		struct zwg_packet *pkt;

		data = inbox_next(&tunnel->inbox, &len, &origin);
		if (!data) {
			*all = true;
			break;
		}
		pkt = packet_of(tunnel, &tunnel->views[count], data, len);
		if (!pkt)
			continue;
		if (zwg_input(tunnel->device, now, pkt, &origin->from, origin->tos, NULL) ==
		    ZWG_DELIVER)
			tunnel->opened[count++] = pkt;
		else
			forget_packet(tunnel, pkt);
	}
	tunnel_unlock(tunnel);
	return count;
}

static void udp_ready(struct tunnel *tunnel, int fd)
{
	bool all = !inbox_receive(&tunnel->inbox, fd);

	while (!all) {
		size_t count = open_batch(tunnel, &all);

		if (count > 0)
			tunnel->ops->deliver(tunnel->ctx, tunnel->opened, count);
		for (size_t i = 0; i < count; i++)
			forget_packet(tunnel, tunnel->opened[i]);
	}
}

static void udp4_ready(void *ctx, uint32_t events)
{
	struct tunnel *tunnel = ctx;

	(void)events;
	udp_ready(tunnel, tunnel->udp.fd[UDP_INET]);
}

static void udp6_ready(void *ctx, uint32_t events)
{
	struct tunnel *tunnel = ctx;

	(void)events;
	udp_ready(tunnel, tunnel->udp.fd[UDP_INET6]);
}

static void timer_ready(void *ctx, uint32_t events)
{
	struct tunnel *tunnel = ctx;

	(void)events;
	/* Cleared first: a wish that the core makes while it ticks must not be lost. */
	clock_timer_clear(tunnel->timer.fd);
	tunnel_lock(tunnel);
	tunnel->armed = ZWG_NEVER;
	zwg_tick(tunnel->device, clock_now());
	tunnel_unlock(tunnel);
}

/* Sending */

static bool destination(const struct zwg_packet *pkt, struct zwg_addr *addr)
{
	struct zwg_chain bytes = packet_chain(pkt);
	uint8_t version;

	*addr = (struct zwg_addr){0};
	if (!zwg_chain_read(&bytes, 0, &version, 1))
		return false;
	addr->family = version >> 4;
	if (addr->family == ZWG_AF_INET)
		return zwg_chain_read(&bytes, DESTINATION_OFF4, addr->bytes, 4);
	if (addr->family == ZWG_AF_INET6)
		return zwg_chain_read(&bytes, DESTINATION_OFF6, addr->bytes, 16);
	return false;
}

/* Packets that wait for silent peers must not take the pool from those that answer: when half of it
 * is out, only packets that a session can carry at once are accepted. */
static bool may_wait(struct tunnel *tunnel, zwg_time now, const struct zwg_packet *pkt)
{
	struct zwg_peer_info info;
	struct zwg_peer *peer;
	struct zwg_addr addr;
	bool session;

	if (packets_available(&tunnel->pool) > tunnel->pool.count / 2)
		return true;
	if (!destination(pkt, &addr))
		return true;
	peer = zwg_route(tunnel->device, &addr);
	if (!peer)
		return true;
	zwg_peer_get_info(peer, now, &info);
	session = info.has_session;
	zwg_wipe(&info, sizeof(info));
	return session;
}

struct zwg_packet *tunnel_output(struct tunnel *tunnel, struct zwg_packet *first, int *errors)
{
	struct zwg_packet *refused = NULL, **last = &refused;
	zwg_time now = clock_now();

	tunnel_lock(tunnel);
	for (struct zwg_packet *pkt = first, *next; pkt; pkt = next) {
		int err;

		next = pkt->next;
		pkt->next = NULL;
		if (packet_returned(tunnel->device, now, tunnel->udp.port, pkt))
			err = -ELOOP;
		else if (!may_wait(tunnel, now, pkt))
			err = -ENOBUFS;
		else
			err = zwg_output(tunnel->device, now, pkt);
		if (err) {
			*errors++ = err;
			*last = pkt;
			last = &pkt->next;
		}
	}
	tunnel_unlock(tunnel);
	return refused;
}

struct zwg_packet *tunnel_packet(struct tunnel *tunnel)
{
	return packet_get(&tunnel->pool);
}

void tunnel_release(struct tunnel *tunnel, struct zwg_packet *pkt)
{
	packet_put(&tunnel->pool, pkt);
}

/* Life */

void tunnel_lock(struct tunnel *tunnel)
{
	pthread_mutex_lock(&tunnel->lock);
}

void tunnel_unlock(struct tunnel *tunnel)
{
	settle(tunnel);
	pthread_mutex_unlock(&tunnel->lock);
}

static int start(struct tunnel *tunnel)
{
	int err = clock_timer();

	if (err < 0)
		return err;
	tunnel->timer = (struct loop_source){.fd = err, .ready = timer_ready, .ctx = tunnel};
	err = loop_add(tunnel->loop, &tunnel->timer, EPOLLIN);
	if (!err)
		err = -pthread_create(&tunnel->thread, NULL, handshake_thread, tunnel);
	tunnel->thread_started = !err;
	return err;
}

int tunnel_init(struct tunnel *tunnel, struct zwg_device *device, struct loop *loop,
		const struct tunnel_ops *ops, void *ctx, size_t packets, size_t fragment)
{
	int err;

	*tunnel = (struct tunnel){
		.device = device,
		.loop = loop,
		.ops = ops,
		.ctx = ctx,
		.udp = {.fd = {-1, -1}},
		.udp_source = {{.fd = -1, .ready = udp4_ready, .ctx = tunnel},
			       {.fd = -1, .ready = udp6_ready, .ctx = tunnel}},
		.timer = {.fd = -1},
		.outbox = {.pool = &tunnel->pool},
		.wanted = ZWG_NEVER,
		.armed = ZWG_NEVER,
	};
	pthread_mutex_init(&tunnel->lock, NULL);
	pthread_cond_init(&tunnel->jobs, NULL);
	zwg_device_init(device, &core_port, tunnel);
	err = packet_pool_init(&tunnel->pool, packets, fragment);
	if (!err)
		err = inbox_init(&tunnel->inbox);
	if (!err)
		err = start(tunnel);
	if (err)
		tunnel_destroy(tunnel);
	return err;
}

static void adopt(struct tunnel *tunnel, const struct udp *udp)
{
	tunnel->udp = *udp;
	for (int i = 0; i < UDP_FAMILIES; i++)
		tunnel->udp_source[i].fd = udp->fd[i];
}

static int watch(struct tunnel *tunnel, const struct udp *udp)
{
	int err = 0;

	adopt(tunnel, udp);
	for (int i = 0; i < UDP_FAMILIES && !err; i++)
		if (udp->fd[i] >= 0)
			err = loop_add(tunnel->loop, &tunnel->udp_source[i], EPOLLIN);
	return err;
}

static void unwatch(struct tunnel *tunnel)
{
	for (int i = 0; i < UDP_FAMILIES; i++)
		loop_remove(tunnel->loop, &tunnel->udp_source[i]);
}

int tunnel_listen(struct tunnel *tunnel, const struct zwg_addr *local, uint16_t port,
		  uint32_t fwmark)
{
	struct udp fresh, old;
	int err = udp_open(&fresh, local, port, fwmark);

	if (err)
		return err;
	tunnel_lock(tunnel);
	old = tunnel->udp;
	unwatch(tunnel);
	err = watch(tunnel, &fresh);
	if (err) {
		unwatch(tunnel);
		watch(tunnel, &old);
		old = fresh;
	}
	tunnel_unlock(tunnel);
	udp_close(&old);
	return err;
}

int tunnel_set_fwmark(struct tunnel *tunnel, uint32_t fwmark)
{
	int err;

	tunnel_lock(tunnel);
	err = udp_set_fwmark(&tunnel->udp, fwmark);
	tunnel_unlock(tunnel);
	return err;
}

static void close_sockets(struct tunnel *tunnel)
{
	unwatch(tunnel);
	udp_close(&tunnel->udp);
	adopt(tunnel, &tunnel->udp);
}

void tunnel_close(struct tunnel *tunnel)
{
	tunnel_lock(tunnel);
	close_sockets(tunnel);
	tunnel_unlock(tunnel);
}

void tunnel_destroy(struct tunnel *tunnel)
{
	tunnel_lock(tunnel);
	tunnel->stopping = true;
	pthread_cond_signal(&tunnel->jobs);
	tunnel_unlock(tunnel);
	if (tunnel->thread_started)
		pthread_join(tunnel->thread, NULL);
	zwg_device_wipe(tunnel->device);
	close_sockets(tunnel);
	loop_remove(tunnel->loop, &tunnel->timer);
	if (tunnel->timer.fd >= 0)
		close(tunnel->timer.fd);
	tunnel->timer.fd = -1;
	inbox_destroy(&tunnel->inbox);
	packet_pool_destroy(&tunnel->pool);
	pthread_cond_destroy(&tunnel->jobs);
	pthread_mutex_destroy(&tunnel->lock);
}
