/* SPDX-License-Identifier: MIT */
/*
 * ChaCha20, RFC 8439 sections 2.1 to 2.4, and HChaCha20, draft-irtf-cfrg-xchacha-03 section 2.2.
 * Whole blocks of a contiguous run are combined straight with the data; what a run leaves over of
 * those begun together is kept for the next run.
 */
#include <string.h>

#include "bytes.h"
#include "chacha20.h"
#include "secret.h"

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

/* Where blocks are begun together, long runs come here too. The copy of the key stream becomes the
 * result, so that a compiler which keeps it in memory leaves none of it there. */
static void xor_bytes(uint8_t *data, const uint8_t *stream, size_t len)
{
	for (; ZWG_CHACHA20_TOGETHER > 1 && len >= 32; data += 32, stream += 32, len -= 32) {
		uint64_t text[4];
		uint64_t key[4];

		memcpy(text, data, sizeof(text));
		memcpy(key, stream, sizeof(key));
		for (size_t i = 0; i < 4; i++) {
			key[i] ^= text[i];
		}
		memcpy(data, key, sizeof(key));
	}
	for (size_t i = 0; i < len; i++) {
		data[i] ^= stream[i];
	}
}

void zwg_chacha20_xor(struct zwg_chacha20 *state, uint8_t *data, size_t len)
{
	size_t n = len < state->unused ? len : state->unused;
	size_t runs;

	xor_bytes(data, state->stream + ZWG_CHACHA20_STREAM_LEN - state->unused, n);
	state->unused -= n;
	data += n;
	len -= n;

	runs = len / ZWG_CHACHA20_STREAM_LEN;
	if (runs > 0) {
		zwg_chacha20_blocks(state->input, data, runs * ZWG_CHACHA20_TOGETHER);
		data += runs * ZWG_CHACHA20_STREAM_LEN;
		len -= runs * ZWG_CHACHA20_STREAM_LEN;
	}
	if (len > 0) {
		zwg_wipe(state->stream, sizeof(state->stream));
		zwg_chacha20_blocks(state->input, state->stream, ZWG_CHACHA20_TOGETHER);
		xor_bytes(data, state->stream, len);
		state->unused = ZWG_CHACHA20_STREAM_LEN - len;
	}
}

/* The subkey is the state after the rounds; a block is that and the input added up. */
void zwg_hchacha20(uint8_t out[ZWG_KEY_LEN], const uint8_t key[ZWG_KEY_LEN],
		   const uint8_t nonce[ZWG_HCHACHA20_NONCE_LEN])
{
	struct zwg_chacha20 state;
	uint8_t *block = state.stream;

	set_key(state.input, key);
	for (size_t i = 0; i < 4; i++) {
		state.input[12 + i] = zwg_get_le32(nonce + 4 * i);
	}
	memset(block, 0, ZWG_CHACHA20_BLOCK_LEN);
	zwg_chacha20_blocks(state.input, block, 1);
	/* The counter, word 12, has moved on by one. */
	state.input[12]--;
	for (size_t i = 0; i < 4; i++) {
		zwg_put_le32(out + 4 * i, zwg_get_le32(block + 4 * i) - state.input[i]);
		zwg_put_le32(out + 16 + 4 * i,
			     zwg_get_le32(block + 48 + 4 * i) - state.input[12 + i]);
	}
	zwg_wipe(&state, sizeof(state));
}
