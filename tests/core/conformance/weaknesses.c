/* SPDX-License-Identifier: MIT */
/*
 * Published weaknesses of WireGuard implementations, each shown to be absent here: section 5 of the
 * conformance list. Those of a clock that leaps or is lost belong to the board's stamps (board/)
 * and the simulator.
 */
#include "crypto/crypto.h"
#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	uint8_t msg[256];                                                                          \
	uint8_t packet[256];                                                                       \
	(void)peer, (void)session, (void)msg, (void)packet

static struct zwg_endpoint elsewhere(void)
{
	return (struct zwg_endpoint){.addr = {ZWG_AF_INET, {203, 0, 113, 6}}, .port = 666};
}

static void S5_weak_random_source_is_not_used(void)
{
	SETUP;

	/* lwIP sample: rand() % 0xFF. Until the source says that it is seeded there is nothing. */
	rig->random_error = -1;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	zwg_peer_set_keepalive(rig->dev, rig->now, peer, 1);
	rig_run_jobs(rig);
	CHECK(rig_wait(rig, 100000) == NULL);
	CHECK(rig->dev->counters.drops[ZWG_DROP_RANDOM] > 0);
	RIG_END(rig);
}

static void S5_crypto_engine_error_is_a_failed_tag(void)
{
	SETUP;
	struct rig_state *saved;
	struct zwg_endpoint other = elsewhere();
	size_t len;

	/* FreeBSD SA-26:52, CVE-2026-58085: an error of the engine passed for a good tag. */
	rig_respond(rig, &far, &session);
	saved = rig_save(rig);
	len = scripted_data(&session, msg, packet, rig_ipv4(packet, 1, RIG_SELF, 40));
	rig_crypto_fails_at = 0;
	CHECK_INT(rig_input(rig, &other, msg, len), ZWG_DROPPED);
	CHECK_INT(rig_crypto_fails_at, -1);
	CHECK_SILENT(rig);
	CHECK(rig_same(rig, saved));
	free(saved);
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_DELIVER);
	RIG_END(rig);
}

static void S5_datagram_larger_than_any_buffer(void)
{
	SETUP;
	const size_t lengths[] = {149, 93, 65, 1421, 1453, 1501, 2049, 4097, 65507};
	uint8_t *large = calloc(1, 65507);

	/* Zephyr #111082, GotaTun PR145: the rig's fragments are exactly as large as the datagram.
	 */
	rig_respond(rig, &far, &session);
	for (size_t i = 0; i < TEST_COUNT(lengths); i++) {
		for (uint8_t type = 1; type <= 4; type++) {
			test_case("type %d, %zu bytes", type, lengths[i]);
			large[0] = type;
			memcpy(large + 4, &session.remote, 4);
			CHECK_INT(rig_input(rig, &far.at, large, lengths[i]), ZWG_DROPPED);
		}
	}
	test_case("a genuine one of 65507 bytes is read");
	free(large);
	large = malloc(65507);
	{
		uint8_t *plain = calloc(1, 65475);

		rig_ipv4(plain, 1, RIG_SELF, 65475);
		scripted_data(&session, large, plain, 65475);
		free(plain);
	}
	CHECK_INT(rig_input(rig, &far.at, large, 65507), ZWG_DELIVER);
	free(large);
	RIG_END(rig);
}

static void S5_unknown_index_moves_no_endpoint(void)
{
	SETUP;
	struct zwg_endpoint other = elsewhere();

	/* Zephyr #118013, PR 116722. */
	rig_respond(rig, &far, &session);
	for (int i = 0; i < 200; i++) {
		struct session wrong = session;

		wrong.remote = (uint32_t)test_random();
		CHECK_INT(rig_input(rig, &other, msg, scripted_data(&wrong, msg, NULL, 0)),
			  ZWG_DROPPED);
	}
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	RIG_END(rig);
}

static void S5_body_of_16_bytes_is_no_keepalive_unless_it_opens(void)
{
	SETUP;
	struct zwg_endpoint other = elsewhere();
	size_t len;

	/* Zephyr PR 111043: decrypted never, endpoint and keys moved before the replay check. */
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	REQUIRE(scripted_read_response(&far, rig_take(rig, 2)->bytes, &session));
	len = scripted_data_at(&session, 9, msg, NULL, 0);
	memset(msg + 16, 0x33, 16);
	CHECK_INT(rig_input(rig, &other, msg, len), ZWG_DROPPED);
	CHECK_INT(rig->dev->counters.keepalives_received, 0);
	CHECK(!peer->keypair_of[ZWG_CURRENT]);
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(rig_input(rig, &far.at, msg, len), ZWG_CONSUMED);
	CHECK(peer->keypair_of[ZWG_CURRENT]);
	test_case("replayed");
	CHECK_INT(rig_input(rig, &other, msg, len), ZWG_DROPPED);
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	RIG_END(rig);
}

static void S5_source_is_checked_not_destination_and_ipv6_too(void)
{
	SETUP;
	size_t len;

	/* wireguard-lwip PR16. */
	rig_respond(rig, &far, &session);
	len = rig_ipv4(packet, 50, 1, 40);
	CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, packet, len)),
		  ZWG_DROPPED);
	len = rig_ipv6(packet, 50, 1, 60);
	CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, packet, len)),
		  ZWG_DROPPED);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_SOURCE], 2);
	len = rig_ipv4(packet, 1, 50, 40);
	CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, packet, len)),
		  ZWG_DELIVER);
	RIG_END(rig);
}

static bool hears_at(struct rig *rig, struct scripted *far, struct session *session, uint64_t at)
{
	uint8_t msg[64];

	return rig_input(rig, &far->at, msg, scripted_data_at(session, at, msg, NULL, 0)) ==
	       ZWG_CONSUMED;
}

static void S5_counters_are_compared_in_64_bits(void)
{
	SETUP;

	/* wireguard-lwip: a 32-bit difference of 64-bit counters. */
	rig_respond(rig, &far, &session);
	CHECK(hears_at(rig, &far, &session, (UINT64_C(3) << 32) + 5));
	CHECK(!hears_at(rig, &far, &session, 6));
	CHECK(!hears_at(rig, &far, &session, (UINT64_C(1) << 32) + 4));
	CHECK(hears_at(rig, &far, &session, (UINT64_C(3) << 32) + 4));
	CHECK(hears_at(rig, &far, &session, (UINT64_C(9) << 32) + 1));
	CHECK(!hears_at(rig, &far, &session, (UINT64_C(3) << 32) + 6));
	RIG_END(rig);
}

static void S5_limit_of_receiving_is_not_that_of_sending(void)
{
	SETUP;

	/* wireguard-lwip tests the sending counter when it receives. */
	rig_respond(rig, &far, &session);
	peer->keypairs[peer->keypair_of[ZWG_CURRENT] - 1].send_counter = UINT64_MAX - 100;
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void S5_handshake_flood_is_measured_forwards(void)
{
	SETUP;

	/* wireguard-lwip subtracts the wrong way round, so that the check never bites. */
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	for (int i = 1; i < 20; i++) {
		rig_advance(rig, 1);
		scripted_initiation(&far, msg);
		rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
		CHECK_SILENT(rig);
	}
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_FLOOD], 19);
	rig_advance(rig, 1000000);
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	RIG_END(rig);
}

static void S5_index_is_unique_over_all_peers(void)
{
	SETUP;
	struct scripted second, third;
	struct session other;

	/* wireguard-lwip asks the last peer only. */
	rig_add(rig, &second, 2);
	rig_add(rig, &third, 3);
	rig_respond(rig, &far, &session);
	rig_respond(rig, &third, &other);
	memcpy(rig->forced, &session.remote, 4);
	memcpy(rig->forced + 4, &other.remote, 4);
	rig->forced_len = 8;
	rig_respond(rig, &second, &other);
	CHECK_INT(rig->forced_len, 0);
	CHECK(rig_hears(rig, &far, 1, &session, 40));
	CHECK(rig_hears(rig, &second, 2, &other, 40));
	RIG_END(rig);
}

static void S5_cookie_of_an_ipv6_source_holds_its_address(void)
{
	SETUP;
	struct zwg_endpoint other;

	/* wireguard-lwip leaves the address out. */
	far.at = (struct zwg_endpoint){.addr = {ZWG_AF_INET6, {0x20, 1, [15] = 9}}, .port = 51820};
	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	for (int i = 0; i <= ZWG_LOAD_THRESHOLD; i++)
		rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	REQUIRE(scripted_read_cookie(&far, rig_take(rig, 3)->bytes));
	scripted_macs(&far, msg, SCRIPTED_INITIATION);
	other = far.at;
	other.addr.bytes[15]++;
	CHECK_INT(rig_input(rig, &other, msg, SCRIPTED_INITIATION), ZWG_DROPPED);
	CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_CONSUMED);
	RIG_END(rig);
}

static void S5_routing_is_not_by_first_match(void)
{
	SETUP;
	struct scripted second;
	struct zwg_peer *other = rig_add(rig, &second, 2);
	struct zwg_prefix wide = {{ZWG_AF_INET, {172, 16}}, 12};
	struct zwg_prefix narrow = {{ZWG_AF_INET, {172, 20, 1}}, 24};

	REQUIRE(zwg_allowed_ip_add(rig->dev, peer, &wide) == 0);
	REQUIRE(zwg_allowed_ip_add(rig->dev, other, &narrow) == 0);
	narrow.addr.bytes[3] = 5;
	CHECK(zwg_route(rig->dev, &narrow.addr) == other);
	narrow.addr.bytes[2] = 2;
	CHECK(zwg_route(rig->dev, &narrow.addr) == peer);
	RIG_END(rig);
}

static void S5_load_is_detected(void)
{
	SETUP;

	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	for (int i = 0; i < 4 * ZWG_HANDSHAKE_QUEUE; i++)
		rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	CHECK(rig->dev->counters.cookies_sent > 0);
	CHECK(rig->dev->queue_count <= ZWG_HANDSHAKE_QUEUE);
	RIG_END(rig);
}

static void S5_replay_window_holds_hundreds(void)
{
	SETUP;

	/* wireguard-lwip #4: four packets. Every second one of a window's worth arrives late. */
	rig_respond(rig, &far, &session);
	for (uint64_t i = 1; i <= ZWG_REPLAY_WINDOW; i += 2)
		CHECK(hears_at(rig, &far, &session, i + 1));
	for (uint64_t i = 1; i <= ZWG_REPLAY_WINDOW; i += 2)
		CHECK(hears_at(rig, &far, &session, i));
	for (uint64_t i = 1; i <= ZWG_REPLAY_WINDOW; i++)
		CHECK(!hears_at(rig, &far, &session, i));
	RIG_END(rig);
}

static void S5_cookie_reply_moves_no_endpoint(void)
{
	SETUP;
	const uint8_t cookie[16] = {3};
	struct zwg_endpoint other = elsewhere();

	/* boringtun PR489, GotaTun PR159, wireguard-lwip. */
	rig_start(rig, &far, 1, 40);
	scripted_cookie_reply(&far, msg, rig->sent[0]->bytes, rig->sent[0]->len, cookie);
	CHECK_INT(rig_input(rig, &other, msg, SCRIPTED_COOKIE), ZWG_CONSUMED);
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 0);
	RIG_END(rig);
}

static void S5_nonce_goes_on_past_32_bits(void)
{
	SETUP;

	/* boringtun 0.7.1 on 32-bit processors. */
	rig_respond(rig, &far, &session);
	peer->keypairs[peer->keypair_of[ZWG_CURRENT] - 1].send_counter = UINT32_MAX;
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK(rig_says(rig, &far, 1, &session, 40));
	CHECK_MEM(rig->sent[rig->sent_count - 1]->bytes + 8, "\0\0\0\0\1\0\0\0", 8);
	RIG_END(rig);
}

static void S5_spoofed_sender_cannot_throttle_a_victim(void)
{
	SETUP;
	struct scripted attacker;

	/* wolfGuard PR29: the limiter came before mac2; firezone #13811: cookies never worked. */
	scripted_init(&attacker, 66, far.device);
	rig->hold_jobs = true;
	for (int i = 0; i < 1000; i++) {
		scripted_macs(&attacker, memset(msg, 1, SCRIPTED_INITIATION), SCRIPTED_INITIATION);
		memcpy(msg, "\1\0\0", 4);
		scripted_macs(&attacker, msg, SCRIPTED_INITIATION);
		rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	}
	while (rig_sent(rig))
		;
	scripted_initiation(&far, msg);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_DROPPED);
	REQUIRE(scripted_read_cookie(&far, rig_take(rig, 3)->bytes));
	scripted_macs(&far, msg, SCRIPTED_INITIATION);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_CONSUMED);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	CHECK(scripted_read_response(&far, rig_take(rig, 2)->bytes, &session));
	RIG_END(rig);
}

static void S5_spoofed_floods_fill_no_table(void)
{
	SETUP;
	struct scripted attacker;
	static const struct zwg_ratelimiter untouched;

	scripted_init(&attacker, 66, far.device);
	rig->hold_jobs = true;
	for (unsigned int i = 0; i < 3000; i++) {
		struct zwg_endpoint from = elsewhere();

		from.addr.bytes[2] = (uint8_t)(i >> 8);
		from.addr.bytes[3] = (uint8_t)i;
		test_random_bytes(msg, SCRIPTED_INITIATION);
		memcpy(msg, "\1\0\0", 4);
		scripted_macs(&attacker, msg, SCRIPTED_INITIATION);
		rig_input(rig, &from, msg, SCRIPTED_INITIATION);
	}
	CHECK_MEM(rig->dev->ratelimiter.buckets, untouched.buckets, sizeof(untouched.buckets));
	CHECK(rig->dev->queue_count <= ZWG_LOAD_THRESHOLD);
	CHECK_ZERO(rig->dev->index_map, sizeof(rig->dev->index_map));
	RIG_END(rig);
}

static void S5_two_handshakes_under_way_do_not_race(void)
{
	SETUP;
	struct zwg_job first, second;
	struct scripted later;
	uint8_t msg2[SCRIPTED_INITIATION];

	/* OpenBSD: the state that the response is made of was another initiation's by then. */
	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	later = far;
	scripted_initiation(&later, msg2);
	rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	REQUIRE(zwg_job_take(rig->dev, rig->now, &first));
	for (int i = 0; i < 2; i++) {
		zwg_job_compute(&first);
		REQUIRE(zwg_job_commit(rig->dev, rig->now, &first));
	}
	rig_advance(rig, 20);
	rig_input(rig, &far.at, msg2, SCRIPTED_INITIATION);
	REQUIRE(zwg_job_take(rig->dev, rig->now, &second));
	for (int i = 0; i < 2; i++) {
		zwg_job_compute(&second);
		REQUIRE(zwg_job_commit(rig->dev, rig->now, &second));
	}
	zwg_job_compute(&first);
	zwg_job_compute(&second);
	test_case("the older one is stale, in whatever order they end");
	CHECK(!zwg_job_commit(rig->dev, rig->now, &first));
	CHECK_SILENT(rig);
	CHECK(!zwg_job_commit(rig->dev, rig->now, &second));
	CHECK(scripted_read_response(&later, rig_take(rig, 2)->bytes, &session));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_STALE], 1);
	RIG_END(rig);
}

static void S5_one_peer_does_not_stall_another(void)
{
	SETUP;
	struct scripted second;
	struct session other;

	/* Linux CVE-2026-52945. One peer's packets all fail, and its queue is full. */
	rig_add(rig, &second, 2);
	rig_respond(rig, &second, &other);
	for (int i = 0; i < 100; i++) {
		rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40));
		while (rig_sent(rig))
			;
		CHECK(rig_says(rig, &second, 2, &other, 40));
		CHECK(rig_hears(rig, &second, 2, &other, 40));
	}
	RIG_END(rig);
}

static void S5_static_static_secret_is_not_kept(void)
{
	SETUP;
	uint8_t shared[32];

	/* NDSS 2024 (Lafourcade et al.): it would link a peer to its handshakes. Computed anew. */
	REQUIRE(zwg_x25519(shared, far.private_key, far.device) == 0);
	CHECK(!rig_holds(rig, shared, 32));
	rig_initiate(rig, &far, 1, &session);
	CHECK(!rig_holds(rig, shared, 32));
	rig_advance(rig, 6000);
	rig_respond(rig, &far, &session);
	CHECK(!rig_holds(rig, shared, 32));
	RIG_END(rig);
}

static void S5_nothing_of_a_session_survives_down_and_up(void)
{
	SETUP;

	/* Suspend, snapshots, retained RAM: neither sessions nor counters come back. */
	rig_respond(rig, &far, &session);
	zwg_device_down(rig->dev);
	zwg_device_up(rig->dev, rig->now);
	CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, NULL, 0)), ZWG_DROPPED);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	CHECK_INT(rig_take(rig, 1)->len, SCRIPTED_INITIATION);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"S5 weak random source is not used", S5_weak_random_source_is_not_used},
	{"S5 crypto engine error is a failed tag", S5_crypto_engine_error_is_a_failed_tag},
	{"S5 datagram larger than any buffer", S5_datagram_larger_than_any_buffer},
	{"S5 unknown index moves no endpoint", S5_unknown_index_moves_no_endpoint},
	{"S5 body of 16 bytes is no keepalive unless it opens",
	 S5_body_of_16_bytes_is_no_keepalive_unless_it_opens},
	{"S5 source is checked, not destination, and IPv6 too",
	 S5_source_is_checked_not_destination_and_ipv6_too},
	{"S5 counters are compared in 64 bits", S5_counters_are_compared_in_64_bits},
	{"S5 limit of receiving is not that of sending",
	 S5_limit_of_receiving_is_not_that_of_sending},
	{"S5 handshake flood is measured forwards", S5_handshake_flood_is_measured_forwards},
	{"S5 index is unique over all peers", S5_index_is_unique_over_all_peers},
	{"S5 cookie of an IPv6 source holds its address",
	 S5_cookie_of_an_ipv6_source_holds_its_address},
	{"S5 routing is not by first match", S5_routing_is_not_by_first_match},
	{"S5 load is detected", S5_load_is_detected},
	{"S5 replay window holds hundreds", S5_replay_window_holds_hundreds},
	{"S5 cookie reply moves no endpoint", S5_cookie_reply_moves_no_endpoint},
	{"S5 nonce goes on past 32 bits", S5_nonce_goes_on_past_32_bits},
	{"S5 spoofed sender cannot throttle a victim", S5_spoofed_sender_cannot_throttle_a_victim},
	{"S5 spoofed floods fill no table", S5_spoofed_floods_fill_no_table},
	{"S5 two handshakes under way do not race", S5_two_handshakes_under_way_do_not_race},
	{"S5 one peer does not stall another", S5_one_peer_does_not_stall_another},
	{"S5 static-static secret is not kept", S5_static_static_secret_is_not_kept},
	{"S5 nothing of a session survives down and up",
	 S5_nothing_of_a_session_survives_down_and_up},
};
TEST_MAIN(tests)
