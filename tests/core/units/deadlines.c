/* SPDX-License-Identifier: MIT */
/* The queue of deadlines against an array that is searched from end to end. */
#include "deadlines.h"
#include "test.h"

static struct zwg_deadlines deadlines;

static zwg_time earliest(const zwg_time *at)
{
	zwg_time min = ZWG_NEVER;

	for (uint32_t id = 0; id < ZWG_MAX_PEERS; id++) {
		min = at[id] < min ? at[id] : min;
	}
	return min;
}

static void differential(unsigned int steps, zwg_time range)
{
	zwg_time at[ZWG_MAX_PEERS];

	memset(&deadlines, 0, sizeof(deadlines));
	for (uint32_t id = 0; id < ZWG_MAX_PEERS; id++) {
		at[id] = ZWG_NEVER;
	}
	for (unsigned int step = 0; step < steps; step++) {
		uint32_t id = (uint32_t)test_random_below(ZWG_MAX_PEERS);
		uint32_t first = UINT32_MAX;
		zwg_time min;

		test_case("range %" PRIu64 ", step %u", range, step);
		at[id] = test_random_below(3) == 0 ? ZWG_NEVER : test_random() % range;
		zwg_deadlines_set(&deadlines, id, at[id]);
		min = earliest(at);
		CHECK(zwg_deadlines_first(&deadlines, &first) == min);
		CHECK(min == ZWG_NEVER ? first == UINT32_MAX
				       : first < ZWG_MAX_PEERS && at[first] == min);
		for (id = 0; id < ZWG_MAX_PEERS; id++) {
			if (!CHECK(zwg_deadlines_get(&deadlines, id) == at[id])) {
				return;
			}
		}
	}
}

static void test_differential(void)
{
	differential(5000, UINT64_MAX);
	differential(5000, 8);
}

static int by_time(const void *a, const void *b)
{
	const zwg_time *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void test_drains_sorted(void)
{
	zwg_time at[ZWG_MAX_PEERS];
	uint32_t id = 0;

	memset(&deadlines, 0, sizeof(deadlines));
	for (uint32_t i = 0; i < ZWG_MAX_PEERS; i++) {
		at[i] = test_random() % 1000;
		zwg_deadlines_set(&deadlines, i, at[i]);
	}
	qsort(at, ZWG_MAX_PEERS, sizeof(at[0]), by_time);
	for (uint32_t i = 0; i < ZWG_MAX_PEERS; i++) {
		CHECK_INT(zwg_deadlines_first(&deadlines, &id), at[i]);
		zwg_deadlines_set(&deadlines, id, ZWG_NEVER);
	}
	id = UINT32_MAX;
	CHECK(zwg_deadlines_first(&deadlines, &id) == ZWG_NEVER);
	CHECK(id == UINT32_MAX);
}

static void test_extremes(void)
{
	uint32_t id = 77;

	memset(&deadlines, 0, sizeof(deadlines));
	CHECK(zwg_deadlines_first(&deadlines, &id) == ZWG_NEVER);
	CHECK_INT(id, 77);
	zwg_deadlines_set(&deadlines, 0, ZWG_NEVER);
	CHECK(zwg_deadlines_first(&deadlines, &id) == ZWG_NEVER);
	CHECK_INT(id, 77);
	zwg_deadlines_set(&deadlines, ZWG_MAX_PEERS - 1, ZWG_NEVER - 1);
	CHECK(zwg_deadlines_first(&deadlines, &id) == ZWG_NEVER - 1);
	CHECK_INT(id, ZWG_MAX_PEERS - 1);
	zwg_deadlines_set(&deadlines, 0, 0);
	CHECK(zwg_deadlines_first(&deadlines, &id) == 0);
	CHECK_INT(id, 0);
}

static const struct test tests[] = {
	{"agrees with a linear search", test_differential},
	{"drains in order of time", test_drains_sorted},
	{"no deadline, the latest and the earliest", test_extremes},
};
TEST_MAIN(tests)
