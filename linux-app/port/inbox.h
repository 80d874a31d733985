/* SPDX-License-Identifier: MIT */
/*
 * Datagrams as they come in: several with one system call (recvmmsg(2)), and those that the kernel
 * has put together (UDP_GRO, udp(7)) one after the other in one buffer.
 */
#ifndef ZWG_PORT_INBOX_H
#define ZWG_PORT_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "udp_message.h"

#define INBOX_MESSAGES 4     /**< With one call. */
#define INBOX_ROOM     65536 /**< Bytes for each; pages that no message has reached take none. */

struct inbox {
	uint8_t *map;
	size_t count;		  /**< Messages received. */
	size_t next;		  /**< The one to be looked at, ... */
	size_t off;		  /**< ... from here on. */
	struct udp_origin origin; /**< Of that. */
	union udp_control control[INBOX_MESSAGES];
	union udp_address from[INBOX_MESSAGES];
	struct iovec iov[INBOX_MESSAGES];
	struct mmsghdr messages[INBOX_MESSAGES];
};

/** 0 or -ENOMEM. */
int inbox_init(struct inbox *inbox);

/** Gives the memory back to the kernel, which clears it. */
void inbox_destroy(struct inbox *inbox);

/** Receives what there is at the socket @a fd; what was in the inbox is gone. False if nothing
 *  came. */
bool inbox_receive(struct inbox *inbox, int fd);

/** The next datagram that came, in the inbox's memory until the next inbox_receive(), and where it
 *  came from; NULL if there is none. */
uint8_t *inbox_next(struct inbox *inbox, size_t *len, const struct udp_origin **origin);

#endif
