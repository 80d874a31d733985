/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function in portable C, RFC 8439 sections 2.1 to 2.3. Whole blocks are
 * combined straight with the data.
 */
#include <string.h>

#include "../bytes.h"
#include "../chacha20.h"
#include "../secret.h"

static inline uint32_t rotl(uint32_t x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

/* RFC 8439 section 2.1. */
static inline void quarter_round(uint32_t x[16], unsigned int a, unsigned int b, unsigned int c,
				 unsigned int d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

/* Twenty rounds, without the addition of the input that makes them a block. */
static inline void permute(uint32_t x[16])
{
	for (int i = 0; i < 10; i++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
}

void zwg_chacha20_blocks(uint32_t input[16], uint8_t *data, size_t count)
{
	uint32_t x[16];

	for (; count > 0; count--, data += ZWG_CHACHA20_BLOCK_LEN) {
		memcpy(x, input, sizeof(x));
		permute(x);
		for (size_t i = 0; i < 16; i++) {
			uint8_t *word = data + 4 * i;

			zwg_put_le32(word, zwg_get_le32(word) ^ (x[i] + input[i]));
		}
		input[12]++;
	}
	zwg_wipe(x, sizeof(x));
}
