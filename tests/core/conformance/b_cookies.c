/* SPDX-License-Identifier: MIT */
/* Conformance, group B: mac1, mac2, cookies and load (paper sections 5.3, 5.4.4, 5.4.7). */
#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	uint8_t msg[SCRIPTED_INITIATION];                                                          \
	(void)peer, (void)msg

/* Puts the device under load and keeps it there: its jobs are held, and messages of another peer
 * stand in its queue. */
static void load(struct rig *rig)
{
	struct scripted other;
	uint8_t msg[SCRIPTED_INITIATION];

	rig->hold_jobs = true;
	scripted_init(&other, 200, rig->dev->identity.public_key);
	scripted_initiation(&other, msg);
	for (int i = 0; i < ZWG_LOAD_THRESHOLD; i++)
		REQUIRE(rig_input(rig, &other.at, msg, sizeof(msg)) == ZWG_CONSUMED);
	REQUIRE(rig_sent(rig) == NULL);
}

/* Gets the cookie for the peer's address; the device is under load. */
static void get_cookie(struct rig *rig, struct scripted *peer, uint8_t *msg)
{
	REQUIRE(!peer->has_cookie);
	scripted_initiation(peer, msg);
	REQUIRE(rig_input(rig, &peer->at, msg, SCRIPTED_INITIATION) == ZWG_DROPPED);
	REQUIRE(scripted_read_cookie(peer, rig_take(rig, 3)->bytes));
}

static uint64_t drops(const struct rig *rig, enum zwg_drop why)
{
	return rig->dev->counters.drops[why];
}

static void B1_mac1_comes_before_any_dh(void)
{
	SETUP;
	unsigned int before = rig_x25519_calls;
	struct rig_state *saved = rig_save(rig);

	for (int i = 0; i < 1000; i++) {
		test_random_bytes(msg, sizeof(msg));
		memcpy(msg, i % 2 ? "\x01\0\0" : "\x02\0\0", 4);
		rig_input(rig, &far.at, msg, i % 2 ? SCRIPTED_INITIATION : SCRIPTED_RESPONSE);
	}
	CHECK_INT(rig_x25519_calls - before, 0);
	CHECK_INT(drops(rig, ZWG_DROP_MAC1), 1000);
	CHECK(rig_same(rig, saved));
	CHECK_SILENT(rig);
	free(saved);

	scripted_initiation(&far, msg);
	msg[116] ^= 1;
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_SILENT(rig);
	CHECK_INT(rig_x25519_calls - before, 0);
	msg[116] ^= 1;
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	CHECK(rig_x25519_calls > before);
	RIG_END(rig);
}

static void B1_what_is_sent_has_mac1_and_no_mac2(void)
{
	SETUP;
	struct session session;
	const struct sent *sent;

	/* The scripted peer checks mac1 of whatever it reads. */
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	sent = rig_take(rig, 2);
	CHECK(scripted_read_response(&far, sent->bytes, &session));
	CHECK_ZERO(sent->bytes + 76, 16);
	rig_advance(rig, 5000);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	sent = rig_take(rig, 1);
	CHECK(scripted_read_initiation(&far, sent->bytes));
	CHECK_ZERO(sent->bytes + 132, 16);
	RIG_END(rig);
}

static void B2_mac2_is_ignored_without_load(void)
{
	SETUP;

	scripted_initiation(&far, msg);
	memset(msg + 132, 0x5a, 16);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void B3_under_load_a_cookie_reply_to_both_messages(void)
{
	SETUP;
	struct session session;
	const struct sent *sent;
	unsigned int dh;

	rig_start(rig, &far, 1, 40);
	load(rig);
	dh = rig_x25519_calls;

	test_case("response without mac2");
	scripted_response(&far, msg, &session);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE), ZWG_DROPPED);
	sent = rig_take(rig, 3);
	CHECK_INT(sent->len, SCRIPTED_COOKIE);
	CHECK_MEM(sent->bytes + 4, msg + 4, 4);
	CHECK(scripted_read_cookie(&far, sent->bytes));

	test_case("the same with mac2");
	scripted_macs(&far, msg, SCRIPTED_RESPONSE);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE), ZWG_CONSUMED);
	CHECK_SILENT(rig);

	test_case("initiation without, then with");
	far.has_cookie = false;
	scripted_initiation(&far, msg);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_DROPPED);
	sent = rig_take(rig, 3);
	CHECK_INT(sent->len, SCRIPTED_COOKIE);
	CHECK(scripted_read_cookie(&far, sent->bytes));
	scripted_macs(&far, msg, SCRIPTED_INITIATION);
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_CONSUMED);
	CHECK_SILENT(rig);
	CHECK_INT(drops(rig, ZWG_DROP_MAC2), 2);
	CHECK_INT(rig->dev->counters.cookies_sent, 2);

	test_case("a wrong mac1 gets nothing, under load or not");
	msg[116] ^= 1;
	CHECK_INT(rig_input(rig, &far.at, msg, SCRIPTED_INITIATION), ZWG_DROPPED);
	CHECK_SILENT(rig);
	CHECK_INT(rig_x25519_calls - dh, 0);

	test_case("those with mac2 are then answered");
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	CHECK_INT(rig_take(rig, 4)->len, 80);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void B4_cookie_is_bound_to_address_and_port(void)
{
	SETUP;
	struct zwg_endpoint from = far.at;

	load(rig);
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	from.port++;
	CHECK_INT(rig_input(rig, &from, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_INT(rig_take(rig, 3)->to.port, from.port);
	from = far.at;
	from.addr.bytes[3]++;
	CHECK_INT(rig_input(rig, &from, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK(zwg_endpoint_equal(&rig_take(rig, 3)->to, &from));
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_SILENT(rig);

	test_case("IPv6: every byte of the address counts");
	far.has_cookie = false;
	far.at = (struct zwg_endpoint){.addr = {ZWG_AF_INET6, {0x20, 1, [15] = 1}}, .port = 7};
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	for (int i = 0; i < 16; i++) {
		from = far.at;
		from.addr.bytes[i] ^= 1;
		CHECK_INT(rig_input(rig, &from, msg, sizeof(msg)), ZWG_DROPPED);
		CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	}
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	RIG_END(rig);
}

static void B4_secret_rotates_after_two_minutes(void)
{
	SETUP;

	load(rig);
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	rig_advance(rig, 119999);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	rig_advance(rig, 1);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	RIG_END(rig);
}

static void B5_cookie_reply_by_the_paper(void)
{
	SETUP;
	uint8_t nonces[8][24];
	uint8_t first[16];

	load(rig);
	for (int i = 0; i < 8; i++) {
		const struct sent *sent;

		scripted_initiation(&far, msg);
		rig_input(rig, &far.at, msg, sizeof(msg));
		sent = rig_take(rig, 3);
		CHECK_INT(sent->len, 64);
		CHECK_ZERO(sent->bytes + 1, 3);
		CHECK_MEM(sent->bytes + 4, msg + 4, 4);
		CHECK(zwg_endpoint_equal(&sent->to, &far.at));
		memcpy(nonces[i], sent->bytes + 8, 24);
		for (int j = 0; j < i; j++)
			CHECK(memcmp(nonces[i], nonces[j], 24) != 0);
		/* Opens with Hash("cookie--" || key) and this message's mac1 alone. */
		CHECK(scripted_read_cookie(&far, sent->bytes));
		if (i == 0)
			memcpy(first, far.cookie, 16);
		CHECK_MEM(far.cookie, first, 16);
		far.mac1[0] ^= 1;
		CHECK(!scripted_read_cookie(&far, sent->bytes));
		far.has_cookie = false;
	}
	RIG_END(rig);
}

/* The device's initiation was answered with a cookie from elsewhere. */
static void B6_consumer_stores_the_cookie_and_nothing_else(void)
{
	SETUP;
	const uint8_t cookie[16] = "a cookie, 16 by";
	uint8_t reply[SCRIPTED_COOKIE];
	uint8_t mac2[16];
	struct zwg_endpoint elsewhere = far.at;
	struct zwg_endpoint before;
	const struct sent *sent;
	zwg_time first;
	uint64_t rx;
	struct zwg_timers timers;

	elsewhere.port = 9;
	CHECK_INT(rig_output(rig, msg, rig_ipv4(msg, RIG_SELF, 1, 40)), 0);
	sent = rig_take(rig, 1);
	first = sent->at;
	REQUIRE(scripted_read_initiation(&far, sent->bytes));
	rig_advance(rig, 300);
	before = peer->endpoint;
	timers = peer->timers;
	rx = peer->rx_bytes;
	scripted_cookie_reply(&far, reply, sent->bytes, sent->len, cookie);
	CHECK_INT(rig_input(rig, &elsewhere, reply, sizeof(reply)), ZWG_CONSUMED);
	CHECK_SILENT(rig);
	CHECK_MEM(&peer->endpoint, &before, sizeof(before));
	CHECK_MEM(&peer->timers, &timers, sizeof(timers));
	CHECK_INT(peer->rx_bytes, rx);

	sent = rig_wait(rig, 5333);
	REQUIRE(sent && sent->bytes[0] == 1);
	CHECK(sent->at - first >= 5000 && sent->at - first <= 5333);
	CHECK(zwg_endpoint_equal(&sent->to, &far.at));
	scripted_mac2(mac2, sent->bytes, sent->len, cookie);
	CHECK_MEM(sent->bytes + 132, mac2, 16);
	RIG_END(rig);
}

static void B6_one_cookie_for_each_mac1_sent(void)
{
	SETUP;
	const uint8_t cookies[2][16] = {{1}, {2}};
	uint8_t reply[SCRIPTED_COOKIE];
	uint8_t mac2[16];
	const struct sent *sent;
	struct rig_state *saved;

	test_case("none was sent");
	scripted_initiation(&far, msg);
	scripted_cookie_reply(&far, reply, msg, sizeof(msg), cookies[0]);
	saved = rig_save(rig);
	CHECK_INT(rig_input(rig, &far.at, reply, sizeof(reply)), ZWG_DROPPED);
	CHECK(rig_same(rig, saved));
	free(saved);

	test_case("a second for the same");
	rig_start(rig, &far, 1, 40);
	sent = rig->sent[rig->sent_count - 1];
	scripted_cookie_reply(&far, reply, sent->bytes, sent->len, cookies[0]);
	CHECK_INT(rig_input(rig, &far.at, reply, sizeof(reply)), ZWG_CONSUMED);
	scripted_cookie_reply(&far, reply, sent->bytes, sent->len, cookies[1]);
	CHECK_INT(rig_input(rig, &far.at, reply, sizeof(reply)), ZWG_DROPPED);
	CHECK_INT(drops(rig, ZWG_DROP_COOKIE), 2);

	test_case("one that answers another mac1");
	sent = rig_wait(rig, 6000);
	REQUIRE(sent && sent->bytes[0] == 1);
	scripted_mac2(mac2, sent->bytes, sent->len, cookies[0]);
	CHECK_MEM(sent->bytes + 132, mac2, 16);
	memcpy(msg, sent->bytes, sizeof(msg));
	msg[116] ^= 1;
	scripted_cookie_reply(&far, reply, msg, sizeof(msg), cookies[1]);
	CHECK_INT(rig_input(rig, &far.at, reply, sizeof(reply)), ZWG_DROPPED);
	RIG_END(rig);
}

static void B6_a_response_may_be_answered_with_a_cookie_too(void)
{
	SETUP;
	const uint8_t cookie[16] = {7};
	uint8_t reply[SCRIPTED_COOKIE];
	uint8_t mac2[16];
	const struct sent *sent;

	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	sent = rig_take(rig, 2);
	scripted_cookie_reply(&far, reply, sent->bytes, sent->len, cookie);
	CHECK_INT(rig_input(rig, &far.at, reply, sizeof(reply)), ZWG_CONSUMED);
	CHECK_SILENT(rig);
	rig_advance(rig, 1000);
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	sent = rig_take(rig, 2);
	scripted_mac2(mac2, sent->bytes, sent->len, cookie);
	CHECK_MEM(sent->bytes + 76, mac2, 16);
	RIG_END(rig);
}

static void B7_cookie_is_used_for_less_than_two_minutes(void)
{
	const struct {
		zwg_time age;
		bool used;
	} cases[] = {{0, true}, {114999, true}, {115000, false}, {120000, false}, {1 << 30, false}};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		SETUP;
		const uint8_t cookie[16] = {9};
		uint8_t reply[SCRIPTED_COOKIE];
		uint8_t mac2[16];
		const struct sent *sent;

		test_case("after %d ms", (int)cases[i].age);
		rig_start(rig, &far, 1, 40);
		sent = rig->sent[0];
		scripted_cookie_reply(&far, reply, sent->bytes, sent->len, cookie);
		rig_advance(rig, 4999);
		CHECK_INT(rig_input(rig, &far.at, reply, sizeof(reply)), ZWG_CONSUMED);
		/* The clock leaps, so that no retry comes in between. */
		rig->now += cases[i].age + (cases[i].age == 0);
		if (cases[i].age == 114999 || cases[i].age == 115000)
			CHECK_INT(rig->now - peer->cookie.birth, cases[i].age);
		CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
		rig_run_jobs(rig);
		sent = rig_take(rig, 1);
		scripted_mac2(mac2, sent->bytes, sent->len, cookie);
		if (cases[i].used)
			CHECK_MEM(sent->bytes + 132, mac2, 16);
		else
			CHECK_ZERO(sent->bytes + 132, 16);
		RIG_END(rig);
	}
}

/* Under load, has the message with its mac2 been let through to the queue? */
static bool passes(struct rig *rig, struct scripted *peer, const uint8_t *msg)
{
	enum zwg_verdict verdict = rig_input(rig, &peer->at, msg, SCRIPTED_INITIATION);

	/* Room again, but still under load. */
	rig->dev->queue_count = ZWG_LOAD_THRESHOLD;
	REQUIRE(rig_sent(rig) == NULL);
	return verdict == ZWG_CONSUMED;
}

static void B8_five_at_once_then_twenty_a_second(void)
{
	SETUP;
	struct scripted other = far;

	load(rig);
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	for (int i = 0; i < 5; i++)
		CHECK(passes(rig, &far, msg));
	CHECK(!passes(rig, &far, msg));
	CHECK_INT(drops(rig, ZWG_DROP_RATE), 1);
	rig_advance(rig, 49);
	CHECK(!passes(rig, &far, msg));
	rig_advance(rig, 1);
	CHECK(passes(rig, &far, msg));
	CHECK(!passes(rig, &far, msg));
	rig_advance(rig, 100);
	CHECK(passes(rig, &far, msg));
	CHECK(passes(rig, &far, msg));
	CHECK(!passes(rig, &far, msg));
	test_case("another IPv4 address");
	other.at.addr.bytes[3] = 99;
	get_cookie(rig, &other, msg);
	scripted_macs(&other, msg, sizeof(msg));
	CHECK(passes(rig, &other, msg));
	RIG_END(rig);
}

static void B8_ipv6_is_limited_by_its_64_bit_network(void)
{
	SETUP;

	load(rig);
	for (uint8_t i = 0; i < 8; i++) {
		far.at = (struct zwg_endpoint){
			.addr = {ZWG_AF_INET6, {0x20, 1, 0xd, 0xb8, [8] = i, [15] = i}},
			.port = 1,
		};
		far.has_cookie = false;
		get_cookie(rig, &far, msg);
		scripted_macs(&far, msg, sizeof(msg));
		test_case("address %d of the network", i);
		CHECK_INT(passes(rig, &far, msg), i < 5);
	}
	test_case("the next network");
	far.at.addr.bytes[7] = 1;
	far.has_cookie = false;
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	CHECK(passes(rig, &far, msg));
	RIG_END(rig);
}

static void B8_who_has_no_mac2_spends_nobodys_tokens(void)
{
	SETUP;

	load(rig);
	for (int i = 0; i < 100; i++) {
		scripted_initiation(&far, msg);
		CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
		CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	}
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	for (int i = 0; i < 5; i++)
		CHECK(passes(rig, &far, msg));
	CHECK(!passes(rig, &far, msg));
	RIG_END(rig);
}

static void B8_a_full_table_refuses(void)
{
	SETUP;
	unsigned int passed = 0;

	load(rig);
	for (unsigned int i = 0; i < ZWG_RATELIMIT_ENTRIES + 10; i++) {
		far.at.addr.bytes[2] = (uint8_t)(i >> 8);
		far.at.addr.bytes[3] = (uint8_t)i;
		far.has_cookie = false;
		get_cookie(rig, &far, msg);
		scripted_macs(&far, msg, sizeof(msg));
		passed += passes(rig, &far, msg);
	}
	CHECK_INT(passed, ZWG_RATELIMIT_ENTRIES);
	CHECK_INT(drops(rig, ZWG_DROP_RATE), 10);
	rig_advance(rig, 50);
	CHECK(passes(rig, &far, msg));
	RIG_END(rig);
}

static void B9_load_sticks_for_a_second(void)
{
	SETUP;

	load(rig);
	scripted_initiation(&far, msg);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	CHECK_INT(rig->dev->queue_count, 0);
	CHECK_SILENT(rig);
	rig_advance(rig, 999);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	rig_advance(rig, 1);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	RIG_END(rig);
}

static void B9_load_begins_at_the_threshold(void)
{
	SETUP;

	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	for (int i = 0; i < ZWG_LOAD_THRESHOLD; i++) {
		CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
		CHECK_SILENT(rig);
	}
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	RIG_END(rig);
}

static void B9_a_full_queue_refuses_even_mac2(void)
{
	SETUP;

	load(rig);
	get_cookie(rig, &far, msg);
	scripted_macs(&far, msg, sizeof(msg));
	for (int i = ZWG_LOAD_THRESHOLD; i < ZWG_HANDSHAKE_QUEUE; i++)
		CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK_INT(rig->dev->queue_count, ZWG_HANDSHAKE_QUEUE);
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK_INT(drops(rig, ZWG_DROP_QUEUE), 1);
	CHECK_SILENT(rig);
	rig->hold_jobs = false;
	rig_run_jobs(rig);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"B1 mac1 comes before any DH", B1_mac1_comes_before_any_dh},
	{"B1 what is sent has mac1 and no mac2", B1_what_is_sent_has_mac1_and_no_mac2},
	{"B2 mac2 is ignored without load", B2_mac2_is_ignored_without_load},
	{"B3 under load a cookie reply to both messages",
	 B3_under_load_a_cookie_reply_to_both_messages},
	{"B4 cookie is bound to address and port", B4_cookie_is_bound_to_address_and_port},
	{"B4 secret rotates after two minutes", B4_secret_rotates_after_two_minutes},
	{"B5 cookie reply by the paper", B5_cookie_reply_by_the_paper},
	{"B6 consumer stores the cookie and nothing else",
	 B6_consumer_stores_the_cookie_and_nothing_else},
	{"B6 one cookie for each mac1 sent", B6_one_cookie_for_each_mac1_sent},
	{"B6 a response may be answered with a cookie too",
	 B6_a_response_may_be_answered_with_a_cookie_too},
	{"B7 cookie is used for less than two minutes",
	 B7_cookie_is_used_for_less_than_two_minutes},
	{"B8 five at once, then twenty a second", B8_five_at_once_then_twenty_a_second},
	{"B8 IPv6 is limited by its 64-bit network", B8_ipv6_is_limited_by_its_64_bit_network},
	{"B8 who has no mac2 spends nobody's tokens", B8_who_has_no_mac2_spends_nobodys_tokens},
	{"B8 a full table refuses", B8_a_full_table_refuses},
	{"B9 load sticks for a second", B9_load_sticks_for_a_second},
	{"B9 load begins at the threshold", B9_load_begins_at_the_threshold},
	{"B9 a full queue refuses even mac2", B9_a_full_queue_refuses_even_mac2},
};
TEST_MAIN(tests)
