/* SPDX-License-Identifier: MIT */
/*
 * Poly1305, RFC 8439 section 2.5, over a message that may come in pieces of any length. Internal to
 * the primitives.
 */
#ifndef ZWG_POLY1305_H
#define ZWG_POLY1305_H

#include <stddef.h>
#include <stdint.h>

#include "crypto.h"

#define ZWG_POLY1305_BLOCK_LEN 16
#define ZWG_POLY1305_KEY_LEN   32

/** One computation; holds no pointer. zwg_poly1305_final() wipes it. */
struct zwg_poly1305 {
#ifdef __SIZEOF_INT128__
	uint64_t h[3]; /**< The accumulator. */
	uint64_t r[2]; /**< The clamped multiplier. */
#else
	uint32_t h[5];
	uint32_t r[4];
#endif
	uint32_t s[4]; /**< The second half of the key, added last. */
	uint8_t buf[ZWG_POLY1305_BLOCK_LEN];
	size_t buf_len;
};

#ifndef __SIZEOF_INT128__
/* armv7m/poly1305.S knows these places. */
_Static_assert(offsetof(struct zwg_poly1305, h) == 0, "h");
_Static_assert(offsetof(struct zwg_poly1305, r) == 20, "r");
#endif

/**
 * The arithmetic of the back end: h = (h + block + 2^128 top) r for each of @a count blocks of 16
 * bytes, reduced in part as portable/poly64.h and poly32.h say. @a top is 1; or 0, and then @a
 * count is 1.
 */
void zwg_poly1305_blocks(struct zwg_poly1305 *state, const uint8_t *block, size_t count,
			 uint32_t top);

/** Starts with a one-time key. */
void zwg_poly1305_init(struct zwg_poly1305 *state, const uint8_t key[ZWG_POLY1305_KEY_LEN]);
void zwg_poly1305_update(struct zwg_poly1305 *state, const uint8_t *data, size_t len);
/** Adds zeros up to the next multiple of 16 bytes (RFC 8439 section 2.8, pad16). */
void zwg_poly1305_pad16(struct zwg_poly1305 *state);
/** Writes the tag and wipes @a state. */
void zwg_poly1305_final(struct zwg_poly1305 *state, uint8_t tag[ZWG_AEAD_TAG_LEN]);

#endif
