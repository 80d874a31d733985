/* SPDX-License-Identifier: MIT */
/* The daemon: a tunnel between a TUN device and UDP sockets. */
#ifndef ZWG_DAEMON_DAEMON_H
#define ZWG_DAEMON_DAEMON_H

#include <zwg/device.h>

#include "coalesce.h"
#include "interface.h"
#include "monitor.h"
#include "network.h"
#include "port/loop.h"
#include "port/tunnel.h"
#include "tun.h"
#include "uapi_server.h"
#include "wgquick.h"

struct daemon {
	struct loop loop;
	struct loop_source signals;
	struct loop_source tun_source;
	struct tun tun;
	struct coalescer coalescer; /**< On the way to the TUN device. */
	struct network network;
	struct tunnel tunnel;
	struct interface interface;
	struct monitor monitor;
	struct uapi_server uapi;
	uint64_t last_stamp; /**< TAI64N in units of 2^24 ns; see daemon.c. */
	uint32_t icmp_tokens;
	zwg_time icmp_filled;
	struct zwg_device device;
	uint8_t from_kernel[TUN_LARGEST]; /**< The packet last read. */
};

/**
 * Starts the daemon, which is all zeros, with the interface @a name and the socket by which wg(8)
 * reaches it. With @a conf the interface is up, with its peers, addresses and routes; without
 * (NULL) it is down and empty. 0, or a negative errno, logged; nothing is then left.
 */
int daemon_start(struct daemon *daemon, const char *name, const struct wgquick *conf);

/** Serves until SIGINT, SIGTERM or SIGHUP, or the interface or its socket is removed. 0 or a
 *  negative errno. */
int daemon_run(struct daemon *daemon);

/** Takes everything down and wipes every key. */
void daemon_stop(struct daemon *daemon);

#endif
