/* SPDX-License-Identifier: MIT */
/*
 * Chains of fragments and the handling of secrets: every range of a chain with empty fragments in
 * all places, against the same bytes in one piece.
 */
#include "test.h"

#include <zwg/chain.h>

#include "crypto/secret.h"

/* 12 bytes in 8 fragments, four of them empty: at the front, twice in the middle, at the end. */
static uint8_t bytes[12];
static const struct zwg_seg segs[] = {
	{NULL, 0},	{bytes, 3},	{bytes + 3, 1},	 {bytes + 4, 0},
	{bytes + 4, 0}, {bytes + 4, 6}, {bytes + 10, 2}, {bytes + 12, 0},
};

static void fill(void)
{
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(0x40 + i);
	}
}

static void lengths_add_up(void)
{
	CHECK_INT(zwg_segs_len(segs, TEST_COUNT(segs)), 12);
	CHECK_INT(zwg_segs_len(segs, 1), 0);
	CHECK_INT(zwg_segs_len(NULL, 0), 0);
}

static void walk_covers_every_range(void)
{
	fill();
	for (size_t off = 0; off <= 12; off++) {
		for (size_t len = 0; off + len <= 12; len++) {
			struct zwg_chain chain = {segs, TEST_COUNT(segs), off, len};
			size_t seen = 0, n;
			uint8_t *run;

			test_case("off %zu, len %zu", off, len);
			while ((n = zwg_chain_next(&chain, &run)) > 0) {
				CHECK(run == bytes + off + seen);
				CHECK(seen + n <= len);
				seen += n;
			}
			CHECK_INT(seen, len);
			CHECK_INT(chain.len, 0);
			CHECK_INT(zwg_chain_next(&chain, &run), 0);
		}
	}
}

/* What does not keep to its contract must still end. */
static void walk_ends_with_the_fragments(void)
{
	struct zwg_chain chain = {segs, TEST_COUNT(segs), 10, 100};
	uint8_t *run;

	CHECK_INT(zwg_chain_next(&chain, &run), 2);
	CHECK_INT(zwg_chain_next(&chain, &run), 0);
	CHECK_INT(chain.len, 98);
	chain = (struct zwg_chain){segs, TEST_COUNT(segs), 13, 1};
	CHECK_INT(zwg_chain_next(&chain, &run), 0);
}

static void sub_is_a_range_of_a_range(void)
{
	struct zwg_chain chain = {segs, TEST_COUNT(segs), 2, 9};

	fill();
	for (size_t off = 0; off <= 9; off++) {
		for (size_t len = 0; off + len <= 9; len++) {
			struct zwg_chain sub = zwg_chain_sub(&chain, off, len);
			uint8_t out[12];

			test_case("off %zu, len %zu", off, len);
			CHECK_INT(sub.len, len);
			CHECK(zwg_chain_read(&sub, 0, out, len));
			CHECK_MEM(out, bytes + 2 + off, len);
		}
	}
}

static void read_write_zero(void)
{
	const struct zwg_chain chain = {segs, TEST_COUNT(segs), 1, 10};
	uint8_t before[12], out[12], in[12];

	for (size_t i = 0; i < sizeof(in); i++) {
		in[i] = (uint8_t)(0xc0 + i);
	}
	for (size_t off = 0; off <= 11; off++) {
		for (size_t len = 0; len <= 12; len++) {
			bool there = off + len <= 10;

			test_case("off %zu, len %zu", off, len);
			fill();
			memcpy(before, bytes, 12);
			memset(out, 0xa5, 12);
			CHECK_INT(zwg_chain_read(&chain, off, out, len), there);
			if (there) {
				CHECK_MEM(out, before + 1 + off, len);
			}
			for (size_t i = there ? len : 0; i < 12; i++) {
				CHECK_INT(out[i], 0xa5);
			}
			CHECK_MEM(bytes, before, 12);

			CHECK_INT(zwg_chain_write(&chain, off, in, len), there);
			if (there) {
				memcpy(before + 1 + off, in, len);
			}
			CHECK_MEM(bytes, before, 12);

			CHECK_INT(zwg_chain_zero(&chain, off, len), there);
			if (there) {
				memset(before + 1 + off, 0, len);
			}
			CHECK_MEM(bytes, before, 12);
		}
	}
}

/* In place where the first fragment has all, else in the copy. */
static void peek_copies_only_across_fragments(void)
{
	static const struct zwg_seg two[] = {{bytes, 5}, {bytes + 5, 7}};
	const struct zwg_chain chain = {two, TEST_COUNT(two), 1, 10};
	const struct zwg_chain none = {NULL, 0, 0, 0};
	uint8_t copy[12];

	fill();
	for (size_t off = 0; off <= 11; off++) {
		for (size_t len = 0; len <= 12; len++) {
			const uint8_t *at;

			test_case("off %zu, len %zu", off, len);
			memset(copy, 0xa5, 12);
			at = zwg_chain_peek(&chain, off, copy, len);
			if (off + len > 10) {
				CHECK(!at);
			} else if (1 + off + len <= 5) {
				CHECK(at == bytes + 1 + off);
			} else {
				CHECK(at == copy);
				CHECK_MEM(copy, bytes + 1 + off, len);
			}
			for (size_t i = at == copy ? len : 0; i < 12; i++) {
				CHECK_INT(copy[i], 0xa5);
			}
		}
	}
	CHECK(zwg_chain_peek(&none, 0, copy, 0) == copy);
	CHECK(!zwg_chain_peek(&none, 0, copy, 1));
}

static void lengths_do_not_wrap(void)
{
	const struct zwg_chain chain = {segs, TEST_COUNT(segs), 1, 10};
	uint8_t byte = 0;

	CHECK(!zwg_chain_read(&chain, SIZE_MAX, &byte, 1));
	CHECK(!zwg_chain_read(&chain, 1, &byte, SIZE_MAX));
	CHECK(!zwg_chain_peek(&chain, SIZE_MAX, &byte, 1));
	CHECK(!zwg_chain_peek(&chain, 1, &byte, SIZE_MAX));
	CHECK(!zwg_chain_write(&chain, SIZE_MAX, &byte, 1));
	CHECK(!zwg_chain_write(&chain, 1, &byte, SIZE_MAX));
	CHECK(!zwg_chain_zero(&chain, SIZE_MAX, 1));
	CHECK(!zwg_chain_zero(&chain, 1, SIZE_MAX));
}

static void equality_sees_every_bit(void)
{
	uint8_t a[33] = {0}, b[33] = {0};

	for (size_t len = 0; len <= 32; len++) {
		test_case("len %zu", len);
		CHECK(zwg_equal(a, b, len));
		CHECK(zwg_is_zero(a, len));
		b[len] = 1;
		CHECK(zwg_equal(a, b, len));
		CHECK(zwg_is_zero(b, len));
		b[len] = 0;
		for (size_t bit = 0; bit < 8 * len; bit++) {
			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK(!zwg_equal(a, b, len));
			CHECK(!zwg_is_zero(b, len));
			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void wipe_wipes_just_that(void)
{
	uint8_t mem[80];

	for (size_t len = 0; len <= 64; len++) {
		for (size_t at = 0; at < 8; at++) {
			test_case("len %zu at %zu", len, at);
			memset(mem, 0xa5, sizeof(mem));
			zwg_wipe(mem + at, len);
			CHECK_ZERO(mem + at, len);
			CHECK(at == 0 || mem[at - 1] == 0xa5);
			CHECK_INT(mem[at + len], 0xa5);
		}
	}
}

static const struct test tests[] = {
	{"lengths of fragments add up", lengths_add_up},
	{"a walk covers every range in order", walk_covers_every_range},
	{"a walk ends with the fragments", walk_ends_with_the_fragments},
	{"a part of a part", sub_is_a_range_of_a_range},
	{"read, write and zero keep to their range", read_write_zero},
	{"a peek copies only what lies across fragments", peek_copies_only_across_fragments},
	{"offsets and lengths do not wrap", lengths_do_not_wrap},
	{"equality sees every bit of its length and no more", equality_sees_every_bit},
	{"wiping wipes its range and no more", wipe_wipes_just_that},
};

TEST_MAIN(tests)
