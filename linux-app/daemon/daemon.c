/* SPDX-License-Identifier: MIT */
/* The daemon's two directions and its life; see daemon.h. */
#include "daemon.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "board/text.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "icmp.h"
#include "port/clock.h"
#include "port/log.h"
#include "segments.h"
#include "sticky.h"

#define PACKETS	     2048
#define TUN_READS    32	 /* Until others have their turn. */
#define ICMP_RATE    100 /* Errors a second, RFC 4443 section 2.4 (f). */
#define ICMP_BURST   50
#define TAI64_OFFSET UINT64_C(0x400000000000000a) /* Of Unix time, as others send it. */
#define WHITEN_SHIFT 24 /* The stamp tells the time no better than to 2^24 ns. */

/* From peers to the kernel */

static void write_to_kernel(void *ctx, const struct iovec *iov, size_t count)
{
	const struct daemon *daemon = ctx;

	/* An interface that is down takes nothing; so does a wire. */
	tun_write(&daemon->tun, iov, count);
}

static void deliver(void *ctx, struct zwg_packet *const *packets, size_t count)
{
	struct daemon *daemon = ctx;

	for (size_t i = 0; i < count; i++)
		coalesce_add(&daemon->coalescer, packets[i]);
	coalesce_flush(&daemon->coalescer);
}

/* From the kernel to peers */

static bool icmp_allowed(struct daemon *daemon)
{
	zwg_time now = clock_now();
	uint64_t gained = (now - daemon->icmp_filled) * ICMP_RATE / 1000;

	if (gained > 0) {
		daemon->icmp_filled = now;
		daemon->icmp_tokens = gained < ICMP_BURST - daemon->icmp_tokens
					      ? daemon->icmp_tokens + (uint32_t)gained
					      : ICMP_BURST;
	}
	if (daemon->icmp_tokens == 0)
		return false;
	daemon->icmp_tokens--;
	return true;
}

static void answer_unreachable(struct daemon *daemon, const struct zwg_packet *pkt)
{
	struct virtio_net_hdr header = {0};
	uint8_t error[ICMP_UNREACHABLE_MAX];
	/* A packet of this program is one run of bytes: its pool is made so. */
	size_t len = icmp_unreachable(pkt->segs[0].data + pkt->off, pkt->len, error);
	struct iovec iov[] = {
		{.iov_base = &header, .iov_len = sizeof(header)},
		{.iov_base = error, .iov_len = len},
	};

	if (len > 0 && icmp_allowed(daemon))
		tun_write(&daemon->tun, iov, 2);
}

static void finish_refused(struct daemon *daemon, struct zwg_packet *refused, const int *errors)
{
	while (refused) {
		struct zwg_packet *next = refused->next;
		int err = *errors++;

		if (err == -EHOSTUNREACH || err == -EDESTADDRREQ)
			answer_unreachable(daemon, refused);
		tunnel_release(&daemon->tunnel, refused);
		refused = next;
	}
}

/* Packets that are sent together. */
struct batch {
	struct daemon *daemon;
	struct zwg_packet *first;
	struct zwg_packet **last;
	size_t count;
};

static void send_batch(struct batch *batch)
{
	struct daemon *daemon = batch->daemon;
	int errors[OUTBOX_PACKETS];

	if (batch->first)
		finish_refused(daemon, tunnel_output(&daemon->tunnel, batch->first, errors),
			       errors);
	batch->first = NULL;
	batch->last = &batch->first;
	batch->count = 0;
}

/* Without a packet for it, a segment is thrown away, as a full queue does. */
static void add_segments(struct batch *batch, struct segments *segments)
{
	struct daemon *daemon = batch->daemon;
	struct zwg_packet *pkt;

	while ((pkt = tunnel_packet(&daemon->tunnel))) {
		pkt->len = segments_next(segments, pkt->segs[0].data + pkt->off);
		if (pkt->len == 0) {
			tunnel_release(&daemon->tunnel, pkt);
			break;
		}
		*batch->last = pkt;
		batch->last = &pkt->next;
		if (++batch->count == OUTBOX_PACKETS)
			send_batch(batch);
	}
}

static void tun_ready(void *ctx, uint32_t events)
{
	struct daemon *daemon = ctx;
	struct batch batch = {.daemon = daemon, .last = &batch.first};
	struct virtio_net_hdr header;
	struct segments segments;
	size_t len;
	int err = 0;

	(void)events;
	for (int i = 0; i < TUN_READS; i++) {
		err = tun_read(&daemon->tun, &header, daemon->from_kernel, &len);
		if (err)
			break;
		if (segments_begin(&segments, &header, daemon->from_kernel, len) == 0)
			add_segments(&batch, &segments);
	}
	send_batch(&batch);
	if (err == -EBADFD || err == -EBADF) {
		log_info("%s was removed", daemon->tun.name);
		loop_stop(&daemon->loop);
	}
}

/* What the tunnel asks */

/*
 * The wall clock, whitened, and never the same stamp twice. Across restarts it relies on the
 * system's clock, as WireGuard does on every Linux machine.
 */
static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	const uint64_t per_second = UINT64_C(1000000000) >> WHITEN_SHIFT;
	struct daemon *daemon = ctx;
	uint64_t seconds, tick;
	uint32_t nanoseconds;

	clock_wall(&seconds, &nanoseconds);
	tick = seconds * (per_second + 1) + (nanoseconds >> WHITEN_SHIFT);
	if (tick <= daemon->last_stamp)
		tick = daemon->last_stamp + 1;
	daemon->last_stamp = tick;
	zwg_put_be64(stamp, TAI64_OFFSET + tick / (per_second + 1));
	zwg_put_be32(stamp + 8, (uint32_t)(tick % (per_second + 1)) << WHITEN_SHIFT);
	return 0;
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event event)
{
	char key[ZWG_KEY_TEXT_SIZE], endpoint[ZWG_ENDPOINT_TEXT_SIZE];
	struct zwg_peer_info info;

	(void)ctx;
	zwg_peer_get_info(peer, clock_now(), &info);
	zwg_key_format(info.public_key, key);
	zwg_endpoint_format(&info.endpoint, endpoint);
	switch (event) {
	case ZWG_EVENT_HANDSHAKE_COMPLETE:
		log_info("peer %.8s: handshake complete", key);
		break;
	case ZWG_EVENT_PEER_UP:
		log_info("peer %.8s: up at %s", key, endpoint);
		break;
	case ZWG_EVENT_PEER_QUIET:
		log_info("peer %.8s: does not answer at %s", key, endpoint);
		break;
	case ZWG_EVENT_ENDPOINT_MOVED:
		log_info("peer %.8s: moved to %s", key, endpoint);
		break;
	}
}

static const struct tunnel_ops tunnel_ops = {
	.deliver = deliver,
	.event = event,
	.tai64n = tai64n,
};

/* Life */

static int add_peer(struct zwg_device *dev, const struct wgquick_peer *from)
{
	zwg_time now = clock_now();
	struct zwg_peer *peer;
	int err = zwg_peer_add(dev, from->public_key, &peer);

	for (size_t i = 0; !err && i < from->allowed_ips.count; i++)
		err = zwg_allowed_ip_add(dev, peer, &from->allowed_ips.list[i]);
	if (err)
		return err;
	zwg_peer_set_preshared_key(dev, peer, from->preshared_key);
	zwg_peer_set_endpoint(dev, now, peer, &from->endpoint);
	zwg_peer_set_keepalive(dev, now, peer, from->keepalive);
	return 0;
}

static int configure(struct daemon *daemon, const struct wgquick *conf)
{
	struct zwg_device *dev = &daemon->device;
	int err;

	tunnel_lock(&daemon->tunnel);
	interface_set_private_key(&daemon->interface, conf->private_key);
	err = conf->has_mtu ? zwg_set_mtu(dev, conf->mtu) : 0;
	for (const struct wgquick_peer *peer = conf->peers; peer && !err; peer = peer->next)
		err = add_peer(dev, peer);
	tunnel_unlock(&daemon->tunnel);
	if (!err)
		err = interface_listen(&daemon->interface, conf->listen_port, network_fwmark(conf));
	if (err)
		log_error("the configuration cannot be put in force: %s", strerror(-err));
	return err;
}

static void signals_ready(void *ctx, uint32_t events)
{
	struct daemon *daemon = ctx;

	(void)events;
	if (loop_signal_next(daemon->signals.fd) != 0)
		loop_stop(&daemon->loop);
}

static int watch(struct daemon *daemon, struct loop_source *source, int fd,
		 void (*ready)(void *ctx, uint32_t events))
{
	*source = (struct loop_source){.fd = fd, .ready = ready, .ctx = daemon};
	return fd < 0 ? fd : loop_add(&daemon->loop, source, EPOLLIN);
}

static int open_tun(struct daemon *daemon, const char *name)
{
	int err = tun_open(&daemon->tun, name);

	if (err == -EPERM || err == -EACCES)
		log_error("%s: no permission to make a TUN device: run as root, or with "
			  "CAP_NET_ADMIN",
			  name);
	else if (err == -EBUSY)
		log_error("%s: there is an interface of this name", name);
	else if (err == -ENOENT || err == -ENODEV)
		log_error("/dev/net/tun: is not there: modprobe tun");
	else if (err)
		log_error("%s: the TUN device cannot be made: %s", name, strerror(-err));
	if (err)
		return err;
	daemon->coalescer = (struct coalescer){
		.tcp = daemon->tun.tcp,
		.udp = daemon->tun.udp,
		.write = write_to_kernel,
		.ctx = daemon,
	};
	err = watch(daemon, &daemon->tun_source, daemon->tun.fd, tun_ready);
	if (err)
		tun_close(&daemon->tun);
	return err;
}

static int up(struct daemon *daemon)
{
	int err = interface_up(&daemon->interface);

	if (err)
		log_error("UDP port %u cannot be opened: %s", daemon->interface.listen_port,
			  strerror(-err));
	return err;
}

static int start_configured(struct daemon *daemon, const struct wgquick *conf)
{
	int err = configure(daemon, conf);

	if (!err)
		err = up(daemon);
	if (err)
		return err;
	tunnel_lock(&daemon->tunnel);
	err = network_up(&daemon->network, &daemon->tun, conf, &daemon->device);
	tunnel_unlock(&daemon->tunnel);
	if (err)
		return err;
	log_info("%s: %zu peer%s, UDP port %u", daemon->tun.name, conf->peer_count,
		 conf->peer_count == 1 ? "" : "s", daemon->interface.listen_port);
	return 0;
}

static void link_changed(void *ctx, bool is_up, uint32_t mtu)
{
	struct daemon *daemon = ctx;

	tunnel_lock(&daemon->tunnel);
	zwg_set_mtu(&daemon->device, mtu);
	tunnel_unlock(&daemon->tunnel);
	if (is_up)
		up(daemon);
	else
		interface_down(&daemon->interface);
}

static void routes_changed(void *ctx)
{
	struct daemon *daemon = ctx;

	sticky_review(&daemon->interface);
}

static const struct monitor_ops monitor_ops = {
	.link = link_changed,
	.routes = routes_changed,
};

static void socket_removed(void *ctx)
{
	struct daemon *daemon = ctx;

	log_info("%s: its socket was removed", daemon->tun.name);
	loop_stop(&daemon->loop);
}

/* What others steer the interface by: ip(8) and wg(8). */
static int start_control(struct daemon *daemon)
{
	int err = monitor_start(&daemon->monitor, &daemon->loop, daemon->tun.fd, &monitor_ops,
				daemon);

	if (err) {
		log_error("rtnetlink: %s", strerror(-err));
		return err;
	}
	err = uapi_server_start(&daemon->uapi, &daemon->loop, &daemon->interface, daemon->tun.name,
				socket_removed, daemon);
	if (err) {
		log_error("/var/run/wireguard/%s.sock: %s", daemon->tun.name, strerror(-err));
		monitor_stop(&daemon->monitor);
	}
	return err;
}

static int start_tunnel(struct daemon *daemon)
{
	int err = tunnel_init(&daemon->tunnel, &daemon->device, &daemon->loop, &tunnel_ops, daemon,
			      PACKETS, 0);

	if (err)
		log_error("the tunnel cannot be made: %s", strerror(-err));
	daemon->interface = (struct interface){.tunnel = &daemon->tunnel};
	return err;
}

static void forget_tunnel(struct daemon *daemon)
{
	network_down(&daemon->network);
	tunnel_destroy(&daemon->tunnel);
	zwg_wipe(&daemon->tunnel, sizeof(daemon->tunnel));
	zwg_wipe(&daemon->interface, sizeof(daemon->interface));
}

static int start_interface(struct daemon *daemon, const char *name, const struct wgquick *conf)
{
	int err = open_tun(daemon, name);

	if (err)
		return err;
	err = start_tunnel(daemon);
	if (!err) {
		err = conf ? start_configured(daemon, conf) : 0;
		if (!err)
			err = start_control(daemon);
		if (err)
			forget_tunnel(daemon);
	}
	if (err)
		tun_close(&daemon->tun);
	return err;
}

int daemon_start(struct daemon *daemon, const char *name, const struct wgquick *conf)
{
	int err = loop_init(&daemon->loop);

	if (err) {
		log_error("epoll: %s", strerror(-err));
		return err;
	}
	/* Before any thread is made, so that signals come to the loop alone. */
	err = watch(daemon, &daemon->signals, loop_signals(), signals_ready);
	if (err)
		log_error("signals: %s", strerror(-err));
	else
		err = start_interface(daemon, name, conf);
	if (err) {
		close(daemon->signals.fd);
		loop_destroy(&daemon->loop);
	}
	return err;
}

int daemon_run(struct daemon *daemon)
{
	int err = loop_run(&daemon->loop);

	if (err)
		log_error("epoll: %s", strerror(-err));
	return err;
}

void daemon_stop(struct daemon *daemon)
{
	uapi_server_stop(&daemon->uapi);
	monitor_stop(&daemon->monitor);
	loop_remove(&daemon->loop, &daemon->tun_source);
	forget_tunnel(daemon);
	tun_close(&daemon->tun);
	loop_remove(&daemon->loop, &daemon->signals);
	close(daemon->signals.fd);
	loop_destroy(&daemon->loop);
}
