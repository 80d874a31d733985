/* SPDX-License-Identifier: MIT */
/* Two devices and the wire between them; see world.h. */
#include "world.h"

#include <errno.h>

#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "deadlines.h"
#include "internal.h"
#include "messages.h"

#define FRAGMENTS 6

/* Randomness, the same in every run. */

static uint64_t draw(struct host *host)
{
	uint64_t z = host->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return z ^ z >> 31;
}

static int fill_random(void *ctx, void *buf, size_t len)
{
	struct host *host = ctx;
	uint8_t *out = buf;

	uint64_t before = host->random;

	for (size_t i = 0; i < len; i++) {
		out[i] = host->random_fails ? 0 : (uint8_t)(draw(host) >> 24);
	}
	if (host->random_stuck) {
		host->random = before;
	}
	return host->random_fails ? -EAGAIN : 0;
}

/* Packets */

struct packet {
	struct zwg_packet pkt;
	struct zwg_seg segs[FRAGMENTS];
};

/* @split: the number of fragments, and how long all but the last are. */
static struct packet *packet_new(uint8_t split, size_t head, size_t len, size_t tail)
{
	struct packet *packet = calloc(1, sizeof(*packet));
	size_t count = 1 + split % FRAGMENTS;
	size_t left = head + len + tail;

	for (size_t i = 0; i < count; i++) {
		size_t n = i + 1 == count ? left : (size_t)(split >> i) * 3 % 41;

		n = n < left ? n : left;
		packet->segs[i] = (struct zwg_seg){malloc(n > 0 ? n : 1), n};
		left -= n;
	}
	packet->pkt =
		(struct zwg_packet){.segs = packet->segs, .count = count, .off = head, .len = len};
	return packet;
}

static void packet_free(struct packet *packet)
{
	for (size_t i = 0; i < packet->pkt.count; i++) {
		free(packet->segs[i].data);
	}
	free(packet);
}

static struct zwg_chain text_of(const struct zwg_packet *pkt)
{
	return (struct zwg_chain){pkt->segs, pkt->count, pkt->off, pkt->len};
}

/* The port */

static void keep(struct host *host, const struct zwg_endpoint *to, const struct zwg_chain *chain)
{
	struct datagram *datagram;

	INVARIANT(to->addr.family != ZWG_AF_NONE);
	INVARIANT(chain->len >= ZWG_DATA_MIN_LEN && chain->len <= WORLD_DATAGRAM);
	if (host->count == WORLD_LIST) {
		memmove(host->list, host->list + 1, (WORLD_LIST - 1) * sizeof(host->list[0]));
		host->count--;
	}
	datagram = &host->list[host->count++];
	datagram->len = chain->len;
	INVARIANT(zwg_chain_read(chain, 0, datagram->bytes, chain->len));
	INVARIANT(datagram->bytes[0] >= 1 && datagram->bytes[0] <= 4 &&
		  zwg_is_zero(datagram->bytes + 1, 3));
}

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	struct host *host = ctx;
	uint8_t copy[ZWG_INITIATION_LEN];
	struct zwg_seg seg = {copy, len};

	(void)tos;
	INVARIANT(len <= sizeof(copy));
	memcpy(copy, msg, len);
	keep(host, to, &(struct zwg_chain){&seg, 1, 0, len});
	return host->send_fails ? -EIO : 0;
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	struct host *host = ctx;
	struct zwg_chain chain = text_of(pkt);

	(void)tos;
	keep(host, to, &chain);
	INVARIANT(host->owned > 0);
	host->owned--;
	packet_free((struct packet *)pkt);
	return host->send_fails ? -EIO : 0;
}

static void release(void *ctx, struct zwg_packet *pkt)
{
	struct host *host = ctx;

	INVARIANT(host->owned > 0);
	host->owned--;
	packet_free((struct packet *)pkt);
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	struct host *host = ctx;

	if (host->stamp_fails) {
		return -EIO;
	}
	memset(stamp, 0, ZWG_TAI64N_LEN);
	stamp[0] = 0x40;
	stamp[6] = (uint8_t)(++host->stamp >> 8);
	stamp[7] = (uint8_t)host->stamp;
	return 0;
}

static void wake_at(void *ctx, zwg_time when)
{
	((struct host *)ctx)->wake = when;
}

static void jobs_pending(void *ctx)
{
	(void)ctx;
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	(void)ctx;
	INVARIANT(peer->used && what <= ZWG_EVENT_ENDPOINT_MOVED);
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

/* Making it */

void world_public_key(const struct world *world, unsigned int number, uint8_t key[32])
{
	if (number == PEER_OTHER) {
		zwg_x25519_base(key, world->hosts[OTHER].private_key);
	} else {
		memset(key, (int)(0x40 + number), 32);
	}
}

static void allow(struct zwg_device *dev, struct zwg_peer *peer, struct zwg_prefix prefix)
{
	INVARIANT(zwg_allowed_ip_add(dev, peer, &prefix) == 0);
}

static struct zwg_prefix v4(uint8_t last, uint8_t bits)
{
	return (struct zwg_prefix){{ZWG_AF_INET, {10, 0, 0, last}}, bits};
}

static struct zwg_prefix v6(uint8_t last, uint8_t bits)
{
	return (struct zwg_prefix){{ZWG_AF_INET6, {0xfd, [15] = last}}, bits};
}

static void start(struct host *host, unsigned int who)
{
	host->dev = calloc(1, sizeof(*host->dev));
	host->job = calloc(1, sizeof(*host->job));
	host->random = who;
	host->now = 1000000;
	host->wake = ZWG_NEVER;
	host->at = (struct zwg_endpoint){
		{ZWG_AF_INET, {192, 0, 2, (uint8_t)(who + 1)}}, 51820, 0, {0}, 0};
	for (size_t i = 0; i < sizeof(host->private_key); i++) {
		host->private_key[i] = (uint8_t)(0x10 + 8 * who + 37 * i);
	}
	host->private_key[0] &= 248;
	host->private_key[31] = 0x50;
	zwg_device_init(host->dev, &port, host);
	INVARIANT(zwg_set_private_key(host->dev, host->now, host->private_key) == 0);
	zwg_device_up(host->dev, host->now);
}

struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));
	struct host *self = &world->hosts[SELF];
	struct host *other = &world->hosts[OTHER];
	struct zwg_peer *peers[WORLD_PEERS];
	struct zwg_peer *peer;
	uint8_t key[32];

	start(self, SELF);
	start(other, OTHER);
	for (unsigned int i = 0; i < WORLD_PEERS; i++) {
		world_public_key(world, i, key);
		INVARIANT(zwg_peer_add(self->dev, key, &peers[i]) == 0);
	}
	allow(self->dev, peers[PEER_OTHER], v4(1, 32));
	allow(self->dev, peers[PEER_OTHER], v6(1, 128));
	allow(self->dev, peers[PEER_SILENT], v4(0, 24));
	allow(self->dev, peers[PEER_SILENT], v6(0, 64));
	allow(self->dev, peers[PEER_NOWHERE], v4(0, 0));
	zwg_peer_set_endpoint(self->dev, self->now, peers[PEER_OTHER], &other->at);
	zwg_peer_set_endpoint(self->dev, self->now, peers[PEER_SILENT],
			      &(struct zwg_endpoint){{ZWG_AF_INET6, {0x20, 1}}, 1, 0, {0}, 0});

	zwg_x25519_base(key, self->private_key);
	INVARIANT(zwg_peer_add(other->dev, key, &peer) == 0);
	allow(other->dev, peer, v4(0, 0));
	allow(other->dev, peer, v6(0, 0));
	zwg_peer_set_endpoint(other->dev, other->now, peer, &self->at);
	return world;
}

void world_free(struct world *world)
{
	for (unsigned int who = 0; who < HOSTS; who++) {
		struct host *host = &world->hosts[who];

		zwg_device_wipe(host->dev);
		INVARIANT(host->owned == 0);
		INVARIANT(zwg_is_zero(host->dev, sizeof(*host->dev)));
		free(host->dev);
		free(host->job);
	}
	free(world);
}

struct zwg_peer *world_peer(struct world *world, unsigned int who, unsigned int number)
{
	uint8_t key[32];

	if (who == SELF) {
		world_public_key(world, number, key);
	} else {
		zwg_x25519_base(key, world->hosts[SELF].private_key);
	}
	return zwg_peer_find(world->hosts[who].dev, key);
}

/* In and out */

/* A packet that is delivered lies within its fragments, is as long as it says, and comes from the
 * peer to which its source belongs. */
static void check_delivered(struct zwg_device *dev, const struct zwg_packet *pkt,
			    const struct zwg_peer *peer)
{
	struct zwg_chain chain = text_of(pkt);
	size_t all = zwg_segs_len(pkt->segs, pkt->count);
	struct zwg_addr src = {0};
	uint8_t header[40];
	size_t need;

	INVARIANT(pkt->off <= all && pkt->len <= all - pkt->off && pkt->len >= 20);
	INVARIANT(zwg_chain_read(&chain, 0, header, 20));
	src.family = header[0] >> 4;
	need = src.family == ZWG_AF_INET ? 20 : 40;
	INVARIANT(zwg_chain_read(&chain, 0, header, need));
	if (src.family == ZWG_AF_INET) {
		memcpy(src.bytes, header + 12, 4);
		INVARIANT(pkt->len == (size_t)header[2] * 256 + header[3]);
	} else {
		INVARIANT(src.family == ZWG_AF_INET6);
		memcpy(src.bytes, header + 8, 16);
		INVARIANT(pkt->len == 40 + (size_t)header[4] * 256 + header[5]);
	}
	INVARIANT(zwg_route(dev, &src) == peer);
}

enum zwg_verdict world_input(struct world *world, unsigned int who, const struct zwg_endpoint *from,
			     uint8_t tos, uint8_t split, const void *bytes, size_t len)
{
	struct host *host = &world->hosts[who];
	struct packet *packet = packet_new(split, split % 5, len, 0);
	struct zwg_chain chain = text_of(&packet->pkt);
	struct zwg_peer *peer = NULL;
	enum zwg_verdict verdict;

	INVARIANT(zwg_chain_write(&chain, 0, bytes, len));
	verdict = zwg_input(host->dev, host->now, &packet->pkt,
			    from != NULL ? from : &world->hosts[1 - who].at, tos, &peer);
	if (verdict == ZWG_DELIVER) {
		INVARIANT(peer != NULL && peer->used);
		check_delivered(host->dev, &packet->pkt, peer);
	}
	packet_free(packet);
	return verdict;
}

int world_output(struct world *world, unsigned int who, uint8_t split, const void *bytes,
		 size_t len)
{
	struct host *host = &world->hosts[who];
	struct packet *packet = packet_new(split, ZWG_HEADROOM + split % 5, len, ZWG_TAILROOM);
	struct zwg_chain chain = text_of(&packet->pkt);
	int err;

	INVARIANT(zwg_chain_write(&chain, 0, bytes, len));
	host->owned++;
	err = zwg_output(host->dev, host->now, &packet->pkt);
	if (err) {
		host->owned--;
		packet_free(packet);
	}
	return err;
}

size_t world_inner(uint8_t *out, unsigned int who, enum zwg_family family, size_t len)
{
	uint8_t src = who == SELF ? 2 : 1;

	memset(out, 0, len);
	if (family == ZWG_AF_INET) {
		out[0] = 0x45;
		out[2] = (uint8_t)(len >> 8);
		out[3] = (uint8_t)len;
		out[12] = out[16] = 10;
		out[15] = src;
		out[19] = (uint8_t)(3 - src);
	} else {
		out[0] = 0x60;
		out[4] = (uint8_t)((len - 40) >> 8);
		out[5] = (uint8_t)(len - 40);
		out[8] = out[24] = 0xfd;
		out[23] = src;
		out[39] = (uint8_t)(3 - src);
	}
	return len;
}

/* Jobs and time */

void world_job_step(struct world *world)
{
	struct host *self = &world->hosts[SELF];

	if (!self->job_taken) {
		self->job_taken = zwg_job_take(self->dev, self->now, self->job);
		self->job_computed = false;
		INVARIANT(self->job_taken || zwg_is_zero(self->job, sizeof(*self->job)));
	} else if (!self->job_computed) {
		zwg_job_compute(self->job);
		self->job_computed = true;
	} else {
		self->job_taken = zwg_job_commit(self->dev, self->now, self->job);
		self->job_computed = false;
		INVARIANT(self->job_taken || zwg_is_zero(self->job, sizeof(*self->job)));
	}
}

void world_jobs(struct world *world, unsigned int who)
{
	while (who == SELF && world->hosts[SELF].job_taken) {
		world_job_step(world);
	}
	zwg_run_jobs(world->hosts[who].dev, world->hosts[who].now);
}

void world_advance(struct world *world, unsigned int who, zwg_time ms)
{
	struct host *host = &world->hosts[who];
	zwg_time end = host->now + ms;

	while (host->wake <= end) {
		zwg_time before = host->wake;

		host->now = host->now > host->wake ? host->now : host->wake;
		zwg_tick(host->dev, host->now);
		INVARIANT(host->wake != before);
	}
	host->now = end;
}

void world_clear(struct world *world, unsigned int who)
{
	world->hosts[who].count = 0;
}

void world_pass(struct world *world, unsigned int to)
{
	struct host *from = &world->hosts[1 - to];
	unsigned int count = from->count;

	from->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		struct datagram datagram = from->list[i];

		world_input(world, to, NULL, 0, (uint8_t)i, datagram.bytes, datagram.len);
	}
}

void world_handshake(struct world *world, unsigned int who, bool confirm)
{
	struct host *host = &world->hosts[who];
	struct zwg_peer *peer = world_peer(world, who, PEER_OTHER);

	if (peer == NULL || zwg_peer_handshake(host->dev, host->now, peer)) {
		return;
	}
	world_clear(world, SELF);
	world_clear(world, OTHER);
	world_advance(world, who, ZWG_REKEY_TIMEOUT + 400);
	world_jobs(world, who);
	world_pass(world, 1 - who);
	world_jobs(world, 1 - who);
	if (confirm) {
		world_pass(world, who);
		world_jobs(world, who);
		world_pass(world, 1 - who);
	}
}

/* What always holds */

static void check_peer(struct host *host, const struct zwg_peer *peer, unsigned int *staged)
{
	struct zwg_device *dev = host->dev;
	unsigned int count = 0;
	uint32_t place;

	for (const struct zwg_packet *pkt = peer->staged_first; pkt != NULL; pkt = pkt->next) {
		INVARIANT(pkt->next != NULL || pkt == peer->staged_last);
		count++;
	}
	INVARIANT(count == peer->staged_count && count <= ZWG_MAX_STAGED);
	*staged += count;
	for (int role = 0; role < ZWG_ROLES; role++) {
		uint8_t number = peer->keypair_of[role];

		if (number == 0) {
			continue;
		}
		INVARIANT(number <= ZWG_ROLES);
		INVARIANT(number != peer->keypair_of[(role + 1) % ZWG_ROLES]);
		INVARIANT(zwg_index_find(dev, peer->keypairs[number - 1].local_index, &place) ==
			  peer);
		INVARIANT(place == number - 1U);
	}
	if (peer->initiation.sent) {
		INVARIANT(zwg_index_find(dev, peer->initiation.local_index, &place) == peer);
		INVARIANT(place == ZWG_INDEX_INITIATION);
	}
	/* What waits for a handshake has one coming. */
	if (count > 0) {
		INVARIANT(dev->up && peer->endpoint.addr.family != ZWG_AF_NONE);
	}
	if (count > 0 && dev->identity.set) {
		INVARIANT(peer->wants_initiation || peer->initiating ||
			  peer->timers.retransmit_handshake != ZWG_NEVER);
	}
}

void world_check(struct world *world, unsigned int who)
{
	struct host *host = &world->hosts[who];
	struct zwg_device *dev = host->dev;
	unsigned int staged = 0, used = 0, wanting = 0, listed = 0;
	uint32_t id;

	for (struct zwg_peer *peer = zwg_peer_next(dev, NULL); peer != NULL;
	     peer = zwg_peer_next(dev, peer)) {
		check_peer(host, peer, &staged);
		used++;
		wanting += peer->wants_initiation;
	}
	for (uint32_t link = dev->wanting_first; link != 0; link = dev->peers[link - 1].link) {
		INVARIANT(link <= ZWG_MAX_PEERS && dev->peers[link - 1].wants_initiation);
		INVARIANT(++listed <= ZWG_MAX_PEERS);
	}
	INVARIANT(listed == wanting);
	INVARIANT(used == dev->peers_used && staged == host->owned);
	INVARIANT(dev->queue_count <= ZWG_HANDSHAKE_QUEUE);
	INVARIANT(dev->wake_at == host->wake);
	INVARIANT(zwg_deadlines_first(&dev->deadlines, &id) == host->wake);
}
