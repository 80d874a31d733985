/* SPDX-License-Identifier: MIT */
/*
 * After the network has healed, every two peers hear each other within one REKEY_TIMEOUT and its
 * jitter. The one exception is in the protocol: of two ends that both still have a session which
 * the other has lost, neither knows before KEEPALIVE_TIMEOUT + REKEY_TIMEOUT have passed without an
 * answer (paper section 6.5). Whether two ends are so is looked up in both of them.
 */
#include "sim.h"

#include <string.h>

#include "internal.h"
#include "keypair.h"
#include "messages.h"

#define INTERVAL (300 * SIM_MS)
#define SLACK	 (500 * SIM_MS) /* Clocks of other rates, jobs, the network. */

uint64_t liveness_slow_pairs, liveness_pairs;

static sim_time began;
static uint64_t last_packet[SIM_NODES][SIM_NODES];
static sim_time last_sent[SIM_NODES][SIM_NODES];
static bool slow[SIM_NODES][SIM_NODES];
static bool any_slow;

static sim_time fast_bound(void)
{
	return (ZWG_REKEY_TIMEOUT + ZWG_MAX_JITTER) * SIM_MS + SLACK;
}

static sim_time slow_bound(void)
{
	return fast_bound() +
	       (ZWG_KEEPALIVE_TIMEOUT + ZWG_REKEY_TIMEOUT + ZWG_MAX_JITTER) * SIM_MS + SLACK;
}

static sim_time bound_of(const struct node *a, const struct node *b)
{
	return slow[a->index][b->index] ? slow_bound() : fast_bound();
}

sim_time liveness_bound(void)
{
	return (any_slow ? slow_bound() : fast_bound()) + 2 * INTERVAL + SLACK;
}

/* What an end sends with now, or NULL: then it makes a handshake. */
static const struct zwg_keypair *sends_with(struct node *node, const struct node *other)
{
	const struct zwg_keypair *keypair = zwg_keypair_get(node_peer(node, other), ZWG_CURRENT);

	return zwg_keypair_can_send(keypair, node_clock(node)) ? keypair : NULL;
}

static bool hears(struct node *node, const struct node *other, const struct zwg_keypair *keypair)
{
	uint32_t place;
	const struct zwg_peer *peer = zwg_index_find(node->dev, keypair->remote_index, &place);

	return peer && peer == node_peer(node, other) && place < ZWG_ROLES &&
	       memcmp(peer->keypairs[place].recv_key, keypair->send_key, 32) == 0 &&
	       zwg_keypair_can_receive(&peer->keypairs[place], node_clock(node));
}

static bool lost(struct node *from, struct node *to)
{
	const struct zwg_keypair *keypair = sends_with(from, to);

	return keypair && !hears(to, from, keypair);
}

/* Can the end call the other? If not, it waits to hear where that is. */
static bool knows_where(struct node *node, const struct node *other)
{
	return net_address(&node_peer(node, other)->endpoint) == other->address;
}

static bool is_slow(struct node *a, struct node *b)
{
	return (lost(a, b) && (sends_with(b, a) || !knows_where(b, a))) ||
	       (lost(b, a) && (sends_with(a, b) || !knows_where(a, b)));
}

void liveness_begin(void)
{
	began = world.now;
	any_slow = false;
	memset(last_sent, 0, sizeof(last_sent));
	for (int i = 0; i < world.count; i++) {
		for (int j = 0; j < world.count; j++) {
			if (i == j || !node_link(&world.nodes[i], &world.nodes[j])->exists)
				continue;
			slow[i][j] = is_slow(&world.nodes[i], &world.nodes[j]);
			any_slow |= slow[i][j];
			liveness_pairs++;
			liveness_slow_pairs += slow[i][j];
		}
		liveness_traffic(&world.nodes[i]);
	}
}

void liveness_traffic(struct node *node)
{
	for (int j = 0; j < world.count; j++) {
		struct node *to = &world.nodes[j];

		if (to == node || !node_link(node, to)->exists)
			continue;
		/* The last one sent after the bound, with time to arrive, decides. */
		if (last_sent[node->index][j] >= began + bound_of(node, to) &&
		    world.now > last_sent[node->index][j])
			continue;
		last_packet[node->index][j] = node_send(node, to);
		last_sent[node->index][j] = world.now;
	}
	events_add(world.now + INTERVAL, EVENT_PROBE, node, NULL);
}

void liveness_check(void)
{
	for (int i = 0; i < world.count; i++) {
		for (int j = 0; j < world.count; j++) {
			const struct node *from = &world.nodes[i];
			const struct node *to = &world.nodes[j];

			if (i == j || !node_link(from, to)->exists)
				continue;
			SIM_RULE(last_sent[i][j] >= began + bound_of(from, to),
				 "the run ended too early for node %d and %d", i, j);
			SIM_RULE(inner_was_delivered(last_packet[i][j]),
				 "node %d does not hear node %d, %u ms after the network healed", j,
				 i, (unsigned int)((last_sent[i][j] - began) / SIM_MS));
		}
	}
}
