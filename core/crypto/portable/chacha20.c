/* SPDX-License-Identifier: MIT */
/*
 * ChaCha20, RFC 8439 sections 2.1 to 2.4, and HChaCha20, draft-irtf-cfrg-xchacha-03 section 2.2.
 * Whole blocks of a contiguous run are combined straight with the data; what a run leaves over of
 * a block is kept for the next run.
 */
#include <string.h>

#include "../bytes.h"
#include "../secret.h"
#include "chacha20.h"

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

static void set_key(uint32_t x[16], const uint8_t key[ZWG_KEY_LEN])
{
	/* "expand 32-byte k" */
	x[0] = 0x61707865;
	x[1] = 0x3320646e;
	x[2] = 0x79622d32;
	x[3] = 0x6b206574;
	for (size_t i = 0; i < 8; i++) {
		x[4 + i] = zwg_get_le32(key + 4 * i);
	}
}

void zwg_chacha20_init(struct zwg_chacha20 *state, const uint8_t key[ZWG_KEY_LEN],
		       const uint8_t nonce[ZWG_AEAD_NONCE_LEN], uint32_t counter)
{
	set_key(state->input, key);
	state->input[12] = counter;
	for (size_t i = 0; i < 3; i++) {
		state->input[13 + i] = zwg_get_le32(nonce + 4 * i);
	}
	state->unused = 0;
}

/* Combines @a count whole blocks of key stream with @a data. */
static void xor_blocks(uint32_t input[16], uint8_t *data, size_t count)
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

static void xor_bytes(uint8_t *data, const uint8_t *stream, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		data[i] ^= stream[i];
	}
}

void zwg_chacha20_xor(struct zwg_chacha20 *state, uint8_t *data, size_t len)
{
	size_t n = len < state->unused ? len : state->unused;
	size_t blocks;

	xor_bytes(data, state->stream + ZWG_CHACHA20_BLOCK_LEN - state->unused, n);
	state->unused -= n;
	data += n;
	len -= n;

	blocks = len / ZWG_CHACHA20_BLOCK_LEN;
	if (blocks > 0) {
		xor_blocks(state->input, data, blocks);
		data += blocks * ZWG_CHACHA20_BLOCK_LEN;
		len -= blocks * ZWG_CHACHA20_BLOCK_LEN;
	}
	if (len > 0) {
		memset(state->stream, 0, sizeof(state->stream));
		xor_blocks(state->input, state->stream, 1);
		xor_bytes(data, state->stream, len);
		state->unused = ZWG_CHACHA20_BLOCK_LEN - len;
	}
}

void zwg_hchacha20(uint8_t out[ZWG_KEY_LEN], const uint8_t key[ZWG_KEY_LEN],
		   const uint8_t nonce[ZWG_HCHACHA20_NONCE_LEN])
{
	uint32_t x[16];

	set_key(x, key);
	for (size_t i = 0; i < 4; i++) {
		x[12 + i] = zwg_get_le32(nonce + 4 * i);
	}
	permute(x);
	for (size_t i = 0; i < 4; i++) {
		zwg_put_le32(out + 4 * i, x[i]);
		zwg_put_le32(out + 16 + 4 * i, x[12 + i]);
	}
	zwg_wipe(x, sizeof(x));
}
