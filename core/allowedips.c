/* SPDX-License-Identifier: MIT */
/*
 * Cryptokey routing (paper section 2): path-compressed binary tries over one pool of nodes.
 *
 * A node has a prefix of its own (peer_plus_1 != 0) or is a branch, and a branch always has two
 * children: removal splices out what would have fewer. In a tree whose branches all have two
 * children there are fewer branches than leaves, and every leaf has a prefix, so P > 0 prefixes
 * take at most 2P - 1 nodes, over both tries together. An insertion that makes P prefixes of P - 1
 * ends at no more than that, and frees nothing on the way; so 2 * ZWG_MAX_ALLOWED_IPS nodes suffice
 * and allocation needs no check beyond that of the number of prefixes.
 *
 * A child's prefix always extends its parent's, and the first bit beyond the parent's length says
 * which child it is. A peer's nodes form a list in order of insertion; the first's peer_prev is the
 * last, the last's peer_next is 0. Free nodes are chained by child[0].
 */
#include <errno.h>
#include <string.h>

#include "allowedips.h"

static struct zwg_ip_node *node_at(struct zwg_allowedips *table, zwg_node_ref ref)
{
	return &table->nodes[ref - 1];
}

static const struct zwg_ip_node *const_node_at(const struct zwg_allowedips *table, zwg_node_ref ref)
{
	return &table->nodes[ref - 1];
}

static unsigned int root_of(uint8_t family)
{
	return family == ZWG_AF_INET6;
}

static unsigned int bit_at(const uint8_t *addr, unsigned int bit)
{
	return (unsigned int)addr[bit / 8] >> (7 - bit % 8) & 1U;
}

/* How many leading bits, up to @a max, are the same. */
static unsigned int common_bits(const uint8_t *a, const uint8_t *b, unsigned int max)
{
	unsigned int bits = 0;

	while (bits + 8 <= max && a[bits / 8] == b[bits / 8]) {
		bits += 8;
	}
	while (bits < max && bit_at(a, bits) == bit_at(b, bits)) {
		bits++;
	}
	return bits;
}

static bool covers(const struct zwg_ip_node *node, const uint8_t *addr)
{
	size_t whole = node->bits / 8U;
	unsigned int rest = node->bits % 8U;

	return memcmp(node->addr, addr, whole) == 0 &&
	       (rest == 0 || (node->addr[whole] ^ addr[whole]) >> (8 - rest) == 0);
}

static zwg_node_ref node_new(struct zwg_allowedips *table, const struct zwg_prefix *prefix)
{
	zwg_node_ref ref = table->free;
	struct zwg_ip_node *node;

	if (ref != 0) {
		node = node_at(table, ref);
		table->free = node->child[0];
	} else {
		ref = (zwg_node_ref)++table->touched;
		node = node_at(table, ref);
	}
	*node = (struct zwg_ip_node){.bits = prefix->bits, .family = prefix->addr.family};
	memcpy(node->addr, prefix->addr.bytes, sizeof(node->addr));
	return ref;
}

static void node_free(struct zwg_allowedips *table, zwg_node_ref ref)
{
	node_at(table, ref)->child[0] = table->free;
	table->free = ref;
}

/* Where the reference to @a node stands. */
static zwg_node_ref *link_to(struct zwg_allowedips *table, const struct zwg_ip_node *node)
{
	struct zwg_ip_node *parent;

	if (node->parent == 0) {
		return &table->root[root_of(node->family)];
	}
	parent = node_at(table, node->parent);
	return &parent->child[bit_at(node->addr, parent->bits)];
}

/* Hangs @a ref below @a parent (0: at the root), in the place of whatever was there. */
static void attach(struct zwg_allowedips *table, zwg_node_ref parent, zwg_node_ref ref)
{
	struct zwg_ip_node *node = node_at(table, ref);

	node->parent = parent;
	*link_to(table, node) = ref;
}

static void list_append(struct zwg_allowedips *table, zwg_node_ref ref, uint32_t peer)
{
	struct zwg_ip_node *node = node_at(table, ref);
	zwg_node_ref *first = &table->first_of_peer[peer];

	node->peer_plus_1 = peer + 1;
	node->peer_next = 0;
	if (*first == 0) {
		*first = ref;
	} else {
		node->peer_prev = node_at(table, *first)->peer_prev;
		node_at(table, node->peer_prev)->peer_next = ref;
	}
	node_at(table, *first)->peer_prev = ref;
}

static void list_remove(struct zwg_allowedips *table, zwg_node_ref ref)
{
	struct zwg_ip_node *node = node_at(table, ref);
	zwg_node_ref *first = &table->first_of_peer[node->peer_plus_1 - 1];
	zwg_node_ref last = node_at(table, *first)->peer_prev;

	if (*first == ref) {
		*first = node->peer_next;
	} else {
		node_at(table, node->peer_prev)->peer_next = node->peer_next;
	}
	if (last == ref) {
		last = node->peer_prev;
	} else {
		node_at(table, node->peer_next)->peer_prev = node->peer_prev;
	}
	if (*first != 0) {
		node_at(table, *first)->peer_prev = last;
	}
	node->peer_plus_1 = 0;
}

/* Goes down while nodes cover the prefix. Returns the node where that ends: the prefix's own, or
 * the first that does not cover it, or 0; and the last above it in *parent. */
static zwg_node_ref descend(const struct zwg_allowedips *table, const struct zwg_prefix *prefix,
			    zwg_node_ref *parent)
{
	zwg_node_ref ref = table->root[root_of(prefix->addr.family)];

	*parent = 0;
	while (ref != 0) {
		const struct zwg_ip_node *node = const_node_at(table, ref);

		if (node->bits >= prefix->bits || !covers(node, prefix->addr.bytes)) {
			break;
		}
		*parent = ref;
		ref = node->child[bit_at(prefix->addr.bytes, node->bits)];
	}
	return ref;
}

static bool is_exactly(const struct zwg_ip_node *node, const struct zwg_prefix *prefix)
{
	return node->bits == prefix->bits && covers(node, prefix->addr.bytes);
}

/* Makes the prefix's own node between @a parent and @a below (0: none), which it does or does not
 * cover: then a branch parts the two. */
static zwg_node_ref insert_node(struct zwg_allowedips *table, const struct zwg_prefix *prefix,
				zwg_node_ref parent, zwg_node_ref below)
{
	zwg_node_ref ref = node_new(table, prefix);
	struct zwg_prefix fork = *prefix;
	const struct zwg_ip_node *other;
	zwg_node_ref branch;

	if (below == 0) {
		attach(table, parent, ref);
		return ref;
	}
	other = node_at(table, below);
	fork.bits = (uint8_t)common_bits(prefix->addr.bytes, other->addr,
					 prefix->bits < other->bits ? prefix->bits : other->bits);
	if (fork.bits == prefix->bits) {
		attach(table, parent, ref);
		attach(table, ref, below);
		return ref;
	}
	zwg_prefix_mask(&fork);
	branch = node_new(table, &fork);
	attach(table, parent, branch);
	attach(table, branch, ref);
	attach(table, branch, below);
	return ref;
}

int zwg_allowedips_insert(struct zwg_allowedips *table, const struct zwg_prefix *prefix,
			  uint32_t peer)
{
	struct zwg_prefix masked = *prefix;
	zwg_node_ref parent;
	zwg_node_ref ref;
	bool exists;

	if (!zwg_prefix_mask(&masked)) {
		return -EINVAL;
	}
	ref = descend(table, &masked, &parent);
	exists = ref != 0 && is_exactly(node_at(table, ref), &masked);
	if (exists && node_at(table, ref)->peer_plus_1 != 0) {
		if (node_at(table, ref)->peer_plus_1 != peer + 1) {
			list_remove(table, ref);
			list_append(table, ref, peer);
		}
		return 0;
	}
	if (table->prefixes == ZWG_MAX_ALLOWED_IPS) {
		return -ENOSPC;
	}
	table->prefixes++;
	if (!exists) {
		ref = insert_node(table, &masked, parent, ref);
	}
	list_append(table, ref, peer);
	return 0;
}

/* Takes the prefix from node @a ref; then splices out the node, and the branch above it that has
 * but one child left. */
static void withdraw(struct zwg_allowedips *table, zwg_node_ref ref)
{
	list_remove(table, ref);
	table->prefixes--;
	while (ref != 0) {
		struct zwg_ip_node *node = node_at(table, ref);
		zwg_node_ref parent = node->parent;
		zwg_node_ref child = node->child[0] != 0 ? node->child[0] : node->child[1];

		if (node->peer_plus_1 != 0 || (node->child[0] != 0 && node->child[1] != 0)) {
			return;
		}
		*link_to(table, node) = child;
		if (child != 0) {
			node_at(table, child)->parent = parent;
		}
		node_free(table, ref);
		ref = child != 0 ? 0 : parent;
	}
}

int zwg_allowedips_remove(struct zwg_allowedips *table, const struct zwg_prefix *prefix,
			  uint32_t peer)
{
	struct zwg_prefix masked = *prefix;
	zwg_node_ref parent;
	zwg_node_ref ref;

	if (!zwg_prefix_mask(&masked)) {
		return -EINVAL;
	}
	ref = descend(table, &masked, &parent);
	if (ref == 0 || !is_exactly(node_at(table, ref), &masked) ||
	    node_at(table, ref)->peer_plus_1 != peer + 1) {
		return -ENOENT;
	}
	withdraw(table, ref);
	return 0;
}

void zwg_allowedips_remove_peer(struct zwg_allowedips *table, uint32_t peer)
{
	while (table->first_of_peer[peer] != 0) {
		withdraw(table, table->first_of_peer[peer]);
	}
}

uint32_t zwg_allowedips_lookup(const struct zwg_allowedips *table, enum zwg_family family,
			       const uint8_t *addr)
{
	unsigned int max = zwg_family_bits((uint8_t)family);
	zwg_node_ref ref = max == 0 ? 0 : table->root[root_of((uint8_t)family)];
	uint32_t peer = ZWG_NO_PEER;

	while (ref != 0) {
		const struct zwg_ip_node *node = const_node_at(table, ref);

		if (!covers(node, addr)) {
			break;
		}
		if (node->peer_plus_1 != 0) {
			peer = node->peer_plus_1 - 1;
		}
		ref = node->bits == max ? 0 : node->child[bit_at(addr, node->bits)];
	}
	return peer;
}

bool zwg_allowedips_next(const struct zwg_allowedips *table, uint32_t peer, uint32_t *cursor,
			 struct zwg_prefix *prefix)
{
	zwg_node_ref ref = *cursor == 0 ? table->first_of_peer[peer]
					: const_node_at(table, (zwg_node_ref)*cursor)->peer_next;
	const struct zwg_ip_node *node;

	if (ref == 0) {
		return false;
	}
	node = const_node_at(table, ref);
	prefix->addr.family = node->family;
	memcpy(prefix->addr.bytes, node->addr, sizeof(prefix->addr.bytes));
	prefix->bits = node->bits;
	*cursor = ref;
	return true;
}
