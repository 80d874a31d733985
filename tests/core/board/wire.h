/* SPDX-License-Identifier: MIT */
/* Two devices joined by a wire that carries handshake messages, for tests of what keeps a session.
 */
#ifndef ZWG_TEST_WIRE_H
#define ZWG_TEST_WIRE_H

#include <errno.h>

#include <zwg/device.h>

#include "crypto/crypto.h"
#include "test.h"

#define WIRE_MESSAGES 16

struct node {
	struct zwg_device dev;
	struct zwg_endpoint address; /**< Of this node. */
	struct zwg_endpoint last_to; /**< Where it sent last. */
	unsigned int sent;
	struct node *other;
	size_t count;
	struct {
		size_t len;
		uint8_t bytes[160];
	} inbox[WIRE_MESSAGES];
};

static int node_send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			     size_t len)
{
	struct node *node = ctx;
	struct node *other = node->other;

	(void)tos;
	node->sent++;
	node->last_to = *to;
	if (other != NULL && zwg_endpoint_equal(to, &other->address)) {
		REQUIRE(other->count < WIRE_MESSAGES && len <= sizeof(other->inbox[0].bytes));
		other->inbox[other->count].len = len;
		memcpy(other->inbox[other->count++].bytes, msg, len);
	}
	return 0;
}

static int node_send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
			    struct zwg_packet *pkt)
{
	(void)to;
	(void)tos;
	(void)pkt;
	((struct node *)ctx)->sent++;
	return 0;
}

static void node_release(void *ctx, struct zwg_packet *pkt)
{
	(void)ctx;
	(void)pkt;
}

static int node_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	test_random_bytes(buf, len);
	return 0;
}

static int node_tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	static uint32_t seconds;

	(void)ctx;
	memset(stamp, 0, ZWG_TAI64N_LEN);
	stamp[0] = 0x40;
	seconds++;
	for (int i = 0; i < 4; i++) {
		stamp[4 + i] = (uint8_t)(seconds >> (24 - 8 * i));
	}
	return 0;
}

static void node_wake_at(void *ctx, zwg_time when)
{
	(void)ctx;
	(void)when;
}

static void node_jobs_pending(void *ctx)
{
	(void)ctx;
}

static void node_event(void *ctx, struct zwg_peer *peer, enum zwg_event event)
{
	(void)ctx;
	(void)peer;
	(void)event;
}

static const struct zwg_port node_port = {
	.send_message = node_send_message,
	.send_packet = node_send_packet,
	.release = node_release,
	.random = node_random,
	.tai64n = node_tai64n,
	.wake_at = node_wake_at,
	.jobs_pending = node_jobs_pending,
	.event = node_event,
};

/* A node at 192.0.2.@a last, port 51820. It is calloc'd: free it. */
static inline struct node *node_new(uint8_t last)
{
	struct node *node = calloc(1, sizeof(*node));

	REQUIRE(node != NULL);
	zwg_device_init(&node->dev, &node_port, node);
	node->address = (struct zwg_endpoint){
		.addr = {.family = ZWG_AF_INET, .bytes = {192, 0, 2, last}}, .port = 51820};
	return node;
}

static inline void node_receive(struct node *node, zwg_time now)
{
	for (size_t i = 0; i < node->count; i++) {
		struct zwg_seg seg = {.data = node->inbox[i].bytes, .len = node->inbox[i].len};
		struct zwg_packet pkt = {.segs = &seg, .count = 1, .len = seg.len};

		zwg_input(&node->dev, now, &pkt, &node->other->address, 0, NULL);
	}
	node->count = 0;
	zwg_run_jobs(&node->dev, now);
}

/* Lets both work until the wire is quiet. */
static inline void wire_settle(struct node *a, struct node *b, zwg_time now)
{
	a->other = b;
	b->other = a;
	for (int round = 0; round < 8; round++) {
		zwg_run_jobs(&a->dev, now);
		zwg_run_jobs(&b->dev, now);
		node_receive(a, now);
		node_receive(b, now);
	}
}

#endif
