/* SPDX-License-Identifier: MIT */
/*
 * The header of the IP packet inside: what cryptokey routing (paper section 2) and congestion marks
 * (RFC 6040) need of it, read from and written to fragments split at any place. Options and
 * extension headers are not looked at; the stack that gets the packet must cope with them.
 */
#ifndef ZWG_INNER_H
#define ZWG_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>
#include <zwg/chain.h>
#include <zwg/counters.h>

/** What was read of an inner header. */
struct zwg_inner {
	size_t len; /**< True length of the packet in bytes, without padding. */
	struct zwg_addr src;
	struct zwg_addr dst;
	uint8_t tos; /**< Type of service (IPv4) or traffic class (IPv6). */
};

/**
 * Reads the header of a decrypted packet with its padding. False if it is neither IPv4 nor IPv6
 * (*why ZWG_DROP_INNER_VERSION), or not as long as its header, or its header's total length
 * (IPv4: at least 20; IPv6: 40 more than the payload length), says (ZWG_DROP_INNER_LENGTH).
 * *out is then undefined.
 */
bool zwg_inner_parse(const struct zwg_chain *plain, struct zwg_inner *out, enum zwg_drop *why);

/**
 * Reads where a packet that is to be sent goes, and its tos. False, and *why as above, if it is
 * neither IPv4 nor IPv6 or has less than its 20 or 40 bytes of header. Its lengths are the
 * receiver's to judge.
 */
bool zwg_inner_route(const struct zwg_chain *packet, struct zwg_addr *dst, uint8_t *tos,
		     enum zwg_drop *why);

/** The outer tos byte for a packet with @a inner_tos: its ECN field with ECT(0) in place of CE, as
 *  in RFC 3168 section 9.1.1, and DSCP 0. */
uint8_t zwg_ecn_encapsulate(uint8_t inner_tos);

/**
 * Carries the congestion mark of @a outer_tos over to the packet @a inner, whose header is @a hdr
 * and whose tos byte and IPv4 checksum are rewritten in place (RFC 6040 section 4.2, figure 4;
 * RFC 1624). False if it must be dropped: marked CE on the way, but not ECN-capable.
 */
bool zwg_ecn_decapsulate(const struct zwg_chain *inner, const struct zwg_inner *hdr,
			 uint8_t outer_tos);

#endif
