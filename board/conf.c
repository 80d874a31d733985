/* SPDX-License-Identifier: MIT */
/* The configuration as data: its peers, and whether the whole makes sense. */
#include <errno.h>
#include <string.h>

#include "conf.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"

void zwg_conf_init(struct zwg_conf *conf)
{
	zwg_wipe(conf, sizeof(*conf));
	conf->enabled = true;
	conf->mtu = ZWG_CONF_MTU_MAX;
}

const struct zwg_conf_peer *zwg_conf_peer_get(const struct zwg_conf *conf,
					      const uint8_t public_key[32])
{
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		if (memcmp(conf->peers[i].public_key, public_key, 32) == 0) {
			return &conf->peers[i];
		}
	}
	return NULL;
}

struct zwg_conf_peer *zwg_conf_peer_find(struct zwg_conf *conf, const uint8_t public_key[32])
{
	const struct zwg_conf_peer *peer = zwg_conf_peer_get(conf, public_key);

	return peer != NULL ? &conf->peers[peer - conf->peers] : NULL;
}

struct zwg_conf_peer *zwg_conf_peer_add(struct zwg_conf *conf, const uint8_t public_key[32])
{
	struct zwg_conf_peer *peer;

	if (conf->peer_count >= ZWG_MAX_PEERS) {
		return NULL;
	}
	peer = &conf->peers[conf->peer_count++];
	memcpy(peer->public_key, public_key, 32);
	return peer;
}

void zwg_conf_peer_remove(struct zwg_conf *conf, struct zwg_conf_peer *peer)
{
	struct zwg_conf_peer *last = &conf->peers[conf->peer_count - 1];

	memmove(peer, peer + 1, (size_t)(last - peer) * sizeof(*peer));
	zwg_wipe(last, sizeof(*last));
	conf->peer_count--;
}

static bool prefix_equal(const struct zwg_prefix *a, const struct zwg_prefix *b)
{
	return a->bits == b->bits && a->addr.family == b->addr.family &&
	       memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes)) == 0;
}

int zwg_conf_prefix_index(const struct zwg_prefix *list, uint8_t count,
			  const struct zwg_prefix *prefix)
{
	for (uint8_t i = 0; i < count; i++) {
		if (prefix_equal(&list[i], prefix)) {
			return i;
		}
	}
	return -1;
}

bool zwg_conf_has_address(const struct zwg_prefix *list, uint8_t count, const struct zwg_addr *addr)
{
	for (uint8_t i = 0; i < count; i++) {
		if (zwg_addr_equal(&list[i].addr, addr)) {
			return true;
		}
	}
	return false;
}

bool zwg_conf_underlay_valid(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '_' || c == '-')) {
			return false;
		}
	}
	return len <= ZWG_CONF_UNDERLAY_MAX;
}

/* The length in range, and the bytes behind an IPv4 address zero. */
static bool prefix_valid(const struct zwg_prefix *prefix)
{
	const struct zwg_addr *addr = &prefix->addr;

	return addr->family == ZWG_AF_INET ? prefix->bits <= 32 && zwg_is_zero(addr->bytes + 4, 12)
					   : addr->family == ZWG_AF_INET6 && prefix->bits <= 128;
}

bool zwg_conf_address_valid(const struct zwg_prefix *address)
{
	const uint8_t *bytes = address->addr.bytes;
	bool multicast =
		address->addr.family == ZWG_AF_INET ? (bytes[0] & 0xf0) == 0xe0 : bytes[0] == 0xff;

	return prefix_valid(address) && !multicast && !zwg_is_zero(bytes, 16);
}

/* Text in an array of @a size: its length, or @a size if no zero ends it or anything follows. */
static size_t text_len(const char *text, size_t size)
{
	size_t len = 0;

	while (len < size && text[len] != '\0') {
		len++;
	}
	return zwg_is_zero(text + len, size - len) ? len : size;
}

/* What is wrong, without the place. */
static int refuse(struct zwg_conf_fault *fault, int err, const char *setting, const char *expected)
{
	fault->setting = setting;
	fault->expected = expected;
	return err;
}

static int refuse_prefix(struct zwg_conf_fault *fault, int err, const char *setting,
			 const struct zwg_prefix *prefix, const char *expected)
{
	fault->has_prefix = true;
	fault->prefix = *prefix;
	return refuse(fault, err, setting, expected);
}

static int validate_addresses(const struct zwg_conf *conf, struct zwg_conf_fault *fault)
{
	if (conf->address_count > ZWG_CONF_ADDRESSES) {
		return refuse(fault, -ENOSPC, "address", "at most 4 addresses");
	}
	for (uint8_t i = 0; i < conf->address_count; i++) {
		const struct zwg_prefix *address = &conf->addresses[i];

		if (!zwg_conf_address_valid(address)) {
			return refuse_prefix(fault, -EINVAL, "address", address,
					     "must be a unicast address with its prefix length");
		}
		if (zwg_conf_has_address(conf->addresses, i, &address->addr)) {
			return refuse_prefix(fault, -EEXIST, "address", address, "is there twice");
		}
	}
	return 0;
}

static int validate_interface(const struct zwg_conf *conf, struct zwg_conf_fault *fault)
{
	size_t len = text_len(conf->underlay, sizeof(conf->underlay));

	if (zwg_is_zero(conf->private_key, 32) == conf->has_private_key) {
		return refuse(fault, -EINVAL, "private-key", "must be a key other than zeros");
	}
	if (conf->has_private_key && conf->listen_port == 0) {
		return refuse(fault, -EINVAL, "listen-port", "must be set, from 1 to 65535");
	}
	if (conf->mtu < ZWG_CONF_MTU_MIN || conf->mtu > ZWG_CONF_MTU_MAX) {
		return refuse(fault, -EINVAL, "mtu", "must be 1280 to 1420");
	}
	if (!zwg_conf_underlay_valid(conf->underlay, len)) {
		return refuse(fault, -EINVAL, "underlay", "must be the name of an interface");
	}
	return validate_addresses(conf, fault);
}

static bool endpoint_valid(const struct zwg_host_port *endpoint)
{
	size_t len = text_len(endpoint->host, sizeof(endpoint->host));

	if (len == 0) {
		return endpoint->port == 0;
	}
	return endpoint->port != 0 && zwg_host_valid(endpoint->host, len);
}

static int validate_allowed_ips(const struct zwg_conf *conf, uint16_t number,
				struct zwg_conf_fault *fault)
{
	const struct zwg_conf_peer *peer = &conf->peers[number];

	if (peer->allowed_ips_count > ZWG_CONF_ALLOWED_IPS) {
		return refuse(fault, -ENOSPC, "allowed-ips", "more than the peer has room for");
	}
	for (uint8_t i = 0; i < peer->allowed_ips_count; i++) {
		const struct zwg_prefix *prefix = &peer->allowed_ips[i];
		struct zwg_prefix masked = *prefix;

		if (!prefix_valid(prefix) || !zwg_prefix_mask(&masked) ||
		    !prefix_equal(prefix, &masked)) {
			return refuse_prefix(fault, -EINVAL, "allowed-ips", prefix,
					     "must be a prefix without host bits");
		}
		if (zwg_conf_prefix_index(peer->allowed_ips, i, prefix) >= 0) {
			return refuse_prefix(fault, -EEXIST, "allowed-ips", prefix,
					     "is there twice");
		}
		for (uint16_t other = 0; other < number; other++) {
			if (zwg_conf_prefix_index(conf->peers[other].allowed_ips,
						  conf->peers[other].allowed_ips_count,
						  prefix) >= 0) {
				return refuse_prefix(fault, -EEXIST, "allowed-ips", prefix,
						     "must belong to one peer, not to two");
			}
		}
	}
	return 0;
}

static int validate_peer(const struct zwg_conf *conf, uint16_t number, const uint8_t *own_key,
			 struct zwg_conf_fault *fault)
{
	const struct zwg_conf_peer *peer = &conf->peers[number];

	if (zwg_is_zero(peer->public_key, 32)) {
		return refuse(fault, -EINVAL, "peer", "must be a public key other than zeros");
	}
	if (own_key != NULL && memcmp(peer->public_key, own_key, 32) == 0) {
		return refuse(fault, -EINVAL, "peer", "must not be this board's own public key");
	}
	if (zwg_conf_peer_get(conf, peer->public_key) != peer) {
		return refuse(fault, -EEXIST, "peer", "is there twice");
	}
	if (!endpoint_valid(&peer->endpoint)) {
		return refuse(fault, -EINVAL, "endpoint", "must be HOST:PORT");
	}
	return validate_allowed_ips(conf, number, fault);
}

int zwg_conf_public_key(const struct zwg_conf *conf, uint8_t public_key[32])
{
	return conf->has_private_key ? zwg_x25519_base(public_key, conf->private_key) : -ENOENT;
}

int zwg_conf_validate(const struct zwg_conf *conf, struct zwg_conf_fault *fault)
{
	uint8_t own_key[32];
	size_t prefixes = 0;
	int err;

	memset(fault, 0, sizeof(*fault));
	fault->peer = -1;
	err = validate_interface(conf, fault);
	if (err != 0) {
		return err;
	}
	if (conf->peer_count > ZWG_MAX_PEERS) {
		return refuse(fault, -ENOSPC, "peer", "more than the board has room for");
	}
	err = zwg_conf_public_key(conf, own_key);
	if (err != 0 && conf->has_private_key) {
		return refuse(fault, err, "private-key", "must have a public key");
	}
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		fault->peer = i;
		err = validate_peer(conf, i, conf->has_private_key ? own_key : NULL, fault);
		if (err != 0) {
			return err;
		}
		prefixes += conf->peers[i].allowed_ips_count;
		if (prefixes > ZWG_MAX_ALLOWED_IPS) {
			return refuse(fault, -ENOSPC, "allowed-ips",
				      "more over all peers than the board has room for");
		}
	}
	fault->peer = -1;
	return 0;
}
