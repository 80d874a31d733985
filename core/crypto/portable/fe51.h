/* SPDX-License-Identifier: MIT */
/*
 * The field of 2^255 - 19 elements for X25519 (RFC 7748 section 4.1) on hosts with a
 * 64 x 64 -> 128 multiply: the sum of 2^(51 i) v[i], i = 0 .. 4. Included by x25519.c alone.
 *
 * Bounds. An element is tight if each limb is below 1.01 * 2^51, loose if each is below
 * 3.01 * 2^51. fe_from_bytes and the multiplications give tight elements; fe_add and fe_sub take
 * tight and give loose ones; the multiplications take loose ones.
 */
#ifndef ZWG_FE51_H
#define ZWG_FE51_H

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"

__extension__ typedef unsigned __int128 fe_wide;

struct fe {
	uint64_t v[5];
};

#define FE_MASK (((uint64_t)1 << 51) - 1)

/* Bit 255 is ignored; values from 2^255 - 19 on are taken modulo it (RFC 7748 section 5). */
static inline void fe_from_bytes(struct fe *f, const uint8_t in[32])
{
	f->v[0] = zwg_get_le64(in) & FE_MASK;
	f->v[1] = zwg_get_le64(in + 6) >> 3 & FE_MASK;
	f->v[2] = zwg_get_le64(in + 12) >> 6 & FE_MASK;
	f->v[3] = zwg_get_le64(in + 19) >> 1 & FE_MASK;
	f->v[4] = zwg_get_le64(in + 24) >> 12 & FE_MASK;
}

/*
 * The one representative below p = 2^255 - 19 of a tight element, which is less than 2 p: q becomes
 * 1 exactly when f + 19 >= 2^255, that is when f >= p, and then f - p = f + 19 - 2^255.
 */
static inline void fe_to_bytes(uint8_t out[32], const struct fe *f)
{
	uint64_t h[5];
	uint64_t q = 19;

	for (size_t i = 0; i < 5; i++) {
		q = (f->v[i] + q) >> 51;
	}
	q *= 19;
	for (size_t i = 0; i < 5; i++) {
		q += f->v[i];
		h[i] = q & FE_MASK;
		q >>= 51;
	}
	zwg_put_le64(out, h[0] | h[1] << 51);
	zwg_put_le64(out + 8, h[1] >> 13 | h[2] << 38);
	zwg_put_le64(out + 16, h[2] >> 26 | h[3] << 25);
	zwg_put_le64(out + 24, h[3] >> 39 | h[4] << 12);
}

static inline void fe_add(struct fe *h, const struct fe *f, const struct fe *g)
{
	for (size_t i = 0; i < 5; i++) {
		h->v[i] = f->v[i] + g->v[i];
	}
}

/* f + 2 p - g: a limb of 2 p is at least 2^52 - 38, more than a tight limb. */
static inline void fe_sub(struct fe *h, const struct fe *f, const struct fe *g)
{
	h->v[0] = f->v[0] + (2 * FE_MASK - 36) - g->v[0];
	for (size_t i = 1; i < 5; i++) {
		h->v[i] = f->v[i] + 2 * FE_MASK - g->v[i];
	}
}

static inline fe_wide mul(uint64_t a, uint64_t b)
{
	return (fe_wide)a * b;
}

/*
 * Makes a tight element of five sums below 2^112, the last below 2^108. A carry is then below 2^61,
 * the last one below 2^57 + 1 and 19 times that below 2^62, so v[0] stays below 2^63 and carries
 * less than 2^12 into v[1].
 */
static inline void fe_carry(struct fe *h, fe_wide t[5])
{
	for (size_t i = 0; i < 4; i++) {
		t[i + 1] += (uint64_t)(t[i] >> 51);
		h->v[i] = (uint64_t)t[i] & FE_MASK;
	}
	h->v[4] = (uint64_t)t[4] & FE_MASK;
	h->v[0] += 19 * (uint64_t)(t[4] >> 51);
	h->v[1] += h->v[0] >> 51;
	h->v[0] &= FE_MASK;
}

/*
 * Schoolbook, with 2^255 = 19. 19 times a loose limb is below 57.2 * 2^51 < 2^57. The largest sum,
 * t[0], is below (1 + 4 * 19) * (3.01 * 2^51)^2 < 698 * 2^102 < 2^112; t[4], in which nothing is
 * multiplied by 19, is below 5 * 9.07 * 2^102 < 2^108.
 */
static inline void fe_mul(struct fe *h, const struct fe *f, const struct fe *g)
{
	const uint64_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	const uint64_t g0 = g->v[0], g1 = g->v[1], g2 = g->v[2], g3 = g->v[3], g4 = g->v[4];
	const uint64_t g1_19 = 19 * g1, g2_19 = 19 * g2, g3_19 = 19 * g3, g4_19 = 19 * g4;
	fe_wide t[5];

	t[0] = mul(f0, g0) + mul(f1, g4_19) + mul(f2, g3_19) + mul(f3, g2_19) + mul(f4, g1_19);
	t[1] = mul(f0, g1) + mul(f1, g0) + mul(f2, g4_19) + mul(f3, g3_19) + mul(f4, g2_19);
	t[2] = mul(f0, g2) + mul(f1, g1) + mul(f2, g0) + mul(f3, g4_19) + mul(f4, g3_19);
	t[3] = mul(f0, g3) + mul(f1, g2) + mul(f2, g1) + mul(f3, g0) + mul(f4, g4_19);
	t[4] = mul(f0, g4) + mul(f1, g3) + mul(f2, g2) + mul(f3, g1) + mul(f4, g0);
	fe_carry(h, t);
}

/* The sums of fe_mul(h, f, f), like products taken once and doubled: the same bounds. */
static inline void fe_sq(struct fe *h, const struct fe *f)
{
	const uint64_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	const uint64_t f0_2 = 2 * f0, f1_2 = 2 * f1, f2_2 = 2 * f2, f3_2 = 2 * f3;
	const uint64_t f3_19 = 19 * f3, f4_19 = 19 * f4;
	fe_wide t[5];

	t[0] = mul(f0, f0) + mul(f1_2, f4_19) + mul(f2_2, f3_19);
	t[1] = mul(f0_2, f1) + mul(f2_2, f4_19) + mul(f3, f3_19);
	t[2] = mul(f0_2, f2) + mul(f1, f1) + mul(f3_2, f4_19);
	t[3] = mul(f0_2, f3) + mul(f1_2, f2) + mul(f4, f4_19);
	t[4] = mul(f0_2, f4) + mul(f1_2, f3) + mul(f2, f2);
	fe_carry(h, t);
}

/* h = a24 f for a24 < 2^17: each sum is below 2^70. */
static inline void fe_mul_small(struct fe *h, const struct fe *f, uint32_t a24)
{
	fe_wide t[5];

	for (size_t i = 0; i < 5; i++) {
		t[i] = mul(f->v[i], a24);
	}
	fe_carry(h, t);
}

/* Exchanges f and g if @a swap is 1, leaves them if it is 0. */
static inline void fe_cswap(struct fe *f, struct fe *g, uint32_t swap)
{
	const uint64_t mask = 0 - (uint64_t)swap;

	for (size_t i = 0; i < 5; i++) {
		uint64_t x = mask & (f->v[i] ^ g->v[i]);

		f->v[i] ^= x;
		g->v[i] ^= x;
	}
}

#endif
