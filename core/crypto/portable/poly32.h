/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic modulo 2^130 - 5 for Poly1305 with a 32 x 32 -> 64 multiply. The accumulator is the
 * sum of 2^(32 i) h[i], i = 0 .. 4, the multiplier that of 2^(32 i) r[i], i = 0 .. 3, with RFC
 * 8439's clamping: r[i] < 2^28, and r[1], r[2], r[3] multiples of 4. Included by poly1305.c alone.
 */
#ifndef ZWG_POLY32_H
#define ZWG_POLY32_H

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"

static inline void poly_set_r(uint32_t r[4], const uint8_t key[16])
{
	r[0] = zwg_get_le32(key) & 0x0fffffff;
	r[1] = zwg_get_le32(key + 4) & 0x0ffffffc;
	r[2] = zwg_get_le32(key + 8) & 0x0ffffffc;
	r[3] = zwg_get_le32(key + 12) & 0x0ffffffc;
}

static inline uint64_t mul(uint32_t a, uint32_t b)
{
	return (uint64_t)a * b;
}

/*
 * h = (h + block + 2^128 top) * r for each of @a count blocks, reduced in part: h[4] <= 4 before
 * and after.
 *
 * For i >= 1, 4 divides r[i], so 2^128 r[i] = 2^130 (r[i] / 4) = 5 (r[i] / 4) = r[i] + (r[i] >> 2)
 * = s[i], which is below 1.25 * 2^28. Bounds: after the addition h[4] <= 4 + 1 + 1 = 6, so each of
 * d0 .. d3 is a sum of at most four products below 1.25 * 2^60 and one below 7.5 * 2^28, less than
 * 2^63, and a carry below 2^31 does not overflow it. The new h4 is at most 6 * 2^28 + 2^31 < 2^32.
 * Its part above 2^130 comes back as 5 (h4 >> 2) < 1.25 * 2^32, added in 64 bits; the low two bits
 * and the last carry leave h4 <= 4.
 */
static inline void poly_blocks(uint32_t h[5], const uint32_t r[4], const uint8_t *block,
			       size_t count, uint32_t top)
{
	const uint32_t r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3];
	const uint32_t s1 = r1 + (r1 >> 2), s2 = r2 + (r2 >> 2), s3 = r3 + (r3 >> 2);
	uint32_t h0 = h[0], h1 = h[1], h2 = h[2], h3 = h[3], h4 = h[4];

	for (; count > 0; count--, block += 16) {
		uint64_t d0 = (uint64_t)h0 + zwg_get_le32(block);
		uint64_t d1 = (uint64_t)h1 + zwg_get_le32(block + 4) + (d0 >> 32);
		uint64_t d2 = (uint64_t)h2 + zwg_get_le32(block + 8) + (d1 >> 32);
		uint64_t d3 = (uint64_t)h3 + zwg_get_le32(block + 12) + (d2 >> 32);

		h0 = (uint32_t)d0;
		h1 = (uint32_t)d1;
		h2 = (uint32_t)d2;
		h3 = (uint32_t)d3;
		h4 += (uint32_t)(d3 >> 32) + top;

		d0 = mul(h0, r0) + mul(h1, s3) + mul(h2, s2) + mul(h3, s1);
		d1 = mul(h0, r1) + mul(h1, r0) + mul(h2, s3) + mul(h3, s2) + mul(h4, s1);
		d2 = mul(h0, r2) + mul(h1, r1) + mul(h2, r0) + mul(h3, s3) + mul(h4, s2);
		d3 = mul(h0, r3) + mul(h1, r2) + mul(h2, r1) + mul(h3, r0) + mul(h4, s3);
		d1 += d0 >> 32;
		d2 += d1 >> 32;
		d3 += d2 >> 32;
		h4 = h4 * r0 + (uint32_t)(d3 >> 32);

		d0 = (d0 & UINT32_MAX) + (h4 >> 2) + (h4 & ~(uint32_t)3);
		d1 = (d1 & UINT32_MAX) + (d0 >> 32);
		d2 = (d2 & UINT32_MAX) + (d1 >> 32);
		d3 = (d3 & UINT32_MAX) + (d2 >> 32);
		h0 = (uint32_t)d0;
		h1 = (uint32_t)d1;
		h2 = (uint32_t)d2;
		h3 = (uint32_t)d3;
		h4 = (h4 & 3) + (uint32_t)(d3 >> 32);
	}
	h[0] = h0;
	h[1] = h1;
	h[2] = h2;
	h[3] = h3;
	h[4] = h4;
}

/*
 * tag = (h mod 2^130 - 5) + s, modulo 2^128. h[4] <= 4 with h[4] = 4 only just above 2^130, so h is
 * less than twice the modulus and one conditional subtraction, of which the low 128 bits count,
 * reduces it: h >= 2^130 - 5 exactly when h + 5 >= 2^130, and then it is the addition of 5. Nothing
 * of h is kept in an array, which would stay on the stack.
 */
static inline void poly_tag(const uint32_t h[5], const uint32_t s[4], uint8_t tag[16])
{
	uint32_t reduce;
	uint64_t carry = 5;

	for (size_t i = 0; i < 4; i++) {
		carry += h[i];
		carry >>= 32;
	}
	reduce = (uint32_t)(carry + h[4]) >> 2;
	carry = 5 & (0 - reduce);
	for (size_t i = 0; i < 4; i++) {
		carry += (uint64_t)h[i] + s[i];
		zwg_put_le32(tag + 4 * i, (uint32_t)carry);
		carry >>= 32;
	}
}

#endif
