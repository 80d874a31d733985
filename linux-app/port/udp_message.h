/* SPDX-License-Identifier: MIT */
/*
 * What goes with a datagram beside its bytes: addresses, type of service, the sticky source, and
 * the size of the datagrams that lie one after the other in one message (udp(7), UDP_SEGMENT and
 * UDP_GRO).
 */
#ifndef ZWG_PORT_UDP_MESSAGE_H
#define ZWG_PORT_UDP_MESSAGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <zwg/addr.h>

/* Linux 4.18 and 5.0. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/** Room for a socket address of either family. */
union udp_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/** Room for the control messages of a datagram. */
union udp_control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))];
};

/** The socket address of an endpoint; its length, or 0 if it has none. */
socklen_t udp_sockaddr(const struct zwg_endpoint *at, union udp_address *sa);

/** The endpoint at a socket address. False if the family is neither IPv4 nor IPv6. */
bool udp_endpoint(const struct sockaddr *sa, struct zwg_endpoint *at);

/**
 * Fills in address and control messages of @a msg; its bytes are the caller's.
 *
 * @param sticky  From the sticky source of @a to.
 * @param segment Bytes of each datagram but the last; 0: it is one.
 */
void udp_message_to(struct msghdr *msg, union udp_address *sa, union udp_control *control,
		    const struct zwg_endpoint *to, uint8_t tos, bool sticky, uint16_t segment);

/** What came with a datagram. */
struct udp_origin {
	struct zwg_endpoint from; /**< The sender, and the sticky source. */
	uint8_t tos;
	size_t segment; /**< Bytes of each datagram but the last; 0: it is one. */
};

/** Reads it. False if it cannot be used: of another family, or cut short. */
bool udp_message_from(const struct msghdr *msg, struct udp_origin *origin);

#endif
