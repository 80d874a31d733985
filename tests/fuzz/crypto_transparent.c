/* SPDX-License-Identifier: MIT */
/*
 * A back end behind core/crypto/crypto.h that hides nothing, so that a fuzzer gets past what it
 * could never guess: texts stay as they are, a tag is good if its first byte is zero, a mac depends
 * on its key alone, and a Diffie-Hellman is an addition of bytes, in which both sides agree and the
 * point of zeros and the scalar's own negative are of low order. For tests only; it keeps the
 * contract of crypto.h otherwise: errors, zeroed outputs, what may be the same place.
 */
#include <errno.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/secret.h"

int zwg_x25519(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
	       const uint8_t point[ZWG_KEY_LEN])
{
	uint8_t clamped[ZWG_KEY_LEN];
	uint8_t sum[ZWG_KEY_LEN];

	memcpy(clamped, scalar, sizeof(clamped));
	clamped[0] &= 248;
	clamped[31] = (uint8_t)((clamped[31] & 127) | 64);
	for (size_t i = 0; i < ZWG_KEY_LEN; i++) {
		sum[i] = (uint8_t)(clamped[i] + point[i]);
	}
	if (zwg_is_zero(point, ZWG_KEY_LEN)) {
		memset(sum, 0, sizeof(sum));
	}
	memcpy(out, sum, sizeof(sum));
	return zwg_is_zero(out, ZWG_KEY_LEN) ? -EINVAL : 0;
}

int zwg_x25519_base(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN])
{
	static const uint8_t base[ZWG_KEY_LEN] = {9};

	return zwg_x25519(out, scalar, base);
}

int zwg_blake2s_init(struct zwg_blake2s *state, size_t out_len, const void *key, size_t key_len)
{
	memset(state, 0, sizeof(*state));
	if (out_len < 1 || out_len > ZWG_HASH_LEN || key_len > ZWG_KEY_LEN ||
	    (key == NULL && key_len > 0)) {
		return -EINVAL;
	}
	if (key_len > 0) {
		memcpy(state->h, key, key_len);
	}
	state->out_len = (uint8_t)out_len;
	return 0;
}

/* A sum with its place in it: what differs is told apart, nothing more. */
int zwg_blake2s_update(struct zwg_blake2s *state, const void *data, size_t len)
{
	const uint8_t *in = data;

	if (state->out_len == 0) {
		return -EINVAL;
	}
	for (size_t i = 0; i < len; i++) {
		uint32_t *word = &state->h[(state->t[0] / 4) % 8];

		*word = (*word ^ in[i]) * 0x01000193;
		state->t[0]++;
	}
	return 0;
}

int zwg_blake2s_final(struct zwg_blake2s *state, uint8_t *out)
{
	if (state->out_len == 0) {
		return -EINVAL;
	}
	for (size_t i = 0; i < state->out_len; i++) {
		out[i] = (uint8_t)(state->h[i / 4] >> 8 * (i % 4));
	}
	memset(state, 0, sizeof(*state));
	return 0;
}

int zwg_blake2s(uint8_t *out, size_t out_len, const void *key, size_t key_len, const void *data,
		size_t len)
{
	struct zwg_blake2s state;
	int err = zwg_blake2s_init(&state, out_len, key, key_len);

	(void)data;
	(void)len;
	if (err == 0) {
		err = zwg_blake2s_final(&state, out);
	} else {
		memset(out, 0, out_len);
	}
	return err;
}

/* Touches every byte of the text, as a real back end does. */
static int walk(const struct zwg_chain *text, bool wipe)
{
	struct zwg_chain rest = *text;
	uint8_t *run;
	size_t n;

	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		for (size_t i = 0; i < n; i++) {
			((volatile uint8_t *)run)[i] = wipe ? 0 : run[i];
		}
	}
	return rest.len > 0 ? -EINVAL : 0;
}

int zwg_aead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	int err = walk(text, false);

	(void)key;
	(void)nonce;
	(void)ad;
	(void)ad_len;
	if (err != 0) {
		walk(text, true);
	}
	memset(tag, 0, ZWG_AEAD_TAG_LEN);
	return err;
}

int zwg_aead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  const uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	int err = walk(text, false);

	(void)key;
	(void)nonce;
	(void)ad;
	(void)ad_len;
	if (err == 0 && tag[0] != 0) {
		err = -EBADMSG;
	}
	if (err != 0) {
		walk(text, true);
	}
	return err;
}

int zwg_xaead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN],
		   const void *ad, size_t ad_len, const struct zwg_chain *text,
		   uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	return zwg_aead_seal(key, nonce, ad, ad_len, text, tag);
}

int zwg_xaead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN],
		   const void *ad, size_t ad_len, const struct zwg_chain *text,
		   const uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	return zwg_aead_open(key, nonce, ad, ad_len, text, tag);
}
