/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic modulo 2^130 - 5 for Poly1305 on hosts with a 64 x 64 -> 128 multiply. The accumulator
 * is h[0] + 2^64 h[1] + 2^128 h[2], the multiplier r[0] + 2^64 r[1] with RFC 8439's clamping:
 * r[0], r[1] < 2^60 and r[1] a multiple of 4. Included by poly1305.c alone.
 */
#ifndef ZWG_POLY64_H
#define ZWG_POLY64_H

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"

__extension__ typedef unsigned __int128 poly_wide;

static inline void poly_set_r(uint64_t r[2], const uint8_t key[16])
{
	r[0] = zwg_get_le64(key) & 0x0ffffffc0fffffff;
	r[1] = zwg_get_le64(key + 8) & 0x0ffffffc0ffffffc;
}

/*
 * h = (h + block + 2^128 top) * r for each of @a count blocks, reduced in part: h[2] <= 4 before
 * and after.
 *
 * As 4 divides r[1], 2^128 r[1] = 2^130 (r[1] / 4) = 5 (r[1] / 4) = r[1] + (r[1] >> 2) = s1, which
 * is below 1.25 * 2^60. Bounds: after the addition h[2] <= 4 + 1 + 1 = 6, and r[0], r[1] are below
 * 2^60 - 2^33, so
 *   d0 = h0 r0 + h1 s1                       < 2.25 * 2^124
 *   d1 = h0 r1 + h1 r0 + h2 s1 + (d0 >> 64)  < 2^125 - 2^98 + 2^64 < 2^125
 *   h2 = h2 r0 + (d1 >> 64)                  < 6 * 2^60 + 2^61 = 2^63.
 * The part of h2 above 2^130 comes back as 5 (h2 >> 2) < 2^64; its low two bits and the last carry
 * leave h2 <= 4.
 */
static inline void poly_blocks(uint64_t h[3], const uint64_t r[2], const uint8_t *block,
			       size_t count, uint32_t top)
{
	const uint64_t r0 = r[0];
	const uint64_t r1 = r[1];
	const uint64_t s1 = r1 + (r1 >> 2);
	uint64_t h0 = h[0];
	uint64_t h1 = h[1];
	uint64_t h2 = h[2];

	for (; count > 0; count--, block += 16) {
		poly_wide d0 = (poly_wide)h0 + zwg_get_le64(block);
		poly_wide d1 = (poly_wide)h1 + zwg_get_le64(block + 8) + (uint64_t)(d0 >> 64);

		h0 = (uint64_t)d0;
		h1 = (uint64_t)d1;
		h2 += (uint64_t)(d1 >> 64) + top;

		d0 = (poly_wide)h0 * r0 + (poly_wide)h1 * s1;
		d1 = (poly_wide)h0 * r1 + (poly_wide)h1 * r0 + h2 * s1 + (uint64_t)(d0 >> 64);
		h2 = h2 * r0 + (uint64_t)(d1 >> 64);

		d0 = (poly_wide)(uint64_t)d0 + (h2 >> 2) + (h2 & ~(uint64_t)3);
		d1 = (poly_wide)(uint64_t)d1 + (uint64_t)(d0 >> 64);
		h0 = (uint64_t)d0;
		h1 = (uint64_t)d1;
		h2 = (h2 & 3) + (uint64_t)(d1 >> 64);
	}
	h[0] = h0;
	h[1] = h1;
	h[2] = h2;
}

/*
 * tag = (h mod 2^130 - 5) + s, modulo 2^128. h[2] <= 4 with h[2] = 4 only just above 2^130, so h is
 * less than twice the modulus and one conditional subtraction, of which the low 128 bits count,
 * reduces it: h >= 2^130 - 5 exactly when h + 5 >= 2^130.
 */
static inline void poly_tag(const uint64_t h[3], const uint32_t s[4], uint8_t tag[16])
{
	poly_wide g0 = (poly_wide)h[0] + 5;
	poly_wide g1 = (poly_wide)h[1] + (uint64_t)(g0 >> 64);
	uint64_t g2 = h[2] + (uint64_t)(g1 >> 64);
	uint64_t mask = 0 - (g2 >> 2);
	uint64_t t0 = (h[0] & ~mask) | ((uint64_t)g0 & mask);
	uint64_t t1 = (h[1] & ~mask) | ((uint64_t)g1 & mask);

	g0 = (poly_wide)t0 + ((uint64_t)s[1] << 32 | s[0]);
	t1 += ((uint64_t)s[3] << 32 | s[2]) + (uint64_t)(g0 >> 64);
	zwg_put_le64(tag, (uint64_t)g0);
	zwg_put_le64(tag + 8, t1);
}

#endif
