/* SPDX-License-Identifier: MIT */
/*
 * X25519, RFC 7748 section 5, on ARMv7-M: the Montgomery ladder over the field of field_mul.S and
 * field_add.S. No secret is multiplied here and none decides a branch or an address.
 */
#include <errno.h>
#include <string.h>

#include "../bytes.h"
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
static void step(struct ladder *l, uint32_t swap)
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
	zwg_fe_mul(&l->z3, &l->z3, &l->x1);
	zwg_fe_sub(b, &l->x2, &l->z2); /* E */
	zwg_fe_add_121665(a, &l->x2, b);
	zwg_fe_mul(&l->x2, &l->x2, &l->z2);
	zwg_fe_mul(&l->z2, a, b);
}

/* Bit 255 is ignored; values from p on are taken modulo it (RFC 7748 section 5). */
static void from_bytes(struct fe *f, const uint8_t in[ZWG_KEY_LEN])
{
	for (size_t i = 0; i < 8; i++) {
		f->v[i] = zwg_get_le32(in + 4 * i);
	}
	f->v[7] &= 0x7fffffff;
}

/* f += 19 n for n <= 1; returns bit 255 of the sum, which is below 2^256. */
static uint32_t add_19(struct fe *f, uint32_t n)
{
	uint32_t carry = 19 * n;

	for (size_t i = 0; i < 8; i++) {
		f->v[i] += carry;
		carry = f->v[i] < carry;
	}
	return f->v[7] >> 31;
}

/*
 * The one representative below p = 2^255 - 19. Without bit 255, and with 19 added if it was set, f
 * is at most 2^255 + 18, less than 2 p. Then f >= p exactly when f + 19 has bit 255, and f - p is
 * that sum without the bit.
 */
static void to_bytes(uint8_t out[ZWG_KEY_LEN], struct fe *f)
{
	uint32_t top = f->v[7] >> 31;
	struct fe plus_19;

	f->v[7] &= 0x7fffffff;
	add_19(f, top);
	plus_19 = *f;
	top = add_19(&plus_19, 1);
	add_19(f, top);
	f->v[7] &= 0x7fffffff;
	for (size_t i = 0; i < 8; i++) {
		zwg_put_le32(out + 4 * i, f->v[i]);
	}
	zwg_wipe(&plus_19, sizeof(plus_19));
}

int zwg_x25519(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
	       const uint8_t point[ZWG_KEY_LEN])
{
	struct ladder l = {.x2.v = {1}, .z3.v = {1}};
	uint32_t last = 0;

	memcpy(l.scalar, scalar, ZWG_KEY_LEN);
	l.scalar[0] &= 0xf8;
	l.scalar[31] &= 0x7f;
	l.scalar[31] |= 0x40;
	from_bytes(&l.x1, point);
	l.x3 = l.x1;

	for (size_t i = 255; i-- > 0;) {
		uint32_t bit = (uint32_t)l.scalar[i / 8] >> (i % 8) & 1;

		step(&l, 0 - (bit ^ last));
		last = bit;
	}
	/* Clamping clears bit 0, so (x2, z2) is the point. */
	invert(&l);
	zwg_fe_mul(&l.x2, &l.x2, &l.z2);
	to_bytes(out, &l.x2);
	zwg_fe_wipe_stack();
	zwg_wipe(&l, sizeof(l));
	return zwg_is_zero(out, ZWG_KEY_LEN) ? -EINVAL : 0;
}

int zwg_x25519_base(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN])
{
	static const uint8_t base[ZWG_KEY_LEN] = {9};

	return zwg_x25519(out, scalar, base);
}
