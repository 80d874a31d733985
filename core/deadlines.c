/* SPDX-License-Identifier: MIT */
/*
 * A binary min-heap of (time, id) that knows where each id stands, so that a deadline is moved or
 * removed in a logarithm of steps. Invariants: no entry is earlier than the one at (place - 1) / 2,
 * and place_plus_1[heap[place].id] == place + 1 for every place below count.
 */
#include "deadlines.h"

static void put(struct zwg_deadlines *deadlines, uint32_t place, zwg_time at, uint32_t id)
{
	deadlines->heap[place].at = at;
	deadlines->heap[place].id = id;
	deadlines->place_plus_1[id] = place + 1;
}

/* Brings (at, id) to its place on the path between the vacant @a place and the top or a leaf.
 * place < ZWG_MAX_PEERS always; a compiler that knows of one peer only must be told. */
static void settle(struct zwg_deadlines *deadlines, uint32_t place, zwg_time at, uint32_t id)
{
	while (place > 0 && place < ZWG_MAX_PEERS) {
		uint32_t parent = (place - 1) / 2;

		if (deadlines->heap[parent].at <= at) {
			break;
		}
		put(deadlines, place, deadlines->heap[parent].at, deadlines->heap[parent].id);
		place = parent;
	}
	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child >= deadlines->count) {
			break;
		}
		if (child + 1 < deadlines->count &&
		    deadlines->heap[child + 1].at < deadlines->heap[child].at) {
			child++;
		}
		if (at <= deadlines->heap[child].at) {
			break;
		}
		put(deadlines, place, deadlines->heap[child].at, deadlines->heap[child].id);
		place = child;
	}
	put(deadlines, place, at, id);
}

static void drop(struct zwg_deadlines *deadlines, uint32_t id)
{
	uint32_t place = deadlines->place_plus_1[id] - 1;
	uint32_t last = --deadlines->count;

	deadlines->place_plus_1[id] = 0;
	if (place != last) {
		settle(deadlines, place, deadlines->heap[last].at, deadlines->heap[last].id);
	}
}

void zwg_deadlines_set(struct zwg_deadlines *deadlines, uint32_t id, zwg_time at)
{
	uint32_t place_plus_1 = deadlines->place_plus_1[id];

	if (place_plus_1 == 0) {
		if (at != ZWG_NEVER) {
			settle(deadlines, deadlines->count++, at, id);
		}
	} else if (at == ZWG_NEVER) {
		drop(deadlines, id);
	} else {
		settle(deadlines, place_plus_1 - 1, at, id);
	}
}

zwg_time zwg_deadlines_get(const struct zwg_deadlines *deadlines, uint32_t id)
{
	uint32_t place_plus_1 = deadlines->place_plus_1[id];

	return place_plus_1 == 0 ? ZWG_NEVER : deadlines->heap[place_plus_1 - 1].at;
}

zwg_time zwg_deadlines_first(const struct zwg_deadlines *deadlines, uint32_t *id)
{
	if (deadlines->count == 0) {
		return ZWG_NEVER;
	}
	*id = deadlines->heap[0].id;
	return deadlines->heap[0].at;
}
