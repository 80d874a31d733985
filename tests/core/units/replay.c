/* SPDX-License-Identifier: MIT */
/*
 * The replay window: the sequences of the Linux kernel's self-test for any window W, the wrap of a
 * 32-bit counter, and a model that remembers every counter ever accepted.
 */
#include "messages.h"
#include "replay.h"
#include "test.h"

#define W ((uint64_t)ZWG_REPLAY_WINDOW)
#define L (W + 1)
#define R ZWG_REJECT_AFTER_MESSAGES

static struct zwg_replay replay;

static void reset(void)
{
	memset(&replay, 0, sizeof(replay));
}

static void accepts(uint64_t counter, bool want)
{
	test_case("counter %" PRIu64, counter);
	CHECK_INT(zwg_replay_accept(&replay, counter), want);
}

static void test_kernel_list(void)
{
	static const struct {
		uint64_t counter;
		bool want;
	} list[] = {
		{0, true},
		{1, true},
		{1, false},
		{9, true},
		{8, true},
		{7, true},
		{7, false},
		{L, true},
		{L - 1, true},
		{L - 1, false},
		{L - 2, true},
		{2, true},
		{2, false},
		{L + 16, true},
		{3, false},
		{L + 16, false},
		{4 * L, true},
		{4 * L - (L - 1), true},
		{10, false},
		{4 * L - L, false},
		{4 * L - (L + 1), false},
		{4 * L - (L - 2), true},
		{4 * L + 1 - L, false},
		{0, false},
		{R, false},
		{R - 1, true},
		{R, false},
		{R - 1, false},
		{R - 2, true},
		{R + 1, false},
		{R + 2, false},
		{R - 2, false},
		{R - 3, true},
		{0, false},
	};

	reset();
	for (size_t i = 0; i < TEST_COUNT(list); i++) {
		test_case("line %zu, counter %" PRIu64, i, list[i].counter);
		CHECK_INT(zwg_replay_accept(&replay, list[i].counter), list[i].want);
	}
}

static void test_ascending_then_oldest(void)
{
	reset();
	for (uint64_t i = 1; i <= W; i++) {
		accepts(i, true);
	}
	accepts(0, true);
	accepts(0, false);
}

static void test_ascending_past_oldest(void)
{
	reset();
	for (uint64_t i = 2; i <= W + 1; i++) {
		accepts(i, true);
	}
	accepts(1, true);
	accepts(0, false);
}

static void test_descending(void)
{
	reset();
	for (uint64_t i = W + 1; i-- > 0;) {
		accepts(i, true);
	}
	for (uint64_t i = W + 1; i-- > 0;) {
		accepts(i, false);
	}
}

static void test_descending_past_oldest(void)
{
	reset();
	for (uint64_t i = W + 2; i-- > 1;) {
		accepts(i, true);
	}
	accepts(0, false);
}

static void test_descending_then_next(void)
{
	reset();
	for (uint64_t i = W + 1; i-- > 1;) {
		accepts(i, true);
	}
	accepts(W + 1, true);
	accepts(0, false);

	reset();
	for (uint64_t i = W + 1; i-- > 1;) {
		accepts(i, true);
	}
	accepts(0, true);
	accepts(W + 1, true);
}

static void test_edge_of_window(void)
{
	for (uint64_t high = 3 * W; high < 3 * W + 70; high++) {
		reset();
		accepts(high, true);
		accepts(high - W - 1, false);
		accepts(high - W, true);
		accepts(high - W, false);
		accepts(high - W + 1, true);
		accepts(high, false);
	}
}

/* From a full window at every distance: what was seen stays so, what was skipped may still come. */
static void test_jumps(void)
{
	static const uint64_t jumps[] = {1,  2,	    31, 32,    33,    63,   64,
					 65, W - 1, W,	W + 1, W + 2, 2 * W};

	for (size_t k = 0; k < TEST_COUNT(jumps); k++) {
		const uint64_t old = 3 * W + 7, high = old + jumps[k];

		reset();
		for (uint64_t i = old - W; i <= old; i++) {
			accepts(i, true);
		}
		accepts(high, true);
		accepts(high - W - 1, false);
		for (uint64_t i = high - W; i < high; i++) {
			accepts(i, i > old);
		}
	}
}

static void test_first_counter(void)
{
	for (uint64_t first = 0; first <= W; first += first + 97 < W ? 97 : 1) {
		reset();
		accepts(first, true);
		for (uint64_t i = 0; i < first; i++) {
			accepts(i, true);
		}
	}
}

static void test_wrap_of_32_bits(void)
{
	const uint64_t wrap = UINT64_C(1) << 32;

	reset();
	for (uint64_t i = wrap - 3; i < wrap + 3; i++) {
		accepts(i, true);
		accepts(i, false);
		accepts((uint32_t)i, i < wrap ? false : i + W < i);
	}
	for (uint64_t i = wrap - 3; i < wrap + 3; i++) {
		accepts(i, false);
	}
	accepts(wrap + 2 - W, true);
	accepts(wrap + 1 - W, false);
	/* A jump by 2^32 and a little clears the whole window; 2^32 back is out of it. */
	accepts(2 * wrap + 8, true);
	accepts(wrap + 8, false);
	accepts(wrap + 5, false);
	for (uint64_t i = 2 * wrap + 8 - W; i < 2 * wrap + 8; i++) {
		accepts(i, true);
	}
}

static void test_reject_limit(void)
{
	CHECK(R == UINT64_MAX - 8192);
	reset();
	accepts(R, false);
	accepts(UINT64_MAX, false);
	CHECK_ZERO(&replay, sizeof(replay));
	accepts(R - 1, true);
	accepts(UINT64_MAX, false);
	accepts(R - 1 - W, true);
	accepts(R - 2 - W, false);
}

static void test_refusal_changes_nothing(void)
{
	struct zwg_replay before;

	reset();
	accepts(5 * W, true);
	accepts(5 * W - 1, true);
	before = replay;
	accepts(5 * W, false);
	accepts(5 * W - 1, false);
	accepts(4 * W - 1, false);
	accepts(0, false);
	accepts(R, false);
	CHECK_MEM(&replay, &before, sizeof(replay));
}

#define SPAN 40000U

/* Against the definition, with jumps of every size around those of a word and of the window. */
static void test_differential(void)
{
	static bool accepted[SPAN];
	static const unsigned int jumps[] = {1,
					     2,
					     31,
					     32,
					     33,
					     63,
					     64,
					     65,
					     (unsigned int)W - 1,
					     (unsigned int)W,
					     (unsigned int)W + 1,
					     (unsigned int)W + 2,
					     2 * (unsigned int)W};

	for (unsigned int round = 0; round < 20; round++) {
		const uint64_t base = round % 2 ? (UINT64_C(1) << 32) - SPAN / 2 : 0;
		uint64_t high = 0;
		bool any = false;

		memset(accepted, 0, sizeof(accepted));
		reset();
		for (unsigned int step = 0; step < 4000; step++) {
			uint64_t low = high > W + 2 ? high - W - 2 : 0;
			uint64_t c = low + test_random_below((size_t)(high - low) + 2);
			bool want;

			if (test_random_below(200) == 0) {
				c = high + jumps[test_random_below(TEST_COUNT(jumps))];
			}
			if (c >= SPAN) {
				break;
			}
			want = !any || c > high || (c + W >= high && !accepted[c]);
			test_case("round %u, step %u, %" PRIu64 " after %" PRIu64, round, step, c,
				  high);
			if (!CHECK_INT(zwg_replay_accept(&replay, base + c), want)) {
				return;
			}
			if (want) {
				accepted[c] = true;
				high = !any || c > high ? c : high;
				any = true;
			}
		}
	}
}

static const struct test tests[] = {
	{"the kernel's list", test_kernel_list},
	{"1 to W, then 0", test_ascending_then_oldest},
	{"2 to W + 1, then 1 but not 0", test_ascending_past_oldest},
	{"W down to 0, each once", test_descending},
	{"W + 1 down to 1, but not 0", test_descending_past_oldest},
	{"W down to 1, then W + 1, with or without 0 before", test_descending_then_next},
	{"highest - W is the last accepted, at any place in a word", test_edge_of_window},
	{"after a jump: seen stays seen, skipped may still come", test_jumps},
	{"any counter may be the first", test_first_counter},
	{"counters are 64 bits wide", test_wrap_of_32_bits},
	{"nothing from REJECT_AFTER_MESSAGES on", test_reject_limit},
	{"a refused counter changes nothing", test_refusal_changes_nothing},
	{"agrees with the definition", test_differential},
};
TEST_MAIN(tests)
