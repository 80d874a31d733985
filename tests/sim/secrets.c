/* SPDX-License-Identifier: MIT */
/*
 * Every secret that was ever computed in the run is known here: private, preshared and ephemeral
 * keys, Diffie-Hellman results, chaining keys, keys of AEADs and sessions, cookies and the secrets
 * behind them. They may lie in a device only where one is in use.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 65536 /* A power of two. */

static uint64_t known[ROOM];
static size_t count;
static uint8_t hint[32768]; /* A bit for each hash: most looks end here. */

static uint64_t head_of(const uint8_t *bytes)
{
	uint64_t head;

	memcpy(&head, bytes, sizeof(head));
	return head;
}

static uint64_t mix(uint64_t head)
{
	head *= UINT64_C(0x9e3779b97f4a7c15);
	return head ^ head >> 32;
}

void secrets_reset(void)
{
	memset(known, 0, sizeof(known));
	memset(hint, 0, sizeof(hint));
	count = 0;
}

void secrets_add(const uint8_t *secret)
{
	uint64_t head = head_of(secret);
	uint64_t hash = mix(head);

	/* A long run has more than there is room for; the first ones do as well as the last. */
	if (count >= ROOM / 2)
		return;
	hint[hash >> 3 & 32767] |= (uint8_t)(1 << (hash & 7));
	for (size_t place = hash & (ROOM - 1);; place = (place + 1) & (ROOM - 1)) {
		if (known[place] == head)
			return;
		if (known[place] == 0) {
			known[place] = head;
			count++;
			return;
		}
	}
}

static bool is_known(uint64_t head)
{
	uint64_t hash = mix(head);

	if (head == 0 || !(hint[hash >> 3 & 32767] >> (hash & 7) & 1))
		return false;
	for (size_t place = hash & (ROOM - 1); known[place] != 0;
	     place = (place + 1) & (ROOM - 1)) {
		if (known[place] == head)
			return true;
	}
	return false;
}

static void forget_what_is_in_use(struct zwg_device *dev)
{
	if (dev->identity.set)
		memset(dev->identity.private_key, 0, 32);
	if (dev->cookie_secret_set)
		memset(dev->cookie_secret, 0, 32);
	for (uint32_t id = 0; id < dev->peers_touched; id++) {
		struct zwg_peer *peer = &dev->peers[id];

		if (!peer->used)
			continue;
		memset(peer->preshared_key, 0, 32);
		if (dev->up && peer->cookie.has_value)
			memset(peer->cookie.value, 0, sizeof(peer->cookie.value));
		if (peer->initiation.sent)
			memset(&peer->initiation, 0, sizeof(peer->initiation));
		for (int role = 0; role < ZWG_ROLES; role++) {
			uint8_t number = peer->keypair_of[role];

			if (number) {
				memset(peer->keypairs[number - 1].send_key, 0, 32);
				memset(peer->keypairs[number - 1].recv_key, 0, 32);
			}
		}
	}
}

void secrets_check(const struct node *node)
{
	static struct zwg_device copy;
	const uint8_t *mem = (const uint8_t *)&copy;
	size_t len = offsetof(struct zwg_device, peers) +
		     node->dev->peers_touched * sizeof(struct zwg_peer);

	/* Beyond the peers that were ever there nothing was ever written: node_stop() sees to it.
	 */
	memcpy(&copy, node->dev, len);
	forget_what_is_in_use(&copy);
	/* None that is known begins with a zero: eight of them are passed at once. */
	for (size_t i = 0; i + 8 <= len;) {
		uint64_t head = head_of(mem + i);

		SIM_RULE(mem[i] == 0 || !is_known(head),
			 "node %d: a secret lies at byte %zu of the device", node->index, i);
		i += head == 0 ? 8 : 1;
	}
}

void secrets_all_zero(const void *mem, size_t len, const char *what)
{
	const uint8_t *bytes = mem;

	SIM_RULE(len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0),
		 "%s is not all zeros", what);
}
