/* SPDX-License-Identifier: MIT */
/*
 * Cryptokey routing (paper section 2): a path-compressed binary trie for each family over one
 * static pool of nodes. Longest prefix first; of two peers with the same prefix the last writer has
 * it. Peers are ids below ZWG_MAX_PEERS. Look-up is bounded by 32 or 128 steps.
 */
#ifndef ZWG_ALLOWEDIPS_H
#define ZWG_ALLOWEDIPS_H

#include <zwg/state.h>

#define ZWG_NO_PEER UINT32_MAX

/** Gives @a prefix (host bits are masked) to @a peer. -EINVAL: family or length. -ENOSPC: there are
 *  ZWG_MAX_ALLOWED_IPS already. */
int zwg_allowedips_insert(struct zwg_allowedips *table, const struct zwg_prefix *prefix,
			  uint32_t peer);

/** Takes exactly @a prefix from @a peer. -EINVAL, or -ENOENT if the peer does not have it. */
int zwg_allowedips_remove(struct zwg_allowedips *table, const struct zwg_prefix *prefix,
			  uint32_t peer);

/** Takes every prefix from @a peer. */
void zwg_allowedips_remove_peer(struct zwg_allowedips *table, uint32_t peer);

/** The peer with the longest prefix of the address: @a family's 4 or 16 bytes at @a addr, at any
 *  alignment. ZWG_NO_PEER if there is none. */
uint32_t zwg_allowedips_lookup(const struct zwg_allowedips *table, enum zwg_family family,
			       const uint8_t *addr);

/** Walks a peer's prefixes; *cursor is 0 at first. False when there are no more. */
bool zwg_allowedips_next(const struct zwg_allowedips *table, uint32_t peer, uint32_t *cursor,
			 struct zwg_prefix *prefix);

#endif
