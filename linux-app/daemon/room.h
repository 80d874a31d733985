/* SPDX-License-Identifier: MIT */
/* Lists and texts that grow and may hold keys: memory that is left is wiped first. */
#ifndef ZWG_DAEMON_ROOM_H
#define ZWG_DAEMON_ROOM_H

#include <stddef.h>

/**
 * Makes room for at least one unit more in the array @a at of @a used units with room for
 * *room of them, each @a unit bytes long. The array, perhaps elsewhere, with *room changed; NULL if
 * there is no memory: @a at is then as it was.
 */
void *room_for_one(void *at, size_t used, size_t *room, size_t unit);

/** Wipes and frees the array of @a room units; NULL is allowed. */
void room_free(void *at, size_t room, size_t unit);

#endif
