/* SPDX-License-Identifier: MIT */
/* Cryptokey routing against its definition, a list: the input is insertions, removals and look-ups.
 * An address has few distinct bytes, so that prefixes nest. */
#include <errno.h>

#include "allowedips.h"
#include "fuzz.h"

static struct entry {
	struct zwg_prefix prefix;
	uint32_t peer;
} list[ZWG_MAX_ALLOWED_IPS];
static uint32_t count;

static struct zwg_addr any_addr(struct input *in)
{
	uint8_t how = input_u8(in);
	struct zwg_addr addr = {.family = how & 1 ? ZWG_AF_INET : ZWG_AF_INET6};
	uint8_t at = (uint8_t)((how >> 1) % (zwg_family_bits(addr.family) / 8));

	addr.bytes[0] = how >> 6;
	addr.bytes[at] = input_u8(in);
	return addr;
}

static bool matches(const struct zwg_prefix *prefix, const struct zwg_addr *addr)
{
	struct zwg_prefix masked = {*addr, prefix->bits};

	return addr->family == prefix->addr.family && zwg_prefix_mask(&masked) &&
	       zwg_addr_equal(&masked.addr, &prefix->addr);
}

static uint32_t find(const struct zwg_prefix *prefix)
{
	uint32_t i = 0;

	while (i < count &&
	       (list[i].prefix.bits != prefix->bits || !matches(&list[i].prefix, &prefix->addr))) {
		i++;
	}
	return i;
}

static uint32_t lookup(const struct zwg_addr *addr)
{
	const struct entry *best = NULL;

	for (uint32_t i = 0; i < count; i++) {
		if (matches(&list[i].prefix, addr) &&
		    (best == NULL || list[i].prefix.bits > best->prefix.bits)) {
			best = &list[i];
		}
	}
	return best != NULL ? best->peer : ZWG_NO_PEER;
}

static void insert(struct zwg_allowedips *table, struct zwg_prefix prefix, uint32_t peer)
{
	int err = zwg_allowedips_insert(table, &prefix, peer);
	uint32_t at;

	if (!zwg_prefix_mask(&prefix)) {
		INVARIANT(err == -EINVAL);
		return;
	}
	at = find(&prefix);
	INVARIANT(err == (at < ZWG_MAX_ALLOWED_IPS ? 0 : -ENOSPC));
	if (err == 0) {
		list[at] = (struct entry){prefix, peer};
		count += at == count;
	}
}

static void take(struct zwg_allowedips *table, struct zwg_prefix prefix, uint32_t peer)
{
	int err = zwg_allowedips_remove(table, &prefix, peer);
	uint32_t at;

	if (!zwg_prefix_mask(&prefix)) {
		INVARIANT(err == -EINVAL);
		return;
	}
	at = find(&prefix);
	if (at == count || list[at].peer != peer) {
		INVARIANT(err == -ENOENT);
		return;
	}
	INVARIANT(err == 0);
	list[at] = list[--count];
}

static void take_peer(struct zwg_allowedips *table, uint32_t peer)
{
	zwg_allowedips_remove_peer(table, peer);
	for (uint32_t i = 0; i < count;) {
		if (list[i].peer == peer) {
			list[i] = list[--count];
		} else {
			i++;
		}
	}
}

static void walk(const struct zwg_allowedips *table)
{
	uint32_t seen = 0;

	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		struct zwg_prefix prefix;
		uint32_t cursor = 0;

		while (zwg_allowedips_next(table, peer, &cursor, &prefix)) {
			uint32_t at = find(&prefix);

			INVARIANT(at < count && list[at].peer == peer && ++seen <= count);
		}
	}
	INVARIANT(seen == count && table->prefixes == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zwg_allowedips *table = calloc(1, sizeof(*table));
	struct input in = {data, size};

	count = 0;
	while (in.left > 0) {
		uint8_t call = input_u8(&in);
		uint32_t peer = (call >> 4) % ZWG_MAX_PEERS;
		struct zwg_prefix prefix = {any_addr(&in), 0};

		switch (call % 8) {
		case 0:
		case 1:
		case 2:
			prefix.bits = input_below(&in, call & 8 ? 40 : 130);
			insert(table, prefix, peer);
			break;
		case 3:
			prefix.bits = input_below(&in, call & 8 ? 40 : 130);
			take(table, prefix, peer);
			break;
		case 4:
			if (count > 0) {
				uint32_t at = input_u8(&in) % count;

				take(table, list[at].prefix, call & 8 ? peer : list[at].peer);
			}
			break;
		case 5:
			take_peer(table, peer);
			break;
		default:
			INVARIANT(zwg_allowedips_lookup(table, (enum zwg_family)prefix.addr.family,
							prefix.addr.bytes) == lookup(&prefix.addr));
			break;
		}
		walk(table);
	}
	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		take_peer(table, peer);
	}
	walk(table);
	INVARIANT(table->root[0] == 0 && table->root[1] == 0);
	free(table);
	return 0;
}
