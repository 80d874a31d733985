/* SPDX-License-Identifier: MIT */
/*
 * Keys, addresses, prefixes, endpoints and numbers as people write them.
 *
 * Parsers take a pointer and a length, need no terminating zero, read nothing behind the length and
 * take the whole of it or refuse; a refused text leaves the result untouched. Formatters write a
 * terminating zero into buffers of the sizes stated and return the length without it.
 */
#ifndef ZWG_TEXT_H
#define ZWG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>

#define ZWG_KEY_TEXT_LEN       44 /**< Characters of 32 bytes in base64, with the final "=". */
#define ZWG_KEY_TEXT_SIZE      45
#define ZWG_ADDR_TEXT_SIZE     46 /**< INET6_ADDRSTRLEN. */
#define ZWG_PREFIX_TEXT_SIZE   50 /**< An address, "/128" and the zero. */
#define ZWG_HOST_MAX	       64 /**< Characters of a host: a name or a literal address. */
#define ZWG_ENDPOINT_TEXT_SIZE 75 /**< "[", a host or an address with its zone, "]:65535". */
#define ZWG_NUMBER_TEXT_SIZE   21 /**< UINT64_MAX and the zero. */

/**
 * Decodes a key: base64 (RFC 4648 section 4) of exactly 44 characters whose unused trailing bits
 * are zero. Time and memory accesses depend on nothing but @a len; a key that is refused leaves no
 * trace.
 */
bool zwg_key_parse(const char *text, size_t len, uint8_t key[32]);

/** Encodes a key, likewise without a secret-dependent branch or index. */
size_t zwg_key_format(const uint8_t key[32], char text[ZWG_KEY_TEXT_SIZE]);

/** IPv4 as four decimal numbers without leading zeros; IPv6 as in RFC 4291 section 2.2. */
bool zwg_addr_parse(const char *text, size_t len, struct zwg_addr *addr);

/** IPv6 as RFC 5952 recommends. An absent address is the empty text. */
size_t zwg_addr_format(const struct zwg_addr *addr, char text[ZWG_ADDR_TEXT_SIZE]);

/**
 * ADDRESS/LENGTH; an address without a length is a host (32 or 128). Bits behind the length are
 * kept, see zwg_prefix_mask(). -EINVAL: not an address. -ERANGE: an address, but its length is not
 * a number from 0 to 32 or 128; then prefix->addr.family alone has been set, for the message.
 */
int zwg_prefix_parse(const char *text, size_t len, struct zwg_prefix *prefix);
size_t zwg_prefix_format(const struct zwg_prefix *prefix, char text[ZWG_PREFIX_TEXT_SIZE]);

/** A host and a UDP port as configured: a name, or a literal address without brackets. An empty
 *  host is no endpoint. */
struct zwg_host_port {
	char host[ZWG_HOST_MAX + 1];
	uint16_t port;
};

/** Is it a host: a literal address without brackets, or a name, as below? At most ZWG_HOST_MAX. */
bool zwg_host_valid(const char *host, size_t len);

/**
 * HOST:PORT, where HOST is an IPv4 address, an IPv6 address in brackets (with a numeric zone, RFC
 * 4007, if need be: "[fe80::1%2]:51820"), or a name of letters, digits, "-", "_" and "." whose last
 * label is not a number. The port is from 1 to 65535.
 * -EINVAL: no port, or not a host. -ERANGE: the port. -ENAMETOOLONG: more than ZWG_HOST_MAX.
 */
int zwg_host_port_parse(const char *text, size_t len, struct zwg_host_port *host_port);
size_t zwg_host_port_format(const struct zwg_host_port *host_port,
			    char text[ZWG_ENDPOINT_TEXT_SIZE]);

/** True, and *endpoint is its address, port and zone without a sticky source, if the host is a
 *  literal address; false if it is a name, which the port must resolve, or empty. */
bool zwg_host_port_literal(const struct zwg_host_port *host_port, struct zwg_endpoint *endpoint);

/** "192.0.2.1:51820", "[2001:db8::1]:51820", "[fe80::1%2]:51820"; the empty text for none. */
size_t zwg_endpoint_format(const struct zwg_endpoint *endpoint, char text[ZWG_ENDPOINT_TEXT_SIZE]);

/** A decimal number from @a min to @a max: digits only, at most 20 of them. */
bool zwg_number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *value);
size_t zwg_number_format(uint64_t value, char text[ZWG_NUMBER_TEXT_SIZE]);

#endif
