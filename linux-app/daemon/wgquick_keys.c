/* SPDX-License-Identifier: MIT */
/* Keys and values of a wg-quick file; see wgquick_keys.h. Messages never repeat a secret. */
#include "wgquick_keys.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "board/text.h"
#include "crypto/secret.h"
#include "port/log.h"
#include "port/udp_message.h"

#define MTU_MIN		 68    /* RFC 791. */
#define MTU_MAX		 65475 /* 65535 less 20 of IPv4, 8 of UDP, 32 of WireGuard. */
#define RESOLVE_ATTEMPTS 8

bool wgquick_prefixes_add(struct wgquick_prefixes *prefixes, const struct zwg_prefix *prefix)
{
	if (prefixes->count == prefixes->room) {
		size_t room = prefixes->room ? 2 * prefixes->room : 4;
		struct zwg_prefix *list = realloc(prefixes->list, room * sizeof(*list));

		if (!list)
			return false;
		prefixes->list = list;
		prefixes->room = room;
	}
	prefixes->list[prefixes->count++] = *prefix;
	return true;
}

static bool refuse(char *error, const char *expected, const char *value)
{
	snprintf(error, WGQUICK_ERROR_SIZE, "expected %s, not '%.100s'", expected, value);
	return false;
}

static bool twice(char *error)
{
	snprintf(error, WGQUICK_ERROR_SIZE, "is given twice");
	return false;
}

static bool set_key(const char *value, uint8_t key[32], bool *has, char *error)
{
	if (*has)
		return twice(error);
	if (!zwg_key_parse(value, strlen(value), key)) {
		snprintf(error, WGQUICK_ERROR_SIZE,
			 "expected 32 bytes in base64: 44 characters, the last of them '='");
		return false;
	}
	*has = true;
	return true;
}

static bool set_number(const char *value, uint64_t min, uint64_t max, uint64_t *number, bool *has,
		       const char *expected, char *error)
{
	if (*has)
		return twice(error);
	if (!zwg_number_parse(value, strlen(value), min, max, number))
		return refuse(error, expected, value);
	*has = true;
	return true;
}

/* Takes the next element of a list separated by commas, without the blanks around it. */
static const char *next_element(const char **rest, size_t *len)
{
	const char *start = *rest;
	const char *end = strchr(start, ',');

	*rest = end ? end + 1 : NULL;
	*len = end ? (size_t)(end - start) : strlen(start);
	while (*len > 0 && isspace((unsigned char)*start)) {
		start++;
		(*len)--;
	}
	while (*len > 0 && isspace((unsigned char)start[*len - 1]))
		(*len)--;
	return start;
}

static bool add_prefixes(const char *value, struct wgquick_prefixes *prefixes, bool mask,
			 char *error)
{
	const char *rest = value;

	while (rest) {
		struct zwg_prefix prefix;
		size_t len;
		const char *text = next_element(&rest, &len);
		int err = zwg_prefix_parse(text, len, &prefix);

		if (err) {
			snprintf(error, WGQUICK_ERROR_SIZE, "expected %s, not '%.*s'",
				 err == -ERANGE ? "a prefix length from 0 to 32 or, for IPv6, 128"
						: "addresses with prefix lengths, separated by "
						  "commas",
				 (int)(len > 100 ? 100 : len), text);
			return false;
		}
		if (mask)
			zwg_prefix_mask(&prefix);
		if (!wgquick_prefixes_add(prefixes, &prefix)) {
			snprintf(error, WGQUICK_ERROR_SIZE, "no memory is left");
			return false;
		}
	}
	return true;
}

static bool is_host_address(const struct zwg_prefix *address)
{
	const struct zwg_addr none = {.family = address->addr.family};

	if (zwg_addr_equal(&address->addr, &none))
		return false;
	if (address->addr.family == ZWG_AF_INET)
		return address->addr.bytes[0] < 224;
	return address->addr.bytes[0] != 0xff;
}

static bool set_addresses(struct wgquick *conf, const char *value, char *error)
{
	if (!add_prefixes(value, &conf->addresses, false, error))
		return false;
	for (size_t i = 0; i < conf->addresses.count; i++)
		if (!is_host_address(&conf->addresses.list[i]))
			return refuse(error, "addresses of this machine", value);
	return true;
}

static bool set_fwmark(struct wgquick *conf, const char *value, char *error)
{
	unsigned long long mark = 0;
	char *end = NULL;

	if (conf->has_fwmark)
		return twice(error);
	if (strcasecmp(value, "off") != 0) {
		errno = 0;
		if (isdigit((unsigned char)value[0]))
			mark = strtoull(value, &end, 0);
		if (!end || *end || errno || mark > UINT32_MAX)
			return refuse(error, "off, or a mark from 0 to 0xffffffff", value);
	}
	conf->fwmark = (uint32_t)mark;
	conf->has_fwmark = true;
	return true;
}

static bool set_table(struct wgquick *conf, const char *value, char *error)
{
	uint64_t number = 0;

	if (conf->has_table)
		return twice(error);
	if (strcasecmp(value, "auto") == 0)
		conf->table = WGQUICK_TABLE_AUTO;
	else if (strcasecmp(value, "off") == 0)
		conf->table = WGQUICK_TABLE_OFF;
	else if (zwg_number_parse(value, strlen(value), 1, UINT32_MAX, &number))
		conf->table = WGQUICK_TABLE_NUMBER;
	else
		return refuse(error, "auto, off, or the number of a routing table", value);
	conf->table_number = (uint32_t)number;
	conf->has_table = true;
	return true;
}

static bool set_keepalive(struct wgquick_peer *peer, const char *value, char *error)
{
	uint64_t number = 0;

	if (peer->has_keepalive)
		return twice(error);
	if (strcasecmp(value, "off") != 0 &&
	    !zwg_number_parse(value, strlen(value), 0, 65535, &number))
		return refuse(error, "off, or seconds from 0 to 65535", value);
	peer->keepalive = (uint16_t)number;
	peer->has_keepalive = true;
	return true;
}

/* HOST:PORT or [HOST]:PORT; the parts go to host, of at least strlen(value) + 1 bytes, and *port.
 */
static bool split_endpoint(const char *value, char *host, const char **port)
{
	const char *colon = strrchr(value, ':');
	uint64_t number;
	size_t len;

	if (!colon || colon == value ||
	    !zwg_number_parse(colon + 1, strlen(colon + 1), 1, 65535, &number))
		return false;
	len = (size_t)(colon - value);
	if (value[0] == '[' && value[len - 1] == ']') {
		value++;
		len -= 2;
	} else if (memchr(value, ':', len)) {
		return false; /* An IPv6 address without brackets. */
	}
	memcpy(host, value, len);
	host[len] = '\0';
	*port = colon + 1;
	return len > 0;
}

static int resolve(const char *host, const char *port, struct addrinfo **found)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICSERV,
	};
	int err = getaddrinfo(host, port, &hints, found);

	/* At boot the name server is often not there yet. */
	for (unsigned int attempt = 1; err == EAI_AGAIN && attempt < RESOLVE_ATTEMPTS; attempt++) {
		log_warning("'%s': %s; trying again in %u s", host, gai_strerror(err), attempt);
		sleep(attempt);
		err = getaddrinfo(host, port, &hints, found);
	}
	return err;
}

static bool set_endpoint(struct wgquick_peer *peer, const char *value, char *error)
{
	struct addrinfo *found = NULL;
	const char *port;
	char host[256];
	int err;

	if (peer->endpoint.addr.family != ZWG_AF_NONE)
		return twice(error);
	if (strlen(value) >= sizeof(host) || !split_endpoint(value, host, &port))
		return refuse(error, "HOST:PORT or [IPv6 address]:PORT with a port from 1 to 65535",
			      value);
	err = resolve(host, port, &found);
	if (err) {
		snprintf(error, WGQUICK_ERROR_SIZE,
			 "expected a name that can be resolved: '%.100s': %s", host,
			 gai_strerror(err));
		return false;
	}
	udp_endpoint(found->ai_addr, &peer->endpoint);
	freeaddrinfo(found);
	return true;
}

static bool is_one_of(const char *key, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(key, *list) == 0)
			return true;
	return false;
}

static bool unknown(const char *key, bool in_peer, char *error)
{
	static const char *const of_wg_quick[] = {"DNS",      "PreUp",	    "PostUp", "PreDown",
						  "PostDown", "SaveConfig", NULL};
	static const char *const of_interface[] = {"PrivateKey", "ListenPort", "Address", "MTU",
						   "FwMark",	 "Table",      NULL};
	static const char *const of_peer[] = {"PublicKey", "PresharedKey",	  "AllowedIPs",
					      "Endpoint",  "PersistentKeepalive", NULL};

	if (is_one_of(key, of_wg_quick))
		snprintf(error, WGQUICK_ERROR_SIZE,
			 "is done by wg-quick, not by this daemon: take it out");
	else if (is_one_of(key, in_peer ? of_interface : of_peer))
		snprintf(error, WGQUICK_ERROR_SIZE, "belongs in [%s]",
			 in_peer ? "Interface" : "Peer");
	else
		snprintf(error, WGQUICK_ERROR_SIZE, "is not a key of [%s]; expected %s",
			 in_peer ? "Peer" : "Interface",
			 in_peer ? "PublicKey, PresharedKey, AllowedIPs, Endpoint or "
				   "PersistentKeepalive"
				 : "PrivateKey, ListenPort, Address, MTU, FwMark or Table");
	return false;
}

static bool set_interface(struct wgquick *conf, const char *key, const char *value, char *error)
{
	uint64_t number = 0;
	bool ok;

	if (strcasecmp(key, "PrivateKey") == 0)
		return set_key(value, conf->private_key, &conf->has_private_key, error);
	if (strcasecmp(key, "Address") == 0)
		return set_addresses(conf, value, error);
	if (strcasecmp(key, "FwMark") == 0)
		return set_fwmark(conf, value, error);
	if (strcasecmp(key, "Table") == 0)
		return set_table(conf, value, error);
	if (strcasecmp(key, "ListenPort") == 0) {
		ok = set_number(value, 0, 65535, &number, &conf->has_listen_port,
				"a port from 0 to 65535", error);
		if (ok)
			conf->listen_port = (uint16_t)number;
		return ok;
	}
	if (strcasecmp(key, "MTU") == 0) {
		ok = set_number(value, MTU_MIN, MTU_MAX, &number, &conf->has_mtu,
				"bytes from 68 to 65475", error);
		if (ok)
			conf->mtu = (uint32_t)number;
		return ok;
	}
	return unknown(key, false, error);
}

static bool set_peer(struct wgquick_peer *peer, const char *key, const char *value, char *error)
{
	if (strcasecmp(key, "PublicKey") == 0)
		return set_key(value, peer->public_key, &peer->has_public_key, error);
	if (strcasecmp(key, "PresharedKey") == 0)
		return set_key(value, peer->preshared_key, &peer->has_preshared_key, error);
	if (strcasecmp(key, "AllowedIPs") == 0)
		/* An empty list is one, as for wg. */
		return value[0] == '\0' || add_prefixes(value, &peer->allowed_ips, true, error);
	if (strcasecmp(key, "Endpoint") == 0)
		return set_endpoint(peer, value, error);
	if (strcasecmp(key, "PersistentKeepalive") == 0)
		return set_keepalive(peer, value, error);
	return unknown(key, true, error);
}

bool wgquick_set(struct wgquick *conf, struct wgquick_peer *peer, const char *key,
		 const char *value, char error[WGQUICK_ERROR_SIZE])
{
	return peer ? set_peer(peer, key, value, error) : set_interface(conf, key, value, error);
}
