/* SPDX-License-Identifier: MIT */
/*
 * Everything that a port can do to a device, in any order: each byte of the input is a call, the
 * next few its arguments. Handshake jobs are taken, computed and committed as calls of their own,
 * with anything between them. After each call the device must be consistent (world_check()). Built
 * with crypto_transparent.c and with the real thing.
 */
#include <errno.h>

#include "crypto/crypto.h"
#include "messages.h"
#include "world.h"

#define STEPS_MAX 400
#define PEER_KEYS (WORLD_PEERS + 3) /* More than a device has room for. */

static void any_key(const struct world *world, uint8_t number, uint8_t key[32])
{
	world_public_key(world, number % PEER_KEYS, key);
}

static struct zwg_peer *any_peer(struct world *world, struct input *in)
{
	uint8_t key[32];

	any_key(world, input_u8(in), key);
	return zwg_peer_find(world->hosts[SELF].dev, key);
}

static struct zwg_prefix any_prefix(struct input *in)
{
	uint8_t how = input_u8(in);
	struct zwg_prefix prefix = {{how & 1 ? ZWG_AF_INET : ZWG_AF_INET6, {0}}, input_u8(in)};

	if (how & 2) {
		prefix.addr.bytes[0] = how & 1 ? 10 : 0xfd;
	}
	prefix.addr.bytes[how & 1 ? 3 : 15] = how >> 4;
	return prefix;
}

static struct zwg_endpoint any_endpoint(const struct world *world, struct input *in)
{
	uint8_t how = input_u8(in);
	struct zwg_endpoint endpoint = world->hosts[OTHER].at;

	if (how % 4 == 0) {
		return (struct zwg_endpoint){0};
	}
	endpoint.addr.bytes[3] = (uint8_t)(2 + (how >> 2 & 3));
	endpoint.src = (struct zwg_addr){ZWG_AF_INET, {192, 0, 2, 1}};
	return endpoint;
}

static void output(struct world *world, struct input *in, unsigned int who)
{
	uint8_t how = input_u8(in);
	uint8_t inner[600];
	size_t len = 40 + how * 2;

	world_inner(inner, who, how & 1 ? ZWG_AF_INET : ZWG_AF_INET6, len);
	if (who == SELF) {
		inner[how & 1 ? 19 : 39] = input_u8(in); /* Of any peer. */
	}
	world_output(world, who, how, inner, how == 0xff ? 0 : len);
}

static void change_key(struct world *world, struct input *in)
{
	struct host *self = &world->hosts[SELF];
	uint8_t how = input_u8(in);
	uint8_t key[32];

	memcpy(key, how & 1 ? self->private_key : world->hosts[OTHER].private_key, sizeof(key));
	INVARIANT(zwg_set_private_key(self->dev, self->now, how % 4 == 2 ? NULL : key) == 0);
}

static void add_peer(struct world *world, struct input *in)
{
	struct zwg_device *dev = world->hosts[SELF].dev;
	struct zwg_peer *peer;
	uint8_t key[32];
	int err;

	any_key(world, input_u8(in), key);
	err = zwg_peer_add(dev, key, &peer);
	INVARIANT(err == 0 || err == -EEXIST || err == -ENOSPC || err == -EINVAL);
	INVARIANT((peer != NULL) == (err == 0 || err == -EEXIST));
}

/* A datagram on its way to @who is lost, comes, comes twice, or comes spoilt. */
static void pass_one(struct world *world, struct input *in, unsigned int who)
{
	struct host *from = &world->hosts[1 - who];
	uint8_t how = input_u8(in);
	struct datagram datagram;
	unsigned int at;

	if (from->count == 0) {
		return;
	}
	at = how / 4 % from->count;
	datagram = from->list[at];
	if (how % 4 == 3) {
		datagram.bytes[input_u8(in) % datagram.len] ^= input_u8(in);
	}
	if (how % 4 != 2) {
		memmove(&from->list[at], &from->list[at + 1],
			(from->count - at - 1) * sizeof(from->list[0]));
		from->count--;
	}
	if (how % 4 != 1) {
		world_input(world, who, NULL, how, how, datagram.bytes, datagram.len);
	}
}

static void look(struct world *world, struct zwg_peer *peer)
{
	struct zwg_device *dev = world->hosts[SELF].dev;
	struct zwg_peer_info info;
	struct zwg_prefix prefix;
	uint32_t cursor = 0;

	zwg_peer_get_info(peer, world->hosts[SELF].now, &info);
	while (zwg_allowed_ip_next(dev, peer, &cursor, &prefix)) {
		INVARIANT(prefix.bits <= zwg_family_bits(prefix.addr.family));
	}
}

static void with_peer(struct world *world, struct input *in, uint8_t call)
{
	struct host *self = &world->hosts[SELF];
	struct zwg_peer *peer = any_peer(world, in);
	struct zwg_prefix prefix;
	struct zwg_endpoint endpoint;
	uint8_t psk[32];

	if (peer == NULL) {
		return;
	}
	switch (call) {
	case 0:
		zwg_peer_remove(self->dev, peer);
		break;
	case 1:
		prefix = any_prefix(in);
		zwg_allowed_ip_add(self->dev, peer, &prefix);
		break;
	case 2:
		prefix = any_prefix(in);
		zwg_allowed_ip_remove(self->dev, peer, &prefix);
		break;
	case 3:
		zwg_allowed_ips_clear(self->dev, peer);
		break;
	case 4:
		endpoint = any_endpoint(world, in);
		zwg_peer_set_endpoint(self->dev, self->now, peer, &endpoint);
		break;
	case 5:
		zwg_peer_set_keepalive(self->dev, self->now, peer, input_u8(in));
		break;
	case 6:
		memset(psk, input_below(in, 3), sizeof(psk));
		zwg_peer_set_preshared_key(self->dev, peer, psk);
		break;
	case 7:
		zwg_peer_handshake(self->dev, self->now, peer);
		break;
	default:
		look(world, peer);
		break;
	}
}

static void step(struct world *world, struct input *in)
{
	struct host *self = &world->hosts[SELF];
	uint8_t call = input_u8(in);

	switch (call % 24) {
	case 0:
	case 1:
		output(world, in, SELF);
		break;
	case 2:
		output(world, in, OTHER);
		break;
	case 3:
	case 4:
		pass_one(world, in, SELF);
		break;
	case 5:
		pass_one(world, in, OTHER);
		world_jobs(world, OTHER);
		break;
	case 6:
	case 7:
		world_job_step(world);
		break;
	case 8:
		world_jobs(world, SELF);
		break;
	case 9:
		world_handshake(world, input_below(in, 2), input_below(in, 2));
		break;
	case 10:
		world_advance(world, SELF, (zwg_time)input_u8(in) * (call < 128 ? 40 : 4000));
		break;
	case 11:
		world_advance(world, OTHER, (zwg_time)input_u8(in) * 100);
		world_jobs(world, OTHER);
		break;
	case 12:
		zwg_tick(self->dev, self->now);
		break;
	case 13:
		change_key(world, in);
		break;
	case 14:
		zwg_device_up(self->dev, self->now);
		break;
	case 15:
		zwg_device_down(self->dev);
		break;
	case 16:
		self->random_fails = call & 0x80;
		self->stamp_fails = call & 0x40;
		self->send_fails = call & 0x20;
		break;
	case 17:
		zwg_set_mtu(self->dev, (uint32_t)input_u8(in) * 8);
		break;
	case 18:
		add_peer(world, in);
		break;
	default:
		with_peer(world, in, input_below(in, 9));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct world *world = world_new();

	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		step(world, &in);
		world_check(world, SELF);
	}
	world_free(world);
	return 0;
}
