/* SPDX-License-Identifier: MIT */
/*
 * What the kernel leaves to a device: cutting a large TCP or UDP packet into segments that fit the
 * MTU, and completing checksums (Virtio 1.2 section 5.1.6.2, with the device's side here).
 */
#ifndef ZWG_DAEMON_SEGMENTS_H
#define ZWG_DAEMON_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vnet.h"

/** A packet on its way to become segments. */
struct segments {
	const uint8_t *packet;
	size_t len;
	size_t transport; /**< Offset of the TCP or UDP header; if it is to be cut. */
	size_t payload;	  /**< Offset of the payload: what is before is in every segment. */
	size_t size;	  /**< Bytes of payload in each but the last. */
	size_t done;	  /**< Bytes of the packet that are in segments already. */
	uint32_t pseudo;  /**< Sum of the pseudo-header without its length. */
	uint16_t number;  /**< Of the next segment. */
	bool whole;	  /**< Nothing is to be cut. */
	bool tcp;
	bool checksummed; /**< The segments get checksums. */
};

/**
 * Begins with the @a len bytes at @a packet, at most 65535, which stay in place till the end; where
 * no more than a checksum is missing it is put in at once.
 *
 * @return 0, or -EINVAL if @a header does not fit the packet: it is not to be sent.
 */
int segments_begin(struct segments *segments, const struct virtio_net_hdr *header, uint8_t *packet,
		   size_t len);

/** Writes the next segment to @a out, which has room for @a len of segments_begin(). Its length; 0
 *  when there are no more. */
size_t segments_next(struct segments *segments, uint8_t *out);

#endif
