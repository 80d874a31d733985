/* SPDX-License-Identifier: MIT */
/* The Internet checksum, RFC 1071. */
#ifndef ZWG_PORT_CHECKSUM_H
#define ZWG_PORT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"

/** Adds @a len bytes to the sum @a start: at most 65535 in all, an odd number only at the end. */
static inline uint32_t checksum_sum(uint32_t start, const uint8_t *data, size_t len)
{
	for (; len >= 2; data += 2, len -= 2)
		start += zwg_get_be16(data);
	if (len)
		start += (uint32_t)data[0] << 8;
	return start;
}

/** The one's complement sum in 16 bits: 0xffff over bytes whose checksum is right. */
static inline uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
