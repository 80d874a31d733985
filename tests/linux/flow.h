/* SPDX-License-Identifier: MIT */
/*
 * Packets of a TCP or UDP flow for the tests, written byte by byte from RFC 791, 8200, 9293 and
 * 768, with a checksum that adds up two bytes at a time.
 */
#ifndef ZWG_TEST_FLOW_H
#define ZWG_TEST_FLOW_H

#include <netinet/in.h>

#include "test.h"

#define FLOW_PACKET_MAX 65535

/** A packet to be made. */
struct flow {
	bool v6;
	bool tcp;
	size_t ip_extra;  /**< Bytes of IPv4 options, or of an IPv6 destination options header. */
	size_t tcp_extra; /**< Bytes of TCP options. */
	uint16_t port;	  /**< Source; the destination is 443. */
	uint8_t tos;
	uint8_t ttl;
	uint16_t id;
	uint16_t fragment; /**< Flags and offset. */
	uint32_t sequence;
	uint32_t ack;
	uint8_t flags;
	uint16_t window;
	bool no_checksum; /**< UDP's is zero. */
};

static inline uint16_t flow_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void flow_put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void flow_put32(uint8_t *at, uint32_t value)
{
	flow_put16(at, value >> 16);
	flow_put16(at + 2, value & 0xffff);
}

/** One's complement sum of 16-bit words. */
static inline uint16_t flow_sum(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static inline size_t flow_ip_len(const struct flow *flow)
{
	return (flow->v6 ? 40 : 20) + flow->ip_extra;
}

static inline size_t flow_headers_len(const struct flow *flow)
{
	return flow_ip_len(flow) + (flow->tcp ? 20 + flow->tcp_extra : 8);
}

/** Sum of the pseudo-header for @a len bytes of TCP or UDP. */
static inline uint16_t flow_pseudo(const struct flow *flow, const uint8_t *packet, size_t len)
{
	uint32_t sum = (flow->tcp ? IPPROTO_TCP : IPPROTO_UDP) + (uint32_t)len;

	return flow->v6 ? flow_sum(sum, packet + 8, 32) : flow_sum(sum, packet + 12, 8);
}

static inline uint8_t *flow_check(const struct flow *flow, uint8_t *packet)
{
	return packet + flow_ip_len(flow) + (flow->tcp ? 16 : 6);
}

/** Writes TCP's or UDP's checksum. */
static inline void flow_finish(const struct flow *flow, uint8_t *packet, size_t len)
{
	size_t left = len - flow_ip_len(flow);
	uint8_t *check = flow_check(flow, packet);
	uint16_t sum;

	flow_put16(check, 0);
	if (flow->no_checksum)
		return;
	sum = (uint16_t)~flow_sum(flow_pseudo(flow, packet, left), packet + flow_ip_len(flow),
				  left);
	flow_put16(check, sum ? sum : 0xffff);
}

static inline void flow_ipv4(const struct flow *flow, uint8_t *at, size_t len)
{
	at[0] = (uint8_t)(0x40 | flow_ip_len(flow) / 4);
	at[1] = flow->tos;
	flow_put16(at + 2, len);
	flow_put16(at + 4, flow->id);
	flow_put16(at + 6, flow->fragment);
	at[8] = flow->ttl;
	at[9] = flow->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	memcpy(at + 12, (uint8_t[]){10, 9, 0, 1, 10, 9, 0, 2}, 8);
	memset(at + 20, 1, flow->ip_extra); /* No operation. */
	flow_put16(at + 10, (uint16_t)~flow_sum(0, at, flow_ip_len(flow)));
}

static inline void flow_ipv6(const struct flow *flow, uint8_t *at, size_t len)
{
	uint8_t proto = flow->tcp ? IPPROTO_TCP : IPPROTO_UDP;

	at[0] = (uint8_t)(0x60 | flow->tos >> 4);
	at[1] = (uint8_t)(flow->tos << 4);
	flow_put16(at + 4, len - 40);
	at[6] = flow->ip_extra ? IPPROTO_DSTOPTS : proto;
	at[7] = flow->ttl;
	at[8] = at[24] = 0xfd;
	at[23] = 1;
	at[39] = 2;
	if (flow->ip_extra) {
		at[40] = proto;
		at[41] = (uint8_t)(flow->ip_extra / 8 - 1);
		/* Pad1 would do; PadN has a length to get wrong. */
		at[42] = 1;
		at[43] = (uint8_t)(flow->ip_extra - 4);
	}
}

/** Writes a packet with @a size bytes of payload that begin with the byte @a payload; its length.
 */
static inline size_t flow_make(const struct flow *flow, uint8_t *packet, size_t size,
			       uint8_t payload)
{
	size_t len = flow_headers_len(flow) + size;
	uint8_t *at = packet + flow_ip_len(flow);

	memset(packet, 0, len - size);
	if (flow->v6)
		flow_ipv6(flow, packet, len);
	else
		flow_ipv4(flow, packet, len);
	flow_put16(at, flow->port);
	flow_put16(at + 2, 443);
	if (flow->tcp) {
		flow_put32(at + 4, flow->sequence);
		flow_put32(at + 8, flow->ack);
		at[12] = (uint8_t)((20 + flow->tcp_extra) / 4 << 4);
		at[13] = flow->flags;
		flow_put16(at + 14, flow->window);
		memset(at + 20, 1, flow->tcp_extra);
	} else {
		flow_put16(at + 4, len - flow_ip_len(flow));
	}
	for (size_t i = 0; i < size; i++)
		packet[len - size + i] = (uint8_t)(payload + i * 7);
	flow_finish(flow, packet, len);
	return len;
}

static inline struct flow flow_default(bool v6, bool tcp)
{
	return (struct flow){
		.v6 = v6,
		.tcp = tcp,
		.tcp_extra = tcp ? 12 : 0,
		.port = 5000,
		.ttl = 64,
		.id = 0xfffe,
		.fragment = 0x4000,
		.sequence = 0xfffff000,
		.ack = 7,
		.flags = 0x10,
		.window = 501,
	};
}

#endif
