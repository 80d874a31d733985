/* SPDX-License-Identifier: MIT */
/*
 * No secret outlives its use: each thing that a device does runs on a painted stack of its own, and
 * then the stack, the device and the job are searched for parts of every secret that went through
 * the primitives meanwhile (learn.h); once with everything well, and once with each call to a
 * primitive failing. Two devices do it all with each other (tests/fuzz/world.h).
 */
#include "learn.h"
#include "stack.h"
#include "test.h"
#include "world.h"

#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "messages.h"

struct scene {
	struct world *world;
	enum zwg_verdict verdict;
	struct datagram datagram;
	size_t depth;
};

static const uint8_t psk[32] = {1,  32, 3,  30, 5,  28, 7,  26, 9,  24, 11, 22, 13, 20, 15, 18,
				17, 16, 19, 14, 21, 12, 23, 10, 25, 8,	27, 6,	29, 4,	31, 2};

static void scene_new(struct scene *scene)
{
	learn(true);
	learn_fails_at = -1;
	scene->world = world_new();
	scene->depth = 0;
	for (unsigned int who = 0; who < HOSTS; who++) {
		zwg_peer_set_preshared_key(scene->world->hosts[who].dev,
					   world_peer(scene->world, who, PEER_OTHER), psk);
	}
}

static void scene_free(struct scene *scene)
{
	learn_fails_at = -1;
	world_free(scene->world);
	learn(false);
}

/* Does something on the painted stack and looks for what it left there and in the device. */
static void act(struct scene *scene, const char *what, void (*function)(void *))
{
	learn_may_fail = true;
	stack_run(function, scene);
	learn_may_fail = false;
	scene->depth = stack_depth() > scene->depth ? stack_depth() : scene->depth;
	CHECK_INT(learn_find(what, stack_left(), stack_depth()), 0);
	CHECK_INT(learn_find_in_device(what, scene->world->hosts[SELF].dev), 0);
}

/* What is done */

static void job_step(void *arg)
{
	world_job_step(((struct scene *)arg)->world);
}

static void run_jobs(void *arg)
{
	struct host *self = &((struct scene *)arg)->world->hosts[SELF];

	zwg_run_jobs(self->dev, self->now);
}

static void input(void *arg)
{
	struct scene *scene = arg;

	scene->verdict = world_input(scene->world, SELF, NULL, 0, 3, scene->datagram.bytes,
				     scene->datagram.len);
}

static void output(void *arg)
{
	struct scene *scene = arg;
	uint8_t inner[200];

	world_output(scene->world, SELF, 3, inner,
		     world_inner(inner, SELF, ZWG_AF_INET, sizeof(inner)));
}

static void change_key(void *arg)
{
	struct host *self = &((struct scene *)arg)->world->hosts[SELF];
	uint8_t key[32];

	memcpy(key, self->private_key, sizeof(key));
	key[5] ^= 1;
	zwg_set_private_key(self->dev, self->now, key);
	zwg_wipe(key, sizeof(key));
}

static void drop_key(void *arg)
{
	struct host *self = &((struct scene *)arg)->world->hosts[SELF];

	zwg_set_private_key(self->dev, self->now, NULL);
}

static void go_down(void *arg)
{
	zwg_device_down(((struct scene *)arg)->world->hosts[SELF].dev);
}

static void wait_long(void *arg)
{
	world_advance(((struct scene *)arg)->world, SELF, 4 * ZWG_REJECT_AFTER_TIME);
}

static void wait_retry(void *arg)
{
	world_advance(((struct scene *)arg)->world, SELF, ZWG_REKEY_TIMEOUT + 400);
}

static void remove_peer(void *arg)
{
	struct world *world = ((struct scene *)arg)->world;

	zwg_peer_remove(world->hosts[SELF].dev, world_peer(world, SELF, PEER_OTHER));
}

static void get_preshared_key(void *arg)
{
	struct world *world = ((struct scene *)arg)->world;
	struct zwg_peer_info info;

	zwg_peer_get_info(world_peer(world, SELF, PEER_OTHER), 0, &info);
	zwg_peer_set_preshared_key(world->hosts[SELF].dev, world_peer(world, SELF, PEER_OTHER),
				   psk);
}

/* Handshakes: every step of every job by itself. */

static void all_steps(struct scene *scene, const char *what)
{
	struct host *self = &scene->world->hosts[SELF];

	do {
		act(scene, what, job_step);
	} while (self->job_taken);
	CHECK_ZERO(self->job, sizeof(*self->job));
}

/* From nothing to a session in which SELF @initiates; every other step is OTHER's. */
static void handshake(struct scene *scene, bool initiates)
{
	struct world *world = scene->world;
	unsigned int first = initiates ? SELF : OTHER;
	struct host *host = &world->hosts[first];

	zwg_peer_handshake(host->dev, host->now, world_peer(world, first, PEER_OTHER));
	if (initiates) {
		all_steps(scene, "initiating");
		world_pass(world, OTHER);
		world_jobs(world, OTHER);
		world_pass(world, SELF);
		all_steps(scene, "taking a response");
		world_pass(world, OTHER);
	} else {
		world_jobs(world, OTHER);
		world_pass(world, SELF);
		all_steps(scene, "responding");
		world_pass(world, OTHER);
		world_jobs(world, OTHER);
		world_pass(world, SELF);
	}
}

static void handshakes_leave_nothing(void)
{
	for (int initiates = 0; initiates < 2; initiates++) {
		struct scene scene;

		test_case(initiates ? "as initiator" : "as responder");
		scene_new(&scene);
		handshake(&scene, initiates);
		CHECK(world_peer(scene.world, SELF, PEER_OTHER)->keypair_of[ZWG_CURRENT] != 0);
		CHECK(learned() > 40);
		printf("# the jobs' stack, %s: %zu bytes\n", initiates ? "initiator" : "responder",
		       scene.depth);
		scene_free(&scene);
	}
}

/* Each call of a primitive fails once, until there are no more. */
static void failed_handshakes_leave_nothing(void)
{
	for (int initiates = 0; initiates < 2; initiates++) {
		bool reached = true;

		for (long call = 0; reached; call++) {
			struct scene scene;

			test_case("%s, call %ld fails", initiates ? "initiator" : "responder",
				  call);
			scene_new(&scene);
			learn_fails_at = call;
			handshake(&scene, initiates);
			reached = learn_fails_at < 0;
			scene_free(&scene);
			CHECK(call < 1000);
		}
	}
}

/* What is spoilt on the way: a bit of each part of the message. */
static void refused_handshakes_leave_nothing(void)
{
	static const uint8_t places[] = {ZWG_INIT_EPHEMERAL, ZWG_INIT_STATIC, ZWG_INIT_TIMESTAMP};

	for (size_t i = 0; i < TEST_COUNT(places); i++) {
		struct scene scene;
		struct host *other;

		test_case("initiation, byte %u", places[i]);
		scene_new(&scene);
		other = &scene.world->hosts[OTHER];
		zwg_peer_handshake(other->dev, other->now,
				   world_peer(scene.world, OTHER, PEER_OTHER));
		world_jobs(scene.world, OTHER);
		REQUIRE(other->count == 1);
		scene.datagram = other->list[0];
		scene.datagram.bytes[places[i]] ^= 1;
		zwg_blake2s(scene.datagram.bytes + ZWG_INIT_MAC1, 16,
			    scene.world->hosts[SELF].dev->identity.mac1_key, 32,
			    scene.datagram.bytes, ZWG_INIT_MAC1);
		act(&scene, "queueing", input);
		CHECK_INT(scene.verdict, ZWG_CONSUMED);
		act(&scene, "refusing", run_jobs);
		CHECK_INT(scene.world->hosts[SELF].dev->counters.drops[ZWG_DROP_HANDSHAKE], 1);
		scene_free(&scene);
	}
}

/* Data */

static void data_leaves_nothing(void)
{
	struct scene scene;
	uint8_t inner[100];
	struct host *other;

	scene_new(&scene);
	other = &scene.world->hosts[OTHER];
	handshake(&scene, true);
	scene.depth = 0;
	act(&scene, "sealing", output);
	printf("# the stack of zwg_output(): %zu bytes\n", scene.depth);
	world_clear(scene.world, OTHER);
	world_output(scene.world, OTHER, 0, inner,
		     world_inner(inner, OTHER, ZWG_AF_INET6, sizeof(inner)));
	REQUIRE(other->count == 1);
	scene.datagram = other->list[0];
	scene.datagram.bytes[20] ^= 1;
	act(&scene, "refusing a tag", input);
	CHECK_INT(scene.verdict, ZWG_DROPPED);
	scene.datagram.bytes[20] ^= 1;
	scene.depth = 0;
	act(&scene, "opening", input);
	printf("# the stack of zwg_input(): %zu bytes\n", scene.depth);
	CHECK_INT(scene.verdict, ZWG_DELIVER);
	act(&scene, "refusing a replay", input);
	CHECK_INT(scene.verdict, ZWG_DROPPED);
	for (int fail = 0; fail < 2; fail++) {
		learn_fails_at = 0;
		act(&scene, "failing to seal or open", fail ? input : output);
	}
	scene_free(&scene);
}

/* Cookies, both sides. */

static void cookies_leave_nothing(void)
{
	struct scene scene;
	struct host *self, *other;

	scene_new(&scene);
	self = &scene.world->hosts[SELF];
	other = &scene.world->hosts[OTHER];
	zwg_peer_handshake(other->dev, other->now, world_peer(scene.world, OTHER, PEER_OTHER));
	world_jobs(scene.world, OTHER);
	REQUIRE(other->count == 1);
	scene.datagram = other->list[0];
	for (int i = 0; i < ZWG_LOAD_THRESHOLD; i++) {
		world_input(scene.world, SELF, NULL, 0, 0, scene.datagram.bytes,
			    scene.datagram.len);
	}
	act(&scene, "replying with a cookie", input);
	CHECK_INT(self->dev->counters.cookies_sent, 1);
	learn_secret("cookie secret", self->dev->cookie_secret, 32);
	act(&scene, "replying with a cookie again", input);
	CHECK_INT(learn_find(NULL, self->dev, sizeof(*self->dev)) > 0, true);
	world_pass(scene.world, OTHER);
	world_clear(scene.world, OTHER);
	world_advance(scene.world, OTHER, ZWG_REKEY_TIMEOUT + 400);
	world_jobs(scene.world, OTHER);
	REQUIRE(other->count == 1);
	scene.datagram = other->list[0];
	act(&scene, "checking mac2", input);
	CHECK_INT(scene.verdict, ZWG_CONSUMED);
	act(&scene, "going down", go_down);
	CHECK(zwg_is_zero(self->dev->cookie_secret, 32));

	/* The other way: SELF asks, OTHER is loaded, and SELF takes its cookie. */
	zwg_device_up(self->dev, self->now);
	world_clear(scene.world, SELF);
	zwg_peer_handshake(self->dev, self->now, world_peer(scene.world, SELF, PEER_OTHER));
	act(&scene, "initiating", run_jobs);
	REQUIRE(self->count == 1);
	world_clear(scene.world, OTHER);
	for (int i = 0; i <= ZWG_LOAD_THRESHOLD; i++) {
		world_input(scene.world, OTHER, NULL, 0, 0, self->list[0].bytes, self->list[0].len);
	}
	REQUIRE(other->count == 1);
	scene.datagram = other->list[0];
	act(&scene, "taking a cookie", input);
	CHECK_INT(self->dev->counters.cookies_received, 1);
	learn_secret("cookie", world_peer(scene.world, SELF, PEER_OTHER)->cookie.value, 16);
	CHECK_INT(learn_find("taking a cookie", stack_left(), stack_depth()), 0);
	act(&scene, "waiting for the retry", wait_retry);
	act(&scene, "initiating with a cookie", run_jobs);
	act(&scene, "removing the peer", remove_peer);
	CHECK_INT(learn_find("device", &self->dev->peers[0], sizeof(self->dev->peers[0])), 0);
	scene_free(&scene);
}

/* What ends sessions, handshakes and keys. */

static void endings_leave_nothing(void)
{
	static const struct {
		const char *what;
		void (*function)(void *arg);
	} endings[] = {
		{"changing the private key", change_key},
		{"removing the private key", drop_key},
		{"going down", go_down},
		{"540 s and more", wait_long},
		{"removing the peer", remove_peer},
		{"a retry", wait_retry},
		{"reading settings", get_preshared_key},
	};

	for (size_t i = 0; i < TEST_COUNT(endings); i++) {
		struct scene scene;
		struct host *self;

		test_case("%s", endings[i].what);
		scene_new(&scene);
		self = &scene.world->hosts[SELF];
		handshake(&scene, true);
		world_advance(scene.world, SELF, 2 * ZWG_REKEY_TIMEOUT);
		zwg_peer_handshake(self->dev, self->now, world_peer(scene.world, SELF, PEER_OTHER));
		all_steps(&scene, "initiating");
		act(&scene, endings[i].what, endings[i].function);
		act(&scene, endings[i].what, run_jobs);
		world_clear(scene.world, SELF);
		scene_free(&scene);
	}
}

/* A private key that does not compute is not kept. */
static void failing_to_set_a_key_leaves_nothing(void)
{
	bool reached = true;

	for (long call = 0; reached; call++) {
		struct scene scene;
		struct zwg_identity before;

		test_case("call %ld fails", call);
		scene_new(&scene);
		before = scene.world->hosts[SELF].dev->identity;
		learn_fails_at = call;
		act(&scene, "setting a private key", change_key);
		reached = learn_fails_at < 0;
		CHECK_INT(memcmp(&before, &scene.world->hosts[SELF].dev->identity,
				 sizeof(before)) == 0,
			  reached);
		scene_free(&scene);
	}
}

static void add_peer(void *arg)
{
	struct world *world = ((struct scene *)arg)->world;
	struct zwg_peer *peer;

	zwg_peer_add(world->hosts[SELF].dev, psk, &peer);
}

/* Nor is a peer whose keys for macs and cookies do not compute. */
static void failing_to_add_a_peer_leaves_nothing(void)
{
	bool reached = true;

	for (long call = 0; reached; call++) {
		struct scene scene;
		struct zwg_device *dev;

		test_case("call %ld fails", call);
		scene_new(&scene);
		dev = scene.world->hosts[SELF].dev;
		learn_fails_at = call;
		act(&scene, "adding a peer", add_peer);
		reached = learn_fails_at < 0;
		CHECK_INT(zwg_peer_find(dev, psk) == NULL, reached);
		CHECK_INT(dev->peers_used, reached ? WORLD_PEERS : WORLD_PEERS + 1);
		scene_free(&scene);
	}
}

/* The primitives by themselves, where nothing wipes the stack after them. */

static const uint8_t input_key[32] = {9, 40, 8, 41, 7, 42, 6, 43, 5, 44, 4, 45, 3, 46, 2, 47, 40,
				      9, 41, 8, 42, 7, 43, 6, 44, 5, 45, 4, 46, 3, 47, 2};
/* Longer than the blocks that are begun together, so that the last to compute is the cipher. */
static uint8_t text[600], tag[16], digest[32];
static const struct zwg_seg segs[] = {{text, 70}, {text + 70, 530}};
static const struct zwg_chain chain = {segs, 2, 0, sizeof(text)};

static void keyed_hash(void *arg)
{
	(void)arg;
	zwg_blake2s(digest, sizeof(digest), input_key, 32, psk, sizeof(psk));
}

static void seal_and_open(void *arg)
{
	static const uint8_t nonce[12];

	(void)arg;
	zwg_aead_seal(input_key, nonce, NULL, 0, &chain, tag);
	zwg_aead_open(input_key, nonce, NULL, 0, &chain, tag);
}

static void seal_and_open_extended(void *arg)
{
	static const uint8_t nonce[24];

	(void)arg;
	zwg_xaead_seal(input_key, nonce, NULL, 0, &chain, tag);
	zwg_xaead_open(input_key, nonce, NULL, 0, &chain, tag);
}

/* More than the text has: blocks are begun together (core/crypto/chacha20.h). */
#define BLOCKS 16

/* The stream that hid the text, without what is added to the permuted state to make it. */
static void learn_stream(const uint8_t key[32], uint32_t block)
{
	static const uint8_t nonce[12];
	uint8_t zeros[64 * BLOCKS] = {0};
	struct zwg_seg seg = {zeros, sizeof(zeros)};
	struct zwg_chain all = {&seg, 1, 0, sizeof(zeros)};
	uint8_t ignored[16];

	zwg_aead_seal(key, nonce, NULL, 0, &all, ignored);
	/* Of the text's last block, GCC for 32 bits leaves two words. */
	if (block != sizeof(text) / 64 || sizeof(void *) > 4) {
		learn_secret("key stream", zeros + 64 * block, 64);
	}
	for (size_t word = 4; word < 12; word++) {
		uint32_t x, k;

		memcpy(&x, zeros + 64 * block + 4 * word, 4);
		memcpy(&k, key + 4 * (word - 4), 4);
		x -= k;
		memcpy(zeros + 64 * block + 4 * word, &x, 4);
	}
	learn_secret("permuted state", zeros + 64 * block + 16, 32);
}

static void primitives_leave_nothing(void)
{
	learn(true);
	learn_secret("key", input_key, sizeof(input_key));
	learn_secret("message", psk, sizeof(psk));
	stack_run(keyed_hash, NULL);
	learn_secret("digest", digest, sizeof(digest));
	CHECK_INT(learn_find("BLAKE2s", stack_left(), stack_depth()), 0);
	/* Of zeros, what is opened would be the key stream itself. */
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (uint8_t)(101 * i + 7);
	}
	stack_run(seal_and_open, NULL);
	for (uint32_t block = 0; block < BLOCKS; block++) {
		learn_stream(input_key, block);
	}
	CHECK(learned() >= 8);
	CHECK_INT(learn_find("ChaCha20-Poly1305", stack_left(), stack_depth()), 0);
	stack_run(seal_and_open_extended, NULL);
	CHECK_INT(learn_find("XChaCha20-Poly1305", stack_left(), stack_depth()), 0);
	learn(false);
}

/* Without this the rest would prove nothing. */

static void leave_secret(void *arg)
{
	volatile uint8_t frame[512]; /* Its ends are overwritten on the way back. */

	(void)arg;
	zwg_wipe((void *)frame, sizeof(frame));
	for (size_t i = 0; i < sizeof(psk); i++) {
		frame[200 + i] = psk[i];
	}
}

static void control(void)
{
	uint8_t half[40] = {0};

	learn(true);
	learn_secret("control", psk, sizeof(psk));
	CHECK_INT(learned(), 1);
	stack_run(leave_secret, NULL);
	CHECK_INT(learn_find(NULL, stack_left(), stack_depth()), 1);
	CHECK(stack_depth() > 32);
	memcpy(half + 31, psk + 11, 8);
	CHECK_INT(learn_find(NULL, half, sizeof(half)), 1);
	CHECK_INT(learn_find(NULL, half, sizeof(half) - 2), 0);
	learn(false);
	CHECK_INT(learn_find(NULL, half, sizeof(half)), 0);
}

static const struct test tests[] = {
	{"a secret on the stack or in memory is found", control},
	{"primitives leave nothing", primitives_leave_nothing},
	{"handshakes leave nothing", handshakes_leave_nothing},
	{"handshakes leave nothing when a primitive fails", failed_handshakes_leave_nothing},
	{"handshakes that are refused leave nothing", refused_handshakes_leave_nothing},
	{"data leaves nothing", data_leaves_nothing},
	{"cookies leave nothing", cookies_leave_nothing},
	{"what ends sessions and keys leaves nothing", endings_leave_nothing},
	{"a private key that does not compute leaves nothing", failing_to_set_a_key_leaves_nothing},
	{"a peer whose keys do not compute leaves nothing", failing_to_add_a_peer_leaves_nothing},
};

TEST_MAIN(tests)
