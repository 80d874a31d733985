/* SPDX-License-Identifier: MIT */
/*
 * The outer headers: IPv4 or IPv6, and UDP, put before what goes to a peer. They are written
 * straight into the packet's first buffer, which has kept room for them.
 */
#ifndef ZWG_OUTER_H
#define ZWG_OUTER_H

#include <stdint.h>

#include <zephyr/net/net_if.h>
#include <zephyr/net/net_pkt.h>

#include <zwg/addr.h>

/** Bytes of the outer headers at most: IPv6 and UDP. */
#define ZWG_OUTER_HEADERS_MAX (40 + 8)

/** Source and destination of an outer datagram; addresses of the same family, ports in host order.
 */
struct zwg_flow {
	struct zwg_addr src;
	struct zwg_addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t tos; /**< Type of service, or traffic class. */
};

/**
 * Sends @a pkt, the payload of a datagram, on @a iface. Its first buffer has at least
 * ZWG_OUTER_HEADERS_MAX bytes of room in front. 0: the packet is gone; a negative errno: it is
 * still the caller's.
 */
int zwg_outer_send(struct net_if *iface, struct net_pkt *pkt, const struct zwg_flow *flow);

#endif
