/* SPDX-License-Identifier: MIT */
/* Cryptokey routing against its definition: a list of prefixes, searched for the longest match. */
#include <errno.h>

#include "allowedips_support.h"

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
	struct zwg_prefix prefix = {.addr.family = test_random() & 1 ? ZWG_AF_INET : ZWG_AF_INET6};
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
	for (unsigned int step = 0; step < 5 * phase; step++) {
		bool filling = step / phase % 2 == 0;

		test_case("step %u", step);
		model_step(test_random_below(10) < (filling ? 9U : 3U));
		if (step % phase == phase / 2 && !filling) {
			model_remove_peer((uint32_t)test_random_below(ZWG_MAX_PEERS));
		}
		if (step % (phase / 8 + 1) == 0) {
			compare_with_model(300);
		}
	}
	CHECK(model_count > ZWG_MAX_ALLOWED_IPS / 2);
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
	{"agrees with a list of prefixes", test_differential},
};
TEST_MAIN(tests)
