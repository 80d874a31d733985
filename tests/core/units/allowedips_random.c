/* SPDX-License-Identifier: MIT */
/*
 * Cryptokey routing at the size of the Linux kernel's own random test (selftest/allowedips.c):
 * 2,000 peers, and for each family 400 random prefixes with 100 variants of each, which share its
 * first bits. The model is a table of whole prefixes; a look-up in it tries every length, the
 * longest first. That test looks up 1,200,000 addresses before each removal, which takes hours.
 */
#include "allowedips_support.h"

#define PREFIXES   400
#define VARIANTS   100
#define LOOKUPS	   400000
#define AT_REMOVAL 100 /* After each removal of a peer. */
#define SLOTS	   (1U << 18)

_Static_assert(ZWG_MAX_PEERS == 2000, "as the reference has them");
_Static_assert(ZWG_MAX_ALLOWED_IPS >= 2 * PREFIXES * (VARIANTS + 1), "all must have room");
_Static_assert(SLOTS > 2 * ZWG_MAX_ALLOWED_IPS, "the table of the model must not become full");

/* The bits of a prefix, the first of them the highest, and zeros. */
struct key {
	uint64_t high, low;
	uint32_t bits, family;
};

static struct slot {
	struct key key;
	uint32_t peer;
	bool used;
} model[SLOTS];
static uint32_t model_count;
static struct zwg_addr known[2 * PREFIXES * (VARIANTS + 1)];
static uint32_t known_count;

static uint64_t first_bits(const uint8_t *bytes, unsigned int bits)
{
	uint64_t word = 0;

	for (unsigned int i = 0; i < 8; i++)
		word = word << 8 | bytes[i];
	return bits == 0 ? 0 : bits >= 64 ? word : word & ~(UINT64_MAX >> bits);
}

static struct key key_of(const struct zwg_addr *addr, unsigned int bits)
{
	return (struct key){
		.high = first_bits(addr->bytes, bits),
		.low = first_bits(addr->bytes + 8, bits < 64 ? 0 : bits - 64),
		.bits = bits,
		.family = addr->family,
	};
}

/* The slot of a prefix, or the one where it would be. */
static struct slot *slot_of(const struct key *key)
{
	uint64_t hash = (key->high ^ key->bits) * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ hash >> 32 ^ key->low ^ key->family) * UINT64_C(0xbf58476d1ce4e5b9);
	for (hash ^= hash >> 32;; hash++) {
		struct slot *slot = &model[hash % SLOTS];

		if (!slot->used || (slot->key.high == key->high && slot->key.low == key->low &&
				    slot->key.bits == key->bits && slot->key.family == key->family))
			return slot;
	}
}

static uint32_t model_lookup(const struct zwg_addr *addr)
{
	for (unsigned int bits = zwg_family_bits(addr->family) + 1; bits-- > 0;) {
		struct key key = key_of(addr, bits);
		const struct slot *slot = slot_of(&key);

		if (slot->used && slot->peer != ZWG_NO_PEER)
			return slot->peer;
	}
	return ZWG_NO_PEER;
}

/* A removed prefix keeps its slot, or others could not be found. */
static uint32_t model_remove_peer(uint32_t peer)
{
	uint32_t removed = 0;

	for (uint32_t i = 0; i < SLOTS; i++) {
		if (model[i].used && model[i].peer == peer) {
			model[i].peer = ZWG_NO_PEER;
			removed++;
		}
	}
	return removed;
}

static struct zwg_addr random_addr(uint8_t family)
{
	struct zwg_addr addr = {.family = family};

	for (unsigned int i = 0; i < zwg_family_bits(family) / 8; i++)
		addr.bytes[i] = (uint8_t)test_random();
	return addr;
}

/* Shares the first bits of @a addr, however many. */
static struct zwg_addr variant_of(const struct zwg_addr *addr)
{
	unsigned int bits = (unsigned int)test_random_below(zwg_family_bits(addr->family));
	struct zwg_addr variant = random_addr(addr->family);

	memcpy(variant.bytes, addr->bytes, bits / 8);
	for (unsigned int bit = bits / 8 * 8; bit < bits; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		variant.bytes[bit / 8] =
			(uint8_t)((variant.bytes[bit / 8] & ~mask) | (addr->bytes[bit / 8] & mask));
	}
	return variant;
}

static void add(const struct zwg_addr *addr)
{
	unsigned int bits = 1 + (unsigned int)test_random_below(zwg_family_bits(addr->family));
	uint32_t peer = (uint32_t)test_random_below(ZWG_MAX_PEERS);
	struct zwg_prefix prefix = {.addr = *addr, .bits = (uint8_t)bits};
	struct key key = key_of(addr, bits);
	struct slot *slot = slot_of(&key);

	CHECK_INT(zwg_allowedips_insert(&table, &prefix, peer), 0);
	model_count += !slot->used;
	*slot = (struct slot){.key = key, .peer = peer, .used = true};
	known[known_count++] = *addr;
}

static void fill(uint8_t family)
{
	for (unsigned int i = 0; i < PREFIXES; i++) {
		struct zwg_addr addr = random_addr(family);

		add(&addr);
		for (unsigned int k = 0; k < VARIANTS; k++) {
			struct zwg_addr variant = variant_of(&addr);

			add(&variant);
		}
	}
}

/* Of any address, and of some that are near prefixes, which most IPv6 addresses are not. */
static uint32_t look_up(uint32_t count)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct zwg_addr addr = random_addr(test_random() & 1 ? ZWG_AF_INET : ZWG_AF_INET6);
		uint32_t want;

		if (i % 2 == 0)
			addr = variant_of(&known[test_random_below(known_count)]);
		want = model_lookup(&addr);
		found += want != ZWG_NO_PEER;
		if (lookup_addr(&addr) != want)
			CHECK_INT(lookup_addr(&addr), want);
	}
	return found;
}

static void test_random_routes(void)
{
	reset();
	fill(ZWG_AF_INET);
	fill(ZWG_AF_INET6);
	CHECK_INT(table.prefixes, model_count);
	CHECK(model_count > PREFIXES * VARIANTS);
	check_invariants();
	CHECK(look_up(LOOKUPS) > LOOKUPS / 4);
	for (uint32_t peer = 0; peer < ZWG_MAX_PEERS; peer++) {
		test_case("removal of peer %u", peer);
		zwg_allowedips_remove_peer(&table, peer);
		model_count -= model_remove_peer(peer);
		CHECK_INT(table.prefixes, model_count);
		look_up(AT_REMOVAL);
	}
	check_invariants();
	CHECK_INT(model_count, 0);
	CHECK_INT(look_up(AT_REMOVAL), 0);
}

static const struct test tests[] = {
	{"agrees with a table of prefixes at the reference's size", test_random_routes},
};
TEST_MAIN(tests)
