/* SPDX-License-Identifier: MIT */
/*
 * BLAKE2s, RFC 7693: digests of 1 to 32 bytes, with an optional key as the first block. A state
 * whose out_len is 0 is one that was never started or is finished; it is refused.
 */
#include <errno.h>
#include <string.h>

#include "blake2s.h"
#include "bytes.h"
#include "secret.h"

int zwg_blake2s_init(struct zwg_blake2s *state, size_t out_len, const void *key, size_t key_len)
{
	memset(state, 0, sizeof(*state));
	if (out_len < 1 || out_len > ZWG_HASH_LEN || key_len > ZWG_KEY_LEN ||
	    (key == NULL && key_len > 0)) {
		return -EINVAL;
	}
	memcpy(state->h, zwg_blake2s_iv, sizeof(state->h));
	/* The parameter block of RFC 7693 section 2.5: fanout 1, depth 1, key and digest length. */
	state->h[0] ^= 0x01010000 ^ (uint32_t)key_len << 8 ^ (uint32_t)out_len;
	state->out_len = (uint8_t)out_len;
	if (key_len > 0) {
		memcpy(state->buf, key, key_len);
		state->buf_len = ZWG_BLAKE2S_BLOCK_LEN;
	}
	return 0;
}

int zwg_blake2s_update(struct zwg_blake2s *state, const void *data, size_t len)
{
	const uint8_t *in = data;
	size_t room = (size_t)ZWG_BLAKE2S_BLOCK_LEN - state->buf_len;
	size_t blocks;

	if (state->out_len == 0) {
		return -EINVAL;
	}
	if (len == 0) {
		return 0;
	}
	/* The last block of the message is marked, so a full buffer waits until more arrives. */
	if (len > room) {
		memcpy(state->buf + state->buf_len, in, room);
		zwg_blake2s_compress(state, state->buf, 1, ZWG_BLAKE2S_BLOCK_LEN, 0);
		in += room;
		len -= room;
		blocks = (len - 1) / ZWG_BLAKE2S_BLOCK_LEN;
		zwg_blake2s_compress(state, in, blocks, ZWG_BLAKE2S_BLOCK_LEN, 0);
		in += blocks * ZWG_BLAKE2S_BLOCK_LEN;
		len -= blocks * ZWG_BLAKE2S_BLOCK_LEN;
		state->buf_len = 0;
	}
	memcpy(state->buf + state->buf_len, in, len);
	state->buf_len = (uint8_t)(state->buf_len + len);
	return 0;
}

int zwg_blake2s_final(struct zwg_blake2s *state, uint8_t *out)
{
	uint8_t digest[ZWG_HASH_LEN];

	if (state->out_len == 0) {
		return -EINVAL;
	}
	memset(state->buf + state->buf_len, 0, (size_t)ZWG_BLAKE2S_BLOCK_LEN - state->buf_len);
	zwg_blake2s_compress(state, state->buf, 1, state->buf_len, UINT32_MAX);
	for (size_t i = 0; i < 8; i++) {
		zwg_put_le32(digest + 4 * i, state->h[i]);
	}
	memcpy(out, digest, state->out_len);
	zwg_wipe(digest, sizeof(digest));
	zwg_wipe(state, sizeof(*state));
	return 0;
}

int zwg_blake2s(uint8_t *out, size_t out_len, const void *key, size_t key_len, const void *data,
		size_t len)
{
	struct zwg_blake2s state;
	int err = zwg_blake2s_init(&state, out_len, key, key_len);

	if (err == 0) {
		err = zwg_blake2s_update(&state, data, len);
	}
	if (err == 0) {
		err = zwg_blake2s_final(&state, out);
	}
	if (err != 0) {
		zwg_wipe(out, out_len);
	}
	return err;
}
