/* SPDX-License-Identifier: MIT */
/*
 * Packets of one flow that follow one another, put together to one large packet for the kernel, as
 * a network card with receive offload does. Only what could be cut again into the very same packets
 * is put together; every checksum in it was verified, none is made up for a wrong one. The order
 * within a flow stays.
 */
#ifndef ZWG_DAEMON_COALESCE_H
#define ZWG_DAEMON_COALESCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <zwg/port.h>

#include "headers.h"
#include "vnet.h"

#define COALESCE_GROUPS	 32  /**< Large packets that grow at a time. */
#define COALESCE_PACKETS 128 /**< In one of them. */

/** Packets that will be one. */
struct coalesce_group {
	struct zwg_packet *first;
	struct zwg_packet *last;
	struct headers headers;
	size_t count;
	size_t size;	/**< Bytes of payload in each but the last. */
	size_t payload; /**< Bytes of payload in all. */
	bool known;	/**< It has headers. */
	bool open;	/**< May take another. */
	bool verified;	/**< The checksums of the first are right. */
	bool push;	/**< The last has PSH. */
};

struct coalescer {
	bool tcp; /**< The kernel takes large TCP packets, ... */
	bool udp; /**< ... and large UDP packets. */
	/** Takes a packet: iov[1 ...] are its bytes, iov[0] its @a header, @a count includes it. */
	void (*write)(void *ctx, const struct iovec *iov, size_t count);
	void *ctx;
	size_t count;
	struct coalesce_group groups[COALESCE_GROUPS];
};

/** Adds a packet, one run of bytes. Until coalesce_flush() it stays in place, and its next is used
 *  here. */
void coalesce_add(struct coalescer *coalescer, struct zwg_packet *pkt);

/** Writes everything that was added. */
void coalesce_flush(struct coalescer *coalescer);

#endif
