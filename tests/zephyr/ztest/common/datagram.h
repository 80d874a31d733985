/* SPDX-License-Identifier: MIT */
/* IP packets with UDP or an ICMP echo in them, made and taken apart by the test's own code: RFC
 * 791, 768, 792, 8200 and 4443, checksums included. */
#ifndef ZWG_TEST_DATAGRAM_H
#define ZWG_TEST_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>

#define IP_HEADER(family) ((family) == ZWG_AF_INET6 ? 40 : 20)
#define UDP_HEADER_LEN	  8

struct datagram {
	struct zwg_addr src;
	struct zwg_addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t tos;
	size_t len;	  /**< Of the payload. */
	uint8_t *payload; /**< In the packet. */
};

/** Takes @a packet apart. False if it is not UDP of exactly @a len bytes with right checksums. */
bool datagram_parse(struct datagram *datagram, uint8_t *packet, size_t len);

/** Writes headers, payload and checksums to @a packet; the length of all. A payload of NULL: what
 *  is in the packet already. */
size_t datagram_write(const struct datagram *datagram, uint8_t *packet);

/** Writes an IP header for @a len bytes that follow. */
void ip_write(uint8_t *packet, const struct zwg_addr *src, const struct zwg_addr *dst, uint8_t tos,
	      uint8_t protocol, size_t len);

/** The checksum of the @a len bytes behind the IP header, with the pseudo header where the protocol
 *  has one: 0 if it is in place and right. */
uint16_t ip_checksum(const uint8_t *packet, uint8_t family, uint8_t protocol, size_t len);

/** An echo request of @a len bytes in all, which must hold headers; or a reply. */
size_t echo_write(uint8_t *packet, const struct zwg_addr *src, const struct zwg_addr *dst,
		  size_t len, bool reply);

/** What nobody else sends: @a len bytes that follow from @a seed. */
void pattern(uint8_t *bytes, size_t len, uint32_t seed);

/** "10.9.0.1" or "fd09::1". */
struct zwg_addr addr_of(const char *text);

#endif
