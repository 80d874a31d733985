/* SPDX-License-Identifier: MIT */
/*
 * What the kernel tells of the network while the program runs, by rtnetlink(7): that the TUN device
 * goes up or down, and that routes change. The device may be moved to another network namespace.
 */
#ifndef ZWG_DAEMON_MONITOR_H
#define ZWG_DAEMON_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "port/loop.h"

struct monitor_ops {
	/** State of the device: at the start, and after every change. */
	void (*link)(void *ctx, bool up, uint32_t mtu);
	/** Routes, or rules among them, have changed in the program's own namespace. */
	void (*routes)(void *ctx);
};

struct monitor {
	struct loop *loop;
	int tun_fd;
	int namespace;	    /**< Where the device is; see netlink_namespace(). */
	unsigned int index; /**< Of the device there. */
	bool hears_others;  /**< Changes in namespaces other than the program's own. */
	struct loop_source links;
	struct loop_source routes;
	const struct monitor_ops *ops;
	void *ctx;
};

/**
 * Watches the device behind @a tun_fd, with CAP_NET_BROADCAST also in other namespaces; that it
 * cannot is logged. 0 or a negative errno.
 */
int monitor_start(struct monitor *monitor, struct loop *loop, int tun_fd,
		  const struct monitor_ops *ops, void *ctx);

/** Harmless if it was not started. */
void monitor_stop(struct monitor *monitor);

#endif
