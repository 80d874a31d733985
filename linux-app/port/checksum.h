/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum, RFC 1071: the same over words of any width and either byte order (section
 * 2), so it is summed in the machine's own words and turned once.
 */
#ifndef ZWG_PORT_CHECKSUM_H
#define ZWG_PORT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crypto/bytes.h"

/** The one's complement sum in 16 bits: 0xffff over bytes whose checksum is right. */
static inline uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/** Adds @a len bytes to the sum @a start: at most 65535 in all, an odd number only at the end. */
static inline uint32_t checksum_sum(uint32_t start, const uint8_t *data, size_t len)
{
	uint64_t low = 0, high = 0;
	uint8_t turned[2];
	uint16_t folded;

	for (; len >= 16; data += 16, len -= 16) {
		uint32_t words[4];

		memcpy(words, data, sizeof(words));
		low += (uint64_t)words[0] + words[1];
		high += (uint64_t)words[2] + words[3];
	}
	low += high;
	low = (low & 0xffffffff) + (low >> 32);
	folded = checksum_fold(checksum_fold((uint32_t)low) + (uint32_t)(low >> 32));
	memcpy(turned, &folded, sizeof(turned));
	start += zwg_get_be16(turned);
	for (; len >= 2; data += 2, len -= 2)
		start += zwg_get_be16(data);
	if (len)
		start += (uint32_t)data[0] << 8;
	return start;
}

#endif
