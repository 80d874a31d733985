/* SPDX-License-Identifier: MIT */
/* Sticky sources after a change of routes. */
#ifndef ZWG_DAEMON_STICKY_H
#define ZWG_DAEMON_STICKY_H

#include "interface.h"

/**
 * Forgets the sticky source of every peer to which packets from that source would now leave by
 * another interface than the peer's last packet came in by, or not at all; the kernel then chooses
 * by its routes, as for the Linux kernel's WireGuard (netns.sh, "better route").
 */
void sticky_review(struct interface *iface);

#endif
