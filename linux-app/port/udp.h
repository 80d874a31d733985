/* SPDX-License-Identifier: MIT */
/*
 * The outer side: an IPv4 and an IPv6 UDP socket on one port. Received datagrams carry the local
 * address that they came to, which becomes the source of the answer (sticky source), and their
 * type-of-service byte, for ECN by RFC 6040.
 */
#ifndef ZWG_PORT_UDP_H
#define ZWG_PORT_UDP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <zwg/port.h>

enum {
	UDP_INET,
	UDP_INET6,
	UDP_FAMILIES,
};

struct udp {
	int fd[UDP_FAMILIES]; /**< -1: this family is not to be had. */
	uint16_t port;	      /**< Host byte order. */
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
 * Receives one datagram from the socket @a fd into @a pkt, from its off on, at most its len bytes,
 * and sets its len. @a from gets the sender and the sticky source, @a tos the byte of the IP
 * header. 0, -EAGAIN if there is none, -EMSGSIZE if it did not fit (it is gone), or another
 * negative errno.
 */
int udp_receive(int fd, struct zwg_packet *pkt, struct zwg_endpoint *from, uint8_t *tos);

/**
 * Sends the bytes in @a iov to @a to, from its sticky source if it has one that is still an address
 * of this machine, otherwise from where the kernel's routes say. 0 or a negative errno.
 */
int udp_send(const struct udp *udp, const struct zwg_endpoint *to, uint8_t tos,
	     const struct iovec *iov, size_t count);

/** The socket address of an endpoint; its length, or 0 if it has none. */
socklen_t udp_sockaddr(const struct zwg_endpoint *at, struct sockaddr_storage *sa);

/** The endpoint at a socket address. False if the family is neither IPv4 nor IPv6. */
bool udp_endpoint(const struct sockaddr *sa, struct zwg_endpoint *at);

#endif
