/* SPDX-License-Identifier: MIT */
/*
 * That neither a handshake, nor data, macs, cookies or keys as text branch on a secret or index
 * memory by one: run under valgrind, which takes private, preshared and session keys for undefined
 * memory and counts every branch and address that depends on them. What an attacker sees anyway
 * becomes public: messages, and the verdict on a message as a whole (one branch).
 */
#include <valgrind/memcheck.h>

#include "board/text.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "messages.h"
#include "noise.h"
#include "test.h"
#include "world.h"

#define SECRET(object) VALGRIND_MAKE_MEM_UNDEFINED(&(object), sizeof(object))
#define PUBLIC(object) VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object))

/* Branches and addresses that depended on a secret since the last call. */
static unsigned int seen(void)
{
	static unsigned int before;
	unsigned int now = VALGRIND_COUNT_ERRORS;
	unsigned int since = now - before;

	before = now;
	return since;
}

static void control(void)
{
	static volatile unsigned int taken;
	uint8_t key[32] = {1};

	seen();
	SECRET(key);
	if (key[3] & 1) {
		taken++;
	}
	CHECK_INT(seen(), 1);
}

/* Keys as text. That it is a key at all, is public. */

static void keys_as_text(void)
{
	uint8_t key[32], again[32];
	char text[ZWG_KEY_TEXT_SIZE];
	bool valid;

	test_random_bytes(key, sizeof(key));
	seen();
	SECRET(key);
	zwg_key_format(key, text);
	CHECK_INT(seen(), 0);
	PUBLIC(text[ZWG_KEY_TEXT_LEN - 1]);
	valid = zwg_key_parse(text, ZWG_KEY_TEXT_LEN, again);
	CHECK(seen() <= 1);
	PUBLIC(valid);
	CHECK(valid);
	valid = zwg_equal(key, again, sizeof(key));
	CHECK_INT(seen(), 0);
	PUBLIC(valid);
	CHECK(valid);
	text[7] = '*';
	valid = zwg_key_parse(text, ZWG_KEY_TEXT_LEN, again);
	CHECK(seen() <= 1);
	PUBLIC(valid);
	CHECK(!valid);
}

/* Noise */

static void noise_functions(void)
{
	struct zwg_noise noise;
	uint8_t private_key[32], psk[32], point[32], key[32], text[48], plain[32], a[32], b[32];
	int err;

	test_random_bytes(private_key, sizeof(private_key));
	test_random_bytes(psk, sizeof(psk));
	test_random_bytes(point, sizeof(point));
	CHECK_INT(zwg_noise_start(&noise, point), 0);
	seen();
	SECRET(private_key);
	SECRET(psk);
	SECRET(noise.chaining_key);
	err = zwg_noise_mix_dh(&noise, key, private_key, point);
	/* A result of zeros is refused: a branch on whether the point was of low order. */
	CHECK(seen() <= 1);
	PUBLIC(err);
	CHECK_INT(err, 0);
	CHECK_INT(zwg_noise_seal(&noise, key, text, psk, 32), 0);
	CHECK_INT(seen(), 0);
	CHECK_INT(zwg_noise_mix_psk(&noise, key, psk), 0);
	CHECK_INT(zwg_noise_split(&noise, a, b), 0);
	CHECK_INT(seen(), 0);
	err = zwg_noise_open(&noise, key, plain, text, 32);
	CHECK(seen() <= 1);
	PUBLIC(err);
	CHECK(err != 0);
}

/* Whole handshakes */

static void hide_keys(struct zwg_device *dev)
{
	SECRET(dev->identity.private_key);
	for (struct zwg_peer *peer = zwg_peer_next(dev, NULL); peer != NULL;
	     peer = zwg_peer_next(dev, peer)) {
		SECRET(peer->preshared_key);
		for (int i = 0; i < ZWG_ROLES; i++) {
			SECRET(peer->keypairs[i].send_key);
			SECRET(peer->keypairs[i].recv_key);
		}
		if (peer->initiation.sent) {
			SECRET(peer->initiation.ephemeral);
			SECRET(peer->initiation.noise.chaining_key);
		}
	}
}

/* What everyone sees of a job, once it is computed: the message, the verdict, who it is, the
 * timestamp; and the transcript's hash, which hides nothing by itself. */
static void publish_job(struct zwg_job *job)
{
	PUBLIC(job->message);
	PUBLIC(job->failed);
	PUBLIC(job->remote_static);
	PUBLIC(job->stamp);
	PUBLIC(job->noise.hash);
}

/* SELF's jobs. @verdicts: at most so many branches on whether something authenticates. */
static void jobs(struct world *world, unsigned int verdicts)
{
	struct host *self = &world->hosts[SELF];

	while (zwg_job_take(self->dev, self->now, self->job)) {
		bool more;

		do {
			SECRET(self->job->private_key);
			CHECK_INT(seen(), 0);
			zwg_job_compute(self->job);
			CHECK(seen() <= verdicts);
			publish_job(self->job);
			more = zwg_job_commit(self->dev, self->now, self->job);
			/* Whether the preshared key is still the one that the job began with. */
			CHECK(seen() <= 1);
			hide_keys(self->dev);
		} while (more);
	}
}

static void publish_sent(struct world *world)
{
	struct host *self = &world->hosts[SELF];

	VALGRIND_MAKE_MEM_DEFINED(self->list, sizeof(self->list));
}

static void handshakes(void)
{
	for (int initiates = 0; initiates < 2; initiates++) {
		struct world *world = world_new();
		unsigned int first = initiates ? SELF : OTHER;
		uint8_t inner[100];
		struct host *self = &world->hosts[SELF];

		test_case(initiates ? "as initiator" : "as responder");
		hide_keys(self->dev);
		seen();
		zwg_peer_handshake(world->hosts[first].dev, world->hosts[first].now,
				   world_peer(world, first, PEER_OTHER));
		if (initiates) {
			/* Two Diffie-Hellmans, and an ephemeral key. */
			jobs(world, 3);
			publish_sent(world);
			world_pass(world, OTHER);
			world_jobs(world, OTHER);
			world_pass(world, SELF);
			CHECK_INT(seen(), 0);
			/* Two Diffie-Hellmans and a tag. */
			jobs(world, 3);
			publish_sent(world);
			world_pass(world, OTHER);
		} else {
			world_jobs(world, OTHER);
			world_pass(world, SELF);
			CHECK_INT(seen(), 0);
			jobs(world, 3);
			publish_sent(world);
			world_pass(world, OTHER);
			world_jobs(world, OTHER);
			world_pass(world, SELF);
			CHECK(seen() <= 1);
		}
		CHECK_INT(self->dev->counters.drops[ZWG_DROP_HANDSHAKE], 0);
		CHECK(world_peer(world, SELF, PEER_OTHER)->keypair_of[ZWG_CURRENT] != 0);

		test_case("data %s", initiates ? "as initiator" : "as responder");
		seen();
		world_output(world, SELF, 3, inner,
			     world_inner(inner, SELF, ZWG_AF_INET, sizeof(inner)));
		publish_sent(world);
		/* The rig itself looks at the first bytes of what is sent. */
		CHECK(seen() <= 1);
		world_pass(world, OTHER);
		world_clear(world, OTHER);
		seen();
		world_output(world, OTHER, 0, inner,
			     world_inner(inner, OTHER, ZWG_AF_INET, sizeof(inner)));
		REQUIRE(world->hosts[OTHER].count == 1);
		world->hosts[OTHER].list[0].bytes[20] ^= 1;
		CHECK_INT(world_input(world, SELF, NULL, 0, 0, world->hosts[OTHER].list[0].bytes,
				      world->hosts[OTHER].list[0].len),
			  ZWG_DROPPED);
		CHECK(seen() <= 1);
		VALGRIND_MAKE_MEM_DEFINED(self->dev, sizeof(*self->dev));
		world_free(world);
	}
}

/* A mac that is wrong in its first byte takes as long as one that is wrong in its last. */
static void macs(void)
{
	struct world *world = world_new();
	struct host *self = &world->hosts[SELF];
	struct host *other = &world->hosts[OTHER];
	struct datagram message;

	zwg_peer_handshake(other->dev, other->now, world_peer(world, OTHER, PEER_OTHER));
	world_jobs(world, OTHER);
	REQUIRE(other->count == 1);
	message = other->list[0];
	SECRET(self->dev->identity.mac1_key);
	seen();
	world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	CHECK(seen() <= 1);
	CHECK_INT(self->dev->queue_count, 1);
	for (int i = 1; i < ZWG_LOAD_THRESHOLD; i++) {
		world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	}
	seen();
	world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	REQUIRE(self->dev->cookie_secret_set);
	SECRET(self->dev->cookie_secret);
	seen();
	/* mac1, mac2; the rig's look at the reply. */
	world_input(world, SELF, NULL, 0, 0, message.bytes, message.len);
	CHECK(seen() <= 2);
	CHECK_INT(self->dev->counters.drops[ZWG_DROP_MAC2], 2);
	VALGRIND_MAKE_MEM_DEFINED(self->dev, sizeof(*self->dev));
	world_free(world);
}

static const struct test tests[] = {
	{"a branch that depends on a secret is seen", control},
	{"keys as text", keys_as_text},
	{"Noise", noise_functions},
	{"handshakes and data branch on verdicts alone", handshakes},
	{"mac1 and mac2 branch on verdicts alone", macs},
};

int main(int argc, char **argv)
{
	if (!RUNNING_ON_VALGRIND) {
		printf("1..0 # SKIP runs under valgrind only\n");
		return 77;
	}
	return test_main(tests, TEST_COUNT(tests), argc, argv);
}
