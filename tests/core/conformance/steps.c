/* SPDX-License-Identifier: MIT */
/* What conformance tests do all the time: whole handshakes, packets both ways; see rig.h. */
#include "rig.h"

/* Inner packets */

static void fill(uint8_t *out, size_t from, size_t len)
{
	for (size_t i = from; i < len; i++)
		out[i] = (uint8_t)(i * 7 + len);
}

size_t rig_ipv4(uint8_t *out, uint8_t src, uint8_t dst, size_t len)
{
	static const uint8_t header[20] = {0x45, [8] = 64, 17, [12] = 10, 0, 0, 0, 10, 0, 0, 0};
	uint32_t sum = 0;

	REQUIRE(len >= 20 && len <= 65535);
	memcpy(out, header, sizeof(header));
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	out[15] = src;
	out[19] = dst;
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)out[i] << 8 | out[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum;
	out[10] = (uint8_t)(sum >> 8);
	out[11] = (uint8_t)sum;
	fill(out, 20, len);
	return len;
}

size_t rig_ipv6(uint8_t *out, uint8_t src, uint8_t dst, size_t len)
{
	REQUIRE(len >= 40 && len <= 65535 + 40);
	memset(out, 0, 40);
	out[0] = 0x60;
	out[4] = (uint8_t)((len - 40) >> 8);
	out[5] = (uint8_t)(len - 40);
	out[6] = 17;
	out[7] = 64;
	out[8] = 0xfd;
	out[23] = src;
	out[24] = 0xfd;
	out[39] = dst;
	fill(out, 40, len);
	return len;
}

/* Handshakes */

const struct sent *rig_take(struct rig *rig, uint8_t type)
{
	static const uint8_t zeros[256];
	static const struct sent none = {.len = sizeof(zeros), .bytes = (uint8_t *)zeros};
	const struct sent *sent = rig_sent(rig);

	return sent && sent->len >= 4 && sent->bytes[0] == type ? sent : &none;
}

void rig_start(struct rig *rig, struct scripted *peer, uint8_t number, size_t len)
{
	uint8_t packet[2048];

	REQUIRE(rig_output(rig, packet, rig_ipv4(packet, RIG_SELF, number, len)) == 0);
	REQUIRE(scripted_read_initiation(peer, rig_take(rig, 1)->bytes));
}

void rig_initiate(struct rig *rig, struct scripted *peer, uint8_t number, struct session *session)
{
	uint8_t msg[SCRIPTED_RESPONSE];

	rig_start(rig, peer, number, 40);
	scripted_response(peer, msg, session);
	REQUIRE(rig_input(rig, &peer->at, msg, sizeof(msg)) == ZWG_CONSUMED);
	REQUIRE(rig_take(rig, 4)->len == 32 + 48);
	REQUIRE(rig_sent(rig) == NULL);
}

void rig_respond(struct rig *rig, struct scripted *peer, struct session *session)
{
	uint8_t msg[SCRIPTED_INITIATION];
	size_t len;

	scripted_initiation(peer, msg);
	REQUIRE(rig_input(rig, &peer->at, msg, sizeof(msg)) == ZWG_CONSUMED);
	REQUIRE(scripted_read_response(peer, rig_take(rig, 2)->bytes, session));
	len = scripted_data(session, msg, NULL, 0);
	REQUIRE(rig_input(rig, &peer->at, msg, len) == ZWG_CONSUMED);
}

/* Data */

bool rig_hears(struct rig *rig, struct scripted *peer, uint8_t number, struct session *session,
	       size_t len)
{
	uint8_t packet[2048];
	uint8_t msg[2048 + 32];
	const struct delivered *got;

	rig_ipv4(packet, number, RIG_SELF, len);
	if (rig_input(rig, &peer->at, msg, scripted_data(session, msg, packet, len)) != ZWG_DELIVER)
		return false;
	got = rig_delivered(rig);
	return got && got->len == len && memcmp(got->bytes, packet, len) == 0;
}

bool rig_says(struct rig *rig, struct scripted *peer, uint8_t number, struct session *session,
	      size_t len)
{
	uint8_t packet[2048];
	uint8_t plain[2048 + 16];
	const struct sent *sent;
	int got;

	rig_ipv4(packet, RIG_SELF, number, len);
	if (rig_output(rig, packet, len) != 0)
		return false;
	sent = rig_sent(rig);
	if (!sent || !zwg_endpoint_equal(&sent->to, &peer->at))
		return false;
	got = scripted_open(session, sent->bytes, sent->len, plain);
	return got >= (int)len && memcmp(plain, packet, len) == 0;
}

/* State */

struct rig_state {
	struct zwg_device dev;
};

static void forget_what_may_change(struct zwg_device *dev)
{
	memset(&dev->counters, 0, sizeof(dev->counters));
	memset(dev->queue, 0, sizeof(dev->queue));
	dev->queue_first = 0;
	dev->queue_turn = false;
}

struct rig_state *rig_save(const struct rig *rig)
{
	struct rig_state *saved = malloc(sizeof(*saved));

	memcpy(&saved->dev, rig->dev, sizeof(saved->dev));
	forget_what_may_change(&saved->dev);
	return saved;
}

bool rig_same(const struct rig *rig, const struct rig_state *saved)
{
	struct rig_state *current = rig_save(rig);
	bool same = memcmp(&current->dev, &saved->dev, sizeof(saved->dev)) == 0;

	free(current);
	return same;
}
