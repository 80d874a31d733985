/* SPDX-License-Identifier: MIT */
/*
 * What every fuzz target needs. A target is one file with
 *
 *	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *
 * which takes its decisions from the bytes of the input and aborts when something that must always
 * hold does not. It keeps nothing from one input to the next.
 */
#ifndef ZWG_FUZZ_H
#define ZWG_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program, with the place and the condition, unless the condition holds. */
#define INVARIANT(cond)                                                                            \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/** What is left of an input. Where it has ended, zeros follow. */
struct input {
	const uint8_t *at;
	size_t left;
};

/** Takes up to @a len bytes; returns how many there were. The rest of @a out is zeroed. */
static inline size_t input_bytes(struct input *in, void *out, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(out, 0, len);
	if (n > 0) {
		memcpy(out, in->at, n);
		in->at += n;
		in->left -= n;
	}
	return n;
}

static inline uint8_t input_u8(struct input *in)
{
	uint8_t byte;

	input_bytes(in, &byte, 1);
	return byte;
}

/** A number from 0 to @a bound - 1, of one byte. */
static inline uint8_t input_below(struct input *in, uint8_t bound)
{
	return input_u8(in) % bound;
}

static inline uint32_t input_u32(struct input *in)
{
	uint8_t bytes[4];

	input_bytes(in, bytes, sizeof(bytes));
	return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 |
	       bytes[0];
}

/** A copy of all that is left in memory of exactly its size, so that the sanitizer sees the first
 *  byte read behind it; free() it. NULL never. */
static inline uint8_t *input_rest(struct input *in, size_t *len)
{
	uint8_t *copy = malloc(in->left > 0 ? in->left : 1);

	*len = in->left;
	input_bytes(in, copy, in->left);
	return copy;
}

#endif
