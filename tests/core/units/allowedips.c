/* SPDX-License-Identifier: MIT */
/*
 * Cryptokey routing: overlapping prefixes in the manner of the Linux kernel's self-test, removal,
 * depth, a full pool, and a linear list of prefixes to agree with. The trie's invariants are those
 * that core/allowedips.c states; they are checked from the outside on its public layout.
 */
#include <errno.h>

#include "allowedips.h"
#include "test.h"

#define NODES (2 * ZWG_MAX_ALLOWED_IPS)

_Static_assert(ZWG_MAX_PEERS >= 8 && ZWG_MAX_ALLOWED_IPS >= 128, "the cases need so many");

static struct zwg_allowedips table;

static void reset(void)
{
	memset(&table, 0, sizeof(table));
}

/* "a.b.c.d/n", or an IPv6 prefix with all its eight groups: "20010db8...0001/n" as 32 hex digits. */
static struct zwg_prefix prefix_of(const char *text)
{
	struct zwg_prefix prefix = {0};
	unsigned int a, b, c, d, bits;

	if (sscanf(text, "%u.%u.%u.%u/%u", &a, &b, &c, &d, &bits) == 5) {
		prefix.addr = (struct zwg_addr){ZWG_AF_INET,
						{(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}};
	} else {
		char hex[33] = {0};

		REQUIRE(sscanf(text, "%32[0-9a-f]/%u", hex, &bits) == 2);
		prefix.addr.family = ZWG_AF_INET6;
		REQUIRE(test_unhex(prefix.addr.bytes, 16, hex) == 16);
	}
	prefix.bits = (uint8_t)bits;
	return prefix;
}

static void insert(const char *text, uint32_t peer)
{
	struct zwg_prefix prefix = prefix_of(text);

	test_case("insert %s for %u", text, peer);
	CHECK_INT(zwg_allowedips_insert(&table, &prefix, peer), 0);
}

/* At any alignment, and where a sanitizer sees a byte read too far. */
static uint32_t lookup_addr(const struct zwg_addr *addr)
{
	size_t len = zwg_family_bits(addr->family) / 8;
	size_t shift = addr->bytes[3] % 4;
	uint8_t *bytes = malloc(shift + len);
	uint32_t peer;

	REQUIRE(bytes != NULL);
	memcpy(bytes + shift, addr->bytes, len);
	peer = zwg_allowedips_lookup(&table, (enum zwg_family)addr->family, bytes + shift);
	free(bytes);
	return peer;
}

static void leads_to(const char *host, uint32_t peer)
{
	char text[64];
	struct zwg_prefix prefix;

	snprintf(text, sizeof(text), "%s/%u", host, strchr(host, '.') != NULL ? 32U : 128U);
	prefix = prefix_of(text);
	test_case("look-up of %s", host);
	CHECK_INT(lookup_addr(&prefix.addr), peer);
}

static size_t prefixes_of(uint32_t peer)
{
	struct zwg_prefix prefix;
	uint32_t cursor = 0;
	size_t count = 0;

	while (zwg_allowedips_next(&table, peer, &cursor, &prefix)) {
		count++;
	}
	return count;
}

/* Counts the nodes below @a ref; checks that each extends its parent and that branches branch. */
static uint32_t check_tree(zwg_node_ref ref, zwg_node_ref parent, uint32_t *with_peer)
{
	const struct zwg_ip_node *node, *above;
	uint32_t count = 1;

	if (ref == 0) {
		return 0;
	}
	REQUIRE(ref <= table.touched);
	node = &table.nodes[ref - 1];
	CHECK_INT(node->parent, parent);
	if (parent != 0) {
		above = &table.nodes[parent - 1];
		CHECK(above->bits < node->bits);
		CHECK_INT(above->family, node->family);
		CHECK_INT(above->child[node->addr[above->bits / 8] >> (7 - above->bits % 8) & 1],
			  ref);
	}
	*with_peer += node->peer_plus_1 != 0;
	CHECK(node->peer_plus_1 != 0 || (node->child[0] != 0 && node->child[1] != 0));
	for (unsigned int side = 0; side < 2; side++) {
		count += check_tree(node->child[side], ref, with_peer);
	}
	return count;
}

static void check_invariants(void)
{
	uint32_t with_peer = 0, in_lists = 0, used, unused = 0;

	used = check_tree(table.root[0], 0, &with_peer) + check_tree(table.root[1], 0, &with_peer);
	CHECK_INT(with_peer, table.prefixes);
	CHECK(used < 2 * table.prefixes || used == 0);
	for (zwg_node_ref ref = table.free; ref != 0; ref = table.nodes[ref - 1].child[0]) {
		unused++;
		REQUIRE(unused <= NODES);
	}
	CHECK_INT(used + unused, table.touched);
	CHECK(table.touched <= NODES - 1);
	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		in_lists += (uint32_t)prefixes_of(peer);
	}
	CHECK_INT(in_lists, table.prefixes);
}

enum { A, B, C, D, E, F, G, H };

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
		"192.95.5.64/27",
		"26075300600060b30000000000000000/64",
		"192.95.5.93/32",
		"0.0.0.0/0",
		"26075300600060b300000000c05f0543/128",
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

/* The definition: a list of prefixes, searched for the longest that matches. */
static struct {
	struct zwg_prefix prefix;
	uint32_t peer;
} model[ZWG_MAX_ALLOWED_IPS];
static uint32_t model_count;

static bool matches(const struct zwg_prefix *prefix, const struct zwg_addr *addr)
{
	if (prefix->addr.family != addr->family) {
		return false;
	}
	for (unsigned int bit = 0; bit < prefix->bits; bit++) {
		if ((prefix->addr.bytes[bit / 8] ^ addr->bytes[bit / 8]) >> (7 - bit % 8) & 1) {
			return false;
		}
	}
	return true;
}

static uint32_t model_find(const struct zwg_prefix *prefix)
{
	uint32_t i = 0;

	while (i < model_count && (model[i].prefix.bits != prefix->bits ||
				   !matches(&model[i].prefix, &prefix->addr))) {
		i++;
	}
	return i;
}

static uint32_t model_lookup(const struct zwg_addr *addr)
{
	uint32_t best = ZWG_NO_PEER;
	unsigned int bits = 0;

	for (uint32_t i = 0; i < model_count; i++) {
		if (model[i].prefix.bits >= bits && matches(&model[i].prefix, addr)) {
			best = model[i].peer;
			bits = model[i].prefix.bits;
		}
	}
	return best;
}

/* Prefixes that overlap a lot: few distinct bytes, any length. */
static struct zwg_prefix random_prefix(void)
{
	struct zwg_prefix prefix = {.addr.family =
					    test_random() & 1 ? ZWG_AF_INET : ZWG_AF_INET6};
	unsigned int max = zwg_family_bits(prefix.addr.family);

	for (unsigned int i = 0; i < max / 8; i++) {
		static const uint8_t bytes[] = {0x00, 0x01, 0x80, 0xff, 0x55};

		prefix.addr.bytes[i] = test_random_below(3) == 0 ? (uint8_t)test_random()
								 : bytes[test_random_below(5)];
	}
	prefix.bits = (uint8_t)test_random_below(max + 1);
	return prefix;
}

static void model_step(bool grow)
{
	struct zwg_prefix prefix = random_prefix();
	uint32_t peer = (uint32_t)test_random_below(ZWG_MAX_PEERS);
	uint32_t i;

	if (!grow && model_count > 0 && test_random_below(8) > 0) {
		prefix = model[test_random_below(model_count)].prefix;
	}
	i = model_find(&prefix);
	if (grow) {
		int want = i < ZWG_MAX_ALLOWED_IPS ? 0 : -ENOSPC;

		CHECK_INT(zwg_allowedips_insert(&table, &prefix, peer), want);
		if (want == 0) {
			model[i].prefix = prefix;
			model[i].peer = peer;
			model_count += i == model_count;
		}
		return;
	}
	if (i < model_count && test_random_below(8) > 0) {
		peer = model[i].peer;
	}
	if (i < model_count && model[i].peer == peer) {
		CHECK_INT(zwg_allowedips_remove(&table, &prefix, peer), 0);
		model[i] = model[--model_count];
	} else {
		CHECK_INT(zwg_allowedips_remove(&table, &prefix, peer), -ENOENT);
	}
}

static void model_remove_peer(uint32_t peer)
{
	uint32_t kept = 0;

	zwg_allowedips_remove_peer(&table, peer);
	for (uint32_t i = 0; i < model_count; i++) {
		if (model[i].peer != peer) {
			model[kept++] = model[i];
		}
	}
	model_count = kept;
}

static void compare_with_model(unsigned int lookups)
{
	size_t of_peer[ZWG_MAX_PEERS] = {0};

	check_invariants();
	CHECK_INT(table.prefixes, model_count);
	for (uint32_t i = 0; i < model_count; i++) {
		of_peer[model[i].peer]++;
	}
	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		CHECK_INT(prefixes_of(peer), of_peer[peer]);
	}
	while (lookups-- > 0) {
		struct zwg_addr addr = random_prefix().addr;

		if (model_count > 0 && test_random() & 1) {
			addr = model[test_random_below(model_count)].prefix.addr;
			addr.bytes[test_random_below(zwg_family_bits(addr.family) / 8)] ^=
				(uint8_t)(1 << test_random_below(8));
		}
		CHECK_INT(lookup_addr(&addr), model_lookup(&addr));
	}
}

static void test_differential(void)
{
	const unsigned int phase = 3 * ZWG_MAX_ALLOWED_IPS;

	reset();
	model_count = 0;
	for (unsigned int step = 0; step < 4 * phase; step++) {
		bool filling = step / phase % 2 == 0;

		test_case("step %u", step);
		model_step(test_random_below(10) < (filling ? 9U : 2U));
		if (step % phase == phase / 2 && !filling) {
			model_remove_peer((uint32_t)test_random_below(ZWG_MAX_PEERS));
		}
		if (step % (phase / 8 + 1) == 0) {
			compare_with_model(300);
		}
	}
	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		test_case("removal of peer %u", peer);
		model_remove_peer(peer);
		compare_with_model(50);
	}
	CHECK_INT(table.root[0], 0);
	CHECK_INT(table.root[1], 0);
	CHECK_ZERO(table.first_of_peer, sizeof(table.first_of_peer));
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
	{"a full pool refuses and everything in it works", test_full_pool},
	{"the pool's bound is reached, never passed", test_pool_bound},
	{"memory above the nodes in use is not touched", test_unused_memory},
	{"agrees with a list of prefixes", test_differential},
};
TEST_MAIN(tests)
