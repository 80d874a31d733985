/* SPDX-License-Identifier: MIT */
/* Packets from peers, the coalescer, and a kernel that cuts again what it gets. */
#ifndef ZWG_TEST_COALESCE_RIG_H
#define ZWG_TEST_COALESCE_RIG_H

#include "daemon/coalesce.h"
#include "daemon/segments.h"
#include "flow.h"

#define MAX_PACKETS 400

/* Packets that were given to the kernel, and those that it would see of them. */
static struct {
	struct coalescer coalescer;
	size_t writes;
	size_t count[MAX_PACKETS]; /* Of each write. */
	size_t seen;
	uint8_t *packet[MAX_PACKETS];
	size_t len[MAX_PACKETS];
} kernel;

static inline void see(const uint8_t *bytes, size_t len)
{
	REQUIRE(kernel.seen < MAX_PACKETS);
	kernel.packet[kernel.seen] = malloc(len);
	memcpy(kernel.packet[kernel.seen], bytes, len);
	kernel.len[kernel.seen++] = len;
}

/* As the kernel does where a large packet leaves by a device that knows none. */
static inline void take(void *ctx, const struct iovec *iov, size_t count)
{
	static uint8_t all[1 << 17], out[FLOW_PACKET_MAX];
	struct virtio_net_hdr header;
	struct segments segments;
	size_t len = 0, out_len, before = kernel.seen;

	(void)ctx;
	CHECK_INT(iov[0].iov_len, sizeof(header));
	memcpy(&header, iov[0].iov_base, sizeof(header));
	for (size_t i = 1; i < count; i++) {
		memcpy(all + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	CHECK(len <= FLOW_PACKET_MAX);
	if (count > 2) {
		struct headers headers;

		/* The lengths are those of the whole. */
		CHECK(headers_find(all, len, &headers));
		CHECK(headers.v6 || flow_sum(0, all, 20) == 0xffff);
	}
	CHECK_INT(segments_begin(&segments, &header, all, len), 0);
	while ((out_len = segments_next(&segments, out)) > 0)
		see(out, out_len);
	CHECK_INT(kernel.seen - before, count - 1);
	kernel.count[kernel.writes++] = count - 1;
}

static inline void reset(bool tcp, bool udp)
{
	for (size_t i = 0; i < kernel.seen; i++)
		free(kernel.packet[i]);
	memset(&kernel, 0, sizeof(kernel));
	kernel.coalescer = (struct coalescer){.tcp = tcp, .udp = udp, .write = take};
}

/* What came from peers. */
struct sent {
	struct zwg_packet pkt;
	struct zwg_seg seg;
	uint8_t *copy;
};

static struct {
	size_t count;
	struct sent packet[MAX_PACKETS];
} peers;

static inline uint8_t *add_bytes(const uint8_t *bytes, size_t len)
{
	struct sent *sent = &peers.packet[peers.count++];

	REQUIRE(peers.count <= MAX_PACKETS);
	/* The packet does not begin where its memory does; what is behind it is not its own. */
	sent->seg = (struct zwg_seg){.data = malloc(len + 16), .len = len + 16};
	sent->pkt = (struct zwg_packet){.segs = &sent->seg, .count = 1, .off = 16, .len = len};
	memcpy(sent->seg.data + 16, bytes, len);
	sent->copy = malloc(len);
	memcpy(sent->copy, bytes, len);
	return sent->seg.data + 16;
}

static inline void add(const struct flow *flow, size_t size)
{
	static uint8_t packet[FLOW_PACKET_MAX];

	add_bytes(packet, flow_make(flow, packet, size, (uint8_t)flow->sequence));
}

/* The next packet of the flow. */
static inline void advance(struct flow *flow, size_t size)
{
	flow->sequence += (uint32_t)size;
	flow->id++;
}

static inline void deliver(void)
{
	for (size_t i = 0; i < peers.count; i++)
		coalesce_add(&kernel.coalescer, &peers.packet[i].pkt);
	coalesce_flush(&kernel.coalescer);
}

static inline void forget(void)
{
	for (size_t i = 0; i < peers.count; i++) {
		free(peers.packet[i].seg.data);
		free(peers.packet[i].copy);
	}
	memset(&peers, 0, sizeof(peers));
}

/* Everything arrived, in order. */
static inline void check_all_seen(void)
{
	if (!CHECK_INT(kernel.seen, peers.count))
		return;
	for (size_t i = 0; i < kernel.seen; i++)
		if (CHECK_INT(kernel.len[i], peers.packet[i].pkt.len))
			CHECK_MEM(kernel.packet[i], peers.packet[i].copy, kernel.len[i]);
}

#endif
