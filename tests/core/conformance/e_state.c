/* SPDX-License-Identifier: MIT */
/* Conformance, group E: persistent keepalives, session slots and a change of key. */
#include <errno.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	(void)peer, (void)session

static void ping(struct rig *rig)
{
	uint8_t packet[64];

	REQUIRE(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)) == 0);
}

static enum zwg_verdict empty_from(struct rig *rig, struct scripted *far, struct session *session)
{
	uint8_t msg[32];

	return rig_input(rig, &far->at, msg, scripted_data(session, msg, NULL, 0));
}

/* A handshake that the peer starts, not yet confirmed. */
static void next_of(struct rig *rig, struct scripted *far, struct session *session)
{
	uint8_t msg[SCRIPTED_INITIATION];

	scripted_initiation(far, msg);
	REQUIRE(rig_input(rig, &far->at, msg, sizeof(msg)) == ZWG_CONSUMED);
	REQUIRE(scripted_read_response(far, rig_take(rig, 2)->bytes, session));
}

/* The answer to an initiation that the device has just sent. */
static void answer(struct rig *rig, struct scripted *far, struct session *session)
{
	uint8_t msg[SCRIPTED_RESPONSE];

	REQUIRE(scripted_read_initiation(far, rig_take(rig, 1)->bytes));
	scripted_response(far, msg, session);
	REQUIRE(rig_input(rig, &far->at, msg, sizeof(msg)) == ZWG_CONSUMED);
	REQUIRE(rig_take(rig, 4)->len >= 32);
}

static bool keepalive_after(struct rig *rig, zwg_time since, zwg_time ms)
{
	const struct sent *sent = rig_wait(rig, since + ms + 1000 - rig->now);

	return sent && sent->bytes[0] == 4 && sent->len == 32 && sent->at - since == ms;
}

static void E10_persistent_keepalive_every_n_seconds(void)
{
	SETUP;
	zwg_time start;

	rig_respond(rig, &far, &session);
	start = rig->now;
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 3);
	test_case("one at once on enabling");
	CHECK(keepalive_after(rig, start, 0));
	for (zwg_time i = 1; i < 20; i++)
		CHECK(keepalive_after(rig, start, 3000 * i));

	test_case("anything authenticated puts it off, sent");
	rig_advance(rig, 1000);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	start = rig->now;
	CHECK(keepalive_after(rig, start, 3000));
	test_case("or received");
	rig_advance(rig, 2000);
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	start = rig->now;
	CHECK(keepalive_after(rig, start, 3000));
	test_case("or a handshake message");
	rig_advance(rig, 2000);
	start = rig->now;
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	CHECK(keepalive_after(rig, start, 3000));
	next_of(rig, &far, &session);
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	start = rig->now;
	CHECK(keepalive_after(rig, start, 3000));
	test_case("a packet that is not authentic does not");
	start = rig->now;
	rig_advance(rig, 1000);
	session.send[0] ^= 1;
	CHECK_INT(empty_from(rig, &far, &session), ZWG_DROPPED);
	CHECK(keepalive_after(rig, start, 3000));

	test_case("disabling");
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 0);
	CHECK(rig_wait(rig, 30000) == NULL);
	RIG_END(rig);
}

static void E10_another_interval_counts_from_when_it_is_set(void)
{
	SETUP;
	zwg_time start;

	rig_respond(rig, &far, &session);
	start = rig->now;
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 3600);
	CHECK(keepalive_after(rig, start, 0));
	rig_advance(rig, 4000);
	start = rig->now;
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 10);
	CHECK(keepalive_after(rig, start, 0));
	test_case("the same again changes nothing");
	rig_advance(rig, 1000);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 10);
	CHECK(keepalive_after(rig, start, 10000));
	RIG_END(rig);
}

static void E10_the_first_makes_the_handshake(void)
{
	SETUP;
	zwg_time start = rig->now;

	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 25);
	rig_run_jobs(rig);
	answer(rig, &far, &session);
	CHECK(keepalive_after(rig, start, 25000));
	RIG_END(rig);
}

static void E10_at_once_when_the_interface_comes_up(void)
{
	SETUP;

	zwg_device_down(rig->dev);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 25);
	CHECK(rig_wait(rig, 100000) == NULL);
	zwg_device_up(rig->dev, rig->now);
	rig_run_jobs(rig);
	CHECK_INT(rig_take(rig, 1)->at, rig->now);
	RIG_END(rig);
}

static void E10_even_if_the_key_is_set_later(void)
{
	struct rig *rig = rig_new_bare(5);
	struct scripted far;
	struct zwg_peer *peer = rig_add(rig, &far, 1);
	struct session session;

	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 25);
	zwg_device_up(rig->dev, rig->now);
	rig_run_jobs(rig);
	CHECK(rig_wait(rig, 10000) == NULL);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, rig->private_key), 0);
	rig_run_jobs(rig);
	CHECK_INT(rig->sent_count, 1);
	answer(rig, &far, &session);
	RIG_END(rig);
}

static void E10_an_endpoint_set_later_is_called(void)
{
	SETUP;
	const struct zwg_endpoint nowhere = {.addr = {.family = ZWG_AF_NONE}};

	zwg_peer_set_endpoint(rig->dev, rig->now, peer, &nowhere);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 25);
	CHECK(rig_wait(rig, 60000) == NULL);
	zwg_peer_set_endpoint(rig->dev, rig->now, peer, &far.at);
	rig_run_jobs(rig);
	CHECK(rig_wait(rig, 25000) != NULL);
	RIG_END(rig);
}

static void E9_a_handshake_with_a_peer_that_is_nowhere_is_wiped(void)
{
	SETUP;
	const struct zwg_endpoint nowhere = {.addr = {.family = ZWG_AF_NONE}};

	rig_start(rig, &far, 1, 40);
	zwg_peer_set_endpoint(rig->dev, rig->now, peer, &nowhere);
	test_case("given up when the retry is due");
	CHECK(rig_wait(rig, 5333) == NULL);
	CHECK_INT(rig->events[ZWG_EVENT_PEER_QUIET], 1);
	CHECK(rig_leaks(rig, &far, NULL) > 0);
	rig_advance(rig, 540000);
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	CHECK_ZERO(&peer->initiation, sizeof(peer->initiation));
	RIG_END(rig);
}

static void E11_responder_waits_for_the_first_valid_packet(void)
{
	SETUP;
	uint8_t plain[64];
	uint8_t msg[64];
	const struct sent *sent;
	size_t len;

	next_of(rig, &far, &session);
	ping(rig);
	CHECK_SILENT(rig);
	test_case("a bad tag confirms nothing");
	len = scripted_data_at(&session, 0, msg, NULL, 0);
	msg[16] ^= 1;
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DROPPED);
	CHECK_SILENT(rig);
	CHECK_INT(rig->events[ZWG_EVENT_HANDSHAKE_COMPLETE], 0);
	test_case("a keepalive does, and what was staged is sent");
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	sent = rig_take(rig, 4);
	CHECK_INT(scripted_open(&session, sent->bytes, sent->len, plain), 48);
	CHECK_INT(rig->events[ZWG_EVENT_HANDSHAKE_COMPLETE], 1);
	CHECK_INT(rig->events[ZWG_EVENT_PEER_UP], 1);
	CHECK_SILENT(rig);
	test_case("and the initiation that was deferred is not needed");
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	CHECK(rig_wait(rig, 14000) == NULL);
	RIG_END(rig);
}

static void E11_the_old_key_is_used_meanwhile(void)
{
	SETUP;
	struct session second;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 1000);
	next_of(rig, &far, &second);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_INT(empty_from(rig, &far, &second), ZWG_CONSUMED);
	CHECK(rig_says(rig, &far, 1, &second, 40));
	RIG_END(rig);
}

static void E12_slots_as_responder(void)
{
	SETUP;
	struct session second, third;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 100);
	next_of(rig, &far, &second);
	test_case("old key before the new one is confirmed");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(empty_from(rig, &far, &second), ZWG_CONSUMED);
	test_case("and after");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	rig_advance(rig, 100);
	next_of(rig, &far, &third);
	test_case("a further handshake drops the previous");
	CHECK(!rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_UNKNOWN_INDEX], 1);
	CHECK(rig_hears(rig, &far, 1, &second, 40));
	CHECK_INT(empty_from(rig, &far, &third), ZWG_CONSUMED);
	CHECK(rig_hears(rig, &far, 1, &second, 40));
	CHECK(rig_hears(rig, &far, 1, &third, 40));
	CHECK(rig_says(rig, &far, 1, &third, 40));
	RIG_END(rig);
}

static void E12_a_next_that_was_never_confirmed_gives_way(void)
{
	SETUP;
	struct session second, third;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 100);
	next_of(rig, &far, &second);
	rig_advance(rig, 100);
	next_of(rig, &far, &third);
	CHECK_INT(empty_from(rig, &far, &second), ZWG_DROPPED);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_UNKNOWN_INDEX], 1);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(empty_from(rig, &far, &third), ZWG_CONSUMED);
	CHECK(rig_says(rig, &far, 1, &third, 40));
	RIG_END(rig);
}

static void E12_slots_as_initiator(void)
{
	SETUP;
	struct session second, third;

	rig_initiate(rig, &far, 1, &session);
	rig_advance(rig, 10000);
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	answer(rig, &far, &second);
	test_case("current becomes previous");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK(rig_hears(rig, &far, 1, &second, 40));
	CHECK(rig_says(rig, &far, 1, &second, 40));

	test_case("a next that was not confirmed becomes previous, and current is gone");
	rig_advance(rig, 10000);
	next_of(rig, &far, &third);
	rig_advance(rig, 5000);
	while (rig_sent(rig))
		;
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	answer(rig, &far, &session);
	CHECK(!rig_hears(rig, &far, 1, &second, 40));
	CHECK(rig_hears(rig, &far, 1, &third, 40));
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK(rig_says(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void E12_a_confirmed_session_ends_our_own_attempt(void)
{
	SETUP;
	struct session second;
	uint8_t late[SCRIPTED_RESPONSE];
	struct scripted before;

	rig_start(rig, &far, 1, 40);
	before = far;
	scripted_response(&before, late, &second);
	next_of(rig, &far, &session);
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	test_case("its secrets are gone, and no retry comes");
	CHECK_ZERO(&peer->initiation, sizeof(peer->initiation));
	CHECK_INT(rig_leaks(rig, &far, &session), 0);
	test_case("a late answer to it is stale");
	CHECK_INT(rig_input(rig, &far.at, late, sizeof(late)), ZWG_CONSUMED);
	CHECK_SILENT(rig);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void E15_own_key_change(void)
{
	SETUP;
	uint8_t key[32] = {16, [31] = 65};
	uint8_t old_device[32];

	rig_initiate(rig, &far, 1, &session);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	memcpy(old_device, far.device, 32);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	memcpy(far.device, rig->dev->identity.public_key, 32);
	CHECK(memcmp(far.device, old_device, 32) != 0);
	test_case("the old key is gone from memory");
	CHECK(!rig_holds(rig, rig->private_key, 32));
	test_case("a session is still heard, but the next packet makes a handshake at once");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	ping(rig);
	CHECK_INT(rig->outstanding, 1);
	answer(rig, &far, &session);
	CHECK_INT(rig->outstanding, 0);
	CHECK(rig_says(rig, &far, 1, &session, 40));

	test_case("the same key again changes nothing");
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void E15_staged_packets_go_with_the_new_key(void)
{
	SETUP;
	uint8_t key[32] = {16, [31] = 65};
	uint8_t msg[SCRIPTED_RESPONSE];
	struct session stale;

	rig_start(rig, &far, 1, 40);
	scripted_response(&far, msg, &stale);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	memcpy(far.device, rig->dev->identity.public_key, 32);
	rig_run_jobs(rig);
	CHECK_INT(rig->sent_count, 2);
	test_case("an answer to the old key's initiation is dropped");
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	answer(rig, &far, &session);
	CHECK_INT(rig->outstanding, 0);
	RIG_END(rig);
}

static void E15_jobs_of_the_old_key_are_not_committed(void)
{
	SETUP;
	uint8_t key[32] = {16, [31] = 65};
	uint8_t msg[SCRIPTED_INITIATION];

	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	REQUIRE(zwg_job_take(rig->dev, rig->now, rig->job));
	zwg_job_compute(rig->job);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	CHECK(!zwg_job_commit(rig->dev, rig->now, rig->job));
	CHECK_ZERO(rig->job, sizeof(*rig->job));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STALE], 1);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E15_initiation_under_way_is_made_anew(void)
{
	SETUP;
	uint8_t key[32] = {16, [31] = 65};

	rig->hold_jobs = true;
	ping(rig);
	REQUIRE(zwg_job_take(rig->dev, rig->now, rig->job));
	zwg_job_compute(rig->job);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	memcpy(far.device, rig->dev->identity.public_key, 32);
	CHECK(!zwg_job_commit(rig->dev, rig->now, rig->job));
	CHECK_SILENT(rig);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	answer(rig, &far, &session);
	RIG_END(rig);
}

static void E15_an_old_session_asks_for_nothing(void)
{
	SETUP;
	uint8_t key[32] = {16, [31] = 65};

	rig_initiate(rig, &far, 1, &session);
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	rig_advance(rig, 170000);
	CHECK_INT(empty_from(rig, &far, &session), ZWG_CONSUMED);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E15_keepalive_peers_are_called_with_the_new_key(void)
{
	SETUP;
	uint8_t key[32] = {16, [31] = 65};

	rig_respond(rig, &far, &session);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 25);
	CHECK_INT(rig_take(rig, 4)->len, 32);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, key), 0);
	memcpy(far.device, rig->dev->identity.public_key, 32);
	rig_run_jobs(rig);
	answer(rig, &far, &session);
	RIG_END(rig);
}

static void E15_a_peer_with_our_own_key_is_removed(void)
{
	SETUP;
	struct zwg_prefix v4 = {{ZWG_AF_INET, {10, 0, 0, 1}}, 32};
	struct zwg_peer *again;

	rig_start(rig, &far, 1, 40);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, far.private_key), 0);
	CHECK(zwg_peer_find(rig->dev, far.public_key) == NULL);
	CHECK(zwg_peer_next(rig->dev, NULL) == NULL);
	CHECK(zwg_route(rig->dev, &v4.addr) == NULL);
	CHECK_INT(rig->outstanding, 0);
	CHECK_INT(zwg_peer_add(rig->dev, far.public_key, &again), -EINVAL);
	CHECK(rig_wait(rig, 600000) == NULL);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"E10 persistent keepalive every n seconds", E10_persistent_keepalive_every_n_seconds},
	{"E10 another interval counts from when it is set",
	 E10_another_interval_counts_from_when_it_is_set},
	{"E10 the first makes the handshake", E10_the_first_makes_the_handshake},
	{"E10 at once when the interface comes up", E10_at_once_when_the_interface_comes_up},
	{"E10 even if the key is set later", E10_even_if_the_key_is_set_later},
	{"E10 an endpoint set later is called", E10_an_endpoint_set_later_is_called},
	{"E9 a handshake with a peer that is nowhere is wiped",
	 E9_a_handshake_with_a_peer_that_is_nowhere_is_wiped},
	{"E11 responder waits for the first valid packet",
	 E11_responder_waits_for_the_first_valid_packet},
	{"E11 the old key is used meanwhile", E11_the_old_key_is_used_meanwhile},
	{"E12 slots as responder", E12_slots_as_responder},
	{"E12 a next that was never confirmed gives way",
	 E12_a_next_that_was_never_confirmed_gives_way},
	{"E12 slots as initiator", E12_slots_as_initiator},
	{"E12 a confirmed session ends our own attempt",
	 E12_a_confirmed_session_ends_our_own_attempt},
	{"E15 own key change", E15_own_key_change},
	{"E15 staged packets go with the new key", E15_staged_packets_go_with_the_new_key},
	{"E15 jobs of the old key are not committed", E15_jobs_of_the_old_key_are_not_committed},
	{"E15 initiation under way is made anew", E15_initiation_under_way_is_made_anew},
	{"E15 an old session asks for nothing", E15_an_old_session_asks_for_nothing},
	{"E15 keepalive peers are called with the new key",
	 E15_keepalive_peers_are_called_with_the_new_key},
	{"E15 a peer with our own key is removed", E15_a_peer_with_our_own_key_is_removed},
};
TEST_MAIN(tests)
