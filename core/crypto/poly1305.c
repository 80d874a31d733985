/* SPDX-License-Identifier: MIT */
/*
 * Poly1305, RFC 8439 section 2.5: the message cut into blocks of 16 bytes. The arithmetic is in
 * poly64.h or poly32.h, as the compiler's widest multiply allows.
 */
#include <string.h>

#include "bytes.h"
#include "poly1305.h"
#include "secret.h"
#ifdef __SIZEOF_INT128__
#include "portable/poly64.h"
#else
#include "portable/poly32.h"
#endif

void zwg_poly1305_init(struct zwg_poly1305 *state, const uint8_t key[ZWG_POLY1305_KEY_LEN])
{
	for (size_t i = 0; i < sizeof(state->h) / sizeof(state->h[0]); i++) {
		state->h[i] = 0;
	}
	state->buf_len = 0;
	poly_set_r(state->r, key);
	for (size_t i = 0; i < 4; i++) {
		state->s[i] = zwg_get_le32(key + 16 + 4 * i);
	}
}

void zwg_poly1305_update(struct zwg_poly1305 *state, const uint8_t *data, size_t len)
{
	size_t n;

	if (len == 0) {
		return;
	}
	if (state->buf_len > 0) {
		n = ZWG_POLY1305_BLOCK_LEN - state->buf_len;
		if (n > len) {
			n = len;
		}
		memcpy(state->buf + state->buf_len, data, n);
		state->buf_len += n;
		data += n;
		len -= n;
		if (state->buf_len < ZWG_POLY1305_BLOCK_LEN) {
			return;
		}
		zwg_poly1305_blocks(state, state->buf, 1, 1);
	}
	n = len / ZWG_POLY1305_BLOCK_LEN;
	zwg_poly1305_blocks(state, data, n, 1);
	state->buf_len = len % ZWG_POLY1305_BLOCK_LEN;
	memcpy(state->buf, data + n * ZWG_POLY1305_BLOCK_LEN, state->buf_len);
}

void zwg_poly1305_pad16(struct zwg_poly1305 *state)
{
	if (state->buf_len > 0) {
		memset(state->buf + state->buf_len, 0, ZWG_POLY1305_BLOCK_LEN - state->buf_len);
		zwg_poly1305_blocks(state, state->buf, 1, 1);
		state->buf_len = 0;
	}
}

void zwg_poly1305_final(struct zwg_poly1305 *state, uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	if (state->buf_len > 0) {
		state->buf[state->buf_len++] = 1;
		memset(state->buf + state->buf_len, 0, ZWG_POLY1305_BLOCK_LEN - state->buf_len);
		zwg_poly1305_blocks(state, state->buf, 1, 0);
	}
	poly_tag(state->h, state->s, tag);
	zwg_wipe(state, sizeof(*state));
}
