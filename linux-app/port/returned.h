/* SPDX-License-Identifier: MIT */
/*
 * Datagrams of this end that the routes lead back into the tunnel. Each would be sent again,
 * larger, and come back again, for as long as the session lives.
 */
#ifndef ZWG_PORT_RETURNED_H
#define ZWG_PORT_RETURNED_H

#include <stdbool.h>
#include <stdint.h>

#include <zwg/device.h>

/**
 * Is the inner packet @a pkt a WireGuard message from the UDP port @a port to the endpoint of the
 * very peer that it would go to? Of an IP fragment only the first can be told; the others are small
 * by then, and what they become is whole. The caller holds the lock.
 */
bool packet_returned(struct zwg_device *dev, zwg_time now, uint16_t port,
		     const struct zwg_packet *pkt);

#endif
