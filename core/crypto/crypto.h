/* SPDX-License-Identifier: MIT */
/*
 * The one interface between WireGuard and its primitives. A back end is the arithmetic below them:
 * portable/ is C for any processor, armv7m/ is for Cortex-M3, M4 and M7; one of them is linked.
 *
 * Every function returns 0 or a negative errno. On failure every output is filled with zeros, so
 * that neither a key nor a plaintext outlives an error. No function branches on, or indexes memory
 * by, a secret. Nothing here allocates, blocks or keeps state between calls. Pointers may have any
 * alignment; outputs may be the inputs where the comment says so.
 */
#ifndef ZWG_CRYPTO_H
#define ZWG_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/chain.h>

#define ZWG_KEY_LEN	      32 /**< X25519 scalars and points, ChaCha20 keys, preshared keys. */
#define ZWG_HASH_LEN	      32 /**< BLAKE2s digest as Noise uses it. */
#define ZWG_AEAD_TAG_LEN      16 /**< Poly1305 tag. */
#define ZWG_AEAD_NONCE_LEN    12 /**< RFC 8439 nonce. */
#define ZWG_XAEAD_NONCE_LEN   24 /**< XChaCha20 nonce (draft-irtf-cfrg-xchacha). */
#define ZWG_BLAKE2S_BLOCK_LEN 64

/* X25519, RFC 7748 section 5. The scalar is clamped inside. */

/** out = scalar * point. -EINVAL if the result is all zeros (a point of low order; RFC 7748
 *  section 6.1). @a out may be @a scalar or @a point. */
int zwg_x25519(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
	       const uint8_t point[ZWG_KEY_LEN]);

/** out = scalar * 9, the public key of a private key. @a out may be @a scalar. */
int zwg_x25519_base(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN]);

/* BLAKE2s, RFC 7693. */

/** State of one BLAKE2s computation; holds no pointer, may be copied and must be wiped by
 *  zwg_blake2s_final() or zwg_wipe(). Only a back end looks inside. */
struct zwg_blake2s {
	uint32_t h[8];
	uint32_t t[2];
	uint8_t buf[ZWG_BLAKE2S_BLOCK_LEN];
	uint8_t buf_len;
	uint8_t out_len;
};

/** Starts a digest of @a out_len bytes (1 to 32) with a key of @a key_len bytes (0 to 32; @a key
 *  may be NULL when 0). -EINVAL for lengths outside these. */
int zwg_blake2s_init(struct zwg_blake2s *state, size_t out_len, const void *key, size_t key_len);
int zwg_blake2s_update(struct zwg_blake2s *state, const void *data, size_t len);
/** Writes the out_len bytes given at the start to @a out and wipes @a state. */
int zwg_blake2s_final(struct zwg_blake2s *state, uint8_t *out);

/** Keyed BLAKE2s of @a len bytes in one call; same errors as zwg_blake2s_init(). */
int zwg_blake2s(uint8_t *out, size_t out_len, const void *key, size_t key_len, const void *data,
		size_t len);

/* ChaCha20-Poly1305, RFC 8439 section 2.8, in place on a chain. */

/** Encrypts @a text in place and writes the tag. */
int zwg_aead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  uint8_t tag[ZWG_AEAD_TAG_LEN]);

/** Decrypts @a text in place. -EBADMSG if @a tag is not that of key, nonce, ad and text; @a text
 *  is then all zeros. The comparison takes the same time whatever differs. */
int zwg_aead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  const uint8_t tag[ZWG_AEAD_TAG_LEN]);

/* XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03, in place on a chain. Errors as above. */

int zwg_xaead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN],
		   const void *ad, size_t ad_len, const struct zwg_chain *text,
		   uint8_t tag[ZWG_AEAD_TAG_LEN]);
int zwg_xaead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_XAEAD_NONCE_LEN],
		   const void *ad, size_t ad_len, const struct zwg_chain *text,
		   const uint8_t tag[ZWG_AEAD_TAG_LEN]);

#endif
