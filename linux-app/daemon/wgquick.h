/* SPDX-License-Identifier: MIT */
/*
 * A wg-quick file: wg(8), "CONFIGURATION FILE FORMAT", and the keys that wg-quick(8) adds as far as
 * the daemon does what they ask for. Any other key is an error, so that nothing is left out.
 */
#ifndef ZWG_DAEMON_WGQUICK_H
#define ZWG_DAEMON_WGQUICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>

/** Prefixes, a list that grows. */
struct wgquick_prefixes {
	struct zwg_prefix *list;
	size_t count;
	size_t room;
};

struct wgquick_peer {
	struct wgquick_peer *next;
	unsigned int line; /**< Of its [Peer]. */
	uint8_t public_key[32];
	bool has_public_key;
	uint8_t preshared_key[32];
	bool has_preshared_key;
	struct zwg_endpoint endpoint; /**< Resolved; family ZWG_AF_NONE: none. */
	bool has_keepalive;
	uint16_t keepalive; /**< Seconds, 0: off. */
	struct wgquick_prefixes allowed_ips;
};

/** Where routes go. */
enum wgquick_table {
	WGQUICK_TABLE_AUTO, /**< The main table; default routes by policy, as wg-quick does. */
	WGQUICK_TABLE_OFF,
	WGQUICK_TABLE_NUMBER,
};

struct wgquick {
	uint8_t private_key[32];
	bool has_private_key;
	bool has_listen_port;
	uint16_t listen_port; /**< 0: any. */
	bool has_mtu;
	uint32_t mtu;
	bool has_fwmark;
	uint32_t fwmark;
	bool has_table;
	enum wgquick_table table;
	uint32_t table_number;
	struct wgquick_prefixes addresses;
	struct wgquick_peer *peers; /**< In the order of the file. */
	struct wgquick_peer *last;
	size_t peer_count;
};

/**
 * Reads the file @a path, resolves the names in it, and checks it as a whole. Warns if everyone may
 * read it. False if there is a mistake: it has been logged as FILE:LINE: what was expected, without
 * any secret; @a conf is then empty.
 */
bool wgquick_read(const char *path, struct wgquick *conf);

/** Wipes and frees. */
void wgquick_free(struct wgquick *conf);

#endif
