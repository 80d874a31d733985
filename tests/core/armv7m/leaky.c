/* SPDX-License-Identifier: MIT */
/* What the checks for constant time must find: each function lets its secret show in one way. */
#include <stdint.h>

uint32_t leaky_branch(const uint32_t *secret);
uint32_t leaky_address(const uint32_t *secret);
uint64_t leaky_multiply(const uint32_t *secret);
uint32_t leaky_divide(const uint32_t *secret);
uint32_t leaky_helper(const uint32_t *secret);
uint32_t not_leaky(const uint32_t *secret);

static volatile uint32_t table[256];

uint32_t leaky_branch(const uint32_t *secret)
{
	if (secret[0] & 1) {
		table[0] = 1;
		return table[1];
	}
	return 7;
}

uint32_t leaky_address(const uint32_t *secret)
{
	return table[secret[0] & 0xff];
}

uint64_t leaky_multiply(const uint32_t *secret)
{
	return (uint64_t)secret[0] * secret[1];
}

uint32_t leaky_divide(const uint32_t *secret)
{
	return secret[0] / (secret[1] | 1);
}

static __attribute__((noinline)) uint32_t remainder_of(uint32_t x, uint32_t y)
{
	return x % y;
}

uint32_t leaky_helper(const uint32_t *secret)
{
	return remainder_of(secret[0], secret[1] | 1) + 1;
}

uint32_t not_leaky(const uint32_t *secret)
{
	return secret[0] * secret[1] + secret[2];
}
