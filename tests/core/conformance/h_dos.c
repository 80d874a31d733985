/* SPDX-License-Identifier: MIT */
/* Conformance, group H: floods, malformed input, and what fails around the device. */
#include <errno.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	uint8_t msg[SCRIPTED_INITIATION];                                                          \
	uint8_t packet[256];                                                                       \
	(void)peer, (void)session, (void)msg, (void)packet

static void H_junk_flood_costs_no_dh_and_no_state(void)
{
	SETUP;
	unsigned int dh;
	struct rig_state *saved;

	rig_respond(rig, &far, &session);
	dh = rig_x25519_calls;
	saved = rig_save(rig);
	for (int i = 0; i < 20000; i++) {
		static const uint8_t lengths[] = {148, 92, 64, 80};
		uint8_t junk[148];
		struct zwg_endpoint from = far.at;

		test_random_bytes(junk, sizeof(junk));
		junk[0] = (uint8_t)(1 + i % 4);
		junk[1] = junk[2] = junk[3] = 0;
		from.port = (uint16_t)i;
		CHECK_INT(rig_input(rig, &from, junk, lengths[i % 4]), ZWG_DROPPED);
	}
	CHECK_INT(rig_x25519_calls - dh, 0);
	CHECK(rig_same(rig, saved));
	CHECK_SILENT(rig);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	free(saved);
	RIG_END(rig);
}

/* An initiation with a good mac1 and nothing else right. */
static void forge(struct scripted *attacker, uint8_t *msg)
{
	test_random_bytes(msg, SCRIPTED_INITIATION);
	memcpy(msg, "\x01\0\0", 4);
	attacker->has_cookie = false;
	scripted_macs(attacker, msg, SCRIPTED_INITIATION);
}

static void H_flood_with_mac1_stops_neither_traffic_nor_an_honest_peer(void)
{
	SETUP;
	struct scripted attacker, second;
	struct session other;
	bool answered = false;
	unsigned int jobs = 0;

	rig_add(rig, &second, 2);
	scripted_init(&attacker, 66, far.device);
	rig_respond(rig, &far, &session);
	rig->hold_jobs = true;
	for (int i = 0; i < 20000; i++) {
		struct zwg_endpoint from = attacker.at;
		const struct sent *sent;

		from.addr.bytes[1] = (uint8_t)(i >> 8);
		from.addr.bytes[3] = (uint8_t)i;
		forge(&attacker, msg);
		rig_input(rig, &from, msg, sizeof(msg));
		CHECK(rig->dev->queue_count <= ZWG_HANDSHAKE_QUEUE);
		if (i % 100 == 0) {
			/* 10,000 a second come, and 100 jobs a second are done. */
			rig_advance(rig, 10);
			rig->jobs_pending = false;
			if (zwg_job_take(rig->dev, rig->now, rig->job)) {
				do {
					zwg_job_compute(rig->job);
				} while (zwg_job_commit(rig->dev, rig->now, rig->job));
				jobs++;
			}
		}
		if (i % 1000 == 500 && !answered) {
			/* The honest one retries with the cookie that it was given. */
			scripted_initiation(&second, msg);
			rig_input(rig, &second.at, msg, sizeof(msg));
		}
		while ((sent = rig_sent(rig))) {
			if (sent->bytes[0] == 3 && zwg_endpoint_equal(&sent->to, &second.at))
				CHECK(scripted_read_cookie(&second, sent->bytes));
			if (sent->bytes[0] == 2)
				answered |= scripted_read_response(&second, sent->bytes, &other);
		}
		if (i % 50 == 0) {
			CHECK(rig_says(rig, &far, 1, &session, 40));
			CHECK(rig_hears(rig, &far, 1, &session, 40));
		}
	}
	CHECK(answered);
	CHECK(jobs > ZWG_LOAD_THRESHOLD);
	CHECK(rig->dev->counters.cookies_sent > 19000);
	CHECK(rig->dev->counters.x25519 < 2 * jobs + 20);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_TAG], 0);
	printf("# of 20000 initiations: %d cookie replies, %u jobs, %d X25519\n",
	       (int)rig->dev->counters.cookies_sent, jobs, (int)rig->dev->counters.x25519);
	RIG_END(rig);
}

static void H_random_source_not_ready_refuses_handshakes(void)
{
	SETUP;
	const struct sent *sent;

	rig->random_error = -EAGAIN;
	test_case("ours");
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	rig_advance(rig, 30000);
	CHECK_SILENT(rig);
	test_case("theirs");
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_SILENT(rig);
	CHECK(rig->dev->counters.drops[ZWG_DROP_RANDOM] >= 2);
	test_case("seeded: the retry comes, and the packet was kept");
	rig->random_error = 0;
	sent = rig_wait(rig, 5400);
	REQUIRE(sent && scripted_read_initiation(&far, sent->bytes));
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	test_case("data needs no randomness");
	rig->random_error = -EAGAIN;
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void H_random_source_fails_for_many_peers_at_once(void)
{
	struct rig *rig = rig_new();
	struct scripted far[3];

	for (uint8_t i = 0; i < 3; i++)
		rig_add(rig, &far[i], (uint8_t)(i + 1));
	rig->hold_jobs = true;
	for (int i = 0; i < 3; i++)
		CHECK_INT(zwg_peer_handshake(rig->dev, rig->now,
					     zwg_peer_find(rig->dev, far[i].public_key)),
			  0);
	rig->random_error = -EAGAIN;
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	rig->random_error = 0;
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_RANDOM], 3);
	test_case("each has its retry");
	rig_advance(rig, 5333);
	CHECK_INT(rig->dev->counters.initiations_sent, 3);
	RIG_END(rig);
}

/* All that a device does, with whatever fails meanwhile: handshakes in both roles, data both ways,
 * a cookie reply. */
static void do_everything(struct rig *rig, struct scripted *far)
{
	const struct sent *sent;
	struct session session = {.local = 0};
	uint8_t msg[256], packet[256];
	bool have_session = false;

	rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 100));
	while ((sent = rig_sent(rig))) {
		if (sent->bytes[0] == 1 && scripted_read_initiation(far, sent->bytes)) {
			scripted_response(far, msg, &session);
			have_session = true;
			rig_input(rig, &far->at, msg, SCRIPTED_RESPONSE);
		}
	}
	rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 100));
	if (have_session)
		rig_input(rig, &far->at, msg,
			  scripted_data(&session, msg, packet, rig_ipv4(packet, 1, RIG_SELF, 100)));
	rig_advance(rig, 11000);
	scripted_initiation(far, msg);
	rig_input(rig, &far->at, msg, SCRIPTED_INITIATION);
	while ((sent = rig_sent(rig))) {
		if (sent->bytes[0] == 2 && scripted_read_response(far, sent->bytes, &session))
			rig_input(rig, &far->at, msg, scripted_data(&session, msg, NULL, 0));
	}
	rig->hold_jobs = true;
	scripted_initiation(far, msg);
	for (int i = 0; i <= ZWG_LOAD_THRESHOLD; i++)
		rig_input(rig, &far->at, msg, SCRIPTED_INITIATION);
	while ((sent = rig_sent(rig))) {
		if (sent->bytes[0] == 3)
			scripted_read_cookie(far, sent->bytes);
	}
	scripted_macs(far, msg, SCRIPTED_INITIATION);
	rig_input(rig, &far->at, msg, SCRIPTED_INITIATION);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	while (rig_sent(rig) || rig_delivered(rig))
		;
}

static bool any_sent_contains(const struct rig *rig, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < rig->sent_count; i++) {
		for (size_t at = 0; at + len <= rig->sent[i]->len; at++) {
			if (memcmp(rig->sent[i]->bytes + at, bytes, len) == 0)
				return true;
		}
	}
	return false;
}

/* After everything works again, so does the device: nothing is stuck, lost or left behind. */
static void check_recovers(struct rig *rig, struct scripted *far)
{
	struct session session;
	uint8_t packet[256];

	rig_advance(rig, 2000);
	while (rig_sent(rig) || rig_delivered(rig))
		;
	far->has_cookie = false;
	rig_respond(rig, far, &session);
	while (rig_sent(rig))
		;
	CHECK(rig_says(rig, far, 1, &session, 40));
	CHECK(rig_hears(rig, far, 1, &session, 40));
	CHECK_INT(rig->outstanding, 0);
	rig_ipv4(packet, RIG_SELF, 1, 100);
	CHECK(!any_sent_contains(rig, packet + 20, 16));
	RIG_END(rig);
}

static void H_every_call_to_a_primitive_may_fail(void)
{
	long calls;

	for (calls = 0;; calls++) {
		SETUP;

		test_case("call %ld", calls);
		rig_crypto_fails_at = calls;
		do_everything(rig, &far);
		if (rig_crypto_fails_at >= 0) {
			rig_crypto_fails_at = -1;
			check_recovers(rig, &far);
			break;
		}
		check_recovers(rig, &far);
	}
	printf("# %ld calls\n", calls);
	CHECK(calls > 100);
}

static void H_every_call_for_randomness_may_fail(void)
{
	long calls;

	for (calls = 0;; calls++) {
		SETUP;

		test_case("call %ld", calls);
		rig->random_fails_at = calls;
		do_everything(rig, &far);
		if (rig->random_fails_at >= 0) {
			rig->random_fails_at = -1;
			check_recovers(rig, &far);
			break;
		}
		check_recovers(rig, &far);
	}
	printf("# %ld calls\n", calls);
	CHECK(calls > 8);
}

static void H_every_datagram_may_fail_to_be_sent(void)
{
	long calls;

	for (calls = 0;; calls++) {
		SETUP;

		test_case("datagram %ld", calls);
		rig->send_fails_at = calls;
		do_everything(rig, &far);
		if (rig->send_fails_at >= 0) {
			rig->send_fails_at = -1;
			check_recovers(rig, &far);
			break;
		}
		CHECK_INT(rig->dev->counters.drops[ZWG_DROP_SEND], 1);
		check_recovers(rig, &far);
	}
	CHECK(calls > 4);
}

static void H_send_errors_leave_the_timers_running(void)
{
	SETUP;
	const struct sent *sent;

	rig->send_error = -ENETUNREACH;
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	rig_advance(rig, 20000);
	CHECK_SILENT(rig);
	CHECK_INT(rig->dev->counters.initiations_sent, 0);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_SEND], 4);
	rig->send_error = 0;
	sent = rig_wait(rig, 5333);
	CHECK(sent && sent->bytes[0] == 1);
	RIG_END(rig);
}

static void H_no_room_no_harm(void)
{
	SETUP;
	uint8_t bytes[256];

	rig_respond(rig, &far, &session);
	for (size_t head = 0; head <= ZWG_HEADROOM; head++) {
		for (size_t tail = 0; tail <= ZWG_TAILROOM; tail += 31 - 30 * (tail < 1)) {
			struct zwg_seg seg = {bytes, head + 40 + tail};
			struct zwg_packet pkt = {.segs = &seg, .count = 1, .off = head, .len = 40};

			if (head == ZWG_HEADROOM && tail >= ZWG_TAILROOM)
				continue;
			test_case("%zu before, %zu behind", head, tail);
			rig_ipv4(bytes + head, RIG_SELF, 1, 40);
			memcpy(packet, bytes, sizeof(packet));
			CHECK_INT(zwg_output(rig->dev, rig->now, &pkt), -EMSGSIZE);
			CHECK_MEM(bytes + head, packet + head, 40);
			CHECK_INT(pkt.off, head);
			CHECK_INT(pkt.len, 40);
		}
	}
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void H_datagrams_of_every_length_and_type(void)
{
	SETUP;
	uint8_t *junk = malloc(65536);
	const size_t large[] = {1280, 1472, 1500,  2048,  4095, 4096,
				4097, 9000, 65506, 65507, 65535};
	struct rig_state *saved;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	REQUIRE(zwg_peer_handshake(rig->dev, rig->now, peer) == 0);
	rig_run_jobs(rig);
	REQUIRE(rig_take(rig, 1)->len == 148);
	saved = rig_save(rig);
	for (size_t i = 0; i < 201 + TEST_COUNT(large); i++) {
		size_t len = i <= 200 ? i : large[i - 201];

		for (unsigned int type = 0; type < 7; type++) {
			test_case("type %u, %zu bytes", type, len);
			test_random_bytes(junk, len);
			if (len >= 4)
				memcpy(junk, (uint8_t[4]){(uint8_t)type}, 4);
			if (len >= 8)
				memcpy(junk + 4, &session.remote, 4);
			CHECK_INT(rig_input(rig, &far.at, junk, len), ZWG_DROPPED);
		}
	}
	CHECK(rig_same(rig, saved));
	CHECK_SILENT(rig);
	free(saved);
	free(junk);
	RIG_END(rig);
}

static void H_types_beyond_the_four(void)
{
	SETUP;

	for (unsigned int type = 0; type < 256; type++) {
		memset(packet, 0, sizeof(packet));
		packet[0] = (uint8_t)type;
		CHECK_INT(rig_input(rig, &far.at, packet, 200), ZWG_DROPPED);
	}
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_TYPE], 252);
	RIG_END(rig);
}

static void H_any_fragments_at_any_alignment(void)
{
	SETUP;

	/* The rig splits each packet anew; so much data passes every split and alignment. */
	rig_respond(rig, &far, &session);
	for (size_t i = 0; i < 3000; i++) {
		size_t len = 20 + i % 120;

		CHECK(rig_says(rig, &far, 1, &session, len));
		CHECK(rig_hears(rig, &far, 1, &session, len));
	}
	for (int i = 0; i < 20; i++) {
		rig_advance(rig, 6000);
		while (rig_sent(rig))
			;
		rig_respond(rig, &far, &session);
	}
	RIG_END(rig);
}

static void H_jobs_are_taken_in_turn(void)
{
	SETUP;
	struct scripted second;
	enum zwg_job_step steps[4];

	/* Neither a flood of messages nor many peers of ours starve the other. */
	rig_add(rig, &second, 2);
	rig->hold_jobs = true;
	for (int i = 0; i < 2; i++) {
		scripted_initiation(&far, msg);
		rig_input(rig, &far.at, msg, sizeof(msg));
	}
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	CHECK_INT(
		zwg_peer_handshake(rig->dev, rig->now, zwg_peer_find(rig->dev, second.public_key)),
		0);
	for (int i = 0; i < 4; i++) {
		struct zwg_job job;

		REQUIRE(zwg_job_take(rig->dev, rig->now, &job));
		steps[i] = job.step;
	}
	CHECK(steps[0] != steps[1]);
	CHECK(steps[1] != steps[2]);
	CHECK(steps[2] != steps[3]);
	RIG_END(rig);
}

static void H_several_devices_in_one_process(void)
{
	struct rig *rigs[3];
	struct scripted far[3];
	struct session session[3];

	for (int i = 0; i < 3; i++) {
		rigs[i] = rig_new();
		rig_add(rigs[i], &far[i], 1);
	}
	for (int i = 0; i < 3; i++)
		rig_respond(rigs[i], &far[i], &session[i]);
	for (int i = 0; i < 3; i++) {
		uint8_t msg[64];

		CHECK(rig_says(rigs[i], &far[i], 1, &session[i], 40));
		CHECK(rig_hears(rigs[i], &far[i], 1, &session[i], 40));
		test_case("a packet for another device");
		CHECK_INT(rig_input(rigs[(i + 1) % 3], &far[i].at, msg,
				    scripted_data(&session[i], msg, NULL, 0)),
			  ZWG_DROPPED);
	}
	zwg_device_down(rigs[1]->dev);
	CHECK(rig_says(rigs[0], &far[0], 1, &session[0], 40));
	for (int i = 0; i < 3; i++)
		RIG_END(rigs[i]);
}

static const struct test tests[] = {
	{"H junk flood costs no DH and no state", H_junk_flood_costs_no_dh_and_no_state},
	{"H flood with mac1 stops neither traffic nor an honest peer",
	 H_flood_with_mac1_stops_neither_traffic_nor_an_honest_peer},
	{"H random source not ready refuses handshakes",
	 H_random_source_not_ready_refuses_handshakes},
	{"H random source fails for many peers at once",
	 H_random_source_fails_for_many_peers_at_once},
	{"H every call to a primitive may fail", H_every_call_to_a_primitive_may_fail},
	{"H every call for randomness may fail", H_every_call_for_randomness_may_fail},
	{"H every datagram may fail to be sent", H_every_datagram_may_fail_to_be_sent},
	{"H send errors leave the timers running", H_send_errors_leave_the_timers_running},
	{"H no room, no harm", H_no_room_no_harm},
	{"H datagrams of every length and type", H_datagrams_of_every_length_and_type},
	{"H types beyond the four", H_types_beyond_the_four},
	{"H any fragments at any alignment", H_any_fragments_at_any_alignment},
	{"H jobs are taken in turn", H_jobs_are_taken_in_turn},
	{"H several devices in one process", H_several_devices_in_one_process},
};
TEST_MAIN(tests)
