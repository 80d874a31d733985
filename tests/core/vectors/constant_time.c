/* SPDX-License-Identifier: MIT */
/*
 * That no primitive branches on a secret or indexes memory by one: run under valgrind, which takes
 * keys, points, nonces and texts for undefined memory and counts every branch and address that
 * depends on them. What it cannot see is an instruction whose own time depends on its operands.
 */
#include <errno.h>

#include <valgrind/memcheck.h>

#include "test.h"

#include "crypto/crypto.h"

#define SECRET(object) VALGRIND_MAKE_MEM_UNDEFINED(&(object), sizeof(object))
#define PUBLIC(object) VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object))

static uint8_t key[32], point[32], nonce[24], ad[20], text[300], tag[16], out[32];
static const struct zwg_seg segs[] = {{text, 77}, {text + 77, 3}, {text + 80, 220}};
static const struct zwg_chain chain = {segs, TEST_COUNT(segs), 0, sizeof(text)};

static void all_secret(void)
{
	test_random_bytes(key, sizeof(key));
	test_random_bytes(point, sizeof(point));
	test_random_bytes(text, sizeof(text));
	SECRET(key);
	SECRET(point);
	SECRET(nonce);
	SECRET(ad);
	SECRET(text);
}

/* Checks the outcome @a err of a call since which @a before errors had been counted. */
static void check_outcome(int err, int want, unsigned int before, unsigned int allowed)
{
	unsigned int seen = VALGRIND_COUNT_ERRORS - before;

	PUBLIC(err);
	CHECK_INT(err, want);
	CHECK(seen <= allowed);
}

/* Without this the rest would prove nothing. */
static void control(void)
{
	static volatile unsigned int taken;
	unsigned int before = VALGRIND_COUNT_ERRORS;

	all_secret();
	if (key[0] & 1) {
		taken++;
	}
	CHECK_INT(VALGRIND_COUNT_ERRORS - before, 1);
	before = VALGRIND_COUNT_ERRORS;
	taken += text[key[1]];
	CHECK_INT(VALGRIND_COUNT_ERRORS - before, 1);
}

static void x25519(void)
{
	unsigned int before = VALGRIND_COUNT_ERRORS;

	all_secret();
	check_outcome(zwg_x25519(out, key, point), 0, before, 0);
	check_outcome(zwg_x25519_base(out, key), 0, before, 0);
}

static void blake2s(void)
{
	unsigned int before = VALGRIND_COUNT_ERRORS;

	all_secret();
	check_outcome(zwg_blake2s(out, 32, key, 32, text, sizeof(text)), 0, before, 0);
}

static void seal(void)
{
	unsigned int before = VALGRIND_COUNT_ERRORS;

	all_secret();
	check_outcome(zwg_aead_seal(key, nonce, ad, sizeof(ad), &chain, tag), 0, before, 0);
	check_outcome(zwg_xaead_seal(key, nonce, ad, sizeof(ad), &chain, tag), 0, before, 0);
}

/* Whether a message is genuine is no secret: one branch, after the whole tag has been compared. */
static void open_text(void)
{
	unsigned int before;

	all_secret();
	zwg_aead_seal(key, nonce, ad, sizeof(ad), &chain, tag);
	before = VALGRIND_COUNT_ERRORS;
	check_outcome(zwg_aead_open(key, nonce, ad, sizeof(ad), &chain, tag), 0, before, 1);
	before = VALGRIND_COUNT_ERRORS;
	check_outcome(zwg_aead_open(key, nonce, ad, sizeof(ad), &chain, tag), -EBADMSG, before, 1);

	all_secret();
	zwg_xaead_seal(key, nonce, ad, sizeof(ad), &chain, tag);
	before = VALGRIND_COUNT_ERRORS;
	check_outcome(zwg_xaead_open(key, nonce, ad, sizeof(ad), &chain, tag), 0, before, 1);
}

static const struct test tests[] = {
	{"branches and addresses that depend on a secret are seen", control},
	{"X25519 does neither", x25519},
	{"BLAKE2s does neither", blake2s},
	{"sealing does neither", seal},
	{"opening branches on its verdict alone", open_text},
};

int main(int argc, char **argv)
{
	if (!RUNNING_ON_VALGRIND) {
		printf("1..0 # SKIP runs under valgrind only\n");
		return 77;
	}
	return test_main(tests, TEST_COUNT(tests), argc, argv);
}
