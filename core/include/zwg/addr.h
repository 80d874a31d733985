/* SPDX-License-Identifier: MIT */
/* Addresses, prefixes and endpoints, the same on every operating system. */
#ifndef ZWG_ADDR_H
#define ZWG_ADDR_H

#include <stdbool.h>
#include <stdint.h>

/** Address families; the number is the IP version, 0 an absent address. */
enum zwg_family {
	ZWG_AF_NONE = 0,
	ZWG_AF_INET = 4,
	ZWG_AF_INET6 = 6,
};

/** An IP address in network byte order: 4 bytes used for IPv4, 16 for IPv6, the rest zero. */
struct zwg_addr {
	uint8_t family;
	uint8_t bytes[16];
};

/** An address and the number of leading bits that count: 0 to 32 or 0 to 128. */
struct zwg_prefix {
	struct zwg_addr addr;
	uint8_t bits;
};

/**
 * Where a peer is, and how it is reached: its address and UDP port (host byte order), the IPv6
 * scope, and the sticky source: the local address and interface index that its last authenticated
 * packet came to (family ZWG_AF_NONE and 0 when the port may choose).
 */
struct zwg_endpoint {
	struct zwg_addr addr;
	uint16_t port;
	uint32_t scope;
	struct zwg_addr src;
	uint32_t src_if;
};

/** The number of bits in an address of the family: 32, 128, or 0. */
static inline unsigned int zwg_family_bits(uint8_t family)
{
	return family == ZWG_AF_INET ? 32 : family == ZWG_AF_INET6 ? 128 : 0;
}

/** The same address? Families and all significant bytes are compared. */
bool zwg_addr_equal(const struct zwg_addr *a, const struct zwg_addr *b);

/** The same remote address, port and scope? The sticky source does not count. */
bool zwg_endpoint_equal(const struct zwg_endpoint *a, const struct zwg_endpoint *b);

/** Clears the bits of the address that the prefix length leaves out. False, and nothing changed,
 *  if the family or the length is not valid. */
bool zwg_prefix_mask(struct zwg_prefix *prefix);

#endif
