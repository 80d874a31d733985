/* SPDX-License-Identifier: MIT */
/* Conformance, group A: the handshake messages (paper sections 5.4.2 and 5.4.3). */
#include <errno.h>

#include "rig.h"
#include "transcript.h"

/* A device with one peer. */
#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1)

static void check_met_with_silence(struct rig *rig, const struct zwg_endpoint *from,
				   const uint8_t *bytes, size_t len)
{
	struct rig_state *before = rig_save(rig);

	rig_input(rig, from, bytes, len);
	CHECK_SILENT(rig);
	CHECK(rig_same(rig, before));
	free(before);
}

static void force(struct rig *rig, uint32_t index, const char *ephemeral)
{
	for (int i = 0; i < 4; i++)
		rig->forced[i] = (uint8_t)(index >> 8 * i);
	rig->forced_len = 4 + test_unhex(rig->forced + 4, 32, ephemeral);
}

static struct rig *transcript_rig(const char *private_key, const char *remote,
				  struct zwg_peer **peer)
{
	struct rig *rig = rig_new_bare(1);
	struct zwg_prefix all = {{ZWG_AF_INET, {0}}, 0};
	uint8_t key[32];

	test_unhex(key, 32, private_key);
	REQUIRE(zwg_set_private_key(rig->dev, rig->now, key) == 0);
	zwg_device_up(rig->dev, rig->now);
	test_unhex(key, 32, remote);
	REQUIRE(zwg_peer_add(rig->dev, key, peer) == 0);
	REQUIRE(zwg_allowed_ip_add(rig->dev, *peer, &all) == 0);
	test_unhex(key, 32, TRANSCRIPT_PSK);
	zwg_peer_set_preshared_key(rig->dev, *peer, key);
	return rig;
}

static void A2_transcript_of_an_independent_peer(void)
{
	const struct zwg_endpoint at = {.addr = {ZWG_AF_INET, {192, 0, 2, 1}}, .port = 1};
	struct zwg_peer *peer;
	struct rig *rig = transcript_rig(TRANSCRIPT_INITIATOR, TRANSCRIPT_RESPONDER_PUBLIC, &peer);
	uint8_t msg[256];
	size_t len;

	test_case("as initiator");
	zwg_peer_set_endpoint(rig->dev, rig->now, peer, &at);
	force(rig, 0x11223344, TRANSCRIPT_EPHEMERAL_1);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	CHECK_HEX(rig_take(rig, 1)->bytes, TRANSCRIPT_INITIATION);
	len = test_unhex(msg, sizeof(msg), TRANSCRIPT_RESPONSE);
	CHECK_INT(rig_input(rig, &at, msg, len), ZWG_CONSUMED);
	CHECK_HEX(rig_take(rig, 4)->bytes, TRANSCRIPT_KEEPALIVE);
	RIG_END(rig);

	test_case("as responder");
	rig = transcript_rig(TRANSCRIPT_RESPONDER, TRANSCRIPT_INITIATOR_PUBLIC, &peer);
	force(rig, 0xa1b2c3d4, TRANSCRIPT_EPHEMERAL_2);
	len = test_unhex(msg, sizeof(msg), TRANSCRIPT_INITIATION);
	CHECK_INT(rig_input(rig, &at, msg, len), ZWG_CONSUMED);
	CHECK_HEX(rig_take(rig, 2)->bytes, TRANSCRIPT_RESPONSE);
	len = test_unhex(msg, sizeof(msg), TRANSCRIPT_KEEPALIVE);
	CHECK_INT(rig_input(rig, &at, msg, len), ZWG_CONSUMED);
	CHECK_INT(rig->dev->counters.keepalives_received, 1);
	RIG_END(rig);
}

/* Points whose multiples by any clamped scalar are zero (RFC 7748 section 6.1): 0, 1, the two of
 * order 8, p - 1, and p, p + 1 which are not reduced. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void A3_low_order_ephemeral_is_refused(void)
{
	for (size_t i = 0; i < TEST_COUNT(low_order); i++) {
		SETUP;
		uint8_t point[32];
		uint8_t msg[SCRIPTED_INITIATION];
		struct session session;

		(void)peer;
		test_unhex(point, 32, low_order[i]);
		test_case("point %zu as the initiator's", i);
		far.low_order = point;
		scripted_initiation(&far, msg);
		check_met_with_silence(rig, &far.at, msg, SCRIPTED_INITIATION);

		test_case("point %zu as the responder's", i);
		far.low_order = NULL;
		rig_start(rig, &far, 1, 40);
		far.low_order = point;
		scripted_response(&far, msg, &session);
		check_met_with_silence(rig, &far.at, msg, SCRIPTED_RESPONSE);
		CHECK_INT(rig->dev->counters.drops[ZWG_DROP_HANDSHAKE], 2);
		RIG_END(rig);
	}
}

static void A3_low_order_peer_is_never_answered_nor_called(void)
{
	for (size_t i = 0; i < TEST_COUNT(low_order); i++) {
		struct rig *rig = rig_new();
		struct zwg_prefix prefix = {{ZWG_AF_INET, {10, 0, 0, 1}}, 32};
		struct scripted far;
		struct zwg_peer *peer;
		uint8_t packet[64];
		uint8_t msg[SCRIPTED_INITIATION];

		test_case("point %zu", i);
		scripted_init(&far, 1, rig->dev->identity.public_key);
		test_unhex(far.public_key, 32, low_order[i]);
		REQUIRE(zwg_peer_add(rig->dev, far.public_key, &peer) == 0);
		REQUIRE(zwg_allowed_ip_add(rig->dev, peer, &prefix) == 0);
		zwg_peer_set_endpoint(rig->dev, rig->now, peer, &far.at);
		/* Whoever calls has an honest ephemeral; only the static DH gives zeros. */
		far.low_order_self = true;
		scripted_initiation(&far, msg);
		check_met_with_silence(rig, &far.at, msg, sizeof(msg));
		CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
		CHECK(rig_wait(rig, 600000) == NULL);
		CHECK(rig->dev->counters.drops[ZWG_DROP_HANDSHAKE] >= 20);
		CHECK_INT(rig->events[ZWG_EVENT_PEER_QUIET], 1);
		RIG_END(rig);
	}
}

static void A4_unknown_static_key(void)
{
	SETUP;
	struct scripted stranger;
	uint8_t msg[SCRIPTED_INITIATION];

	(void)peer;
	scripted_init(&stranger, 77, far.device);
	stranger.at = far.at;
	scripted_initiation(&stranger, msg);
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_UNKNOWN_PEER], 1);
	RIG_END(rig);
}

static void A4_made_for_another_key(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_INITIATION];
	uint8_t device[32];

	(void)peer;
	memcpy(device, far.device, 32);
	memcpy(far.device, far.public_key, 32);
	scripted_initiation(&far, msg);
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_MAC1], 1);
	memcpy(far.device, device, 32);
	scripted_macs(&far, msg, sizeof(msg));
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_HANDSHAKE], 1);
	RIG_END(rig);
}

static void A4_bad_timestamp_tag(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_INITIATION];

	(void)peer;
	scripted_initiation(&far, msg);
	msg[88 + 12] ^= 1;
	scripted_macs(&far, msg, sizeof(msg));
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_HANDSHAKE], 1);
	RIG_END(rig);
}

static void A5_psk_counts_in_the_response_only(void)
{
	SETUP;
	struct scripted without;
	struct session session;
	uint8_t msg[SCRIPTED_INITIATION];
	const struct sent *sent;

	test_random_bytes(far.psk, 32);
	zwg_peer_set_preshared_key(rig->dev, peer, far.psk);
	test_case("we start, the peer has none");
	rig_start(rig, &far, 1, 40);
	without = far;
	memset(without.psk, 0, 32);
	scripted_response(&without, msg, &session);
	check_met_with_silence(rig, &far.at, msg, SCRIPTED_RESPONSE);
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 80);

	test_case("the peer starts without: it is answered, and cannot read the answer");
	rig_advance(rig, 1000);
	without = far;
	memset(without.psk, 0, 32);
	scripted_initiation(&without, msg);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_CONSUMED);
	sent = rig_take(rig, 2);
	far = without;
	zwg_peer_get_preshared_key(peer, far.psk);
	CHECK(!scripted_read_response(&without, sent->bytes, &session));
	CHECK(scripted_read_response(&far, sent->bytes, &session));
	RIG_END(rig);
}

/* Whatever is computed with the old one when a key is changed makes no session. */
static void A5_a_psk_changed_during_a_job_counts(void)
{
	for (int initiator = 0; initiator < 2; initiator++) {
		for (int same = 0; same < 2; same++) {
			SETUP;
			struct session session;
			uint8_t msg[SCRIPTED_INITIATION];
			uint8_t psk[32];
			bool more = true;

			test_case("%s, %s", initiator ? "initiator" : "responder",
				  same ? "the same key again" : "another key");
			test_random_bytes(far.psk, 32);
			zwg_peer_set_preshared_key(rig->dev, peer, far.psk);
			memcpy(psk, far.psk, 32);
			psk[31] ^= !same;
			if (initiator) {
				rig_start(rig, &far, 1, 40);
				scripted_response(&far, msg, &session);
			} else {
				scripted_initiation(&far, msg);
			}
			rig->hold_jobs = true;
			CHECK_INT(rig_input(rig, &far.at, msg,
					    initiator ? SCRIPTED_RESPONSE : SCRIPTED_INITIATION),
				  ZWG_CONSUMED);
			REQUIRE(zwg_job_take(rig->dev, rig->now, rig->job));
			while (more) {
				bool last = rig->job->step == ZWG_JOB_RESPOND ||
					    rig->job->step == ZWG_JOB_OPEN_RESPONSE;

				zwg_job_compute(rig->job);
				if (last)
					zwg_peer_set_preshared_key(rig->dev, peer, psk);
				more = zwg_job_commit(rig->dev, rig->now, rig->job);
			}
			CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STALE], !same);
			CHECK_INT((peer->keypair_of[ZWG_CURRENT] | peer->keypair_of[ZWG_NEXT]) != 0,
				  same);
			if (same) {
				rig_take(rig, initiator ? 4 : 2);
			} else {
				CHECK_SILENT(rig);
				memcpy(far.psk, psk, 32);
				rig->hold_jobs = false;
				rig_advance(rig, 5000);
				rig_respond(rig, &far, &session);
				CHECK(rig_hears(rig, &far, 1, &session, 40));
			}
			RIG_END(rig);
		}
	}
}

static void A5_no_psk_is_32_zeros(void)
{
	SETUP;
	struct session session;
	const uint8_t zeros[32] = {0};
	struct zwg_peer_info info;

	rig_initiate(rig, &far, 1, &session);
	zwg_peer_set_preshared_key(rig->dev, peer, zeros);
	zwg_peer_get_info(peer, rig->now, &info);
	CHECK(!info.has_preshared_key);
	rig_respond(rig, &far, &session);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void A6_fresh_ephemeral_and_index_each_try(void)
{
	SETUP;
	uint8_t packet[64];
	const struct sent *tries[20];

	(void)peer;
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	for (int i = 0; i < 20; i++) {
		tries[i] = rig_wait(rig, 6000);
		REQUIRE(tries[i] && tries[i]->bytes[0] == 1);
		for (int j = 0; j < i; j++) {
			CHECK(memcmp(tries[i]->bytes + 4, tries[j]->bytes + 4, 4) != 0);
			CHECK(memcmp(tries[i]->bytes + 8, tries[j]->bytes + 8, 32) != 0);
		}
	}
	RIG_END(rig);
}

static void A6_index_is_unique_over_handshakes_and_sessions(void)
{
	SETUP;
	struct scripted second;
	struct session session;
	uint8_t taken[4];
	uint8_t msg[SCRIPTED_INITIATION];
	const struct sent *sent;

	(void)peer;
	rig_add(rig, &second, 2);
	rig_initiate(rig, &far, 1, &session);
	for (int i = 0; i < 4; i++)
		taken[i] = (uint8_t)(session.remote >> 8 * i);

	test_case("an initiation to another peer draws the index of a session");
	memcpy(rig->forced, taken, 4);
	memcpy(rig->forced + 4, "\x01\x02\x03\x04", 4);
	rig->forced_len = 8;
	CHECK_INT(rig_output(rig, msg, rig_ipv4(msg, RIG_SELF, 2, 40)), 0);
	sent = rig_take(rig, 1);
	CHECK_MEM(sent->bytes + 4, "\x01\x02\x03\x04", 4);

	test_case("a response draws that of a session, then that of an initiation");
	memcpy(rig->forced, taken, 4);
	memcpy(rig->forced + 4, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	rig->forced_len = 12;
	scripted_initiation(&far, msg);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_MEM(rig_take(rig, 2)->bytes + 4, "\x05\x06\x07\x08", 4);
	RIG_END(rig);
}

static void A6_two_jobs_may_not_take_one_index(void)
{
	SETUP;
	struct scripted second;
	struct zwg_job first_job, second_job;

	(void)peer;
	rig_add(rig, &second, 2);
	rig->hold_jobs = true;
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	CHECK_INT(
		zwg_peer_handshake(rig->dev, rig->now, zwg_peer_find(rig->dev, second.public_key)),
		0);
	memcpy(rig->forced, "\x01\x02\x03\x04\x01\x02\x03\x04", 8);
	rig->forced_len = 8;
	REQUIRE(zwg_job_take(rig->dev, rig->now, &first_job));
	REQUIRE(zwg_job_take(rig->dev, rig->now, &second_job));
	zwg_job_compute(&first_job);
	zwg_job_compute(&second_job);
	CHECK(!zwg_job_commit(rig->dev, rig->now, &second_job));
	CHECK(!zwg_job_commit(rig->dev, rig->now, &first_job));
	CHECK_MEM(rig_take(rig, 1)->bytes + 4, "\x01\x02\x03\x04", 4);
	CHECK_SILENT(rig);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STALE], 1);
	rig->hold_jobs = false;
	test_case("the loser tries again");
	CHECK(rig_wait(rig, 5333) != NULL);
	RIG_END(rig);
}

static void A7_bad_response_leaves_the_handshake_intact(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_RESPONSE];
	uint8_t bad[SCRIPTED_RESPONSE];

	(void)peer;
	test_case("none was sent for");
	memset(bad, 0, sizeof(bad));
	bad[0] = 2;
	scripted_macs(&far, bad, sizeof(bad));
	check_met_with_silence(rig, &far.at, bad, sizeof(bad));

	rig_start(rig, &far, 1, 40);
	scripted_response(&far, msg, &session);
	test_case("bad tag");
	memcpy(bad, msg, sizeof(msg));
	bad[44] ^= 0x80;
	scripted_macs(&far, bad, sizeof(bad));
	check_met_with_silence(rig, &far.at, bad, sizeof(bad));
	test_case("wrong index");
	memcpy(bad, msg, sizeof(msg));
	bad[8] ^= 1;
	scripted_macs(&far, bad, sizeof(bad));
	check_met_with_silence(rig, &far.at, bad, sizeof(bad));
	test_case("good");
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	test_case("replayed");
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	CHECK(rig_says(rig, &far, 1, &session, 100));
	RIG_END(rig);
}

static void A7_response_to_an_earlier_initiation_is_stale(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_RESPONSE];
	const struct sent *again;

	(void)peer;
	rig_start(rig, &far, 1, 40);
	scripted_response(&far, msg, &session);
	again = rig_wait(rig, 6000);
	REQUIRE(again && scripted_read_initiation(&far, again->bytes));
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	RIG_END(rig);
}

static void A7_answer_that_a_retry_overtakes_is_stale(void)
{
	SETUP;
	struct zwg_job opening;
	struct session session;
	uint8_t msg[SCRIPTED_RESPONSE];
	struct scripted first;

	rig_start(rig, &far, 1, 40);
	first = far;
	scripted_response(&first, msg, &session);
	rig->hold_jobs = true;
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	REQUIRE(zwg_job_take(rig->dev, rig->now, &opening));
	zwg_job_compute(&opening);
	rig->hold_jobs = false;
	rig_advance(rig, 5333);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	CHECK(!zwg_job_commit(rig->dev, rig->now, &opening));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STALE], 1);
	CHECK(!peer->keypair_of[ZWG_CURRENT]);
	CHECK_SILENT(rig);
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	RIG_END(rig);
}

static void A8_staged_data_goes_first_from_counter_0(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_RESPONSE];
	uint8_t packet[64];
	uint8_t plain[128];

	(void)peer;
	rig_start(rig, &far, 1, 40);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 60)), 0);
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	for (uint8_t counter = 0; counter < 2; counter++) {
		const struct sent *sent = rig_take(rig, 4);

		CHECK_INT(sent->at, rig->now);
		CHECK_INT(sent->bytes[8], counter);
		CHECK_ZERO(sent->bytes + 9, 7);
		CHECK(scripted_open(&session, sent->bytes, sent->len, plain) > 0);
		CHECK_INT(plain[3], counter == 0 ? 40 : 60);
	}
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void A8_else_an_empty_keepalive(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_RESPONSE];
	uint8_t plain[16];
	const struct sent *sent;

	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	sent = rig_take(rig, 4);
	CHECK_INT(sent->len, 32);
	CHECK_ZERO(sent->bytes + 8, 8);
	CHECK_INT(scripted_open(&session, sent->bytes, sent->len, plain), 0);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void A9_no_private_key_no_handshake(void)
{
	SETUP;
	struct session session;
	uint8_t msg[SCRIPTED_INITIATION];
	uint8_t packet[64];

	(void)peer;
	rig_initiate(rig, &far, 1, &session);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, NULL), 0);
	scripted_initiation(&far, msg);
	check_met_with_silence(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_DOWN], 1);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), -ENETDOWN);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), -ENETDOWN);
	CHECK(rig_wait(rig, 600000) == NULL);

	test_case("the key comes back");
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, rig->private_key), 0);
	rig_initiate(rig, &far, 1, &session);
	CHECK(rig_says(rig, &far, 1, &session, 80));
	RIG_END(rig);
}

static void A9_a_wish_outlives_the_key(void)
{
	SETUP;
	uint8_t packet[64];

	(void)peer;
	rig->hold_jobs = true;
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, NULL), 0);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	rig_advance(rig, 20000);
	CHECK_SILENT(rig);
	CHECK(!rig->jobs_pending);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, rig->private_key), 0);
	rig_run_jobs(rig);
	CHECK_INT(rig_take(rig, 1)->len, SCRIPTED_INITIATION);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"A2 transcript of an independent peer", A2_transcript_of_an_independent_peer},
	{"A3 low-order ephemeral is refused", A3_low_order_ephemeral_is_refused},
	{"A3 low-order peer is never answered nor called",
	 A3_low_order_peer_is_never_answered_nor_called},
	{"A4 unknown static key", A4_unknown_static_key},
	{"A4 made for another key", A4_made_for_another_key},
	{"A4 bad timestamp tag", A4_bad_timestamp_tag},
	{"A5 PSK counts in the response only", A5_psk_counts_in_the_response_only},
	{"A5 a PSK changed during a job counts", A5_a_psk_changed_during_a_job_counts},
	{"A5 no PSK is 32 zeros", A5_no_psk_is_32_zeros},
	{"A6 fresh ephemeral and index each try", A6_fresh_ephemeral_and_index_each_try},
	{"A6 index is unique over handshakes and sessions",
	 A6_index_is_unique_over_handshakes_and_sessions},
	{"A6 two jobs may not take one index", A6_two_jobs_may_not_take_one_index},
	{"A7 bad response leaves the handshake intact",
	 A7_bad_response_leaves_the_handshake_intact},
	{"A7 response to an earlier initiation is stale",
	 A7_response_to_an_earlier_initiation_is_stale},
	{"A7 answer that a retry overtakes is stale", A7_answer_that_a_retry_overtakes_is_stale},
	{"A8 staged data goes first, from counter 0", A8_staged_data_goes_first_from_counter_0},
	{"A8 else an empty keepalive", A8_else_an_empty_keepalive},
	{"A9 no private key, no handshake", A9_no_private_key_no_handshake},
	{"A9 a wish outlives the key", A9_a_wish_outlives_the_key},
};
TEST_MAIN(tests)
