/* SPDX-License-Identifier: MIT */
/*
 * Poly1305 where its carries run far: keys and messages chosen for that by gen_poly1305.py, which
 * computes the answers with Python's integers.
 */
#include "test.h"

#include "crypto/poly1305.h"

static const struct {
	const char *key, *text, *tag;
} answers[] = {
#include "poly1305_answers.inc"
};

static void check_answers(size_t piece)
{
	CHECK_INT(TEST_COUNT(answers), 2001);
	for (size_t i = 0; i < TEST_COUNT(answers); i++) {
		struct zwg_poly1305 state;
		uint8_t key[32], text[192], tag[16];
		size_t len = test_unhex(text, sizeof(text), answers[i].text);

		test_case("row %zu", i);
		REQUIRE(test_unhex(key, sizeof(key), answers[i].key) == 32);
		zwg_poly1305_init(&state, key);
		for (size_t at = 0; at < len; at += piece) {
			zwg_poly1305_update(&state, text + at, piece < len - at ? piece : len - at);
		}
		zwg_poly1305_final(&state, tag);
		CHECK_HEX(tag, answers[i].tag);
	}
}

static void in_one_piece(void)
{
	check_answers(192);
}

static void in_pieces(void)
{
	check_answers(7);
}

static const struct test tests[] = {
	{"known answers of Python's integers", in_one_piece},
	{"the same in pieces of 7 bytes", in_pieces},
};

TEST_MAIN(tests)
