/* SPDX-License-Identifier: MIT */
/*
 * The primitives, watched: no AEAD may seal twice with the same key and nonce, and what they are
 * given and give is secret.
 */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "noise.h"
#include "sim.h"

static uint64_t *used; /* Fingerprints of key and nonce; 0: free. */
static size_t count, room;

void record_reset(void)
{
	if (used)
		memset(used, 0, room * sizeof(*used));
	count = 0;
}

static uint64_t fingerprint(const uint8_t *key, const uint8_t *nonce)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (int i = 0; i < 32 + 12; i += 4) {
		uint32_t word;

		memcpy(&word, i < 32 ? key + i : nonce + i - 32, 4);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash | 1;
}

static bool insert(uint64_t print)
{
	size_t place = (print >> 20) & (room - 1);

	for (; used[place] != 0; place = (place + 1) & (room - 1)) {
		if (used[place] == print)
			return false;
	}
	used[place] = print;
	count++;
	return true;
}

static void grow(void)
{
	uint64_t *old = used;
	size_t old_room = room;

	room = room ? 2 * room : 4096;
	used = calloc(room, sizeof(*used));
	if (!used)
		abort();
	count = 0;
	for (size_t i = 0; i < old_room; i++) {
		if (old[i])
			insert(old[i]);
	}
	free(old);
}

int __real_zwg_aead_seal(const uint8_t *, const uint8_t *, const void *, size_t,
			 const struct zwg_chain *, uint8_t *);
int __wrap_zwg_aead_seal(const uint8_t *, const uint8_t *, const void *, size_t,
			 const struct zwg_chain *, uint8_t *);
int __wrap_zwg_aead_seal(const uint8_t *key, const uint8_t *nonce, const void *ad, size_t ad_len,
			 const struct zwg_chain *text, uint8_t *tag)
{
	if (2 * count >= room)
		grow();
	SIM_RULE(insert(fingerprint(key, nonce)), "node %d: a key and nonce are used twice",
		 world.current ? world.current->index : -1);
	secrets_add(key);
	return __real_zwg_aead_seal(key, nonce, ad, ad_len, text, tag);
}

int __real_zwg_x25519(uint8_t *, const uint8_t *, const uint8_t *);
int __wrap_zwg_x25519(uint8_t *, const uint8_t *, const uint8_t *);
int __wrap_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point)
{
	int err = __real_zwg_x25519(out, scalar, point);

	if (!err)
		secrets_add(out);
	return err;
}

int __real_zwg_noise_mix_dh(struct zwg_noise *, uint8_t *, const uint8_t *, const uint8_t *);
int __wrap_zwg_noise_mix_dh(struct zwg_noise *, uint8_t *, const uint8_t *, const uint8_t *);
int __wrap_zwg_noise_mix_dh(struct zwg_noise *noise, uint8_t *key, const uint8_t *private_key,
			    const uint8_t *public_key)
{
	int err = __real_zwg_noise_mix_dh(noise, key, private_key, public_key);

	if (!err)
		secrets_add(noise->chaining_key);
	if (!err && key)
		secrets_add(key);
	return err;
}

int __real_zwg_noise_mix_psk(struct zwg_noise *, uint8_t *, const uint8_t *);
int __wrap_zwg_noise_mix_psk(struct zwg_noise *, uint8_t *, const uint8_t *);
int __wrap_zwg_noise_mix_psk(struct zwg_noise *noise, uint8_t *key, const uint8_t *psk)
{
	int err = __real_zwg_noise_mix_psk(noise, key, psk);

	if (!err) {
		secrets_add(noise->chaining_key);
		secrets_add(key);
	}
	return err;
}

int __real_zwg_noise_split(const struct zwg_noise *, uint8_t *, uint8_t *);
int __wrap_zwg_noise_split(const struct zwg_noise *, uint8_t *, uint8_t *);
int __wrap_zwg_noise_split(const struct zwg_noise *noise, uint8_t *initiator_key,
			   uint8_t *responder_key)
{
	int err = __real_zwg_noise_split(noise, initiator_key, responder_key);

	if (!err) {
		secrets_add(initiator_key);
		secrets_add(responder_key);
	}
	return err;
}
