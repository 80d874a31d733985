/* SPDX-License-Identifier: MIT */
/* The world around one device; see rig.h. */
#include "rig.h"

#include <errno.h>

#include "crypto/crypto.h"

unsigned int rig_x25519_calls;
long rig_crypto_fails_at = -1;

/* True while a device computes, as opposed to a scripted peer. */
static bool in_device;

/* The wrapped primitives */

static bool fails(void)
{
	return in_device && rig_crypto_fails_at >= 0 && rig_crypto_fails_at-- == 0;
}

int __real_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point);
int __wrap_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point);
int __wrap_zwg_x25519(uint8_t *out, const uint8_t *scalar, const uint8_t *point)
{
	rig_x25519_calls += in_device;
	if (fails()) {
		memset(out, 0, 32);
		return -EIO;
	}
	return __real_zwg_x25519(out, scalar, point);
}

int __real_zwg_x25519_base(uint8_t *out, const uint8_t *scalar);
int __wrap_zwg_x25519_base(uint8_t *out, const uint8_t *scalar);
int __wrap_zwg_x25519_base(uint8_t *out, const uint8_t *scalar)
{
	rig_x25519_calls += in_device;
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
		if (fails()) {                                                                     \
			zwg_chain_zero(text, 0, text->len);                                        \
			return -EIO;                                                               \
		}                                                                                  \
		return __real_##name(key, nonce, ad, ad_len, text, tag);                           \
	}

WRAP_AEAD(zwg_aead_seal, )
WRAP_AEAD(zwg_aead_open, const)
WRAP_AEAD(zwg_xaead_seal, )
WRAP_AEAD(zwg_xaead_open, const)

int __real_zwg_blake2s(uint8_t *, size_t, const void *, size_t, const void *, size_t);
int __wrap_zwg_blake2s(uint8_t *, size_t, const void *, size_t, const void *, size_t);
int __wrap_zwg_blake2s(uint8_t *out, size_t out_len, const void *key, size_t key_len,
		       const void *data, size_t len)
{
	if (fails()) {
		memset(out, 0, out_len);
		return -EIO;
	}
	return __real_zwg_blake2s(out, out_len, key, key_len, data, len);
}

int __real_zwg_blake2s_final(struct zwg_blake2s *, uint8_t *);
int __wrap_zwg_blake2s_final(struct zwg_blake2s *, uint8_t *);
int __wrap_zwg_blake2s_final(struct zwg_blake2s *state, uint8_t *out)
{
	if (fails()) {
		memset(out, 0, state->out_len);
		memset(state, 0, sizeof(*state));
		return -EIO;
	}
	return __real_zwg_blake2s_final(state, out);
}

void rig_fails_in_device(long call)
{
	in_device = call >= 0;
	rig_crypto_fails_at = call;
}

/* Randomness */

static uint64_t draw(struct rig *rig)
{
	uint64_t z = rig->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Packets in fragments */

struct packet {
	struct zwg_packet pkt;
	struct zwg_seg segs[8];
	uint8_t *pieces[8]; /* As allocated; a fragment may begin at any alignment within. */
};

static struct packet *packet_new(struct rig *rig, size_t head, size_t len, size_t tail)
{
	struct packet *packet = calloc(1, sizeof(*packet));
	size_t left = head + len + tail;
	size_t count = 1 + draw(rig) % 8;

	for (size_t i = 0; i < count; i++) {
		size_t n = i + 1 == count ? left : draw(rig) % (left + 1);
		size_t shift = draw(rig) % 8;

		/* Small fragments at times, so that headers and tags are split too. */
		if (i + 1 < count && draw(rig) % 2)
			n = n < 20 ? n : draw(rig) % 20;
		packet->pieces[i] = malloc(shift + n + (shift + n == 0));
		packet->segs[i] = (struct zwg_seg){packet->pieces[i] + shift, n};
		left -= n;
	}
	packet->pkt =
		(struct zwg_packet){.segs = packet->segs, .count = count, .off = head, .len = len};
	return packet;
}

static void packet_free(struct zwg_packet *pkt)
{
	struct packet *packet = (struct packet *)pkt;

	for (size_t i = 0; i < 8; i++)
		free(packet->pieces[i]);
	free(packet);
}

static struct zwg_chain whole(const struct zwg_packet *pkt)
{
	return (struct zwg_chain){pkt->segs, pkt->count, pkt->off, pkt->len};
}

/* The port */

static int record(struct rig *rig, const struct zwg_endpoint *to, uint8_t tos, uint8_t *bytes,
		  size_t len)
{
	struct sent *sent;

	if (rig->send_error || (rig->send_fails_at >= 0 && rig->send_fails_at-- == 0)) {
		free(bytes);
		return rig->send_error ? rig->send_error : -ENOBUFS;
	}
	sent = malloc(sizeof(*sent));
	*sent = (struct sent){.at = rig->now, .to = *to, .tos = tos, .len = len, .bytes = bytes};
	rig->sent = realloc(rig->sent, (rig->sent_count + 1) * sizeof(sent));
	rig->sent[rig->sent_count++] = sent;
	return 0;
}

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	uint8_t *copy = malloc(len);

	memcpy(copy, msg, len);
	return record(ctx, to, tos, copy, len);
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	struct rig *rig = ctx;
	struct zwg_chain chain = whole(pkt);
	uint8_t *copy = malloc(pkt->len);
	size_t len = pkt->len;

	REQUIRE(zwg_chain_read(&chain, 0, copy, len));
	packet_free(pkt);
	rig->outstanding--;
	return record(rig, to, tos, copy, len);
}

static void release(void *ctx, struct zwg_packet *pkt)
{
	struct rig *rig = ctx;

	packet_free(pkt);
	rig->outstanding--;
	rig->released++;
}

static int fill_random(void *ctx, void *buf, size_t len)
{
	struct rig *rig = ctx;
	uint8_t *out = buf;

	if (rig->random_error)
		return rig->random_error;
	if (rig->random_fails_at >= 0 && rig->random_fails_at-- == 0)
		return -EAGAIN;
	for (size_t i = 0; i < len; i++) {
		if (rig->forced_len > 0) {
			out[i] = rig->forced[0];
			memmove(rig->forced, rig->forced + 1, --rig->forced_len);
		} else {
			out[i] = (uint8_t)(draw(rig) >> 32);
		}
	}
	if (len == 32 && rig->draw_count < RIG_DRAWS)
		memcpy(rig->draws[rig->draw_count++], out, 32);
	return 0;
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	struct rig *rig = ctx;

	if (rig->stamp_error)
		return rig->stamp_error;
	rig->stamp += !rig->stamp_stuck;
	memset(stamp, 0, ZWG_TAI64N_LEN);
	stamp[0] = 0x40;
	for (int i = 0; i < 4; i++)
		stamp[4 + i] = (uint8_t)(rig->stamp >> (24 - 8 * i));
	stamp[8] = 0x12;
	return 0;
}

static void wake_at(void *ctx, zwg_time when)
{
	((struct rig *)ctx)->wake = when;
}

static void jobs_pending(void *ctx)
{
	((struct rig *)ctx)->jobs_pending = true;
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	REQUIRE(peer->used);
	((struct rig *)ctx)->events[what]++;
}

static const struct zwg_port port = {
	.send_message = send_message,
	.send_packet = send_packet,
	.release = release,
	.random = fill_random,
	.tai64n = tai64n,
	.wake_at = wake_at,
	.jobs_pending = jobs_pending,
	.event = event,
};

/* Life */

struct rig *rig_new_bare(uint64_t seed)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->dev = calloc(1, sizeof(*rig->dev));
	rig->job = calloc(1, sizeof(*rig->job));
	rig->random = seed;
	rig->now = 1000000;
	rig->wake = ZWG_NEVER;
	rig->random_fails_at = -1;
	rig->send_fails_at = -1;
	rig->stamp = UINT32_C(0x60000000);
	for (size_t i = 0; i < 32; i++)
		rig->private_key[i] = (uint8_t)draw(rig);
	rig->private_key[0] &= 248;
	rig->private_key[31] = (uint8_t)((rig->private_key[31] & 127) | 64);
	zwg_device_init(rig->dev, &port, rig);
	rig_crypto_fails_at = -1;
	return rig;
}

struct rig *rig_new(void)
{
	struct rig *rig = rig_new_bare(test_random() + 7);

	REQUIRE(zwg_set_private_key(rig->dev, rig->now, rig->private_key) == 0);
	zwg_device_up(rig->dev, rig->now);
	return rig;
}

void rig_free(struct rig *rig)
{
	for (size_t i = 0; i < rig->sent_count; i++) {
		free(rig->sent[i]->bytes);
		free(rig->sent[i]);
	}
	for (size_t i = 0; i < rig->delivered_count; i++) {
		free(rig->delivered[i]->bytes);
		free(rig->delivered[i]);
	}
	free(rig->sent);
	free(rig->delivered);
	free(rig->job);
	free(rig->dev);
	free(rig);
}

struct zwg_peer *rig_add(struct rig *rig, struct scripted *peer, uint8_t number)
{
	struct zwg_prefix v4 = {{ZWG_AF_INET, {10, 0, 0, number}}, 32};
	struct zwg_prefix v6 = {{ZWG_AF_INET6, {0xfd, [15] = number}}, 128};
	struct zwg_peer *added;
	uint8_t self[32];

	REQUIRE(zwg_x25519_base(self, rig->private_key) == 0);
	scripted_init(peer, number, self);
	REQUIRE(zwg_peer_add(rig->dev, peer->public_key, &added) == 0);
	REQUIRE(zwg_allowed_ip_add(rig->dev, added, &v4) == 0);
	REQUIRE(zwg_allowed_ip_add(rig->dev, added, &v6) == 0);
	zwg_peer_set_endpoint(rig->dev, rig->now, added, &peer->at);
	return added;
}

/* In and out */

static void deliver(struct rig *rig, const struct zwg_peer *peer, const struct zwg_packet *pkt)
{
	struct zwg_chain chain = whole(pkt);
	struct delivered *got = malloc(sizeof(*got));

	*got = (struct delivered){peer, pkt->len, malloc(pkt->len)};
	REQUIRE(zwg_chain_read(&chain, 0, got->bytes, pkt->len));
	rig->delivered = realloc(rig->delivered, (rig->delivered_count + 1) * sizeof(got));
	rig->delivered[rig->delivered_count++] = got;
}

enum zwg_verdict rig_input_tos(struct rig *rig, const struct zwg_endpoint *from, uint8_t tos,
			       const void *bytes, size_t len)
{
	struct packet *packet = packet_new(rig, draw(rig) % 8, len, draw(rig) % 8);
	struct zwg_chain chain = whole(&packet->pkt);
	struct zwg_peer *peer = NULL;
	enum zwg_verdict verdict;

	REQUIRE(zwg_chain_write(&chain, 0, bytes, len));
	in_device = true;
	verdict = zwg_input(rig->dev, rig->now, &packet->pkt, from, tos, &peer);
	in_device = false;
	if (verdict == ZWG_DELIVER)
		deliver(rig, peer, &packet->pkt);
	packet_free(&packet->pkt);
	if (!rig->hold_jobs)
		rig_run_jobs(rig);
	return verdict;
}

enum zwg_verdict rig_input(struct rig *rig, const struct zwg_endpoint *from, const void *bytes,
			   size_t len)
{
	return rig_input_tos(rig, from, 0, bytes, len);
}

/* A packet that was refused is the caller's and unchanged, or zeroed if encryption failed. */
static bool as_promised(const struct zwg_packet *pkt, int err, const uint8_t *bytes, size_t len)
{
	struct zwg_chain chain = whole(pkt);
	uint8_t *copy = malloc(len + 1);
	bool good = pkt->len == len && zwg_chain_read(&chain, 0, copy, len);

	for (size_t i = 0; good && i < len; i++)
		good = copy[i] == (err == -EIO ? 0 : bytes[i]);
	free(copy);
	return good;
}

int rig_output(struct rig *rig, const void *bytes, size_t len)
{
	struct packet *packet =
		packet_new(rig, ZWG_HEADROOM + draw(rig) % 4, len, ZWG_TAILROOM + draw(rig) % 4);
	struct zwg_chain chain = whole(&packet->pkt);
	int err;

	REQUIRE(zwg_chain_write(&chain, 0, bytes, len));
	rig->outstanding++;
	in_device = true;
	err = zwg_output(rig->dev, rig->now, &packet->pkt);
	in_device = false;
	if (err) {
		rig->outstanding--;
		rig->spoilt_packet |= !as_promised(&packet->pkt, err, bytes, len);
		packet_free(&packet->pkt);
	}
	if (!rig->hold_jobs)
		rig_run_jobs(rig);
	return err;
}

static bool all_zero(const void *mem, size_t len)
{
	const uint8_t *bytes = mem;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

void rig_run_jobs(struct rig *rig)
{
	/* A port sleeps until it is told that there is something to do. */
	if (!rig->jobs_pending)
		return;
	rig->jobs_pending = false;
	in_device = true;
	while (zwg_job_take(rig->dev, rig->now, rig->job)) {
		do {
			zwg_job_compute(rig->job);
		} while (zwg_job_commit(rig->dev, rig->now, rig->job));
		rig->dirty_job |= !all_zero(rig->job, sizeof(*rig->job));
	}
	in_device = false;
	rig->dirty_job |= !all_zero(rig->job, sizeof(*rig->job));
}

const struct sent *rig_sent(struct rig *rig)
{
	return rig->sent_read < rig->sent_count ? rig->sent[rig->sent_read++] : NULL;
}

const struct delivered *rig_delivered(struct rig *rig)
{
	return rig->delivered_read < rig->delivered_count ? rig->delivered[rig->delivered_read++]
							  : NULL;
}

/* Time */

static void tick(struct rig *rig, zwg_time at)
{
	rig->now = at;
	in_device = true;
	zwg_tick(rig->dev, at);
	in_device = false;
	if (!rig->hold_jobs)
		rig_run_jobs(rig);
}

void rig_advance(struct rig *rig, zwg_time ms)
{
	zwg_time end = rig->now + ms;

	while (rig->wake <= end)
		tick(rig, rig->wake > rig->now ? rig->wake : rig->now);
	rig->now = end;
}

const struct sent *rig_wait(struct rig *rig, zwg_time ms)
{
	zwg_time end = rig->now + ms;
	const struct sent *sent = rig_sent(rig);

	while (!sent && rig->wake <= end) {
		tick(rig, rig->wake > rig->now ? rig->wake : rig->now);
		sent = rig_sent(rig);
	}
	if (!sent)
		rig->now = end;
	return sent;
}

/* Memory */

bool rig_holds(const struct rig *rig, const void *bytes, size_t len)
{
	const uint8_t *mem = (const uint8_t *)rig->dev;
	const uint8_t *end = mem + sizeof(*rig->dev) - len + 1;
	const uint8_t first = *(const uint8_t *)bytes;

	for (; (mem = memchr(mem, first, (size_t)(end - mem))) != NULL; mem++) {
		if (memcmp(mem, bytes, len) == 0)
			return true;
	}
	return false;
}

unsigned int rig_leaks(const struct rig *rig, const struct scripted *peer,
		       const struct session *alive)
{
	unsigned int count = 0;

	for (size_t i = 0; i < peer->secret_count && i < SCRIPTED_SECRETS; i++) {
		if (!alive || (memcmp(peer->secrets[i], alive->send, 32) != 0 &&
			       memcmp(peer->secrets[i], alive->receive, 32) != 0))
			count += rig_holds(rig, peer->secrets[i], 32);
	}
	for (size_t i = 0; i < rig->draw_count; i++)
		count += memcmp(rig->draws[i], rig->dev->cookie_secret, 32) != 0 &&
			 rig_holds(rig, rig->draws[i], 32);
	return count;
}
