/* SPDX-License-Identifier: MIT */
/* Time stamps rise across every restart, wherever the power has failed. */
#include <string.h>

#include <zephyr/ztest.h>

#include <zwg/zephyr.h>

#include "flash.h"
#include "sample.h"
#include "tunnel.h"

#define RESTARTS 600

static uint8_t last[ZWG_TAI64N_LEN];

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	flash_erase_all();
	memset(last, 0, sizeof(last));
}

ZTEST_SUITE(stamps, NULL, NULL, before, NULL, NULL);

static void rises(void)
{
	uint8_t stamp[ZWG_TAI64N_LEN];

	zassert_ok(zwg_stamps_next(stamp));
	zassert_true(memcmp(stamp, last, sizeof(stamp)) > 0, "a time stamp was repeated");
	memcpy(last, stamp, sizeof(last));
}

ZTEST(stamps, test_each_is_greater_than_the_last)
{
	for (int i = 0; i < 1000; i++)
		rises();
}

ZTEST(stamps, test_restarts)
{
	for (int i = 0; i < RESTARTS; i++) {
		rises();
		rises();
		reboot();
	}
}

/* After each restart the first stamp is reserved in flash; there the power fails, sooner or later
 * within the operations, which now and then put a full sector in order. A stamp made after that
 * moment was never sent. */
ZTEST(stamps, test_the_power_fails_while_a_stamp_is_reserved)
{
	static struct zwg_conf conf, loaded;
	unsigned int cut = 0;

	sample_conf(&conf, 5, 2, true);
	zassert_ok(zwg_save(&zwg_tunnels[0], &conf));
	for (unsigned int i = 0; i < RESTARTS; i++) {
		uint8_t never_sent[ZWG_TAI64N_LEN];

		rises();
		reboot();
		flash_cut(cut, i % EIGHTHS);
		(void)zwg_stamps_next(never_sent);
		cut = cut < flash_power() ? cut + 1 : 0;
		reboot();
		rises();
		zassert_ok(zwg_load(&zwg_tunnels[0], &loaded));
		zassert_true(same_conf(&conf, &loaded), "restart %u", i);
	}
}

ZTEST(stamps, test_no_stamp_without_flash)
{
	uint8_t stamp[ZWG_TAI64N_LEN];

	rises();
	reboot();
	flash_cut(0, 0);
	zassert_true(zwg_stamps_next(stamp) < 0, "a stamp that was not reserved");
	(void)flash_power();
	rises();
}

ZTEST(stamps, test_a_trusted_clock_moves_them_forward_only)
{
	uint8_t later[ZWG_TAI64N_LEN];

	zwg_trusted_time(1700000000);
	rises();
	memcpy(later, last, sizeof(later));
	/* TAI64 label of the Unix time: 2^62 + 10 + seconds. */
	zassert_equal(last[0], 0x40);
	zassert_equal((uint32_t)last[4] << 24 | last[5] << 16 | last[6] << 8 | last[7], 1700000010);
	zwg_trusted_time(1600000000);
	rises();
	reboot();
	rises();
}
