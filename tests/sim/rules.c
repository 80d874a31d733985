/* SPDX-License-Identifier: MIT */
/*
 * Rules that hold at every step: nothing moves without an authentic and fresh message, tables keep
 * their bounds, every packet is accounted for, what is not in use is zeros, stamps rise.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "deadlines.h"
#include "keypair.h"
#include "messages.h"

/* By the number of a datagram: in which life of its memory a device has believed it, plus one. */
static uint32_t *accepted;
static size_t accepted_room;

static struct {
	uint32_t peers;
	struct zwg_peer peer[SIM_NODES];
} before;

void rules_reset(void)
{
	if (accepted)
		memset(accepted, 0, accepted_room * sizeof(*accepted));
}

static uint32_t *accepted_place(uint64_t number)
{
	if (number >= accepted_room) {
		size_t room = 2 * number + 4096;

		accepted = realloc(accepted, room * sizeof(*accepted));
		if (!accepted)
			abort();
		memset(accepted + accepted_room, 0, (room - accepted_room) * sizeof(*accepted));
		accepted_room = room;
	}
	return &accepted[number];
}

void rules_before(const struct node *node)
{
	before.peers = node->dev->peers_touched;
	memcpy(before.peer, node->dev->peers, before.peers * sizeof(before.peer[0]));
}

/* The device has believed @a cause; was that right? */
static void believed(const struct node *node, const struct zwg_peer *peer,
		     const struct waiting *cause)
{
	uint32_t life;
	uint32_t *place;

	SIM_RULE(cause, "node %d believes a message that was not given to it", node->index);
	SIM_RULE(cause->origin >= 0, "node %d believes a forged message", node->index);
	SIM_RULE(!cause->altered, "node %d believes an altered message, #%u", node->index,
		 (unsigned int)cause->number);
	SIM_RULE(memcmp(world.nodes[cause->origin].public_key, peer->public_key, 32) == 0,
		 "node %d takes a message of node %d for another's", node->index, cause->origin);
	/* The greatest stamp of a peer is kept in memory only: who was restarted, or has been given
	 * the peer anew, can be shown an initiation again. It leads to no session. */
	life = cause->len == ZWG_INITIATION_LEN ? node->lives[cause->origin] + 1 : 1;
	place = accepted_place(cause->number);
	SIM_RULE(*place < life, "node %d believes #%u twice", node->index,
		 (unsigned int)cause->number);
	*place = life;
}

bool rules_after(struct node *node, const struct waiting *cause, bool handshake)
{
	const struct zwg_peer *believer = NULL;
	bool cookie = cause && !handshake && cause->len == ZWG_COOKIE_REPLY_LEN;

	for (uint32_t id = 0; id < before.peers; id++) {
		const struct zwg_peer *peer = &node->dev->peers[id];
		struct zwg_peer *was = &before.peer[id];

		if (peer->rx_bytes != was->rx_bytes) {
			SIM_RULE(!believer, "node %d: one message, two peers", node->index);
			believer = peer;
			believed(node, peer, cause);
			if (!zwg_endpoint_equal(&peer->endpoint, &was->endpoint)) {
				SIM_RULE(net_address(&peer->endpoint) == cause->from,
					 "node %d: an endpoint that moved somewhere else",
					 node->index);
				sim_say(node, "endpoint moves to %u", cause->from);
			}
			continue;
		}
		SIM_RULE(zwg_endpoint_equal(&peer->endpoint, &was->endpoint),
			 "node %d: an endpoint moves without an authentic, fresh message",
			 node->index);
		if (cookie)
			was->cookie = peer->cookie;
	}
	for (uint32_t id = 0; id < before.peers && !believer && !handshake; id++)
		SIM_RULE(memcmp(&node->dev->peers[id], &before.peer[id], sizeof(before.peer[0])) ==
				 0,
			 "node %d: a message that is not believed changes a peer", node->index);
	return believer != NULL;
}

void rules_stamp(struct node *node, const uint8_t *stamp)
{
	SIM_RULE(memcmp(stamp, node->last_stamp, ZWG_TAI64N_LEN) > 0,
		 "node %d: a stamp that does not rise", node->index);
	memcpy(node->last_stamp, stamp, ZWG_TAI64N_LEN);
}

static void unused_peer(const struct node *node, const struct zwg_peer *peer)
{
	struct zwg_peer blank = *peer;

	blank.id = 0;
	blank.generation = 0;
	blank.link = 0;
	secrets_all_zero(&blank, offsetof(struct zwg_peer, id), "a removed peer");
	SIM_RULE(!peer->wants_initiation && !peer->initiating && !peer->keepalive,
		 "node %d: a removed peer that still wants something", node->index);
}

/* Returns how many indices the peer holds. */
static size_t sessions(const struct node *node, const struct zwg_peer *peer)
{
	zwg_time now = node_clock(node);
	zwg_time youngest = 0;
	bool in_role[ZWG_ROLES] = {false};
	size_t indices = peer->initiation.sent;

	for (int role = 0; role < ZWG_ROLES; role++) {
		uint8_t number = peer->keypair_of[role];
		const struct zwg_keypair *keypair = &peer->keypairs[number ? number - 1 : 0];

		if (!number)
			continue;
		SIM_RULE(number <= ZWG_ROLES && !in_role[number - 1],
			 "node %d: a session in two roles", node->index);
		in_role[number - 1] = true;
		indices++;
		if (keypair->birth > youngest)
			youngest = keypair->birth;
		SIM_RULE(keypair->birth <= now, "node %d: a session of the future", node->index);
	}
	for (int number = 0; number < ZWG_ROLES; number++) {
		if (!in_role[number])
			secrets_all_zero(&peer->keypairs[number], sizeof(peer->keypairs[0]),
					 "a session that has ended");
	}
	if (!peer->initiation.sent)
		secrets_all_zero(&peer->initiation, sizeof(peer->initiation),
				 "a handshake that has ended");
	/* The timer that wipes them may be due in this very moment. */
	if (indices > peer->initiation.sent)
		SIM_RULE(now <= youngest + 3 * ZWG_REJECT_AFTER_TIME || node->wake <= now,
			 "node %d: sessions outlive nine minutes", node->index);
	SIM_RULE(!peer->initiation.sent || peer->wants_initiation || peer->initiating ||
			 peer->timers.retransmit_handshake != ZWG_NEVER ||
			 peer->timers.zero_key_material != ZWG_NEVER,
		 "node %d: a handshake that nothing will end", node->index);
	SIM_RULE(!peer->keypair_of[ZWG_PREVIOUS] ||
			 (peer->keypair_of[ZWG_CURRENT] && !peer->keypair_of[ZWG_NEXT]),
		 "node %d: sessions in roles that do not go together", node->index);
	return indices;
}

static bool can_send(const struct zwg_peer *peer, zwg_time now)
{
	uint8_t number = peer->keypair_of[ZWG_CURRENT];

	return number && zwg_keypair_can_send(&peer->keypairs[number - 1], now);
}

static void staged(const struct node *node, const struct zwg_peer *peer)
{
	const struct zwg_packet *pkt = peer->staged_first;
	uint32_t count = 0;

	SIM_RULE(peer->staged_count <= ZWG_MAX_STAGED, "node %d: too many staged packets",
		 node->index);
	for (; pkt; pkt = pkt->next) {
		SIM_RULE(++count <= peer->staged_count, "node %d: staged packets in a circle",
			 node->index);
		SIM_RULE(pkt->next || pkt == peer->staged_last,
			 "node %d: the last staged packet is another", node->index);
	}
	SIM_RULE(count == peer->staged_count, "node %d: staged packets are miscounted",
		 node->index);
	SIM_RULE(!count || !node->dev->identity.set || peer->wants_initiation || peer->initiating ||
			 peer->timers.retransmit_handshake != ZWG_NEVER,
		 "node %d: packets wait for a handshake that nobody makes", node->index);
	SIM_RULE(!count || !can_send(peer, node_clock(node)),
		 "node %d: packets wait although there is a session", node->index);
}

void rules_state(const struct node *node)
{
	const struct zwg_device *dev = node->dev;
	size_t indices = 0, in_map = 0, packets = 0, wanting = 0, used = 0, keys = 0;
	uint32_t id = 0;

	for (uint32_t i = 0; i < dev->peers_touched; i++) {
		const struct zwg_peer *peer = &dev->peers[i];

		if (!peer->used) {
			unused_peer(node, peer);
			continue;
		}
		used++;
		indices += sessions(node, peer);
		staged(node, peer);
		packets += peer->staged_count;
		wanting += peer->wants_initiation;
		SIM_RULE(!(peer->initiating && !node->job_busy),
			 "node %d: an initiation that nobody makes", node->index);
	}
	SIM_RULE(packets == node->owned_count,
		 "node %d: the core owns %zu packets, of which %zu are staged", node->index,
		 node->owned_count, packets);
	SIM_RULE(used == dev->peers_used && dev->peers_touched <= ZWG_MAX_PEERS,
		 "node %d: peers are miscounted", node->index);
	SIM_RULE(dev->queue_count <= ZWG_HANDSHAKE_QUEUE && dev->queue_count == node->queue_count,
		 "node %d: the handshake queue has %u, not %zu", node->index, dev->queue_count,
		 node->queue_count);
	SIM_RULE(dev->deadlines.count <= dev->peers_used, "node %d: too many deadlines",
		 node->index);
	SIM_RULE(zwg_deadlines_first(&dev->deadlines, &id) == node->wake,
		 "node %d: the port was told to wake at another time", node->index);
	/* Somebody must be on the way to those who want an initiation. */
	SIM_RULE(!(wanting || dev->queue_count) || node->job_busy || node->jobs_wanted,
		 "node %d: work that nobody was told of", node->index);
	for (size_t i = 0; i < sizeof(dev->index_map) / sizeof(dev->index_map[0]); i++)
		in_map += dev->index_map[i].value_plus_1 != 0;
	for (size_t i = 0; i < sizeof(dev->key_map) / sizeof(dev->key_map[0]); i++)
		keys += dev->key_map[i].value_plus_1 != 0;
	SIM_RULE(keys == used, "node %d: %zu keys are known of %zu peers", node->index, keys, used);
	SIM_RULE(in_map == indices, "node %d: %zu indices are known, %zu are in use", node->index,
		 in_map, indices);
}
