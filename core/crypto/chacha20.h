/* SPDX-License-Identifier: MIT */
/*
 * ChaCha20 (RFC 8439 section 2.4) as a stream that may be taken in pieces of any length, and
 * HChaCha20 (draft-irtf-cfrg-xchacha-03 section 2.2). Internal to the primitives.
 */
#ifndef ZWG_CHACHA20_H
#define ZWG_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#include "crypto.h"

#define ZWG_CHACHA20_BLOCK_LEN	64
#define ZWG_HCHACHA20_NONCE_LEN 16

/** Blocks begun together: where there are vectors, eight cost no more than one. */
#if defined(__x86_64__) || defined(__aarch64__)
#define ZWG_CHACHA20_TOGETHER 8
#else
#define ZWG_CHACHA20_TOGETHER 1
#endif
#define ZWG_CHACHA20_STREAM_LEN (ZWG_CHACHA20_TOGETHER * ZWG_CHACHA20_BLOCK_LEN)

/** One key stream. Holds no pointer; the owner wipes it. */
struct zwg_chacha20 {
	uint32_t input[16]; /**< RFC 8439 section 2.3; word 12 counts blocks. */
	uint8_t stream[ZWG_CHACHA20_STREAM_LEN]; /**< Blocks last begun; their end is unused. */
	size_t unused;				 /**< Bytes left at the end of stream. */
};

/** Starts the key stream at block @a counter. */
void zwg_chacha20_init(struct zwg_chacha20 *state, const uint8_t key[ZWG_KEY_LEN],
		       const uint8_t nonce[ZWG_AEAD_NONCE_LEN], uint32_t counter);

/** Combines the next @a len bytes of the key stream with @a data, in place. The caller sees to it
 *  that the 32-bit block counter does not wrap. */
void zwg_chacha20_xor(struct zwg_chacha20 *state, uint8_t *data, size_t len);

/**
 * The block function of the back end: combines the next @a count blocks of the key stream with
 * @a data, in place, and adds @a count to input[12].
 */
void zwg_chacha20_blocks(uint32_t input[16], uint8_t *data, size_t count);

/** Derives a key from @a key and 16 bytes of nonce. @a out may be @a key. */
void zwg_hchacha20(uint8_t out[ZWG_KEY_LEN], const uint8_t key[ZWG_KEY_LEN],
		   const uint8_t nonce[ZWG_HCHACHA20_NONCE_LEN]);

#endif
