/* SPDX-License-Identifier: MIT */
/* Addresses, endpoints and prefixes: what makes two the same, and what masking clears. */
#include <zwg/addr.h>

#include "test.h"

static struct zwg_addr addr_of(uint8_t family, const char *hex)
{
	struct zwg_addr addr = {.family = family};

	REQUIRE(test_unhex(addr.bytes, sizeof(addr.bytes), hex) == zwg_family_bits(family) / 8);
	return addr;
}

static void test_addr_equal(void)
{
	struct zwg_addr none = {0};

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint8_t family = v6 ? ZWG_AF_INET6 : ZWG_AF_INET;
		unsigned int bits = zwg_family_bits(family);
		struct zwg_addr a = {.family = family};
		struct zwg_addr b;

		test_random_bytes(a.bytes, bits / 8);
		b = a;
		CHECK(zwg_addr_equal(&a, &b));
		for (unsigned int bit = 0; bit < bits; bit++) {
			b = a;
			b.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(!zwg_addr_equal(&a, &b));
		}
		b = a;
		b.family = v6 ? ZWG_AF_INET : ZWG_AF_INET6;
		CHECK(!zwg_addr_equal(&a, &b));
		CHECK(!zwg_addr_equal(&a, &none));
	}
	CHECK(zwg_addr_equal(&none, &none));
}

static void test_addr_ignores_unused_bytes(void)
{
	struct zwg_addr a = addr_of(ZWG_AF_INET, "0a000001");
	struct zwg_addr b = a;

	b.bytes[4] = 1;
	b.bytes[15] = 1;
	CHECK(zwg_addr_equal(&a, &b));
}

static void test_endpoint_equal(void)
{
	const struct zwg_endpoint a = {
		.addr = addr_of(ZWG_AF_INET6, "fe800000000000000000000000000001"),
		.port = 51820,
		.scope = 2,
		.src = addr_of(ZWG_AF_INET6, "fe800000000000000000000000000002"),
		.src_if = 2,
	};
	struct zwg_endpoint b = a;

	CHECK(zwg_endpoint_equal(&a, &b));
	b.addr.bytes[15]++;
	CHECK(!zwg_endpoint_equal(&a, &b));
	b = a;
	b.port ^= 0x100;
	CHECK(!zwg_endpoint_equal(&a, &b));
	b = a;
	b.scope = 3;
	CHECK(!zwg_endpoint_equal(&a, &b));
	b = a;
	b.src = (struct zwg_addr){0};
	b.src_if = 0;
	CHECK(zwg_endpoint_equal(&a, &b));
}

static void test_mask_every_length(void)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint8_t family = v6 ? ZWG_AF_INET6 : ZWG_AF_INET;
		unsigned int max = zwg_family_bits(family);

		for (unsigned int bits = 0; bits <= max; bits++) {
			struct zwg_prefix prefix = {.addr.family = family, .bits = (uint8_t)bits};

			test_case("family %u, /%u", family, bits);
			memset(prefix.addr.bytes, 0xff, sizeof(prefix.addr.bytes));
			CHECK(zwg_prefix_mask(&prefix));
			CHECK_INT(prefix.bits, bits);
			CHECK_INT(prefix.addr.family, family);
			for (unsigned int bit = 0; bit < 128; bit++) {
				CHECK_INT(prefix.addr.bytes[bit / 8] >> (7 - bit % 8) & 1,
					  bit < bits);
			}
		}
	}
}

static void test_mask_refuses(void)
{
	static const struct {
		uint8_t family, bits;
	} bad[] = {{ZWG_AF_NONE, 0},   {ZWG_AF_NONE, 8},    {5, 0},
		   {ZWG_AF_INET, 33},  {ZWG_AF_INET6, 129}, {ZWG_AF_INET, 128},
		   {ZWG_AF_INET, 255}, {ZWG_AF_INET6, 255}};

	for (size_t i = 0; i < TEST_COUNT(bad); i++) {
		struct zwg_prefix prefix, before;

		memset(&prefix, 0xff, sizeof(prefix));
		prefix.addr.family = bad[i].family;
		prefix.bits = bad[i].bits;
		before = prefix;
		test_case("family %u, /%u", bad[i].family, bad[i].bits);
		CHECK(!zwg_prefix_mask(&prefix));
		CHECK_MEM(&prefix, &before, sizeof(prefix));
	}
}

static const struct test tests[] = {
	{"addresses are equal by family and every bit", test_addr_equal},
	{"bytes beyond an IPv4 address do not count", test_addr_ignores_unused_bytes},
	{"endpoints are equal by address, port and scope", test_endpoint_equal},
	{"masking keeps the leading bits and clears the rest", test_mask_every_length},
	{"masking refuses a bad family or length and changes nothing", test_mask_refuses},
};
TEST_MAIN(tests)
