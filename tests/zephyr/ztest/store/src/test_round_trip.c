/* SPDX-License-Identifier: MIT */
/* What is saved is what is loaded after a restart. */
#include <errno.h>

#include <zephyr/ztest.h>

#include "board/record.h"
#include "flash.h"
#include "sample.h"
#include "tunnel.h"

static struct zwg_conf saved, loaded;

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	flash_erase_all();
}

ZTEST_SUITE(round_trip, NULL, NULL, before, NULL, NULL);

ZTEST(round_trip, test_nothing_was_saved)
{
	zassert_equal(zwg_load(&zwg_tunnels[0], &loaded), -ENOENT);
}

ZTEST(round_trip, test_every_number_of_peers)
{
	for (uint16_t peers = 0; peers <= ZWG_MAX_PEERS; peers++)
		for (int full = 0; full < 2; full++) {
			sample_conf(&saved, 10u + peers, peers, full);
			zassert_ok(zwg_save(&zwg_tunnels[0], &saved));
			zassert_ok(zwg_load(&zwg_tunnels[0], &loaded));
			zassert_true(same_conf(&saved, &loaded), "%u peers", peers);
			reboot();
			zassert_ok(zwg_load(&zwg_tunnels[0], &loaded));
			zassert_true(same_conf(&saved, &loaded), "%u peers, restarted", peers);
		}
}

ZTEST(round_trip, test_the_largest_fills_the_record)
{
	static uint8_t bytes[ZWG_RECORD_MAX];

	sample_conf(&saved, 1, ZWG_MAX_PEERS, true);
	zassert_equal(zwg_record_encode(&saved, bytes, sizeof(bytes)), ZWG_RECORD_MAX);
}

ZTEST(round_trip, test_the_empty_one)
{
	zwg_conf_init(&saved);
	zassert_ok(zwg_save(&zwg_tunnels[0], &saved));
	reboot();
	zassert_ok(zwg_load(&zwg_tunnels[0], &loaded));
	zassert_true(same_conf(&saved, &loaded));
}

ZTEST(round_trip, test_a_hundred_times)
{
	for (unsigned int i = 0; i < 100; i++) {
		sample_conf(&saved, i, (uint16_t)(i % (ZWG_MAX_PEERS + 1)), i % 3 == 0);
		zassert_ok(zwg_save(&zwg_tunnels[0], &saved), "save %u", i);
		if (i % 7 == 0)
			reboot();
		zassert_ok(zwg_load(&zwg_tunnels[0], &loaded), "load %u", i);
		zassert_true(same_conf(&saved, &loaded), "save %u", i);
	}
}

ZTEST(round_trip, test_interfaces_have_their_own)
{
	static struct zwg_conf second;

	sample_conf(&saved, 1, 1, false);
	sample_conf(&second, 2, 2, false);
	zassert_ok(zwg_save(&zwg_tunnels[0], &saved));
	zassert_equal(zwg_load(&zwg_tunnels[1], &loaded), -ENOENT);
	zassert_ok(zwg_save(&zwg_tunnels[1], &second));
	reboot();
	zassert_ok(zwg_load(&zwg_tunnels[0], &loaded));
	zassert_true(same_conf(&saved, &loaded));
	zassert_ok(zwg_load(&zwg_tunnels[1], &loaded));
	zassert_true(same_conf(&second, &loaded));
}
