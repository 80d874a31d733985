/* SPDX-License-Identifier: MIT */
/*
 * Two WireGuard devices in one image and the wire between them, for the bench. Each function below
 * is one step that the bench calls and counts; it returns 0, or the number of the line that was not
 * satisfied. Keys, random bytes and time are fixed, so that every run is the same.
 */
#include <string.h>

#include <zwg/device.h>

#include "crypto/crypto.h"

#define MTU  1420
#define ROOM (ZWG_HEADROOM + MTU + ZWG_TAILROOM)

struct station {
	struct zwg_device device;
	struct zwg_peer *peer;
	uint8_t private_key[32];
	uint8_t public_key[32];
	struct zwg_addr inner;
	struct zwg_endpoint outer;
	uint8_t random;
	uint8_t message[160]; /* The handshake message last sent. */
	size_t message_len;
	struct zwg_packet *packet; /* The data packet last sent. */
};

static struct station a, b;
static uint8_t bytes[ROOM], keepalive[ZWG_HEADROOM + ZWG_TAILROOM];
static struct zwg_seg seg = {bytes, sizeof(bytes)};
static struct zwg_packet packet;
static const zwg_time now = 1000;

int bench_start(void);
int bench_initiate(void);
int bench_respond(void);
int bench_conclude(void);
int bench_confirm(void);
int bench_send(size_t len);
int bench_answer(size_t len);
int bench_receive(size_t len);

#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			return __LINE__;                                                           \
		}                                                                                  \
	} while (0)

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	struct station *s = ctx;

	(void)to;
	(void)tos;
	memcpy(s->message, msg, len);
	s->message_len = len;
	return 0;
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	struct station *s = ctx;

	(void)to;
	(void)tos;
	s->packet = pkt;
	return 0;
}

static void release(void *ctx, struct zwg_packet *pkt)
{
	(void)ctx;
	(void)pkt;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
	struct station *s = ctx;
	uint8_t *out = buf;

	for (size_t i = 0; i < len; i++) {
		s->random = (uint8_t)(5 * s->random + 3);
		out[i] = s->random;
	}
	return 0;
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	(void)ctx;
	memset(stamp, 0x40, ZWG_TAI64N_LEN);
	return 0;
}

static void wake_at(void *ctx, zwg_time when)
{
	(void)ctx;
	(void)when;
}

static void jobs_pending(void *ctx)
{
	(void)ctx;
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	(void)ctx;
	(void)peer;
	(void)what;
}

static const struct zwg_port port = {
	.send_message = send_message,
	.send_packet = send_packet,
	.release = release,
	.random = random_bytes,
	.tai64n = tai64n,
	.wake_at = wake_at,
	.jobs_pending = jobs_pending,
	.event = event,
};

static int prepare(struct station *s, uint8_t number)
{
	memset(s, 0, sizeof(*s));
	s->random = number;
	s->inner = (struct zwg_addr){ZWG_AF_INET, {10, 0, 0, number}};
	s->outer.addr = (struct zwg_addr){ZWG_AF_INET, {192, 0, 2, number}};
	s->outer.port = 51820;
	memset(s->private_key, number, sizeof(s->private_key));
	REQUIRE(zwg_x25519_base(s->public_key, s->private_key) == 0);
	zwg_device_init(&s->device, &port, s);
	REQUIRE(zwg_set_private_key(&s->device, now, s->private_key) == 0);
	return 0;
}

static int introduce(struct station *s, const struct station *other)
{
	const struct zwg_prefix prefix = {other->inner, 32};

	REQUIRE(zwg_peer_add(&s->device, other->public_key, &s->peer) == 0);
	zwg_peer_set_endpoint(&s->device, now, s->peer, &other->outer);
	REQUIRE(zwg_allowed_ip_add(&s->device, s->peer, &prefix) == 0);
	zwg_device_up(&s->device, now);
	return 0;
}

/* Hands what @a from sent last, a handshake message, to @a to. */
static int hand_over(struct station *from, struct station *to)
{
	struct zwg_seg piece = {from->message, from->message_len};
	struct zwg_packet pkt = {.segs = &piece, .count = 1, .len = from->message_len};

	REQUIRE(from->message_len > 0);
	REQUIRE(zwg_input(&to->device, now, &pkt, &from->outer, 0, NULL) == ZWG_CONSUMED);
	from->message_len = 0;
	zwg_run_jobs(&to->device, now);
	return 0;
}

int bench_start(void)
{
	REQUIRE(prepare(&a, 1) == 0);
	REQUIRE(prepare(&b, 2) == 0);
	REQUIRE(introduce(&a, &b) == 0);
	REQUIRE(introduce(&b, &a) == 0);
	return 0;
}

/* The initiator's first half: the initiation. */
int bench_initiate(void)
{
	REQUIRE(zwg_peer_handshake(&a.device, now, a.peer) == 0);
	zwg_run_jobs(&a.device, now);
	REQUIRE(a.message_len == 148);
	return 0;
}

/* The responder: from the initiation to the response. */
int bench_respond(void)
{
	REQUIRE(hand_over(&a, &b) == 0);
	REQUIRE(b.message_len == 92);
	return 0;
}

/* The initiator's second half: from the response to the keepalive that confirms the session. */
int bench_conclude(void)
{
	REQUIRE(hand_over(&b, &a) == 0);
	REQUIRE(a.message_len == 32);
	return 0;
}

/* The responder takes the keepalive, after which it may send. */
int bench_confirm(void)
{
	struct zwg_seg piece = {keepalive, a.message_len};
	struct zwg_packet pkt = {.segs = &piece, .count = 1, .len = a.message_len};

	memcpy(keepalive, a.message, a.message_len);
	REQUIRE(zwg_input(&b.device, now, &pkt, &a.outer, 0, NULL) == ZWG_CONSUMED);
	return 0;
}

static uint8_t payload(size_t i)
{
	return (uint8_t)(7 * i + 1);
}

static void exchange(uint8_t *x, uint8_t *y, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t t = x[i];

		x[i] = y[i];
		y[i] = t;
	}
}

/* The initiator sends an IPv4 packet of @a len bytes. */
int bench_send(size_t len)
{
	uint8_t *ip = bytes + ZWG_HEADROOM;

	memset(bytes, 0, sizeof(bytes));
	ip[0] = 0x45;
	ip[2] = (uint8_t)(len >> 8);
	ip[3] = (uint8_t)len;
	ip[8] = 64;
	memcpy(ip + 12, a.inner.bytes, 4);
	memcpy(ip + 16, b.inner.bytes, 4);
	for (size_t i = 20; i < len; i++) {
		ip[i] = payload(i);
	}
	packet = (struct zwg_packet){.segs = &seg, .count = 1, .off = ZWG_HEADROOM, .len = len};
	REQUIRE(zwg_output(&a.device, now, &packet) == 0);
	REQUIRE(a.packet == &packet && packet.off == 0 && packet.len >= len + 32);
	return 0;
}

/* The responder opens it, turns its addresses round, and sends it back. */
int bench_answer(size_t len)
{
	uint8_t *ip = bytes + ZWG_HEADROOM;

	REQUIRE(zwg_input(&b.device, now, &packet, &a.outer, 0, NULL) == ZWG_DELIVER);
	REQUIRE(packet.off == ZWG_HEADROOM && packet.len == len);
	exchange(ip + 12, ip + 16, 4);
	REQUIRE(zwg_output(&b.device, now, &packet) == 0);
	REQUIRE(b.packet == &packet);
	return 0;
}

/* The initiator opens the answer; it is what was sent. */
int bench_receive(size_t len)
{
	uint8_t *ip = bytes + ZWG_HEADROOM;

	REQUIRE(zwg_input(&a.device, now, &packet, &b.outer, 0, NULL) == ZWG_DELIVER);
	REQUIRE(packet.len == len);
	REQUIRE(memcmp(ip + 12, b.inner.bytes, 4) == 0);
	for (size_t i = 20; i < len; i++) {
		REQUIRE(ip[i] == payload(i));
	}
	return 0;
}
