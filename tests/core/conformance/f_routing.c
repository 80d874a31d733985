/* SPDX-License-Identifier: MIT */
/* Conformance, group F: cryptokey routing and inner headers (paper section 2, RFC 6040). */
#include <errno.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	uint8_t packet[2048];                                                                      \
	uint8_t msg[2100];                                                                         \
	(void)peer, (void)session, (void)packet, (void)msg

static struct zwg_prefix v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t bits)
{
	return (struct zwg_prefix){{ZWG_AF_INET, {a, b, c, d}}, bits};
}

static void give(struct rig *rig, struct zwg_peer *peer, struct zwg_prefix prefix)
{
	REQUIRE(zwg_allowed_ip_add(rig->dev, peer, &prefix) == 0);
}

/* To which peer does a packet for the address go? */
static struct zwg_peer *goes_to(struct rig *rig, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	struct zwg_prefix prefix = v4(a, b, c, d, 32);
	uint8_t packet[64];
	struct zwg_peer *to = zwg_route(rig->dev, &prefix.addr);
	const struct sent *sent;
	int err;

	rig_ipv4(packet, RIG_SELF, 1, 40);
	memcpy(packet + 16, prefix.addr.bytes, 4);
	err = rig_output(rig, packet, 40);
	sent = rig_sent(rig);
	/* What is looked up and what is sent to are one thing. */
	REQUIRE(to ? err == 0 : err == -EHOSTUNREACH);
	if (sent)
		REQUIRE(zwg_endpoint_equal(&sent->to, &to->endpoint));
	return to;
}

static void F1_longest_prefix_decides_on_the_destination(void)
{
	SETUP;
	struct scripted second;
	struct zwg_peer *other = rig_add(rig, &second, 2);

	CHECK(goes_to(rig, 10, 1, 2, 3) == NULL);
	give(rig, peer, v4(10, 1, 99, 99, 16));
	test_case("host bits are masked");
	CHECK(goes_to(rig, 10, 1, 2, 3) == peer);
	test_case("more specific");
	give(rig, other, v4(10, 1, 2, 0, 24));
	CHECK(goes_to(rig, 10, 1, 2, 3) == other);
	CHECK(goes_to(rig, 10, 1, 3, 3) == peer);
	test_case("/0 is for the rest");
	give(rig, other, v4(1, 2, 3, 4, 0));
	CHECK(goes_to(rig, 8, 8, 8, 8) == other);
	CHECK(goes_to(rig, 10, 1, 3, 3) == peer);
	test_case("the last writer has it");
	give(rig, peer, v4(0, 0, 0, 0, 0));
	CHECK(goes_to(rig, 8, 8, 8, 8) == peer);
	{
		struct zwg_prefix all = v4(0, 0, 0, 0, 0);

		CHECK_INT(zwg_allowed_ip_remove(rig->dev, other, &all), -ENOENT);
		CHECK_INT(zwg_allowed_ip_remove(rig->dev, peer, &all), 0);
	}
	CHECK(goes_to(rig, 8, 8, 8, 8) == NULL);
	test_case("the families are apart");
	give(rig, peer, v4(0, 0, 0, 0, 0));
	CHECK_INT(rig_output(rig, packet, rig_ipv6(packet, RIG_SELF, 99, 60)), -EHOSTUNREACH);
	CHECK_INT(rig_output(rig, packet, rig_ipv6(packet, RIG_SELF, 2, 60)), 0);
	RIG_END(rig);
}

static void F1_a_removed_peer_is_no_longer_routed_to(void)
{
	SETUP;
	struct scripted second;
	struct zwg_peer *other = rig_add(rig, &second, 2);

	give(rig, peer, v4(10, 0, 0, 0, 8));
	CHECK(goes_to(rig, 10, 0, 0, 2) == other);
	zwg_peer_remove(rig->dev, other);
	CHECK(goes_to(rig, 10, 0, 0, 2) == peer);
	CHECK_INT(rig->outstanding, 1);
	zwg_allowed_ips_clear(rig->dev, peer);
	CHECK(goes_to(rig, 10, 0, 0, 1) == NULL);
	RIG_END(rig);
}

static void F2_source_is_looked_up_over_all_peers(void)
{
	SETUP;
	struct scripted second;
	struct zwg_peer *other = rig_add(rig, &second, 2);
	const struct {
		uint8_t src[4];
		bool allowed;
	} cases[] = {
		{{10, 0, 0, 1}, true},	{{10, 5, 0, 1}, true},	   {{10, 5, 5, 1}, false},
		{{10, 0, 0, 2}, false}, {{192, 168, 0, 1}, false},
	};

	give(rig, peer, v4(10, 0, 0, 0, 8));
	give(rig, other, v4(10, 5, 5, 0, 24));
	rig_respond(rig, &far, &session);
	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		test_case("from %d.%d.%d.%d", cases[i].src[0], cases[i].src[1], cases[i].src[2],
			  cases[i].src[3]);
		rig_ipv4(packet, 1, RIG_SELF, 40);
		memcpy(packet + 12, cases[i].src, 4);
		CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, packet, 40)),
			  cases[i].allowed ? ZWG_DELIVER : ZWG_DROPPED);
		if (cases[i].allowed)
			CHECK(rig_delivered(rig)->peer == peer);
	}
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_SOURCE], 3);
	test_case("the destination does not count");
	rig_ipv4(packet, 1, 2, 40);
	CHECK_INT(rig_input(rig, &far.at, msg, scripted_data(&session, msg, packet, 40)),
		  ZWG_DELIVER);
	test_case("IPv6 is filtered too");
	CHECK_INT(
		rig_input(rig, &far.at, msg,
			  scripted_data(&session, msg, packet, rig_ipv6(packet, 1, RIG_SELF, 60))),
		ZWG_DELIVER);
	CHECK_INT(
		rig_input(rig, &far.at, msg,
			  scripted_data(&session, msg, packet, rig_ipv6(packet, 2, RIG_SELF, 60))),
		ZWG_DROPPED);
	RIG_END(rig);
}

static void F3_no_peer_or_no_endpoint_is_told_to_the_port(void)
{
	SETUP;
	const struct zwg_endpoint nowhere = {.addr = {.family = ZWG_AF_NONE}};

	/* The ICMP that follows from the errno is the port's to send, and proved there. */
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 9, 40)), -EHOSTUNREACH);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_NO_PEER], 1);
	zwg_peer_set_endpoint(rig->dev, rig->now, peer, &nowhere);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 40)), -EDESTADDRREQ);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_NO_ENDPOINT], 1);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), -EDESTADDRREQ);
	CHECK_SILENT(rig);
	CHECK(rig_wait(rig, 600000) == NULL);
	RIG_END(rig);
}

/* What becomes of the @a len bytes of @a packet as the plaintext of an authentic message? */
static enum zwg_verdict inner(struct rig *rig, struct scripted *far, struct session *session,
			      const uint8_t *packet, size_t len, size_t *delivered)
{
	uint8_t *msg = malloc(len + 32);
	enum zwg_verdict verdict =
		rig_input(rig, &far->at, msg, scripted_data(session, msg, packet, len));
	const struct delivered *got = rig_delivered(rig);

	free(msg);
	REQUIRE((got != NULL) == (verdict == ZWG_DELIVER));
	*delivered = got ? got->len : 0;
	return verdict;
}

static void F4_ipv4_length_field(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	for (uint32_t total = 0; total <= 0xffff; total += total < 200 || total > 65500 ? 1 : 997) {
		size_t delivered;

		test_case("total length %d in 112 bytes", (int)total);
		rig_ipv4(packet, 1, RIG_SELF, 112);
		packet[2] = (uint8_t)(total >> 8);
		packet[3] = (uint8_t)total;
		if (total >= 20 && total <= 112) {
			CHECK_INT(inner(rig, &far, &session, packet, 112, &delivered), ZWG_DELIVER);
			CHECK_INT(delivered, total);
		} else {
			CHECK_INT(inner(rig, &far, &session, packet, 112, &delivered), ZWG_DROPPED);
		}
	}
	RIG_END(rig);
}

static void F4_ipv6_length_field_is_read_wider_than_16_bits(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	for (uint32_t payload = 0; payload <= 0xffff;
	     payload += payload < 200 || payload > 65480 ? 1 : 997) {
		size_t delivered;

		test_case("payload length %#x in 112 bytes", payload);
		rig_ipv6(packet, 1, RIG_SELF, 112);
		packet[4] = (uint8_t)(payload >> 8);
		packet[5] = (uint8_t)payload;
		if (payload + 40 <= 112) {
			CHECK_INT(inner(rig, &far, &session, packet, 112, &delivered), ZWG_DELIVER);
			CHECK_INT(delivered, payload + 40);
		} else {
			CHECK_INT(inner(rig, &far, &session, packet, 112, &delivered), ZWG_DROPPED);
		}
	}
	RIG_END(rig);
}

static void F4_the_largest_inner_packets(void)
{
	SETUP;
	uint8_t *large = malloc(65535 + 40);
	size_t delivered;

	rig_respond(rig, &far, &session);
	CHECK_INT(
		inner(rig, &far, &session, large, rig_ipv4(large, 1, RIG_SELF, 65475), &delivered),
		ZWG_DELIVER);
	CHECK_INT(delivered, 65475);
	CHECK_INT(
		inner(rig, &far, &session, large, rig_ipv6(large, 1, RIG_SELF, 65475), &delivered),
		ZWG_DELIVER);
	CHECK_INT(delivered, 65475);
	free(large);
	RIG_END(rig);
}

static void F4_stubs_of_headers(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	for (size_t len = 1; len < 40; len++) {
		size_t delivered;

		test_case("%zu bytes", len);
		rig_ipv6(packet, 1, RIG_SELF, 40);
		CHECK_INT(inner(rig, &far, &session, packet, len, &delivered), ZWG_DROPPED);
		if (len < 20) {
			rig_ipv4(packet, 1, RIG_SELF, 20);
			packet[3] = (uint8_t)len;
			CHECK_INT(inner(rig, &far, &session, packet, len, &delivered), ZWG_DROPPED);
		}
	}
	RIG_END(rig);
}

static void F4_on_the_way_out_a_stub_is_the_caller_s(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	for (size_t len = 0; len < 40; len++) {
		test_case("%zu bytes", len);
		rig_ipv6(packet, RIG_SELF, 1, 40);
		CHECK_INT(rig_output(rig, packet, len), -EINVAL);
		rig_ipv4(packet, RIG_SELF, 1, 40);
		if (len < 20)
			CHECK_INT(rig_output(rig, packet, len), -EINVAL);
	}
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void F5_other_versions_are_dropped_but_count(void)
{
	SETUP;
	const uint8_t versions[] = {0, 1, 2, 3, 5, 7, 8, 15};
	struct zwg_endpoint elsewhere = far.at;

	rig_respond(rig, &far, &session);
	for (size_t i = 0; i < TEST_COUNT(versions); i++) {
		test_case("version %d", versions[i]);
		CHECK(rig_says(rig, &far, 1, &session, 40));
		CHECK(peer->timers.new_handshake != ZWG_NEVER);
		elsewhere.port = (uint16_t)(7000 + i);
		rig_ipv4(packet, 1, RIG_SELF, 40);
		packet[0] = (uint8_t)(versions[i] << 4 | 5);
		CHECK_INT(rig_input(rig, &elsewhere, msg, scripted_data(&session, msg, packet, 40)),
			  ZWG_DROPPED);
		CHECK_INT(rig->dev->counters.drops[ZWG_DROP_INNER_VERSION], i + 1);
		CHECK_INT(peer->endpoint.port, elsewhere.port);
		CHECK(peer->timers.new_handshake == ZWG_NEVER);
		CHECK_SILENT(rig);
		far.at = elsewhere;
	}
	test_case("on the way out");
	CHECK_INT(rig_output(rig, packet, 40), -EINVAL);
	test_case("IHL 15 in 32 bytes is the stack's to judge");
	rig_ipv4(packet, 1, RIG_SELF, 32);
	packet[0] = 0x4f;
	CHECK_INT(rig_input(rig, &elsewhere, msg, scripted_data(&session, msg, packet, 32)),
		  ZWG_DELIVER);
	RIG_END(rig);
}

static uint16_t checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void F6_ecn_outwards(void)
{
	SETUP;
	const uint8_t outer[4] = {0, 1, 2, 2}; /* CE goes out as ECT(0). */

	rig_respond(rig, &far, &session);
	for (unsigned int tos = 0; tos < 256; tos++) {
		test_case("inner tos %#x", tos);
		rig_ipv4(packet, RIG_SELF, 1, 40);
		packet[1] = (uint8_t)tos;
		CHECK_INT(rig_output(rig, packet, 40), 0);
		CHECK_INT(rig_take(rig, 4)->tos, outer[tos & 3]);
		rig_ipv6(packet, RIG_SELF, 1, 60);
		packet[0] = (uint8_t)(0x60 | tos >> 4);
		packet[1] = (uint8_t)(tos << 4);
		CHECK_INT(rig_output(rig, packet, 60), 0);
		CHECK_INT(rig_take(rig, 4)->tos, outer[tos & 3]);
	}
	RIG_END(rig);
}

static void F6_ecn_inwards(void)
{
	SETUP;
	/* RFC 6040, figure 4: by inner (Not-ECT, ECT(1), ECT(0), CE), then outer; -1 is drop. */
	const int result[4][4] = {
		{0, 0, 0, -1},
		{1, 1, 1, 3},
		{2, 1, 2, 3},
		{3, 3, 3, 3},
	};

	rig_respond(rig, &far, &session);
	for (int i = 0; i < 4 * 4 * 2 * 2; i++) {
		uint8_t in = i & 3;
		uint8_t out = i >> 2 & 3;
		bool v6 = i >> 4 & 1;
		uint8_t dscp = i >> 5 & 1 ? 0xb8 : 0;
		const struct delivered *got;
		enum zwg_verdict verdict;
		size_t len;

		test_case("IPv%d, inner %d, outer %d, DSCP %#x", v6 ? 6 : 4, in, out, dscp);
		len = v6 ? rig_ipv6(packet, 1, RIG_SELF, 60) : rig_ipv4(packet, 1, RIG_SELF, 60);
		if (v6) {
			packet[0] = (uint8_t)(0x60 | (dscp | in) >> 4);
			packet[1] = (uint8_t)((dscp | in) << 4);
		} else {
			uint16_t sum;

			packet[1] = dscp | in;
			packet[10] = packet[11] = 0;
			sum = (uint16_t)~checksum(packet);
			packet[10] = (uint8_t)(sum >> 8);
			packet[11] = (uint8_t)sum;
		}
		verdict = rig_input_tos(rig, &far.at, 0x88 | out, msg,
					scripted_data(&session, msg, packet, len));
		got = rig_delivered(rig);
		if (result[in][out] < 0) {
			CHECK_INT(verdict, ZWG_DROPPED);
			continue;
		}
		CHECK_INT(verdict, ZWG_DELIVER);
		REQUIRE(got);
		if (v6) {
			CHECK_INT((got->bytes[0] << 4 | got->bytes[1] >> 4) & 0xff,
				  dscp | result[in][out]);
			CHECK_INT(got->bytes[1] & 0xf, 0);
		} else {
			CHECK_INT(got->bytes[1], dscp | result[in][out]);
			CHECK_INT(checksum(got->bytes), 0xffff);
		}
		packet[0] = got->bytes[0];
		packet[1] = got->bytes[1];
		memcpy(packet + 10, got->bytes + 10, v6 ? 0 : 2);
		CHECK_MEM(got->bytes, packet, len);
	}
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_ECN], 4);
	RIG_END(rig);
}

static void F6_handshakes_go_out_as_af41(void)
{
	SETUP;

	rig_start(rig, &far, 1, 40);
	CHECK_INT(rig->sent[0]->tos, 0x88);
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	CHECK_INT(rig_take(rig, 2)->tos, 0x88);
	rig->hold_jobs = true;
	for (int i = 0; i <= ZWG_LOAD_THRESHOLD; i++)
		rig_input(rig, &far.at, msg, SCRIPTED_INITIATION);
	CHECK_INT(rig_take(rig, 3)->tos, 0x88);
	RIG_END(rig);
}

static void F7_mtu_leaves_room_for_the_larger_outer_headers(void)
{
	SETUP;
	const struct sent *sent;

	/* IPv6 40 + UDP 8 + header and tag 32 make the 80. */
	rig_respond(rig, &far, &session);
	CHECK_INT(rig->dev->mtu, 1500 - 80);
	CHECK_INT(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, 1, 1420)), 0);
	sent = rig_take(rig, 4);
	CHECK_INT(sent->len + 40 + 8, 1500);
	CHECK_INT(zwg_set_mtu(rig->dev, 67), -EINVAL);
	CHECK_INT(zwg_set_mtu(rig->dev, 65536), -EINVAL);
	CHECK_INT(zwg_set_mtu(rig->dev, 68), 0);
	CHECK_INT(zwg_set_mtu(rig->dev, 65535), 0);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"F1 longest prefix decides on the destination",
	 F1_longest_prefix_decides_on_the_destination},
	{"F1 a removed peer is no longer routed to", F1_a_removed_peer_is_no_longer_routed_to},
	{"F2 source is looked up over all peers", F2_source_is_looked_up_over_all_peers},
	{"F3 no peer or no endpoint is told to the port",
	 F3_no_peer_or_no_endpoint_is_told_to_the_port},
	{"F4 IPv4 length field", F4_ipv4_length_field},
	{"F4 IPv6 length field is read wider than 16 bits",
	 F4_ipv6_length_field_is_read_wider_than_16_bits},
	{"F4 the largest inner packets", F4_the_largest_inner_packets},
	{"F4 stubs of headers", F4_stubs_of_headers},
	{"F4 on the way out a stub is the caller's", F4_on_the_way_out_a_stub_is_the_caller_s},
	{"F5 other versions are dropped, but count", F5_other_versions_are_dropped_but_count},
	{"F6 ECN outwards", F6_ecn_outwards},
	{"F6 ECN inwards", F6_ecn_inwards},
	{"F6 handshakes go out as AF41", F6_handshakes_go_out_as_af41},
	{"F7 MTU leaves room for the larger outer headers",
	 F7_mtu_leaves_room_for_the_larger_outer_headers},
};
TEST_MAIN(tests)
