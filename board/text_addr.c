/* SPDX-License-Identifier: MIT */
/* Addresses and prefixes as text: IPv6 read by RFC 4291 section 2.2, written by RFC 5952. */
#include <errno.h>
#include <string.h>

#include "text.h"

static bool ipv4_parse(const char *text, size_t len, uint8_t bytes[4])
{
	size_t i = 0;

	for (size_t n = 0; n < 4; n++) {
		size_t start = i;
		uint32_t value = 0;

		if (n > 0) {
			if (i == len || text[i] != '.') {
				return false;
			}
			start = ++i;
		}
		while (i < len && text[i] >= '0' && text[i] <= '9' && i - start < 3) {
			value = value * 10 + (uint32_t)(text[i++] - '0');
		}
		if (i == start || value > 255 || (text[start] == '0' && i - start > 1)) {
			return false;
		}
		bytes[n] = (uint8_t)value;
	}
	return i == len;
}

/* -1 if it is none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

static bool ipv6_parse(const char *text, size_t len, uint8_t out[16])
{
	uint8_t bytes[16] = {0};
	size_t n = 0;	 /* Bytes read. */
	size_t gap = 17; /* Where "::" stands among them; 17: nowhere yet. */
	size_t i = 0;

	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		gap = 0;
		i = 2;
	}
	while (i < len) {
		uint32_t word = 0;
		size_t start = i;

		while (i < len && i - start < 4 && hex_digit(text[i]) >= 0) {
			word = word << 4 | (uint32_t)hex_digit(text[i++]);
		}
		if (i < len && text[i] == '.') {
			if (n > 12 || !ipv4_parse(text + start, len - start, bytes + n)) {
				return false;
			}
			n += 4;
			break;
		}
		if (i == start || n > 14) {
			return false;
		}
		bytes[n++] = (uint8_t)(word >> 8);
		bytes[n++] = (uint8_t)word;
		if (i == len) {
			break;
		}
		if (text[i++] != ':' || i == len) {
			return false;
		}
		if (text[i] == ':') {
			if (gap != 17) {
				return false;
			}
			gap = n;
			i++;
		}
	}
	if (gap == 17 ? n != 16 : n > 14) {
		return false;
	}
	memset(out, 0, 16);
	if (gap == 17) {
		gap = 16;
	}
	memcpy(out, bytes, gap);
	memcpy(out + 16 - (n - gap), bytes + gap, n - gap);
	return true;
}

bool zwg_addr_parse(const char *text, size_t len, struct zwg_addr *addr)
{
	struct zwg_addr parsed = {.family = ZWG_AF_INET};

	if (!ipv4_parse(text, len, parsed.bytes)) {
		parsed.family = ZWG_AF_INET6;
		if (!ipv6_parse(text, len, parsed.bytes)) {
			return false;
		}
	}
	*addr = parsed;
	return true;
}

static size_t ipv4_format(const uint8_t bytes[4], char *text)
{
	size_t len = 0;

	for (size_t i = 0; i < 4; i++) {
		char digits[ZWG_NUMBER_TEXT_SIZE];
		size_t count = zwg_number_format(bytes[i], digits);

		if (i > 0) {
			text[len++] = '.';
		}
		memcpy(text + len, digits, count);
		len += count;
	}
	text[len] = '\0';
	return len;
}

/* The first of the longest runs of at least two zero words (RFC 5952 section 4.2). */
static void longest_zero_run(const uint8_t bytes[16], size_t *first, size_t *count)
{
	size_t run = 0;

	*first = 8;
	*count = 1;
	for (size_t i = 0; i < 8; i++) {
		run = (bytes[2 * i] | bytes[2 * i + 1]) == 0 ? run + 1 : 0;
		if (run > *count) {
			*count = run;
			*first = i + 1 - run;
		}
	}
}

static size_t word_format(uint32_t word, char *text)
{
	size_t len = 0;

	for (int shift = 12; shift >= 0; shift -= 4) {
		uint32_t digit = word >> shift & 15;

		if (len > 0 || digit > 0 || shift == 0) {
			text[len++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
		}
	}
	return len;
}

static size_t ipv6_format(const uint8_t bytes[16], char *text)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	size_t first;
	size_t count;
	size_t len = 0;

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		memcpy(text, "::ffff:", 7);
		return 7 + ipv4_format(bytes + 12, text + 7);
	}
	longest_zero_run(bytes, &first, &count);
	for (size_t i = 0; i < 8;) {
		if (i == first) {
			text[len++] = ':';
			i += count;
			if (i == 8) {
				text[len++] = ':';
			}
			continue;
		}
		if (i > 0) {
			text[len++] = ':';
		}
		len += word_format((uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1], text + len);
		i++;
	}
	text[len] = '\0';
	return len;
}

size_t zwg_addr_format(const struct zwg_addr *addr, char text[ZWG_ADDR_TEXT_SIZE])
{
	if (addr->family == ZWG_AF_INET) {
		return ipv4_format(addr->bytes, text);
	}
	if (addr->family == ZWG_AF_INET6) {
		return ipv6_format(addr->bytes, text);
	}
	text[0] = '\0';
	return 0;
}

int zwg_prefix_parse(const char *text, size_t len, struct zwg_prefix *prefix)
{
	const char *slash = len > 0 ? memchr(text, '/', len) : NULL;
	size_t addr_len = slash != NULL ? (size_t)(slash - text) : len;
	struct zwg_prefix parsed;
	uint64_t bits;

	if (!zwg_addr_parse(text, addr_len, &parsed.addr)) {
		return -EINVAL;
	}
	bits = zwg_family_bits(parsed.addr.family);
	if (slash != NULL && !zwg_number_parse(slash + 1, len - addr_len - 1, 0, bits, &bits)) {
		prefix->addr.family = parsed.addr.family;
		return -ERANGE;
	}
	parsed.bits = (uint8_t)bits;
	*prefix = parsed;
	return 0;
}

size_t zwg_prefix_format(const struct zwg_prefix *prefix, char text[ZWG_PREFIX_TEXT_SIZE])
{
	char digits[ZWG_NUMBER_TEXT_SIZE];
	size_t len = zwg_addr_format(&prefix->addr, text);
	size_t count = zwg_number_format(prefix->bits, digits);

	text[len++] = '/';
	memcpy(text + len, digits, count + 1);
	return len + count;
}
