/* SPDX-License-Identifier: MIT */
/* Who is due next: a binary heap of ids below ZWG_MAX_PEERS by time, each there at most once. */
#ifndef ZWG_DEADLINES_H
#define ZWG_DEADLINES_H

#include <zwg/state.h>

/** Sets the deadline of @a id to @a at, which replaces an earlier one; ZWG_NEVER removes it. */
void zwg_deadlines_set(struct zwg_deadlines *deadlines, uint32_t id, zwg_time at);

/** The deadline of @a id, or ZWG_NEVER. */
zwg_time zwg_deadlines_get(const struct zwg_deadlines *deadlines, uint32_t id);

/** The earliest deadline, with its id in *id; ZWG_NEVER (and *id untouched) if there is none. */
zwg_time zwg_deadlines_first(const struct zwg_deadlines *deadlines, uint32_t *id);

#endif
