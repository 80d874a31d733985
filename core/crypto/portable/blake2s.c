/* SPDX-License-Identifier: MIT */
/*
 * BLAKE2s, RFC 7693: digests of 1 to 32 bytes, with an optional key as the first block. A state
 * whose out_len is 0 is one that was never started or is finished; it is refused.
 */
#include <errno.h>
#include <string.h>

#include "../bytes.h"
#include "../crypto.h"
#include "../secret.h"

/* RFC 7693 section 2.6. */
static const uint32_t iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* RFC 7693 section 2.7. */
static const uint8_t sigma[10][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint32_t rotr(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

/* The mixing function G, RFC 7693 section 3.1, on column or diagonal a, b, c, d of @a v. */
static inline void mix(uint32_t v[16], unsigned int a, unsigned int b, unsigned int c,
		       unsigned int d, uint32_t x, uint32_t y)
{
	v[a] += v[b] + x;
	v[d] = rotr(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotr(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = rotr(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = rotr(v[b] ^ v[c], 7);
}

/*
 * The compression function F, RFC 7693 section 3.2, over @a count blocks, each of which adds
 * @a step bytes to the 64-bit counter t. @a last is all ones for the final block, else 0.
 */
static void compress(struct zwg_blake2s *state, const uint8_t *block, size_t count, uint32_t step,
		     uint32_t last)
{
	uint32_t v[16];
	uint32_t m[16];

	for (; count > 0; count--, block += ZWG_BLAKE2S_BLOCK_LEN) {
		state->t[0] += step;
		state->t[1] += state->t[0] < step;

		for (size_t i = 0; i < 16; i++) {
			m[i] = zwg_get_le32(block + 4 * i);
		}
		for (size_t i = 0; i < 8; i++) {
			v[i] = state->h[i];
			v[i + 8] = iv[i];
		}
		v[12] ^= state->t[0];
		v[13] ^= state->t[1];
		v[14] ^= last;

		for (size_t r = 0; r < 10; r++) {
			const uint8_t *s = sigma[r];

			mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
			mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
			mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
			mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
			mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
			mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
			mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
			mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
		}
		for (size_t i = 0; i < 8; i++) {
			state->h[i] ^= v[i] ^ v[i + 8];
		}
	}
	zwg_wipe(v, sizeof(v));
	zwg_wipe(m, sizeof(m));
}

int zwg_blake2s_init(struct zwg_blake2s *state, size_t out_len, const void *key, size_t key_len)
{
	memset(state, 0, sizeof(*state));
	if (out_len < 1 || out_len > ZWG_HASH_LEN || key_len > ZWG_KEY_LEN ||
	    (key == NULL && key_len > 0)) {
		return -EINVAL;
	}
	memcpy(state->h, iv, sizeof(iv));
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
		compress(state, state->buf, 1, ZWG_BLAKE2S_BLOCK_LEN, 0);
		in += room;
		len -= room;
		blocks = (len - 1) / ZWG_BLAKE2S_BLOCK_LEN;
		compress(state, in, blocks, ZWG_BLAKE2S_BLOCK_LEN, 0);
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
	compress(state, state->buf, 1, state->buf_len, UINT32_MAX);
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
