/* SPDX-License-Identifier: MIT */
/*
 * From one configuration to the next in a running device. Everything that goes is taken away before
 * anything is added, so that the device's fixed tables have room whatever the order; and only what
 * differs is touched, so that sessions live on. A keepalive or "up" that is in force already is
 * nothing new to the core.
 */
#include <string.h>

#include "conf.h"
#include "crypto/secret.h"

static void remove_peers(struct zwg_device *dev, zwg_time now, const struct zwg_conf *conf)
{
	struct zwg_peer *peer = zwg_peer_next(dev, NULL);

	while (peer != NULL) {
		struct zwg_peer *following = zwg_peer_next(dev, peer);
		struct zwg_peer_info info;

		zwg_peer_get_info(peer, now, &info);
		if (zwg_conf_peer_get(conf, info.public_key) == NULL) {
			zwg_peer_remove(dev, peer);
		}
		peer = following;
	}
}

/* Removal spoils the cursor: the walk begins anew after each. True if there was one to remove. */
static bool remove_one_prefix(struct zwg_device *dev, struct zwg_peer *peer,
			      const struct zwg_conf_peer *want)
{
	struct zwg_prefix prefix;
	uint32_t cursor = 0;

	while (zwg_allowed_ip_next(dev, peer, &cursor, &prefix)) {
		if (zwg_conf_prefix_index(want->allowed_ips, want->allowed_ips_count, &prefix) <
		    0) {
			(void)zwg_allowed_ip_remove(dev, peer, &prefix);
			return true;
		}
	}
	return false;
}

static void remove_prefixes(struct zwg_device *dev, const struct zwg_conf *conf)
{
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		const struct zwg_conf_peer *want = &conf->peers[i];
		struct zwg_peer *peer = zwg_peer_find(dev, want->public_key);

		while (peer != NULL && remove_one_prefix(dev, peer, want)) {
		}
	}
}

static bool has_prefix(const struct zwg_device *dev, const struct zwg_peer *peer,
		       const struct zwg_prefix *prefix)
{
	struct zwg_prefix there;
	uint32_t cursor = 0;

	while (zwg_allowed_ip_next(dev, peer, &cursor, &there)) {
		if (zwg_conf_prefix_index(&there, 1, prefix) == 0) {
			return true;
		}
	}
	return false;
}

static int add_prefixes(struct zwg_device *dev, struct zwg_peer *peer,
			const struct zwg_conf_peer *want)
{
	for (uint8_t i = 0; i < want->allowed_ips_count; i++) {
		const struct zwg_prefix *prefix = &want->allowed_ips[i];
		int err = has_prefix(dev, peer, prefix) ? 0 : zwg_allowed_ip_add(dev, peer, prefix);

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

static void set_preshared_key(struct zwg_device *dev, struct zwg_peer *peer, const uint8_t want[32])
{
	uint8_t there[32];

	zwg_peer_get_preshared_key(peer, there);
	if (!zwg_equal(there, want, sizeof(there))) {
		zwg_peer_set_preshared_key(dev, peer, want);
	}
	zwg_wipe(there, sizeof(there));
}

static void set_endpoint(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer,
			 const struct zwg_conf_peer *want, zwg_conf_resolve resolve, void *ctx)
{
	struct zwg_endpoint endpoint = {.addr.family = ZWG_AF_NONE};

	if (want->endpoint.host[0] == '\0' || zwg_host_port_literal(&want->endpoint, &endpoint)) {
		zwg_peer_set_endpoint(dev, now, peer, &endpoint);
	} else if (resolve != NULL) {
		resolve(ctx, want->public_key, &want->endpoint);
	}
}

/* @a was is the same peer in the configuration before, or NULL. */
static int apply_peer(struct zwg_device *dev, zwg_time now, const struct zwg_conf_peer *was,
		      const struct zwg_conf_peer *want, zwg_conf_resolve resolve, void *ctx)
{
	struct zwg_peer *peer = zwg_peer_find(dev, want->public_key);
	int err;

	if (peer == NULL) {
		was = NULL;
		err = zwg_peer_add(dev, want->public_key, &peer);
		if (err != 0) {
			return err;
		}
	}
	set_preshared_key(dev, peer, want->preshared_key);
	err = add_prefixes(dev, peer, want);
	if (err != 0) {
		return err;
	}
	if (was == NULL ? want->endpoint.host[0] != '\0'
			: was->endpoint.port != want->endpoint.port ||
				  strcmp(was->endpoint.host, want->endpoint.host) != 0) {
		set_endpoint(dev, now, peer, want, resolve, ctx);
	}
	zwg_peer_set_keepalive(dev, now, peer, want->keepalive);
	return 0;
}

int zwg_conf_apply(struct zwg_device *dev, zwg_time now, const struct zwg_conf *old,
		   const struct zwg_conf *conf, zwg_conf_resolve resolve, void *ctx)
{
	int err = zwg_set_private_key(dev, now, conf->has_private_key ? conf->private_key : NULL);

	if (err != 0) {
		return err;
	}
	if (!conf->enabled) {
		zwg_device_down(dev);
	}
	err = zwg_set_mtu(dev, conf->mtu);
	remove_peers(dev, now, conf);
	remove_prefixes(dev, conf);
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		const struct zwg_conf_peer *want = &conf->peers[i];
		int failed = apply_peer(
			dev, now, old != NULL ? zwg_conf_peer_get(old, want->public_key) : NULL,
			want, resolve, ctx);

		err = err != 0 ? err : failed;
	}
	if (conf->enabled) {
		zwg_device_up(dev, now);
	}
	return err;
}
