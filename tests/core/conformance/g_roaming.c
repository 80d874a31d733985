/* SPDX-License-Identifier: MIT */
/* Conformance, group G: what moves a peer's endpoint (paper section 2.1), and the sticky source. */
#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	uint8_t msg[SCRIPTED_INITIATION];                                                          \
	uint8_t packet[64];                                                                        \
	(void)peer, (void)session, (void)msg, (void)packet

static struct zwg_endpoint place(uint16_t port)
{
	return (struct zwg_endpoint){
		.addr = {ZWG_AF_INET, {198, 51, 100, 7}},
		.port = port,
		.src = {ZWG_AF_INET, {10, 9, 9, 9}},
		.src_if = port,
	};
}

static enum zwg_verdict from(struct rig *rig, uint16_t port, const uint8_t *msg, size_t len)
{
	struct zwg_endpoint at = place(port);

	return rig_input(rig, &at, msg, len);
}

static bool is_at(const struct zwg_peer *peer, uint16_t port)
{
	struct zwg_endpoint at = place(port);

	return zwg_endpoint_equal(&peer->endpoint, &at) &&
	       zwg_addr_equal(&peer->endpoint.src, &at.src) && peer->endpoint.src_if == at.src_if;
}

static void G_moved_by_a_valid_initiation(void)
{
	SETUP;

	scripted_initiation(&far, msg);
	CHECK_INT(from(rig, 1, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK(is_at(peer, 1));
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 1);
	CHECK_INT(rig_take(rig, 2)->to.port, 1);
	test_case("replayed from elsewhere");
	CHECK_INT(from(rig, 2, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK(is_at(peer, 1));
	test_case("with a bad timestamp");
	scripted_initiation(&far, msg);
	msg[90] ^= 1;
	scripted_macs(&far, msg, sizeof(msg));
	CHECK_INT(from(rig, 2, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK(is_at(peer, 1));
	test_case("too soon after the last");
	scripted_initiation(&far, msg);
	CHECK_INT(from(rig, 2, msg, sizeof(msg)), ZWG_CONSUMED);
	CHECK(is_at(peer, 1));
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 1);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void G_moved_by_a_valid_response(void)
{
	SETUP;
	uint8_t bad[SCRIPTED_RESPONSE];

	rig_start(rig, &far, 1, 40);
	scripted_response(&far, msg, &session);
	memcpy(bad, msg, sizeof(bad));
	bad[50] ^= 1;
	scripted_macs(&far, bad, sizeof(bad));
	test_case("a bad one");
	CHECK_INT(from(rig, 1, bad, sizeof(bad)), ZWG_CONSUMED);
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	test_case("the good one, before the answer to it is sent");
	CHECK_INT(from(rig, 2, msg, SCRIPTED_RESPONSE), ZWG_CONSUMED);
	CHECK(is_at(peer, 2));
	CHECK_INT(rig_take(rig, 4)->to.port, 2);
	test_case("replayed");
	CHECK_INT(from(rig, 3, msg, SCRIPTED_RESPONSE), ZWG_CONSUMED);
	CHECK(is_at(peer, 2));
	RIG_END(rig);
}

static void G_moved_by_fresh_data_even_if_the_inside_is_refused(void)
{
	SETUP;
	size_t len;

	rig_respond(rig, &far, &session);
	test_case("data");
	len = scripted_data(&session, msg, packet, rig_ipv4(packet, 1, RIG_SELF, 40));
	CHECK_INT(from(rig, 1, msg, len), ZWG_DELIVER);
	CHECK(is_at(peer, 1));
	test_case("replayed");
	CHECK_INT(from(rig, 2, msg, len), ZWG_DROPPED);
	CHECK(is_at(peer, 1));
	test_case("bad tag");
	len = scripted_data(&session, msg, packet, 40);
	msg[30] ^= 1;
	CHECK_INT(from(rig, 3, msg, len), ZWG_DROPPED);
	CHECK(is_at(peer, 1));
	test_case("a source that is not the peer's");
	len = scripted_data(&session, msg, packet, rig_ipv4(packet, 77, RIG_SELF, 40));
	CHECK_INT(from(rig, 4, msg, len), ZWG_DROPPED);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_SOURCE], 1);
	CHECK(is_at(peer, 4));
	test_case("a keepalive");
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(from(rig, 5, msg, len), ZWG_CONSUMED);
	CHECK(is_at(peer, 5));
	test_case("too old for the window");
	session.counter += 2 * ZWG_REPLAY_WINDOW;
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(from(rig, 6, msg, len), ZWG_CONSUMED);
	session.counter -= ZWG_REPLAY_WINDOW + 2;
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(from(rig, 7, msg, len), ZWG_DROPPED);
	CHECK(is_at(peer, 6));
	test_case("an expired session");
	session.counter += 2 * ZWG_REPLAY_WINDOW;
	rig_advance(rig, 180000);
	len = scripted_data(&session, msg, NULL, 0);
	CHECK_INT(from(rig, 8, msg, len), ZWG_DROPPED);
	CHECK(is_at(peer, 6));
	RIG_END(rig);
}

static void G_not_moved_by_cookie_replies_nor_unknown_indices(void)
{
	SETUP;
	const uint8_t cookie[16] = {1};
	struct session nowhere;
	const struct sent *sent;

	rig_start(rig, &far, 1, 40);
	sent = rig->sent[0];
	scripted_cookie_reply(&far, msg, sent->bytes, sent->len, cookie);
	CHECK_INT(from(rig, 1, msg, SCRIPTED_COOKIE), ZWG_CONSUMED);
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	rig_respond(rig, &far, &session);
	nowhere = session;
	nowhere.remote++;
	CHECK_INT(from(rig, 2, msg, scripted_data(&nowhere, msg, NULL, 0)), ZWG_DROPPED);
	CHECK(zwg_endpoint_equal(&peer->endpoint, &far.at));
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 0);
	RIG_END(rig);
}

static void G_reply_leaves_from_the_address_received_on(void)
{
	SETUP;
	const struct sent *sent;
	struct zwg_endpoint at = place(5);

	scripted_initiation(&far, msg);
	CHECK_INT(from(rig, 5, msg, sizeof(msg)), ZWG_CONSUMED);
	sent = rig_take(rig, 2);
	CHECK(zwg_addr_equal(&sent->to.src, &at.src));
	CHECK_INT(sent->to.src_if, at.src_if);
	REQUIRE(scripted_read_response(&far, sent->bytes, &session));
	test_case("the same place, another local address: no event, but the source follows");
	at.src.bytes[3] = 8;
	CHECK_INT(rig_input(rig, &at, msg, scripted_data(&session, msg, NULL, 0)), ZWG_CONSUMED);
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 1);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	CHECK_INT(rig_take(rig, 4)->to.src.bytes[3], 8);
	RIG_END(rig);
}

static void G_sticky_source_is_cleared_on_retry(void)
{
	SETUP;
	const struct sent *sent;

	rig_respond(rig, &far, &session);
	CHECK_INT(from(rig, 5, msg, scripted_data(&session, msg, NULL, 0)), ZWG_CONSUMED);
	rig_advance(rig, 180000);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	test_case("the first try keeps it");
	sent = rig_take(rig, 1);
	CHECK_INT(sent->to.src.family, ZWG_AF_INET);
	CHECK_INT(sent->to.src_if, 5);
	test_case("the second does not, and goes to the same place");
	sent = rig_wait(rig, 6000);
	REQUIRE(sent);
	CHECK_INT(sent->to.src.family, ZWG_AF_NONE);
	CHECK_INT(sent->to.src_if, 0);
	CHECK_INT(sent->to.port, 5);
	RIG_END(rig);
}

static void G_sticky_source_is_cleared_when_nothing_is_answered(void)
{
	SETUP;
	const struct sent *sent;

	rig_respond(rig, &far, &session);
	CHECK_INT(from(rig, 5, msg, scripted_data(&session, msg, NULL, 0)), ZWG_CONSUMED);
	rig_advance(rig, 6000);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	CHECK_INT(rig_take(rig, 4)->to.src_if, 5);
	sent = rig_wait(rig, 16000);
	REQUIRE(sent && sent->bytes[0] == 1);
	CHECK_INT(sent->to.src_if, 0);
	RIG_END(rig);
}

static void G_outer_families_may_change(void)
{
	SETUP;
	struct zwg_endpoint v6 = {
		.addr = {ZWG_AF_INET6, {0xfe, 0x80, [15] = 1}}, .port = 4, .scope = 3};
	const struct sent *sent;

	rig_respond(rig, &far, &session);
	CHECK_INT(rig_input(rig, &v6, msg, scripted_data(&session, msg, NULL, 0)), ZWG_CONSUMED);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), 0);
	sent = rig_take(rig, 4);
	CHECK(zwg_endpoint_equal(&sent->to, &v6));
	test_case("the same address in another scope is elsewhere");
	v6.scope = 4;
	CHECK_INT(rig_input(rig, &v6, msg, scripted_data(&session, msg, NULL, 0)), ZWG_CONSUMED);
	CHECK_INT(rig->events[ZWG_EVENT_ENDPOINT_MOVED], 2);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"G moved by a valid initiation", G_moved_by_a_valid_initiation},
	{"G moved by a valid response", G_moved_by_a_valid_response},
	{"G moved by fresh data, even if the inside is refused",
	 G_moved_by_fresh_data_even_if_the_inside_is_refused},
	{"G not moved by cookie replies nor unknown indices",
	 G_not_moved_by_cookie_replies_nor_unknown_indices},
	{"G reply leaves from the address received on",
	 G_reply_leaves_from_the_address_received_on},
	{"G sticky source is cleared on retry", G_sticky_source_is_cleared_on_retry},
	{"G sticky source is cleared when nothing is answered",
	 G_sticky_source_is_cleared_when_nothing_is_answered},
	{"G outer families may change", G_outer_families_may_change},
};
TEST_MAIN(tests)
