/* SPDX-License-Identifier: MIT */
/* What the kernel's network must know of the interface: MTU, addresses, routes, policy rules. */
#ifndef ZWG_DAEMON_NETWORK_H
#define ZWG_DAEMON_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include <zwg/device.h>

#include "tun.h"
#include "wgquick.h"

/** What must be taken back when the daemon ends; addresses and routes go with the interface. */
struct network {
	bool default_rules[2]; /**< IPv4, IPv6. */
	uint32_t mark;
	uint32_t table;
};

/** The mark that outgoing UDP packets must bear: that of the file, or the one that the policy for
 *  default routes needs; 0: none. */
uint32_t network_fwmark(const struct wgquick *conf);

/**
 * Brings the interface up with its addresses and, where the file's Table asks for them, the routes
 * to the allowed IPs of @a dev. 0, or a negative errno, which has been logged.
 */
int network_up(struct network *network, const struct tun *tun, const struct wgquick *conf,
	       struct zwg_device *dev);

/** Removes the policy rules. */
void network_down(struct network *network);

#endif
