/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function, RFC 8439 sections 2.1 to 2.3, eight blocks at a time: one lane of a
 * vector each. The compiler's vector extensions make of it what the processor has; on x86-64 it is
 * compiled three times, and the loader chooses. For little-endian hosts with 64 bits.
 */
#include <string.h>

#include "../chacha20.h"
#include "../secret.h"

#define LANES 8

typedef uint32_t vec __attribute__((vector_size(4 * LANES)));

/* The loader's choice is made by a function that runs before the sanitizers are ready. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) &&                        \
	!defined(__SANITIZE_ADDRESS__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
#define INLINE static inline __attribute__((always_inline))

INLINE void quarter_round(vec *a, vec *b, vec *c, vec *d)
{
	*a += *b;
	*d ^= *a;
	*d = *d << 16 | *d >> 16;
	*c += *d;
	*b ^= *c;
	*b = *b << 12 | *b >> 20;
	*a += *b;
	*d ^= *a;
	*d = *d << 8 | *d >> 24;
	*c += *d;
	*b ^= *c;
	*b = *b << 7 | *b >> 25;
}

INLINE void permute(vec x[16])
{
	for (int i = 0; i < 10; i++) {
		quarter_round(&x[0], &x[4], &x[8], &x[12]);
		quarter_round(&x[1], &x[5], &x[9], &x[13]);
		quarter_round(&x[2], &x[6], &x[10], &x[14]);
		quarter_round(&x[3], &x[7], &x[11], &x[15]);
		quarter_round(&x[0], &x[5], &x[10], &x[15]);
		quarter_round(&x[1], &x[6], &x[11], &x[12]);
		quarter_round(&x[2], &x[7], &x[8], &x[13]);
		quarter_round(&x[3], &x[4], &x[9], &x[14]);
	}
}

/* Word i of lane j becomes word j of lane i: pairs, then pairs of pairs, then halves. */
INLINE void transpose(vec x[LANES])
{
	vec t[LANES];

	for (int i = 0; i < LANES; i += 2) {
		t[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
		t[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
	}
	for (int i = 0; i < LANES; i += 4) {
		for (int j = i; j < i + 2; j++) {
			x[j] = __builtin_shufflevector(t[j], t[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
			x[j + 2] =
				__builtin_shufflevector(t[j], t[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
		}
	}
	for (int i = 0; i < LANES / 2; i++) {
		vec low = x[i];

		x[i] = __builtin_shufflevector(low, x[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
		x[i + 4] = __builtin_shufflevector(low, x[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
	}
}

INLINE void combine(uint8_t *data, const vec *stream)
{
	vec text;

	memcpy(&text, data, sizeof(text));
	text ^= *stream;
	memcpy(data, &text, sizeof(text));
}

/* Eight blocks of the key stream: block i is x[i], then x[8 + i]. */
INLINE void make_stream(vec x[16], const uint32_t input[16])
{
	const vec number = {0, 1, 2, 3, 4, 5, 6, 7};
	vec in[16];

	for (int i = 0; i < 16; i++) {
		in[i] = (vec){0} + input[i];
	}
	in[12] += number;
	memcpy(x, in, sizeof(in));
	permute(x);
	for (int i = 0; i < 16; i++) {
		x[i] += in[i];
	}
	transpose(x);
	transpose(x + LANES);
}

FOR_EACH_PROCESSOR
void zwg_chacha20_blocks(uint32_t input[16], uint8_t *data, size_t count)
{
	vec x[16];

	while (count > 0) {
		size_t n = count < LANES ? count : LANES;

		make_stream(x, input);
		for (size_t i = 0; i < n; i++) {
			combine(data, &x[i]);
			combine(data + sizeof(vec), &x[LANES + i]);
			data += ZWG_CHACHA20_BLOCK_LEN;
		}
		input[12] += (uint32_t)n;
		count -= n;
	}
	zwg_wipe(x, sizeof(x));
}
