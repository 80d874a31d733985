/* SPDX-License-Identifier: MIT */
/* The hash table against a plain list of pairs, with keys that collide as often as they can. */
#include "map.h"
#include "test.h"

#define MAX_SIZE 64

struct pair {
	uint32_t key, value;
};

static struct zwg_map_slot slots[MAX_SIZE];

/* The values of the key in the table are those in the list, each as often. */
static bool same_values(uint32_t size, uint32_t key, const struct pair *list, size_t count)
{
	bool seen[MAX_SIZE] = {false};
	uint32_t cursor = 0;
	size_t want = 0, got = 0;
	uint32_t value;

	for (size_t i = 0; i < count; i++) {
		want += list[i].key == key;
	}
	while (got <= want && (value = zwg_map_find(slots, size, key, &cursor)) != ZWG_MAP_NONE) {
		size_t i = 0;

		while (i < count && (seen[i] || list[i].key != key || list[i].value != value)) {
			i++;
		}
		if (i == count) {
			return false;
		}
		seen[i] = true;
		got++;
	}
	return got == want;
}

static size_t used_slots(uint32_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; i < size; i++) {
		used += slots[i].value_plus_1 != 0;
	}
	return used;
}

static void differential(uint32_t size, size_t max, uint32_t keys, uint32_t stride)
{
	struct pair list[MAX_SIZE];
	size_t count = 0;

	memset(slots, 0, sizeof(slots));
	for (unsigned int step = 0; step < 4000; step++) {
		bool grow = test_random_below(8) < (step / 500 % 2 ? 3U : 5U);
		uint32_t key = (uint32_t)test_random_below(keys) * stride;
		uint32_t value = (uint32_t)test_random_below(4);

		test_case("size %u, stride %u, step %u", size, stride, step);
		if (grow && count < max) {
			zwg_map_insert(slots, size, key, value);
			list[count++] = (struct pair){key, value};
		} else if (count > 0) {
			size_t i = test_random_below(count);

			if (test_random_below(4) > 0) {
				key = list[i].key;
				value = list[i].value;
			}
			zwg_map_remove(slots, size, key, value);
			for (i = 0; i < count && (list[i].key != key || list[i].value != value);) {
				i++;
			}
			if (i < count) {
				list[i] = list[--count];
			}
		}
		for (uint32_t k = 0; k < keys; k++) {
			if (!CHECK(same_values(size, k * stride, list, count))) {
				return;
			}
		}
		CHECK_INT(used_slots(size), count);
	}
	while (count > 0) {
		count--;
		zwg_map_remove(slots, size, list[count].key, list[count].value);
	}
	CHECK_ZERO(slots, sizeof(slots));
}

static void test_differential_spread(void)
{
	differential(MAX_SIZE, MAX_SIZE / 2, 40, 0x9e3779b1);
}

static void test_differential_one_home(void)
{
	differential(MAX_SIZE, MAX_SIZE / 2, 40, MAX_SIZE);
}

static void test_differential_wraps(void)
{
	differential(8, 4, 9, 0x10000007);
	differential(2, 1, 5, 1);
}

static void test_extreme_keys_and_values(void)
{
	uint32_t cursor = 0;

	memset(slots, 0, sizeof(slots));
	zwg_map_insert(slots, 8, UINT32_MAX, UINT32_MAX - 1);
	zwg_map_insert(slots, 8, 0, 0);
	CHECK_INT(zwg_map_find(slots, 8, UINT32_MAX, &cursor), UINT32_MAX - 1);
	CHECK_INT(zwg_map_find(slots, 8, UINT32_MAX, &cursor), ZWG_MAP_NONE);
	CHECK_INT(zwg_map_find(slots, 8, UINT32_MAX, &cursor), ZWG_MAP_NONE);
	cursor = 0;
	CHECK_INT(zwg_map_find(slots, 8, 0, &cursor), 0);
	zwg_map_remove(slots, 8, 0, 1);
	cursor = 0;
	CHECK_INT(zwg_map_find(slots, 8, 0, &cursor), 0);
}

static void test_pow2_ceil(void)
{
	CHECK_INT(ZWG_POW2_CEIL(1), 1);
	CHECK_INT(ZWG_POW2_CEIL(2), 2);
	CHECK_INT(ZWG_POW2_CEIL(3), 4);
	for (uint32_t bit = 2; bit < 30; bit++) {
		uint32_t power = UINT32_C(1) << bit;

		CHECK_INT(ZWG_POW2_CEIL(power - 1), power);
		CHECK_INT(ZWG_POW2_CEIL(power), power);
		CHECK_INT(ZWG_POW2_CEIL(power + 1), 2 * power);
		CHECK_INT(ZWG_POW2_CEIL(power + power / 2), 2 * power);
	}
}

static const struct test tests[] = {
	{"agrees with a list of pairs, keys spread", test_differential_spread},
	{"agrees with a list of pairs, all keys of one home", test_differential_one_home},
	{"agrees with a list of pairs, runs that wrap around", test_differential_wraps},
	{"takes the extreme keys and values", test_extreme_keys_and_values},
	{"sizes are the next power of two", test_pow2_ceil},
};
TEST_MAIN(tests)
