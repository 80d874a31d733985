/* SPDX-License-Identifier: MIT */
/* Conformance, row A1: messages that are too long, too short, or not quite right (paper
 * section 5.4). */
#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1)

#define MESSAGES 4

/* One good message of each type for the device, which has a session and an initiation outstanding.
 */
struct good {
	uint8_t bytes[MESSAGES][256];
	size_t len[MESSAGES];
	struct session session;
};

static void make_good(struct rig *rig, struct scripted *far, struct good *good)
{
	uint8_t packet[64];
	struct scripted before;

	rig_respond(rig, far, &good->session);
	before = *far;
	rig_advance(rig, 6000);
	REQUIRE(zwg_peer_handshake(rig->dev, rig->now, zwg_peer_find(rig->dev, far->public_key)) ==
		0);
	rig_run_jobs(rig);
	{
		const struct sent *initiation = rig_take(rig, 1);
		const uint8_t cookie[16] = {1};
		struct session none;

		REQUIRE(scripted_read_initiation(far, initiation->bytes));
		scripted_cookie_reply(far, good->bytes[2], initiation->bytes, initiation->len,
				      cookie);
		scripted_response(far, good->bytes[1], &none);
	}
	before.random = far->random + 1;
	scripted_initiation(&before, good->bytes[0]);
	far->seconds = before.seconds;
	good->len[0] = SCRIPTED_INITIATION;
	good->len[1] = SCRIPTED_RESPONSE;
	good->len[2] = SCRIPTED_COOKIE;
	good->len[3] = scripted_data(&good->session, good->bytes[3], packet,
				     rig_ipv4(packet, 1, RIG_SELF, 41));
}

static void check_met_with_silence(struct rig *rig, const struct zwg_endpoint *from,
				   const uint8_t *bytes, size_t len)
{
	struct rig_state *before = rig_save(rig);

	rig_input(rig, from, bytes, len);
	CHECK_SILENT(rig);
	CHECK(rig_same(rig, before));
	free(before);
}

static void check_good_ones_work(struct rig *rig, struct scripted *far, struct good *good)
{
	CHECK_INT(rig_input(rig, &far->at, good->bytes[2], good->len[2]), ZWG_CONSUMED);
	CHECK_INT(rig->dev->counters.cookies_received, 1);
	CHECK_INT(rig_input(rig, &far->at, good->bytes[3], good->len[3]), ZWG_DELIVER);
	CHECK(rig_delivered(rig) != NULL);
	CHECK_INT(rig_input(rig, &far->at, good->bytes[1], good->len[1]), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 4)->len, 32);
	CHECK_INT(rig_input(rig, &far->at, good->bytes[0], good->len[0]), ZWG_CONSUMED);
	CHECK_INT(rig_take(rig, 2)->len, SCRIPTED_RESPONSE);
}

static void A1_sizes_and_reserved_bytes(void)
{
	SETUP;
	struct good good;
	struct zwg_endpoint elsewhere = far.at;

	(void)peer;
	elsewhere.port = 9;
	make_good(rig, &far, &good);
	for (int type = 0; type < MESSAGES; type++) {
		uint8_t bytes[260];

		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, good.bytes[type], good.len[type]);
		test_case("type %d, one byte more", type + 1);
		check_met_with_silence(rig, &elsewhere, bytes, good.len[type] + 1);
		test_case("type %d, one byte less", type + 1);
		check_met_with_silence(rig, &elsewhere, bytes, good.len[type] - 1);
		for (int bit = 0; bit < 24; bit++) {
			test_case("type %d, reserved bit %d", type + 1, bit);
			bytes[1 + bit / 8] ^= (uint8_t)(1 << bit % 8);
			check_met_with_silence(rig, &elsewhere, bytes, good.len[type]);
			if (type < 2) {
				/* A valid mac1 must not help. */
				uint8_t macced[256];

				memcpy(macced, bytes, good.len[type]);
				scripted_macs(&far, macced, good.len[type]);
				check_met_with_silence(rig, &elsewhere, macced, good.len[type]);
			}
			bytes[1 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	test_case("data of 31 bytes");
	check_met_with_silence(rig, &elsewhere, good.bytes[3], 31);
	test_case("unchanged");
	check_good_ones_work(rig, &far, &good);
	RIG_END(rig);
}

/* The sender's index is not authenticated, by design; mac2 counts only under load (B2). */
static bool flip_is_visible(int type, size_t byte)
{
	if (type < 2 && byte >= 4 && byte < 8)
		return false;
	return true;
}

static void A1_every_truncation_and_bit_flip(void)
{
	SETUP;
	struct good good;
	struct zwg_endpoint elsewhere = far.at;

	(void)peer;
	elsewhere.port = 9;
	make_good(rig, &far, &good);
	for (int type = 0; type < MESSAGES; type++) {
		size_t macs = type < 2 ? good.len[type] - 32 : good.len[type];
		uint8_t bytes[256];

		for (size_t len = 0; len < good.len[type]; len++) {
			test_case("type %d cut to %zu bytes", type + 1, len);
			check_met_with_silence(rig, &elsewhere, good.bytes[type], len);
		}
		for (size_t bit = 0; bit < 8 * (type < 2 ? macs + 16 : macs); bit++) {
			test_case("type %d bit %zu", type + 1, bit);
			memcpy(bytes, good.bytes[type], good.len[type]);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			check_met_with_silence(rig, &elsewhere, bytes, good.len[type]);
		}
		for (size_t bit = 0; type < 2 && bit < 8 * macs; bit += 1 + bit % 5) {
			if (!flip_is_visible(type, bit / 8))
				continue;
			test_case("type %d bit %zu under a valid mac1", type + 1, bit);
			memcpy(bytes, good.bytes[type], good.len[type]);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			scripted_macs(&far, bytes, good.len[type]);
			check_met_with_silence(rig, &elsewhere, bytes, good.len[type]);
		}
	}
	test_case("unchanged");
	check_good_ones_work(rig, &far, &good);
	RIG_END(rig);
}

static const struct test tests[] = {
	{"A1 sizes and reserved bytes", A1_sizes_and_reserved_bytes},
	{"A1 every truncation and bit flip of every message", A1_every_truncation_and_bit_flip},
};
TEST_MAIN(tests)
