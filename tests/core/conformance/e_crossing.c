/* SPDX-License-Identifier: MIT */
/*
 * Conformance, row E13: initiations that cross. Two devices of ours, or one and a peer that behaves
 * as wireguard-go does: it has one handshake state, which an initiation that it answers overwrites,
 * so that it ignores the answer to its own; and its retry is swallowed, and never armed again, if
 * it has just sent a response.
 */
#include "rig.h"

#define IN_FLIGHT 256

struct flight {
	zwg_time at;
	int to;
	const struct sent *sent;
};

/* Datagrams on their way between two ends, each way with the same delay and in order. */
struct wire {
	zwg_time now;
	zwg_time delay;
	struct flight flights[IN_FLIGHT];
	size_t count;
};

static void put_in_flight(struct wire *wire, int to, const struct sent *sent)
{
	REQUIRE(wire->count < IN_FLIGHT);
	wire->flights[wire->count++] = (struct flight){sent->at + wire->delay, to, sent};
}

/* The number of the next to arrive. */
static size_t next_arrival(const struct wire *wire)
{
	size_t first = 0;

	for (size_t i = 1; i < wire->count; i++) {
		if (wire->flights[i].at < wire->flights[first].at)
			first = i;
	}
	return first;
}

static void landed(struct wire *wire, size_t number)
{
	memmove(&wire->flights[number], &wire->flights[number + 1],
		(wire->count - number - 1) * sizeof(wire->flights[0]));
	wire->count--;
}

static const struct zwg_endpoint at[2] = {
	{.addr = {ZWG_AF_INET, {192, 0, 2, 1}}, .port = 1},
	{.addr = {ZWG_AF_INET, {192, 0, 2, 2}}, .port = 2},
};

/* Two of ours */

struct pair {
	struct wire wire;
	struct rig *end[2];
	unsigned int heard[2];
	zwg_time first[2]; /* When the first packet was delivered there. */
};

static void pair_init(struct pair *pair, zwg_time delay)
{
	*pair = (struct pair){.wire = {.now = 1000000, .delay = delay}};
	for (int i = 0; i < 2; i++)
		pair->end[i] = rig_new();
	for (int i = 0; i < 2; i++) {
		struct zwg_prefix prefix = {{ZWG_AF_INET, {10, 0, 0, (uint8_t)(2 - i)}}, 32};
		struct zwg_device *dev = pair->end[i]->dev;
		struct zwg_peer *peer;

		REQUIRE(zwg_peer_add(dev, pair->end[1 - i]->dev->identity.public_key, &peer) == 0);
		REQUIRE(zwg_allowed_ip_add(dev, peer, &prefix) == 0);
		zwg_peer_set_endpoint(dev, pair->wire.now, peer, &at[1 - i]);
	}
}

static void pair_collect(struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		const struct sent *sent;

		while ((sent = rig_sent(pair->end[i])))
			put_in_flight(&pair->wire, 1 - i, sent);
		while (rig_delivered(pair->end[i])) {
			if (pair->heard[i]++ == 0)
				pair->first[i] = pair->wire.now;
		}
	}
}

/* Both clocks go to @a when, which is not later than what happens next. */
static void pair_clock(struct pair *pair, zwg_time when)
{
	for (int i = 0; i < 2; i++)
		rig_advance(pair->end[i], when - pair->wire.now);
	pair->wire.now = when;
	pair_collect(pair);
}

static void pair_run(struct pair *pair, zwg_time until)
{
	pair_collect(pair);
	for (;;) {
		struct wire *wire = &pair->wire;
		size_t number = next_arrival(wire);
		zwg_time next = wire->count ? wire->flights[number].at : ZWG_NEVER;

		for (int i = 0; i < 2; i++)
			next = pair->end[i]->wake < next ? pair->end[i]->wake : next;
		if (next > until)
			break;
		pair_clock(pair, next);
		number = next_arrival(wire);
		if (wire->count && wire->flights[number].at == next) {
			struct flight flight = wire->flights[number];

			landed(wire, number);
			rig_input(pair->end[flight.to], &at[1 - flight.to], flight.sent->bytes,
				  flight.sent->len);
			pair_collect(pair);
		}
	}
	pair_clock(pair, until);
}

static void pair_ping(struct pair *pair, int from)
{
	uint8_t packet[64];

	REQUIRE(rig_output(pair->end[from], packet,
			   rig_ipv4(packet, (uint8_t)(1 + from), (uint8_t)(2 - from), 40)) == 0);
}

static void pair_end(struct pair *pair)
{
	for (int i = 0; i < 2; i++)
		RIG_END(pair->end[i]);
}

static const zwg_time delays[] = {0, 50, 400, 1000};

static void E13_two_of_ours_converge_in_a_round_trip_and_a_half(void)
{
	for (size_t d = 0; d < TEST_COUNT(delays); d++) {
		for (zwg_time after = 0; after <= delays[d]; after += delays[d] / 4 + 1) {
			struct pair pair;
			zwg_time start;

			test_case("%d ms one way, the second %d ms later", (int)delays[d],
				  (int)after);
			pair_init(&pair, delays[d]);
			start = pair.wire.now;
			pair_ping(&pair, 0);
			pair_collect(&pair);
			/* Without a delay a run would deliver it: the second must not know of it.
			 */
			if (after > 0)
				pair_run(&pair, start + after);
			pair_ping(&pair, 1);
			pair_collect(&pair);
			CHECK_INT(pair.wire.count, 2);
			for (int i = 0; i < 2; i++) {
				CHECK_INT(pair.wire.flights[i].sent->len, SCRIPTED_INITIATION);
				CHECK_INT(pair.end[i]->dev->counters.initiations_sent, 1);
			}
			pair_run(&pair, start + 60000);
			for (int i = 0; i < 2; i++) {
				CHECK_INT(pair.heard[i], 1);
				CHECK(pair.first[i] - start <= 3 * delays[d] + after);
				CHECK(pair.first[i] - start <= 5333 + delays[d]);
				CHECK_INT(pair.end[i]->released, 0);
				CHECK_INT(pair.end[i]->dev->counters.initiations_sent, 1);
			}
			pair_end(&pair);
		}
	}
}

/* Packets every second both ways through three rekeys, which cross too. Each end has made the
 * session that it sends with, and the other holds that as its previous one, which its answer to the
 * next initiation drops (row E12): what is on its way for a round trip then is lost, and no more.
 */
static void E13_crossing_rekeys_of_two_of_ours(void)
{
	for (size_t d = 0; d < TEST_COUNT(delays); d++) {
		struct pair pair;
		unsigned int said = 0;

		test_case("%d ms one way", (int)delays[d]);
		pair_init(&pair, delays[d]);
		for (int s = 0; s < 400; s++) {
			pair_ping(&pair, 0);
			pair_ping(&pair, 1);
			said++;
			pair_run(&pair, pair.wire.now + 1000);
		}
		pair_run(&pair, pair.wire.now + 3000);
		for (int i = 0; i < 2; i++) {
			const unsigned int round_trips_of_loss =
				3 * (2 * (unsigned int)delays[d]) / 1000;

			printf("# %d ms one way: %u of %u packets heard\n", (int)delays[d],
			       pair.heard[i], said);
			CHECK(pair.heard[i] <= said);
			CHECK(said - pair.heard[i] <= round_trips_of_loss);
			CHECK(pair.end[i]->dev->counters.responses_received >= 3);
		}
		pair_end(&pair);
	}
}

/* Ours with one that behaves as wireguard-go does */

struct go {
	struct scripted state;
	struct session session;
	bool initiated; /* An answer to its own initiation would be accepted. */
	bool has_session;
	zwg_time last_handshake_sent;
	zwg_time retry_at;
	unsigned int heard;
	zwg_time first;
};

struct sent_by_go {
	struct sent sent;
	uint8_t bytes[256];
};

struct mixed {
	struct wire wire;
	struct rig *ours;
	struct go go;
	struct sent_by_go out[64];
	size_t out_count;
	unsigned int heard;
	zwg_time first;
};

static uint8_t *go_send(struct mixed *mixed, size_t len)
{
	struct sent_by_go *out = &mixed->out[mixed->out_count++];

	REQUIRE(mixed->out_count <= TEST_COUNT(mixed->out));
	out->sent = (struct sent){.at = mixed->wire.now, .len = len, .bytes = out->bytes};
	put_in_flight(&mixed->wire, 0, &out->sent);
	return out->bytes;
}

static void go_initiate(struct mixed *mixed)
{
	struct go *go = &mixed->go;

	/* The retry that comes too soon after a response is swallowed, and no other is armed. */
	go->retry_at = ZWG_NEVER;
	if (mixed->wire.now - go->last_handshake_sent < 5000)
		return;
	scripted_initiation(&go->state, go_send(mixed, SCRIPTED_INITIATION));
	go->initiated = true;
	go->last_handshake_sent = mixed->wire.now;
	go->retry_at = mixed->wire.now + 5100;
}

static void go_say(struct mixed *mixed)
{
	uint8_t packet[64];
	size_t len = rig_ipv4(packet, 2, 1, 40);

	scripted_data(&mixed->go.session, go_send(mixed, 32 + len), packet, len);
}

static void go_receive(struct mixed *mixed, const struct sent *sent)
{
	struct go *go = &mixed->go;
	uint8_t plain[256];
	int len;

	switch (sent->bytes[0]) {
	case 1:
		REQUIRE(scripted_read_initiation(&go->state, sent->bytes));
		scripted_response(&go->state, go_send(mixed, SCRIPTED_RESPONSE), &go->session);
		go->initiated = false;
		go->has_session = false;
		go->last_handshake_sent = mixed->wire.now;
		break;
	case 2:
		if (!go->initiated ||
		    !scripted_read_response(&go->state, sent->bytes, &go->session))
			break;
		go->initiated = false;
		go->has_session = true;
		go->retry_at = ZWG_NEVER;
		go_say(mixed);
		break;
	case 4:
		len = scripted_open(&go->session, sent->bytes, sent->len, plain);
		if (len < 0)
			break;
		if (!go->has_session) {
			go->has_session = true;
			go->retry_at = ZWG_NEVER;
			go_say(mixed);
		}
		if (len > 0 && go->heard++ == 0)
			go->first = mixed->wire.now;
		break;
	default:
		break;
	}
}

static void mixed_collect(struct mixed *mixed)
{
	const struct sent *sent;

	while ((sent = rig_sent(mixed->ours)))
		put_in_flight(&mixed->wire, 1, sent);
	while (rig_delivered(mixed->ours)) {
		if (mixed->heard++ == 0)
			mixed->first = mixed->wire.now;
	}
}

static void mixed_clock(struct mixed *mixed, zwg_time when)
{
	rig_advance(mixed->ours, when - mixed->wire.now);
	mixed->wire.now = when;
	mixed_collect(mixed);
}

static void mixed_run(struct mixed *mixed, zwg_time until)
{
	mixed_collect(mixed);
	for (;;) {
		struct wire *wire = &mixed->wire;
		size_t number = next_arrival(wire);
		zwg_time next = wire->count ? wire->flights[number].at : ZWG_NEVER;

		next = mixed->ours->wake < next ? mixed->ours->wake : next;
		next = mixed->go.retry_at < next ? mixed->go.retry_at : next;
		if (next > until)
			break;
		mixed_clock(mixed, next);
		number = next_arrival(wire);
		if (wire->count && wire->flights[number].at == next) {
			struct flight flight = wire->flights[number];

			landed(wire, number);
			if (flight.to == 1)
				go_receive(mixed, flight.sent);
			else
				rig_input(mixed->ours, &at[1], flight.sent->bytes,
					  flight.sent->len);
			mixed_collect(mixed);
		} else if (mixed->go.retry_at == next) {
			go_initiate(mixed);
		}
	}
	mixed_clock(mixed, until);
}

static void E13_ours_and_wireguard_go_converge_within_a_retry(void)
{
	for (size_t d = 0; d < TEST_COUNT(delays); d++) {
		for (int who = 0; who < 2; who++) {
			struct mixed *mixed = calloc(1, sizeof(*mixed));
			struct zwg_peer *peer;
			uint8_t packet[64];
			zwg_time start = 1000000;

			test_case("%d ms one way, %s a little earlier", (int)delays[d],
				  who ? "ours" : "wireguard-go");
			mixed->ours = rig_new();
			mixed->wire.now = start;
			mixed->wire.delay = delays[d];
			peer = rig_add(mixed->ours, &mixed->go.state, 2);
			zwg_peer_set_endpoint(mixed->ours->dev, start, peer, &at[1]);
			mixed->go.retry_at = ZWG_NEVER;
			if (!who)
				go_initiate(mixed);
			REQUIRE(rig_output(mixed->ours, packet, rig_ipv4(packet, 1, 2, 40)) == 0);
			if (who)
				go_initiate(mixed);
			mixed_run(mixed, start + 60000);
			CHECK(mixed->heard >= 1);
			CHECK(mixed->go.heard >= 1);
			CHECK(mixed->first - start <= 5333 + 4 * delays[d]);
			CHECK(mixed->go.first - start <= 5333 + 4 * delays[d]);
			printf("# %d ms one way: heard after %d and %d ms\n", (int)delays[d],
			       (int)(mixed->first - start), (int)(mixed->go.first - start));
			RIG_END(mixed->ours);
			free(mixed);
		}
	}
}

static const struct test tests[] = {
	{"E13 two of ours converge in a round trip and a half",
	 E13_two_of_ours_converge_in_a_round_trip_and_a_half},
	{"E13 crossing rekeys of two of ours", E13_crossing_rekeys_of_two_of_ours},
	{"E13 ours and wireguard-go converge within a retry",
	 E13_ours_and_wireguard_go_converge_within_a_retry},
};
TEST_MAIN(tests)
