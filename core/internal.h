/* SPDX-License-Identifier: MIT */
/* What the core's files share: counting, randomness, ids, and the one look-up by index. */
#ifndef ZWG_INTERNAL_H
#define ZWG_INTERNAL_H

#include <zwg/device.h>

#include "messages.h"

static inline void zwg_count_drop(struct zwg_device *dev, enum zwg_drop why)
{
	dev->counters.drops[why]++;
}

/** Tells the port the earliest deadline, if it is another than before. Every public function that
 *  may have moved a deadline ends with it. */
void zwg_sync_wake(struct zwg_device *dev);

/** A uniform random number of milliseconds from 0 to ZWG_MAX_JITTER; 0 without randomness. */
zwg_time zwg_jitter(struct zwg_device *dev);

/** True if @a lifetime ms have passed since @a birth. */
static inline bool zwg_expired(zwg_time birth, zwg_time lifetime, zwg_time now)
{
	return now - birth >= lifetime;
}

/** Where in a peer a local index leads: the number of a keypair, or this. */
#define ZWG_INDEX_INITIATION ZWG_ROLES

/** A fresh random index that leads nowhere yet. Negative errno without randomness. */
int zwg_index_choose(struct zwg_device *dev, uint32_t *index);

/** Makes @a index lead to @a place in @a peer. False if it leads somewhere already. */
bool zwg_index_insert(struct zwg_device *dev, uint32_t index, const struct zwg_peer *peer,
		      uint32_t place);
void zwg_index_remove(struct zwg_device *dev, uint32_t index, const struct zwg_peer *peer,
		      uint32_t place);

/** The peer, and the place in it, to which @a index leads; NULL if nowhere. */
struct zwg_peer *zwg_index_find(struct zwg_device *dev, uint32_t index, uint32_t *place);

#endif
