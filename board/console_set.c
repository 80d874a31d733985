/* SPDX-License-Identifier: MIT */
/*
 * "wg set": words into a copy of the staged configuration, which takes its place only when all of
 * them were understood.
 */
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"
#include "output.h"

/** The words of the command and what they have led to so far. */
struct setting {
	struct zwg_console *console;
	struct zwg_conf *conf;
	struct zwg_conf_peer *peer; /**< The group we are in, or NULL. */
	int argc;
	char *const *argv;
	int at; /**< The next word. */
};

/** Takes the words behind @a word. 0 or what zwg_fail() returned. */
typedef int (*taker)(struct setting *set, const char *word);

struct keyword {
	const char *word;
	taker take;
};

static const char *peek(const struct setting *set)
{
	return set->at < set->argc ? set->argv[set->at] : NULL;
}

/* The value that must follow, or NULL: then the error says what was expected. */
static const char *take_value(struct setting *set)
{
	const char *value = peek(set);

	set->at++;
	return value;
}

static int refuse(struct setting *set, int err, const char *word, const char *value,
		  const char *expected)
{
	return zwg_fail(set->console, err, word, value, value != NULL ? strlen(value) : 0,
			expected);
}

static int take_number(struct setting *set, const char *word, uint16_t min, uint16_t max,
		       uint16_t *result, const char *expected)
{
	const char *value = take_value(set);
	uint64_t number;

	if (value == NULL || !zwg_number_parse(value, strlen(value), min, max, &number)) {
		return refuse(set, -EINVAL, word, value, expected);
	}
	*result = (uint16_t)number;
	return 0;
}

/* A prefix that is part of a list. */
static int take_prefix(struct setting *set, const char *word, const char *text, size_t len,
		       struct zwg_prefix *prefix)
{
	int err = zwg_prefix_parse(text, len, prefix);

	if (err == 0) {
		return 0;
	}
	return zwg_fail(set->console, -EINVAL, word, text, len,
			err == -EINVAL ? "must be an IPv4 or IPv6 address or prefix"
			: prefix->addr.family == ZWG_AF_INET ? "prefix length must be 0 to 32"
							     : "prefix length must be 0 to 128");
}

/* The element that begins at *text, without the comma; *text goes to the next one, or NULL. */
static const char *next_element(const char **text, size_t *len)
{
	const char *element = *text;
	const char *comma = strchr(element, ',');

	*len = comma != NULL ? (size_t)(comma - element) : strlen(element);
	*text = comma != NULL ? comma + 1 : NULL;
	return element;
}

static int take_private_key(struct setting *set, const char *word)
{
	const char *value = take_value(set);

	if (value == NULL || !zwg_key_parse(value, strlen(value), set->conf->private_key) ||
	    zwg_is_zero(set->conf->private_key, 32)) {
		return refuse(set, -EINVAL, word, NULL, "must be a key of 44 characters of base64");
	}
	set->conf->has_private_key = true;
	return 0;
}

static int take_listen_port(struct setting *set, const char *word)
{
	return take_number(set, word, 1, UINT16_MAX, &set->conf->listen_port, "must be 1 to 65535");
}

static int take_mtu(struct setting *set, const char *word)
{
	return take_number(set, word, ZWG_CONF_MTU_MIN, ZWG_CONF_MTU_MAX, &set->conf->mtu,
			   "must be 1280 to 1420");
}

static int take_underlay(struct setting *set, const char *word)
{
	const char *value = take_value(set);
	size_t len = value != NULL ? strlen(value) : 0;

	if (len == 0 || !zwg_conf_underlay_valid(value, len)) {
		return refuse(set, -EINVAL, word, value,
			      "must be auto or an interface of at most 15 characters");
	}
	memset(set->conf->underlay, 0, sizeof(set->conf->underlay));
	if (strcmp(value, "auto") != 0) {
		memcpy(set->conf->underlay, value, len);
	}
	return 0;
}

static int add_address(struct setting *set, const char *word, const char *text, size_t len)
{
	struct zwg_conf *conf = set->conf;
	struct zwg_prefix address;
	int err = take_prefix(set, word, text, len, &address);

	if (err != 0) {
		return err;
	}
	if (!zwg_conf_address_valid(&address)) {
		return zwg_fail(set->console, -EINVAL, word, text, len,
				"must be a unicast address");
	}
	if (zwg_conf_has_address(conf->addresses, conf->address_count, &address.addr)) {
		return zwg_fail(set->console, -EEXIST, word, text, len, "is there twice");
	}
	if (conf->address_count == ZWG_CONF_ADDRESSES) {
		return zwg_fail(set->console, -ENOSPC, word, text, len,
				"must be among the first 4 addresses");
	}
	conf->addresses[conf->address_count++] = address;
	return 0;
}

static int take_address(struct setting *set, const char *word)
{
	const char *value = take_value(set);

	if (value == NULL) {
		return refuse(set, -EINVAL, word, NULL, "must be a list of addresses or none");
	}
	memset(set->conf->addresses, 0, sizeof(set->conf->addresses));
	set->conf->address_count = 0;
	if (strcmp(value, "none") == 0) {
		return 0;
	}
	while (value != NULL) {
		size_t len;
		const char *text = next_element(&value, &len);
		int err = add_address(set, word, text, len);

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

static int take_peer(struct setting *set, const char *word)
{
	const char *value = take_value(set);
	const char *following = peek(set);
	uint8_t key[32];

	if (value == NULL || !zwg_key_parse(value, strlen(value), key) || zwg_is_zero(key, 32)) {
		return refuse(set, -EINVAL, word, value,
			      "must be a public key of 44 characters of base64");
	}
	set->peer = zwg_conf_peer_find(set->conf, key);
	if (following != NULL && strcmp(following, "remove") == 0) {
		set->at++;
		if (set->peer == NULL) {
			return refuse(set, -ENOENT, "remove", NULL, "the peer must be there");
		}
		zwg_conf_peer_remove(set->conf, set->peer);
		set->peer = NULL;
		following = peek(set);
		if (following != NULL && strcmp(following, "peer") != 0) {
			return refuse(set, -EINVAL, "remove", following,
				      "nothing but another peer may follow");
		}
		return 0;
	}
	if (set->peer == NULL) {
		set->peer = zwg_conf_peer_add(set->conf, key);
	}
	return set->peer != NULL
		       ? 0
		       : refuse(set, -ENOSPC, word, NULL, "the board has no room for another peer");
}

static int take_preshared_key(struct setting *set, const char *word)
{
	const char *value = take_value(set);

	if (value != NULL && strcmp(value, "none") == 0) {
		zwg_wipe(set->peer->preshared_key, 32);
		return 0;
	}
	if (value == NULL || !zwg_key_parse(value, strlen(value), set->peer->preshared_key)) {
		return refuse(set, -EINVAL, word, NULL,
			      "must be a key of 44 characters of base64, or none");
	}
	return 0;
}

static int take_endpoint(struct setting *set, const char *word)
{
	const char *value = take_value(set);
	struct zwg_host_port parsed;
	struct zwg_endpoint literal;
	int err;

	if (value != NULL && strcmp(value, "none") == 0) {
		memset(&set->peer->endpoint, 0, sizeof(set->peer->endpoint));
		return 0;
	}
	err = value != NULL ? zwg_host_port_parse(value, strlen(value), &parsed) : -EINVAL;
	if (err != 0) {
		return refuse(set, -EINVAL, word, value,
			      err == -ERANGE	     ? "port must be 1 to 65535"
			      : err == -ENAMETOOLONG ? "host must have at most 64 characters"
						     : "must be HOST:PORT, [ADDRESS]:PORT or none");
	}
	if (!set->console->has_resolver && !zwg_host_port_literal(&parsed, &literal)) {
		return refuse(set, -ENOTSUP, word, value,
			      "must be an address, this board cannot look up names");
	}
	set->peer->endpoint = parsed;
	return 0;
}

static int take_keepalive(struct setting *set, const char *word)
{
	const char *value = peek(set);

	if (value != NULL && strcmp(value, "off") == 0) {
		set->at++;
		set->peer->keepalive = 0;
		return 0;
	}
	return take_number(set, word, 0, UINT16_MAX, &set->peer->keepalive,
			   "must be 0 to 65535 seconds, or off");
}

static void remove_prefix(struct zwg_conf_peer *peer, int index)
{
	uint8_t last = (uint8_t)(peer->allowed_ips_count - 1);

	for (int i = index; i < last; i++) {
		peer->allowed_ips[i] = peer->allowed_ips[i + 1];
	}
	memset(&peer->allowed_ips[last], 0, sizeof(peer->allowed_ips[last]));
	peer->allowed_ips_count = last;
}

static int change_allowed_ip(struct setting *set, const char *word, const char *text, size_t len)
{
	struct zwg_conf_peer *peer = set->peer;
	size_t sign = len > 0 && (text[0] == '+' || text[0] == '-') ? 1 : 0;
	struct zwg_prefix prefix;
	int index;
	int err = take_prefix(set, word, text + sign, len - sign, &prefix);

	if (err != 0) {
		return err;
	}
	(void)zwg_prefix_mask(&prefix);
	index = zwg_conf_prefix_index(peer->allowed_ips, peer->allowed_ips_count, &prefix);
	if (sign == 1 && text[0] == '-') {
		if (index < 0) {
			return zwg_fail(set->console, -ENOENT, word, text, len,
					"must be one of the peer's to be taken away");
		}
		remove_prefix(peer, index);
		return 0;
	}
	if (index >= 0) {
		return 0;
	}
	if (peer->allowed_ips_count == ZWG_CONF_ALLOWED_IPS) {
		return zwg_fail(set->console, -ENOSPC, word, text, len,
				"the board has no room for another of this peer");
	}
	peer->allowed_ips[peer->allowed_ips_count++] = prefix;
	return 0;
}

/* One element without a sign is enough for the list to replace what was there. */
static bool list_replaces(const char *list)
{
	while (list != NULL) {
		size_t len;
		const char *text = next_element(&list, &len);

		if (text[0] != '+' && text[0] != '-') {
			return true;
		}
	}
	return false;
}

static int take_allowed_ips(struct setting *set, const char *word)
{
	const char *value = take_value(set);

	if (value == NULL) {
		return refuse(set, -EINVAL, word, NULL, "must be a list of prefixes, or none");
	}
	if (list_replaces(value)) {
		memset(set->peer->allowed_ips, 0, sizeof(set->peer->allowed_ips));
		set->peer->allowed_ips_count = 0;
	}
	if (strcmp(value, "none") == 0) {
		return 0;
	}
	while (value != NULL) {
		size_t len;
		const char *text = next_element(&value, &len);
		int err = change_allowed_ip(set, word, text, len);

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

static const struct keyword interface_words[] = {
	{"private-key", take_private_key}, {"listen-port", take_listen_port},
	{"address", take_address},	   {"mtu", take_mtu},
	{"underlay", take_underlay},	   {"peer", take_peer},
};

static const struct keyword peer_words[] = {
	{"preshared-key", take_preshared_key},
	{"endpoint", take_endpoint},
	{"persistent-keepalive", take_keepalive},
	{"allowed-ips", take_allowed_ips},
	{"peer", take_peer},
};

static taker find_keyword(const struct keyword *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].word, word) == 0) {
			return words[i].take;
		}
	}
	return NULL;
}

static int take_setting(struct setting *set)
{
	const char *word = take_value(set);
	taker found;

	if (set->peer != NULL) {
		found = find_keyword(peer_words, sizeof(peer_words) / sizeof(peer_words[0]), word);
		if (found == NULL) {
			return refuse(set, -EINVAL, "peer", word,
				      "must be remove (first), preshared-key, endpoint, "
				      "persistent-keepalive, allowed-ips or peer");
		}
	} else {
		found = find_keyword(interface_words,
				     sizeof(interface_words) / sizeof(interface_words[0]), word);
		if (found == NULL) {
			return refuse(set, -EINVAL, "set", word,
				      "must be private-key, listen-port, address, mtu, underlay "
				      "or peer");
		}
	}
	return found(set, word);
}

int zwg_command_set(struct zwg_console *console, int argc, char *const argv[])
{
	struct setting set = {
		.console = console, .conf = &console->scratch, .argc = argc, .argv = argv};

	if (argc == 0) {
		return zwg_fail(console, -EINVAL, "set", NULL, 0,
				"must be followed by private-key, listen-port, address, mtu, "
				"underlay or peer");
	}
	console->scratch = *zwg_console_staged(console);
	while (set.at < argc) {
		int err = take_setting(&set);

		if (err != 0) {
			return err;
		}
	}
	zwg_console_stage(console);
	return 0;
}
