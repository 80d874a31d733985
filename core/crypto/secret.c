/* SPDX-License-Identifier: MIT */
/*
 * Wiping and comparison of secrets in plain C11. Volatile is what binds the compiler: it must make
 * every write of a wipe, though nobody reads what was written, and it must read every byte that a
 * comparison names, so that none ends early.
 */
#include "secret.h"

/* A machine word that may lie over any object. */
typedef uintptr_t __attribute__((may_alias)) word;

/* By words: the memset() of a small libc goes byte by byte, and this is called for every packet. */
void zwg_wipe(void *mem, size_t len)
{
	volatile uint8_t *byte = mem;
	volatile word *words;

	for (; len > 0 && (uintptr_t)byte % sizeof(word) != 0; len--) {
		*byte++ = 0;
	}
	words = (volatile word *)byte;
	for (; len >= 4 * sizeof(word); len -= 4 * sizeof(word), words += 4) {
		words[0] = 0;
		words[1] = 0;
		words[2] = 0;
		words[3] = 0;
	}
	for (; len >= sizeof(word); len -= sizeof(word)) {
		*words++ = 0;
	}
	byte = (volatile uint8_t *)words;
	for (; len > 0; len--) {
		*byte++ = 0;
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
