/* SPDX-License-Identifier: MIT */
/*
 * The outer side: an IPv4 and an IPv6 UDP socket on one port. Received datagrams carry the local
 * address that they came to, which becomes the source of the answer (sticky source), and their
 * type-of-service byte, for ECN by RFC 6040. Where the kernel can, it puts datagrams together on
 * their way in and cuts them on their way out; inbox.h and outbox.h make use of it.
 */
#ifndef ZWG_PORT_UDP_H
#define ZWG_PORT_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <zwg/port.h>

enum {
	UDP_INET,
	UDP_INET6,
	UDP_FAMILIES,
};

struct udp {
	int fd[UDP_FAMILIES];	    /**< -1: this family is not to be had. */
	bool segment[UDP_FAMILIES]; /**< The kernel cuts messages into datagrams (UDP_SEGMENT). */
	uint16_t port;		    /**< Host byte order. */
};

/**
 * Opens non-blocking sockets.
 *
 * @param local  The address to bind to, of which only its family is opened; NULL for any address of
 *               both families (IPv6 is left out where the kernel has none).
 * @param port   0: the kernel chooses; the same for both families.
 * @param fwmark Mark of outgoing packets (SO_MARK); 0 for none, otherwise CAP_NET_ADMIN is needed.
 * @return 0, or a negative errno, for instance -EADDRINUSE; @a udp is then closed.
 */
int udp_open(struct udp *udp, const struct zwg_addr *local, uint16_t port, uint32_t fwmark);

void udp_close(struct udp *udp);

/** Changes the mark of outgoing packets. 0 or a negative errno. */
int udp_set_fwmark(const struct udp *udp, uint32_t fwmark);

/**
 * Sends the bytes in @a iov to @a to, from its sticky source if it has one that is still an address
 * of this machine, otherwise from where the kernel's routes say. 0 or a negative errno.
 */
int udp_send(const struct udp *udp, const struct zwg_endpoint *to, uint8_t tos,
	     const struct iovec *iov, size_t count);

/** The socket by which datagrams go to @a to; -1 if there is none. */
int udp_socket(const struct udp *udp, const struct zwg_endpoint *to);

/** Does @a to have a sticky source? */
bool udp_is_sticky(const struct zwg_endpoint *to);

/** Can several datagrams go to @a to in one message? */
bool udp_can_segment(const struct udp *udp, const struct zwg_endpoint *to);

/** From now on not: a device on the way said so. */
void udp_cannot_segment(struct udp *udp, const struct zwg_endpoint *to);

#endif
