/* SPDX-License-Identifier: MIT */
/*
 * The field of 2^255 - 19 elements for X25519 (RFC 7748 section 4.1) with a 32 x 32 -> 64 multiply:
 * radix 2^25.5, limbs of 26 and 25 bits in turn; limb i has the weight 2^ceil(25.5 i). Included by
 * x25519.c alone. Safe only where that multiply takes the same time for all operands.
 *
 * Bounds. An element is tight if each limb is below 1.01 * 2^26 (i even) or 1.01 * 2^25 (i odd),
 * loose if each is below 3.01 times those powers. fe_from_bytes and the multiplications give tight
 * elements; fe_add and fe_sub take tight and give loose ones; the multiplications take loose ones.
 */
#ifndef ZWG_FE25_H
#define ZWG_FE25_H

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"

struct fe {
	uint32_t v[10];
};

static inline unsigned int fe_bits(size_t i)
{
	return i % 2 == 0 ? 26 : 25;
}

static inline uint32_t fe_mask(size_t i)
{
	return ((uint32_t)1 << fe_bits(i)) - 1;
}

/* Bit 255 is ignored; values from 2^255 - 19 on are taken modulo it (RFC 7748 section 5). */
static inline void fe_from_bytes(struct fe *f, const uint8_t in[32])
{
	f->v[0] = zwg_get_le32(in) & fe_mask(0);
	f->v[1] = zwg_get_le32(in + 3) >> 2 & fe_mask(1);
	f->v[2] = zwg_get_le32(in + 6) >> 3 & fe_mask(2);
	f->v[3] = zwg_get_le32(in + 9) >> 5 & fe_mask(3);
	f->v[4] = zwg_get_le32(in + 12) >> 6 & fe_mask(4);
	f->v[5] = zwg_get_le32(in + 16) & fe_mask(5);
	f->v[6] = zwg_get_le32(in + 19) >> 1 & fe_mask(6);
	f->v[7] = zwg_get_le32(in + 22) >> 3 & fe_mask(7);
	f->v[8] = zwg_get_le32(in + 25) >> 4 & fe_mask(8);
	f->v[9] = zwg_get_le32(in + 28) >> 6 & fe_mask(9);
}

/*
 * The one representative below p = 2^255 - 19 of a tight element, which is less than 2 p: q becomes
 * 1 exactly when f + 19 >= 2^255, that is when f >= p, and then f - p = f + 19 - 2^255.
 */
static inline void fe_to_bytes(uint8_t out[32], const struct fe *f)
{
	uint64_t word = 0;
	unsigned int have = 0;
	uint32_t q = 19;

	for (size_t i = 0; i < 10; i++) {
		q = (f->v[i] + q) >> fe_bits(i);
	}
	q *= 19;
	for (size_t i = 0; i < 10; i++) {
		q += f->v[i];
		word |= (uint64_t)(q & fe_mask(i)) << have;
		have += fe_bits(i);
		q >>= fe_bits(i);
		if (have >= 32) {
			zwg_put_le32(out, (uint32_t)word);
			out += 4;
			word >>= 32;
			have -= 32;
		}
	}
	zwg_put_le32(out, (uint32_t)word);
}

static inline void fe_add(struct fe *h, const struct fe *f, const struct fe *g)
{
	for (size_t i = 0; i < 10; i++) {
		h->v[i] = f->v[i] + g->v[i];
	}
}

/* f + 2 p - g: a limb of 2 p is at least 2^27 - 38 or 2^26 - 2, more than a tight limb. */
static inline void fe_sub(struct fe *h, const struct fe *f, const struct fe *g)
{
	h->v[0] = f->v[0] + (2 * fe_mask(0) - 36) - g->v[0];
	for (size_t i = 1; i < 10; i++) {
		h->v[i] = f->v[i] + 2 * fe_mask(i) - g->v[i];
	}
}

static inline uint64_t mul(uint32_t a, uint32_t b)
{
	return (uint64_t)a * b;
}

/*
 * Makes a tight element of ten sums below 2^63, the last below 2^58. A carry is then below 2^38 and
 * overflows nothing, the last one is below 2^33 + 1 and 19 times that below 2^38, so limb 0 carries
 * less than 2^13 into limb 1.
 */
static inline void fe_carry(struct fe *f, uint64_t h[10])
{
	for (size_t i = 0; i < 9; i++) {
		h[i + 1] += h[i] >> fe_bits(i);
		h[i] &= fe_mask(i);
	}
	h[0] += 19 * (h[9] >> 25);
	h[9] &= fe_mask(9);
	h[1] += h[0] >> 26;
	h[0] &= fe_mask(0);
	for (size_t i = 0; i < 10; i++) {
		f->v[i] = (uint32_t)h[i];
	}
}

/*
 * Schoolbook, with 2^255 = 19; the weights of two odd limbs multiply to twice the weight of the
 * limb that their product belongs to, hence the factors 2. 19 times a loose limb is below
 * 57.2 * 2^26 < 2^32. The largest sum, h[0], is below
 *   (1 + 4 * 19) * (3.01 * 2^26)^2 + 5 * 2 * 19 * (3.01 * 2^25)^2 < 1129 * 2^52 < 2^63;
 * h[9], ten products of an even and an odd limb, is below 91 * 2^51 < 2^58.
 */
static inline void fe_mul(struct fe *out, const struct fe *f, const struct fe *g)
{
	const uint32_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	const uint32_t f5 = f->v[5], f6 = f->v[6], f7 = f->v[7], f8 = f->v[8], f9 = f->v[9];
	const uint32_t g0 = g->v[0], g1 = g->v[1], g2 = g->v[2], g3 = g->v[3], g4 = g->v[4];
	const uint32_t g5 = g->v[5], g6 = g->v[6], g7 = g->v[7], g8 = g->v[8], g9 = g->v[9];
	const uint32_t g1_19 = 19 * g1, g2_19 = 19 * g2, g3_19 = 19 * g3, g4_19 = 19 * g4;
	const uint32_t g5_19 = 19 * g5, g6_19 = 19 * g6, g7_19 = 19 * g7, g8_19 = 19 * g8;
	const uint32_t g9_19 = 19 * g9;
	const uint32_t f1_2 = 2 * f1, f3_2 = 2 * f3, f5_2 = 2 * f5, f7_2 = 2 * f7, f9_2 = 2 * f9;
	uint64_t h[10];

	h[0] = mul(f0, g0) + mul(f1_2, g9_19) + mul(f2, g8_19) + mul(f3_2, g7_19) + mul(f4, g6_19) +
	       mul(f5_2, g5_19) + mul(f6, g4_19) + mul(f7_2, g3_19) + mul(f8, g2_19) +
	       mul(f9_2, g1_19);
	h[1] = mul(f0, g1) + mul(f1, g0) + mul(f2, g9_19) + mul(f3, g8_19) + mul(f4, g7_19) +
	       mul(f5, g6_19) + mul(f6, g5_19) + mul(f7, g4_19) + mul(f8, g3_19) + mul(f9, g2_19);
	h[2] = mul(f0, g2) + mul(f1_2, g1) + mul(f2, g0) + mul(f3_2, g9_19) + mul(f4, g8_19) +
	       mul(f5_2, g7_19) + mul(f6, g6_19) + mul(f7_2, g5_19) + mul(f8, g4_19) +
	       mul(f9_2, g3_19);
	h[3] = mul(f0, g3) + mul(f1, g2) + mul(f2, g1) + mul(f3, g0) + mul(f4, g9_19) +
	       mul(f5, g8_19) + mul(f6, g7_19) + mul(f7, g6_19) + mul(f8, g5_19) + mul(f9, g4_19);
	h[4] = mul(f0, g4) + mul(f1_2, g3) + mul(f2, g2) + mul(f3_2, g1) + mul(f4, g0) +
	       mul(f5_2, g9_19) + mul(f6, g8_19) + mul(f7_2, g7_19) + mul(f8, g6_19) +
	       mul(f9_2, g5_19);
	h[5] = mul(f0, g5) + mul(f1, g4) + mul(f2, g3) + mul(f3, g2) + mul(f4, g1) + mul(f5, g0) +
	       mul(f6, g9_19) + mul(f7, g8_19) + mul(f8, g7_19) + mul(f9, g6_19);
	h[6] = mul(f0, g6) + mul(f1_2, g5) + mul(f2, g4) + mul(f3_2, g3) + mul(f4, g2) +
	       mul(f5_2, g1) + mul(f6, g0) + mul(f7_2, g9_19) + mul(f8, g8_19) + mul(f9_2, g7_19);
	h[7] = mul(f0, g7) + mul(f1, g6) + mul(f2, g5) + mul(f3, g4) + mul(f4, g3) + mul(f5, g2) +
	       mul(f6, g1) + mul(f7, g0) + mul(f8, g9_19) + mul(f9, g8_19);
	h[8] = mul(f0, g8) + mul(f1_2, g7) + mul(f2, g6) + mul(f3_2, g5) + mul(f4, g4) +
	       mul(f5_2, g3) + mul(f6, g2) + mul(f7_2, g1) + mul(f8, g0) + mul(f9_2, g9_19);
	h[9] = mul(f0, g9) + mul(f1, g8) + mul(f2, g7) + mul(f3, g6) + mul(f4, g5) + mul(f5, g4) +
	       mul(f6, g3) + mul(f7, g2) + mul(f8, g1) + mul(f9, g0);
	fe_carry(out, h);
}

/* The sums of fe_mul(out, f, f), like products taken once and doubled: the same bounds. */
static inline void fe_sq(struct fe *out, const struct fe *f)
{
	const uint32_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	const uint32_t f5 = f->v[5], f6 = f->v[6], f7 = f->v[7], f8 = f->v[8], f9 = f->v[9];
	const uint32_t f0_2 = 2 * f0, f1_2 = 2 * f1, f2_2 = 2 * f2, f3_2 = 2 * f3, f4_2 = 2 * f4;
	const uint32_t f5_2 = 2 * f5, f6_2 = 2 * f6, f7_2 = 2 * f7, f8_2 = 2 * f8, f9_2 = 2 * f9;
	const uint32_t f1_4 = 4 * f1, f3_4 = 4 * f3, f5_4 = 4 * f5, f7_4 = 4 * f7;
	const uint32_t f5_19 = 19 * f5, f6_19 = 19 * f6, f7_19 = 19 * f7, f8_19 = 19 * f8;
	const uint32_t f9_19 = 19 * f9;
	uint64_t h[10];

	h[0] = mul(f0, f0) + mul(f1_4, f9_19) + mul(f2_2, f8_19) + mul(f3_4, f7_19) +
	       mul(f4_2, f6_19) + mul(f5_2, f5_19);
	h[1] = mul(f0_2, f1) + mul(f2_2, f9_19) + mul(f3_2, f8_19) + mul(f4_2, f7_19) +
	       mul(f5_2, f6_19);
	h[2] = mul(f0_2, f2) + mul(f1_2, f1) + mul(f3_4, f9_19) + mul(f4_2, f8_19) +
	       mul(f5_4, f7_19) + mul(f6, f6_19);
	h[3] = mul(f0_2, f3) + mul(f1_2, f2) + mul(f4_2, f9_19) + mul(f5_2, f8_19) +
	       mul(f6_2, f7_19);
	h[4] = mul(f0_2, f4) + mul(f1_4, f3) + mul(f2, f2) + mul(f5_4, f9_19) + mul(f6_2, f8_19) +
	       mul(f7_2, f7_19);
	h[5] = mul(f0_2, f5) + mul(f1_2, f4) + mul(f2_2, f3) + mul(f6_2, f9_19) + mul(f7_2, f8_19);
	h[6] = mul(f0_2, f6) + mul(f1_4, f5) + mul(f2_2, f4) + mul(f3_2, f3) + mul(f7_4, f9_19) +
	       mul(f8, f8_19);
	h[7] = mul(f0_2, f7) + mul(f1_2, f6) + mul(f2_2, f5) + mul(f3_2, f4) + mul(f8_2, f9_19);
	h[8] = mul(f0_2, f8) + mul(f1_4, f7) + mul(f2_2, f6) + mul(f3_4, f5) + mul(f4, f4) +
	       mul(f9_2, f9_19);
	h[9] = mul(f0_2, f9) + mul(f1_2, f8) + mul(f2_2, f7) + mul(f3_2, f6) + mul(f4_2, f5);
	fe_carry(out, h);
}

/* out = a24 f for a24 < 2^17: each sum is below 2^45. */
static inline void fe_mul_small(struct fe *out, const struct fe *f, uint32_t a24)
{
	uint64_t h[10];

	for (size_t i = 0; i < 10; i++) {
		h[i] = mul(f->v[i], a24);
	}
	fe_carry(out, h);
}

/* Exchanges f and g if @a swap is 1, leaves them if it is 0. */
static inline void fe_cswap(struct fe *f, struct fe *g, uint32_t swap)
{
	const uint32_t mask = 0 - swap;

	for (size_t i = 0; i < 10; i++) {
		uint32_t x = mask & (f->v[i] ^ g->v[i]);

		f->v[i] ^= x;
		g->v[i] ^= x;
	}
}

#endif
