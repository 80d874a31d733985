/* SPDX-License-Identifier: MIT */
/*
 * Cryptokey routing, case by case: overlapping prefixes in the manner of the Linux kernel's
 * self-test, removal, depth, and what is read back.
 */
#include <errno.h>

#include "allowedips_support.h"

static void test_overlapping_ipv4(void)
{
	reset();
	insert("192.168.4.0/24", A);
	insert("192.168.4.4/32", B);
	insert("192.168.0.0/16", C);
	insert("192.95.5.64/27", D);
	insert("192.95.5.65/27", C); /* Masks itself and takes the prefix from D. */
	insert("0.0.0.0/0", E);
	insert("64.15.112.0/20", G);
	insert("64.15.123.211/25", H); /* Host bits set. */
	insert("10.0.0.0/25", A);
	insert("10.0.0.128/25", B);
	insert("10.1.0.0/30", A);
	insert("10.1.0.4/30", B);
	insert("10.1.0.8/29", C);
	insert("10.1.0.16/29", D);

	leads_to("192.168.4.20", A);
	leads_to("192.168.4.0", A);
	leads_to("192.168.4.255", A);
	leads_to("192.168.4.4", B);
	leads_to("192.168.4.5", A);
	leads_to("192.168.200.182", C);
	leads_to("192.95.5.68", C);
	leads_to("192.95.5.96", E);
	leads_to("64.15.116.26", G);
	leads_to("64.15.127.3", G);
	leads_to("64.15.123.128", H);
	leads_to("64.15.123.127", G);
	leads_to("64.15.128.0", E);
	leads_to("10.0.0.52", A);
	leads_to("10.0.0.220", B);
	leads_to("10.1.0.2", A);
	leads_to("10.1.0.6", B);
	leads_to("10.1.0.10", C);
	leads_to("10.1.0.20", D);
	leads_to("10.1.0.24", E);
	leads_to("0.0.0.0", E);
	leads_to("255.255.255.255", E);
	CHECK_INT(prefixes_of(D), 1);
	check_invariants();
}

static void test_overlapping_ipv6(void)
{
	reset();
	insert("26075300600060b300000000c05f0543/128", D);
	insert("26075300600060b30000000000000000/64", C);
	insert("00000000000000000000000000000000/0", E);
	insert("00000000000000000000000000000000/0", F); /* Replaces E. */
	insert("24046800000000000000000000000000/32", G);
	insert("2404680040040800dead0000beef0000/64", H); /* Host bits set. */
	insert("24046800400408000000000000000000/128", A);
	insert("24446800400408000000000000000001/32", C);
	insert("24446800400408010000000000000000/63", H);

	leads_to("26075300600060b300000000c05f0543", D);
	leads_to("26075300600060b300000000c02e01ee", C);
	leads_to("26075300600060b30000000000000000", C);
	leads_to("26075300600060b3ffffffffffffffff", C);
	leads_to("26075300600060b40000000000000000", F);
	leads_to("26075300600060b20000000000000001", F);
	leads_to("24046800400408060000000000001006", G);
	leads_to("24046800400408061234000056789abc", G);
	leads_to("24046800400408001234000056789abc", H);
	leads_to("24046800400408000000000000000000", A);
	leads_to("24046800400408000000000000000001", H);
	leads_to("24456800400408000000000000000001", F);
	leads_to("24446800ffffffffffffffffffffffff", C);
	leads_to("2444680040040801ffffffffffffffff", H);
	leads_to("24446800400408020000000000000000", C);
	CHECK_INT(prefixes_of(E), 0);
	check_invariants();
}

static void test_families_apart(void)
{
	static const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8};

	reset();
	insert("0.0.0.0/0", A);
	leads_to("20010db8000000000000000000000000", ZWG_NO_PEER);
	insert("20010db8000000000000000000000000/32", B);
	leads_to("32.1.13.184", A);
	leads_to("20010db8000000000000000000000000", B);
	CHECK_INT(zwg_allowedips_lookup(&table, ZWG_AF_NONE, bytes), ZWG_NO_PEER);
}

static void test_empty(void)
{
	struct zwg_prefix prefix = prefix_of("0.0.0.0/0");
	uint32_t cursor = 0;

	reset();
	leads_to("10.0.0.1", ZWG_NO_PEER);
	leads_to("20010db8000000000000000000000000", ZWG_NO_PEER);
	CHECK(!zwg_allowedips_next(&table, A, &cursor, &prefix));
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), -ENOENT);
	zwg_allowedips_remove_peer(&table, A);
	CHECK_ZERO(&table, sizeof(table));
}

static void test_refuses_bad_prefixes(void)
{
	static const struct {
		uint8_t family, bits;
	} bad[] = {{ZWG_AF_NONE, 0}, {5, 8}, {ZWG_AF_INET, 33}, {ZWG_AF_INET6, 129}};

	reset();
	for (size_t i = 0; i < TEST_COUNT(bad); i++) {
		struct zwg_prefix prefix = {.addr.family = bad[i].family, .bits = bad[i].bits};

		test_case("family %u, /%u", bad[i].family, bad[i].bits);
		CHECK_INT(zwg_allowedips_insert(&table, &prefix, A), -EINVAL);
		CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), -EINVAL);
	}
	CHECK_ZERO(&table, sizeof(table));
}

static void test_remove_peer_ends_its_routes(void)
{
	reset();
	insert("1.0.0.0/32", A);
	insert("64.0.0.0/32", A);
	insert("128.0.0.0/32", A);
	insert("192.0.0.0/32", A);
	insert("255.0.0.0/32", A);
	zwg_allowedips_remove_peer(&table, A);
	leads_to("1.0.0.0", ZWG_NO_PEER);
	leads_to("64.0.0.0", ZWG_NO_PEER);
	leads_to("128.0.0.0", ZWG_NO_PEER);
	leads_to("192.0.0.0", ZWG_NO_PEER);
	leads_to("255.0.0.0", ZWG_NO_PEER);
	check_invariants();

	insert("192.168.0.0/16", A);
	insert("192.168.0.0/24", A);
	zwg_allowedips_remove_peer(&table, A);
	leads_to("192.168.0.1", ZWG_NO_PEER);
	CHECK_INT(table.root[0], 0);
	CHECK_INT(table.prefixes, 0);
	check_invariants();
}

static void test_remove_peer_leaves_the_others(void)
{
	reset();
	insert("10.0.0.0/8", A);
	insert("10.1.0.0/16", B);
	insert("10.1.2.0/24", A);
	insert("20010db8000000000000000000000000/32", A);
	insert("20010db8000000010000000000000000/64", B);
	zwg_allowedips_remove_peer(&table, A);
	leads_to("10.0.0.1", ZWG_NO_PEER);
	leads_to("10.1.2.3", B);
	leads_to("20010db8000000000000000000000001", ZWG_NO_PEER);
	leads_to("20010db8000000010000000000000001", B);
	check_invariants();
}

static void test_remove_exactly(void)
{
	struct zwg_prefix prefix = prefix_of("192.168.0.0/16");

	reset();
	insert("192.168.0.0/16", A);
	insert("192.168.4.0/24", A);
	insert("192.168.5.0/24", B);
	prefix.bits = 15;
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), -ENOENT);
	prefix.bits = 17;
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), -ENOENT);
	prefix.bits = 23; /* The branch above the two /24. */
	prefix.addr.bytes[2] = 4;
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), -ENOENT);
	prefix = prefix_of("192.168.77.88/16"); /* Host bits are masked here, too. */
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, B), -ENOENT);
	leads_to("192.168.0.1", A);
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), 0);
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, A), -ENOENT);
	leads_to("192.168.0.1", ZWG_NO_PEER);
	leads_to("192.168.4.1", A);
	leads_to("192.168.5.1", B);
	check_invariants();
}

/* The branch above two prefixes becomes a prefix of its own, and a branch again. */
static void test_branch_becomes_prefix(void)
{
	struct zwg_prefix prefix = prefix_of("10.1.0.0/29");

	reset();
	insert("10.1.0.0/30", A);
	insert("10.1.0.4/30", B);
	CHECK_INT(table.touched, 3);
	insert("10.1.0.0/29", C);
	CHECK_INT(table.touched, 3);
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, C), 0);
	leads_to("10.1.0.1", A);
	leads_to("10.1.0.5", B);
	check_invariants();
	prefix = prefix_of("10.1.0.4/30");
	CHECK_INT(zwg_allowedips_remove(&table, &prefix, B), 0);
	leads_to("10.1.0.1", A);
	CHECK_INT(table.nodes[table.root[0] - 1].bits, 30);
	check_invariants();
}

/* A chain of 128 branches: addresses that differ from one in a single bit. */
static void test_depth(void)
{
	struct zwg_prefix prefix = {.addr.family = ZWG_AF_INET6, .bits = 128};

	reset();
	for (unsigned int bit = 0; bit < 128; bit++) {
		memset(prefix.addr.bytes, 0xff, 16);
		prefix.addr.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_INT(zwg_allowedips_insert(&table, &prefix, bit % 8), 0);
	}
	check_invariants();
	for (unsigned int bit = 0; bit < 128; bit++) {
		memset(prefix.addr.bytes, 0xff, 16);
		prefix.addr.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		test_case("bit %u", bit);
		CHECK_INT(lookup_addr(&prefix.addr), bit % 8);
	}
	memset(prefix.addr.bytes, 0xff, 16);
	CHECK_INT(lookup_addr(&prefix.addr), ZWG_NO_PEER);
}

/* What a peer has is read back masked, each once, in the order in which it was given. */
static void test_read_back(void)
{
	static const char *const want[] = {
		"192.95.5.64/27", "26075300600060b30000000000000000/64",  "192.95.5.93/32",
		"0.0.0.0/0",	  "26075300600060b300000000c05f0543/128",
	};
	struct zwg_prefix prefix;
	uint32_t cursor = 0;

	reset();
	insert("192.95.5.93/27", A);
	insert("10.1.0.20/29", B);
	insert("26075300600060b300000000c05f0543/64", A);
	insert("192.95.5.93/32", A);
	insert("192.95.5.70/27", A); /* Again: stays where it was. */
	insert("1.2.3.4/0", B);
	insert("4.3.2.1/0", A); /* Taken from B. */
	insert("26075300600060b300000000c05f0543/128", A);
	for (size_t i = 0; i < TEST_COUNT(want); i++) {
		struct zwg_prefix expected = prefix_of(want[i]);

		test_case("prefix %zu", i);
		memset(&prefix, 0x55, sizeof(prefix));
		CHECK(zwg_allowedips_next(&table, A, &cursor, &prefix));
		CHECK_MEM(&prefix, &expected, sizeof(prefix));
	}
	CHECK(!zwg_allowedips_next(&table, A, &cursor, &prefix));
	CHECK(!zwg_allowedips_next(&table, A, &cursor, &prefix));
	CHECK_INT(prefixes_of(B), 1);
}

static const struct test tests[] = {
	{"overlapping IPv4 prefixes: the longest, the last writer, /0", test_overlapping_ipv4},
	{"overlapping IPv6 prefixes: the longest, the last writer, /0", test_overlapping_ipv6},
	{"the families are apart", test_families_apart},
	{"an empty table finds nothing and stays empty", test_empty},
	{"bad prefixes are refused", test_refuses_bad_prefixes},
	{"a removed peer's prefixes lead nowhere", test_remove_peer_ends_its_routes},
	{"a removed peer's prefixes give way to the others'", test_remove_peer_leaves_the_others},
	{"removal is exact in prefix and peer", test_remove_exactly},
	{"a branch becomes a prefix and a branch again", test_branch_becomes_prefix},
	{"128 addresses, each a bit deeper", test_depth},
	{"prefixes are read back masked, in order", test_read_back},
};
TEST_MAIN(tests)
