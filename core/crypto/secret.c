/* SPDX-License-Identifier: MIT */
/*
 * Wiping and comparison of secrets in plain C11. Volatile is what binds the compiler: it must make
 * the call through a pointer whose value it may not assume, and it must read every byte that a
 * comparison names, so that none ends early.
 */
#include <string.h>

#include "secret.h"

void zwg_wipe(void *mem, size_t len)
{
	void *(*volatile set)(void *, int, size_t) = memset;

	if (len > 0) {
		set(mem, 0, len);
	}
}

void zwg_wipe_stack(void)
{
	uint8_t frame[ZWG_STACK_WIPE];

	zwg_wipe(frame, sizeof(frame));
}

/* @a diff is at most 255, so bit 31 of diff - 1 is set for 0 alone: no branch on the difference. */
static bool no_difference(uint32_t diff)
{
	return (diff - 1) >> 31 != 0;
}

bool zwg_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint32_t diff = 0;

	for (size_t i = 0; i < len; i++) {
		uint32_t xi = x[i];
		uint32_t yi = y[i];

		diff |= xi ^ yi;
	}
	return no_difference(diff);
}

bool zwg_is_zero(const void *a, size_t len)
{
	const volatile uint8_t *x = a;
	uint32_t diff = 0;

	for (size_t i = 0; i < len; i++) {
		diff |= x[i];
	}
	return no_difference(diff);
}
