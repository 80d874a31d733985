/* SPDX-License-Identifier: MIT */
/*
 * The interface as wg(8) and ip(8) see it: private key, listening port and mark around the core's
 * device, up or down. All functions are called on the loop's thread.
 */
#ifndef ZWG_DAEMON_INTERFACE_H
#define ZWG_DAEMON_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "port/tunnel.h"

struct interface {
	struct tunnel *tunnel;
	uint8_t private_key[32]; /**< As in force; all zeros: none. */
	uint16_t listen_port;	 /**< 0: any; once it was up, the one that it got. */
	uint32_t fwmark;	 /**< Of outgoing packets, 0: none. */
	bool wanted_up;		 /**< It is to be up. */
	bool up;		 /**< Sockets are open and the device carries packets. */
};

/** Sets the private key; all zeros: none. Called between tunnel_lock() and tunnel_unlock(). */
void interface_set_private_key(struct interface *iface, const uint8_t key[32]);

/** Changes port and mark; at once if it is up or to be up. 0, or a negative errno (-EADDRINUSE,
 * -EPERM without CAP_NET_ADMIN for a mark) and nothing has changed. */
int interface_listen(struct interface *iface, uint16_t port, uint32_t fwmark);

/** Opens the sockets and lets the device send and receive. 0, or a negative errno: it is down until
 *  interface_listen() gives it a port that is to be had. */
int interface_up(struct interface *iface);

/** Ends sessions, wipes their keys and closes the sockets. */
void interface_down(struct interface *iface);

#endif
