/* SPDX-License-Identifier: MIT */
/* Memory that grows by doubling and is wiped when it is left; see room.h. */
#include "room.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

#define FIRST_BYTES 4096

void *room_for_one(void *at, size_t used, size_t *room, size_t unit)
{
	size_t more = *room > 0 ? 2 * *room : (FIRST_BYTES + unit - 1) / unit;
	void *new;

	if (used < *room)
		return at;
	new = malloc(more * unit);
	if (!new)
		return NULL;
	if (used > 0)
		memcpy(new, at, used * unit);
	room_free(at, *room, unit);
	*room = more;
	return new;
}

void room_free(void *at, size_t room, size_t unit)
{
	if (at)
		zwg_wipe(at, room * unit);
	free(at);
}
