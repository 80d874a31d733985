/* SPDX-License-Identifier: MIT */
/*
 * The names of the reasons why packets are dropped, as users and machines see them; the list itself
 * is ZWG_DROP_REASONS in <zwg/counters.h>.
 */
#include <stddef.h>

#include <zwg/counters.h>

static const char *const names[ZWG_DROP_COUNT] = {
#define DROP_NAME(id, name, text) [ZWG_DROP_##id] = (name),
	ZWG_DROP_REASONS(DROP_NAME)
#undef DROP_NAME
};

const char *zwg_drop_name(enum zwg_drop reason)
{
	return (unsigned int)reason < ZWG_DROP_COUNT ? names[reason] : NULL;
}
