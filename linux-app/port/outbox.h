/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on their way out, sent together: one system call for all (sendmmsg(2)), and one
 * message for those that follow one another to one peer and are of one size (UDP_SEGMENT, udp(7)).
 * Their order stays.
 */
#ifndef ZWG_PORT_OUTBOX_H
#define ZWG_PORT_OUTBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <zwg/port.h>

#include "packets.h"
#include "udp.h"

#define OUTBOX_PACKETS 64    /**< At a time, and in a message: UDP_MAX_SEGMENTS of Linux 4.18. */
#define OUTBOX_BYTES   65507 /**< In a message: the largest UDP payload over IPv4. */

/** Packets that make one message. */
struct outbox_run {
	struct zwg_endpoint to;
	uint8_t tos;
	uint8_t first; /**< Of them, among all in the box. */
	uint8_t count;
	size_t size;  /**< Bytes of each but the last, which may be shorter. */
	size_t bytes; /**< Of all. */
};

struct outbox {
	struct packet_pool *pool; /**< Where the packets go back to. */
	size_t packets;
	size_t pieces;
	size_t runs;
	struct zwg_packet *packet[OUTBOX_PACKETS];
	uint16_t piece_end[OUTBOX_PACKETS]; /**< Of each packet: where its pieces end in iov. */
	struct outbox_run run[OUTBOX_PACKETS];
	struct iovec iov[PACKET_MAX_SEGS];
};

/** Takes the packet @a pkt; what was there is sent first if there is no more room. */
void outbox_add(struct outbox *outbox, struct udp *udp, const struct zwg_endpoint *to, uint8_t tos,
		struct zwg_packet *pkt);

/**
 * Sends everything and puts the packets back. What the kernel refuses as a large message goes again
 * as single datagrams; where a device cannot segment (-EIO), @a udp remembers. What it refuses then
 * is lost, as on any wire.
 */
void outbox_flush(struct outbox *outbox, struct udp *udp);

#endif
