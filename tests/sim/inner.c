/* SPDX-License-Identifier: MIT */
/*
 * Inner packets: each with its number, and bytes that follow from it, so that whatever comes out of
 * a tunnel can be held against what went in. A word that stands in each of them in the clear must
 * never be seen on the wire.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static const char word[8] = "ZWGPLAIN";

struct record {
	int from, to;
	size_t len;
	bool delivered;
};

static struct record *records;
static uint64_t count, room;

void inner_reset(void)
{
	count = 0;
}

/* The bytes of packet @a number: header, word, number, filling. Returns the length. */
static size_t compose(uint64_t number, uint8_t *out)
{
	const struct record *record = &records[number];
	bool v6 = number % 4 == 3;
	size_t header = v6 ? 40 : 20;

	memset(out, 0, header);
	if (v6) {
		out[0] = 0x60;
		out[5] = (uint8_t)(record->len - 40);
		out[6] = 59;
		out[8] = out[24] = 0xfd;
		out[23] = (uint8_t)(record->from + 1);
		out[39] = (uint8_t)(record->to + 1);
	} else {
		out[0] = 0x45;
		out[3] = (uint8_t)record->len;
		out[8] = 64;
		out[12] = out[16] = 10;
		out[15] = (uint8_t)(record->from + 1);
		out[19] = (uint8_t)(record->to + 1);
	}
	memcpy(out + header, word, sizeof(word));
	memcpy(out + header + 8, &number, sizeof(number));
	for (size_t i = header + 16; i < record->len; i++)
		out[i] = (uint8_t)(number * 31 + i);
	return record->len;
}

struct inner *inner_new(struct node *from, struct node *to)
{
	struct inner *inner = calloc(1, sizeof(*inner));
	size_t head = ZWG_HEADROOM + sim_below(4);
	size_t all, first, second;

	if (count == room) {
		room = room ? 2 * room : 4096;
		records = realloc(records, room * sizeof(*records));
	}
	if (!inner || !records)
		abort();
	inner->number = count++;
	records[inner->number] =
		(struct record){.from = from->index, .to = to->index, .len = 56 + sim_below(120)};
	inner->pkt.off = head;
	inner->pkt.len = compose(inner->number, inner->bytes + head);
	all = head + inner->pkt.len + ZWG_TAILROOM;
	first = sim_below(all + 1);
	second = first + sim_below(all - first + 1);
	inner->segs[0] = (struct zwg_seg){inner->bytes, first};
	inner->segs[1] = (struct zwg_seg){inner->bytes + first, second - first};
	inner->segs[2] = (struct zwg_seg){inner->bytes + second, all - second};
	inner->pkt.segs = inner->segs;
	inner->pkt.count = 3;
	return inner;
}

void inner_owned(struct node *node, struct inner *inner)
{
	inner->before = NULL;
	inner->next = node->owned;
	if (inner->next)
		inner->next->before = inner;
	node->owned = inner;
	node->owned_count++;
}

void inner_returned(struct node *node, struct zwg_packet *pkt)
{
	struct inner *inner = node->owned;

	while (inner && &inner->pkt != pkt)
		inner = inner->next;
	SIM_RULE(inner, "node %d: the core gives back a packet that it does not own", node->index);
	if (inner->before)
		inner->before->next = inner->next;
	else
		node->owned = inner->next;
	if (inner->next)
		inner->next->before = inner->before;
	node->owned_count--;
}

void inner_free(struct inner *inner)
{
	free(inner);
}

void inner_delivered(struct node *to, const struct node *from, const uint8_t *bytes, size_t len)
{
	uint8_t expected[SIM_MTU];
	size_t header = len > 0 && bytes[0] >> 4 == 6 ? 40 : 20;
	uint64_t number;

	SIM_RULE(len >= header + 16, "node %d: %zu bytes were delivered that nobody sent",
		 to->index, len);
	memcpy(&number, bytes + header + 8, sizeof(number));
	SIM_RULE(number < count, "node %d: a packet was delivered that nobody sent", to->index);
	SIM_RULE(records[number].to == to->index && records[number].from == from->index,
		 "packet %u from node %d to %d was delivered to %d as from %d",
		 (unsigned int)number, records[number].from, records[number].to, to->index,
		 from->index);
	SIM_RULE(!records[number].delivered, "packet %u was delivered twice", (unsigned int)number);
	SIM_RULE(compose(number, expected) == len && memcmp(expected, bytes, len) == 0,
		 "packet %u was changed on its way", (unsigned int)number);
	records[number].delivered = true;
	sim_say(to, "gets packet %u of node %d", (unsigned int)number, from->index);
}

bool inner_was_delivered(uint64_t number)
{
	return records[number].delivered;
}

bool inner_is_visible(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + sizeof(word) <= len; i++) {
		if (bytes[i] == (uint8_t)word[0] && memcmp(bytes + i, word, sizeof(word)) == 0)
			return true;
	}
	return false;
}
