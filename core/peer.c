/* SPDX-License-Identifier: MIT */
/* Peers: places in a static table, found by public key; and what happens to one of them. */
#include "peer.h"

#include <errno.h>
#include <string.h>

#include "allowedips.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "internal.h"
#include "keypair.h"
#include "map.h"
#include "noise.h"
#include "send.h"
#include "timers.h"

#define KEY_MAP_SIZE (sizeof(((struct zwg_device *)0)->key_map) / sizeof(struct zwg_map_slot))

/* Places */

static struct zwg_peer *take_place(struct zwg_device *dev)
{
	struct zwg_peer *peer;

	if (dev->peers_free) {
		peer = &dev->peers[dev->peers_free - 1];
		dev->peers_free = peer->link;
		peer->link = 0;
		return peer;
	}
	if (dev->peers_touched == ZWG_MAX_PEERS)
		return NULL;
	peer = &dev->peers[dev->peers_touched];
	peer->id = dev->peers_touched++;
	return peer;
}

int zwg_peer_add(struct zwg_device *dev, const uint8_t public_key[32], struct zwg_peer **peer)
{
	struct zwg_peer *new;
	int err;

	*peer = zwg_peer_find(dev, public_key);
	if (*peer)
		return -EEXIST;
	if (dev->identity.set && zwg_equal(public_key, dev->identity.public_key, 32))
		return -EINVAL;
	new = take_place(dev);
	if (!new)
		return -ENOSPC;
	memcpy(new->public_key, public_key, sizeof(new->public_key));
	err = zwg_label_key(new->mac1_key, ZWG_LABEL_MAC1, public_key);
	if (!err)
		err = zwg_label_key(new->cookie_key, ZWG_LABEL_COOKIE, public_key);
	zwg_map_insert(dev->key_map, KEY_MAP_SIZE, zwg_get_le32(public_key), new->id);
	new->used = true;
	new->last_handshake = ZWG_NEVER;
	dev->peers_used++;
	zwg_timers_stop(dev, new);
	if (err) {
		zwg_peer_remove(dev, new);
		return err;
	}
	*peer = new;
	return 0;
}

void zwg_peer_remove(struct zwg_device *dev, struct zwg_peer *peer)
{
	uint32_t id = peer->id;
	uint32_t generation = peer->generation;

	zwg_peer_stop(dev, peer);
	zwg_allowedips_remove_peer(&dev->allowedips, id);
	zwg_map_remove(dev->key_map, KEY_MAP_SIZE, zwg_get_le32(peer->public_key), id);
	zwg_wipe(peer, sizeof(*peer));
	peer->id = id;
	peer->generation = generation + 1;
	peer->link = dev->peers_free;
	dev->peers_free = id + 1;
	dev->peers_used--;
	zwg_sync_wake(dev);
}

struct zwg_peer *zwg_peer_find(struct zwg_device *dev, const uint8_t public_key[32])
{
	uint32_t cursor = 0;
	uint32_t id;

	while ((id = zwg_map_find(dev->key_map, KEY_MAP_SIZE, zwg_get_le32(public_key), &cursor)) !=
	       ZWG_MAP_NONE) {
		if (zwg_equal(dev->peers[id].public_key, public_key, 32))
			return &dev->peers[id];
	}
	return NULL;
}

struct zwg_peer *zwg_peer_next(struct zwg_device *dev, struct zwg_peer *peer)
{
	for (uint32_t id = peer ? peer->id + 1 : 0; id < dev->peers_touched; id++) {
		if (dev->peers[id].used)
			return &dev->peers[id];
	}
	return NULL;
}

/* Settings */

void zwg_peer_set_preshared_key(struct zwg_device *dev, struct zwg_peer *peer,
				const uint8_t psk[32])
{
	static const uint8_t none[32];

	(void)dev;
	if (!psk)
		psk = none;
	memcpy(peer->preshared_key, psk, sizeof(peer->preshared_key));
}

void zwg_peer_get_preshared_key(const struct zwg_peer *peer, uint8_t psk[32])
{
	memcpy(psk, peer->preshared_key, sizeof(peer->preshared_key));
}

void zwg_peer_set_endpoint(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer,
			   const struct zwg_endpoint *endpoint)
{
	peer->endpoint = *endpoint;
	if (endpoint->addr.family == ZWG_AF_NONE)
		zwg_staged_drop(dev, peer);
	else if (dev->up && dev->identity.set)
		zwg_staged_send(dev, peer, now);
	zwg_sync_wake(dev);
}

void zwg_peer_set_keepalive(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer,
			    uint16_t seconds)
{
	bool changed = peer->keepalive != seconds;

	peer->keepalive = seconds;
	if (!seconds)
		peer->timers.persistent_keepalive = ZWG_NEVER;
	else if (dev->up && changed)
		zwg_timers_keepalive_set(dev, peer, now);
	zwg_sync_wake(dev);
}

int zwg_peer_handshake(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer)
{
	if (!dev->up || !dev->identity.set)
		return -ENETDOWN;
	if (peer->endpoint.addr.family == ZWG_AF_NONE)
		return -EDESTADDRREQ;
	zwg_timers_want_handshake(dev, peer, now);
	zwg_sync_wake(dev);
	return 0;
}

void zwg_peer_get_info(const struct zwg_peer *peer, zwg_time now, struct zwg_peer_info *info)
{
	uint8_t current = peer->keypair_of[ZWG_CURRENT];

	*info = (struct zwg_peer_info){
		.has_preshared_key = !zwg_is_zero(peer->preshared_key, sizeof(peer->preshared_key)),
		.endpoint = peer->endpoint,
		.keepalive = peer->keepalive,
		.last_handshake = peer->last_handshake,
		.rx_bytes = peer->rx_bytes,
		.tx_bytes = peer->tx_bytes,
		.has_session = current && zwg_keypair_can_send(&peer->keypairs[current - 1], now),
	};
	memcpy(info->public_key, peer->public_key, sizeof(info->public_key));
}

int zwg_allowed_ip_add(struct zwg_device *dev, struct zwg_peer *peer,
		       const struct zwg_prefix *prefix)
{
	return zwg_allowedips_insert(&dev->allowedips, prefix, peer->id);
}

int zwg_allowed_ip_remove(struct zwg_device *dev, struct zwg_peer *peer,
			  const struct zwg_prefix *prefix)
{
	return zwg_allowedips_remove(&dev->allowedips, prefix, peer->id);
}

void zwg_allowed_ips_clear(struct zwg_device *dev, struct zwg_peer *peer)
{
	zwg_allowedips_remove_peer(&dev->allowedips, peer->id);
}

bool zwg_allowed_ip_next(const struct zwg_device *dev, const struct zwg_peer *peer,
			 uint32_t *cursor, struct zwg_prefix *prefix)
{
	return zwg_allowedips_next(&dev->allowedips, peer->id, cursor, prefix);
}

struct zwg_peer *zwg_route(struct zwg_device *dev, const struct zwg_addr *addr)
{
	uint32_t id =
		zwg_allowedips_lookup(&dev->allowedips, (enum zwg_family)addr->family, addr->bytes);

	return id == ZWG_NO_PEER ? NULL : &dev->peers[id];
}

/* The list of those that want an initiation */

void zwg_peer_want_initiation(struct zwg_device *dev, struct zwg_peer *peer)
{
	peer->wants_initiation = true;
	peer->link = 0;
	if (dev->wanting_last)
		dev->peers[dev->wanting_last - 1].link = peer->id + 1;
	else
		dev->wanting_first = peer->id + 1;
	dev->wanting_last = peer->id + 1;
	dev->port->jobs_pending(dev->ctx);
}

void zwg_peer_unwant_initiation(struct zwg_device *dev, struct zwg_peer *peer)
{
	uint32_t before = 0;
	uint32_t here = dev->wanting_first;

	if (!peer->wants_initiation)
		return;
	while (here != peer->id + 1) {
		before = here;
		here = dev->peers[here - 1].link;
	}
	if (before)
		dev->peers[before - 1].link = peer->link;
	else
		dev->wanting_first = peer->link;
	if (dev->wanting_last == peer->id + 1)
		dev->wanting_last = before;
	peer->wants_initiation = false;
	peer->link = 0;
}

struct zwg_peer *zwg_peer_pop_wanting(struct zwg_device *dev)
{
	struct zwg_peer *peer;

	if (!dev->wanting_first)
		return NULL;
	peer = &dev->peers[dev->wanting_first - 1];
	zwg_peer_unwant_initiation(dev, peer);
	return peer;
}

/* What happens to a peer */

void zwg_peer_cancel_jobs(struct zwg_peer *peer)
{
	peer->generation++;
	peer->initiating = false;
}

void zwg_peer_handshake_completed(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->last_handshake = now;
	dev->port->event(dev->ctx, peer, ZWG_EVENT_HANDSHAKE_COMPLETE);
	if (!peer->up) {
		peer->up = true;
		dev->port->event(dev->ctx, peer, ZWG_EVENT_PEER_UP);
	}
}

void zwg_peer_gone_quiet(struct zwg_device *dev, struct zwg_peer *peer)
{
	peer->up = false;
	dev->port->event(dev->ctx, peer, ZWG_EVENT_PEER_QUIET);
}

void zwg_peer_seen_at(struct zwg_device *dev, struct zwg_peer *peer,
		      const struct zwg_endpoint *from)
{
	bool moved = !zwg_endpoint_equal(&peer->endpoint, from);

	peer->endpoint = *from;
	if (moved)
		dev->port->event(dev->ctx, peer, ZWG_EVENT_ENDPOINT_MOVED);
}

void zwg_peer_forget_source(struct zwg_peer *peer)
{
	peer->endpoint.src = (struct zwg_addr){0};
	peer->endpoint.src_if = 0;
}

void zwg_peer_forget_initiation(struct zwg_device *dev, struct zwg_peer *peer)
{
	if (peer->initiation.sent)
		zwg_index_remove(dev, peer->initiation.local_index, peer, ZWG_INDEX_INITIATION);
	zwg_wipe(&peer->initiation, sizeof(peer->initiation));
}

void zwg_peer_forget_sessions(struct zwg_device *dev, struct zwg_peer *peer)
{
	zwg_keypairs_clear(dev, peer);
	zwg_peer_forget_initiation(dev, peer);
}

void zwg_peer_stop(struct zwg_device *dev, struct zwg_peer *peer)
{
	zwg_timers_stop(dev, peer);
	zwg_staged_drop(dev, peer);
	zwg_peer_unwant_initiation(dev, peer);
	zwg_peer_cancel_jobs(peer);
	zwg_peer_forget_sessions(dev, peer);
	zwg_wipe(&peer->cookie, sizeof(peer->cookie));
	peer->handshake_sent = false;
	peer->up = false;
}
