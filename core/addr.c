/* SPDX-License-Identifier: MIT */
/*
 * Addresses, prefixes and endpoints compared and masked. Bytes that a family does not use never
 * decide anything here, and masking clears them.
 */
#include <string.h>

#include <zwg/addr.h>

bool zwg_addr_equal(const struct zwg_addr *a, const struct zwg_addr *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, zwg_family_bits(a->family) / 8) == 0;
}

bool zwg_endpoint_equal(const struct zwg_endpoint *a, const struct zwg_endpoint *b)
{
	return zwg_addr_equal(&a->addr, &b->addr) && a->port == b->port && a->scope == b->scope;
}

bool zwg_prefix_mask(struct zwg_prefix *prefix)
{
	unsigned int max = zwg_family_bits(prefix->addr.family);
	size_t whole = prefix->bits / 8U;
	unsigned int rest = prefix->bits % 8U;

	if (max == 0 || prefix->bits > max) {
		return false;
	}
	if (rest > 0) {
		prefix->addr.bytes[whole] &= (uint8_t)(0xff00U >> rest);
		whole++;
	}
	memset(prefix->addr.bytes + whole, 0, sizeof(prefix->addr.bytes) - whole);
	return true;
}
