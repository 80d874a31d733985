/* SPDX-License-Identifier: MIT */
/* The scripted peer; see scripted.h. Offsets are those of the paper's message structures. */
#include "scripted.h"

#include <string.h>

#include "crypto/crypto.h"
#include "test.h"

static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put64(uint8_t *at, uint64_t v)
{
	put32(at, (uint32_t)v);
	put32(at + 4, (uint32_t)(v >> 32));
}

static uint64_t draw(struct scripted *peer)
{
	uint64_t z = peer->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return z ^ z >> 29;
}

static void draw_bytes(struct scripted *peer, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(draw(peer) >> 24);
}

static void secret(struct scripted *peer, const uint8_t bytes[32])
{
	memcpy(peer->secrets[peer->secret_count++ % SCRIPTED_SECRETS], bytes, 32);
}

/* HASH, MAC, HMAC, KDF (paper section 5.4) */

static void hash(uint8_t out[32], const void *a, size_t a_len, const void *b, size_t b_len)
{
	uint8_t all[512];

	REQUIRE(a_len + b_len <= sizeof(all));
	memcpy(all, a, a_len);
	if (b_len > 0)
		memcpy(all + a_len, b, b_len);
	REQUIRE(zwg_blake2s(out, 32, NULL, 0, all, a_len + b_len) == 0);
}

static void hmac(uint8_t out[32], const uint8_t key[32], const void *data, size_t len)
{
	uint8_t block[64] = {0};
	uint8_t inner[32];

	memcpy(block, key, 32);
	for (int i = 0; i < 64; i++)
		block[i] ^= 0x36;
	hash(inner, block, 64, data, len);
	for (int i = 0; i < 64; i++)
		block[i] ^= 0x36 ^ 0x5c;
	hash(out, block, 64, inner, 32);
}

/* KDFn into t[0 .. n-1]; all but public inputs make secrets. */
static void kdf(struct scripted *peer, uint8_t t[][32], size_t n, const uint8_t key[32],
		const void *input, size_t len)
{
	uint8_t t0[32];
	uint8_t message[33];

	hmac(t0, key, input, len);
	for (size_t i = 0; i < n; i++) {
		size_t before = i == 0 ? 0 : 32;

		if (i > 0)
			memcpy(message, t[i - 1], 32);
		message[before] = (uint8_t)(i + 1);
		hmac(t[i], t0, message, before + 1);
		secret(peer, t[i]);
	}
	secret(peer, t0);
}

static void mix_hash(struct scripted *peer, const void *data, size_t len)
{
	hash(peer->hash, peer->hash, 32, data, len);
}

static void mix_key(struct scripted *peer, const uint8_t *input, uint8_t *key)
{
	uint8_t t[2][32];

	kdf(peer, t, key ? 2 : 1, peer->chaining, input, 32);
	memcpy(peer->chaining, t[0], 32);
	if (key)
		memcpy(key, t[1], 32);
}

static void dh(struct scripted *peer, const uint8_t *ours, const uint8_t *theirs, uint8_t *key)
{
	uint8_t shared[32] = {0};

	if (!peer->low_order && !(peer->low_order_self && ours == peer->private_key)) {
		REQUIRE(zwg_x25519(shared, ours, theirs) == 0);
		secret(peer, shared);
	}
	mix_key(peer, shared, key);
}

static void mix_ephemeral(struct scripted *peer, const uint8_t *public_key)
{
	mix_hash(peer, public_key, 32);
	mix_key(peer, public_key, NULL);
}

static void new_ephemeral(struct scripted *peer, uint8_t *public_key)
{
	draw_bytes(peer, peer->ephemeral, 32);
	REQUIRE(zwg_x25519_base(public_key, peer->ephemeral) == 0);
	if (peer->low_order)
		memcpy(public_key, peer->low_order, 32);
	mix_ephemeral(peer, public_key);
}

static void begin(struct scripted *peer, const uint8_t *responder)
{
	hash(peer->chaining, construction, strlen(construction), NULL, 0);
	hash(peer->hash, peer->chaining, 32, identifier, strlen(identifier));
	mix_hash(peer, responder, 32);
}

/* AEAD with counter @a counter (paper section 5.4): a nonce of 32 zero bits and 64 of counter. */

static void seal(const uint8_t *key, uint64_t counter, uint8_t *text, size_t len, const void *ad,
		 size_t ad_len)
{
	uint8_t nonce[12] = {0};
	struct zwg_seg seg = {text, len};
	struct zwg_chain chain = {&seg, 1, 0, len};

	put64(nonce + 4, counter);
	REQUIRE(zwg_aead_seal(key, nonce, ad, ad_len, &chain, text + len) == 0);
}

static bool unseal(const uint8_t *key, uint64_t counter, uint8_t *text, size_t len, const void *ad,
		   size_t ad_len, const uint8_t *tag)
{
	uint8_t nonce[12] = {0};
	struct zwg_seg seg = {text, len};
	struct zwg_chain chain = {&seg, 1, 0, len};

	put64(nonce + 4, counter);
	return zwg_aead_open(key, nonce, ad, ad_len, &chain, tag) == 0;
}

static void seal_field(struct scripted *peer, const uint8_t *key, uint8_t *at, const void *plain,
		       size_t len)
{
	if (len > 0)
		memcpy(at, plain, len);
	seal(key, 0, at, len, peer->hash, 32);
	mix_hash(peer, at, len + 16);
}

static bool open_field(struct scripted *peer, const uint8_t *key, const uint8_t *at, uint8_t *plain,
		       size_t len)
{
	uint8_t copy[32];

	memcpy(copy, at, len);
	if (!unseal(key, 0, copy, len, peer->hash, 32, at + len))
		return false;
	mix_hash(peer, at, len + 16);
	if (len > 0)
		memcpy(plain, copy, len);
	return true;
}

/* Macs (paper section 5.4.4) */

static void mac1_of(uint8_t out[16], const uint8_t *receiver, const uint8_t *msg, size_t len)
{
	uint8_t key[32];

	hash(key, "mac1----", 8, receiver, 32);
	REQUIRE(zwg_blake2s(out, 16, key, 32, msg, len) == 0);
}

void scripted_mac2(uint8_t mac2[16], const uint8_t *msg, size_t len, const uint8_t cookie[16])
{
	REQUIRE(zwg_blake2s(mac2, 16, cookie, 16, msg, len - 16) == 0);
}

void scripted_macs(struct scripted *peer, uint8_t *msg, size_t len)
{
	mac1_of(msg + len - 32, peer->device, msg, len - 32);
	memcpy(peer->mac1, msg + len - 32, 16);
	memset(msg + len - 16, 0, 16);
	if (peer->has_cookie)
		scripted_mac2(msg + len - 16, msg, len, peer->cookie);
}

static bool mac1_good(const struct scripted *peer, const uint8_t *msg, size_t len)
{
	uint8_t expected[16];

	mac1_of(expected, peer->public_key, msg, len - 32);
	return memcmp(expected, msg + len - 32, 16) == 0;
}

/* Messages */

void scripted_init(struct scripted *peer, uint8_t number, const uint8_t device[32])
{
	*peer = (struct scripted){
		.at = {.addr = {ZWG_AF_INET, {192, 0, 2, number}}, .port = 51820},
		.seconds = UINT64_C(0x4000000060000000),
		.random = number * UINT64_C(0x1000001),
	};
	memcpy(peer->device, device, 32);
	draw_bytes(peer, peer->private_key, 32);
	REQUIRE(zwg_x25519_base(peer->public_key, peer->private_key) == 0);
}

void scripted_initiation(struct scripted *peer, uint8_t *msg)
{
	uint8_t stamp[12] = {0};
	uint8_t key[32];

	memset(msg, 0, SCRIPTED_INITIATION);
	msg[0] = 1;
	peer->local = (uint32_t)draw(peer);
	put32(msg + 4, peer->local);
	begin(peer, peer->device);
	new_ephemeral(peer, msg + 8);
	dh(peer, peer->ephemeral, peer->device, key);
	seal_field(peer, key, msg + 40, peer->public_key, 32);
	dh(peer, peer->private_key, peer->device, key);
	peer->seconds++;
	for (int i = 0; i < 8; i++)
		stamp[i] = (uint8_t)(peer->seconds >> (56 - 8 * i));
	seal_field(peer, key, msg + 88, stamp, 12);
	scripted_macs(peer, msg, SCRIPTED_INITIATION);
}

bool scripted_read_initiation(struct scripted *peer, const uint8_t *msg)
{
	uint8_t static_key[32];
	uint8_t key[32];

	if (get32(msg) != 1 || !mac1_good(peer, msg, SCRIPTED_INITIATION))
		return false;
	peer->remote = get32(msg + 4);
	memcpy(peer->remote_ephemeral, msg + 8, 32);
	begin(peer, peer->public_key);
	mix_ephemeral(peer, peer->remote_ephemeral);
	dh(peer, peer->private_key, peer->remote_ephemeral, key);
	if (!open_field(peer, key, msg + 40, static_key, 32) ||
	    memcmp(static_key, peer->device, 32) != 0)
		return false;
	dh(peer, peer->private_key, peer->device, key);
	return open_field(peer, key, msg + 88, peer->stamp, 12);
}

static void keys(struct scripted *peer, uint8_t first[32], uint8_t second[32],
		 struct session *session)
{
	uint8_t t[2][32];

	kdf(peer, t, 2, peer->chaining, NULL, 0);
	memcpy(first, t[0], 32);
	memcpy(second, t[1], 32);
	session->local = peer->local;
	session->remote = peer->remote;
	session->counter = 0;
}

static void mix_psk(struct scripted *peer, uint8_t *key)
{
	uint8_t t[3][32];

	kdf(peer, t, 3, peer->chaining, peer->psk, 32);
	memcpy(peer->chaining, t[0], 32);
	mix_hash(peer, t[1], 32);
	memcpy(key, t[2], 32);
}

void scripted_response(struct scripted *peer, uint8_t *msg, struct session *session)
{
	uint8_t key[32];

	memset(msg, 0, SCRIPTED_RESPONSE);
	msg[0] = 2;
	peer->local = (uint32_t)draw(peer);
	put32(msg + 4, peer->local);
	put32(msg + 8, peer->remote);
	new_ephemeral(peer, msg + 12);
	dh(peer, peer->ephemeral, peer->remote_ephemeral, NULL);
	dh(peer, peer->ephemeral, peer->device, NULL);
	mix_psk(peer, key);
	seal_field(peer, key, msg + 44, NULL, 0);
	scripted_macs(peer, msg, SCRIPTED_RESPONSE);
	keys(peer, session->receive, session->send, session);
}

bool scripted_read_response(struct scripted *peer, const uint8_t *msg, struct session *session)
{
	uint8_t key[32];

	if (get32(msg) != 2 || get32(msg + 8) != peer->local ||
	    !mac1_good(peer, msg, SCRIPTED_RESPONSE))
		return false;
	peer->remote = get32(msg + 4);
	memcpy(peer->remote_ephemeral, msg + 12, 32);
	mix_ephemeral(peer, peer->remote_ephemeral);
	dh(peer, peer->ephemeral, peer->remote_ephemeral, NULL);
	dh(peer, peer->private_key, peer->remote_ephemeral, NULL);
	mix_psk(peer, key);
	if (!open_field(peer, key, msg + 44, NULL, 0))
		return false;
	keys(peer, session->send, session->receive, session);
	return true;
}

size_t scripted_data_at(const struct session *session, uint64_t counter, uint8_t *msg,
			const void *plain, size_t len)
{
	memset(msg, 0, 16);
	msg[0] = 4;
	put32(msg + 4, session->remote);
	put64(msg + 8, counter);
	if (len > 0)
		memcpy(msg + 16, plain, len);
	seal(session->send, counter, msg + 16, len, NULL, 0);
	return 32 + len;
}

size_t scripted_data(struct session *session, uint8_t *msg, const void *plain, size_t len)
{
	return scripted_data_at(session, session->counter++, msg, plain, len);
}

int scripted_open(const struct session *session, const uint8_t *msg, size_t len, uint8_t *plain)
{
	if (len < 32 || get32(msg) != 4 || get32(msg + 4) != session->local)
		return -1;
	memcpy(plain, msg + 16, len - 32);
	if (!unseal(session->receive, get32(msg + 8) | (uint64_t)get32(msg + 12) << 32, plain,
		    len - 32, NULL, 0, msg + len - 16))
		return -1;
	return (int)(len - 32);
}

void scripted_cookie_reply(struct scripted *peer, uint8_t *reply, const uint8_t *msg, size_t len,
			   const uint8_t cookie[16])
{
	struct zwg_seg seg = {reply + 32, 16};
	struct zwg_chain chain = {&seg, 1, 0, 16};
	uint8_t key[32];

	memset(reply, 0, SCRIPTED_COOKIE);
	reply[0] = 3;
	memcpy(reply + 4, msg + 4, 4);
	draw_bytes(peer, reply + 8, 24);
	memcpy(reply + 32, cookie, 16);
	hash(key, "cookie--", 8, peer->public_key, 32);
	REQUIRE(zwg_xaead_seal(key, reply + 8, msg + len - 32, 16, &chain, reply + 48) == 0);
}

bool scripted_read_cookie(struct scripted *peer, const uint8_t *reply)
{
	struct zwg_seg seg = {peer->cookie, 16};
	struct zwg_chain chain = {&seg, 1, 0, 16};
	uint8_t key[32];

	memcpy(peer->cookie, reply + 32, 16);
	hash(key, "cookie--", 8, peer->device, 32);
	peer->has_cookie = get32(reply) == 3 && get32(reply + 4) == peer->local &&
			   zwg_xaead_open(key, reply + 8, peer->mac1, 16, &chain, reply + 48) == 0;
	return peer->has_cookie;
}
