/* SPDX-License-Identifier: MIT */
/*
 * Hostile senders. Those on the network replay, forge up to mac1, for which a public key is enough,
 * and flood: so many at once that the victim is under load, and then with the cookies that it sends
 * them, so that its queue fills and its rate limiter has work. One node of some worlds lies too: it
 * is a peer, and sends packets with another's inner source (inner.c).
 */
#include "sim.h"

#include <string.h>

#include "crypto/crypto.h"

#define CAPTURED 64
#define LURKERS	 1000 /* Addresses from which replays and junk come. */
#define FLOODERS 16   /* Addresses behind those, which wait for cookies. */
#define MAC_LEN	 16

static struct datagram captured[CAPTURED];
static size_t captured_count;

/* What each has sent last. */
static struct {
	const struct node *victim;
	uint8_t mac1[MAC_LEN];
} flooders[FLOODERS];

void hostile_begin(void)
{
	captured_count = 0;
	memset(flooders, 0, sizeof(flooders));
	world.liar =
		world.hostility && sim_chance(500) ? (int)sim_below((uint64_t)world.count) : -1;
}

void hostile_capture(const struct datagram *datagram)
{
	if (world.hostility && sim_chance(300))
		captured[captured_count++ % CAPTURED] = *datagram;
}

static void mac(uint8_t out[MAC_LEN], const uint8_t *key, size_t key_len, const uint8_t *data,
		size_t len)
{
	if (zwg_blake2s(out, MAC_LEN, key, key_len, data, len))
		sim_broken("BLAKE2s failed");
}

static void label_key(uint8_t key[32], const char label[8], const struct node *node)
{
	uint8_t input[8 + 32];

	memcpy(input, label, 8);
	memcpy(input + 8, node->public_key, 32);
	if (zwg_blake2s(key, 32, NULL, 0, input, sizeof(input)))
		sim_broken("BLAKE2s failed");
}

/* Valid up to mac1. */
static void forge(struct datagram *datagram, const struct node *victim)
{
	bool initiation = sim_chance(700);
	uint8_t key[32];

	datagram->len = initiation ? 148 : 92;
	sim_bytes(datagram->bytes, datagram->len);
	memset(datagram->bytes, 0, 4);
	datagram->bytes[0] = initiation ? 1 : 2;
	label_key(key, "mac1----", victim);
	mac(datagram->bytes + datagram->len - 2 * MAC_LEN, key, 32, datagram->bytes,
	    datagram->len - 2 * MAC_LEN);
}

static void junk(struct datagram *datagram)
{
	datagram->len = sim_below(SIM_MTU + 1);
	sim_bytes(datagram->bytes, datagram->len);
	if (datagram->len >= 4 && sim_chance(900)) {
		memset(datagram->bytes, 0, 4);
		datagram->bytes[0] = (uint8_t)(1 + sim_below(4));
	}
}

static void replay(struct datagram *datagram)
{
	size_t count = captured_count < CAPTURED ? captured_count : CAPTURED;
	sim_address to = datagram->to;
	sim_address from = datagram->from;

	if (count == 0) {
		junk(datagram);
		return;
	}
	*datagram = captured[sim_below(count)];
	datagram->from = sim_chance(500) ? from : datagram->from;
	/* Mostly to whom it was meant for, so that it has a chance. */
	datagram->to = sim_chance(200) ? to : datagram->to;
}

static struct datagram addressed(sim_address from, const struct node *victim)
{
	return (struct datagram){
		.origin = -1,
		.from = from,
		.to = victim->address,
		.tos = (uint8_t)sim_random(),
	};
}

static sim_address lurker(void)
{
	return SIM_ATTACKERS + (sim_address)sim_below(LURKERS);
}

static void flood(const struct node *victim)
{
	for (int i = 0; i < ZWG_LOAD_THRESHOLD + 10; i++) {
		struct datagram datagram = addressed(lurker(), victim);

		forge(&datagram, victim);
		net_transmit(&datagram);
	}
	for (int i = 0; i < FLOODERS; i++) {
		struct datagram datagram =
			addressed(SIM_ATTACKERS + LURKERS + (sim_address)i, victim);

		forge(&datagram, victim);
		flooders[i].victim = victim;
		memcpy(flooders[i].mac1, datagram.bytes + datagram.len - 2 * MAC_LEN, MAC_LEN);
		net_transmit(&datagram);
	}
}

void hostile_receive(const struct datagram *datagram)
{
	uint32_t number = datagram->to - SIM_ATTACKERS - LURKERS;
	const struct node *victim = number < FLOODERS ? flooders[number].victim : NULL;
	uint8_t cookie[MAC_LEN], key[32];
	struct zwg_seg seg = {cookie, MAC_LEN};
	struct zwg_chain chain = {&seg, 1, 0, MAC_LEN};

	if (!world.hostility || !victim || datagram->len != 64 || datagram->bytes[0] != 3)
		return;
	memcpy(cookie, datagram->bytes + 32, MAC_LEN);
	label_key(key, "cookie--", victim);
	if (zwg_xaead_open(key, datagram->bytes + 8, flooders[number].mac1, MAC_LEN, &chain,
			   datagram->bytes + 48))
		return;
	coverage_met("hostile cookie");
	for (int i = 0; i < 8; i++) {
		struct datagram again = addressed(datagram->to, victim);

		forge(&again, victim);
		mac(again.bytes + again.len - MAC_LEN, cookie, MAC_LEN, again.bytes,
		    again.len - MAC_LEN);
		net_transmit(&again);
	}
}

void hostile_attack(void)
{
	const struct node *victim = &world.nodes[sim_below((uint64_t)world.count)];
	uint64_t burst = sim_chance(100) ? 50 + sim_below(200) : 1 + sim_below(8);
	uint64_t kind = sim_below(3);

	if (sim_chance(40)) {
		flood(victim);
		return;
	}
	for (uint64_t i = 0; i < burst; i++) {
		struct datagram datagram = addressed(lurker(), victim);

		if (kind == 0)
			forge(&datagram, victim);
		else if (kind == 1)
			junk(&datagram);
		else
			replay(&datagram);
		net_transmit(&datagram);
	}
}
