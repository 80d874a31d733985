/* SPDX-License-Identifier: MIT */
/* Every reason for a drop has a name that users and machines can rely on. */
#include <zwg/counters.h>

#include "test.h"

static void test_names_are_well_formed(void)
{
	for (unsigned int i = 0; i < ZWG_DROP_COUNT; i++) {
		const char *name = zwg_drop_name((enum zwg_drop)i);

		test_case("reason %u", i);
		if (!CHECK(name != NULL)) {
			continue;
		}
		CHECK(strlen(name) > 0);
		CHECK_INT(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
	}
}

static void test_names_differ(void)
{
	for (unsigned int i = 0; i < ZWG_DROP_COUNT; i++) {
		for (unsigned int j = 0; j < i; j++) {
			test_case("reasons %u and %u", i, j);
			CHECK(strcmp(zwg_drop_name((enum zwg_drop)i),
				     zwg_drop_name((enum zwg_drop)j)) != 0);
		}
	}
}

static void test_name_belongs_to_its_reason(void)
{
	CHECK(strcmp(zwg_drop_name(ZWG_DROP_LENGTH), "length") == 0);
	CHECK(strcmp(zwg_drop_name(ZWG_DROP_MAC1), "mac1") == 0);
	CHECK(strcmp(zwg_drop_name(ZWG_DROP_UNKNOWN_INDEX), "unknown_index") == 0);
	CHECK(strcmp(zwg_drop_name(ZWG_DROP_REPLAY), "replay") == 0);
	CHECK(strcmp(zwg_drop_name(ZWG_DROP_STAMP), "stamp") == 0);
}

static void test_no_such_reason(void)
{
	CHECK(zwg_drop_name(ZWG_DROP_COUNT) == NULL);
	CHECK(zwg_drop_name((enum zwg_drop)(ZWG_DROP_COUNT + 1)) == NULL);
	CHECK(zwg_drop_name((enum zwg_drop) - 1) == NULL);
}

static const struct test tests[] = {
	{"every name is lower case, digits and underscores", test_names_are_well_formed},
	{"no two reasons share a name", test_names_differ},
	{"a name belongs to its reason", test_name_belongs_to_its_reason},
	{"what is no reason has no name", test_no_such_reason},
};
TEST_MAIN(tests)
