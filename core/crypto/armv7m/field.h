/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic modulo p = 2^255 - 19 for X25519 (RFC 7748 section 4.1): the functions of field.c,
 * field_mul.S and field_add.S. An element is any number below 2^256, modulo p. Outputs may be
 * inputs but where the comment says otherwise. Time, branches and addresses do not depend on the
 * elements.
 */
#ifndef ZWG_FIELD_H
#define ZWG_FIELD_H

#include <stdint.h>

/** The sum of 2^(32 i) v[i]. */
struct fe {
	uint32_t v[8];
};

/** Bit 255 is ignored; values from p on are taken modulo it. */
void zwg_fe_from_bytes(struct fe *f, const uint8_t in[32]);

/** Writes the one representative below p. @a f is changed, but not its value modulo p. */
void zwg_fe_to_bytes(uint8_t out[32], struct fe *f);

/** out = a b. */
void zwg_fe_mul(struct fe *out, const struct fe *a, const struct fe *b);

/** out = a^2. */
void zwg_fe_sq(struct fe *out, const struct fe *a);

/** out = a^2 if @a mask is 0, b^2 if it is all ones. */
void zwg_fe_sq_selected(struct fe *out, const struct fe *a, const struct fe *b, uint32_t mask);

/** sum = a + b, difference = a - b. @a difference may be @a b; no other output may be an input. */
void zwg_fe_sum_difference(struct fe *sum, struct fe *difference, const struct fe *a,
			   const struct fe *b);

/** out = a - b. */
void zwg_fe_sub(struct fe *out, const struct fe *a, const struct fe *b);

/** out = a + 121665 b. */
void zwg_fe_add_121665(struct fe *out, const struct fe *a, const struct fe *b);

/** out = 9 a. */
void zwg_fe_mul_9(struct fe *out, const struct fe *a);

/** Zeroes what these functions leave on the stack below their caller. */
void zwg_fe_wipe_stack(void);

#endif
