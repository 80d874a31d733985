/* SPDX-License-Identifier: MIT */
/*
 * Token buckets by source (paper section 5.3), counted in milliseconds: a bucket holds 250, gains
 * one each millisecond, and a handshake costs 50. The table is searched by linear probing from a
 * keyed hash. Nothing is ever removed from it: a bucket that is full again is overwritten, in its
 * place, by the first newcomer that passes it on its way. So a place once used stays in use, a
 * search ends at the first that never was, and it takes at most ZWG_RATELIMIT_ENTRIES steps.
 */
#include "crypto/bytes.h"
#include "ratelimiter.h"

#define COST 50U
#define FULL 250U

/* MurmurHash3's finalizer: a bijection in which every bit of the input moves every bit. */
static uint32_t mix(uint32_t h)
{
	h ^= h >> 16;
	h *= UINT32_C(0x85ebca6b);
	h ^= h >> 13;
	h *= UINT32_C(0xc2b2ae35);
	return h ^ h >> 16;
}

static uint32_t place_of(const struct zwg_ratelimiter *table, uint64_t network, uint8_t family)
{
	uint32_t h = mix(table->seed ^ (uint32_t)network);

	return mix((h ^ (uint32_t)(network >> 32)) + family) % ZWG_RATELIMIT_ENTRIES;
}

static uint32_t tokens_at(const struct zwg_bucket *bucket, zwg_time now)
{
	zwg_time idle = now - bucket->last;

	return idle >= FULL - bucket->tokens ? FULL : bucket->tokens + (uint32_t)idle;
}

/* The bucket of the network; else a place for it, made a full bucket; else NULL. */
static struct zwg_bucket *bucket_of(struct zwg_ratelimiter *table, uint64_t network, uint8_t family,
				    zwg_time now)
{
	struct zwg_bucket *vacant = NULL;
	uint32_t place = place_of(table, network, family);

	for (uint32_t i = 0; i < ZWG_RATELIMIT_ENTRIES; i++) {
		struct zwg_bucket *bucket = &table->buckets[place];

		if (bucket->family == family && bucket->network == network) {
			return bucket;
		}
		if (vacant == NULL &&
		    (bucket->family == ZWG_AF_NONE || tokens_at(bucket, now) == FULL)) {
			vacant = bucket;
		}
		if (bucket->family == ZWG_AF_NONE) {
			break;
		}
		place = place + 1 == ZWG_RATELIMIT_ENTRIES ? 0 : place + 1;
	}
	if (vacant != NULL) {
		*vacant = (struct zwg_bucket){
			.network = network, .last = now, .tokens = FULL, .family = family};
	}
	return vacant;
}

bool zwg_ratelimiter_allow(struct zwg_ratelimiter *table, const struct zwg_addr *addr, zwg_time now)
{
	struct zwg_bucket *bucket;
	uint64_t network;
	uint32_t tokens;
	bool allowed;

	switch (addr->family) {
	case ZWG_AF_INET:
		network = zwg_get_be32(addr->bytes);
		break;
	case ZWG_AF_INET6:
		network = zwg_get_be64(addr->bytes);
		break;
	default:
		return false;
	}
	bucket = bucket_of(table, network, addr->family, now);
	if (bucket == NULL) {
		return false;
	}
	tokens = tokens_at(bucket, now);
	allowed = tokens >= COST;
	bucket->last = now;
	bucket->tokens = (uint16_t)(allowed ? tokens - COST : tokens);
	return allowed;
}
