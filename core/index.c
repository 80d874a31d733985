/* SPDX-License-Identifier: MIT */
/* Session and handshake indices (paper section 5.4): random, and unique over everything that the
 * device has under way. */
#include <errno.h>

#include "crypto/bytes.h"
#include "internal.h"
#include "map.h"

#define MAP_SIZE (sizeof(((struct zwg_device *)0)->index_map) / sizeof(struct zwg_map_slot))
#define TRIES	 16

static uint32_t value_of(const struct zwg_peer *peer, uint32_t place)
{
	return peer->id * (ZWG_INDEX_INITIATION + 1) + place;
}

int zwg_index_choose(struct zwg_device *dev, uint32_t *index)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t cursor = 0;
		uint8_t random[4];
		int err = dev->port->random(dev->ctx, random, sizeof(random));

		if (err)
			return err;
		*index = zwg_get_le32(random);
		if (zwg_map_find(dev->index_map, MAP_SIZE, *index, &cursor) == ZWG_MAP_NONE)
			return 0;
	}
	return -EAGAIN;
}

bool zwg_index_insert(struct zwg_device *dev, uint32_t index, const struct zwg_peer *peer,
		      uint32_t place)
{
	uint32_t cursor = 0;

	if (zwg_map_find(dev->index_map, MAP_SIZE, index, &cursor) != ZWG_MAP_NONE)
		return false;
	zwg_map_insert(dev->index_map, MAP_SIZE, index, value_of(peer, place));
	return true;
}

void zwg_index_remove(struct zwg_device *dev, uint32_t index, const struct zwg_peer *peer,
		      uint32_t place)
{
	zwg_map_remove(dev->index_map, MAP_SIZE, index, value_of(peer, place));
}

struct zwg_peer *zwg_index_find(struct zwg_device *dev, uint32_t index, uint32_t *place)
{
	uint32_t cursor = 0;
	uint32_t value = zwg_map_find(dev->index_map, MAP_SIZE, index, &cursor);

	if (value == ZWG_MAP_NONE)
		return NULL;
	*place = value % (ZWG_INDEX_INITIATION + 1);
	return &dev->peers[value / (ZWG_INDEX_INITIATION + 1)];
}
