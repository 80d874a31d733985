/* SPDX-License-Identifier: MIT */
/* Wrapped primitives that note secrets; see learn.h. */
#define _GNU_SOURCE 1 /* memmem() */
#include "learn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

#include "noise.h"

struct zwg_poly1305; /* Of a back end. */

#define SECRETS_MAX 4096
#define SECRET_MAX  64

long learn_fails_at = -1;
bool learn_may_fail;

static struct secret {
	const char *what;
	size_t len;
	uint8_t bytes[SECRET_MAX];
} secrets[SECRETS_MAX];
static size_t count;
static bool learning;

void learn(bool on)
{
	memset(secrets, 0, sizeof(secrets));
	count = 0;
	learning = on;
}

size_t learned(void)
{
	return count;
}

/* Zeros and repetitions are everywhere. */
static bool dull(const uint8_t *bytes)
{
	unsigned int distinct = 0;

	for (size_t i = 1; i < LEARN_WINDOW; i++) {
		distinct += bytes[i] != bytes[i - 1];
	}
	return distinct < 4;
}

void learn_secret(const char *what, const void *bytes, size_t len)
{
	if (!learning || len < LEARN_WINDOW) {
		return;
	}
	if (count == SECRETS_MAX || len > SECRET_MAX) {
		fprintf(stderr, "learn.c: no room for another secret\n");
		exit(2);
	}
	for (size_t i = 0; i < count; i++) {
		if (secrets[i].len == len && memcmp(secrets[i].bytes, bytes, len) == 0) {
			return;
		}
	}
	secrets[count].what = what;
	secrets[count].len = len;
	memcpy(secrets[count++].bytes, bytes, len);
}

/* It turned out to be public. */
static void unlearn(const void *bytes, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (secrets[i].len == len && memcmp(secrets[i].bytes, bytes, len) == 0) {
			secrets[i--] = secrets[--count];
		}
	}
}

static bool known(const void *bytes, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (secrets[i].len == len && memcmp(secrets[i].bytes, bytes, len) == 0) {
			return true;
		}
	}
	return false;
}

/* The longest part of the secret in @mem; 0 if shorter than LEARN_WINDOW. */
static size_t longest(const struct secret *secret, const uint8_t *mem, size_t len, size_t *place)
{
	size_t best = 0;

	for (size_t from = 0; from + LEARN_WINDOW <= secret->len; from++) {
		const uint8_t *at = mem;

		if (dull(secret->bytes + from)) {
			continue;
		}
		while ((at = memmem(at, len - (size_t)(at - mem), secret->bytes + from,
				    LEARN_WINDOW)) != NULL) {
			size_t n = LEARN_WINDOW;

			while (from + n < secret->len && (size_t)(at - mem) + n < len &&
			       at[n] == secret->bytes[from + n]) {
				n++;
			}
			if (n > best) {
				best = n;
				*place = (size_t)(at - mem);
			}
			at++;
		}
	}
	return best;
}

/* The result of a Diffie-Hellman is known as a field element too: as five limbs of 51 bits, each by
 * itself, and as ten of 26 and 25 bits, two in a row. */

static const char result[] = "result of a Diffie-Hellman";

static uint64_t bits_at(const uint8_t bytes[32], unsigned int at, unsigned int count_of_bits)
{
	uint64_t value = 0;

	for (unsigned int bit = 0; bit < count_of_bits && at + bit < 256; bit++) {
		value |= (uint64_t)(bytes[(at + bit) / 8] >> (at + bit) % 8 & 1) << bit;
	}
	return value;
}

static void learn_limbs(const uint8_t bytes[32])
{
	uint32_t ten[10];

	for (unsigned int i = 0; i < 5; i++) {
		uint64_t limb = bits_at(bytes, 51 * i, 51);

		learn_secret("a limb of a Diffie-Hellman", &limb, sizeof(limb));
	}
	for (unsigned int i = 0; i < 10; i++) {
		ten[i] = (uint32_t)bits_at(bytes, (51 * i + 1) / 2, i % 2 == 0 ? 26 : 25);
	}
	learn_secret("limbs of a Diffie-Hellman", ten, sizeof(ten));
}

static void learn_all_limbs(void)
{
	size_t all = count;

	for (size_t i = 0; i < all; i++) {
		if (secrets[i].what == result) {
			learn_limbs(secrets[i].bytes);
		}
	}
}

unsigned int learn_find(const char *where, const void *mem, size_t len)
{
	unsigned int found = 0;
	size_t place = 0;

	learn_all_limbs();
	for (size_t i = 0; i < count; i++) {
		size_t n = longest(&secrets[i], mem, len, &place);

		if (n > 0 && where != NULL) {
			printf("# %s: %zu of %zu bytes of: %s, at byte %zu of %zu\n", where, n,
			       secrets[i].len, secrets[i].what, place, len);
		}
		found += n > 0;
	}
	return found;
}

static void leave_out(struct zwg_peer *peer)
{
	memset(peer->preshared_key, 0, sizeof(peer->preshared_key));
	memset(peer->cookie.value, 0, peer->cookie.has_value ? sizeof(peer->cookie.value) : 0);
	if (peer->initiation.sent) {
		memset(&peer->initiation, 0, sizeof(peer->initiation));
	}
	for (int role = 0; role < ZWG_ROLES; role++) {
		uint8_t number = peer->keypair_of[role];

		if (number > 0) {
			memset(&peer->keypairs[number - 1], 0, sizeof(peer->keypairs[0]));
		}
	}
}

unsigned int learn_find_in_device(const char *where, const struct zwg_device *dev)
{
	struct zwg_device *copy = malloc(sizeof(*copy));
	unsigned int found;

	*copy = *dev;
	if (dev->identity.set) {
		memset(copy->identity.private_key, 0, 32);
	}
	if (dev->cookie_secret_set) {
		memset(copy->cookie_secret, 0, 32);
	}
	for (size_t i = 0; i < ZWG_MAX_PEERS; i++) {
		if (copy->peers[i].used) {
			leave_out(&copy->peers[i]);
		}
	}
	found = learn_find(where, copy, sizeof(*copy));
	free(copy);
	return found;
}

/* Failing */

static bool fails(void)
{
	return learn_may_fail && learn_fails_at >= 0 && learn_fails_at-- == 0;
}

/* The wrapped functions. They run on the stack that is searched, and leave no copy there. */

int __real_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point);
int __wrap_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point);
int __wrap_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point)
{
	int err;

	learn_secret("scalar of a Diffie-Hellman", scalar, 32);
	if (fails()) {
		memset(out, 0, 32);
		return -EIO;
	}
	err = __real_zwg_x25519(out, scalar, point);
	if (!err) {
		learn_secret(result, out, 32);
	}
	return err;
}

int __real_zwg_x25519_base(uint8_t *out, const uint8_t *scalar);
int __wrap_zwg_x25519_base(uint8_t *out, const uint8_t *scalar);
int __wrap_zwg_x25519_base(uint8_t *out, const uint8_t *scalar)
{
	learn_secret("private key", scalar, 32);
	if (fails()) {
		memset(out, 0, 32);
		return -EIO;
	}
	return __real_zwg_x25519_base(out, scalar);
}

#define WRAP_AEAD(name, tag_const)                                                                 \
	int __real_##name(const uint8_t *, const uint8_t *, const void *, size_t,                  \
			  const struct zwg_chain *, tag_const uint8_t *);                          \
	int __wrap_##name(const uint8_t *, const uint8_t *, const void *, size_t,                  \
			  const struct zwg_chain *, tag_const uint8_t *);                          \
	int __wrap_##name(const uint8_t *key, const uint8_t *nonce, const void *ad, size_t ad_len, \
			  const struct zwg_chain *text, tag_const uint8_t *tag)                    \
	{                                                                                          \
		learn_secret("key of " #name "()", key, 32);                                       \
		if (fails()) {                                                                     \
			zwg_chain_zero(text, 0, text->len);                                        \
			return -EIO;                                                               \
		}                                                                                  \
		return __real_##name(key, nonce, ad, ad_len, text, tag);                           \
	}

WRAP_AEAD(zwg_aead_seal, )
WRAP_AEAD(zwg_aead_open, const)

/* Their key is public: it follows from the public key. The subkey too, then. */
#define WRAP_XAEAD(name, tag_const)                                                                \
	int __real_##name(const uint8_t *, const uint8_t *, const void *, size_t,                  \
			  const struct zwg_chain *, tag_const uint8_t *);                          \
	int __wrap_##name(const uint8_t *, const uint8_t *, const void *, size_t,                  \
			  const struct zwg_chain *, tag_const uint8_t *);                          \
	int __wrap_##name(const uint8_t *key, const uint8_t *nonce, const void *ad, size_t ad_len, \
			  const struct zwg_chain *text, tag_const uint8_t *tag)                    \
	{                                                                                          \
		if (fails()) {                                                                     \
			zwg_chain_zero(text, 0, text->len);                                        \
			return -EIO;                                                               \
		}                                                                                  \
		return __real_##name(key, nonce, ad, ad_len, text, tag);                           \
	}

WRAP_XAEAD(zwg_xaead_seal, )
WRAP_XAEAD(zwg_xaead_open, const)

void __real_zwg_hchacha20(uint8_t *out, const uint8_t *key, const uint8_t *nonce);
void __wrap_zwg_hchacha20(uint8_t *out, const uint8_t *key, const uint8_t *nonce);
void __wrap_zwg_hchacha20(uint8_t *out, const uint8_t *key, const uint8_t *nonce)
{
	__real_zwg_hchacha20(out, key, nonce);
	learn_secret("subkey of XChaCha20", out, 32);
}

void __real_zwg_poly1305_init(struct zwg_poly1305 *state, const uint8_t *key);
void __wrap_zwg_poly1305_init(struct zwg_poly1305 *state, const uint8_t *key);
void __wrap_zwg_poly1305_init(struct zwg_poly1305 *state, const uint8_t *key)
{
	learn_secret("key of Poly1305", key, 32);
	__real_zwg_poly1305_init(state, key);
}

int __real_zwg_blake2s_init(struct zwg_blake2s *, size_t, const void *, size_t);
int __wrap_zwg_blake2s_init(struct zwg_blake2s *, size_t, const void *, size_t);
int __wrap_zwg_blake2s_init(struct zwg_blake2s *state, size_t out_len, const void *key,
			    size_t key_len)
{
	return fails() ? -EIO : __real_zwg_blake2s_init(state, out_len, key, key_len);
}

int __real_zwg_blake2s_update(struct zwg_blake2s *, const void *, size_t);
int __wrap_zwg_blake2s_update(struct zwg_blake2s *, const void *, size_t);
int __wrap_zwg_blake2s_update(struct zwg_blake2s *state, const void *data, size_t len)
{
	if (len == ZWG_BLAKE2S_BLOCK_LEN) {
		learn_secret("padded key of an HMAC", data, len);
	}
	return fails() ? -EIO : __real_zwg_blake2s_update(state, data, len);
}

/* Outputs of BLAKE2s are taken for secret until the caller is known to make a public one. */
int __real_zwg_blake2s_final(struct zwg_blake2s *, uint8_t *);
int __wrap_zwg_blake2s_final(struct zwg_blake2s *, uint8_t *);
int __wrap_zwg_blake2s_final(struct zwg_blake2s *state, uint8_t *out)
{
	size_t len = state->out_len;
	int err;

	if (fails()) {
		memset(out, 0, len);
		memset(state, 0, sizeof(*state));
		return -EIO;
	}
	err = __real_zwg_blake2s_final(state, out);
	if (!err) {
		learn_secret("digest in a key derivation", out, len);
	}
	return err;
}

int __real_zwg_blake2s(uint8_t *, size_t, const void *, size_t, const void *, size_t);
int __wrap_zwg_blake2s(uint8_t *, size_t, const void *, size_t, const void *, size_t);
int __wrap_zwg_blake2s(uint8_t *out, size_t out_len, const void *key, size_t key_len,
		       const void *data, size_t len)
{
	int err;

	if (fails()) {
		memset(out, 0, out_len);
		return -EIO;
	}
	err = __real_zwg_blake2s(out, out_len, key, key_len, data, len);
	/* Macs are public; but a cookie is one too, under a secret of 32 bytes. */
	if (!err && key_len == ZWG_KEY_LEN && known(key, key_len)) {
		learn_secret("cookie", out, out_len);
	}
	return err;
}

/* Everything in here follows from public values. */
#define PUBLIC(call)                                                                               \
	do {                                                                                       \
		size_t before = count;                                                             \
		err = (call);                                                                      \
		memset(&secrets[before], 0, (count - before) * sizeof(secrets[0]));                \
		count = before;                                                                    \
	} while (0)

int __real_zwg_label_key(uint8_t *key, const char *label, const uint8_t *public_key);
int __wrap_zwg_label_key(uint8_t *key, const char *label, const uint8_t *public_key);
int __wrap_zwg_label_key(uint8_t *key, const char *label, const uint8_t *public_key)
{
	int err;

	PUBLIC(__real_zwg_label_key(key, label, public_key));
	return err;
}

int __real_zwg_noise_start(struct zwg_noise *noise, const uint8_t *responder_static);
int __wrap_zwg_noise_start(struct zwg_noise *noise, const uint8_t *responder_static);
int __wrap_zwg_noise_start(struct zwg_noise *noise, const uint8_t *responder_static)
{
	int err;

	PUBLIC(__real_zwg_noise_start(noise, responder_static));
	return err;
}

/* The first ephemeral of a handshake makes a chaining key that everyone can compute. */
int __real_zwg_noise_mix_ephemeral(struct zwg_noise *noise, const uint8_t *ephemeral);
int __wrap_zwg_noise_mix_ephemeral(struct zwg_noise *noise, const uint8_t *ephemeral);
int __wrap_zwg_noise_mix_ephemeral(struct zwg_noise *noise, const uint8_t *ephemeral)
{
	bool secret = known(noise->chaining_key, 32);
	int err;

	if (!secret) {
		PUBLIC(__real_zwg_noise_mix_ephemeral(noise, ephemeral));
		return err;
	}
	err = __real_zwg_noise_mix_ephemeral(noise, ephemeral);
	unlearn(noise->hash, 32);
	return err;
}

int __real_zwg_noise_mix_dh(struct zwg_noise *, uint8_t *, const uint8_t *, const uint8_t *);
int __wrap_zwg_noise_mix_dh(struct zwg_noise *, uint8_t *, const uint8_t *, const uint8_t *);
int __wrap_zwg_noise_mix_dh(struct zwg_noise *noise, uint8_t *key, const uint8_t *private_key,
			    const uint8_t *public_key)
{
	int err = __real_zwg_noise_mix_dh(noise, key, private_key, public_key);

	if (!err) {
		learn_secret("chaining key", noise->chaining_key, 32);
	}
	return err;
}

int __real_zwg_noise_mix_psk(struct zwg_noise *noise, uint8_t *key, const uint8_t *psk);
int __wrap_zwg_noise_mix_psk(struct zwg_noise *noise, uint8_t *key, const uint8_t *psk);
int __wrap_zwg_noise_mix_psk(struct zwg_noise *noise, uint8_t *key, const uint8_t *psk)
{
	int err;

	learn_secret("preshared key", psk, 32);
	err = __real_zwg_noise_mix_psk(noise, key, psk);
	unlearn(noise->hash, 32);
	return err;
}

int __real_zwg_noise_seal(struct zwg_noise *, const uint8_t *, uint8_t *, const void *, size_t);
int __wrap_zwg_noise_seal(struct zwg_noise *, const uint8_t *, uint8_t *, const void *, size_t);
int __wrap_zwg_noise_seal(struct zwg_noise *noise, const uint8_t *key, uint8_t *dst,
			  const void *src, size_t len)
{
	int err = __real_zwg_noise_seal(noise, key, dst, src, len);

	unlearn(noise->hash, 32);
	return err;
}

int __real_zwg_noise_open(struct zwg_noise *, const uint8_t *, void *, const uint8_t *, size_t);
int __wrap_zwg_noise_open(struct zwg_noise *, const uint8_t *, void *, const uint8_t *, size_t);
int __wrap_zwg_noise_open(struct zwg_noise *noise, const uint8_t *key, void *dst,
			  const uint8_t *src, size_t len)
{
	int err = __real_zwg_noise_open(noise, key, dst, src, len);

	unlearn(noise->hash, 32);
	if (!err && len == 12) {
		/* The stamp is not secret; the static key is, to those who watch. */
		unlearn(dst, len);
	}
	return err;
}

int __real_zwg_noise_split(const struct zwg_noise *, uint8_t *, uint8_t *);
int __wrap_zwg_noise_split(const struct zwg_noise *, uint8_t *, uint8_t *);
int __wrap_zwg_noise_split(const struct zwg_noise *noise, uint8_t *initiator, uint8_t *responder)
{
	int err = __real_zwg_noise_split(noise, initiator, responder);

	if (!err) {
		learn_secret("session key", initiator, 32);
		learn_secret("session key", responder, 32);
	}
	return err;
}
