/* SPDX-License-Identifier: MIT */
/*
 * Hash table by open addressing with linear probing. Removal shifts later entries back instead of
 * leaving tombstones, so that a look-up never grows longer than the entries there are, however many
 * came and went. Keys are random (or hashes): their low bits are the place.
 */
#include "map.h"

static uint32_t home_of(uint32_t key, uint32_t size)
{
	return key & (size - 1);
}

static uint32_t after(uint32_t place, uint32_t size)
{
	return (place + 1) & (size - 1);
}

void zwg_map_insert(struct zwg_map_slot *slots, uint32_t size, uint32_t key, uint32_t value)
{
	uint32_t place = home_of(key, size);

	while (slots[place].value_plus_1 != 0) {
		place = after(place, size);
	}
	slots[place].key = key;
	slots[place].value_plus_1 = value + 1;
}

/* An entry may move back to the hole unless its home lies behind the hole: a look-up that starts
 * there would no longer meet it. */
static void close_hole(struct zwg_map_slot *slots, uint32_t size, uint32_t hole)
{
	for (uint32_t place = after(hole, size); slots[place].value_plus_1 != 0;
	     place = after(place, size)) {
		uint32_t from_home = (place - home_of(slots[place].key, size)) & (size - 1);
		uint32_t from_hole = (place - hole) & (size - 1);

		if (from_home >= from_hole) {
			slots[hole] = slots[place];
			hole = place;
		}
	}
	slots[hole] = (struct zwg_map_slot){0};
}

void zwg_map_remove(struct zwg_map_slot *slots, uint32_t size, uint32_t key, uint32_t value)
{
	for (uint32_t place = home_of(key, size); slots[place].value_plus_1 != 0;
	     place = after(place, size)) {
		if (slots[place].key == key && slots[place].value_plus_1 == value + 1) {
			close_hole(slots, size, place);
			return;
		}
	}
}

uint32_t zwg_map_find(const struct zwg_map_slot *slots, uint32_t size, uint32_t key,
		      uint32_t *cursor)
{
	for (;;) {
		const struct zwg_map_slot *slot = &slots[home_of(key + *cursor, size)];

		if (slot->value_plus_1 == 0) {
			return ZWG_MAP_NONE;
		}
		(*cursor)++;
		if (slot->key == key) {
			return slot->value_plus_1 - 1;
		}
	}
}
