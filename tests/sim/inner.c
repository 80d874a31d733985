/* SPDX-License-Identifier: MIT */
/*
 * Inner packets: each with its number, and bytes that follow from it, so that whatever comes out of
 * a tunnel can be held against what went in. A word that stands in each of them in the clear must
 * never be seen on the wire. Those of a liar have an inner source that is not the liar's.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static const char word[8] = "ZWGPLAIN";

#define NOBODY 199 /* The number of an address that no node has. */

struct record {
	int from, to;
	int claims; /* From whom it says that it is. */
	uint8_t ecn;
	size_t len;
	bool delivered;
};

static struct record *records;
static uint64_t count, room;

void inner_reset(void)
{
	count = 0;
}

static void set_checksum(uint8_t header[20])
{
	uint32_t sum = 0;

	header[10] = header[11] = 0;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	header[10] = (uint8_t)(~sum >> 8);
	header[11] = (uint8_t)~sum;
}

static uint8_t get_ecn(const uint8_t *packet)
{
	return (packet[0] >> 4 == 6 ? packet[1] >> 4 : packet[1]) & 3;
}

/* The bytes of packet @a number, with these congestion bits: header, word, number, filling. Returns
 * the length. */
static size_t compose(uint64_t number, uint8_t ecn, uint8_t *out)
{
	const struct record *record = &records[number];
	bool v6 = number % 4 == 3;
	size_t header = v6 ? 40 : 20;

	memset(out, 0, header);
	if (v6) {
		out[0] = 0x60;
		out[1] = (uint8_t)(ecn << 4);
		out[5] = (uint8_t)(record->len - 40);
		out[6] = 59;
		out[8] = out[24] = 0xfd;
		out[23] = (uint8_t)(record->claims + 1);
		out[39] = (uint8_t)(record->to + 1);
	} else {
		out[0] = 0x45;
		out[1] = ecn;
		out[3] = (uint8_t)record->len;
		out[8] = 64;
		out[12] = out[16] = 10;
		out[15] = (uint8_t)(record->claims + 1);
		out[19] = (uint8_t)(record->to + 1);
		set_checksum(out);
	}
	memcpy(out + header, word, sizeof(word));
	memcpy(out + header + 8, &number, sizeof(number));
	for (size_t i = header + 16; i < record->len; i++)
		out[i] = (uint8_t)(number * 31 + i);
	return record->len;
}

static int claimed_source(const struct node *from)
{
	int other = (int)sim_below((uint64_t)world.count);

	if (world.healed || from->index != world.liar || !sim_chance(300))
		return from->index;
	coverage_met("inner source that lies");
	return other == from->index || sim_chance(300) ? NOBODY : other;
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
	records[inner->number] = (struct record){
		.from = from->index,
		.to = to->index,
		.claims = claimed_source(from),
		.ecn = (uint8_t)sim_below(4),
		.len = 56 + sim_below(120),
	};
	inner->pkt.off = head;
	inner->pkt.len = compose(inner->number, records[inner->number].ecn, inner->bytes + head);
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

/* Only what says that it can carry a congestion mark may have one that it did not have. */
static bool ecn_is_right(uint8_t was, uint8_t is)
{
	if (was != is)
		coverage_met("congestion mark");
	return is == was || (is == 3 && (was == 1 || was == 2));
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
	SIM_RULE(records[number].claims == from->index,
		 "packet %u of node %d was delivered to %d with another's source",
		 (unsigned int)number, from->index, to->index);
	SIM_RULE(!records[number].delivered, "packet %u was delivered twice", (unsigned int)number);
	SIM_RULE(ecn_is_right(records[number].ecn, get_ecn(bytes)),
		 "packet %u has the congestion bits %d, not %d", (unsigned int)number,
		 get_ecn(bytes), records[number].ecn);
	SIM_RULE(compose(number, get_ecn(bytes), expected) == len &&
			 memcmp(expected, bytes, len) == 0,
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
