/* SPDX-License-Identifier: MIT */
/*
 * The symmetric half of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (paper section 5.4; Noise revision
 * 34, section 5.2): a chaining key and a hash into which everything sent and computed is mixed.
 * Every function returns 0 or a negative errno, after which the state must not be used but wiped.
 */
#ifndef ZWG_NOISE_H
#define ZWG_NOISE_H

#include <zwg/state.h>

/** The state in which every handshake with this responder begins. */
int zwg_noise_start(struct zwg_noise *noise, const uint8_t responder_static[32]);

/** hash = Hash(hash || data). */
int zwg_noise_mix_hash(struct zwg_noise *noise, const void *data, size_t len);

/** Mixes an ephemeral public key as the paper does: into the hash, and by KDF1 into the key. */
int zwg_noise_mix_ephemeral(struct zwg_noise *noise, const uint8_t ephemeral[32]);

/** (chaining_key, key) = KDF2(chaining_key, X25519(private_key, public_key)); a @a key of NULL:
 * KDF1. -EINVAL for a public key of low order. */
int zwg_noise_mix_dh(struct zwg_noise *noise, uint8_t key[32], const uint8_t private_key[32],
		     const uint8_t public_key[32]);

/** (chaining_key, tau, key) = KDF3(chaining_key, psk); hash = Hash(hash || tau). */
int zwg_noise_mix_psk(struct zwg_noise *noise, uint8_t key[32], const uint8_t psk[32]);

/** Encrypts @a len bytes from @a src to @a dst, which gets len + 16 bytes, and mixes them in. At
 * most 32 bytes; they may be the same place. */
int zwg_noise_seal(struct zwg_noise *noise, const uint8_t key[32], uint8_t *dst, const void *src,
		   size_t len);

/** Decrypts len + 16 bytes from @a src to @a len at @a dst, and mixes them in. -EBADMSG, and
 * nothing mixed in, if they do not authenticate. At most 32 bytes of plaintext. */
int zwg_noise_open(struct zwg_noise *noise, const uint8_t key[32], void *dst, const uint8_t *src,
		   size_t len);

/** The transport keys (paper section 5.4.5): the first is the initiator's to send with. */
int zwg_noise_split(const struct zwg_noise *noise, uint8_t initiator_key[32],
		    uint8_t responder_key[32]);

/** key = Hash(label || public_key), for mac1 and cookies (paper sections 5.4.4 and 5.4.7). @a label
 * has 8 characters. */
int zwg_label_key(uint8_t key[32], const char *label, const uint8_t public_key[32]);

#define ZWG_LABEL_MAC1	 "mac1----"
#define ZWG_LABEL_COOKIE "cookie--"

#endif
