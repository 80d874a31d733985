/* SPDX-License-Identifier: MIT */
/*
 * TAI64N stamps: strictly rising through restarts, power cuts at every moment of a store, failing
 * storage, and clocks that jump (CONFORMANCE C5 and C6 as the paper's section 5.1 has it).
 */
#include <errno.h>

#include "board/stamp.h"
#include "test.h"

/* Storage that loses power or fails when told to. */
struct flash {
	bool present;
	uint64_t mark;
	int load_error;
	int store_error;
	bool writes_although_failing;
	unsigned int loads;
	unsigned int stores;
};

static int flash_load(void *ctx, uint64_t *mark)
{
	struct flash *flash = ctx;

	flash->loads++;
	if (flash->load_error != 0) {
		return flash->load_error;
	}
	if (!flash->present) {
		return -ENOENT;
	}
	*mark = flash->mark;
	return 0;
}

static int flash_store(void *ctx, uint64_t mark)
{
	struct flash *flash = ctx;

	flash->stores++;
	if (flash->store_error == 0 || flash->writes_although_failing) {
		flash->present = true;
		flash->mark = mark;
	}
	return flash->store_error;
}

static const struct zwg_stamp_store store = {flash_load, flash_store};

static uint64_t seconds_of(const uint8_t stamp[12])
{
	uint64_t seconds = 0;

	for (int i = 0; i < 8; i++) {
		seconds = seconds << 8 | stamp[i];
	}
	return seconds - UINT64_C(0x400000000000000a);
}

/* A valid stamp, greater than the one before as memcmp() has it; then it is the one before. */
static void accept(uint8_t before[12], const uint8_t stamp[12])
{
	uint32_t ns = (uint32_t)stamp[8] << 24 | (uint32_t)stamp[9] << 16 |
		      (uint32_t)stamp[10] << 8 | stamp[11];

	CHECK(memcmp(stamp, before, 12) > 0);
	CHECK(ns < 1000000000 && (ns & 0xffffff) == 0);
	CHECK_INT(stamp[0], 0x40);
	memcpy(before, stamp, 12);
}

static void take(struct zwg_stamp *stamp, zwg_time now, uint8_t before[12])
{
	uint8_t next[12];

	if (CHECK_INT(zwg_stamp_next(stamp, now, next), 0)) {
		accept(before, next);
	}
}

static void first_stamp(void)
{
	struct flash flash = {0};
	struct zwg_stamp stamp;
	uint8_t out[12];

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 5000), 0);
	CHECK_INT(flash.stores, 0);
	CHECK_INT(zwg_stamp_next(&stamp, 5000, out), 0);
	CHECK_HEX(out, "400000000000000a00000000");
	CHECK_INT(flash.stores, 1);
	CHECK_INT(flash.mark, ZWG_STAMP_BLOCK);
	CHECK_INT(zwg_stamp_next(&stamp, 5000, out), 0);
	CHECK_HEX(out, "400000000000000a01000000");
	CHECK_INT(zwg_stamp_next(&stamp, 6999, out), 0);
	CHECK_HEX(out, "400000000000000b3b000000");
	CHECK_INT(zwg_stamp_next(&stamp, 6999, out), 0);
	CHECK_HEX(out, "400000000000000c00000000");
	CHECK_INT(flash.stores, 1);
}

static void millions_in_one_tick(void)
{
	struct flash flash = {0};
	struct zwg_stamp stamp;
	uint8_t before[12] = {0};

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	for (int i = 0; i < 3000000; i++) {
		uint8_t next[12];

		if (zwg_stamp_next(&stamp, 0, next) != 0 || memcmp(next, before, 12) <= 0) {
			CHECK(false);
			return;
		}
		memcpy(before, next, 12);
		if (seconds_of(next) >= flash.mark) {
			CHECK(false);
			return;
		}
	}
	/* 60 to a second: the blocks that so many use up. */
	CHECK_INT(seconds_of(before), 3000000 / 60 - 1);
	CHECK_INT(flash.stores, 3000000 / 60 / ZWG_STAMP_BLOCK + 1);
}

/* The mark in storage is above every stamp given out, at the moment it is given out. */
static void written_before_use(void)
{
	struct flash flash = {0};
	struct zwg_stamp stamp;
	uint8_t before[12] = {0};
	zwg_time now = 0;

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, now), 0);
	for (int i = 0; i < 20000; i++) {
		now += test_random_below(200000);
		take(&stamp, now, before);
		CHECK(seconds_of(before) < flash.mark);
	}
	CHECK(flash.stores > 100);
	CHECK(flash.stores <= now / 1000 / ZWG_STAMP_BLOCK + 1);
}

static void wear(void)
{
	struct flash flash = {0};
	struct zwg_stamp stamp;
	uint8_t before[12] = {0};

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	for (zwg_time now = 0; now < UINT64_C(86400000); now += 5000) {
		take(&stamp, now, before);
	}
	CHECK_INT(flash.stores, 24);
}

/* A restart at any moment: before a store, in it (old or new mark kept), after it. */
static void restarts(void)
{
	struct flash flash = {0};
	uint8_t before[12] = {0};
	unsigned int cut_before = 0, cut_after = 0;

	for (int boot = 0; boot < 3000; boot++) {
		struct zwg_stamp stamp;
		zwg_time now = test_random_below(1000000);
		size_t sends = test_random_below(8);

		flash.store_error = 0;
		flash.writes_although_failing = false;
		CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, now), 0);
		for (size_t i = 0; i < sends; i++) {
			now += test_random_below(3000000);
			take(&stamp, now, before);
		}
		if (boot % 3 == 0) {
			continue;
		}
		/* Power fails in the next store: a stamp that was not returned was not sent. */
		flash.store_error = -EIO;
		flash.writes_although_failing = boot % 3 == 1;
		for (int i = 0; i < 3000; i++) {
			uint8_t next[12];

			now += 1000;
			if (zwg_stamp_next(&stamp, now, next) != 0) {
				*(boot % 3 == 1 ? &cut_after : &cut_before) += 1;
				break;
			}
			accept(before, next);
		}
	}
	CHECK(cut_before > 100 && cut_after > 100);
}

static void storage_that_cannot_be_written(void)
{
	struct flash flash = {.store_error = -EROFS};
	struct zwg_stamp stamp;
	uint8_t out[12];
	uint8_t before[12] = {0};

	memset(out, 0xa5, sizeof(out));
	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	CHECK_INT(zwg_stamp_next(&stamp, 0, out), -EROFS);
	CHECK_INT(zwg_stamp_next(&stamp, 9999, out), -EROFS);
	CHECK_INT(out[0], 0xa5);
	flash.store_error = 5;
	CHECK_INT(zwg_stamp_next(&stamp, 9999, out), -EIO);
	flash.store_error = 0;
	take(&stamp, 9999, before);

	/* What is reserved may be used up while storage fails, and not one second more. */
	flash.store_error = -EIO;
	take(&stamp, 9999 + (ZWG_STAMP_BLOCK - 1) * 1000, before);
	CHECK_INT(zwg_stamp_next(&stamp, 9999 + ZWG_STAMP_BLOCK * 1000, out), -EIO);
	flash.store_error = 0;
	take(&stamp, 9999 + ZWG_STAMP_BLOCK * 1000, before);
}

static void storage_that_cannot_be_read(void)
{
	struct flash flash = {.present = true, .mark = 1000, .load_error = -EIO};
	struct zwg_stamp stamp;
	uint8_t out[12];

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), -EIO);
	CHECK_INT(zwg_stamp_next(&stamp, 1, out), -EIO);
	zwg_stamp_clock(&stamp, 2, 1700000000);
	flash.load_error = 1;
	CHECK_INT(zwg_stamp_next(&stamp, 3, out), -EIO);
	CHECK_INT(flash.stores, 0);
	flash.load_error = 0;
	CHECK_INT(zwg_stamp_next(&stamp, 4, out), 0);
	CHECK_INT(seconds_of(out), 1000);
}

static void mark_beyond_reason(void)
{
	struct flash flash = {.present = true, .mark = ZWG_STAMP_LIMIT};
	struct zwg_stamp stamp;
	uint8_t out[12];

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), -ERANGE);
	CHECK_INT(zwg_stamp_next(&stamp, 0, out), -ERANGE);
	flash.mark = ZWG_STAMP_LIMIT - 1;
	CHECK_INT(zwg_stamp_next(&stamp, 0, out), -ERANGE);
	CHECK_INT(flash.stores, 0);
	flash.mark = ZWG_STAMP_LIMIT - 1 - ZWG_STAMP_BLOCK;
	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	CHECK_INT(zwg_stamp_next(&stamp, 0, out), 0);
	CHECK_INT(zwg_stamp_next(&stamp, UINT64_MAX, out), -ERANGE);
	CHECK_INT(zwg_stamp_next(&stamp, 0, out), 0);
}

static void clock_sets_the_first(void)
{
	struct flash flash = {0};
	struct zwg_stamp stamp;
	uint8_t before[12] = {0};

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	zwg_stamp_clock(&stamp, 1000, 1700000000);
	CHECK_INT(flash.stores, 0);
	take(&stamp, 1000, before);
	CHECK_INT(seconds_of(before), 1700000000);
	take(&stamp, 61000, before);
	CHECK_INT(seconds_of(before), 1700000060);
}

static void clock_is_bounded(void)
{
	struct flash flash = {.present = true, .mark = 1000};
	struct zwg_stamp stamp;
	uint8_t before[12] = {0};

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	zwg_stamp_clock(&stamp, 0, 2000);
	take(&stamp, 0, before);
	CHECK_INT(seconds_of(before), 2000);
	for (uint64_t i = 0; i < 50; i++) {
		zwg_stamp_clock(&stamp, i, 4000000000 + i * 1000);
	}
	take(&stamp, 0, before);
	CHECK_INT(seconds_of(before), 1000 + ZWG_STAMP_MAX_STEP);
	take(&stamp, 10000, before);
	CHECK_INT(seconds_of(before), 1010 + ZWG_STAMP_MAX_STEP);

	/* Beyond 32 bits no clock is believed, not even the first. */
	flash = (struct flash){0};
	memset(before, 0, sizeof(before));
	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
	zwg_stamp_clock(&stamp, 0, ZWG_STAMP_CLOCK_LIMIT);
	zwg_stamp_clock(&stamp, 0, UINT64_MAX);
	take(&stamp, 0, before);
	CHECK_INT(seconds_of(before), 0);
}

static void clocks_that_jump(void)
{
	struct flash flash = {0};
	uint8_t before[12] = {0};

	for (int boot = 0; boot < 200; boot++) {
		struct zwg_stamp stamp;
		uint64_t wall = 1700000000;

		CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 0), 0);
		for (int i = 0; i < 50; i++) {
			/* The monotonic clock breaks its promise, too. */
			zwg_time now = test_random_below(4000000);

			switch (test_random_below(4)) {
			case 0:
				wall = 0;
				break;
			case 1:
				wall = 1700000000 + test_random_below(100000000);
				break;
			case 2:
				wall -= wall / 2;
				break;
			default:
				wall = test_random();
				break;
			}
			zwg_stamp_clock(&stamp, now, wall);
			take(&stamp, now, before);
		}
	}
	CHECK(seconds_of(before) < UINT64_C(1800000000) + 200 * (ZWG_STAMP_MAX_STEP + 10000));
}

/* 32-bit millisecond counters end after 49.7 days. */
static void beyond_49_days(void)
{
	struct flash flash = {.present = true, .mark = 7};
	struct zwg_stamp stamp;
	uint8_t before[12] = {0};

	CHECK_INT(zwg_stamp_init(&stamp, &store, &flash, 500), 0);
	take(&stamp, UINT64_C(0xffffffff), before);
	take(&stamp, UINT64_C(0x100000000), before);
	CHECK_INT(seconds_of(before), 7 + (UINT64_C(0x100000000) - 500) / 1000);
	take(&stamp, 500 + UINT64_C(400) * 86400 * 1000, before);
	CHECK_INT(seconds_of(before), 7 + 400 * 86400);
}

static const struct test tests[] = {
	{"the first stamp, and the next tick", first_stamp},
	{"millions in one tick", millions_in_one_tick},
	{"the mark is written before use", written_before_use},
	{"24 stores a day", wear},
	{"restarts and power cuts", restarts},
	{"storage that cannot be written", storage_that_cannot_be_written},
	{"storage that cannot be read", storage_that_cannot_be_read},
	{"a mark beyond reason", mark_beyond_reason},
	{"a clock sets the first stamp", clock_sets_the_first},
	{"a clock moves it by a bounded step", clock_is_bounded},
	{"clocks that jump", clocks_that_jump},
	{"beyond 49.7 days", beyond_49_days},
};

TEST_MAIN(tests)
