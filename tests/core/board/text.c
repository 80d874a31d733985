/* SPDX-License-Identifier: MIT */
/*
 * Text helpers: round trips, and every class of bad input. Each text is parsed from a heap copy of
 * exactly its length, so that AddressSanitizer sees a byte read behind it. The C library's
 * inet_pton() and inet_ntop() are the second opinion on addresses.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "board/crc32.h"
#include "board/text.h"
#include "test.h"

static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	REQUIRE(copy != NULL);
	memcpy(copy, text, len);
	return copy;
}

static bool key_parse(const char *text, uint8_t key[32])
{
	char *copy = exact(text, strlen(text));
	bool ok = zwg_key_parse(copy, strlen(text), key);

	free(copy);
	return ok;
}

static bool addr_parse(const char *text, struct zwg_addr *addr)
{
	char *copy = exact(text, strlen(text));
	bool ok = zwg_addr_parse(copy, strlen(text), addr);

	free(copy);
	return ok;
}

static int prefix_parse(const char *text, struct zwg_prefix *prefix)
{
	char *copy = exact(text, strlen(text));
	int err = zwg_prefix_parse(copy, strlen(text), prefix);

	free(copy);
	return err;
}

static int host_port_parse(const char *text, struct zwg_host_port *host_port)
{
	char *copy = exact(text, strlen(text));
	int err = zwg_host_port_parse(copy, strlen(text), host_port);

	free(copy);
	return err;
}

static void keys_known(void)
{
	static const struct {
		const char *hex;
		const char *text;
	} cases[] = {
		{"0000000000000000000000000000000000000000000000000000000000000000",
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		 "//////////////////////////////////////////8="},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
		{"fbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbef",
		 "++++++++++++++++++++++++++++++++++++++++++8="},
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		uint8_t key[32], parsed[32];
		char text[ZWG_KEY_TEXT_SIZE];

		test_unhex(key, sizeof(key), cases[i].hex);
		CHECK_INT(zwg_key_format(key, text), 44);
		CHECK(strcmp(text, cases[i].text) == 0);
		CHECK(key_parse(cases[i].text, parsed));
		CHECK_MEM(parsed, key, 32);
	}
}

static void keys_round_trip(void)
{
	for (int i = 0; i < 2000; i++) {
		uint8_t key[32], parsed[32];
		char text[ZWG_KEY_TEXT_SIZE];

		test_random_bytes(key, sizeof(key));
		zwg_key_format(key, text);
		CHECK(key_parse(text, parsed));
		CHECK_MEM(parsed, key, 32);
	}
}

/* Every byte at every place: what base64 does not allow there is refused and changes nothing. */
static void keys_every_byte(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *good = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	char text[ZWG_KEY_TEXT_SIZE];

	for (size_t at = 0; at < 44; at++) {
		for (int c = 0; c < 256; c++) {
			const char *found = c != 0 ? strchr(alphabet, c) : NULL;
			bool allowed = found != NULL;
			uint8_t key[32];
			char again[ZWG_KEY_TEXT_SIZE];
			char *copy;

			if (at == 43) {
				allowed = c == '=';
			} else if (at == 42) {
				allowed = allowed && (found - alphabet) % 4 == 0;
			}
			memcpy(text, good, sizeof(text));
			text[at] = (char)c;
			memset(key, 0xa5, sizeof(key));
			copy = exact(text, 44);
			test_case("place %zu byte %d", at, c);
			CHECK_INT(zwg_key_parse(copy, 44, key), allowed);
			free(copy);
			if (allowed) {
				zwg_key_format(key, again);
				CHECK_MEM(again, text, 44);
			} else {
				CHECK(key[0] == 0xa5 && memcmp(key, key + 1, 31) == 0);
			}
		}
	}
}

static void keys_lengths(void)
{
	const char *long_text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=AAECAwQFBgcI";

	for (size_t len = 0; len <= strlen(long_text); len++) {
		char *copy = exact(long_text, len);
		uint8_t key[32];

		test_case("length %zu", len);
		CHECK_INT(zwg_key_parse(copy, len, key), len == 44);
		free(copy);
	}
}

static void numbers(void)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0", 0, 0, true, 0},
		{"65535", 1, 65535, true, 65535},
		{"65536", 1, 65535, false, 0},
		{"0", 1, 65535, false, 0},
		{"007", 0, 9, true, 7},
		{"18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", 0, UINT64_MAX, false, 0},
		{"99999999999999999999", 0, UINT64_MAX, false, 0},
		{"000000000000000000001", 0, UINT64_MAX, false, 0},
		{"", 0, 9, false, 0},
		{"-1", 0, UINT64_MAX, false, 0},
		{"+1", 0, 9, false, 0},
		{" 1", 0, 9, false, 0},
		{"1 ", 0, 9, false, 0},
		{"0x1", 0, 9, false, 0},
		{"1\xc2\xb2", 0, 99, false, 0},
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		char *copy = exact(cases[i].text, strlen(cases[i].text));
		uint64_t value = 12345;

		test_case("'%s'", cases[i].text);
		CHECK_INT(zwg_number_parse(copy, strlen(cases[i].text), cases[i].min, cases[i].max,
					   &value),
			  cases[i].ok);
		CHECK(value == (cases[i].ok ? cases[i].value : 12345));
		free(copy);
	}
	for (int i = 0; i < 2000; i++) {
		uint64_t value = test_random() >> test_random_below(64);
		char text[ZWG_NUMBER_TEXT_SIZE];
		char want[32];

		snprintf(want, sizeof(want), "%" PRIu64, value);
		CHECK_INT(zwg_number_format(value, text), strlen(want));
		CHECK(strcmp(text, want) == 0);
	}
}

static void addresses_good(void)
{
	static const struct {
		const char *text;
		const char *written;
	} cases[] = {
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"10.1.1.50", "10.1.1.50"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"0001:0002:0003:0004:0005:0006:0007:0008", "1:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		struct zwg_addr addr;
		char text[ZWG_ADDR_TEXT_SIZE];

		test_case("'%s'", cases[i].text);
		CHECK(addr_parse(cases[i].text, &addr));
		CHECK_INT(zwg_addr_format(&addr, text), strlen(cases[i].written));
		CHECK(strcmp(text, cases[i].written) == 0);
	}
}

static void addresses_bad(void)
{
	static const char *const cases[] = {
		"",
		".",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		"1.2.3.4.5",
		".1.2.3.4",
		"1..2.3",
		"256.1.1.1",
		"1.1.1.1000",
		"01.1.1.1",
		"1.1.1.00",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.a",
		"0x1.2.3.4",
		"-1.2.3.4",
		"1,2,3,4",
		":",
		":::",
		"::1::",
		"1::2::3",
		":1",
		"1:",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"12345::",
		"g::",
		"::1.2.3",
		"::1.2.3.4.5",
		"::1.2.3.256",
		"1.2.3.4::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"::1.2.3.4:5",
		"fe80::1%1",
		"[::1]",
		"::1/64",
		"1::2:",
		"1:::2",
		"::01.2.3.4",
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		struct zwg_addr addr = {.family = 99};

		test_case("'%s'", cases[i]);
		CHECK(!addr_parse(cases[i], &addr));
		CHECK_INT(addr.family, 99);
	}
}

static size_t random_addr_text(char *text)
{
	static const char alphabet[] = "0123456789abcdefABCDEF:::::....";
	size_t len = 2 + test_random_below(20);

	for (size_t i = 0; i < len; i++) {
		text[i] = alphabet[test_random_below(sizeof(alphabet) - 1)];
	}
	text[len] = '\0';
	return len;
}

/* The same verdict and the same bytes as the C library, on good addresses with one byte changed and
 * on random ones. */
static void addresses_second_opinion(void)
{
	unsigned int accepted = 0;

	for (int i = 0; i < 60000; i++) {
		char text[INET6_ADDRSTRLEN + 4];
		uint8_t bytes[16], want[16] = {0};
		struct zwg_addr addr;
		bool ok4, ok6;

		if (i % 2 == 0) {
			random_addr_text(text);
		} else {
			test_random_bytes(bytes, sizeof(bytes));
			for (size_t n = 0; n < 8; n++) {
				if (test_random_below(2) == 0) {
					bytes[2 * n] = bytes[2 * n + 1] = 0;
				}
			}
			inet_ntop(i % 4 == 1 ? AF_INET6 : AF_INET, bytes, text, sizeof(text));
			if (test_random_below(3) == 0) {
				text[test_random_below(strlen(text))] =
					":.0f1"[test_random_below(5)];
			}
		}
		ok4 = inet_pton(AF_INET, text, want) == 1;
		ok6 = !ok4 && inet_pton(AF_INET6, text, want) == 1;
		test_case("'%s'", text);
		CHECK_INT(addr_parse(text, &addr), ok4 || ok6);
		if (ok4 || ok6) {
			accepted++;
			CHECK_INT(addr.family, ok4 ? ZWG_AF_INET : ZWG_AF_INET6);
			CHECK_MEM(addr.bytes, want, 16);
		}
	}
	CHECK(accepted > 10000);
}

/* Written as the C library does, which shortens by RFC 5952; but for ::/96, where it is alone in
 * writing the outdated IPv4-compatible form. */
static void addresses_written(void)
{
	for (int i = 0; i < 20000; i++) {
		struct zwg_addr addr = {.family = i % 2 == 0 ? ZWG_AF_INET6 : ZWG_AF_INET};
		char text[ZWG_ADDR_TEXT_SIZE], want[INET6_ADDRSTRLEN];
		size_t words = i % 2 == 0 ? 8 : 2;

		test_random_bytes(addr.bytes, 2 * words);
		for (size_t n = 0; n < words; n++) {
			if (test_random_below(3) > 0) {
				addr.bytes[2 * n] = 0;
				addr.bytes[2 * n + 1] &= test_random_below(2) == 0 ? 0 : 0xff;
			}
		}
		addr.bytes[0] |= 1;
		inet_ntop(i % 2 == 0 ? AF_INET6 : AF_INET, addr.bytes, want, sizeof(want));
		zwg_addr_format(&addr, text);
		test_case("%s", want);
		CHECK(strcmp(text, want) == 0);
	}
}

static void prefixes(void)
{
	static const struct {
		const char *text;
		int err;
		const char *written;
	} cases[] = {
		{"10.1.1.50/24", 0, "10.1.1.50/24"},
		{"10.0.0.1", 0, "10.0.0.1/32"},
		{"0.0.0.0/0", 0, "0.0.0.0/0"},
		{"fd00::1", 0, "fd00::1/128"},
		{"::/0", 0, "::/0"},
		{"fd00::/64", 0, "fd00::/64"},
		{"10.0.0.0/33", -ERANGE, "4"},
		{"10.0.0.0/", -ERANGE, "4"},
		{"10.0.0.0/-1", -ERANGE, "4"},
		{"10.0.0.0/24/", -ERANGE, "4"},
		{"10.0.0.0/255.0.0.0", -ERANGE, "4"},
		{"::/129", -ERANGE, "6"},
		{"::/99999999999999999999999", -ERANGE, "6"},
		{"", -EINVAL, ""},
		{"/24", -EINVAL, ""},
		{"10.0.0/24", -EINVAL, ""},
		{"host/24", -EINVAL, ""},
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		struct zwg_prefix prefix = {.bits = 77};
		char text[ZWG_PREFIX_TEXT_SIZE];

		test_case("'%s'", cases[i].text);
		CHECK_INT(prefix_parse(cases[i].text, &prefix), cases[i].err);
		if (cases[i].err == 0) {
			CHECK_INT(zwg_prefix_format(&prefix, text), strlen(cases[i].written));
			CHECK(strcmp(text, cases[i].written) == 0);
		} else {
			CHECK_INT(prefix.bits, 77);
		}
		if (cases[i].err == -ERANGE) {
			CHECK_INT(prefix.addr.family, cases[i].written[0] - '0');
		}
	}
}

#define LABEL63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static void host_ports(void)
{
	static const struct {
		const char *text;
		int err;
		bool literal;
	} cases[] = {
		{"192.0.2.1:51820", 0, true},
		{"[2001:db8::1]:51820", 0, true},
		{"[fe80::1%2]:1", 0, true},
		{"[fe80::1%4294967295]:65535", 0, true},
		{"vpn.example.org:51820", 0, false},
		{"a_b-c:1", 0, false},
		{"1a:1", 0, false},
		{LABEL63 ":1", 0, false},
		{LABEL63 "a:1", -EINVAL, false},
		{LABEL63 ".a:1", -ENAMETOOLONG, false},
		{"", -EINVAL, false},
		{":", -EINVAL, false},
		{":51820", -EINVAL, false},
		{"192.0.2.1", -EINVAL, false},
		{"192.0.2.1:", -ERANGE, false},
		{"192.0.2.1:0", -ERANGE, false},
		{"192.0.2.1:65536", -ERANGE, false},
		{"192.0.2.1:x", -ERANGE, false},
		{"192.0.2.1: 1", -ERANGE, false},
		{"192.0.2.1%1:1", -EINVAL, false},
		{"999.0.2.1:1", -EINVAL, false},
		{"1.2.3:1", -EINVAL, false},
		{"2001:db8::1:51820", -EINVAL, false},
		{"[192.0.2.1]:1", -EINVAL, false},
		{"[name]:1", -EINVAL, false},
		{"[::1]", -EINVAL, false},
		{"[::1]1:1", -EINVAL, false},
		{"[]:1", -EINVAL, false},
		{"[:1", -EINVAL, false},
		{"[fe80::1%]:1", -EINVAL, false},
		{"[fe80::1%0]:1", -EINVAL, false},
		{"[fe80::1%4294967296]:1", -EINVAL, false},
		{"[fe80::1%eth0]:1", -EINVAL, false},
		{"-a:1", -EINVAL, false},
		{"a-:1", -EINVAL, false},
		{"a..b:1", -EINVAL, false},
		{".a:1", -EINVAL, false},
		{"a.:1", -EINVAL, false},
		{"a b:1", -EINVAL, false},
		{"a/b:1", -EINVAL, false},
		{"caf\xc3\xa9:1", -EINVAL, false},
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		struct zwg_host_port host_port = {.port = 7};
		struct zwg_endpoint endpoint = {.port = 7};
		char text[ZWG_ENDPOINT_TEXT_SIZE];

		test_case("'%s'", cases[i].text);
		CHECK_INT(host_port_parse(cases[i].text, &host_port), cases[i].err);
		if (cases[i].err != 0) {
			CHECK_INT(host_port.port, 7);
			continue;
		}
		CHECK_INT(zwg_host_port_format(&host_port, text), strlen(cases[i].text));
		CHECK(strcmp(text, cases[i].text) == 0);
		CHECK_INT(zwg_host_port_literal(&host_port, &endpoint), cases[i].literal);
		if (cases[i].literal) {
			zwg_endpoint_format(&endpoint, text);
			CHECK(strcmp(text, cases[i].text) == 0);
		} else {
			CHECK_INT(endpoint.port, 7);
		}
	}
}

/* Room for the longest of everything. */
static void sizes(void)
{
	struct zwg_endpoint endpoint = {
		.addr.family = ZWG_AF_INET6, .port = 65535, .scope = UINT32_MAX};
	struct zwg_prefix prefix = {.addr.family = ZWG_AF_INET6, .bits = 128};
	char *text = malloc(ZWG_ENDPOINT_TEXT_SIZE);
	char *shorter = malloc(ZWG_PREFIX_TEXT_SIZE);

	REQUIRE(text != NULL && shorter != NULL);
	memset(endpoint.addr.bytes, 0xff, 16);
	memset(prefix.addr.bytes, 0xff, 16);
	zwg_endpoint_format(&endpoint, text);
	CHECK(strcmp(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535") == 0);
	zwg_prefix_format(&prefix, shorter);
	CHECK(strcmp(shorter, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128") == 0);
	endpoint.addr.family = ZWG_AF_NONE;
	CHECK_INT(zwg_endpoint_format(&endpoint, text), 0);
	CHECK_INT(text[0], 0);
	free(text);
	free(shorter);
}

static void crc32_known(void)
{
	CHECK_INT(zwg_crc32(0, "", 0), 0);
	CHECK_INT(zwg_crc32(0, "123456789", 9), 0xcbf43926);
	CHECK_INT(zwg_crc32(zwg_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static const struct test tests[] = {
	{"keys: known base64", keys_known},
	{"keys: round trip", keys_round_trip},
	{"keys: every byte at every place", keys_every_byte},
	{"keys: every length", keys_lengths},
	{"numbers", numbers},
	{"addresses: every form", addresses_good},
	{"addresses: refused", addresses_bad},
	{"addresses: same verdict as inet_pton", addresses_second_opinion},
	{"addresses: same text as inet_ntop", addresses_written},
	{"prefixes", prefixes},
	{"hosts and ports", host_ports},
	{"longest texts fit", sizes},
	{"crc32: known answers", crc32_known},
};

TEST_MAIN(tests)
