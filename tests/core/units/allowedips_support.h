/* SPDX-License-Identifier: MIT */
/*
 * What the tests of cryptokey routing share: one table, prefixes from text, look-ups where a
 * sanitizer sees a byte read too far, and the trie's invariants as core/allowedips.c states them,
 * checked from the outside on its public layout.
 */
#ifndef ZWG_TEST_ALLOWEDIPS_H
#define ZWG_TEST_ALLOWEDIPS_H

#include "allowedips.h"
#include "test.h"

#define NODES (2 * ZWG_MAX_ALLOWED_IPS)

_Static_assert(ZWG_MAX_PEERS >= 8 && ZWG_MAX_ALLOWED_IPS >= 128, "the cases need so many");

static struct zwg_allowedips table;

static inline void reset(void)
{
	memset(&table, 0, sizeof(table));
}

/* "a.b.c.d/n", or for IPv6 all 32 hex digits without colons: "20010db8...0001/n". */
static inline struct zwg_prefix prefix_of(const char *text)
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

static inline void insert(const char *text, uint32_t peer)
{
	struct zwg_prefix prefix = prefix_of(text);

	test_case("insert %s for %u", text, peer);
	CHECK_INT(zwg_allowedips_insert(&table, &prefix, peer), 0);
}

/* At any alignment, and where a sanitizer sees a byte read too far. */
static inline uint32_t lookup_addr(const struct zwg_addr *addr)
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

static inline void leads_to(const char *host, uint32_t peer)
{
	char text[64];
	struct zwg_prefix prefix;

	snprintf(text, sizeof(text), "%s/%u", host, strchr(host, '.') != NULL ? 32U : 128U);
	prefix = prefix_of(text);
	test_case("look-up of %s", host);
	CHECK_INT(lookup_addr(&prefix.addr), peer);
}

static inline size_t prefixes_of(uint32_t peer)
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
static inline uint32_t check_tree(zwg_node_ref ref, zwg_node_ref parent, uint32_t *with_peer)
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

static inline void check_invariants(void)
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

#endif
