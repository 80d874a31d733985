/* SPDX-License-Identifier: MIT */
/*
 * The rate limiter for handshakes: the Linux kernel's self-test on a clock of our own (20 a second,
 * bursts of 5, per IPv4 address and IPv6 /64), and a bounded table that refuses when it is full.
 */
#include "crypto/bytes.h"
#include "ratelimiter.h"
#include "test.h"

#define N ZWG_RATELIMIT_ENTRIES

static struct zwg_ratelimiter table;

static void reset(uint32_t seed)
{
	memset(&table, 0, sizeof(table));
	table.seed = seed;
	table.seeded = true;
}

static struct zwg_addr v4(uint32_t host)
{
	struct zwg_addr addr = {.family = ZWG_AF_INET};

	zwg_put_be32(addr.bytes, host);
	return addr;
}

static struct zwg_addr v6(uint64_t network, uint64_t host)
{
	struct zwg_addr addr = {.family = ZWG_AF_INET6};

	zwg_put_be64(addr.bytes, network);
	zwg_put_be64(addr.bytes + 8, host);
	return addr;
}

/* When, and whether a handshake passes: the kernel's figures. */
static const struct {
	zwg_time after;
	bool want;
} kernel[] = {
	{0, true},  {0, true},	 {0, true},   {0, true},   {0, true},	 {0, false},
	{50, true}, {50, false}, {150, true}, {150, true}, {150, false},
};

static void test_kernel_ipv4(void)
{
	const struct zwg_addr addr = v4(0x0a000001);
	const struct zwg_addr other = v4(0x0a000002);

	reset(1);
	for (size_t i = 0; i < TEST_COUNT(kernel); i++) {
		zwg_time now = 1000 + kernel[i].after;

		test_case("step %zu", i);
		CHECK_INT(zwg_ratelimiter_allow(&table, &addr, now), kernel[i].want);
	}
	/* Another address has a burst of its own. */
	for (unsigned int i = 0; i < 5; i++) {
		CHECK_INT(zwg_ratelimiter_allow(&table, &other, 1150), N > 1);
		CHECK(!zwg_ratelimiter_allow(&table, &addr, 1150));
	}
	CHECK(!zwg_ratelimiter_allow(&table, &other, 1150));
}

static void test_kernel_ipv6_by_64(void)
{
	const uint64_t network = UINT64_C(0x20010db800000001);

	reset(2);
	for (size_t i = 0; i < TEST_COUNT(kernel); i++) {
		const struct zwg_addr addr = v6(network, test_random());
		zwg_time now = 1000 + kernel[i].after;

		test_case("step %zu", i);
		CHECK_INT(zwg_ratelimiter_allow(&table, &addr, now), kernel[i].want);
	}
	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct zwg_addr addr = v6(network ^ UINT64_C(1) << bit, 0);

		reset(2);
		for (unsigned int k = 0; k < 6; k++) {
			const struct zwg_addr same = v6(network, k);

			CHECK_INT(zwg_ratelimiter_allow(&table, &same, 0), k < 5);
		}
		test_case("network that differs in bit %u", bit);
		CHECK_INT(zwg_ratelimiter_allow(&table, &addr, 0), N > 1);
	}
}

static void test_families_apart(void)
{
	const struct zwg_addr four = v4(0x0a000001);
	const struct zwg_addr six = v6(0x0a000001, 0);

	reset(3);
	for (unsigned int k = 0; k < 6; k++) {
		CHECK_INT(zwg_ratelimiter_allow(&table, &four, 0), k < 5);
	}
	CHECK_INT(zwg_ratelimiter_allow(&table, &six, 0), N > 1);
}

static void test_no_address(void)
{
	const struct zwg_addr none = {0};
	const struct zwg_addr odd = {.family = 5};

	reset(4);
	CHECK(!zwg_ratelimiter_allow(&table, &none, 0));
	CHECK(!zwg_ratelimiter_allow(&table, &odd, 0));
	CHECK_ZERO(table.buckets, sizeof(table.buckets));
}

/* A bucket holds no more than a burst, however long it was idle, and a refusal costs nothing. */
static void test_refill(void)
{
	const struct zwg_addr addr = v4(0xc0000201);
	static const zwg_time idle[] = {
		250, 251, 300, 65536, 65535 + 50, UINT64_C(1) << 32, (UINT64_C(1) << 32) - 200};
	zwg_time now = 5;

	reset(5);
	for (size_t i = 0; i < TEST_COUNT(idle); i++) {
		now += idle[i];
		test_case("idle for %" PRIu64, idle[i]);
		for (unsigned int k = 0; k < 7; k++) {
			CHECK_INT(zwg_ratelimiter_allow(&table, &addr, now), k < 5);
		}
	}
	for (unsigned int k = 1; k < 50; k++) {
		CHECK(!zwg_ratelimiter_allow(&table, &addr, now + k));
	}
	CHECK(zwg_ratelimiter_allow(&table, &addr, now + 50));
	CHECK(!zwg_ratelimiter_allow(&table, &addr, now + 50));
	now += 50;
	for (unsigned int k = 0; k < 100; k++) {
		now += 50;
		CHECK(zwg_ratelimiter_allow(&table, &addr, now));
		CHECK(!zwg_ratelimiter_allow(&table, &addr, now));
	}
}

static void test_capacity(void)
{
	for (uint32_t seed = 0; seed < 20; seed++) {
		struct zwg_addr addr;

		reset(seed * 0x01234567);
		test_case("seed %u", seed);
		for (uint32_t i = 0; i < N; i++) {
			addr = i % 2 ? v4(i) : v6(i, 0);
			CHECK(zwg_ratelimiter_allow(&table, &addr, 1000));
		}
		for (uint32_t i = N; i < 2 * N; i++) {
			addr = i % 2 ? v4(i) : v6(i, 0);
			CHECK(!zwg_ratelimiter_allow(&table, &addr, 1000));
			CHECK(!zwg_ratelimiter_allow(&table, &addr, 1049));
		}
		/* Those inside go on as before: four more each, and no second bucket. */
		for (uint32_t i = 0; i < N; i++) {
			addr = i % 2 ? v4(i) : v6(i, 0);
			for (unsigned int k = 0; k < 6; k++) {
				CHECK_INT(zwg_ratelimiter_allow(&table, &addr, 1000), k < 4);
			}
		}
	}
}

/* One taken token is back after 50 ms: such a bucket gives way, one with two taken does not. */
static void test_full_buckets_give_way(void)
{
	struct zwg_addr addr;

	reset(7);
	for (uint32_t i = 0; i < N; i++) {
		addr = v4(i);
		CHECK(zwg_ratelimiter_allow(&table, &addr, 0));
		if (i > 0) {
			CHECK(zwg_ratelimiter_allow(&table, &addr, 0));
		}
	}
	addr = v4(N);
	CHECK(!zwg_ratelimiter_allow(&table, &addr, 49));
	CHECK(zwg_ratelimiter_allow(&table, &addr, 50));
	addr = v4(N + 1);
	CHECK(!zwg_ratelimiter_allow(&table, &addr, 50));
	for (uint32_t i = 1; i < N; i++) {
		addr = v4(i);
		for (unsigned int k = 0; k < 5; k++) {
			test_case("address %u, handshake %u", i, k);
			CHECK_INT(zwg_ratelimiter_allow(&table, &addr, 50), k < 4);
		}
	}
}

/* A bucket behind a full one on its probe path is still found: it must not get a second one. */
static void test_no_second_bucket(void)
{
	for (uint32_t seed = 0; seed < 200; seed++) {
		struct zwg_addr addr;

		reset(seed);
		for (uint32_t i = 0; i < N; i++) {
			addr = v4(i);
			CHECK(zwg_ratelimiter_allow(&table, &addr, 0));
		}
		for (uint32_t i = 0; i < N; i += 2) {
			addr = v4(i);
			for (unsigned int k = 0; k < 6; k++) {
				zwg_ratelimiter_allow(&table, &addr, 49);
			}
		}
		for (uint32_t i = 0; i < N; i += 2) {
			addr = v4(i);
			test_case("seed %u, address %u", seed, i);
			/* Emptied at 49 with 49 to spare, so there are 50 at 50, but once. */
			CHECK(zwg_ratelimiter_allow(&table, &addr, 50));
			CHECK(!zwg_ratelimiter_allow(&table, &addr, 50));
		}
	}
}

/* Against a list without bound: as long as the table has room, it decides the same. */
static void test_differential(void)
{
	enum { SOURCES = N > 200 ? 200 : N };
	static struct {
		int64_t tokens;
		zwg_time last;
	} model[SOURCES];
	zwg_time now = 10000;

	reset(9);
	memset(model, 0, sizeof(model));
	for (unsigned int step = 0; step < 20000; step++) {
		uint32_t i = (uint32_t)test_random_below(SOURCES);
		struct zwg_addr addr = i % 2 ? v4(i) : v6(UINT64_C(0xfd00) << 48 | i, step);
		int64_t tokens;

		now += test_random_below(4) ? test_random_below(4) : test_random_below(40);
		tokens = model[i].tokens + (int64_t)(now - model[i].last);
		tokens = tokens > 250 ? 250 : tokens;
		model[i].last = now;
		model[i].tokens = tokens >= 50 ? tokens - 50 : tokens;
		test_case("step %u, source %u", step, i);
		CHECK_INT(zwg_ratelimiter_allow(&table, &addr, now), tokens >= 50);
	}
}

/* The seed decides who shares a place with whom. */
static void test_seed_matters(void)
{
	unsigned int moved = 0;

	if (N < 8) {
		test_skip("a table this small has no places to choose from");
		return;
	}
	for (uint32_t i = 0; i < 64; i++) {
		const struct zwg_addr addr = v4(i);
		static struct zwg_ratelimiter first;

		reset(1);
		zwg_ratelimiter_allow(&table, &addr, 0);
		first = table;
		reset(2);
		zwg_ratelimiter_allow(&table, &addr, 0);
		moved += memcmp(first.buckets, table.buckets, sizeof(table.buckets)) != 0;
	}
	CHECK(moved > 32);
}

static const struct test tests[] = {
	{"the kernel's sequence, IPv4", test_kernel_ipv4},
	{"the kernel's sequence, IPv6 by /64", test_kernel_ipv6_by_64},
	{"an IPv4 address and an IPv6 network of the same number", test_families_apart},
	{"what has no address is refused", test_no_address},
	{"a token each 50 ms, at most five", test_refill},
	{"a table full of others refuses", test_capacity},
	{"a bucket that is full again gives way", test_full_buckets_give_way},
	{"a source has one bucket", test_no_second_bucket},
	{"agrees with a list without bound", test_differential},
	{"the seed decides the places", test_seed_matters},
};
TEST_MAIN(tests)
