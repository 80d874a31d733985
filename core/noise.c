/* SPDX-License-Identifier: MIT */
/* Noise_IKpsk2's symmetric state; see noise.h. HMAC and KDF are those of paper section 5.4 (RFC
 * 2104 and RFC 5869 over BLAKE2s). */
#include "noise.h"

#include <errno.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/secret.h"

static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

/* Handshake AEADs are all made with counter 0: each key is used once. */
static const uint8_t nonce_zero[ZWG_AEAD_NONCE_LEN];

static int hash2(uint8_t out[32], const void *a, size_t a_len, const void *b, size_t b_len)
{
	struct zwg_blake2s state;
	int err = zwg_blake2s_init(&state, ZWG_HASH_LEN, NULL, 0);

	if (!err)
		err = zwg_blake2s_update(&state, a, a_len);
	if (!err)
		err = zwg_blake2s_update(&state, b, b_len);
	if (!err)
		err = zwg_blake2s_final(&state, out);
	zwg_wipe(&state, sizeof(state));
	return err;
}

/* HMAC of a || b under a key of 32 bytes. */
static int hmac(uint8_t out[32], const uint8_t key[32], const void *a, size_t a_len, const void *b,
		size_t b_len)
{
	struct zwg_blake2s state;
	uint8_t pad[ZWG_BLAKE2S_BLOCK_LEN];
	uint8_t inner[ZWG_HASH_LEN];
	int err;

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < ZWG_KEY_LEN; i++)
		pad[i] ^= key[i];
	err = zwg_blake2s_init(&state, ZWG_HASH_LEN, NULL, 0);
	if (!err)
		err = zwg_blake2s_update(&state, pad, sizeof(pad));
	if (!err)
		err = zwg_blake2s_update(&state, a, a_len);
	if (!err)
		err = zwg_blake2s_update(&state, b, b_len);
	if (!err)
		err = zwg_blake2s_final(&state, inner);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	if (!err)
		err = hash2(out, pad, sizeof(pad), inner, sizeof(inner));
	if (err)
		zwg_wipe(out, ZWG_HASH_LEN);
	zwg_wipe(&state, sizeof(state));
	zwg_wipe(pad, sizeof(pad));
	zwg_wipe(inner, sizeof(inner));
	return err;
}

/* KDFn (paper section 5.4): as many outputs as are not NULL, in order; t1 may be chaining_key. */
static int kdf(uint8_t t1[32], uint8_t t2[32], uint8_t t3[32], const uint8_t chaining_key[32],
	       const void *input, size_t len)
{
	static const uint8_t numbers[3] = {1, 2, 3};
	uint8_t t0[ZWG_HASH_LEN];
	uint8_t a[ZWG_HASH_LEN];
	uint8_t b[ZWG_HASH_LEN];
	uint8_t c[ZWG_HASH_LEN];
	int err = hmac(t0, chaining_key, input, len, NULL, 0);

	if (!err)
		err = hmac(a, t0, &numbers[0], 1, NULL, 0);
	if (!err && t2)
		err = hmac(b, t0, a, sizeof(a), &numbers[1], 1);
	if (!err && t3)
		err = hmac(c, t0, b, sizeof(b), &numbers[2], 1);
	if (!err) {
		memcpy(t1, a, sizeof(a));
		if (t2)
			memcpy(t2, b, sizeof(b));
		if (t3)
			memcpy(t3, c, sizeof(c));
	}
	zwg_wipe(t0, sizeof(t0));
	zwg_wipe(a, sizeof(a));
	zwg_wipe(b, sizeof(b));
	zwg_wipe(c, sizeof(c));
	return err;
}

int zwg_noise_start(struct zwg_noise *noise, const uint8_t responder_static[32])
{
	int err = hash2(noise->chaining_key, construction, sizeof(construction) - 1, NULL, 0);

	if (!err)
		err = hash2(noise->hash, noise->chaining_key, ZWG_HASH_LEN, identifier,
			    sizeof(identifier) - 1);
	if (!err)
		err = zwg_noise_mix_hash(noise, responder_static, ZWG_KEY_LEN);
	return err;
}

int zwg_noise_mix_hash(struct zwg_noise *noise, const void *data, size_t len)
{
	return hash2(noise->hash, noise->hash, ZWG_HASH_LEN, data, len);
}

int zwg_noise_mix_ephemeral(struct zwg_noise *noise, const uint8_t ephemeral[32])
{
	int err = zwg_noise_mix_hash(noise, ephemeral, ZWG_KEY_LEN);

	if (!err)
		err = kdf(noise->chaining_key, NULL, NULL, noise->chaining_key, ephemeral,
			  ZWG_KEY_LEN);
	return err;
}

int zwg_noise_mix_dh(struct zwg_noise *noise, uint8_t key[32], const uint8_t private_key[32],
		     const uint8_t public_key[32])
{
	uint8_t shared[ZWG_KEY_LEN];
	int err = zwg_x25519(shared, private_key, public_key);

	if (!err)
		err = kdf(noise->chaining_key, key, NULL, noise->chaining_key, shared,
			  sizeof(shared));
	zwg_wipe(shared, sizeof(shared));
	return err;
}

int zwg_noise_mix_psk(struct zwg_noise *noise, uint8_t key[32], const uint8_t psk[32])
{
	uint8_t tau[ZWG_HASH_LEN];
	int err = kdf(noise->chaining_key, tau, key, noise->chaining_key, psk, ZWG_KEY_LEN);

	if (!err)
		err = zwg_noise_mix_hash(noise, tau, sizeof(tau));
	zwg_wipe(tau, sizeof(tau));
	return err;
}

int zwg_noise_seal(struct zwg_noise *noise, const uint8_t key[32], uint8_t *dst, const void *src,
		   size_t len)
{
	struct zwg_seg seg = {dst, len};
	struct zwg_chain text = {&seg, 1, 0, len};
	int err;

	memmove(dst, src, len);
	err = zwg_aead_seal(key, nonce_zero, noise->hash, ZWG_HASH_LEN, &text, dst + len);
	if (!err)
		err = zwg_noise_mix_hash(noise, dst, len + ZWG_AEAD_TAG_LEN);
	return err;
}

int zwg_noise_open(struct zwg_noise *noise, const uint8_t key[32], void *dst, const uint8_t *src,
		   size_t len)
{
	uint8_t plain[32];
	struct zwg_seg seg = {plain, len};
	struct zwg_chain text = {&seg, 1, 0, len};
	int err;

	memcpy(plain, src, len);
	err = zwg_aead_open(key, nonce_zero, noise->hash, ZWG_HASH_LEN, &text, src + len);
	if (!err)
		err = zwg_noise_mix_hash(noise, src, len + ZWG_AEAD_TAG_LEN);
	if (!err && len > 0)
		memcpy(dst, plain, len);
	zwg_wipe(plain, sizeof(plain));
	return err;
}

int zwg_noise_split(const struct zwg_noise *noise, uint8_t initiator_key[32],
		    uint8_t responder_key[32])
{
	return kdf(initiator_key, responder_key, NULL, noise->chaining_key, NULL, 0);
}

int zwg_label_key(uint8_t key[32], const char *label, const uint8_t public_key[32])
{
	return hash2(key, label, strlen(label), public_key, ZWG_KEY_LEN);
}
