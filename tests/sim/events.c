/* SPDX-License-Identifier: MIT */
/* What happens next: a binary heap by time, and by order of making within a moment. */
#include <stdlib.h>

#include "sim.h"

static struct event *heap;
static size_t count, room;
static uint64_t made;

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void events_reset(void)
{
	for (size_t i = 0; i < count; i++)
		free(heap[i].datagram);
	count = 0;
	made = 0;
}

uint64_t events_add(sim_time at, enum sim_event what, const struct node *node,
		    struct datagram *datagram)
{
	struct event event = {
		.at = at,
		.order = ++made,
		.what = what,
		.node = node ? node->index : -1,
		.boots = node ? node->boots : 0,
		.datagram = datagram,
	};
	size_t place = count;

	if (count == room) {
		room = room ? 2 * room : 1024;
		heap = realloc(heap, room * sizeof(*heap));
		if (!heap)
			abort();
	}
	count++;
	while (place > 0 && before(&event, &heap[(place - 1) / 2])) {
		heap[place] = heap[(place - 1) / 2];
		place = (place - 1) / 2;
	}
	heap[place] = event;
	return event.order;
}

bool events_next(struct event *event, sim_time until)
{
	struct event last;
	size_t place = 0;

	if (count == 0 || heap[0].at > until)
		return false;
	*event = heap[0];
	last = heap[--count];
	for (;;) {
		size_t child = 2 * place + 1;

		if (child >= count)
			break;
		if (child + 1 < count && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &last))
			break;
		heap[place] = heap[child];
		place = child;
	}
	if (count > 0)
		heap[place] = last;
	return true;
}
