/* SPDX-License-Identifier: MIT */
/* Conformance, group C: replayed initiations and TAI64N stamps (paper section 5.1). */
#include <errno.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	uint8_t msg[SCRIPTED_INITIATION];                                                          \
	(void)peer, (void)msg

static bool answered(struct rig *rig, struct scripted *far, const uint8_t *msg)
{
	const struct sent *sent;

	rig_input(rig, &far->at, msg, SCRIPTED_INITIATION);
	sent = rig_sent(rig);
	return sent && sent->len == SCRIPTED_RESPONSE;
}

static void C1_stamp_must_be_greater(void)
{
	SETUP;
	uint8_t first[SCRIPTED_INITIATION];

	scripted_initiation(&far, first);
	CHECK(answered(rig, &far, first));
	rig_advance(rig, 1000);
	test_case("replayed");
	CHECK(!answered(rig, &far, first));
	test_case("another message with an equal stamp");
	far.seconds--;
	scripted_initiation(&far, msg);
	CHECK(!answered(rig, &far, msg));
	test_case("an older one");
	far.seconds -= 100;
	scripted_initiation(&far, msg);
	CHECK(!answered(rig, &far, msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_TIMESTAMP], 3);
	test_case("a newer one");
	far.seconds += 100;
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	RIG_END(rig);
}

static void C1_stamps_compare_as_big_endian_bytes(void)
{
	SETUP;

	far.seconds = UINT64_C(0x40000000000000fe);
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	rig_advance(rig, 1000);
	far.seconds = UINT64_C(0x40000000000000ff);
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	rig_advance(rig, 1000);
	far.seconds = UINT64_C(0x3fffffffffffffff);
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg) == false);
	far.seconds = UINT64_C(0x7fffffffffffffff);
	scripted_initiation(&far, msg);
	test_case("a stamp with the highest bit set is greater, not negative");
	CHECK(answered(rig, &far, msg));
	RIG_END(rig);
}

static void C1_stamps_are_kept_for_each_peer(void)
{
	SETUP;
	struct scripted second;

	rig_add(rig, &second, 2);
	far.seconds += 1000;
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	scripted_initiation(&second, msg);
	CHECK(answered(rig, &second, msg));
	RIG_END(rig);
}

static void C2_stamp_counts_only_once_authenticated(void)
{
	SETUP;
	uint64_t now = far.seconds;

	far.seconds += 1000000;
	scripted_initiation(&far, msg);
	msg[88 + 12 + 3] ^= 4;
	scripted_macs(&far, msg, sizeof(msg));
	CHECK(!answered(rig, &far, msg));
	far.seconds = now;
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	RIG_END(rig);
}

static void C3_stamp_survives_wiping_down_and_key_change(void)
{
	SETUP;
	struct session session;
	uint8_t other_key[32] = {8, [31] = 64};

	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	test_case("after 540 s");
	rig_advance(rig, 545000);
	CHECK(!answered(rig, &far, msg));
	test_case("after down and up");
	zwg_device_down(rig->dev);
	zwg_device_up(rig->dev, rig->now);
	CHECK(!answered(rig, &far, msg));
	test_case("after the key was another for a while");
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, other_key), 0);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, rig->private_key), 0);
	CHECK(!answered(rig, &far, msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_TIMESTAMP], 3);
	rig_respond(rig, &far, &session);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void C4_at_most_fifty_a_second(void)
{
	SETUP;

	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	scripted_initiation(&far, msg);
	CHECK(!answered(rig, &far, msg));
	rig_advance(rig, 19);
	scripted_initiation(&far, msg);
	CHECK(!answered(rig, &far, msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_FLOOD], 2);
	rig_advance(rig, 1);
	test_case("what was refused as too early has not spent its stamp");
	CHECK(answered(rig, &far, msg));
	RIG_END(rig);
}

static void C4_another_peer_is_not_held_up(void)
{
	SETUP;
	struct scripted second;

	rig_add(rig, &second, 2);
	scripted_initiation(&far, msg);
	CHECK(answered(rig, &far, msg));
	scripted_initiation(&second, msg);
	CHECK(answered(rig, &second, msg));
	RIG_END(rig);
}

static void C5_the_port_s_stamp_is_sent_as_it_is(void)
{
	SETUP;

	/* That the board's stamps are whitened and rise is proved where they are made; here, that
	 * the core sends them untouched. */
	rig_start(rig, &far, 1, 40);
	CHECK_HEX(far.stamp, "400000006000000112000000");
	RIG_END(rig);
}

static void C6_a_stamp_that_does_not_rise_is_not_sent(void)
{
	SETUP;
	uint8_t first[12];
	const struct sent *sent;

	rig_start(rig, &far, 1, 40);
	memcpy(first, far.stamp, 12);
	test_case("the stamps stick");
	rig->stamp_stuck = true;
	CHECK(rig_wait(rig, 20000) == NULL);
	CHECK(rig->dev->counters.drops[ZWG_DROP_STAMP] >= 3);
	test_case("they go back");
	rig->stamp -= 100;
	CHECK(rig_wait(rig, 20000) == NULL);
	test_case("they rise again");
	rig->stamp += 1000;
	rig->stamp_stuck = false;
	sent = rig_wait(rig, 5400);
	REQUIRE(sent && scripted_read_initiation(&far, sent->bytes));
	CHECK(memcmp(far.stamp, first, 12) > 0);
	RIG_END(rig);
}

static void C6_no_stamp_no_initiation_and_the_retry_comes(void)
{
	SETUP;
	const struct sent *sent;

	rig->stamp_error = -EIO;
	CHECK_INT(rig_output(rig, msg, rig_ipv4(msg, RIG_SELF, 1, 40)), 0);
	CHECK_SILENT(rig);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STAMP], 1);
	rig_advance(rig, 4000);
	rig->stamp_error = 0;
	sent = rig_wait(rig, 1400);
	CHECK(sent && scripted_read_initiation(&far, sent->bytes));
	RIG_END(rig);
}

static const struct test tests[] = {
	{"C1 stamp must be greater", C1_stamp_must_be_greater},
	{"C1 stamps compare as big-endian bytes", C1_stamps_compare_as_big_endian_bytes},
	{"C1 stamps are kept for each peer", C1_stamps_are_kept_for_each_peer},
	{"C2 stamp counts only once authenticated", C2_stamp_counts_only_once_authenticated},
	{"C3 stamp survives wiping, down and key change",
	 C3_stamp_survives_wiping_down_and_key_change},
	{"C4 at most fifty a second", C4_at_most_fifty_a_second},
	{"C4 another peer is not held up", C4_another_peer_is_not_held_up},
	{"C5 the port's stamp is sent as it is", C5_the_port_s_stamp_is_sent_as_it_is},
	{"C6 a stamp that does not rise is not sent", C6_a_stamp_that_does_not_rise_is_not_sent},
	{"C6 no stamp, no initiation, and the retry comes",
	 C6_no_stamp_no_initiation_and_the_retry_comes},
};
TEST_MAIN(tests)
