/* SPDX-License-Identifier: MIT */
/*
 * Inner IP headers: RFC 791 section 3.1, RFC 8200 section 3, and congestion marks over a tunnel by
 * RFC 6040. Only the fixed part of a header is read; lengths are computed in size_t, which cannot
 * wrap where the 16-bit fields would.
 */
#include <string.h>

#include "crypto/bytes.h"
#include "inner.h"

#define IPV4_HEADER 20
#define IPV4_TOS    1
#define IPV4_TOTAL  2
#define IPV4_CHECK  10
#define IPV4_SRC    12
#define IPV4_DST    16

#define IPV6_HEADER  40
#define IPV6_PAYLOAD 4
#define IPV6_SRC     8
#define IPV6_DST     24

enum ecn {
	ECN_NOT_ECT = 0,
	ECN_ECT_1 = 1,
	ECN_ECT_0 = 2,
	ECN_CE = 3,
	ECN_MASK = 3,
};

/* Finds the fixed header of either version, in place or in @a copy. The family, or ZWG_AF_NONE with
 * the reason; once the version is known, only a length can still be wrong. */
static enum zwg_family read_header(const struct zwg_chain *packet, uint8_t copy[IPV6_HEADER],
				   const uint8_t **header, enum zwg_drop *why)
{
	enum zwg_family family;
	size_t len;

	*why = ZWG_DROP_INNER_LENGTH;
	*header = zwg_chain_peek(packet, 0, copy, 1);
	if (!*header) {
		return ZWG_AF_NONE;
	}
	switch (**header >> 4) {
	case 4:
		family = ZWG_AF_INET;
		len = IPV4_HEADER;
		break;
	case 6:
		family = ZWG_AF_INET6;
		len = IPV6_HEADER;
		break;
	default:
		*why = ZWG_DROP_INNER_VERSION;
		return ZWG_AF_NONE;
	}
	*header = zwg_chain_peek(packet, 0, copy, len);
	return *header ? family : ZWG_AF_NONE;
}

static struct zwg_addr addr_at(enum zwg_family family, const uint8_t *bytes)
{
	struct zwg_addr addr = {.family = (uint8_t)family};

	memcpy(addr.bytes, bytes, zwg_family_bits(addr.family) / 8);
	return addr;
}

static uint8_t tos_of(enum zwg_family family, const uint8_t *header)
{
	return family == ZWG_AF_INET ? header[IPV4_TOS]
				     : (uint8_t)(zwg_get_be16(header) >> 4 & 0xff);
}

bool zwg_inner_parse(const struct zwg_chain *plain, struct zwg_inner *out, enum zwg_drop *why)
{
	uint8_t copy[IPV6_HEADER];
	const uint8_t *header;
	enum zwg_family family = read_header(plain, copy, &header, why);
	size_t header_len;

	switch (family) {
	case ZWG_AF_INET:
		header_len = IPV4_HEADER;
		out->len = zwg_get_be16(header + IPV4_TOTAL);
		out->src = addr_at(family, header + IPV4_SRC);
		out->dst = addr_at(family, header + IPV4_DST);
		break;
	case ZWG_AF_INET6:
		header_len = IPV6_HEADER;
		out->len = (size_t)IPV6_HEADER + zwg_get_be16(header + IPV6_PAYLOAD);
		out->src = addr_at(family, header + IPV6_SRC);
		out->dst = addr_at(family, header + IPV6_DST);
		break;
	default:
		return false;
	}
	out->tos = tos_of(family, header);
	return out->len >= header_len && out->len <= plain->len;
}

bool zwg_inner_route(const struct zwg_chain *packet, struct zwg_addr *dst, uint8_t *tos,
		     enum zwg_drop *why)
{
	uint8_t copy[IPV6_HEADER];
	const uint8_t *header;
	enum zwg_family family = read_header(packet, copy, &header, why);

	if (family == ZWG_AF_NONE) {
		return false;
	}
	*dst = addr_at(family, header + (family == ZWG_AF_INET ? IPV4_DST : IPV6_DST));
	*tos = tos_of(family, header);
	return true;
}

uint8_t zwg_ecn_encapsulate(uint8_t inner_tos)
{
	uint8_t ecn = inner_tos & ECN_MASK;

	return ecn == ECN_CE ? ECN_ECT_0 : ecn;
}

/* The new tos byte, and with it the checksum: HC' = ~(~HC + ~m + m') (RFC 1624, equation 3). */
static bool rewrite_ipv4(const struct zwg_chain *inner, uint8_t tos)
{
	uint8_t word[2];
	uint8_t check[2];
	uint32_t sum;

	if (!zwg_chain_read(inner, 0, word, sizeof(word)) ||
	    !zwg_chain_read(inner, IPV4_CHECK, check, sizeof(check))) {
		return false;
	}
	sum = (uint16_t)~zwg_get_be16(check) + (uint32_t)(uint16_t)~zwg_get_be16(word);
	word[IPV4_TOS] = tos;
	sum += zwg_get_be16(word);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	zwg_put_be16(check, (uint16_t)~sum);
	return zwg_chain_write(inner, IPV4_CHECK, check, sizeof(check)) &&
	       zwg_chain_write(inner, IPV4_TOS, &tos, 1);
}

/* The traffic class lies across the first two bytes, its ECN field in the second alone. */
static bool rewrite_ipv6(const struct zwg_chain *inner, uint8_t tos)
{
	uint8_t byte;

	if (!zwg_chain_read(inner, 1, &byte, 1)) {
		return false;
	}
	byte = (uint8_t)((byte & 0x0f) | tos << 4);
	return zwg_chain_write(inner, 1, &byte, 1);
}

bool zwg_ecn_decapsulate(const struct zwg_chain *inner, const struct zwg_inner *hdr,
			 uint8_t outer_tos)
{
	uint8_t outer = outer_tos & ECN_MASK;
	uint8_t ecn = hdr->tos & ECN_MASK;
	uint8_t tos;

	if (ecn == ECN_NOT_ECT) {
		return outer != ECN_CE;
	}
	if (outer == ECN_CE || (outer == ECN_ECT_1 && ecn == ECN_ECT_0)) {
		ecn = outer;
	}
	tos = (uint8_t)((hdr->tos & ~ECN_MASK) | ecn);
	if (tos == hdr->tos) {
		return true;
	}
	return hdr->src.family == ZWG_AF_INET ? rewrite_ipv4(inner, tos) : rewrite_ipv6(inner, tos);
}
