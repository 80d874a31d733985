/* SPDX-License-Identifier: MIT */
/* A clock of 32 bits of milliseconds wraps after 49.7 days. This suite is the first in the
 * alphabet: where time costs nothing, all others run behind that moment. */
#include <zephyr/ztest.h>

#include "board.h"

BOARD_SUITE(clock);

static void passes(void)
{
	uint8_t packet[100];

	board_packet(packet, ZWG_AF_INET, 0, sizeof(packet));
	board_send(board_pkt(packet, sizeof(packet), 0));
	zassert_true(other_gets(&others[0]));
	zassert_mem_equal(others[0].inner, packet, sizeof(packet));
}

BOARD_TEST(clock, test_a_session_lives_past_49_days)
{
	if (!IS_ENABLED(CONFIG_ARCH_POSIX)) {
		TC_PRINT("only native_sim can wait for 50 days\n");
		ztest_test_skip();
	}
	for (int day = 0; day < 49; day++)
		k_sleep(K_HOURS(24));
	k_sleep(K_MSEC(UINT32_MAX - 60000 - k_uptime_get()));
	board_connect(1, ZWG_AF_INET);
	zassert_true(zwg_now() < UINT32_MAX);
	passes();
	others_run(110000);
	zassert_true(zwg_now() > UINT32_MAX);
	passes();
	zassert_equal(initiations, 1, "the session did not last");
	others_run(15000);
	passes();
	others_run(HANDSHAKE_MS);
	zassert_equal(initiations, 2, "the session was not renewed");
}

BOARD_TEST(clock, test_a_session_is_renewed_after_two_minutes)
{
	board_connect(1, ZWG_AF_INET);
	passes();
	others_run(119000);
	passes();
	zassert_equal(initiations, 1);
	others_run(2000);
	passes();
	others_run(HANDSHAKE_MS);
	zassert_equal(initiations, 2);
}

BOARD_TEST(clock, test_persistent_keepalives_are_sent_in_time)
{
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);
	uint64_t before;

	conf->peers[0].keepalive = 10;
	board_apply(conf);
	others_run(HANDSHAKE_MS);
	before = others[0].next_counter;
	others_run(100000);
	zassert_within(others[0].next_counter - before, 10, 1);
}
