/* SPDX-License-Identifier: MIT */
/* The worked example of docs/guide/porting.rst; tests/docs compiles it and sends packets through
 * it. */
#include "port.h"

#include <errno.h>
#include <string.h>

/* [addresses] */
static struct zwg_endpoint endpoint_of(const struct os_peer_address *from)
{
	struct zwg_endpoint endpoint = {
		.addr.family = from->length == 16 ? ZWG_AF_INET6 : ZWG_AF_INET,
		.port = from->port,
	};

	memcpy(endpoint.addr.bytes, from->bytes, from->length);
	return endpoint;
}

static struct os_peer_address address_of(const struct zwg_endpoint *to)
{
	struct os_peer_address address = {
		.length = (uint8_t)(zwg_family_bits(to->addr.family) / 8),
		.port = to->port,
	};

	memcpy(address.bytes, to->addr.bytes, address.length);
	return address;
}

/* [packets] Taken and given back under the lock. */
static struct port_packet *packet_take(struct port *port)
{
	for (size_t i = 0; i < PORT_PACKETS; i++) {
		struct port_packet *p = &port->packets[i];

		if (!p->used) {
			p->used = true;
			return p;
		}
	}
	return NULL;
}

static void packet_give(struct zwg_packet *packet)
{
	/* The packet is the first member. */
	struct port_packet *p = (struct port_packet *)packet;

	p->used = false;
}

/* [table] What the core may ask of us. None of these calls back into the device. */
static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	struct port *port = ctx;
	struct os_peer_address address = address_of(to);

	return os_udp_send(port->os, &address, tos, msg, len);
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	struct port *port = ctx;
	struct os_peer_address address = address_of(to);
	int err = os_udp_send(port->os, &address, tos, pkt->segs[0].data + pkt->off, pkt->len);

	packet_give(pkt);
	return err;
}

static void release(void *ctx, struct zwg_packet *pkt)
{
	(void)ctx;
	packet_give(pkt);
}

static int fill_random(void *ctx, void *buf, size_t len)
{
	struct port *port = ctx;

	return os_random(port->os, buf, len);
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	struct port *port = ctx;

	return zwg_stamp_next(&port->stamp, os_uptime(port->os), stamp);
}

static void wake_at(void *ctx, zwg_time when)
{
	struct port *port = ctx;

	if (when != ZWG_NEVER)
		os_call_at(port->os, when);
}

static void jobs_pending(void *ctx)
{
	struct port *port = ctx;

	os_wake_worker(port->os);
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	/* A port that has somebody to tell notes it down here, and tells it without the lock. */
	(void)ctx;
	(void)peer;
	(void)what;
}

static const struct zwg_port table = {
	.send_message = send_message,
	.send_packet = send_packet,
	.release = release,
	.random = fill_random,
	.tai64n = tai64n,
	.wake_at = wake_at,
	.jobs_pending = jobs_pending,
	.event = event,
};

/* [data] */
int port_send(struct port *port, const void *packet, size_t len)
{
	struct port_packet *p;
	int err = -ENOBUFS;

	if (len > PORT_MTU)
		return -EMSGSIZE;
	os_lock(port->os);
	p = packet_take(port);
	if (p) {
		memcpy(p->bytes + ZWG_HEADROOM, packet, len);
		p->seg = (struct zwg_seg){.data = p->bytes, .len = sizeof(p->bytes)};
		p->packet = (struct zwg_packet){
			.segs = &p->seg, .count = 1, .off = ZWG_HEADROOM, .len = len};
		err = zwg_output(&port->device, os_uptime(port->os), &p->packet);
		if (err)
			packet_give(&p->packet);
	}
	os_unlock(port->os);
	return err;
}

void port_datagram(struct port *port, const struct os_peer_address *from, uint8_t tos, void *data,
		   size_t len)
{
	struct zwg_endpoint endpoint = endpoint_of(from);
	struct zwg_seg seg = {.data = data, .len = len};
	struct zwg_packet pkt = {.segs = &seg, .count = 1, .len = len};
	enum zwg_verdict verdict;

	os_lock(port->os);
	verdict = zwg_input(&port->device, os_uptime(port->os), &pkt, &endpoint, tos, NULL);
	os_unlock(port->os);
	/* Without the lock: the stack may answer at once, through port_send(). */
	if (verdict == ZWG_DELIVER)
		os_ip_input(port->os, seg.data + pkt.off, pkt.len);
}

/* [time] */
void port_timer(struct port *port)
{
	os_lock(port->os);
	zwg_tick(&port->device, os_uptime(port->os));
	os_unlock(port->os);
}

/* [jobs] In a thread of lower priority than whatever carries data. */
void port_work(struct port *port)
{
	static struct zwg_job job; /* 0.6 KB; one worker, so one job. */

	os_lock(port->os);
	while (zwg_job_take(&port->device, os_uptime(port->os), &job)) {
		do {
			os_unlock(port->os);
			zwg_job_compute(&job);
			os_lock(port->os);
		} while (zwg_job_commit(&port->device, os_uptime(port->os), &job));
	}
	os_unlock(port->os);
}

/* [life] */
static int load_mark(void *ctx, uint64_t *mark)
{
	return os_number_read(ctx, mark);
}

static int store_mark(void *ctx, uint64_t mark)
{
	return os_number_write(ctx, mark);
}

static const struct zwg_stamp_store stamp_store = {.load = load_mark, .store = store_mark};

void port_start(struct port *port, struct os *os)
{
	port->os = os;
	/* If the mark cannot be read there are no stamps, and so no handshakes of ours, until it
	 * can. */
	(void)zwg_stamp_init(&port->stamp, &stamp_store, os, os_uptime(os));
	zwg_device_init(&port->device, &table, port);
}

int port_configure(struct port *port, const struct zwg_conf *conf)
{
	int err;

	os_lock(port->os);
	err = zwg_conf_apply(&port->device, os_uptime(port->os), NULL, conf, NULL, NULL);
	os_unlock(port->os);
	return err;
}

void port_stop(struct port *port)
{
	os_lock(port->os);
	zwg_device_wipe(&port->device);
	os_unlock(port->os);
}
