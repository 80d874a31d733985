/* SPDX-License-Identifier: MIT */
/*
 * An open-addressing hash table in the caller's memory: 32-bit keys that are random already, 32-bit
 * values below 2^32 - 1. The same key may stand there several times with different values.
 * @a size is a power of two and at least twice the entries ever there at once; all zeros is empty.
 */
#ifndef ZWG_MAP_H
#define ZWG_MAP_H

#include <zwg/state.h>

#define ZWG_MAP_NONE UINT32_MAX

void zwg_map_insert(struct zwg_map_slot *slots, uint32_t size, uint32_t key, uint32_t value);

/** Removes the pair; does nothing if it is not there. */
void zwg_map_remove(struct zwg_map_slot *slots, uint32_t size, uint32_t key, uint32_t value);

/** The values of @a key one after the other, then ZWG_MAP_NONE. *cursor is 0 at first. */
uint32_t zwg_map_find(const struct zwg_map_slot *slots, uint32_t size, uint32_t key,
		      uint32_t *cursor);

#endif
