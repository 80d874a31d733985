/* SPDX-License-Identifier: MIT */
/*
 * X25519: the vectors of RFC 7748 sections 5.2 and 6.1, the points of low order that section 6.1
 * has us refuse, and what crypto.h promises of aliasing and clamping.
 */
#include <errno.h>

#include "test.h"

#include "crypto/crypto.h"

#define P_MINUS_1 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define P	  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define P_PLUS_1  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define ORDER_8_A "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
#define ORDER_8_B "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"

static const struct {
	const char *scalar, *point, *result;
} vectors[] = {
	{"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
	 "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
	 "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
	{"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
	 "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
	 "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
};

/* All points of order 1, 2, 4 and 8, and what else stands for them: p for 0, p + 1 for 1. Bit 255
 * is ignored, so each has a second form with that bit set. */
static const struct {
	const char *name, *point;
} low_order[] = {
	{"0", "0000000000000000000000000000000000000000000000000000000000000000"},
	{"1", "0100000000000000000000000000000000000000000000000000000000000000"},
	{"order 8, first", ORDER_8_A},
	{"order 8, second", ORDER_8_B},
	{"p - 1", P_MINUS_1},
	{"p", P},
	{"p + 1", P_PLUS_1},
};

static void section_5_2(void)
{
	for (size_t i = 0; i < TEST_COUNT(vectors); i++) {
		uint8_t scalar[32], point[32], out[32];

		test_case("vector %zu", i + 1);
		test_unhex(scalar, 32, vectors[i].scalar);
		test_unhex(point, 32, vectors[i].point);
		CHECK_INT(zwg_x25519(out, scalar, point), 0);
		CHECK_HEX(out, vectors[i].result);
	}
}

/* Checks k after @a count iterations of k, u = X25519(k, u), k that start from the base point. */
static void check_iterated(unsigned int count, const char *result)
{
	uint8_t k[32] = {9}, u[32] = {9}, out[32];
	int err = 0;

	test_case("%u iterations", count);
	for (unsigned int i = 0; i < count && err == 0; i++) {
		err = zwg_x25519(out, k, u);
		memcpy(u, k, 32);
		memcpy(k, out, 32);
	}
	CHECK_INT(err, 0);
	CHECK_HEX(k, result);
}

static void iterated(void)
{
	check_iterated(1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
	check_iterated(1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

static void iterated_long(void)
{
	if (!test_long()) {
		test_skip("takes minutes: make test-long, or ZWG_LONG=1");
		return;
	}
	check_iterated(1000000, "7c3911e0ab2586fd864497297e575e6f3bc601c0883c30df5f4dd2d24f665424");
}

static void section_6_1(void)
{
	static const char *shared =
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
	uint8_t a[32], b[32], a_public[32], b_public[32], out[32];

	test_unhex(a, 32, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
	test_unhex(b, 32, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	CHECK_INT(zwg_x25519_base(a_public, a), 0);
	CHECK_HEX(a_public, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
	CHECK_INT(zwg_x25519_base(b_public, b), 0);
	CHECK_HEX(b_public, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
	CHECK_INT(zwg_x25519(out, a, b_public), 0);
	CHECK_HEX(out, shared);
	CHECK_INT(zwg_x25519(out, b, a_public), 0);
	CHECK_HEX(out, shared);
}

static void low_order_refused(void)
{
	for (size_t i = 0; i < TEST_COUNT(low_order); i++) {
		for (unsigned int top = 0; top < 2; top++) {
			uint8_t scalar[32], point[32], out[32];

			test_case("%s, bit 255 %u", low_order[i].name, top);
			test_random_bytes(scalar, 32);
			test_unhex(point, 32, low_order[i].point);
			point[31] |= (uint8_t)(top << 7);
			memset(out, 0xa5, 32);
			CHECK_INT(zwg_x25519(out, scalar, point), -EINVAL);
			CHECK_ZERO(out, 32);
		}
	}
}

/* Whatever the caller leaves in the bits that clamping fixes, the result is the same. */
static void clamped_inside(void)
{
	uint8_t scalar[32], point[32], want[32], out[32];

	test_random_bytes(scalar, 32);
	test_random_bytes(point, 32);
	CHECK_INT(zwg_x25519(want, scalar, point), 0);
	for (unsigned int bits = 0; bits < 32; bits++) {
		test_case("fixed bits %u", bits);
		scalar[0] = (uint8_t)((scalar[0] & 0xf8) | (bits & 7));
		scalar[31] = (uint8_t)((scalar[31] & 0x3f) | (bits >> 3) << 6);
		CHECK_INT(zwg_x25519(out, scalar, point), 0);
		CHECK_MEM(out, want, 32);
	}
}

static void outputs_may_be_inputs(void)
{
	for (size_t i = 0; i < TEST_COUNT(vectors); i++) {
		uint8_t scalar[32], point[32], base[32];

		test_case("vector %zu", i + 1);
		test_unhex(scalar, 32, vectors[i].scalar);
		test_unhex(point, 32, vectors[i].point);
		CHECK_INT(zwg_x25519(scalar, scalar, point), 0);
		CHECK_HEX(scalar, vectors[i].result);

		test_unhex(scalar, 32, vectors[i].scalar);
		CHECK_INT(zwg_x25519(point, scalar, point), 0);
		CHECK_HEX(point, vectors[i].result);

		CHECK_INT(zwg_x25519_base(base, scalar), 0);
		CHECK_INT(zwg_x25519_base(scalar, scalar), 0);
		CHECK_MEM(scalar, base, 32);
	}
}

static void any_alignment(void)
{
	for (size_t shift = 0; shift < 8; shift++) {
		uint8_t scalar[40], point[40], out[40];

		test_case("alignment %zu", shift);
		test_unhex(scalar + shift, 32, vectors[0].scalar);
		test_unhex(point + shift, 32, vectors[0].point);
		CHECK_INT(zwg_x25519(out + shift, scalar + shift, point + shift), 0);
		CHECK_HEX(out + shift, vectors[0].result);
	}
}

static void both_sides_agree(void)
{
	for (unsigned int i = 0; i < 200; i++) {
		uint8_t a[32], b[32], a_public[32], b_public[32], ab[32], ba[32];

		test_case("pair %u", i);
		test_random_bytes(a, 32);
		test_random_bytes(b, 32);
		CHECK_INT(zwg_x25519_base(a_public, a), 0);
		CHECK_INT(zwg_x25519_base(b_public, b), 0);
		CHECK_INT(zwg_x25519(ab, a, b_public), 0);
		CHECK_INT(zwg_x25519(ba, b, a_public), 0);
		CHECK_MEM(ab, ba, 32);
	}
}

static const struct test tests[] = {
	{"X25519, RFC 7748 5.2", section_5_2},
	{"X25519, RFC 7748 5.2, 1 and 1,000 iterations", iterated},
	{"X25519, RFC 7748 5.2, 1,000,000 iterations", iterated_long},
	{"X25519, RFC 7748 6.1", section_6_1},
	{"points of low order are refused and the output wiped", low_order_refused},
	{"scalars are clamped inside", clamped_inside},
	{"the output may be the scalar or the point", outputs_may_be_inputs},
	{"pointers of any alignment", any_alignment},
	{"both sides of random exchanges agree", both_sides_agree},
};

TEST_MAIN(tests)
