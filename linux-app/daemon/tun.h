/* SPDX-License-Identifier: MIT */
/* The TUN device: where the kernel's IP stack and the tunnel meet. */
#ifndef ZWG_DAEMON_TUN_H
#define ZWG_DAEMON_TUN_H

#include <net/if.h>

#include <zwg/port.h>

#define TUN_DEFAULT_MTU 1420 /**< Bytes; what fits into 1500 over IPv6 with WireGuard's header. */

struct tun {
	int fd;
	unsigned int index; /**< Of the interface. */
	char name[IFNAMSIZ];
};

/**
 * Makes the TUN device @a name (1 to 15 characters), down and with the default MTU; it is gone when
 * it is closed. 0, -EBUSY if
 * there is such an interface, -EPERM without CAP_NET_ADMIN, -ENOENT without /dev/net/tun, or
 * another negative errno.
 */
int tun_open(struct tun *tun, const char *name);
void tun_close(struct tun *tun);

/** Reads one packet that the kernel sends, to @a pkt from its off on. 0, -EAGAIN if there is none,
 *  -EBADFD if the interface was removed, or another negative errno. */
int tun_read(const struct tun *tun, struct zwg_packet *pkt);

/** Gives a packet to the kernel. 0 or a negative errno. */
int tun_write(const struct tun *tun, const struct zwg_packet *pkt);

#endif
