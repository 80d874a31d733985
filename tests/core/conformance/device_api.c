/* SPDX-License-Identifier: MIT */
/* What zwg/device.h promises to a port beside the protocol. */
#include <errno.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	(void)peer

static void peers_are_bounded_and_unique(void)
{
	SETUP;
	struct zwg_peer *got = NULL;
	uint8_t key[32] = {9};

	CHECK_INT(zwg_peer_add(rig->dev, far.public_key, &got), -EEXIST);
	CHECK(got == peer);
	CHECK_INT(zwg_peer_add(rig->dev, far.device, &got), -EINVAL);
	CHECK(got == NULL);
	for (uint8_t i = 1; i < ZWG_MAX_PEERS; i++) {
		key[1] = i;
		CHECK_INT(zwg_peer_add(rig->dev, key, &got), 0);
	}
	key[1] = 0;
	CHECK_INT(zwg_peer_add(rig->dev, key, &got), -ENOSPC);
	CHECK(got == NULL);
	zwg_peer_remove(rig->dev, peer);
	CHECK_INT(zwg_peer_add(rig->dev, key, &got), 0);
	RIG_END(rig);
}

static void a_peer_whose_keys_cannot_be_made_is_not_added(void)
{
	for (int i = 0; i < 2; i++) {
		SETUP;
		struct zwg_peer *got = peer;
		uint8_t key[32] = {9};

		rig_fails_in_device(i);
		CHECK(zwg_peer_add(rig->dev, key, &got) < 0);
		rig_fails_in_device(-1);
		CHECK(got == NULL);
		CHECK(zwg_peer_find(rig->dev, key) == NULL);
		CHECK_INT(zwg_peer_add(rig->dev, key, &got), 0);
		RIG_END(rig);
	}
}

static void a_key_that_cannot_be_made_changes_nothing(void)
{
	for (int i = 0; i < 3; i++) {
		SETUP;
		struct session session;
		uint8_t key[32] = {16, [31] = 65};

		rig_respond(rig, &far, &session);
		rig_fails_in_device(i);
		CHECK(zwg_set_private_key(rig->dev, rig->now, key) < 0);
		rig_fails_in_device(-1);
		CHECK(rig_says(rig, &far, 1, &session, 40));
		CHECK(rig_holds(rig, rig->private_key, 32));
		CHECK_INT(zwg_set_private_key(rig->dev, rig->now, NULL), 0);
		CHECK_INT(zwg_set_private_key(rig->dev, rig->now, NULL), 0);
		RIG_END(rig);
	}
}

static void info_tells_what_is_known(void)
{
	SETUP;
	struct session session;
	struct zwg_peer_info info;
	uint8_t psk[32] = {1};

	zwg_peer_get_info(peer, rig->now, &info);
	CHECK_MEM(info.public_key, far.public_key, 32);
	CHECK_INT(info.last_handshake, ZWG_NEVER);
	CHECK(!info.has_session && !info.has_preshared_key);
	CHECK_INT(info.rx_bytes + info.tx_bytes, 0);
	rig_initiate(rig, &far, 1, &session);
	zwg_peer_get_info(peer, rig->now, &info);
	CHECK_INT(info.last_handshake, rig->now);
	CHECK(info.has_session);
	CHECK_INT(info.rx_bytes, SCRIPTED_RESPONSE);
	CHECK_INT(info.tx_bytes, SCRIPTED_INITIATION + 80);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	zwg_peer_get_info(peer, rig->now, &info);
	CHECK_INT(info.rx_bytes, SCRIPTED_RESPONSE + 32 + 40);
	zwg_peer_set_preshared_key(rig->dev, peer, psk);
	zwg_peer_get_info(peer, rig->now + 180000, &info);
	CHECK(info.has_preshared_key && !info.has_session);
	zwg_peer_set_preshared_key(rig->dev, peer, NULL);
	zwg_peer_get_info(peer, rig->now, &info);
	CHECK(!info.has_preshared_key);
	CHECK_INT(zwg_get_counters(rig->dev)->responses_received, 1);
	RIG_END(rig);
}

static void allowed_ips_are_walked(void)
{
	SETUP;
	struct zwg_prefix prefix;
	uint32_t cursor = 0;

	CHECK(zwg_allowed_ip_next(rig->dev, peer, &cursor, &prefix));
	CHECK_INT(prefix.addr.family, ZWG_AF_INET);
	CHECK_INT(prefix.bits, 32);
	CHECK(zwg_allowed_ip_next(rig->dev, peer, &cursor, &prefix));
	CHECK_INT(prefix.addr.family, ZWG_AF_INET6);
	CHECK(!zwg_allowed_ip_next(rig->dev, peer, &cursor, &prefix));
	RIG_END(rig);
}

static void run_jobs_is_the_loop_for_one_thread(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_INITIATION];

	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_SILENT(rig);
	zwg_run_jobs(rig->dev, rig->now);
	CHECK(scripted_read_response(&far, rig_take(rig, 2)->bytes, &session));
	RIG_END(rig);
}

static void a_peer_removed_while_it_is_called(void)
{
	SETUP;

	rig->hold_jobs = true;
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	REQUIRE(zwg_job_take(rig->dev, rig->now, rig->job));
	zwg_job_compute(rig->job);
	zwg_peer_remove(rig->dev, peer);
	CHECK(!zwg_job_commit(rig->dev, rig->now, rig->job));
	CHECK_ZERO(rig->job, sizeof(*rig->job));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STALE], 1);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void wishes_are_kept_in_order_whoever_leaves(void)
{
	for (int leaves = 0; leaves < 3; leaves++) {
		struct rig *rig = rig_new();
		struct scripted far[3];

		test_case("number %d leaves", leaves);
		rig->hold_jobs = true;
		for (uint8_t i = 0; i < 3; i++)
			CHECK_INT(zwg_peer_handshake(rig->dev, rig->now,
						     rig_add(rig, &far[i], (uint8_t)(i + 1))),
				  0);
		zwg_peer_remove(rig->dev, zwg_peer_find(rig->dev, far[leaves].public_key));
		rig->hold_jobs = false;
		rig_run_jobs(rig);
		for (int i = 0; i < 3; i++) {
			if (i != leaves)
				CHECK(scripted_read_initiation(&far[i], rig_take(rig, 1)->bytes));
		}
		CHECK_SILENT(rig);
		RIG_END(rig);
	}
}

static void an_endpoint_forgotten_under_an_answer(void)
{
	SETUP;
	const struct zwg_endpoint nowhere = {.addr = {.family = ZWG_AF_NONE}};
	uint8_t msg[SCRIPTED_INITIATION];

	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	REQUIRE(zwg_job_take(rig->dev, rig->now, rig->job));
	for (int i = 0; i < 2; i++) {
		zwg_job_compute(rig->job);
		REQUIRE(zwg_job_commit(rig->dev, rig->now, rig->job));
	}
	zwg_peer_set_endpoint(rig->dev, rig->now, peer, &nowhere);
	zwg_job_compute(rig->job);
	CHECK(!zwg_job_commit(rig->dev, rig->now, rig->job));
	CHECK_SILENT(rig);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_NO_ENDPOINT], 1);
	RIG_END(rig);
}

static void up_and_down_may_be_said_twice(void)
{
	SETUP;
	struct session session;

	rig_respond(rig, &far, &session);
	zwg_device_up(rig->dev, rig->now);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	zwg_device_down(rig->dev);
	zwg_device_down(rig->dev);
	CHECK_INT(rig->wake, ZWG_NEVER);
	RIG_END(rig);
}

static void a_random_source_that_repeats_itself_is_no_endless_loop(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_INITIATION];

	rig_respond(rig, &far, &session);
	for (int i = 0; i < 16; i++)
		memcpy(rig->forced + 4 * i, &session.remote, 4);
	rig->forced_len = 64;
	rig_advance(rig, 1000);
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_RANDOM], 1);
	CHECK_INT(rig->forced_len, 0);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"API peers are bounded and unique", peers_are_bounded_and_unique},
	{"API a peer whose keys cannot be made is not added",
	 a_peer_whose_keys_cannot_be_made_is_not_added},
	{"API a key that cannot be made changes nothing",
	 a_key_that_cannot_be_made_changes_nothing},
	{"API info tells what is known", info_tells_what_is_known},
	{"API allowed IPs are walked", allowed_ips_are_walked},
	{"API zwg_run_jobs() is the loop for one thread", run_jobs_is_the_loop_for_one_thread},
	{"API a peer removed while it is called", a_peer_removed_while_it_is_called},
	{"API wishes are kept in order, whoever leaves", wishes_are_kept_in_order_whoever_leaves},
	{"API an endpoint forgotten under an answer", an_endpoint_forgotten_under_an_answer},
	{"API up and down may be said twice", up_and_down_may_be_said_twice},
	{"API a random source that repeats itself is no endless loop",
	 a_random_source_that_repeats_itself_is_no_endless_loop},
};
TEST_MAIN(tests)
