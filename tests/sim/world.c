/* SPDX-License-Identifier: MIT */
/* One run: a world made from a seed, its troubles, its healing, its end. */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

struct world world;

/* Chance */

uint64_t sim_random(void)
{
	uint64_t z = world.random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t sim_below(uint64_t bound)
{
	return sim_random() % bound;
}

bool sim_chance(unsigned int thousandths)
{
	return thousandths > 0 && sim_below(1000) < thousandths;
}

void sim_bytes(void *out, size_t len)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t random = sim_random();

		memcpy(bytes + i, &random, len - i < 8 ? len - i : 8);
	}
}

/* Words */

void sim_say(const struct node *node, const char *format, ...)
{
	va_list args;

	if (!world.verbose)
		return;
	printf("%12.6f ", (double)world.now / (double)SIM_SECOND);
	if (node)
		printf("node %d: ", node->index);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

_Noreturn void sim_broken(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "seed %" PRIu64 ", %.6f s: ", world.seed,
		(double)world.now / (double)SIM_SECOND);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nto see it again: sim --seed %" PRIu64 " -v\n", world.seed);
	exit(1);
}

/* The world */

static int choose_count(void)
{
	uint64_t size = sim_below(100);

	if (size < 60)
		return 2;
	if (size < 90)
		return 3 + (int)sim_below(3);
	if (size < 98)
		return 6 + (int)sim_below(6);
	return 12 + (int)sim_below(SIM_NODES - 11);
}

/* Everybody with everybody, or a star, or a ring. */
static void make_links(void)
{
	uint64_t shape = world.count <= 6 ? 0 : 1 + sim_below(2);

	for (int i = 0; i < world.count; i++) {
		for (int j = i + 1; j < world.count; j++) {
			struct sim_link *link = &world.links[i][j];
			bool ring = j == i + 1 || (i == 0 && j == world.count - 1);

			*link = (struct sim_link){
				.exists = shape == 0 || (shape == 1 ? i == 0 : ring),
				.has_psk = sim_chance(400),
				.endpoint = {world.nodes[j].address, world.nodes[i].address},
			};
			sim_bytes(link->psk, 32);
			/* One end may have to wait to be called. */
			if (sim_chance(300))
				link->endpoint[sim_below(2)] = 0;
			for (int side = 0; side < 2; side++)
				link->keepalive[side] =
					(uint16_t)(sim_chance(200) ? 1 + sim_below(60) : 0);
		}
	}
}

static void make_world(uint64_t seed, bool verbose)
{
	world = (struct world){.seed = seed, .verbose = verbose, .random = seed};
	sim_random();
	events_reset();
	inner_reset();
	rules_reset();
	secrets_reset();
	record_reset();
	world.count = choose_count();
	for (int i = 0; i < world.count; i++)
		node_init(&world.nodes[i], i);
	make_links();
	world.loss = sim_chance(500) ? (unsigned int)sim_below(200) : 0;
	world.delay = sim_below(100 * SIM_MS);
	world.hostility = sim_chance(500) ? 1 : 0;
	hostile_begin();
	world.job_time = sim_chance(700) ? sim_below(50 * SIM_MS) + 1 : sim_below(SIM_SECOND) + 1;
	world.traffic = (100 + sim_below(10000)) * SIM_MS;
}

static sim_time length_of_trouble(void)
{
	static const sim_time lengths[] = {10, 30, 60, 150, 300, 800};
	sim_time length = lengths[sim_below(world.count > 6 ? 2 : 6)] * SIM_SECOND;

	/* So that long runs have about as many packets as short ones. */
	if (world.traffic < length / 100)
		world.traffic = length / 100;
	return length;
}

static void traffic(struct node *node)
{
	if (world.measured)
		return;
	for (int burst = sim_chance(100) ? 12 : 1; burst > 0 && node->running; burst--) {
		struct node *to = &world.nodes[sim_below((uint64_t)world.count)];

		if (to != node && node_link(node, to)->exists)
			node_send(node, to);
	}
	events_add(world.now + 1 + sim_below(2 * world.traffic), EVENT_TRAFFIC, node, NULL);
}

static void chaos(void)
{
	chaos_happens(&world.nodes[sim_below((uint64_t)world.count)]);
	events_add(world.now + 1 + sim_below(world.traffic * 4), EVENT_CHAOS, NULL, NULL);
}

static void attack(void)
{
	hostile_attack();
	events_add(world.now + 1 + sim_below(world.traffic * 4), EVENT_ATTACK, NULL, NULL);
}

static void deliver(struct datagram *datagram)
{
	struct node *node = net_owner(datagram->to);
	/* Attackers have left, with all that they had sent: who was restarted can be shown an old
	 * initiation, and then takes the sender's address for the peer's until it hears from it. */
	bool too_late = world.healed && datagram->from >= SIM_ATTACKERS;

	if (node && node->running && !too_late) {
		node_receive(node, datagram);
		node_settle(node);
	}
	if (datagram->to >= SIM_ATTACKERS)
		hostile_receive(datagram);
	free(datagram);
}

static void happen(struct event *event)
{
	struct node *node = event->node < 0 ? NULL : &world.nodes[event->node];
	bool void_now = node && node->boots != event->boots;

	world.now = event->at;
	world.steps++;
	world.digest = (world.digest ^ event->at) * UINT64_C(0x9e3779b97f4a7c15) +
		       (uint64_t)event->what * 64 + (uint64_t)event->node + world.random;
	switch (event->what) {
	case EVENT_DELIVER:
		deliver(event->datagram);
		break;
	case EVENT_WAKE:
		if (!void_now && node->running) {
			node_wake(node, event->order);
			node_settle(node);
		}
		break;
	case EVENT_JOB:
		if (!void_now && node->job_busy) {
			node_job_done(node);
			node_settle(node);
		}
		break;
	case EVENT_BOOT:
		if (!void_now && !node->running)
			node_start(node);
		break;
	case EVENT_TRAFFIC:
		traffic(node);
		break;
	case EVENT_PROBE:
		liveness_traffic(node);
		break;
	case EVENT_CHAOS:
		if (!world.healed)
			chaos();
		break;
	case EVENT_ATTACK:
		if (world.hostility)
			attack();
		break;
	}
}

static void run_until(sim_time until)
{
	struct event event;

	while (events_next(&event, until))
		happen(&event);
	world.now = until;
}

static void end_world(void)
{
	for (int i = 0; i < world.count; i++) {
		struct node *node = &world.nodes[i];

		secrets_check(node);
		node_stop(node, true);
		free(node->dev);
	}
	events_reset();
}

void world_run(uint64_t seed, bool verbose)
{
	sim_time trouble;

	make_world(seed, verbose);
	trouble = length_of_trouble();
	for (int i = 0; i < world.count; i++) {
		events_add(sim_below(3 * SIM_SECOND), EVENT_BOOT, &world.nodes[i], NULL);
		events_add(sim_below(5 * SIM_SECOND), EVENT_TRAFFIC, &world.nodes[i], NULL);
	}
	events_add(world.traffic, EVENT_CHAOS, NULL, NULL);
	events_add(world.traffic, EVENT_ATTACK, NULL, NULL);
	run_until(trouble);
	chaos_heal();
	/* What is still on its way may come, and load may pass. */
	run_until(world.now + 5 * SIM_SECOND);
	chaos_reconnect();
	world.measured = true;
	liveness_begin();
	run_until(world.now + liveness_bound());
	liveness_check();
	end_world();
}
