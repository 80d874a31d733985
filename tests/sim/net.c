/* SPDX-License-Identifier: MIT */
/* The network between the nodes: addresses, and what befalls a datagram on its way. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

struct zwg_endpoint net_endpoint(sim_address address)
{
	struct zwg_endpoint endpoint = {.port = (uint16_t)(1024 + address % 60000)};

	if (address == 0)
		return (struct zwg_endpoint){.addr = {.family = ZWG_AF_NONE}};
	if (address % 3 == 0) {
		endpoint.addr.family = ZWG_AF_INET6;
		endpoint.addr.bytes[0] = 0x20;
		endpoint.addr.bytes[1] = 1;
		for (int i = 0; i < 4; i++)
			endpoint.addr.bytes[4 + i] = (uint8_t)(address >> (24 - 8 * i));
		endpoint.addr.bytes[15] = 1;
	} else {
		endpoint.addr.family = ZWG_AF_INET;
		for (int i = 0; i < 4; i++)
			endpoint.addr.bytes[i] = (uint8_t)(address >> (24 - 8 * i));
	}
	return endpoint;
}

sim_address net_address(const struct zwg_endpoint *endpoint)
{
	const uint8_t *at = endpoint->addr.bytes + (endpoint->addr.family == ZWG_AF_INET6 ? 4 : 0);

	if (endpoint->addr.family == ZWG_AF_NONE)
		return 0;
	return (sim_address)at[0] << 24 | (sim_address)at[1] << 16 | (sim_address)at[2] << 8 |
	       at[3];
}

struct node *net_owner(sim_address address)
{
	for (int i = 0; i < world.count; i++) {
		if (world.nodes[i].address == address)
			return &world.nodes[i];
	}
	return NULL;
}

static void schedule(const struct datagram *datagram, sim_time delay)
{
	struct datagram *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	*copy = *datagram;
	events_add(world.now + delay, EVENT_DELIVER, NULL, copy);
}

static void corrupt(struct datagram *datagram)
{
	size_t before = datagram->len;

	switch (sim_below(4)) {
	case 0:
		datagram->len = sim_below(datagram->len + 1);
		break;
	case 1:
		datagram->len += 1 + sim_below(16);
		if (datagram->len > SIM_MTU)
			datagram->len = SIM_MTU;
		memset(datagram->bytes + before, (int)sim_random(),
		       datagram->len > before ? datagram->len - before : 0);
		break;
	default:
		for (uint64_t n = 1 + sim_below(3); n > 0; n--)
			datagram->bytes[sim_below(datagram->len)] ^= (uint8_t)(1 + sim_below(255));
		break;
	}
}

/* What was changed back is not altered; nor is what differs in mac2 alone, which counts only under
 * load. */
static bool is_altered(const struct datagram *bad, const struct datagram *good)
{
	bool handshake = good->len == 148 || good->len == 92;
	size_t len = good->len - (handshake ? 16 : 0);

	return bad->len != good->len || memcmp(bad->bytes, good->bytes, len) != 0;
}

void net_transmit(const struct datagram *sent)
{
	struct datagram marked = *sent;
	const struct datagram *datagram = &marked;
	sim_time delay = world.delay + (world.jitter ? sim_below(world.jitter) : 0);

	if (sim_chance(world.loss))
		return;
	/* As some routers do, whether the packet says that it can carry the mark or not. */
	if (sim_chance(world.congestion))
		marked.tos |= 3;
	if (sim_chance(world.reordering))
		delay += sim_below(3 * SIM_SECOND);
	if (sim_chance(world.duplication))
		schedule(datagram, delay + sim_below(2 * SIM_SECOND));
	if (datagram->len > 0 && sim_chance(world.corruption)) {
		struct datagram bad = *datagram;

		corrupt(&bad);
		bad.altered = is_altered(&bad, datagram);
		schedule(&bad, delay);
		return;
	}
	schedule(datagram, delay);
}

void net_send(struct node *from, const struct zwg_endpoint *to, uint8_t tos, const uint8_t *bytes,
	      size_t len)
{
	struct datagram datagram = {
		.number = ++world.datagrams,
		.origin = from->index,
		.from = from->address,
		.to = net_address(to),
		.tos = tos,
		.len = len,
	};
	struct zwg_endpoint again = net_endpoint(datagram.to);

	SIM_RULE(len >= 32 && len <= SIM_MTU, "node %d sends %zu bytes", from->index, len);
	SIM_RULE(datagram.to != 0 && zwg_endpoint_equal(&again, to),
		 "node %d sends to an address that nobody gave it", from->index);
	SIM_RULE(!inner_is_visible(bytes, len), "node %d sends a packet in the clear", from->index);
	memcpy(datagram.bytes, bytes, len);
	sim_say(from, "sends #%u: type %d, %zu bytes, to %u", (unsigned int)datagram.number,
		bytes[0], len, datagram.to);
	hostile_capture(&datagram);
	net_transmit(&datagram);
}
