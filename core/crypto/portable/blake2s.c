/* SPDX-License-Identifier: MIT */
/* The compression function of BLAKE2s in portable C, RFC 7693 section 3.2. */
#include "../blake2s.h"
#include "../bytes.h"
#include "../secret.h"

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

void zwg_blake2s_compress(struct zwg_blake2s *state, const uint8_t *block, size_t count,
			  uint32_t step, uint32_t last)
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
			v[i + 8] = zwg_blake2s_iv[i];
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
