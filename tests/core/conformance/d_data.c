/* SPDX-License-Identifier: MIT */
/* Conformance, group D: transport data (paper section 5.4.6). */
#include <errno.h>

#include "messages.h"
#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	(void)peer

#define R ZWG_REJECT_AFTER_MESSAGES
#define W ((uint64_t)ZWG_REPLAY_WINDOW)

static struct zwg_keypair *current(struct zwg_peer *peer)
{
	return &peer->keypairs[peer->keypair_of[ZWG_CURRENT] - 1];
}

static bool hears_at(struct rig *rig, const struct scripted *far, const struct session *session,
		     uint64_t counter)
{
	uint8_t packet[64];
	uint8_t msg[128];
	size_t len = rig_ipv4(packet, 1, RIG_SELF, 40);

	len = scripted_data_at(session, counter, msg, packet, len);
	return rig_input(rig, &far->at, msg, len) == ZWG_DELIVER && rig_delivered(rig);
}

static uint64_t counter_of(const struct sent *sent)
{
	uint64_t counter = 0;

	for (int i = 7; i >= 0; i--)
		counter = counter << 8 | sent->bytes[8 + i];
	return counter;
}

static void D1_counters_are_64_bits(void)
{
	const uint64_t starts[] = {0, 5, UINT32_MAX, (UINT64_C(1) << 40) - 1};

	for (size_t i = 0; i < TEST_COUNT(starts); i++) {
		SETUP;

		test_case("from %#jx", (uintmax_t)starts[i]);
		rig_respond(rig, &far, &session);
		current(peer)->send_counter = starts[i];
		for (uint64_t n = 0; n < 3; n++) {
			CHECK(rig_says(rig, &far, 1, &session, 50));
			CHECK_INT(counter_of(rig->sent[rig->sent_count - 1]), starts[i] + n);
		}
		if (starts[i] > 0) {
			CHECK(hears_at(rig, &far, &session, starts[i]));
			CHECK(hears_at(rig, &far, &session, starts[i] + 1));
			CHECK(!hears_at(rig, &far, &session, starts[i] + 1));
			test_case("32 bits of it are not enough");
			CHECK(hears_at(rig, &far, &session, starts[i] + 1 + (UINT64_C(1) << 32)));
			CHECK(!hears_at(rig, &far, &session, starts[i] + 1));
		}
		RIG_END(rig);
	}
}

static void D2_window_is_exact(void)
{
	SETUP;
	const uint64_t top = 5 * W + 17;

	rig_respond(rig, &far, &session);
	CHECK(hears_at(rig, &far, &session, top));
	CHECK(!hears_at(rig, &far, &session, top));
	CHECK(hears_at(rig, &far, &session, top - (W - 1)));
	CHECK(hears_at(rig, &far, &session, top - W));
	CHECK(!hears_at(rig, &far, &session, top - (W + 1)));
	CHECK(!hears_at(rig, &far, &session, top - (W - 1)));
	CHECK(!hears_at(rig, &far, &session, top - W));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_REPLAY], 4);
	for (uint64_t i = 1; i < 40; i++)
		CHECK(hears_at(rig, &far, &session, top - i * 7));
	for (uint64_t i = 1; i < 40; i++)
		CHECK(!hears_at(rig, &far, &session, top - i * 7));
	CHECK(hears_at(rig, &far, &session, top + 1));
	CHECK(!hears_at(rig, &far, &session, top - W));
	RIG_END(rig);
}

static void D2_a_replay_is_not_left_decrypted(void)
{
	SETUP;
	uint8_t packet[64];
	uint8_t msg[128];
	size_t len;

	rig_respond(rig, &far, &session);
	len = scripted_data(&session, msg, packet, rig_ipv4(packet, 1, RIG_SELF, 40));
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DELIVER);
	{
		struct zwg_seg seg = {msg, len};
		struct zwg_packet pkt = {.segs = &seg, .count = 1, .off = 0, .len = len};

		CHECK_INT(zwg_input(rig->dev, rig->now, &pkt, &far.at, 0, NULL), ZWG_DROPPED);
		CHECK(memcmp(msg + 16 + 20, packet + 20, 16) != 0);
	}
	RIG_END(rig);
}

static void D3_failed_tag_never_moves_the_window(void)
{
	SETUP;
	uint8_t msg[128];
	size_t len;
	struct rig_state *saved;

	rig_respond(rig, &far, &session);
	CHECK(hears_at(rig, &far, &session, 5));
	len = scripted_data_at(&session, 1000000, msg, NULL, 0);
	msg[20] ^= 1;
	saved = rig_save(rig);
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DROPPED);
	CHECK(rig_same(rig, saved));
	free(saved);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_TAG], 1);
	CHECK(hears_at(rig, &far, &session, 6));
	test_case("the counter is what the tag was made with");
	len = scripted_data_at(&session, 7, msg, NULL, 0);
	msg[8] = 8;
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DROPPED);
	CHECK(hears_at(rig, &far, &session, 8));
	RIG_END(rig);
}

static void D4_receiving_ends_at_the_limit(void)
{
	SETUP;

	CHECK_INT(R, UINT64_MAX - (UINT64_C(1) << 13));
	rig_respond(rig, &far, &session);
	CHECK(!hears_at(rig, &far, &session, R));
	CHECK(!hears_at(rig, &far, &session, UINT64_MAX));
	CHECK(hears_at(rig, &far, &session, 3));
	CHECK(hears_at(rig, &far, &session, R - 1));
	test_case("after that the session hears nothing more");
	CHECK(!hears_at(rig, &far, &session, R - 2));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_EXPIRED], 1);
	RIG_END(rig);
}

static void D4_sending_ends_at_the_limit(void)
{
	SETUP;
	uint8_t packet[64];
	uint8_t msg[SCRIPTED_RESPONSE];
	uint8_t plain[64];
	const struct sent *sent;

	rig_initiate(rig, &far, 1, &session);
	rig_advance(rig, 9000);
	REQUIRE(rig_hears(rig, &far, 1, &session, 40));
	current(peer)->send_counter = R - 1;
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_INT(counter_of(rig->sent[rig->sent_count - 2]), R - 1);
	test_case("it was past the limit for a rekey");
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	test_case("nothing goes out any more");
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	CHECK_SILENT(rig);
	CHECK_INT(current(peer)->send_counter, R);
	test_case("it waits for the new session");
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	sent = rig_take(rig, 4);
	CHECK_INT(counter_of(sent), 0);
	CHECK_INT(scripted_open(&session, sent->bytes, sent->len, plain), 48);
	RIG_END(rig);
}

static void D5_rekey_after_2_60_messages_in_either_role(void)
{
	for (int initiator = 0; initiator < 2; initiator++) {
		SETUP;

		test_case(initiator ? "as initiator" : "as responder");
		if (initiator)
			rig_initiate(rig, &far, 1, &session);
		else
			rig_respond(rig, &far, &session);
		rig_advance(rig, 6000);
		REQUIRE(rig_hears(rig, &far, 1, &session, 40));
		current(peer)->send_counter = (UINT64_C(1) << 60) - 1;
		CHECK(rig_says(rig, &far, 1, &session, 40));
		CHECK_SILENT(rig);
		CHECK(rig_says(rig, &far, 1, &session, 40));
		CHECK_INT(rig_take(rig, 1)->len, SCRIPTED_INITIATION);
		CHECK_SILENT(rig);
		RIG_END(rig);
	}
}

static void D6_padding_to_16_but_never_past_the_mtu(void)
{
	SETUP;
	uint8_t packet[2048];
	uint8_t plain[2048];

	rig_respond(rig, &far, &session);
	CHECK_INT(zwg_set_mtu(rig->dev, 1300), 0);
	for (size_t len = 20; len <= 1300; len += len < 100 || len > 1270 ? 1 : 13) {
		size_t padded = (len + 15) / 16 * 16;
		const struct sent *sent;

		if (padded > 1300)
			padded = 1300;
		test_case("%zu bytes", len);
		CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, len)), 0);
		sent = rig_take(rig, 4);
		CHECK_INT(sent->len, 32 + padded);
		CHECK_INT(scripted_open(&session, sent->bytes, sent->len, plain), padded);
		CHECK_MEM(plain, packet, len);
		CHECK_ZERO(plain + len, padded - len);
	}
	CHECK_INT(zwg_set_mtu(rig->dev, 1299), 0);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 1299)), 0);
	CHECK_INT(rig_take(rig, 4)->len, 32 + 1299);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 1297)), 0);
	CHECK_INT(rig_take(rig, 4)->len, 32 + 1299);
	test_case("a packet that is larger than the MTU is not padded at all");
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 1301)), 0);
	CHECK_INT(rig_take(rig, 4)->len, 32 + 1301);
	RIG_END(rig);
}

static void D6_keepalive_is_32_bytes(void)
{
	SETUP;
	uint8_t plain[16];
	const struct sent *sent;

	rig_respond(rig, &far, &session);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 5);
	sent = rig_take(rig, 4);
	CHECK_INT(sent->len, 32);
	CHECK_INT(sent->tos, 0);
	CHECK_INT(scripted_open(&session, sent->bytes, sent->len, plain), 0);
	RIG_END(rig);
}

static void D7_any_padding_is_accepted(void)
{
	SETUP;
	const struct {
		const char *name;
		size_t padding;
		uint8_t with;
	} cases[] = {
		{"none", 0, 0},		  {"to 16", 7, 0},     {"not zeros", 7, 0xa5},
		{"far too much", 900, 0}, {"a byte", 1, 0xff},
	};

	rig_respond(rig, &far, &session);
	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		uint8_t packet[1024];
		uint8_t msg[1100];
		const struct delivered *got;
		size_t len;

		for (int v6 = 0; v6 < 2; v6++) {
			test_case("%s, IPv%d", cases[i].name, v6 ? 6 : 4);
			len = v6 ? rig_ipv6(packet, 1, RIG_SELF, 57)
				 : rig_ipv4(packet, 1, RIG_SELF, 41);
			memset(packet + len, cases[i].with, cases[i].padding);
			CHECK_INT(rig_input(rig, &far.at, msg,
					    scripted_data(&session, msg, packet,
							  len + cases[i].padding)),
				  ZWG_DELIVER);
			got = rig_delivered(rig);
			REQUIRE(got);
			CHECK_INT(got->len, len);
			CHECK_MEM(got->bytes, packet, len);
		}
	}
	RIG_END(rig);
}

static void D8_index_leads_to_previous_current_and_next(void)
{
	SETUP;
	struct session second, third, nowhere;
	uint8_t msg[SCRIPTED_INITIATION];
	uint8_t data[64];
	struct rig_state *saved;
	size_t len;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 1000);
	rig_respond(rig, &far, &second);
	rig_advance(rig, 1000);
	test_case("previous");
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	test_case("current");
	CHECK(rig_hears(rig, &far, 1, &second, 40));
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	REQUIRE(scripted_read_response(&far, rig_take(rig, 2)->bytes, &third));
	test_case("next");
	CHECK(rig_hears(rig, &far, 1, &third, 40));
	test_case("nowhere");
	nowhere = third;
	nowhere.remote ^= 0x10;
	saved = rig_save(rig);
	len = scripted_data(&nowhere, data, NULL, 0);
	CHECK_INT(rig_input(rig, &far.at, data, len), ZWG_DROPPED);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_UNKNOWN_INDEX], 1);
	CHECK(rig_same(rig, saved));
	free(saved);
	test_case("an index of a handshake is none for data");
	rig_advance(rig, 6000);
	REQUIRE(zwg_peer_handshake(rig->dev, rig->now, peer) == 0);
	rig_run_jobs(rig);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	nowhere.remote = far.remote;
	len = scripted_data(&nowhere, data, NULL, 0);
	CHECK_INT(rig_input(rig, &far.at, data, len), ZWG_DROPPED);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_UNKNOWN_INDEX], 2);
	RIG_END(rig);
}

static void D9_keepalives_count_like_data(void)
{
	SETUP;
	uint8_t msg[SCRIPTED_INITIATION];
	struct zwg_endpoint elsewhere = far.at;
	size_t len;

	elsewhere.port = 9;
	test_case("a keepalive confirms, and moves the endpoint");
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	REQUIRE(scripted_read_response(&far, rig_take(rig, 2)->bytes, &session));
	CHECK(!peer->keypair_of[ZWG_CURRENT]);
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(rig_input(rig, &elsewhere, msg, len), ZWG_CONSUMED);
	CHECK(peer->keypair_of[ZWG_CURRENT]);
	CHECK_INT(peer->endpoint.port, 9);
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 1);

	test_case("replayed from another port it does neither");
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DROPPED);
	CHECK_INT(peer->endpoint.port, 9);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_REPLAY], 1);

	test_case("it takes a place in the window");
	CHECK(!hears_at(rig, &far, &session, 0));

	test_case("a timer is answered by it");
	CHECK(peer->timers.new_handshake == ZWG_NEVER);
	far.at = elsewhere;
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK(peer->timers.new_handshake != ZWG_NEVER);
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(rig_input(rig, &elsewhere, msg, len), ZWG_CONSUMED);
	CHECK(peer->timers.new_handshake == ZWG_NEVER);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"D1 counters are 64 bits", D1_counters_are_64_bits},
	{"D2 window is exact", D2_window_is_exact},
	{"D2 a replay is not left decrypted", D2_a_replay_is_not_left_decrypted},
	{"D3 failed tag never moves the window", D3_failed_tag_never_moves_the_window},
	{"D4 receiving ends at the limit", D4_receiving_ends_at_the_limit},
	{"D4 sending ends at the limit", D4_sending_ends_at_the_limit},
	{"D5 rekey after 2^60 messages in either role",
	 D5_rekey_after_2_60_messages_in_either_role},
	{"D6 padding to 16 but never past the MTU", D6_padding_to_16_but_never_past_the_mtu},
	{"D6 keepalive is 32 bytes", D6_keepalive_is_32_bytes},
	{"D7 any padding is accepted", D7_any_padding_is_accepted},
	{"D8 index leads to previous, current and next",
	 D8_index_leads_to_previous_current_and_next},
	{"D9 keepalives count like data", D9_keepalives_count_like_data},
};
TEST_MAIN(tests)
