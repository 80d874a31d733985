/* SPDX-License-Identifier: MIT */
/*
 * Cryptokey routing with every place taken: the pool never runs out of nodes before it runs out of
 * prefixes, and memory that was never needed is never touched.
 */
#include <errno.h>

#include "allowedips_support.h"

/* Distinct addresses of either family by turns: each but a family's first needs a branch. */
static struct zwg_prefix worst(uint32_t i)
{
	struct zwg_prefix prefix = {.addr.family = i % 2 ? ZWG_AF_INET : ZWG_AF_INET6};
	uint32_t n = i / 2 * 0x9e3779b1U;

	prefix.bits = (uint8_t)zwg_family_bits(prefix.addr.family);
	for (unsigned int k = 0; k < 4; k++) {
		prefix.addr.bytes[k] = (uint8_t)(n >> 8 * k);
	}
	return prefix;
}

static void check_worst(uint32_t from, uint32_t to, uint32_t shift)
{
	for (uint32_t i = from; i < to; i++) {
		struct zwg_prefix prefix = worst(i);

		CHECK_INT(lookup_addr(&prefix.addr), (i + shift) % ZWG_MAX_PEERS);
	}
}

static void test_full_pool(void)
{
	const uint32_t max = ZWG_MAX_ALLOWED_IPS;
	struct zwg_prefix prefix;

	reset();
	for (uint32_t i = 0; i < max; i++) {
		prefix = worst(i);
		REQUIRE(zwg_allowedips_insert(&table, &prefix, i % ZWG_MAX_PEERS) == 0);
	}
	CHECK_INT(table.prefixes, max);
	CHECK_INT(table.touched, NODES - 2);
	check_invariants();
	prefix = worst(max);
	CHECK_INT(zwg_allowedips_insert(&table, &prefix, A), -ENOSPC);
	CHECK_INT(lookup_addr(&prefix.addr), ZWG_NO_PEER);
	prefix.bits = 0;
	CHECK_INT(zwg_allowedips_insert(&table, &prefix, A), -ENOSPC);
	check_worst(0, max, 0);

	/* What is there may still change hands, and a place that becomes free is one. */
	for (uint32_t i = 0; i < max; i++) {
		prefix = worst(i);
		CHECK_INT(zwg_allowedips_insert(&table, &prefix, (i + 1) % ZWG_MAX_PEERS), 0);
	}
	check_worst(0, max, 1);
	for (uint32_t i = 0; i < max; i++) {
		prefix = worst(i);
		CHECK_INT(zwg_allowedips_remove(&table, &prefix, (i + 1) % ZWG_MAX_PEERS), 0);
		prefix = worst(max + i);
		CHECK_INT(zwg_allowedips_insert(&table, &prefix, (max + i) % ZWG_MAX_PEERS), 0);
		prefix = worst(2 * max);
		CHECK_INT(zwg_allowedips_insert(&table, &prefix, A), -ENOSPC);
	}
	check_worst(max, 2 * max, 0);
	check_invariants();
	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		zwg_allowedips_remove_peer(&table, peer);
	}
	CHECK_INT(table.prefixes, 0);
	check_invariants();
}

/* One family alone comes to the very bound, 2 * MAX - 1 nodes; the last is never touched. */
static void test_pool_bound(void)
{
	struct zwg_prefix prefix;

	reset();
	for (uint32_t i = 0; i < ZWG_MAX_ALLOWED_IPS; i++) {
		prefix = worst(2 * i);
		REQUIRE(zwg_allowedips_insert(&table, &prefix, A) == 0);
	}
	CHECK_INT(table.touched, NODES - 1);
	CHECK_ZERO(&table.nodes[NODES - 1], sizeof(table.nodes[0]));
	check_invariants();
}

static void test_unused_memory(void)
{
	struct zwg_prefix prefix = prefix_of("10.0.0.0/8");
	uint8_t marked[sizeof(table.nodes[0])];

	reset();
	memset(marked, 0xa5, sizeof(marked));
	memset(table.nodes, 0xa5, sizeof(table.nodes));
	insert("10.0.0.0/8", A);
	insert("11.0.0.0/8", B);
	CHECK_INT(table.touched, 3);
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), 0);
	insert("12.0.0.0/8", A);
	insert("12.0.0.0/7", A);
	zwg_allowedips_remove_peer(&table, A);
	leads_to("11.1.1.1", B);
	CHECK(table.touched <= 5);
	for (uint32_t i = table.touched; i < NODES; i++) {
		CHECK_MEM(&table.nodes[i], marked, sizeof(marked));
	}
}

static const struct test tests[] = {
	{"a full pool refuses and everything in it works", test_full_pool},
	{"the pool's bound is reached, never passed", test_pool_bound},
	{"memory above the nodes in use is not touched", test_unused_memory},
};
TEST_MAIN(tests)
