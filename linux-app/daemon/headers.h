/* SPDX-License-Identifier: MIT */
/*
 * Where the parts of an inner TCP or UDP packet are, and what of its headers depends on its length:
 * RFC 791, RFC 8200, RFC 9293 and RFC 768.
 */
#ifndef ZWG_DAEMON_HEADERS_H
#define ZWG_DAEMON_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPV4_HEADER	   20 /**< Bytes, without options. */
#define IPV4_TOTAL	   2  /**< Offsets in the IPv4 header. */
#define IPV4_ID		   4
#define IPV4_FRAGMENT	   6
#define IPV4_TTL	   8
#define IPV4_PROTO	   9
#define IPV4_CHECK	   10
#define IPV4_SRC	   12
#define IPV4_DONT_FRAGMENT 0x4000 /**< In the word at IPV4_FRAGMENT. */

#define IPV6_HEADER    40 /**< Bytes, without extension headers. */
#define IPV6_PAYLOAD   4  /**< Offsets in the IPv6 header. */
#define IPV6_NEXT      6
#define IPV6_HOP_LIMIT 7
#define IPV6_SRC       8

#define TCP_HEADER   20 /**< Bytes, without options. */
#define TCP_SEQUENCE 4	/**< Offsets in the TCP header. */
#define TCP_ACK	     8
#define TCP_OFFSET   12
#define TCP_FLAGS    13
#define TCP_WINDOW   14
#define TCP_CHECK    16
#define TCP_URGENT   18
#define TCP_FLAG_FIN 0x01
#define TCP_FLAG_PSH 0x08
#define TCP_FLAG_ACK 0x10
#define TCP_FLAG_CWR 0x80

#define UDP_HEADER 8 /**< Bytes. */
#define UDP_LENGTH 4 /**< Offsets in the UDP header. */
#define UDP_CHECK  6

struct headers {
	bool v6;
	bool tcp;	  /**< Otherwise UDP. */
	size_t transport; /**< Offset of the TCP or UDP header. */
	size_t payload;	  /**< Offset of what it carries. */
};

/**
 * Finds the headers of the packet of @a len bytes. False unless it is TCP or UDP, whole (no
 * fragment), without IP options or extension headers, and as long as its headers say.
 */
bool headers_find(const uint8_t *packet, size_t len, struct headers *headers);

/** The sum of the pseudo-header for @a len bytes of TCP or UDP (RFC 9293 section 3.1, RFC 8200
 *  section 8.1), for checksum_sum(). */
uint32_t headers_pseudo_sum(const uint8_t *packet, const struct headers *headers, size_t len);

/** Are the checksums right, that of IPv4's header and TCP's or UDP's? A UDP packet without one is
 *  not. */
bool headers_checksums_right(const uint8_t *packet, size_t len, const struct headers *headers);

/** Writes the length of an IP packet of either version into its header, and IPv4's checksum. */
void headers_set_length(uint8_t *packet, size_t len);

#endif
