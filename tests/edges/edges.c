/* SPDX-License-Identifier: MIT */
/*
 * Rare ways through the core: what happens between a job's steps, indices that are taken, a port
 * that asks for nothing. Two devices (tests/fuzz/world.h); after each the device must be
 * consistent.
 */
#include <errno.h>

#include "internal.h"
#include "messages.h"
#include "test.h"
#include "world.h"

#define SETUP                                                                                      \
	struct world *world = world_new();                                                         \
	struct host *self = &world->hosts[SELF];                                                   \
	struct host *other = &world->hosts[OTHER];                                                 \
	struct zwg_peer *peer = world_peer(world, SELF, PEER_OTHER);                               \
	(void)self, (void)other, (void)peer

#define END                                                                                        \
	do {                                                                                       \
		world_check(world, SELF);                                                          \
		world_free(world);                                                                 \
		CHECK(true);                                                                       \
	} while (0)

#define DROPS(reason) (self->dev->counters.drops[ZWG_DROP_##reason])

/* An initiation that is taken and computed, but not committed. */
static void begin_initiation(struct world *world)
{
	struct host *self = &world->hosts[SELF];

	REQUIRE(zwg_peer_handshake(self->dev, self->now, world_peer(world, SELF, PEER_OTHER)) == 0);
	world_job_step(world);
	world_job_step(world);
	REQUIRE(self->job_taken && self->job_computed);
}

/* The response of the other device to our initiation. */
static struct datagram response(struct world *world)
{
	struct host *other = &world->hosts[OTHER];

	zwg_peer_handshake(world->hosts[SELF].dev, world->hosts[SELF].now,
			   world_peer(world, SELF, PEER_OTHER));
	world_jobs(world, SELF);
	world_pass(world, OTHER);
	world_jobs(world, OTHER);
	REQUIRE(other->count == 1);
	return other->list[0];
}

static void initiation_of_a_removed_peer(void)
{
	SETUP;

	begin_initiation(world);
	zwg_peer_remove(self->dev, peer);
	world_job_step(world);
	CHECK_INT(DROPS(STALE), 1);
	CHECK_INT(self->count, 0);
	END;
}

static void initiation_to_an_endpoint_forgotten(void)
{
	SETUP;

	begin_initiation(world);
	zwg_peer_set_endpoint(self->dev, self->now, peer, &(struct zwg_endpoint){0});
	world_job_step(world);
	CHECK_INT(DROPS(NO_ENDPOINT), 1);
	CHECK_INT(self->count, 0);
	END;
}

/* Two jobs for the same response: whoever comes second finds the handshake over. */
static void response_twice_at_once(void)
{
	SETUP;
	struct datagram message = response(world);
	struct zwg_job *second = calloc(1, sizeof(*second));

	world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	REQUIRE(zwg_job_take(self->dev, self->now, self->job));
	REQUIRE(zwg_job_take(self->dev, self->now, second));
	zwg_job_compute(self->job);
	zwg_job_compute(second);
	CHECK(!zwg_job_commit(self->dev, self->now, self->job));
	CHECK_INT(self->dev->counters.responses_received, 1);
	CHECK(!zwg_job_commit(self->dev, self->now, second));
	CHECK_INT(self->dev->counters.responses_received, 1);
	CHECK_INT(DROPS(STALE), 1);
	free(second);
	END;
}

/* While a response is computed, the initiation that it answers gives way to a retry, or its peer
 * goes. */
static void response_to_what_is_gone(void)
{
	for (int removed = 0; removed < 2; removed++) {
		SETUP;
		struct datagram message = response(world);
		struct zwg_job *late = calloc(1, sizeof(*late));

		test_case(removed ? "peer removed" : "retried");
		world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
		REQUIRE(zwg_job_take(self->dev, self->now, late));
		zwg_job_compute(late);
		if (removed) {
			zwg_peer_remove(self->dev, peer);
		} else {
			world_advance(world, SELF, ZWG_REKEY_TIMEOUT + 400);
			world_jobs(world, SELF);
			CHECK_INT(self->dev->counters.initiations_sent, 2);
		}
		CHECK(!zwg_job_commit(self->dev, self->now, late));
		CHECK_INT(DROPS(STALE), 1);
		CHECK_INT(self->dev->counters.responses_received, 0);
		free(late);
		END;
	}
}

/* A response that nobody waits for any more leaves nothing in the job either. */
static void response_to_nobody(void)
{
	SETUP;
	struct datagram message = response(world);

	world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	world_advance(world, SELF, ZWG_REKEY_TIMEOUT + 400);
	zwg_peer_remove(self->dev, peer);
	CHECK(!zwg_job_take(self->dev, self->now, self->job));
	CHECK_ZERO(self->job, sizeof(*self->job));
	CHECK_INT(DROPS(UNKNOWN_INDEX), 1);
	END;
}

/* A random source that repeats itself: an index that leads somewhere is never given again. */
static void stuck_random_source(void)
{
	SETUP;
	uint64_t before = self->random;

	begin_initiation(world);
	world_job_step(world);
	REQUIRE(peer->initiation.sent);
	/* The same draw sixteen times: the port's source is set back before each by its own step.
	 */
	self->random_stuck = true;
	self->random = before;
	REQUIRE(zwg_peer_handshake(self->dev, self->now, world_peer(world, SELF, PEER_SILENT)) ==
		0);
	CHECK(!zwg_job_take(self->dev, self->now, self->job));
	CHECK_ZERO(self->job, sizeof(*self->job));
	CHECK_INT(DROPS(RANDOM), 1);
	self->random_stuck = false;
	world_advance(world, SELF, ZWG_REKEY_TIMEOUT + 400);
	world_jobs(world, SELF);
	CHECK_INT(self->dev->counters.initiations_sent, 3);
	END;
}

/* The index chosen for a response is taken before the response is committed. */
static void index_taken_meanwhile(void)
{
	SETUP;
	uint32_t place;

	zwg_peer_handshake(other->dev, other->now, world_peer(world, OTHER, PEER_OTHER));
	world_jobs(world, OTHER);
	world_pass(world, SELF);
	while (self->job->step != ZWG_JOB_RESPOND || !self->job_computed) {
		world_job_step(world);
		REQUIRE(self->job_taken);
	}
	CHECK(zwg_index_insert(self->dev, self->job->local_index,
			       world_peer(world, SELF, PEER_SILENT), ZWG_NEXT));
	world_job_step(world);
	CHECK_INT(DROPS(STALE), 1);
	CHECK_INT(self->dev->counters.responses_sent, 0);
	for (place = 0; place < ZWG_ROLES; place++) {
		CHECK_INT(peer->keypair_of[place], 0);
	}
	END;
}

static void job_of_nothing(void)
{
	SETUP;
	struct zwg_job job = {.port = self->dev->port, .ctx = self};

	zwg_job_compute(&job);
	CHECK(!job.failed);
	job.identity_generation = self->dev->identity.generation;
	CHECK(!zwg_job_commit(self->dev, self->now, &job));
	CHECK_ZERO(&job, sizeof(job));
	END;
}

static void tick_of_a_device_that_is_down(void)
{
	SETUP;

	zwg_peer_set_keepalive(self->dev, self->now, peer, 1);
	CHECK(self->wake != ZWG_NEVER);
	zwg_device_down(self->dev);
	zwg_tick(self->dev, self->now + 100000);
	CHECK_INT(self->count, 0);
	CHECK_INT(self->wake, ZWG_NEVER);
	END;
}

static void input_by_a_port_that_does_not_ask_for_the_peer(void)
{
	SETUP;
	uint8_t inner[40];
	struct zwg_seg seg;
	struct zwg_packet pkt = {NULL, &seg, 1, 0, 0};

	world_handshake(world, OTHER, true);
	world_clear(world, OTHER);
	world_output(world, OTHER, 0, inner, world_inner(inner, OTHER, ZWG_AF_INET, sizeof(inner)));
	REQUIRE(other->count == 1);
	seg = (struct zwg_seg){other->list[0].bytes, other->list[0].len};
	pkt.len = seg.len;
	CHECK_INT(zwg_input(self->dev, self->now, &pkt, &other->at, 0, NULL), ZWG_DELIVER);
	CHECK_INT(pkt.off, ZWG_DATA_HEADER);
	CHECK_INT(pkt.len, sizeof(inner));
	END;
}

static void output_of_a_packet_without_room(void)
{
	SETUP;
	uint8_t bytes[ZWG_HEADROOM + 40 + ZWG_TAILROOM];
	static const struct {
		size_t off, len, size;
	} bad[] = {
		{ZWG_HEADROOM - 1, 40, sizeof(bytes)},
		{ZWG_HEADROOM + 1, 40, sizeof(bytes)},
		{ZWG_HEADROOM, sizeof(bytes) + 1, sizeof(bytes)},
		{sizeof(bytes), 40, sizeof(bytes)},
		{ZWG_HEADROOM, 40, sizeof(bytes) - 1},
	};

	world_inner(bytes + ZWG_HEADROOM, SELF, ZWG_AF_INET, 40);
	for (size_t i = 0; i < TEST_COUNT(bad); i++) {
		struct zwg_seg seg = {bytes, bad[i].size};
		struct zwg_packet pkt = {NULL, &seg, 1, bad[i].off, bad[i].len};

		test_case("case %zu", i);
		CHECK_INT(zwg_output(self->dev, self->now, &pkt), -EMSGSIZE);
	}
	CHECK_INT(DROPS(NO_ROOM), TEST_COUNT(bad));
	END;
}

static const struct test tests[] = {
	{"an initiation of a peer removed meanwhile is stale", initiation_of_a_removed_peer},
	{"an initiation to an endpoint forgotten meanwhile is not sent",
	 initiation_to_an_endpoint_forgotten},
	{"a response computed twice at once makes one session", response_twice_at_once},
	{"a response to an initiation that is gone is stale", response_to_what_is_gone},
	{"a response that nobody waits for makes no job", response_to_nobody},
	{"an index in use is not given again", stuck_random_source},
	{"a response whose index is taken meanwhile is stale", index_taken_meanwhile},
	{"a job without a step does nothing", job_of_nothing},
	{"a tick of a device that is down does nothing", tick_of_a_device_that_is_down},
	{"a port need not ask who sent", input_by_a_port_that_does_not_ask_for_the_peer},
	{"a packet without room is refused", output_of_a_packet_without_room},
};

TEST_MAIN(tests)
