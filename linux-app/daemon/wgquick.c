/* SPDX-License-Identifier: MIT */
/* Reading a wg-quick file; see wgquick.h. Lines lie in memory of our own, and are wiped. */
#include "wgquick.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <zwg/config.h>

#include "board/text.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "port/log.h"
#include "wgquick_keys.h"

#define TEXT_OF(x) #x
#define TEXT(x)	   TEXT_OF(x)

#define LINE_SIZE    65536
#define IPV6_MTU_MIN 1280 /* RFC 8200 section 5. */

struct reader {
	const char *path;
	unsigned int line;
	unsigned int interface_line; /* Of [Interface], 0: not yet. */
	bool in_interface;
	struct wgquick_peer *peer; /* Whose section this is. */
	struct wgquick *conf;
	FILE *file;
	char text[LINE_SIZE];
	char buffer[4096]; /* Of stdio, so that it can be wiped. */
};

/* What is quoted from the file may be anything, and goes to a terminal. */
static bool mistake(const struct reader *reader, unsigned int line, const char *key,
		    const char *what)
{
	char text[2 * WGQUICK_ERROR_SIZE];

	snprintf(text, sizeof(text), "%.100s%s%s", key, key[0] ? ": " : "", what);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	log_error("%s:%u: %s", reader->path, line, text);
	return false;
}

/* 1: a line is in text; 0: end of file; -1: a mistake, logged. */
static int read_line(struct reader *reader)
{
	size_t len = 0;
	int c;

	reader->line++;
	while ((c = getc_unlocked(reader->file)) != EOF && c != '\n') {
		if (c == '\0' || len + 1 >= sizeof(reader->text)) {
			mistake(reader, reader->line, "",
				c == '\0' ? "expected text, not a zero byte"
					  : "expected a line of at most 65535 characters");
			return -1;
		}
		reader->text[len++] = (char)c;
	}
	reader->text[len] = '\0';
	if (ferror(reader->file)) {
		log_error("%s: %s", reader->path, strerror(errno));
		return -1;
	}
	return c == EOF && len == 0 ? 0 : 1;
}

/* The text without a comment and the blanks around it, in place. */
static char *trim(char *text)
{
	char *hash = strchr(text, '#');
	size_t len;

	if (hash)
		*hash = '\0';
	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

static bool begin_peer(struct reader *reader)
{
	struct wgquick *conf = reader->conf;
	struct wgquick_peer *peer;

	if (conf->peer_count == ZWG_MAX_PEERS)
		return mistake(reader, reader->line, "[Peer]",
			       "this program has room for " TEXT(ZWG_MAX_PEERS));
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return mistake(reader, reader->line, "[Peer]", "no memory is left");
	peer->line = reader->line;
	if (conf->last)
		conf->last->next = peer;
	else
		conf->peers = peer;
	conf->last = peer;
	conf->peer_count++;
	reader->peer = peer;
	reader->in_interface = false;
	return true;
}

static bool begin_section(struct reader *reader, const char *name)
{
	if (strcasecmp(name, "[Peer]") == 0)
		return begin_peer(reader);
	if (strcasecmp(name, "[Interface]") != 0)
		return mistake(reader, reader->line, name, "expected [Interface] or [Peer]");
	if (reader->interface_line)
		return mistake(reader, reader->line, name, "is given twice");
	reader->interface_line = reader->line;
	reader->in_interface = true;
	reader->peer = NULL;
	return true;
}

static bool read_setting(struct reader *reader, char *text)
{
	char error[WGQUICK_ERROR_SIZE];
	char *equals = strchr(text, '=');
	char *key, *value;

	if (!equals)
		return mistake(reader, reader->line, "", "expected KEY = VALUE or a [Section]");
	*equals = '\0';
	key = trim(text);
	value = trim(equals + 1);
	if (!reader->in_interface && !reader->peer)
		return mistake(reader, reader->line, key,
			       "expected [Interface] or [Peer] before it");
	if (value[0] == '\0' && strcasecmp(key, "AllowedIPs") != 0)
		return mistake(reader, reader->line, key, "expected a value");
	if (!wgquick_set(reader->conf, reader->peer, key, value, error))
		return mistake(reader, reader->line, key, error);
	return true;
}

static bool read_lines(struct reader *reader)
{
	int more;

	while ((more = read_line(reader)) > 0) {
		char *text = trim(reader->text);
		bool ok = text[0] == '\0'  ? true
			  : text[0] == '[' ? begin_section(reader, text)
					   : read_setting(reader, text);

		if (!ok)
			return false;
	}
	return more == 0;
}

static int compare_peers(const void *a, const void *b)
{
	const struct wgquick_peer *const *x = a, *const *y = b;
	int order = memcmp((*x)->public_key, (*y)->public_key, 32);

	return order ? order : (*x)->line < (*y)->line ? -1 : 1;
}

static bool check_unique(const struct reader *reader)
{
	const struct wgquick *conf = reader->conf;
	const struct wgquick_peer **sorted;
	bool ok = true;
	size_t n = 0;

	if (conf->peer_count == 0)
		return true;
	sorted = calloc(conf->peer_count, sizeof(struct wgquick_peer *));
	if (!sorted)
		return mistake(reader, reader->line, "", "no memory is left");
	for (const struct wgquick_peer *peer = conf->peers; peer; peer = peer->next)
		sorted[n++] = peer;
	qsort(sorted, n, sizeof(struct wgquick_peer *), compare_peers);
	for (size_t i = 1; i < n && ok; i++)
		if (memcmp(sorted[i - 1]->public_key, sorted[i]->public_key, 32) == 0)
			ok = mistake(reader, sorted[i]->line, "[Peer]",
				     "expected a PublicKey that no other peer has");
	free(sorted);
	return ok;
}

static bool check_peers(const struct reader *reader)
{
	const struct wgquick *conf = reader->conf;
	uint8_t own[32];
	size_t prefixes = 0;

	if (zwg_x25519_base(own, conf->private_key))
		return mistake(reader, reader->interface_line, "PrivateKey", "cannot be used");
	for (const struct wgquick_peer *peer = conf->peers; peer; peer = peer->next) {
		prefixes += peer->allowed_ips.count;
		if (!peer->has_public_key)
			return mistake(reader, peer->line, "[Peer]", "expected a PublicKey in it");
		if (memcmp(peer->public_key, own, 32) == 0)
			return mistake(reader, peer->line, "[Peer]",
				       "expected the PublicKey of another, not of this interface");
		if (prefixes > ZWG_MAX_ALLOWED_IPS)
			return mistake(reader, peer->line, "AllowedIPs",
				       "this program has room for " TEXT(
					       ZWG_MAX_ALLOWED_IPS) " of all peers together");
	}
	return check_unique(reader);
}

static bool has_ipv6(const struct wgquick_prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (prefixes->list[i].addr.family == ZWG_AF_INET6)
			return true;
	return false;
}

static bool check_mtu(const struct reader *reader)
{
	const struct wgquick *conf = reader->conf;
	bool ipv6 = has_ipv6(&conf->addresses);

	for (const struct wgquick_peer *peer = conf->peers; peer && !ipv6; peer = peer->next)
		ipv6 = has_ipv6(&peer->allowed_ips);
	if (conf->has_mtu && conf->mtu < IPV6_MTU_MIN && ipv6)
		return mistake(reader, reader->interface_line, "MTU",
			       "expected at least 1280 bytes, as there are IPv6 addresses");
	return true;
}

static bool check(const struct reader *reader)
{
	if (!reader->interface_line)
		return mistake(reader, reader->line, "", "expected an [Interface] in the file");
	if (!reader->conf->has_private_key)
		return mistake(reader, reader->interface_line, "[Interface]",
			       "expected a PrivateKey in it");
	return check_peers(reader) && check_mtu(reader);
}

static void warn_if_readable(const struct reader *reader)
{
	struct stat st;

	if (fstat(fileno(reader->file), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IRWXO))
		log_warning("%s: everyone may access it, and it holds a private key: chmod 600",
			    reader->path);
}

bool wgquick_read(const char *path, struct wgquick *conf)
{
	static struct reader reader;
	bool ok;

	*conf = (struct wgquick){0};
	reader = (struct reader){.path = path, .conf = conf, .file = fopen(path, "re")};
	if (!reader.file) {
		log_error("%s: %s", path, strerror(errno));
		return false;
	}
	setvbuf(reader.file, reader.buffer, _IOFBF, sizeof(reader.buffer));
	warn_if_readable(&reader);
	ok = read_lines(&reader) && check(&reader);
	fclose(reader.file);
	zwg_wipe(&reader, sizeof(reader));
	if (!ok)
		wgquick_free(conf);
	return ok;
}

void wgquick_free(struct wgquick *conf)
{
	struct wgquick_peer *peer = conf->peers;

	while (peer) {
		struct wgquick_peer *next = peer->next;

		free(peer->allowed_ips.list);
		zwg_wipe(peer, sizeof(*peer));
		free(peer);
		peer = next;
	}
	free(conf->addresses.list);
	zwg_wipe(conf, sizeof(*conf));
}
