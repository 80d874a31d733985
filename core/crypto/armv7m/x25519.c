/* SPDX-License-Identifier: MIT */
/*
 * X25519, RFC 7748 section 5, on ARMv7-M: the Montgomery ladder over the field of field_mul.S and
 * field_add.S. No secret is multiplied here and none decides a branch or an address.
 */
#include <errno.h>
#include <string.h>

#include "../crypto.h"
#include "../secret.h"
#include "field.h"

/* All that a call knows of secrets, but for what the field's functions leave on the stack. */
struct ladder {
	uint8_t scalar[ZWG_KEY_LEN];
	struct fe x1, x2, z2, x3, z3;
	struct fe a, b, c, d;
};

static void square_times(struct fe *f, const struct fe *g, int n)
{
	zwg_fe_sq(f, g);
	while (--n > 0) {
		zwg_fe_sq(f, f);
	}
}

/* l->z2 = 1 / l->z2, and 0 for 0, by raising it to 2^255 - 21. In the comments: the exponent so
 * far. */
static void invert(struct ladder *l)
{
	struct fe *f = &l->z2, *a = &l->a, *b = &l->b, *c = &l->c, *d = &l->d;

	zwg_fe_sq(a, f);       /* 2 */
	square_times(b, a, 2); /* 8 */
	zwg_fe_mul(b, b, f);   /* 9 */
	zwg_fe_mul(a, a, b);   /* 11 */
	zwg_fe_sq(c, a);       /* 22 */
	zwg_fe_mul(b, b, c);   /* 2^5 - 1 */
	square_times(c, b, 5);
	zwg_fe_mul(b, b, c); /* 2^10 - 1 */
	square_times(c, b, 10);
	zwg_fe_mul(c, c, b); /* 2^20 - 1 */
	square_times(d, c, 20);
	zwg_fe_mul(c, c, d); /* 2^40 - 1 */
	square_times(c, c, 10);
	zwg_fe_mul(b, b, c); /* 2^50 - 1 */
	square_times(c, b, 50);
	zwg_fe_mul(c, c, b); /* 2^100 - 1 */
	square_times(d, c, 100);
	zwg_fe_mul(c, c, d); /* 2^200 - 1 */
	square_times(c, c, 50);
	zwg_fe_mul(b, b, c); /* 2^250 - 1 */
	square_times(b, b, 5);
	zwg_fe_mul(f, a, b); /* 2^255 - 21 */
}

/*
 * One step of RFC 7748 section 5: (x2, z2) becomes the double of itself, or of (x3, z3) where @a
 * swap is all ones, and (x3, z3) the sum of both. The sum is the same whichever of the points is
 * called the first, so instead of exchanging both, only the operands of the doubling's squares are
 * chosen.
 */
static void step(struct ladder *l, uint32_t swap, bool base)
{
	struct fe *a = &l->a, *b = &l->b, *c = &l->c, *d = &l->d;

	zwg_fe_sum_difference(a, b, &l->x2, &l->z2);
	zwg_fe_sum_difference(c, d, &l->x3, &l->z3);
	zwg_fe_sq_selected(&l->x2, a, c, swap); /* AA */
	zwg_fe_sq_selected(&l->z2, b, d, swap); /* BB */
	zwg_fe_mul(d, d, a);			/* DA */
	zwg_fe_mul(c, c, b);			/* CB */
	zwg_fe_sum_difference(&l->x3, &l->z3, d, c);
	zwg_fe_sq(&l->x3, &l->x3);
	zwg_fe_sq(&l->z3, &l->z3);
	if (base) {
		zwg_fe_mul_9(&l->z3, &l->z3);
	} else {
		zwg_fe_mul(&l->z3, &l->z3, &l->x1);
	}
	zwg_fe_sub(b, &l->x2, &l->z2); /* E */
	zwg_fe_add_121665(a, &l->x2, b);
	zwg_fe_mul(&l->x2, &l->x2, &l->z2);
	zwg_fe_mul(&l->z2, a, b);
}

static int multiply(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
		    const uint8_t point[ZWG_KEY_LEN], bool base)
{
	struct ladder l = {.x2.v = {1}, .z3.v = {1}};
	uint32_t last = 0;

	memcpy(l.scalar, scalar, ZWG_KEY_LEN);
	l.scalar[0] &= 0xf8;
	l.scalar[31] &= 0x7f;
	l.scalar[31] |= 0x40;
	zwg_fe_from_bytes(&l.x1, point);
	l.x3 = l.x1;

	for (size_t i = 255; i-- > 0;) {
		uint32_t bit = (uint32_t)l.scalar[i / 8] >> (i % 8) & 1;

		step(&l, 0 - (bit ^ last), base);
		last = bit;
	}
	/* Clamping clears bit 0, so (x2, z2) is the point. */
	invert(&l);
	zwg_fe_mul(&l.x2, &l.x2, &l.z2);
	zwg_fe_to_bytes(out, &l.x2);
	zwg_fe_wipe_stack();
	zwg_wipe(&l, sizeof(l));
	return zwg_is_zero(out, ZWG_KEY_LEN) ? -EINVAL : 0;
}

int zwg_x25519(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
	       const uint8_t point[ZWG_KEY_LEN])
{
	return multiply(out, scalar, point, false);
}

int zwg_x25519_base(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN])
{
	static const uint8_t base[ZWG_KEY_LEN] = {9};

	return multiply(out, scalar, base, true);
}
