/* SPDX-License-Identifier: MIT */
/*
 * Conformance, group H: secrets are gone when they are no longer needed. The scripted peer knows
 * every secret of a handshake (it computes the same), the rig every random number; after each way
 * out of a handshake they are looked for in the whole device, in the job, and on the stack.
 */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS, pthread_attr_setstack() */
#include <pthread.h>
#include <sys/mman.h>

#include "rig.h"

#define SETUP                                                                                      \
	struct rig *rig = rig_new();                                                               \
	struct scripted far;                                                                       \
	struct zwg_peer *peer = rig_add(rig, &far, 1);                                             \
	struct session session;                                                                    \
	uint8_t msg[SCRIPTED_INITIATION];                                                          \
	(void)peer, (void)session, (void)msg

/* Handshakes that come to nothing leave nothing. The job is checked by the rig each time. */
static void H_wiped_after_every_refused_handshake(void)
{
	SETUP;
	struct scripted stranger, other;
	const struct sent *sent;

	test_random_bytes(far.psk, 32);
	zwg_peer_set_preshared_key(rig->dev, peer, far.psk);

	test_case("unknown peer");
	scripted_init(&stranger, 77, far.device);
	scripted_initiation(&stranger, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig_leaks(rig, &stranger, NULL), 0);

	test_case("bad timestamp");
	scripted_initiation(&far, msg);
	msg[95] ^= 1;
	scripted_macs(&far, msg, sizeof(msg));
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);

	test_case("bad static");
	scripted_initiation(&far, msg);
	msg[50] ^= 1;
	scripted_macs(&far, msg, sizeof(msg));
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);

	test_case("no randomness for the answer");
	rig->random_fails_at = 1;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_RANDOM], 1);

	test_case("old stamp, and too soon");
	far.seconds -= 10;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	far.seconds += 10;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_TIMESTAMP], 1);
	CHECK_INT(rig->dev->counters.drops[ZWG_DROP_FLOOD], 1);
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	CHECK_SILENT(rig);

	test_case("a response that does not fit: only what waits for a good one is there");
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	rig_run_jobs(rig);
	sent = rig_take(rig, 1);
	REQUIRE(scripted_read_initiation(&far, sent->bytes));
	other = far;
	other.psk[0] ^= 1;
	other.secret_count = 0;
	scripted_response(&other, msg, &session);
	rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE);
	CHECK_INT(rig_leaks(rig, &other, NULL), 1 /* the ephemeral, which the good one needs */);
	CHECK_SILENT(rig);
	RIG_END(rig);
}

static void H_wiped_after_a_handshake(void)
{
	for (int initiator = 0; initiator < 2; initiator++) {
		SETUP;

		test_case(initiator ? "as initiator" : "as responder");
		test_random_bytes(far.psk, 32);
		zwg_peer_set_preshared_key(rig->dev, peer, far.psk);
		if (initiator)
			rig_initiate(rig, &far, 1, &session);
		else
			rig_respond(rig, &far, &session);
		CHECK(far.secret_count > 15);
		CHECK_INT(rig_leaks(rig, &far, &session), 0);
		CHECK_ZERO(&peer->initiation, sizeof(peer->initiation));
		test_case("what must stay is there, so the search works");
		CHECK(rig_holds(rig, session.send, 32));
		CHECK(rig_holds(rig, session.receive, 32));
		CHECK(rig_holds(rig, rig->private_key, 32));
		CHECK(rig_holds(rig, far.psk, 32));
		RIG_END(rig);
	}
}

static void H_wiped_when_a_session_is_replaced(void)
{
	SETUP;
	struct session second, third;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 1000);
	rig_respond(rig, &far, &second);
	CHECK(rig_holds(rig, session.receive, 32));
	rig_advance(rig, 1000);
	rig_respond(rig, &far, &third);
	CHECK(!rig_holds(rig, session.receive, 32));
	CHECK(!rig_holds(rig, session.send, 32));
	CHECK(rig_holds(rig, second.receive, 32));
	RIG_END(rig);
}

static void H_wiped_on_the_retry(void)
{
	SETUP;
	uint8_t first[32];

	rig_start(rig, &far, 1, 40);
	memcpy(first, peer->initiation.ephemeral, 32);
	CHECK(rig_holds(rig, first, 32));
	REQUIRE(rig_wait(rig, 6000));
	CHECK(!rig_holds(rig, first, 32));
	RIG_END(rig);
}

static void H_wiped_on_down(void)
{
	SETUP;

	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	REQUIRE(zwg_peer_handshake(rig->dev, rig->now, peer) == 0);
	rig_run_jobs(rig);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	rig->hold_jobs = true;
	for (int i = 0; i <= ZWG_LOAD_THRESHOLD; i++) {
		scripted_initiation(&far, msg);
		rig_input(rig, &far.at, msg, sizeof(msg));
	}
	CHECK(!rig->dev->cookie_secret_set == false);
	zwg_device_down(rig->dev);
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	CHECK_ZERO(rig->dev->cookie_secret, 32);
	CHECK_ZERO(rig->dev->queue, sizeof(rig->dev->queue));
	CHECK_ZERO(rig->dev->index_map, sizeof(rig->dev->index_map));
	CHECK_ZERO(&peer->cookie, sizeof(peer->cookie));
	test_case("the device is silent, and its peers and keys stay");
	CHECK_INT(rig_input(rig, &far.at, msg, sizeof(msg)), ZWG_DROPPED);
	CHECK(rig_holds(rig, rig->private_key, 32));
	CHECK(zwg_peer_find(rig->dev, far.public_key) == peer);
	rig->hold_jobs = false;
	while (rig_sent(rig))
		;
	zwg_device_up(rig->dev, rig->now);
	rig_respond(rig, &far, &session);
	CHECK(rig_says(rig, &far, 1, &session, 40));
	RIG_END(rig);
}

static void H_wiped_when_a_peer_is_removed(void)
{
	SETUP;
	struct scripted again;

	test_random_bytes(far.psk, 32);
	zwg_peer_set_preshared_key(rig->dev, peer, far.psk);
	rig_respond(rig, &far, &session);
	rig_advance(rig, 6000);
	REQUIRE(zwg_peer_handshake(rig->dev, rig->now, peer) == 0);
	rig_run_jobs(rig);
	zwg_peer_remove(rig->dev, peer);
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	CHECK(!rig_holds(rig, far.psk, 32));
	CHECK(!rig_holds(rig, far.public_key, 32));
	CHECK_ZERO(rig->dev->key_map, sizeof(rig->dev->key_map));
	CHECK_ZERO(rig->dev->index_map, sizeof(rig->dev->index_map));
	CHECK_INT(rig->wake, ZWG_NEVER);
	test_case("its place is used again, and knows nothing of it");
	while (rig_sent(rig))
		;
	CHECK(rig_add(rig, &again, 1) == peer);
	rig_respond(rig, &again, &session);
	CHECK(rig_says(rig, &again, 1, &session, 40));
	RIG_END(rig);
}

static void H_wiped_when_the_key_goes(void)
{
	SETUP;

	rig_start(rig, &far, 1, 40);
	CHECK_INT(zwg_set_private_key(rig->dev, rig->now, NULL), 0);
	CHECK(!rig_holds(rig, rig->private_key, 32));
	CHECK_INT(rig_leaks(rig, &far, NULL), 0);
	RIG_END(rig);
}

static void H_wiped_when_the_cookie_secret_has_no_successor(void)
{
	SETUP;
	uint8_t secret[32];

	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	for (int i = 0; i <= ZWG_LOAD_THRESHOLD; i++)
		rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_INT(rig_take(rig, 3)->len, SCRIPTED_COOKIE);
	memcpy(secret, rig->dev->cookie_secret, 32);
	rig->now += 120000;
	rig->random_error = -1;
	rig_input(rig, &far.at, msg, sizeof(msg));
	CHECK_SILENT(rig);
	CHECK(!rig->dev->cookie_secret_set);
	CHECK(!rig_holds(rig, secret, 32));
	RIG_END(rig);
}

/* What changes between a job's taking and its end makes it stale; nothing of it stays. */
static void H_wiped_job_that_became_stale(void)
{
	for (int what = 0; what < 5; what++) {
		for (int step = 0; step < 3; step++) {
			SETUP;

			test_case("change %d after step %d", what, step);
			rig->hold_jobs = true;
			scripted_initiation(&far, msg);
			rig_input(rig, &far.at, msg, sizeof(msg));
			REQUIRE(zwg_job_take(rig->dev, rig->now, rig->job));
			for (int i = 0; i < step; i++) {
				zwg_job_compute(rig->job);
				REQUIRE(zwg_job_commit(rig->dev, rig->now, rig->job));
			}
			zwg_job_compute(rig->job);
			switch (what) {
			case 0:
				zwg_device_down(rig->dev);
				zwg_device_up(rig->dev, rig->now);
				break;
			case 1:
				zwg_set_private_key(rig->dev, rig->now, NULL);
				zwg_set_private_key(rig->dev, rig->now, rig->private_key);
				break;
			case 2:
				zwg_peer_remove(rig->dev, peer);
				break;
			case 3:
				zwg_peer_remove(rig->dev, peer);
				peer = rig_add(rig, &(struct scripted){.local = 0}, 3);
				break;
			default:
				zwg_device_down(rig->dev);
				break;
			}
			CHECK(!zwg_job_commit(rig->dev, rig->now, rig->job));
			CHECK_ZERO(rig->job, sizeof(*rig->job));
			CHECK_INT(rig_leaks(rig, &far, NULL), 0);
			CHECK(rig->dev->counters.drops[ZWG_DROP_STALE] == 1 ||
			      rig->dev->counters.drops[ZWG_DROP_UNKNOWN_PEER] == 1);
			CHECK_SILENT(rig);
			RIG_END(rig);
		}
	}
}

static void H_wiped_when_a_primitive_fails(void)
{
	for (long call = 0;; call++) {
		SETUP;
		bool done;

		test_case("initiation received, call %ld", call);
		scripted_initiation(&far, msg);
		rig_crypto_fails_at = call;
		rig_input(rig, &far.at, msg, sizeof(msg));
		done = rig_crypto_fails_at >= 0;
		rig_crypto_fails_at = -1;
		if (!done && !peer->keypair_of[ZWG_NEXT]) {
			CHECK_INT(rig_leaks(rig, &far, NULL), 0);
			CHECK_SILENT(rig);
		}
		RIG_END(rig);
		if (done)
			break;
	}
}

/* The stack */

#define STACK (512 * 1024)

static void *compute(void *job)
{
	zwg_job_compute(job);
	return NULL;
}

/* Computes one step on a stack of its own, which the caller unmaps. Nothing runs there after it
 * that would cover its traces. */
static uint8_t *compute_on_stack(struct zwg_job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(stack != MAP_FAILED);
	REQUIRE(pthread_attr_init(&attr) == 0);
	REQUIRE(pthread_attr_setstack(&attr, stack, STACK) == 0);
	REQUIRE(pthread_create(&thread, &attr, compute, job) == 0);
	REQUIRE(pthread_join(thread, NULL) == 0);
	pthread_attr_destroy(&attr);
	return stack;
}

static bool stack_holds(const uint8_t *stack, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + len <= STACK; i++) {
		if (stack[i] == bytes[0] && memcmp(stack + i, bytes, len) == 0)
			return true;
	}
	return false;
}

/* Parts of the secrets: half of one is as bad, and clamping changes the ends. */
static unsigned int stack_leaks(const struct rig *rig, const struct scripted *far,
				const uint8_t *stack)
{
	unsigned int count = stack_holds(stack, rig->private_key + 8, 16);

	for (size_t i = 0; i < far->secret_count; i++)
		count += stack_holds(stack, far->secrets[i] + 8, 16);
	for (size_t i = 0; i < rig->draw_count; i++)
		count += stack_holds(stack, rig->draws[i] + 8, 16);
	return count;
}

/* Every step of every job that waits; the secrets are those known once all is over. */
static void run_jobs_on_stacks(struct rig *rig, uint8_t *stacks[8], size_t *count)
{
	while (zwg_job_take(rig->dev, rig->now, rig->job)) {
		do {
			REQUIRE(*count < 8);
			stacks[(*count)++] = compute_on_stack(rig->job);
		} while (zwg_job_commit(rig->dev, rig->now, rig->job));
	}
}

static void H_nothing_left_on_the_stack(void)
{
	SETUP;
	uint8_t *stacks[8];
	size_t count = 0;

	test_random_bytes(far.psk, 32);
	zwg_peer_set_preshared_key(rig->dev, peer, far.psk);
	rig->hold_jobs = true;
	scripted_initiation(&far, msg);
	rig_input(rig, &far.at, msg, sizeof(msg));
	run_jobs_on_stacks(rig, stacks, &count);
	REQUIRE(scripted_read_response(&far, rig_take(rig, 2)->bytes, &session));
	rig_advance(rig, 6000);
	CHECK_INT(zwg_peer_handshake(rig->dev, rig->now, peer), 0);
	run_jobs_on_stacks(rig, stacks, &count);
	REQUIRE(scripted_read_initiation(&far, rig_take(rig, 1)->bytes));
	scripted_response(&far, msg, &session);
	rig_input(rig, &far.at, msg, SCRIPTED_RESPONSE);
	run_jobs_on_stacks(rig, stacks, &count);
	CHECK_INT(rig_take(rig, 4)->len, 32);
	CHECK_INT(count, 5);
	for (size_t i = 0; i < count; i++) {
		test_case("step %zu", i);
		CHECK_INT(stack_leaks(rig, &far, stacks[i]), 0);
		test_case("the search finds what is there");
		memcpy(stacks[i] + STACK / 2, far.secrets[3], 32);
		CHECK(stack_leaks(rig, &far, stacks[i]) > 0);
		munmap(stacks[i], STACK);
	}
	RIG_END(rig);
}

static const struct test tests[] = {
	{"H wiped after every refused handshake", H_wiped_after_every_refused_handshake},
	{"H wiped after a handshake", H_wiped_after_a_handshake},
	{"H wiped when a session is replaced", H_wiped_when_a_session_is_replaced},
	{"H wiped on the retry", H_wiped_on_the_retry},
	{"H wiped on down", H_wiped_on_down},
	{"H wiped when a peer is removed", H_wiped_when_a_peer_is_removed},
	{"H wiped when the key goes", H_wiped_when_the_key_goes},
	{"H wiped when the cookie secret has no successor",
	 H_wiped_when_the_cookie_secret_has_no_successor},
	{"H wiped job that became stale", H_wiped_job_that_became_stale},
	{"H wiped when a primitive fails", H_wiped_when_a_primitive_fails},
	{"H nothing left on the stack", H_nothing_left_on_the_stack},
};
TEST_MAIN(tests)
