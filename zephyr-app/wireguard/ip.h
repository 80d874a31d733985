/* SPDX-License-Identifier: MIT */
/*
 * Giving the IP stack a packet that came out of the tunnel. This and outer.c need private headers
 * of the stack.
 */
#ifndef ZWG_IP_H
#define ZWG_IP_H

#include <stdbool.h>

#include <zephyr/net/net_if.h>
#include <zephyr/net/net_pkt.h>

/** Forgets what the stack has noted of a packet's headers: the marks that an outer packet has left
 *  must not be taken for the inner packet's, nor the other way. */
void zwg_ip_forget(struct net_pkt *pkt);

/**
 * Gives the stack an IP packet that came from a peer, as if @a iface had received it. It may answer
 * in this thread. False: it was refused, and the packet is still the caller's.
 */
bool zwg_ip_input(struct net_if *iface, struct net_pkt *pkt);

#endif
