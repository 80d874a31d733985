/* SPDX-License-Identifier: MIT */
/* Keys, addresses, prefixes, endpoints and numbers as text: the first byte chooses the parser. What
 * is taken is written and read again as the same; what is refused leaves the result untouched. */
#include <errno.h>

#include "board/conf.h"
#include "board/text.h"
#include "fuzz.h"

static void key(const char *text, size_t len)
{
	uint8_t value[32];
	uint8_t untouched[32];
	char again[ZWG_KEY_TEXT_SIZE];

	memset(value, 0xaa, sizeof(value));
	memset(untouched, 0xaa, sizeof(untouched));
	if (zwg_key_parse(text, len, value)) {
		INVARIANT(zwg_key_format(value, again) == len && memcmp(again, text, len) == 0);
	} else {
		INVARIANT(memcmp(value, untouched, sizeof(value)) == 0);
	}
}

static void addr(const char *text, size_t len)
{
	struct zwg_addr value = {.family = 77};
	struct zwg_addr twice;
	char again[ZWG_ADDR_TEXT_SIZE];

	if (!zwg_addr_parse(text, len, &value)) {
		INVARIANT(value.family == 77);
		return;
	}
	len = zwg_addr_format(&value, again);
	INVARIANT(len < sizeof(again) && strlen(again) == len);
	INVARIANT(zwg_addr_parse(again, len, &twice) && zwg_addr_equal(&value, &twice));
}

static void prefix(const char *text, size_t len)
{
	struct zwg_prefix value = {0};
	struct zwg_prefix twice;
	char again[ZWG_PREFIX_TEXT_SIZE];
	int err = zwg_prefix_parse(text, len, &value);

	if (err != 0) {
		INVARIANT(err == -EINVAL || err == -ERANGE);
		return;
	}
	INVARIANT(value.bits <= zwg_family_bits(value.addr.family));
	len = zwg_prefix_format(&value, again);
	INVARIANT(len < sizeof(again) && zwg_prefix_parse(again, len, &twice) == 0);
	INVARIANT(twice.bits == value.bits && zwg_addr_equal(&value.addr, &twice.addr));
	INVARIANT(zwg_prefix_mask(&value));
}

static void endpoint(const char *text, size_t len)
{
	struct zwg_host_port value = {.port = 0};
	struct zwg_host_port twice;
	struct zwg_endpoint literal;
	char again[ZWG_ENDPOINT_TEXT_SIZE];
	int err = zwg_host_port_parse(text, len, &value);

	if (err != 0) {
		INVARIANT(err == -EINVAL || err == -ERANGE || err == -ENAMETOOLONG);
		INVARIANT(value.host[0] == '\0' && value.port == 0);
		return;
	}
	INVARIANT(value.port > 0 && zwg_host_valid(value.host, strlen(value.host)));
	len = zwg_host_port_format(&value, again);
	INVARIANT(len < sizeof(again) && strlen(again) == len);
	INVARIANT(zwg_host_port_parse(again, len, &twice) == 0 && twice.port == value.port &&
		  strcmp(twice.host, value.host) == 0);
	if (zwg_host_port_literal(&value, &literal)) {
		INVARIANT(literal.addr.family != ZWG_AF_NONE && literal.port == value.port);
		INVARIANT(zwg_endpoint_format(&literal, again) < sizeof(again));
		INVARIANT(zwg_host_port_parse(again, strlen(again), &twice) == 0);
	}
}

static void number(const char *text, size_t len)
{
	char again[ZWG_NUMBER_TEXT_SIZE];
	uint64_t value = 77;
	uint64_t twice;

	if (!zwg_number_parse(text, len, 5, UINT64_MAX - 5, &value)) {
		INVARIANT(value == 77);
		return;
	}
	INVARIANT(value >= 5 && value <= UINT64_MAX - 5);
	len = zwg_number_format(value, again);
	INVARIANT(zwg_number_parse(again, len, value, value, &twice) && twice == value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *, size_t) = {key, addr, prefix, endpoint,
								number};
	struct input in = {data, size};
	uint8_t which = input_below(&in, sizeof(parsers) / sizeof(parsers[0]) + 1);
	size_t len;
	char *text = (char *)input_rest(&in, &len);

	if (which < sizeof(parsers) / sizeof(parsers[0])) {
		parsers[which](text, len);
	} else if (zwg_conf_underlay_valid(text, len)) {
		INVARIANT(len <= ZWG_CONF_UNDERLAY_MAX && memchr(text, ' ', len) == NULL);
	}
	free(text);
	return 0;
}
