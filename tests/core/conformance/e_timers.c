/* SPDX-License-Identifier: MIT */
/* Conformance, group E: the timers (paper section 6), exact on the simulated clock. */
#include <errno.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	uint8_t packet[256];                                                                       \
	(void)peer, (void)session, (void)packet

static void ping(struct rig *rig)
{
	uint8_t packet[64];

	REQUIRE(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)) == 0);
}

static void keepalive_from(struct rig *rig, struct scripted *far, struct session *session)
{
	uint8_t msg[32];

	REQUIRE(rig_input(rig, &far->at, msg, scripted_data(session, msg, NULL, 0)) ==
		ZWG_CONSUMED);
}

/* How long after @a since the next datagram is sent, which must be of this type and size. */
static zwg_time next_after(struct rig *rig, zwg_time since, uint8_t type, size_t len)
{
	const struct sent *sent = rig_wait(rig, 600000);

	CHECK(sent != NULL);
	if (!sent)
		return ZWG_NEVER;
	CHECK_INT(sent->bytes[0], type);
	CHECK_INT(sent->len, len);
	return sent->at - since;
}

#define CHECK_WITHIN(got, least, most)                                                             \
	do {                                                                                       \
		const zwg_time within = (got);                                                     \
		CHECK(within >= (least));                                                          \
		CHECK(within <= (most));                                                           \
	} while (0)

static void E1_twenty_initiations_with_jitter_then_silence(void)
{
	zwg_time least = ZWG_NEVER, most = 0;

	for (int round = 0; round < 8; round++) {
		SETUP;
		zwg_time last = rig->now;

		ping(rig);
		CHECK_INT(next_after(rig, last, 1, 148), 0);
		for (int i = 1; i < 20; i++) {
			zwg_time gap = next_after(rig, last, 1, 148);

			test_case("round %d, retry %d", round, i);
			CHECK_WITHIN(gap, 5000, 5333);
			least = gap < least ? gap : least;
			most = gap > most ? gap : most;
			last += gap;
			CHECK_INT(rig->released, 0);
			CHECK_INT(rig->events[ZWG_EVENT_PEER_QUIET], 0);
		}
		CHECK(rig_wait(rig, 600000) == NULL);
		CHECK_INT(rig->released, 1);
		CHECK_INT(rig->events[ZWG_EVENT_PEER_QUIET], 1);
		CHECK_INT(rig->dev->counters.initiations_sent, 20);
		CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STAGED], 1);
		RIG_END(rig);
	}
	test_case("the jitter is used");
	CHECK(least < 5050);
	CHECK(most > 5283);
}

static void E1_silence_begins_after_the_last_interval(void)
{
	SETUP;

	ping(rig);
	while (rig->dev->counters.initiations_sent < 20)
		REQUIRE(rig_wait(rig, 6000));
	rig_advance(rig, 4999);
	CHECK_INT(rig->released, 0);
	rig_advance(rig, 334);
	CHECK_INT(rig->released, 1);
	RIG_END(rig);
}

static void E1_giving_up_ends_the_passive_keepalive_too(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	while (rig->dev->counters.initiations_sent < 20)
		REQUIRE(rig_wait(rig, 6000));
	while (rig_sent(rig))
		;
	test_case("data of the old session after the last initiation");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(rig->events[ZWG_EVENT_PEER_QUIET], 0);
	CHECK(rig_wait(rig, 60000) == NULL);
	CHECK_INT(rig->events[ZWG_EVENT_PEER_QUIET], 1);
	RIG_END(rig);
}

static void E2_new_outgoing_packet_resets_attempts(void)
{
	SETUP;
	zwg_time start;

	ping(rig);
	start = rig->now;
	rig_advance(rig, 90000);
	ping(rig);
	while (rig_wait(rig, 6000))
		;
	test_case("twenty more from the packet at 90 s");
	CHECK_WITHIN(rig->dev->counters.initiations_sent, 36, 39);
	CHECK(rig->sent[rig->sent_count - 1]->at - start > 90000 + 19 * 5000 - 5333);

	test_case("after giving up");
	rig_advance(rig, 60000);
	CHECK_SILENT(rig);
	start = rig->now;
	ping(rig);
	CHECK_INT(next_after(rig, start, 1, 148), 0);
	CHECK_WITHIN(next_after(rig, start, 1, 148), 5000, 5333);
	RIG_END(rig);
}

static void E3_one_initiation_in_five_seconds(void)
{
	SETUP;
	zwg_time start = rig->now;

	ping(rig);
	CHECK_INT(next_after(rig, start, 1, 148), 0);
	for (int i = 0; i < 49; i++) {
		rig_advance(rig, 100);
		ping(rig);
		CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	}
	CHECK_SILENT(rig);
	CHECK_WITHIN(next_after(rig, start, 1, 148), 5000, 5333);
	RIG_END(rig);
}

/* The peer starts; the answer is sent and never confirmed. */
static void answer_unconfirmed(struct rig *rig, struct scripted *far)
{
	uint8_t msg[SCRIPTED_INITIATION];

	scripted_initiation(far, msg);
	REQUIRE(rig_input(rig, &far->at, msg, sizeof(msg)) == ZWG_CONSUMED);
	REQUIRE(rig_take(rig, 2)->len == SCRIPTED_RESPONSE);
}

static void E3_a_response_defers_but_never_swallows(void)
{
	SETUP;
	zwg_time start = rig->now;

	test_case("a wish right after a response");
	answer_unconfirmed(rig, &far);
	rig_advance(rig, 1000);
	ping(rig);
	CHECK_SILENT(rig);
	CHECK_WITHIN(next_after(rig, start, 1, 148), 5000, 5333);

	test_case("a retry just after a response: what is left of five seconds, no more");
	start = rig->now;
	rig_advance(rig, 4900);
	answer_unconfirmed(rig, &far);
	CHECK_WITHIN(next_after(rig, start, 1, 148), 9900, 9900 + 333);

	test_case("responses in between do not add up");
	start = rig->now;
	for (int i = 0; i < 4; i++) {
		rig_advance(rig, 1000);
		answer_unconfirmed(rig, &far);
	}
	CHECK_WITHIN(next_after(rig, start, 1, 148), 9000, 9333);
	RIG_END(rig);
}

static void E3_an_initiation_that_could_not_be_made_counts_as_one(void)
{
	for (int no_stamp = 0; no_stamp < 2; no_stamp++) {
		SETUP;
		const enum zwg_drop why = no_stamp ? ZWG_DROP_STAMP : ZWG_DROP_RANDOM;
		zwg_time start = rig->now;
		struct zwg_job *job = rig->job;

		test_case(no_stamp ? "no stamp" : "no randomness");
		rig->hold_jobs = true;
		ping(rig);
		REQUIRE(zwg_job_take(rig->dev, rig->now, job));
		rig->stamp_error = no_stamp ? -EIO : 0;
		rig->random_error = no_stamp ? 0 : -EAGAIN;
		zwg_job_compute(job);
		CHECK(!zwg_job_commit(rig->dev, rig->now, job));
		rig->stamp_error = rig->random_error = 0;
		CHECK_INT(rig->dev->counters.drops[why], 1);
		for (int i = 0; i < 49; i++) {
			rig_advance(rig, 100);
			ping(rig);
			CHECK(!zwg_job_take(rig->dev, rig->now, job));
		}
		rig->hold_jobs = false;
		CHECK_WITHIN(next_after(rig, start, 1, 148), 5000, 5333);
		RIG_END(rig);
	}
}

static void E3_a_deferral_is_no_attempt(void)
{
	SETUP;

	answer_unconfirmed(rig, &far);
	rig_advance(rig, 1000);
	ping(rig);
	while (rig_wait(rig, 6000))
		;
	CHECK_INT(rig->dev->counters.initiations_sent, 20);
	CHECK_INT(rig->released, 1);
	RIG_END(rig);
}

static void E3_a_confirmed_session_fulfils_the_wish(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_INITIATION];

	test_case("before the job is taken");
	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	rig_run_jobs(rig);
	REQUIRE(scripted_read_response(&far, rig_take(rig, 2)->bytes, &session));
	rig->now += 5000;
	ping(rig);
	keepalive_from(rig, &far, &session);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	CHECK(rig_wait(rig, 14000) == NULL);
	RIG_END(rig);
}

static void E4_passive_keepalive_after_ten_seconds(void)
{
	SETUP;
	zwg_time start;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 500);
	start = rig->now;
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(next_after(rig, start, 4, 32), 10000);
	test_case("one only");
	CHECK(rig_wait(rig, 60000) == NULL);

	test_case("not after a keepalive");
	keepalive_from(rig, &far, &session);
	CHECK(rig_wait(rig, 50000) == NULL);
	RIG_END(rig);
}

static void E4_not_if_something_was_sent(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	rig_advance(rig, 9999);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	keepalive_from(rig, &far, &session);
	CHECK(rig_wait(rig, 60000) == NULL);
	RIG_END(rig);
}

static void E4_not_if_a_handshake_message_was_sent(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_INITIATION];

	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	test_case("an initiation");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	CHECK_INT(rig_take(rig, 1)->at, rig->now);
	for (int retry = 0; retry < 4; retry++)
		CHECK_WITHIN(next_after(rig, rig->now, 1, 148), 5000, 5333);

	test_case("a response");
	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	scripted_initiation(&far, msg);
	REQUIRE(rig_input(rig, &far.at, msg, sizeof(msg)) == ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 2)->at, rig->now);
	CHECK(rig_wait(rig, 60000) == NULL);
	RIG_END(rig);
}

static void E4_more_data_meanwhile_earns_a_second(void)
{
	SETUP;
	zwg_time start;

	rig_respond(rig, &far, &session);
	start = rig->now;
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	rig_advance(rig, 3000);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(next_after(rig, start, 4, 32), 10000);
	CHECK_INT(next_after(rig, start, 4, 32), 20000);
	CHECK(rig_wait(rig, 60000) == NULL);

	test_case("but what was answered since does not");
	start = rig->now;
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK(rig_says(rig, &far, 1, &session, 40));
	rig_advance(rig, 1000);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(next_after(rig, start, 4, 32), 11000);
	CHECK(rig_wait(rig, 60000) == NULL);
	RIG_END(rig);
}

static void E4_data_refused_inside_counts(void)
{
	SETUP;
	zwg_time start;
	uint8_t msg[128];

	rig_respond(rig, &far, &session);
	start = rig->now;
	CHECK_INT(
		rig_input(rig, &far.at, msg,
			  scripted_data(&session, msg, packet, rig_ipv4(packet, 77, RIG_SELF, 40))),
		ZWG_DROPPED);
	CHECK_INT(next_after(rig, start, 4, 32), 10000);
	RIG_END(rig);
}

static void E5_new_handshake_15_s_after_the_first_unanswered_data(void)
{
	for (int i = 0; i < 5; i++) {
		SETUP;
		zwg_time start;

		rig_respond(rig, &far, &session);
		rig_advance(rig, 6000);
		start = rig->now;
		CHECK(rig_says(rig, &far, 1, &session, 40));
		rig_advance(rig, 7000);
		CHECK(rig_says(rig, &far, 1, &session, 40));
		rig_advance(rig, 7000);
		CHECK(rig_says(rig, &far, 1, &session, 40));
		CHECK_WITHIN(next_after(rig, start, 1, 148), 15000, 15333);
		RIG_END(rig);
	}
}

static void E5_any_authenticated_packet_cancels(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_INITIATION];

	rig_respond(rig, &far, &session);
	test_case("a keepalive");
	CHECK(rig_says(rig, &far, 1, &session, 40));
	rig_advance(rig, 14999);
	keepalive_from(rig, &far, &session);
	CHECK(rig_wait(rig, 30000) == NULL);

	test_case("data, itself answered after ten seconds");
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK_INT(next_after(rig, rig->now, 4, 32), 10000);
	CHECK(rig_wait(rig, 30000) == NULL);

	test_case("an initiation");
	CHECK(rig_says(rig, &far, 1, &session, 40));
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	CHECK(rig_wait(rig, 30000) == NULL);

	test_case("a response");
	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 32);
	CHECK(rig_wait(rig, 30000) == NULL);

	test_case("a packet that fails its tag does not");
	CHECK(rig_says(rig, &far, 1, &session, 40));
	{
		size_t len = scripted_data(&session, msg, NULL, 0);
		zwg_time start = rig->now;

		msg[len - 1] ^= 1;
		CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DROPPED);
		CHECK_WITHIN(next_after(rig, start, 1, 148), 15000, 15333);
	}
	RIG_END(rig);
}

static void E5_keepalives_expect_no_answer(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 7);
	for (int i = 0; i < 10; i++) {
		const struct sent *sent = rig_wait(rig, 7000);

		REQUIRE(sent);
		CHECK_INT(sent->len, 32);
	}
	RIG_END(rig);
}

static void E6_initiator_rekeys_on_send_at_120_s(void)
{
	SETUP;

	rig_initiate(rig, &far, 1, &session);
	rig_advance(rig, 119999);
	keepalive_from(rig, &far, &session);
	CHECK(rig_sent(rig) == NULL || rig->sent[rig->sent_count - 1]->bytes[0] != 2);
	while (rig_sent(rig))
		;
	keepalive_from(rig, &far, &session);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	test_case("not at 119.999");
	CHECK_SILENT(rig);
	rig_advance(rig, 1);
	test_case("at 120: the data still goes out, and first");
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_INT(rig_take(rig, 1)->at, rig->now);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E6_receiving_alone_is_no_reason_at_120_s(void)
{
	SETUP;

	rig_initiate(rig, &far, 1, &session);
	keepalive_from(rig, &far, &session);
	rig_advance(rig, 150000);
	keepalive_from(rig, &far, &session);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E6_responder_does_not_rekey(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 122000);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_SILENT(rig);
	keepalive_from(rig, &far, &session);
	rig_advance(rig, 57000);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E7_initiator_rekeys_on_receive_at_165_s_once(void)
{
	SETUP;

	rig_initiate(rig, &far, 1, &session);
	keepalive_from(rig, &far, &session);
	rig_advance(rig, 164999);
	keepalive_from(rig, &far, &session);
	CHECK_SILENT(rig);
	rig_advance(rig, 1);
	keepalive_from(rig, &far, &session);
	CHECK_INT(rig_take(rig, 1)->at, rig->now);
	test_case("once per session; only the retry goes on");
	CHECK(peer->timers.last_minute_done);
	peer->timers.retransmit_handshake = ZWG_NEVER;
	rig_advance(rig, 6000);
	keepalive_from(rig, &far, &session);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E7_the_next_session_may_again(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_RESPONSE];

	rig_initiate(rig, &far, 1, &session);
	keepalive_from(rig, &far, &session);
	for (int i = 0; i < 3; i++) {
		test_case("session %d", i);
		rig_advance(rig, 165000);
		keepalive_from(rig, &far, &session);
		REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
		scripted_response(&far, msg, &session);
		CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
		CHECK_INT(rig_take(rig, 4)->len, 32);
	}
	RIG_END(rig);
}

static void E7_responder_does_not(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 179000);
	keepalive_from(rig, &far, &session);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void E8_session_ends_at_180_s(void)
{
	for (int initiator = 0; initiator < 2; initiator++) {
		SETUP;
		uint8_t msg[128];

		test_case(initiator ? "as initiator" : "as responder");
		if (initiator)
			rig_initiate(rig, &far, 1, &session);
		else
			rig_respond(rig, &far, &session);
		keepalive_from(rig, &far, &session);
		rig_advance(rig, 179999);
		CHECK(rig_hears(rig, &far, 1, &session, 40));
		if (initiator)
			CHECK_INT(rig_take(rig, 1)->len, SCRIPTED_INITIATION);
		CHECK(rig_says(rig, &far, 1, &session, 40));
		rig_advance(rig, 1);
		CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, NULL, 0)),
			  ZWG_DROPPED);
		CHECK_INT(rig->dev->counters.drops[ZWG_DROP_EXPIRED], 1);
		CHECK_SILENT(rig);
		test_case("a packet waits for a new one");
		ping(rig);
		if (!initiator)
			CHECK_INT(rig_take(rig, 1)->at, rig->now);
		CHECK_SILENT(rig);
		CHECK_INT(rig->outstanding, 1);
		RIG_END(rig);
	}
}

static void E9_keys_are_wiped_after_540_s(void)
{
	for (int initiator = 0; initiator < 2; initiator++) {
		SETUP;

		test_case(initiator ? "as initiator" : "as responder");
		if (initiator)
			rig_initiate(rig, &far, 1, &session);
		else
			rig_respond(rig, &far, &session);
		keepalive_from(rig, &far, &session);
		rig_advance(rig, 539999);
		CHECK(rig_holds(rig, session.send, 32));
		CHECK(rig_holds(rig, session.receive, 32));
		rig_advance(rig, 1);
		CHECK_INT(rig_leaks(rig, &far, NULL), 0);
		CHECK_ZERO(peer->keypairs, sizeof(peer->keypairs));
		CHECK_ZERO(peer->keypair_of, sizeof(peer->keypair_of));
		CHECK_ZERO(rig->dev->index_map, sizeof(rig->dev->index_map));
		RIG_END(rig);
	}
}

static void E9_an_outstanding_handshake_is_wiped_too(void)
{
	SETUP;

	rig_start(rig, &far, 1, 40);
	CHECK(rig_leaks(rig, &far, NULL) > 0);
	test_case("540 s after it was given up");
	while (rig_wait(rig, 6000))
		;
	CHECK_INT(rig->released, 1);
	rig_advance(rig, 540000);
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	CHECK_ZERO(&peer->initiation, sizeof(peer->initiation));
	RIG_END(rig);
}

static void E9_a_new_session_puts_it_off(void)
{
	SETUP;
	struct session second;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 170000);
	rig_respond(rig, &far, &second);
	rig_advance(rig, 539999);
	CHECK(rig_holds(rig, second.send, 32));
	rig_advance(rig, 1);
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	RIG_END(rig);
}

static void E14_staged_packets_are_bounded_and_the_oldest_gives_way(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_RESPONSE];
	uint8_t plain[256];

	rig_start(rig, &far, 1, 40);
	for (size_t i = 1; i < ZWG_MAX_STAGED + 5; i++) {
		CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40 + i)), 0);
		CHECK_INT(rig->outstanding, i < ZWG_MAX_STAGED ? i + 1 : ZWG_MAX_STAGED);
	}
	CHECK_INT(rig->released, 5);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STAGED], 5);
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	for (size_t i = 5; i < ZWG_MAX_STAGED + 5; i++) {
		const struct sent *sent = rig_take(rig, 4);

		CHECK(scripted_open(&session, sent->bytes, sent->len, plain) > 0);
		CHECK_INT(plain[3], 40 + i);
	}
	CHECK_SILENT(rig);
	CHECK_INT(rig->outstanding, 0);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"E1 twenty initiations with jitter, then silence",
	 E1_twenty_initiations_with_jitter_then_silence},
	{"E1 silence begins after the last interval", E1_silence_begins_after_the_last_interval},
	{"E1 giving up ends the passive keepalive too",
	 E1_giving_up_ends_the_passive_keepalive_too},
	{"E2 new outgoing packet resets attempts", E2_new_outgoing_packet_resets_attempts},
	{"E3 one initiation in five seconds", E3_one_initiation_in_five_seconds},
	{"E3 a response defers but never swallows", E3_a_response_defers_but_never_swallows},
	{"E3 an initiation that could not be made counts as one",
	 E3_an_initiation_that_could_not_be_made_counts_as_one},
	{"E3 a deferral is no attempt", E3_a_deferral_is_no_attempt},
	{"E3 a confirmed session fulfils the wish", E3_a_confirmed_session_fulfils_the_wish},
	{"E4 passive keepalive after ten seconds", E4_passive_keepalive_after_ten_seconds},
	{"E4 not if something was sent", E4_not_if_something_was_sent},
	{"E4 not if a handshake message was sent", E4_not_if_a_handshake_message_was_sent},
	{"E4 more data meanwhile earns a second", E4_more_data_meanwhile_earns_a_second},
	{"E4 data refused inside counts", E4_data_refused_inside_counts},
	{"E5 new handshake 15 s after the first unanswered data",
	 E5_new_handshake_15_s_after_the_first_unanswered_data},
	{"E5 any authenticated packet cancels", E5_any_authenticated_packet_cancels},
	{"E5 keepalives expect no answer", E5_keepalives_expect_no_answer},
	{"E6 initiator rekeys on send at 120 s", E6_initiator_rekeys_on_send_at_120_s},
	{"E6 receiving alone is no reason at 120 s", E6_receiving_alone_is_no_reason_at_120_s},
	{"E6 responder does not rekey", E6_responder_does_not_rekey},
	{"E7 initiator rekeys on receive at 165 s, once",
	 E7_initiator_rekeys_on_receive_at_165_s_once},
	{"E7 the next session may again", E7_the_next_session_may_again},
	{"E7 responder does not", E7_responder_does_not},
	{"E8 session ends at 180 s", E8_session_ends_at_180_s},
	{"E9 keys are wiped after 540 s", E9_keys_are_wiped_after_540_s},
	{"E9 an outstanding handshake is wiped too", E9_an_outstanding_handshake_is_wiped_too},
	{"E9 a new session puts it off", E9_a_new_session_puts_it_off},
	{"E14 staged packets are bounded and the oldest gives way",
	 E14_staged_packets_are_bounded_and_the_oldest_gives_way},
};
TEST_MAIN(tests)
