/* SPDX-License-Identifier: MIT */
/*
 * A "set" request of the cross-platform interface (https://www.wireguard.com/xplatform/): the whole
 * of it is read and checked before any of it is put in force.
 */
#ifndef ZWG_DAEMON_UAPI_SET_H
#define ZWG_DAEMON_UAPI_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>
#include <zwg/config.h>

/** What a request may hold: all that a device can be, given up and given anew, twice over. */
#define UAPI_SET_MAX_PEERS    (4 * (size_t)ZWG_MAX_PEERS)
#define UAPI_SET_MAX_PREFIXES (4 * (size_t)ZWG_MAX_ALLOWED_IPS)

/** What becomes of one peer. */
struct uapi_peer {
	uint8_t public_key[32];
	uint8_t preshared_key[32];
	struct zwg_endpoint endpoint;
	uint16_t keepalive; /**< Seconds, 0: off. */
	bool has_preshared_key;
	bool has_endpoint;
	bool has_keepalive;
	bool remove;
	bool update_only;
	bool replace_allowed_ips;
	size_t first_prefix; /**< Its place in the request's list. */
	size_t prefix_count;
};

struct uapi_prefix {
	struct zwg_prefix prefix;
	bool remove;
};

/** All zeros is an empty request. */
struct uapi_set {
	uint8_t private_key[32]; /**< All zeros: none. */
	uint16_t listen_port;
	uint32_t fwmark;
	bool has_private_key;
	bool has_listen_port;
	bool has_fwmark;
	bool replace_peers;
	struct uapi_peer *peers;
	size_t peer_count;
	size_t peer_room;
	struct uapi_prefix *prefixes;
	size_t prefix_count;
	size_t prefix_room;
};

/**
 * Takes one line "KEY=VALUE" without its newline. 0, or -EPROTO (no "="), -EINVAL (unknown key, key
 * out of place, or a value that the key does not take), -ENOSPC (more than a request may hold),
 * -ENOMEM; the request is then to be refused as a whole.
 */
int uapi_set_line(struct uapi_set *set, const char *line, size_t len);

/** Wipes and frees; the request is empty again. */
void uapi_set_clear(struct uapi_set *set);

#endif
