/* SPDX-License-Identifier: MIT */
/* What the back end gives to BLAKE2s: its compression function. Internal to the primitives. */
#ifndef ZWG_BLAKE2S_H
#define ZWG_BLAKE2S_H

#include "crypto.h"

/** The initial values of RFC 7693 section 2.6. */
static const uint32_t zwg_blake2s_iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/**
 * The compression function F, RFC 7693 section 3.2, over @a count blocks, each of which adds @a
 * step bytes to the 64-bit counter t. @a last is all ones for the final block, else 0.
 */
void zwg_blake2s_compress(struct zwg_blake2s *state, const uint8_t *block, size_t count,
			  uint32_t step, uint32_t last);

/* armv7m/blake2s.S knows these places. */
_Static_assert(offsetof(struct zwg_blake2s, h) == 0, "h");
_Static_assert(offsetof(struct zwg_blake2s, t) == 32, "t");

#endif
