/* SPDX-License-Identifier: MIT */
/*
 * The configuration of a board: what a wg-quick file says, in a structure of fixed size, and how it
 * is checked as a whole and put into a device. It holds secrets: wipe what you copy.
 */
#ifndef ZWG_CONF_H
#define ZWG_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include <zwg/config.h>
#include <zwg/device.h>

#include "text.h"

/** Allowed-IP prefixes that one peer can be configured with. */
#ifndef ZWG_CONF_ALLOWED_IPS
#define ZWG_CONF_ALLOWED_IPS 8
#endif
#if ZWG_CONF_ALLOWED_IPS < 1 || ZWG_CONF_ALLOWED_IPS > 255
#error "ZWG_CONF_ALLOWED_IPS: from 1 to 255"
#endif
#if ZWG_MAX_PEERS > 65535
#error "ZWG_MAX_PEERS: at most 65535 for a board"
#endif

#define ZWG_CONF_ADDRESSES    4	 /**< Addresses of the interface. */
#define ZWG_CONF_UNDERLAY_MAX 15 /**< Characters of an underlay's name. */
#define ZWG_CONF_MTU_MIN      1280
#define ZWG_CONF_MTU_MAX      1420

struct zwg_conf_peer {
	uint8_t public_key[32];
	uint8_t preshared_key[32];     /**< All zeros: none. */
	struct zwg_host_port endpoint; /**< Empty host: none. */
	uint16_t keepalive;	       /**< Seconds; 0 is off. */
	uint8_t allowed_ips_count;
	struct zwg_prefix allowed_ips[ZWG_CONF_ALLOWED_IPS]; /**< Masked. */
};

struct zwg_conf {
	uint8_t private_key[32];
	bool has_private_key;
	bool enabled;	      /**< The tunnel is to be up. */
	uint16_t listen_port; /**< 0: not set. */
	uint16_t mtu;
	char underlay[ZWG_CONF_UNDERLAY_MAX + 1]; /**< Empty: the port chooses. */
	uint8_t address_count;
	struct zwg_prefix addresses[ZWG_CONF_ADDRESSES]; /**< Host bits as given. */
	uint16_t peer_count;
	struct zwg_conf_peer peers[ZWG_MAX_PEERS];
};

/** The empty configuration: no key, no port, no peers; enabled; the greatest MTU. */
void zwg_conf_init(struct zwg_conf *conf);

/** The peer with this public key, or NULL. */
const struct zwg_conf_peer *zwg_conf_peer_get(const struct zwg_conf *conf,
					      const uint8_t public_key[32]);
struct zwg_conf_peer *zwg_conf_peer_find(struct zwg_conf *conf, const uint8_t public_key[32]);

/** Appends a peer with nothing but its key. NULL if there are ZWG_MAX_PEERS. */
struct zwg_conf_peer *zwg_conf_peer_add(struct zwg_conf *conf, const uint8_t public_key[32]);

/** Removes a peer of @a conf; the later ones move up, the last place is wiped. */
void zwg_conf_peer_remove(struct zwg_conf *conf, struct zwg_conf_peer *peer);

/** Is the address in a list, with whatever prefix length? An interface has an address once. */
bool zwg_conf_has_address(const struct zwg_prefix *list, uint8_t count,
			  const struct zwg_addr *addr);

/** Where exactly @a prefix stands in a list, or -1. */
int zwg_conf_prefix_index(const struct zwg_prefix *list, uint8_t count,
			  const struct zwg_prefix *prefix);

/** The public key of the private key; one X25519. -ENOENT if there is none. */
int zwg_conf_public_key(const struct zwg_conf *conf, uint8_t public_key[32]);

/** Is it a name for an underlay: 0 to 15 of letters, digits, ".", "_" and "-"? */
bool zwg_conf_underlay_valid(const char *name, size_t len);

/** Can it be an interface's own address: neither unspecified nor multicast, the length in range? */
bool zwg_conf_address_valid(const struct zwg_prefix *address);

/** Why a configuration is refused. */
struct zwg_conf_fault {
	const char *setting;  /**< As the console calls it: "allowed-ips". */
	const char *expected; /**< What was expected, for people. */
	int peer;	      /**< Index of the peer, or -1. */
	bool has_prefix;      /**< @a prefix is at fault. */
	struct zwg_prefix prefix;
};

/**
 * Checks the whole: ranges, counts and texts; a listen port if there is a private key; no address,
 * peer or prefix twice; no peer with our own public key or one of zeros; at most
 * ZWG_MAX_ALLOWED_IPS prefixes over all peers. Computes one X25519 if there is a private key.
 *
 * @return 0, or a negative errno with *fault filled in: -EINVAL; -EEXIST: something is there twice;
 *         -ENOSPC: the device has no room for it.
 */
int zwg_conf_validate(const struct zwg_conf *conf, struct zwg_conf_fault *fault);

/** What zwg_conf_apply() cannot do itself. Called with the device's lock held: note it down, look
 *  the name up later, and then call zwg_peer_set_endpoint() if the configuration still says so. */
typedef void (*zwg_conf_resolve)(void *ctx, const uint8_t public_key[32],
				 const struct zwg_host_port *name);

/**
 * Brings @a dev, which is in the state of @a old (NULL: fresh from zwg_device_init()), to @a conf,
 * which is valid. What is the same stays untouched: such a peer keeps its sessions, its packets in
 * waiting and the endpoint to which it has roamed. The caller holds the device's lock.
 *
 * @return 0, or a negative errno: of zwg_set_private_key(), and then nothing has changed. After it
 *         nothing can fail on a valid configuration and a device of @a old.
 */
int zwg_conf_apply(struct zwg_device *dev, zwg_time now, const struct zwg_conf *old,
		   const struct zwg_conf *conf, zwg_conf_resolve resolve, void *ctx);

#endif
