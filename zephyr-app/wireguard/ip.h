/* SPDX-License-Identifier: MIT */
/*
 * The one place that needs private headers of Zephyr's IP stack: giving it a packet that came out
 * of the tunnel, and putting outer headers before one that goes in.
 */
#ifndef ZWG_IP_H
#define ZWG_IP_H

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/net/net_if.h>
#include <zephyr/net/net_pkt.h>

#include <zwg/addr.h>

/** Bytes of the outer headers: IPv6 and UDP. */
#define ZWG_OUTER_HEADERS_MAX (40 + 8)

/**
 * Gives the stack an IP packet that came from a peer, as if @a iface had received it. It may answer
 * in this thread. False: it was refused, and the packet is still the caller's.
 */
bool zwg_ip_input(struct net_if *iface, struct net_pkt *pkt);

/** Source and destination of an outer datagram; addresses of the same family, ports in host order.
 */
struct zwg_flow {
	struct zwg_addr src;
	struct zwg_addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t tos;
};

/**
 * Makes @a pkt, whose cursor is at its start, and whose first buffer begins with room for the
 * headers, a datagram on @a iface: writes the IP and UDP headers. The payload need not be there
 * yet.
 */
int zwg_ip_begin(struct net_if *iface, struct net_pkt *pkt, const struct zwg_flow *flow);

/** Fills in lengths and checksums of a complete datagram, and sends it. 0: the packet is gone. */
int zwg_ip_finish(struct net_pkt *pkt);

#endif
