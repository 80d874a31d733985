/* SPDX-License-Identifier: MIT */
/* Poly1305 over whole blocks in portable C: poly64.h or poly32.h, as the widest multiply allows. */
#include "../poly1305.h"
#ifdef __SIZEOF_INT128__
#include "poly64.h"
#else
#include "poly32.h"
#endif

void zwg_poly1305_blocks(struct zwg_poly1305 *state, const uint8_t *block, size_t count,
			 uint32_t top)
{
	poly_blocks(state->h, state->r, block, count, top);
}
