/* SPDX-License-Identifier: MIT */
/*
 * Keys in base64 (RFC 4648 section 4). A private key may pass through here, so that neither a
 * branch nor an index depends on a character: every range is turned into a mask by arithmetic.
 */
#include <string.h>

#include "crypto/secret.h"
#include "text.h"

/* All ones if lo <= c <= hi, else zero; the operands are below 2^31. */
static uint32_t in_range(uint32_t c, uint32_t lo, uint32_t hi)
{
	return (((c - lo) | (hi - c)) >> 31) - 1;
}

/* The six bits that a character stands for; bit 31 is set if it stands for none. */
static uint32_t sextet_decode(char character)
{
	uint32_t c = (unsigned char)character;
	uint32_t plus_1 = 0;

	plus_1 |= in_range(c, 'A', 'Z') & (c - 'A' + 1);
	plus_1 |= in_range(c, 'a', 'z') & (c - 'a' + 27);
	plus_1 |= in_range(c, '0', '9') & (c - '0' + 53);
	plus_1 |= in_range(c, '+', '+') & 63;
	plus_1 |= in_range(c, '/', '/') & 64;
	return plus_1 - 1;
}

static char sextet_encode(uint32_t v)
{
	uint32_t c = 0;

	v &= 63;
	c |= in_range(v, 0, 25) & (v + 'A');
	c |= in_range(v, 26, 51) & (v - 26 + 'a');
	c |= in_range(v, 52, 61) & (v - 52 + '0');
	c |= in_range(v, 62, 62) & '+';
	c |= in_range(v, 63, 63) & '/';
	return (char)c;
}

bool zwg_key_parse(const char *text, size_t len, uint8_t key[32])
{
	uint8_t bytes[33];
	uint32_t bad = 0;
	bool valid;

	if (len != ZWG_KEY_TEXT_LEN || text[ZWG_KEY_TEXT_LEN - 1] != '=') {
		return false;
	}
	for (size_t group = 0; group < 11; group++) {
		uint32_t bits = 0;

		for (size_t i = 0; i < 4; i++) {
			size_t at = 4 * group + i;
			uint32_t v = at < ZWG_KEY_TEXT_LEN - 1 ? sextet_decode(text[at]) : 0;

			bad |= v >> 31;
			bits = bits << 6 | (v & 63);
		}
		bytes[3 * group] = (uint8_t)(bits >> 16);
		bytes[3 * group + 1] = (uint8_t)(bits >> 8);
		bytes[3 * group + 2] = (uint8_t)bits;
	}
	bad |= bytes[32];
	valid = bad == 0;
	if (valid) {
		memcpy(key, bytes, 32);
	}
	zwg_wipe(bytes, sizeof(bytes));
	return valid;
}

size_t zwg_key_format(const uint8_t key[32], char text[ZWG_KEY_TEXT_SIZE])
{
	for (size_t group = 0; group < 11; group++) {
		uint32_t bits = (uint32_t)key[3 * group] << 16 | (uint32_t)key[3 * group + 1] << 8;

		if (group < 10) {
			bits |= key[3 * group + 2];
		}
		for (size_t i = 0; i < 4; i++) {
			text[4 * group + i] = sextet_encode(bits >> (18 - 6 * i));
		}
	}
	text[ZWG_KEY_TEXT_LEN - 1] = '=';
	text[ZWG_KEY_TEXT_LEN] = '\0';
	return ZWG_KEY_TEXT_LEN;
}
