/* SPDX-License-Identifier: MIT */
/*
 * X25519, RFC 7748 section 5: the Montgomery ladder on curve25519. The field is in fe51.h or
 * fe25.h, as the compiler's widest multiply allows.
 */
#include <errno.h>
#include <string.h>

#include "../crypto.h"
#include "../secret.h"
#ifdef __SIZEOF_INT128__
#include "fe51.h"
#else
#include "fe25.h"
#endif

/* (486662 - 2) / 4, RFC 7748 section 5. */
#define A24 121665

/* All that a call knows of secrets, so that one wipe forgets it. */
struct ladder {
	uint8_t scalar[ZWG_KEY_LEN];
	struct fe x1, x2, z2, x3, z3;
	struct fe t[4];
};

/* The same value, of which the compiler knows nothing: what it took for a bit it might turn into a
 * branch. */
static inline uint32_t opaque(uint32_t value)
{
	volatile uint32_t v = value;

	return v;
}

static void square_times(struct fe *f, const struct fe *g, int n)
{
	fe_sq(f, g);
	while (--n > 0) {
		fe_sq(f, f);
	}
}

/* f = f^(2^255 - 21) = 1 / f, and 0 for 0. In the comments: the exponent so far. */
static void invert(struct fe *f, struct fe t[4])
{
	struct fe *a = &t[0], *b = &t[1], *c = &t[2], *d = &t[3];

	fe_sq(a, f);	       /* 2 */
	square_times(b, a, 2); /* 8 */
	fe_mul(b, b, f);       /* 9 */
	fe_mul(a, a, b);       /* 11 */
	fe_sq(c, a);	       /* 22 */
	fe_mul(b, b, c);       /* 2^5 - 1 */
	square_times(c, b, 5);
	fe_mul(b, b, c); /* 2^10 - 1 */
	square_times(c, b, 10);
	fe_mul(c, c, b); /* 2^20 - 1 */
	square_times(d, c, 20);
	fe_mul(c, c, d); /* 2^40 - 1 */
	square_times(c, c, 10);
	fe_mul(b, b, c); /* 2^50 - 1 */
	square_times(c, b, 50);
	fe_mul(c, c, b); /* 2^100 - 1 */
	square_times(d, c, 100);
	fe_mul(c, c, d); /* 2^200 - 1 */
	square_times(c, c, 50);
	fe_mul(b, b, c); /* 2^250 - 1 */
	square_times(b, b, 5);
	fe_mul(f, a, b); /* 2^255 - 21 */
}

/*
 * One step of RFC 7748 section 5: (x2, z2) doubled, (x3, z3) the sum of both points. Additions and
 * subtractions have products for operands, as the bounds of the field demand.
 */
static void step(struct ladder *l)
{
	struct fe *a = &l->t[0], *b = &l->t[1], *c = &l->t[2], *d = &l->t[3];

	fe_add(a, &l->x2, &l->z2);
	fe_sub(b, &l->x2, &l->z2);
	fe_add(c, &l->x3, &l->z3);
	fe_sub(d, &l->x3, &l->z3);
	fe_mul(d, d, a); /* DA */
	fe_mul(c, c, b); /* CB */
	fe_add(&l->x3, d, c);
	fe_sub(&l->z3, d, c);
	fe_sq(&l->x3, &l->x3);
	fe_sq(&l->z3, &l->z3);
	fe_mul(&l->z3, &l->z3, &l->x1);
	fe_sq(a, a); /* AA */
	fe_sq(b, b); /* BB */
	fe_mul(&l->x2, a, b);
	fe_sub(b, a, b); /* E */
	fe_mul_small(c, b, A24);
	fe_add(c, c, a);
	fe_mul(&l->z2, b, c);
}

int zwg_x25519(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
	       const uint8_t point[ZWG_KEY_LEN])
{
	struct ladder l = {.x2.v = {1}, .z3.v = {1}};
	uint32_t swap = 0;

	memcpy(l.scalar, scalar, ZWG_KEY_LEN);
	l.scalar[0] &= 0xf8;
	l.scalar[31] &= 0x7f;
	l.scalar[31] |= 0x40;
	fe_from_bytes(&l.x1, point);
	l.x3 = l.x1;

	for (size_t i = 255; i-- > 0;) {
		uint32_t bit = (uint32_t)l.scalar[i / 8] >> (i % 8) & 1;

		swap = opaque(swap ^ bit);
		fe_cswap(&l.x2, &l.x3, swap);
		fe_cswap(&l.z2, &l.z3, swap);
		swap = bit;
		step(&l);
	}
	/* Clamping clears bit 0, so the last step leaves nothing to exchange. */
	invert(&l.z2, l.t);
	fe_mul(&l.x2, &l.x2, &l.z2);
	fe_to_bytes(out, &l.x2);
	zwg_wipe(&l, sizeof(l));
	return zwg_is_zero(out, ZWG_KEY_LEN) ? -EINVAL : 0;
}

int zwg_x25519_base(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN])
{
	static const uint8_t base[ZWG_KEY_LEN] = {9};

	return zwg_x25519(out, scalar, base);
}
