/* SPDX-License-Identifier: MIT */
/* Elements of the field of 2^255 - 19 as bytes, RFC 7748 section 5. */
#include <stddef.h>

#include "../bytes.h"
#include "../secret.h"
#include "field.h"

void zwg_fe_from_bytes(struct fe *f, const uint8_t in[32])
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
void zwg_fe_to_bytes(uint8_t out[32], struct fe *f)
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
