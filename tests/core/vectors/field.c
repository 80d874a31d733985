/* SPDX-License-Identifier: MIT */
/*
 * The field of X25519 at the bounds that its header states, where the published vectors hardly
 * ever come: operands of the largest loose limbs, against a slow reference in bytes.
 */
#include "test.h"

#ifdef __SIZEOF_INT128__
#include "crypto/portable/fe51.h"
typedef uint64_t fe_limb;
#else
#include "crypto/portable/fe25.h"
typedef uint32_t fe_limb;
#endif

#define LIMBS (sizeof(struct fe) / sizeof(fe_limb))

/* The weight of limb i is 2^bit(i); bit(LIMBS) is 255. */
static unsigned int bit(size_t i)
{
	return (unsigned int)((255 * i + LIMBS - 1) / LIMBS);
}

/* The greatest limb i that is tight (1.01 times its width) or loose (3.01 times). */
static uint64_t greatest(size_t i, bool loose)
{
	return ((loose ? 301 : 101) * ((uint64_t)1 << (bit(i + 1) - bit(i))) - 1) / 100;
}

/* A number below 2^320 as 40 digits of 8 bits, with room for sums of products of digits. */
struct number {
	uint64_t digit[80];
};

static void carry(struct number *n)
{
	for (size_t i = 0; i + 1 < TEST_COUNT(n->digit); i++) {
		n->digit[i + 1] += n->digit[i] >> 8;
		n->digit[i] &= 0xff;
	}
}

static struct number number(const struct fe *f)
{
	struct number n = {{0}};

	for (size_t i = 0; i < LIMBS; i++) {
		uint64_t limb = f->v[i];

		for (size_t at = bit(i) / 8, shift = bit(i) % 8; limb > 0; at++) {
			n.digit[at] += (limb & 0xff) << shift;
			limb >>= 8;
		}
	}
	carry(&n);
	return n;
}

static struct number product(const struct number *a, const struct number *b)
{
	struct number n = {{0}};

	for (size_t i = 0; i < 40; i++) {
		for (size_t j = 0; j < 40; j++) {
			n.digit[i + j] += a->digit[i] * b->digit[j];
		}
	}
	carry(&n);
	return n;
}

/* n modulo 2^255 - 19: what lies above bit 255 comes back 19 times, until nothing does. */
static void reduce(uint8_t out[32], struct number n)
{
	for (unsigned int round = 0; round < 6; round++) {
		struct number low = {{0}};

		for (size_t i = 0; i < 32; i++) {
			low.digit[i] = n.digit[i];
		}
		low.digit[31] &= 0x7f;
		for (size_t i = 31; i + 1 < TEST_COUNT(n.digit); i++) {
			uint64_t high = n.digit[i] >> 7 | (n.digit[i + 1] << 1 & 0xff);

			low.digit[i - 31] += 19 * high;
		}
		carry(&low);
		n = low;
	}
	/* n < 2^255 now, so n - p is n + 19 without bit 255, if that is set. */
	for (unsigned int pass = 0; pass < 2; pass++) {
		struct number less = n;

		less.digit[0] += 19;
		carry(&less);
		if (less.digit[31] >= 0x80) {
			less.digit[31] &= 0x7f;
			n = less;
		}
	}
	for (size_t i = 0; i < 32; i++) {
		out[i] = (uint8_t)n.digit[i];
	}
}

/* An element whose limbs are the greatest allowed, 0, or random, each by chance. */
static struct fe element(bool loose, bool all_greatest)
{
	struct fe f;

	for (size_t i = 0; i < LIMBS; i++) {
		uint64_t most = greatest(i, loose);
		size_t kind = all_greatest ? 0 : test_random_below(3);
		uint64_t limb = kind == 0 ? most : kind == 1 ? 0 : test_random() % (most + 1);

		f.v[i] = (fe_limb)limb;
	}
	return f;
}

static void check_tight(const struct fe *f)
{
	for (size_t i = 0; i < LIMBS; i++) {
		CHECK(f->v[i] <= greatest(i, false));
	}
}

static void check_value(const struct fe *f, const struct number *want)
{
	uint8_t got[32], bytes[32];

	fe_to_bytes(got, f);
	reduce(bytes, *want);
	CHECK_MEM(got, bytes, 32);
}

static void products(void)
{
	for (unsigned int i = 0; i < 3000; i++) {
		struct fe f = element(true, i == 0), g = element(true, i == 0), h;
		struct number a = number(&f), b = number(&g), want;

		test_case("operands %u", i);
		want = product(&a, &b);
		fe_mul(&h, &f, &g);
		check_tight(&h);
		check_value(&h, &want);

		want = product(&a, &a);
		fe_sq(&h, &f);
		check_tight(&h);
		check_value(&h, &want);

		memset(&want, 0, sizeof(want));
		for (size_t j = 0; j < 40; j++) {
			want.digit[j] = 121665 * a.digit[j];
		}
		carry(&want);
		fe_mul_small(&h, &f, 121665);
		check_tight(&h);
		check_value(&h, &want);

		fe_mul(&f, &f, &f);
		fe_sq(&g, &g);
		check_tight(&f);
		check_tight(&g);
	}
}

/* Sums and differences are loose, so they are seen through a product by 1. */
static void sums_and_differences(void)
{
	const struct fe one = {.v = {1}};

	for (unsigned int i = 0; i < 3000; i++) {
		struct fe f = element(false, i == 0), g = element(false, i <= 1), h, seen;
		struct number a = number(&f), b = number(&g), got, want;

		test_case("operands %u", i);
		want = a;
		for (size_t j = 0; j < 40; j++) {
			want.digit[j] += b.digit[j];
		}
		carry(&want);
		fe_add(&h, &f, &g);
		for (size_t j = 0; j < LIMBS; j++) {
			CHECK(h.v[j] <= greatest(j, true));
		}
		fe_mul(&seen, &h, &one);
		check_value(&seen, &want);

		/* (f - g) + g = f, in numbers. */
		fe_sub(&h, &f, &g);
		for (size_t j = 0; j < LIMBS; j++) {
			CHECK(h.v[j] <= greatest(j, true));
		}
		got = number(&h);
		for (size_t j = 0; j < 40; j++) {
			got.digit[j] += b.digit[j];
		}
		carry(&got);
		fe_mul(&seen, &f, &one);
		check_value(&seen, &got);
	}
}

/* Bytes that stand for 2^255 - 19 + k are read as k, and k is written. */
static void canonical_form(void)
{
	for (unsigned int k = 0; k < 19; k++) {
		for (unsigned int top = 0; top < 2; top++) {
			uint8_t in[32], out[32];
			struct fe f;

			test_case("p + %u, bit 255 %u", k, top);
			memset(in, 0xff, sizeof(in));
			in[0] = (uint8_t)(0xed + k);
			in[31] = (uint8_t)(0x7f | top << 7);
			fe_from_bytes(&f, in);
			check_tight(&f);
			fe_to_bytes(out, &f);
			CHECK_INT(out[0], k);
			CHECK_ZERO(out + 1, 31);
		}
	}
	for (unsigned int i = 0; i < 1000; i++) {
		uint8_t in[32], out[32];
		struct fe f;

		test_case("bytes %u", i);
		test_random_bytes(in, sizeof(in));
		in[31] &= 0x7f;
		in[0] = (uint8_t)(in[0] % 0xed);
		fe_from_bytes(&f, in);
		fe_to_bytes(out, &f);
		CHECK_MEM(out, in, 32);
	}
}

static void conditional_swap(void)
{
	for (uint32_t swap = 0; swap < 2; swap++) {
		struct fe a = element(true, false), b = element(true, false), f = a, g = b;

		test_case("swap %u", (unsigned int)swap);
		fe_cswap(&f, &g, swap);
		CHECK_MEM(&f, swap ? &b : &a, sizeof(f));
		CHECK_MEM(&g, swap ? &a : &b, sizeof(g));
	}
}

static const struct test tests[] = {
	{"products of the greatest loose limbs are right and tight", products},
	{"sums and differences of the greatest tight limbs are right and loose",
	 sums_and_differences},
	{"bytes have one canonical form", canonical_form},
	{"the conditional swap", conditional_swap},
};

TEST_MAIN(tests)
