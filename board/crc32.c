/* SPDX-License-Identifier: MIT */
/* CRC-32 bit by bit, without a table: records have keys in them, and what is looked up in a table
 * by a key's bytes can be seen from outside. */
#include "crc32.h"

#define POLYNOMIAL 0xedb88320U

uint32_t zwg_crc32(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (POLYNOMIAL & (0U - (crc & 1)));
		}
	}
	return ~crc;
}
