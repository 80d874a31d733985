/* SPDX-License-Identifier: MIT */
/* The keys of a "set" request and their values; see uapi_set.h. */
#include "uapi_set.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "board/text.h"
#include "crypto/secret.h"
#include "room.h"

#define KEY_HEX_LEN	 64
#define PROTOCOL_VERSION 1

/* The part of a line behind the "=". */
struct value {
	const char *text;
	size_t len;
};

static bool is(const struct value *value, const char *text)
{
	return value->len == strlen(text) && memcmp(value->text, text, value->len) == 0;
}

/* 0 to 15, without a branch or an index that depends on the digit; above 15 if it is none. */
static unsigned int hex_digit(unsigned char c)
{
	unsigned int number = c - (unsigned int)'0';
	unsigned int letter = (c | 32U) - (unsigned int)'a';
	unsigned int is_number = (unsigned int)-(number < 10U);
	unsigned int is_letter = (unsigned int)-(letter < 6U);

	return (number & is_number) | ((letter + 10) & is_letter) |
	       (~(is_number | is_letter) & 0x100U);
}

static int parse_key(const struct value *value, uint8_t key[32])
{
	unsigned int wrong = 0;

	if (value->len != KEY_HEX_LEN)
		return -EINVAL;
	for (size_t i = 0; i < 32; i++) {
		unsigned int high = hex_digit((unsigned char)value->text[2 * i]);
		unsigned int low = hex_digit((unsigned char)value->text[2 * i + 1]);

		wrong |= high | low;
		key[i] = (uint8_t)(high << 4 | low);
	}
	if (wrong < 16)
		return 0;
	zwg_wipe(key, 32);
	return -EINVAL;
}

static int parse_number(const struct value *value, uint64_t max, uint64_t *number)
{
	return zwg_number_parse(value->text, value->len, 0, max, number) ? 0 : -EINVAL;
}

static int parse_port(const struct value *value, uint16_t *port)
{
	uint64_t number = 0;
	int err = parse_number(value, UINT16_MAX, &number);

	if (!err)
		*port = (uint16_t)number;
	return err;
}

static int parse_true(const struct value *value, bool *flag)
{
	if (!is(value, "true"))
		return -EINVAL;
	*flag = true;
	return 0;
}

/* wg writes the zone of a link-local address as the name of an interface; the text of an endpoint
 * here knows numbers only. The zone goes to *scope, and the text without it to @a plain. */
static int take_zone(const struct value *value, char plain[ZWG_ENDPOINT_TEXT_SIZE], uint32_t *scope)
{
	const char *percent = memchr(value->text, '%', value->len);
	const char *end = memchr(value->text, ']', value->len);
	char name[IF_NAMESIZE] = "";
	uint64_t number = 0;
	size_t zone, before;

	if (!percent || !end || end < percent) {
		if (percent || value->len >= ZWG_ENDPOINT_TEXT_SIZE)
			return -EINVAL;
		memcpy(plain, value->text, value->len);
		plain[value->len] = '\0';
		return 0;
	}
	zone = (size_t)(end - percent) - 1;
	before = (size_t)(percent - value->text);
	if (zone == 0 || zone >= sizeof(name) || value->len - zone - 1 >= ZWG_ENDPOINT_TEXT_SIZE)
		return -EINVAL;
	memcpy(name, percent + 1, zone);
	if (zwg_number_parse(name, zone, 1, UINT32_MAX, &number))
		*scope = (uint32_t)number;
	else
		*scope = if_nametoindex(name);
	memcpy(plain, value->text, before);
	memcpy(plain + before, end, value->len - before - zone - 1);
	plain[value->len - zone - 1] = '\0';
	return *scope == 0 ? -EINVAL : 0;
}

static int parse_endpoint(const struct value *value, struct zwg_endpoint *endpoint)
{
	char plain[ZWG_ENDPOINT_TEXT_SIZE];
	struct zwg_host_port host_port;
	struct zwg_endpoint parsed;
	uint32_t scope = 0;
	int err = take_zone(value, plain, &scope);

	if (!err && (zwg_host_port_parse(plain, strlen(plain), &host_port) ||
		     !zwg_host_port_literal(&host_port, &parsed)))
		err = -EINVAL;
	if (err)
		return err;
	parsed.scope = scope;
	*endpoint = parsed;
	return 0;
}

static int add_prefix(struct uapi_set *set, struct uapi_peer *peer, const struct value *value)
{
	bool remove = value->len > 0 && value->text[0] == '-';
	const char *text = value->text + remove;
	size_t len = value->len - remove;
	struct uapi_prefix *list;
	struct zwg_prefix prefix;

	if (!memchr(text, '/', len) || zwg_prefix_parse(text, len, &prefix))
		return -EINVAL;
	if (set->prefix_count == UAPI_SET_MAX_PREFIXES)
		return -ENOSPC;
	list = room_for_one(set->prefixes, set->prefix_count, &set->prefix_room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	set->prefixes = list;
	list[set->prefix_count++] = (struct uapi_prefix){.prefix = prefix, .remove = remove};
	peer->prefix_count++;
	return 0;
}

static int begin_peer(struct uapi_set *set, const struct value *value)
{
	struct uapi_peer peer = {.first_prefix = set->prefix_count};
	struct uapi_peer *list;
	int err = parse_key(value, peer.public_key);

	if (err)
		return err;
	if (set->peer_count == UAPI_SET_MAX_PEERS)
		return -ENOSPC;
	list = room_for_one(set->peers, set->peer_count, &set->peer_room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	set->peers = list;
	list[set->peer_count++] = peer;
	return 0;
}

static int peer_line(struct uapi_set *set, struct uapi_peer *peer, const struct value *key,
		     const struct value *value)
{
	uint64_t number = 0;
	int err;

	if (is(key, "remove"))
		return parse_true(value, &peer->remove);
	if (is(key, "update_only"))
		return parse_true(value, &peer->update_only);
	if (is(key, "replace_allowed_ips"))
		return parse_true(value, &peer->replace_allowed_ips);
	if (is(key, "preshared_key")) {
		peer->has_preshared_key = true;
		return parse_key(value, peer->preshared_key);
	}
	if (is(key, "endpoint")) {
		peer->has_endpoint = true;
		return parse_endpoint(value, &peer->endpoint);
	}
	if (is(key, "persistent_keepalive_interval")) {
		peer->has_keepalive = true;
		return parse_port(value, &peer->keepalive);
	}
	if (is(key, "allowed_ip"))
		return add_prefix(set, peer, value);
	if (!is(key, "protocol_version"))
		return -EINVAL;
	err = parse_number(value, UINT32_MAX, &number);
	return err ? err : number == PROTOCOL_VERSION ? 0 : -EINVAL;
}

static int device_line(struct uapi_set *set, const struct value *key, const struct value *value)
{
	uint64_t number = 0;
	int err;

	if (is(key, "private_key")) {
		set->has_private_key = true;
		return parse_key(value, set->private_key);
	}
	if (is(key, "listen_port")) {
		set->has_listen_port = true;
		return parse_port(value, &set->listen_port);
	}
	if (is(key, "replace_peers"))
		return parse_true(value, &set->replace_peers);
	if (!is(key, "fwmark"))
		return -EINVAL;
	/* Nothing behind the "=" is no mark as well. */
	err = value->len == 0 ? 0 : parse_number(value, UINT32_MAX, &number);
	set->fwmark = (uint32_t)number;
	set->has_fwmark = true;
	return err;
}

int uapi_set_line(struct uapi_set *set, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	struct value key, value;

	if (!equals)
		return -EPROTO;
	key = (struct value){.text = line, .len = (size_t)(equals - line)};
	value = (struct value){.text = equals + 1, .len = len - key.len - 1};
	if (is(&key, "public_key"))
		return begin_peer(set, &value);
	if (set->peer_count == 0)
		return device_line(set, &key, &value);
	return peer_line(set, &set->peers[set->peer_count - 1], &key, &value);
}

void uapi_set_clear(struct uapi_set *set)
{
	room_free(set->peers, set->peer_room, sizeof(*set->peers));
	room_free(set->prefixes, set->prefix_room, sizeof(*set->prefixes));
	zwg_wipe(set, sizeof(*set));
}
