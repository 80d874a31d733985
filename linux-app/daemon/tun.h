/* SPDX-License-Identifier: MIT */
/*
 * The TUN device: where the kernel's IP stack and the tunnel meet. Where the kernel can, it hands
 * over and takes packets larger than the MTU, and leaves checksums to be completed: see segments.h
 * and coalesce.h.
 */
#ifndef ZWG_DAEMON_TUN_H
#define ZWG_DAEMON_TUN_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vnet.h"

#define TUN_DEFAULT_MTU 1420  /**< Bytes; what fits into 1500 over IPv6 with WireGuard's header. */
#define TUN_LARGEST	65535 /**< Bytes of a packet. */

struct tun {
	int fd;
	unsigned int index; /**< Of the interface. */
	char name[IFNAMSIZ];
	bool vnet; /**< Packets have a header, struct virtio_net_hdr. */
	bool tcp;  /**< Large TCP packets come and go. */
	bool udp;  /**< Large UDP packets come and go. */
};

/**
 * Makes the TUN device @a name (1 to 15 characters), down and with the default MTU; it is gone when
 * it is closed. 0, -EBUSY if there is such an interface, -EPERM without CAP_NET_ADMIN, -ENOENT
 * without /dev/net/tun, or another negative errno.
 */
int tun_open(struct tun *tun, const char *name);
void tun_close(struct tun *tun);

/**
 * Reads one packet that the kernel sends, with its @a header, to the TUN_LARGEST bytes at @a
 * packet. 0, -EAGAIN if there is none, -EBADFD if the interface was removed, or another negative
 * errno.
 */
int tun_read(const struct tun *tun, struct virtio_net_hdr *header, uint8_t *packet, size_t *len);

/** Gives a packet to the kernel: iov[0] is its header, a struct virtio_net_hdr, and the rest of the
 *  @a count its bytes. 0 or a negative errno. */
int tun_write(const struct tun *tun, const struct iovec *iov, size_t count);

#endif
