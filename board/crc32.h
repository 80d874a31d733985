/* SPDX-License-Identifier: MIT */
/*
 * CRC-32 of IEEE 802.3, as zlib's crc32(): the reflected polynomial 0xedb88320. It finds accidents,
 * not forgeries.
 */
#ifndef ZWG_CRC32_H
#define ZWG_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** Continues the CRC @a crc (0 at first) over @a len bytes. */
uint32_t zwg_crc32(uint32_t crc, const void *data, size_t len);

#endif
