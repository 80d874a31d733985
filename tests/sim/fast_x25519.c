/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for X25519 that costs one BLAKE2s: for simulations, where the DH must only be
 * commutative and hard to hit by accident. A public key is the private key under a mask, so it
 * hides nothing at all.
 */
#include <errno.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/secret.h"

static void clamp(uint8_t out[32], const uint8_t scalar[32])
{
	memcpy(out, scalar, 32);
	out[0] &= 248;
	out[31] = (uint8_t)((out[31] & 127) | 64);
}

static void mask(uint8_t out[32], const uint8_t in[32])
{
	for (int i = 0; i < 32; i++)
		out[i] = in[i] ^ (uint8_t)(0x5a + 29 * i);
}

int zwg_x25519_base(uint8_t out[32], const uint8_t scalar[32])
{
	uint8_t clamped[32];

	clamp(clamped, scalar);
	mask(out, clamped);
	return 0;
}

int zwg_x25519(uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32])
{
	uint8_t ours[32], theirs[32], both[64];

	if (zwg_is_zero(point, 32)) {
		memset(out, 0, 32);
		return -EINVAL;
	}
	clamp(ours, scalar);
	mask(theirs, point);
	for (int i = 0; i < 32; i++) {
		both[i] = (uint8_t)(ours[i] + theirs[i]);
		both[32 + i] = ours[i] ^ theirs[i];
	}
	return zwg_blake2s(out, 32, NULL, 0, both, sizeof(both));
}
