/* SPDX-License-Identifier: MIT */
/*
 * BLAKE2s: the example and the self-test of RFC 7693 appendices B and E, known answers of another
 * implementation (gen_blake2s.py), updates in pieces, and what crypto.h promises of errors.
 */
#include <errno.h>

#include "test.h"

#include "crypto/crypto.h"

static const struct {
	size_t out_len, key_len, len;
	const char *digest;
} answers[] = {
#include "blake2s_answers.inc"
};

/* The bytes 0, 1, 2, ...: key and message of all known answers. */
static void count_up(uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		out[i] = (uint8_t)i;
	}
}

static void appendix_b(void)
{
	uint8_t out[32];

	CHECK_INT(zwg_blake2s(out, 32, NULL, 0, "abc", 3), 0);
	CHECK_HEX(out, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

/* The deterministic sequence of RFC 7693 appendix E. */
static void sequence(uint8_t *out, size_t len, uint32_t seed)
{
	uint32_t a = 0xdead4bad * seed;
	uint32_t b = 1;

	for (size_t i = 0; i < len; i++) {
		uint32_t t = a + b;

		a = b;
		b = t;
		out[i] = (uint8_t)(t >> 24);
	}
}

static void appendix_e(void)
{
	static const size_t out_lens[] = {16, 20, 28, 32};
	static const size_t lens[] = {0, 3, 64, 65, 255, 1024};
	struct zwg_blake2s all;
	uint8_t in[1024], key[32], out[32];

	CHECK_INT(zwg_blake2s_init(&all, 32, NULL, 0), 0);
	for (size_t i = 0; i < TEST_COUNT(out_lens); i++) {
		for (size_t j = 0; j < TEST_COUNT(lens); j++) {
			size_t out_len = out_lens[i];

			sequence(in, lens[j], (uint32_t)lens[j]);
			CHECK_INT(zwg_blake2s(out, out_len, NULL, 0, in, lens[j]), 0);
			CHECK_INT(zwg_blake2s_update(&all, out, out_len), 0);
			sequence(key, out_len, (uint32_t)out_len);
			CHECK_INT(zwg_blake2s(out, out_len, key, out_len, in, lens[j]), 0);
			CHECK_INT(zwg_blake2s_update(&all, out, out_len), 0);
		}
	}
	CHECK_INT(zwg_blake2s_final(&all, out), 0);
	CHECK_HEX(out, "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

static void known_answers(void)
{
	uint8_t key[32], in[256], out[33];

	count_up(key, sizeof(key));
	count_up(in, sizeof(in));
	CHECK_INT(TEST_COUNT(answers), 256 + 256 + 32 * 33);
	for (size_t i = 0; i < TEST_COUNT(answers); i++) {
		size_t out_len = answers[i].out_len;

		test_case("out_len %zu, key_len %zu, len %zu", out_len, answers[i].key_len,
			  answers[i].len);
		memset(out, 0xa5, sizeof(out));
		CHECK_INT(zwg_blake2s(out, out_len, key, answers[i].key_len, in, answers[i].len),
			  0);
		CHECK_HEX(out, answers[i].digest);
		CHECK_INT(out[out_len], 0xa5);
	}
}

static void in_pieces(void)
{
	struct zwg_blake2s state;
	uint8_t key[32], in[256], want[32], out[32];

	count_up(key, sizeof(key));
	count_up(in, sizeof(in));
	for (size_t key_len = 0; key_len <= 32; key_len += 32) {
		for (size_t len = 0; len <= sizeof(in); len++) {
			REQUIRE(zwg_blake2s(want, 32, key, key_len, in, len) == 0);
			for (size_t cut = 0; cut <= len; cut++) {
				test_case("key_len %zu, %zu of %zu bytes first", key_len, cut, len);
				REQUIRE(zwg_blake2s_init(&state, 32, key, key_len) == 0);
				zwg_blake2s_update(&state, in, cut);
				zwg_blake2s_update(&state, in + cut, len - cut);
				CHECK_INT(zwg_blake2s_final(&state, out), 0);
				CHECK_MEM(out, want, 32);
			}
			for (size_t piece = 1; piece <= 66 && piece < len; piece++) {
				test_case("key_len %zu, %zu bytes by %zu", key_len, len, piece);
				REQUIRE(zwg_blake2s_init(&state, 32, key, key_len) == 0);
				for (size_t at = 0; at < len; at += piece) {
					zwg_blake2s_update(&state, in + at,
							   piece < len - at ? piece : len - at);
				}
				CHECK_INT(zwg_blake2s_final(&state, out), 0);
				CHECK_MEM(out, want, 32);
			}
		}
	}
}

/* The byte counter's carry from its low to its high word, met early by starting just below it. */
static void counter_carries(void)
{
	struct zwg_blake2s state;
	uint8_t in[128] = {0}, out[32];

	CHECK_INT(zwg_blake2s_init(&state, 32, NULL, 0), 0);
	state.t[0] = UINT32_MAX - 63;
	CHECK_INT(zwg_blake2s_update(&state, in, 65), 0);
	CHECK_INT(state.t[0], 0);
	CHECK_INT(state.t[1], 1);
	CHECK_INT(zwg_blake2s_update(&state, in, 64), 0);
	CHECK_INT(state.t[0], 64);
	CHECK_INT(state.t[1], 1);
	CHECK_INT(zwg_blake2s_final(&state, out), 0);
}

static void lengths_refused(void)
{
	static const struct {
		size_t out_len, key_len;
	} bad[] = {{0, 0},	   {33, 0},	  {32, 33}, {SIZE_MAX, 0},
		   {32, SIZE_MAX}, {256 + 32, 0}, {32, 256}};
	struct zwg_blake2s state;
	uint8_t key[64] = {1}, out[64];

	for (size_t i = 0; i < TEST_COUNT(bad); i++) {
		test_case("out_len %zu, key_len %zu", bad[i].out_len, bad[i].key_len);
		memset(&state, 0xa5, sizeof(state));
		memset(out, 0xa5, sizeof(out));
		CHECK_INT(zwg_blake2s_init(&state, bad[i].out_len, key, bad[i].key_len), -EINVAL);
		CHECK_ZERO(&state, sizeof(state));
		CHECK_INT(zwg_blake2s_update(&state, key, 1), -EINVAL);
		CHECK_INT(zwg_blake2s_final(&state, out), -EINVAL);
		CHECK_INT(out[0], 0xa5);
	}
	test_case("a key of NULL");
	CHECK_INT(zwg_blake2s_init(&state, 32, NULL, 1), -EINVAL);
	test_case("one call");
	CHECK_INT(zwg_blake2s(out, 33, NULL, 0, "abc", 3), -EINVAL);
	CHECK_ZERO(out, 33);
	CHECK_INT(out[33], 0xa5);
	memset(out, 0xa5, sizeof(out));
	CHECK_INT(zwg_blake2s(out, 32, key, 33, "abc", 3), -EINVAL);
	CHECK_ZERO(out, 32);
}

static void state_wiped(void)
{
	struct zwg_blake2s state;
	uint8_t key[32], out[32];

	count_up(key, sizeof(key));
	CHECK_INT(zwg_blake2s_init(&state, 32, key, 32), 0);
	CHECK_INT(zwg_blake2s_update(&state, "abc", 3), 0);
	CHECK_INT(zwg_blake2s_final(&state, out), 0);
	CHECK_ZERO(&state, sizeof(state));
	CHECK_INT(zwg_blake2s_update(&state, "abc", 3), -EINVAL);
	CHECK_INT(zwg_blake2s_final(&state, out), -EINVAL);
}

static void state_copied(void)
{
	struct zwg_blake2s state, copy;
	uint8_t in[200], out[32], out_copy[32];

	count_up(in, sizeof(in));
	CHECK_INT(zwg_blake2s_init(&state, 32, NULL, 0), 0);
	CHECK_INT(zwg_blake2s_update(&state, in, 100), 0);
	copy = state;
	CHECK_INT(zwg_blake2s_update(&state, in + 100, 100), 0);
	CHECK_INT(zwg_blake2s_final(&state, out), 0);
	CHECK_INT(zwg_blake2s_update(&copy, in + 100, 100), 0);
	CHECK_INT(zwg_blake2s_final(&copy, out_copy), 0);
	CHECK_MEM(out, out_copy, 32);
}

static const struct test tests[] = {
	{"BLAKE2s, RFC 7693 appendix B", appendix_b},
	{"BLAKE2s, RFC 7693 appendix E", appendix_e},
	{"BLAKE2s, known answers of hashlib", known_answers},
	{"updates cut at every place and in pieces of 1 to 66 bytes", in_pieces},
	{"the byte counter carries into its high word", counter_carries},
	{"lengths out of range are refused and outputs wiped", lengths_refused},
	{"the state is wiped at the end and refused afterwards", state_wiped},
	{"a state may be copied", state_copied},
};

TEST_MAIN(tests)
