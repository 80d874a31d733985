/* SPDX-License-Identifier: MIT */
/* What goes wrong: reboots, moved addresses, odd clocks, failing storage. */
#include "sim.h"

static struct node *some_node(void)
{
	return &world.nodes[sim_below((uint64_t)world.count)];
}

static void network_changes(struct node *node)
{
	static const unsigned int losses[] = {0, 0, 10, 100, 300, 1000};
	static const sim_time delays[] = {0, 1, 20, 50, 150, 400, 1000};

	(void)node;
	world.loss = losses[sim_below(6)];
	world.delay = delays[sim_below(7)] * SIM_MS;
	world.jitter = sim_chance(500) ? sim_below(200 * SIM_MS) : 0;
	world.duplication = sim_chance(300) ? (unsigned int)sim_below(200) : 0;
	world.corruption = sim_chance(300) ? (unsigned int)sim_below(200) : 0;
	world.reordering = sim_chance(300) ? (unsigned int)sim_below(300) : 0;
	world.congestion = sim_chance(300) ? (unsigned int)sim_below(300) : 0;
	sim_say(NULL, "network: loss %u, duplication %u, corruption %u, reordering %u of 1000",
		world.loss, world.duplication, world.corruption, world.reordering);
}

static void power_fails(struct node *node)
{
	node_stop(node, false);
	events_add(world.now + sim_below(20 * SIM_SECOND), EVENT_BOOT, node, NULL);
}

static void restarts(struct node *node)
{
	node_stop(node, true);
	events_add(world.now + sim_below(5 * SIM_SECOND), EVENT_BOOT, node, NULL);
}

static void moves(struct node *node)
{
	node->address = ++world.next_address;
	sim_say(node, "moves to %u", node->address);
}

static void clock_leaps(struct node *node)
{
	node_leap(node, sim_chance(200) ? sim_below(700000) : sim_below(20000));
}

static void clock_drifts(struct node *node)
{
	node_set_rate(node, (int)sim_below(40001) - 20000);
}

static void wall_clock(struct node *node)
{
	static const uint64_t times[] = {0,	     1,		 1700000000, 1700003600,
					 1600000000, 4000000000, UINT64_MAX};

	zwg_stamp_clock(&node->stamp, node_clock(node), times[sim_below(7)] + sim_below(1000));
}

static void up_or_down(struct node *node)
{
	sim_say(node, node->dev->up ? "goes down" : "comes up");
	if (node->dev->up)
		zwg_device_down(node->dev);
	else
		zwg_device_up(node->dev, node_clock(node));
}

static void key_goes_or_comes(struct node *node)
{
	sim_say(node, node->dev->identity.set ? "loses its key" : "gets its key");
	if (zwg_set_private_key(node->dev, node_clock(node),
				node->dev->identity.set ? NULL : node->private_key))
		sim_broken("node %d: the key was refused", node->index);
}

static const struct node *some_neighbour(const struct node *node)
{
	for (int tries = 0; tries < 8; tries++) {
		const struct node *other = some_node();

		if (other != node && node_link(node, other)->exists)
			return other;
	}
	return NULL;
}

static void psk_changes_on_one_side(struct node *node)
{
	const struct node *other = some_neighbour(node);
	struct zwg_peer *peer = other ? node_peer(node, other) : NULL;
	uint8_t psk[32];

	sim_bytes(psk, sizeof(psk));
	if (peer)
		node_set_psk(node, peer, sim_chance(300) ? NULL : psk);
}

static void peer_goes_or_comes(struct node *node)
{
	const struct node *other = some_neighbour(node);
	struct zwg_peer *peer = other ? node_peer(node, other) : NULL;

	if (peer) {
		zwg_peer_remove(node->dev, peer);
		node->lives[other->index]++;
	} else if (other) {
		node_add_peer(node, other);
	}
}

static void keepalive_changes(struct node *node)
{
	const struct node *other = some_neighbour(node);
	struct zwg_peer *peer = other ? node_peer(node, other) : NULL;

	if (peer)
		zwg_peer_set_keepalive(node->dev, node_clock(node), peer,
				       (uint16_t)(sim_chance(300) ? 0 : 1 + sim_below(60)));
}

static void endpoint_is_set(struct node *node)
{
	const struct node *other = some_neighbour(node);
	struct zwg_peer *peer = other ? node_peer(node, other) : NULL;
	struct zwg_endpoint endpoint = net_endpoint(other && sim_chance(700) ? other->address : 0);

	if (peer)
		zwg_peer_set_endpoint(node->dev, node_clock(node), peer, &endpoint);
}

static void ask_for_handshake(struct node *node, const struct node *other)
{
	struct zwg_peer *peer = other && node->running ? node_peer(node, other) : NULL;

	if (peer)
		zwg_peer_handshake(node->dev, node_clock(node), peer);
}

static void initiations_cross(struct node *node)
{
	const struct node *other = some_neighbour(node);

	ask_for_handshake(node, other);
	if (!other)
		return;
	world.current = &world.nodes[other->index];
	ask_for_handshake(world.current, node);
	node_settle(world.current);
	world.current = node;
}

static void randomness_fails_or_comes(struct node *node)
{
	node->random_ready = !node->random_ready;
}

static void storage_fails_or_works(struct node *node)
{
	node->storage.fails = !node->storage.fails;
}

static const struct {
	const char *name;
	unsigned int weight;
	void (*happens)(struct node *node);
} misfortunes[] = {
	{"network changes", 14, network_changes},
	{"power fails", 6, power_fails},
	{"restart", 3, restarts},
	{"address moves", 8, moves},
	{"clock leaps", 6, clock_leaps},
	{"clock drifts", 4, clock_drifts},
	{"wall clock", 5, wall_clock},
	{"up or down", 6, up_or_down},
	{"key goes or comes", 5, key_goes_or_comes},
	{"PSK changes", 4, psk_changes_on_one_side},
	{"peer goes or comes", 6, peer_goes_or_comes},
	{"keepalive changes", 5, keepalive_changes},
	{"endpoint is set", 6, endpoint_is_set},
	{"initiations cross", 12, initiations_cross},
	{"randomness fails", 3, randomness_fails_or_comes},
	{"storage fails", 5, storage_fails_or_works},
};

void chaos_happens(struct node *node)
{
	const size_t count = sizeof(misfortunes) / sizeof(misfortunes[0]);
	uint64_t weights = 0, pick;
	size_t i = 0;

	if (!node->running)
		return;
	for (size_t n = 0; n < count; n++)
		weights += misfortunes[n].weight;
	for (pick = sim_below(weights); pick >= misfortunes[i].weight; i++)
		pick -= misfortunes[i].weight;
	sim_say(node, "chaos: %s", misfortunes[i].name);
	for (int other = 0; other < world.count; other++)
		coverage_note(node, &world.nodes[other], misfortunes[i].name);
	world.current = node;
	misfortunes[i].happens(node);
	node->secrets_may_go = true;
	node_settle(node);
}

/* Healing */

static void reconcile(struct node *node, const struct node *other)
{
	const struct sim_link *link = node_link(node, other);
	struct zwg_peer *peer;

	if (node == other || !link->exists)
		return;
	node_add_peer(node, other);
	peer = node_peer(node, other);
	node_set_psk(node, peer, link->has_psk ? link->psk : NULL);
}

static bool is_lost_to(struct node *node, const struct node *other)
{
	return net_address(&node_peer(node, other)->endpoint) != other->address;
}

static void show_way(struct node *node, const struct node *other)
{
	struct zwg_endpoint endpoint = net_endpoint(other->address);

	world.current = node;
	zwg_peer_set_endpoint(node->dev, node_clock(node), node_peer(node, other), &endpoint);
	node_settle(node);
}

/* One end that knows where the other is will do: that one learns it from the first packet. */
static void reconnect(struct node *a, struct node *b)
{
	if (!node_link(a, b)->exists)
		return;
	if (is_lost_to(a, b) && (is_lost_to(b, a) || sim_chance(500)))
		show_way(a, b);
	if (is_lost_to(b, a) && sim_chance(500))
		show_way(b, a);
}

void chaos_heal(void)
{
	world.loss = world.duplication = world.corruption = world.reordering = world.congestion = 0;
	world.delay = (1 + sim_below(20)) * SIM_MS;
	world.jitter = SIM_MS;
	world.hostility = 0;
	world.job_time = SIM_MS / 2;
	world.healed = true;
	sim_say(NULL, "everything works again");
	for (int i = 0; i < world.count; i++) {
		struct node *node = &world.nodes[i];

		node->storage.fails = false;
		node->random_ready = true;
		if (!node->running) {
			node->boots++; /* The start that was planned is void. */
			node_start(node);
		}
		world.current = node;
		if (!node->dev->up)
			zwg_device_up(node->dev, node_clock(node));
		if (!node->dev->identity.set &&
		    zwg_set_private_key(node->dev, node_clock(node), node->private_key))
			sim_broken("node %d: the key was refused", i);
		for (int j = 0; j < world.count; j++)
			reconcile(node, &world.nodes[j]);
		node_settle(node);
	}
}

void chaos_reconnect(void)
{
	for (int i = 0; i < world.count; i++) {
		for (int j = i + 1; j < world.count; j++)
			reconnect(&world.nodes[i], &world.nodes[j]);
	}
}
