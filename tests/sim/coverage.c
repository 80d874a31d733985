/* SPDX-License-Identifier: MIT */
/* Which state of a peer met which event, and what else was seen, over all runs of the program. */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "keypair.h"
#include "messages.h"

#define STATES 256
#define EVENTS 32

static const char *events[EVENTS];
static uint64_t seen[STATES][EVENTS];

enum current {
	NO_SESSION,
	YOUNG,
	REKEY_DUE,
	ENDED,
};

/*
 * initiation (none, wanted or under way, sent) x current x next x previous x staged. Of these there
 * can be 48: next and previous are never there together, previous not without current, and nothing
 * is staged while current can send. rules.c holds the device to that.
 */
#define REACHABLE 48

static unsigned int state_of(struct zwg_peer *peer, zwg_time now)
{
	const struct zwg_keypair *keypair = zwg_keypair_get(peer, ZWG_CURRENT);
	unsigned int initiation =
		peer->initiation.sent ? 2 : peer->wants_initiation || peer->initiating;
	enum current current = NO_SESSION;

	if (keypair && !zwg_keypair_can_send(keypair, now))
		current = ENDED;
	else if (keypair && now - keypair->birth >= ZWG_REKEY_AFTER_TIME)
		current = REKEY_DUE;
	else if (keypair)
		current = YOUNG;
	return initiation | current << 2 | (peer->keypair_of[ZWG_NEXT] != 0) << 4 |
	       (peer->keypair_of[ZWG_PREVIOUS] != 0) << 5 | (peer->staged_count != 0) << 6;
}

static unsigned int number_of(const char *event)
{
	unsigned int i = 0;

	while (i < EVENTS && events[i] && strcmp(events[i], event) != 0)
		i++;
	SIM_RULE(i < EVENTS, "too many kinds of events to count");
	events[i] = event;
	return i;
}

void coverage_note(struct node *node, const struct node *other, const char *event)
{
	struct zwg_peer *peer = node == other || !node->running ? NULL : node_peer(node, other);

	if (peer)
		seen[state_of(peer, node_clock(node))][number_of(event)]++;
}

static const char *const must_happen[] = {
	"torn write",
	"inner source that lies",
	"congestion mark",
	"hostile cookie",
};
#define MUST_HAPPEN (sizeof(must_happen) / sizeof(must_happen[0]))

static uint64_t happened[MUST_HAPPEN];
static uint64_t drops[ZWG_DROP_COUNT];

void coverage_met(const char *what)
{
	size_t i = 0;

	while (i < MUST_HAPPEN && strcmp(must_happen[i], what) != 0)
		i++;
	SIM_RULE(i < MUST_HAPPEN, "\"%s\" is not in the list", what);
	happened[i]++;
}

void coverage_drops(const struct zwg_device *dev)
{
	for (int why = 0; why < ZWG_DROP_COUNT; why++)
		drops[why] += dev->counters.drops[why];
}

/* Packets here have room, primitives do not fail, and every inner packet that is sealed is one. */
static bool cannot_be_dropped(enum zwg_drop why)
{
	return why == ZWG_DROP_NO_ROOM || why == ZWG_DROP_SEAL || why == ZWG_DROP_INNER_VERSION ||
	       why == ZWG_DROP_INNER_LENGTH;
}

static void print_state(unsigned int state)
{
	static const char *const initiation[] = {"-", "wanted", "sent", "?"};
	static const char *const current[] = {"none", "young", "rekey", "ended"};

	printf("initiation %-6s current %-5s next %d previous %d staged %d:", initiation[state & 3],
	       current[state >> 2 & 3], state >> 4 & 1, state >> 5 & 1, state >> 6 & 1);
}

void coverage_print(bool whole)
{
	unsigned int states = 0, pairs = 0, kinds = 0;

	while (kinds < EVENTS && events[kinds])
		kinds++;
	for (unsigned int state = 0; state < STATES; state++) {
		unsigned int here = 0;

		for (unsigned int event = 0; event < kinds; event++)
			here += seen[state][event] > 0;
		pairs += here;
		states += here > 0;
		if (!whole || !here)
			continue;
		print_state(state);
		for (unsigned int event = 0; event < kinds; event++) {
			if (seen[state][event])
				printf(" %s", events[event]);
			if (seen[state][event] && event + 1 < kinds)
				printf(",");
		}
		printf("\n");
	}
	printf("state machine: %u of %u states, %u of %u (state, event) pairs seen\n", states,
	       REACHABLE, pairs, REACHABLE * kinds);
	for (size_t i = 0; i < MUST_HAPPEN; i++)
		printf("%s%s: %" PRIu64, i ? ", " : "", must_happen[i], happened[i]);
	printf("\ndropped:");
	for (int why = 0; why < ZWG_DROP_COUNT; why++) {
		if (drops[why])
			printf(" %s %" PRIu64, zwg_drop_name((enum zwg_drop)why), drops[why]);
	}
	printf("\n");
}

bool coverage_complete(void)
{
	unsigned int states = 0;
	bool complete = true;

	for (unsigned int state = 0; state < STATES; state++) {
		bool here = false;

		for (unsigned int event = 0; event < EVENTS; event++)
			here |= seen[state][event] > 0;
		states += here;
	}
	if (states != REACHABLE) {
		printf("not seen: %u states\n", REACHABLE - states);
		complete = false;
	}
	for (size_t i = 0; i < MUST_HAPPEN; i++) {
		if (!happened[i]) {
			printf("not seen: %s\n", must_happen[i]);
			complete = false;
		}
	}
	for (int why = 0; why < ZWG_DROP_COUNT; why++) {
		if (!drops[why] && !cannot_be_dropped((enum zwg_drop)why)) {
			printf("not seen: anything dropped for \"%s\"\n",
			       zwg_drop_name((enum zwg_drop)why));
			complete = false;
		}
	}
	return complete;
}
