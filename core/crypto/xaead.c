/* SPDX-License-Identifier: MIT */
/*
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 section 2): ChaCha20-Poly1305 with a key and a
 * nonce that HChaCha20 makes of the longer nonce.
 */
#include <string.h>

#include "chacha20.h"
#include "crypto.h"
#include "secret.h"

/* The key and nonce that make XChaCha20 out of ChaCha20; draft-irtf-cfrg-xchacha-03 section 2.3. */
static void extend_nonce(uint8_t subkey[ZWG_KEY_LEN], uint8_t subnonce[ZWG_AEAD_NONCE_LEN],
			 const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN])
{
	zwg_hchacha20(subkey, key, nonce);
	memset(subnonce, 0, 4);
	memcpy(subnonce + 4, nonce + ZWG_HCHACHA20_NONCE_LEN, 8);
}

int zwg_xaead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN],
		   const void *ad, size_t ad_len, const struct zwg_chain *text,
		   uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	uint8_t subkey[ZWG_KEY_LEN];
	uint8_t subnonce[ZWG_AEAD_NONCE_LEN];
	int err;

	extend_nonce(subkey, subnonce, key, nonce);
	err = zwg_aead_seal(subkey, subnonce, ad, ad_len, text, tag);
	zwg_wipe(subkey, sizeof(subkey));
	return err;
}

int zwg_xaead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN],
		   const void *ad, size_t ad_len, const struct zwg_chain *text,
		   const uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	uint8_t subkey[ZWG_KEY_LEN];
	uint8_t subnonce[ZWG_AEAD_NONCE_LEN];
	int err;

	extend_nonce(subkey, subnonce, key, nonce);
	err = zwg_aead_open(subkey, subnonce, ad, ad_len, text, tag);
	zwg_wipe(subkey, sizeof(subkey));
	return err;
}
