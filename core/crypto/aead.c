/* SPDX-License-Identifier: MIT */
/*
 * ChaCha20-Poly1305 (RFC 8439 section 2.8), in place on a chain. Opening verifies the tag over the
 * whole chain before it decrypts the first byte, so no plaintext of a forged message ever exists.
 */
#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "chacha20.h"
#include "crypto.h"
#include "poly1305.h"
#include "secret.h"

/* All that a call knows of secrets, so that one wipe forgets it. */
struct aead {
	struct zwg_chacha20 stream;
	struct zwg_poly1305 mac;
	uint8_t block[ZWG_CHACHA20_BLOCK_LEN];
	uint8_t tag[ZWG_AEAD_TAG_LEN];
};

/* Block 0 makes the Poly1305 key; the text has the blocks 1 to 2^32 - 1 (RFC 8439 section 2.8). */
static bool too_long(uint64_t text_len)
{
	return text_len > (uint64_t)UINT32_MAX * ZWG_CHACHA20_BLOCK_LEN;
}

static void wipe_text(const struct zwg_chain *text)
{
	struct zwg_chain rest = *text;
	uint8_t *run;
	size_t n;

	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		zwg_wipe(run, n);
	}
}

/* Leaves the stream at block 1 and the additional data, padded, in the tag. */
static void begin(struct aead *a, const uint8_t key[ZWG_KEY_LEN],
		  const uint8_t nonce[ZWG_AEAD_NONCE_LEN], const void *ad, size_t ad_len)
{
	zwg_wipe(a->block, sizeof(a->block));
	zwg_chacha20_init(&a->stream, key, nonce, 0);
	zwg_chacha20_xor(&a->stream, a->block, sizeof(a->block));
	zwg_poly1305_init(&a->mac, a->block);
	zwg_poly1305_update(&a->mac, ad, ad_len);
	zwg_poly1305_pad16(&a->mac);
}

static void finish(struct aead *a, size_t ad_len, size_t text_len)
{
	uint8_t lengths[16];

	zwg_poly1305_pad16(&a->mac);
	zwg_put_le64(lengths, ad_len);
	zwg_put_le64(lengths + 8, text_len);
	zwg_poly1305_update(&a->mac, lengths, sizeof(lengths));
	zwg_poly1305_final(&a->mac, a->tag);
}

int zwg_aead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	struct aead a;
	struct zwg_chain rest = *text;
	uint8_t *run;
	size_t n;
	int err = 0;

	if (too_long(text->len)) {
		wipe_text(text);
		memset(tag, 0, ZWG_AEAD_TAG_LEN);
		return -EMSGSIZE;
	}
	begin(&a, key, nonce, ad, ad_len);
	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		zwg_chacha20_xor(&a.stream, run, n);
		zwg_poly1305_update(&a.mac, run, n);
	}
	finish(&a, ad_len, text->len);
	if (rest.len > 0) {
		wipe_text(text);
		memset(tag, 0, ZWG_AEAD_TAG_LEN);
		err = -EINVAL;
	} else {
		memcpy(tag, a.tag, ZWG_AEAD_TAG_LEN);
	}
	zwg_wipe(&a, sizeof(a));
	return err;
}

int zwg_aead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  const uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	struct aead a;
	struct zwg_chain rest = *text;
	uint8_t *run;
	size_t n;
	int err = 0;

	if (too_long(text->len)) {
		wipe_text(text);
		return -EMSGSIZE;
	}
	begin(&a, key, nonce, ad, ad_len);
	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		zwg_poly1305_update(&a.mac, run, n);
	}
	finish(&a, ad_len, text->len);
	if (rest.len > 0) {
		err = -EINVAL;
	} else if (!zwg_equal(a.tag, tag, ZWG_AEAD_TAG_LEN)) {
		err = -EBADMSG;
	}
	if (err != 0) {
		wipe_text(text);
	} else {
		rest = *text;
		while ((n = zwg_chain_next(&rest, &run)) > 0) {
			zwg_chacha20_xor(&a.stream, run, n);
		}
	}
	zwg_wipe(&a, sizeof(a));
	return err;
}
