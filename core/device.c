/* SPDX-License-Identifier: MIT */
/* The life of a device: its keys, up and down, the clock's tick. */
#include <errno.h>
#include <string.h>

#include "allowedips.h"
#include "crypto/bytes.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "deadlines.h"
#include "internal.h"
#include "keypair.h"
#include "noise.h"
#include "peer.h"
#include "send.h"
#include "timers.h"

#define DEFAULT_MTU 1420
#define MIN_MTU	    68 /* RFC 791 */
#define MAX_MTU	    65535

void zwg_device_init(struct zwg_device *dev, const struct zwg_port *port, void *ctx)
{
	dev->port = port;
	dev->ctx = ctx;
	dev->mtu = DEFAULT_MTU;
	dev->wake_at = ZWG_NEVER;
}

void zwg_sync_wake(struct zwg_device *dev)
{
	uint32_t id;
	zwg_time first = zwg_deadlines_first(&dev->deadlines, &id);

	if (first == dev->wake_at)
		return;
	dev->wake_at = first;
	dev->port->wake_at(dev->ctx, first);
}

zwg_time zwg_jitter(struct zwg_device *dev)
{
	uint8_t random[4];

	if (dev->port->random(dev->ctx, random, sizeof(random)))
		return 0;
	return zwg_get_le32(random) % (ZWG_MAX_JITTER + 1);
}

static void forget_queue(struct zwg_device *dev)
{
	zwg_wipe(dev->queue, sizeof(dev->queue));
	dev->queue_first = 0;
	dev->queue_count = 0;
}

static int make_identity(struct zwg_identity *identity, const uint8_t key[32])
{
	int err;

	memcpy(identity->private_key, key, sizeof(identity->private_key));
	identity->private_key[0] &= 248;
	identity->private_key[31] = (uint8_t)((identity->private_key[31] & 127) | 64);
	err = zwg_x25519_base(identity->public_key, identity->private_key);
	if (!err)
		err = zwg_label_key(identity->mac1_key, ZWG_LABEL_MAC1, identity->public_key);
	if (!err)
		err = zwg_label_key(identity->cookie_key, ZWG_LABEL_COOKIE, identity->public_key);
	identity->set = !err;
	return err;
}

static void identity_changed(struct zwg_device *dev, zwg_time now)
{
	struct zwg_peer *self = NULL;

	forget_queue(dev);
	if (dev->identity.set)
		self = zwg_peer_find(dev, dev->identity.public_key);
	if (self)
		zwg_peer_remove(dev, self);
	for (struct zwg_peer *peer = zwg_peer_next(dev, NULL); peer;
	     peer = zwg_peer_next(dev, peer)) {
		zwg_keypairs_stop_sending(peer);
		zwg_peer_forget_initiation(dev, peer);
		zwg_peer_cancel_jobs(peer);
		peer->handshake_sent = false;
		if (!dev->identity.set) {
			zwg_peer_unwant_initiation(dev, peer);
		} else if (dev->up) {
			zwg_staged_send(dev, peer, now);
			zwg_timers_keepalive_set(dev, peer, now);
		}
	}
}

int zwg_set_private_key(struct zwg_device *dev, zwg_time now, const uint8_t key[32])
{
	/* Nothing that was computed for the identity as it was will be committed. */
	struct zwg_identity identity = {.generation = dev->identity.generation + 1};
	int err = 0;

	if (!key && !dev->identity.set)
		return 0;
	if (key)
		err = make_identity(&identity, key);
	if (!err && !(key && dev->identity.set &&
		      zwg_equal(identity.private_key, dev->identity.private_key, 32))) {
		dev->identity = identity;
		identity_changed(dev, now);
		zwg_sync_wake(dev);
	}
	zwg_wipe(&identity, sizeof(identity));
	return err;
}

int zwg_set_mtu(struct zwg_device *dev, uint32_t mtu)
{
	if (mtu < MIN_MTU || mtu > MAX_MTU)
		return -EINVAL;
	dev->mtu = mtu;
	return 0;
}

void zwg_device_up(struct zwg_device *dev, zwg_time now)
{
	if (dev->up)
		return;
	dev->up = true;
	for (struct zwg_peer *peer = zwg_peer_next(dev, NULL); peer;
	     peer = zwg_peer_next(dev, peer))
		zwg_timers_keepalive_set(dev, peer, now);
	zwg_sync_wake(dev);
}

void zwg_device_down(struct zwg_device *dev)
{
	dev->up = false;
	dev->identity.generation++;
	for (struct zwg_peer *peer = zwg_peer_next(dev, NULL); peer;
	     peer = zwg_peer_next(dev, peer))
		zwg_peer_stop(dev, peer);
	forget_queue(dev);
	zwg_wipe(dev->cookie_secret, sizeof(dev->cookie_secret));
	dev->cookie_secret_set = false;
	dev->load_until = 0;
	zwg_sync_wake(dev);
}

void zwg_device_wipe(struct zwg_device *dev)
{
	struct zwg_allowedips *allowedips = &dev->allowedips;

	zwg_device_down(dev);
	zwg_wipe(dev->peers, dev->peers_touched * sizeof(dev->peers[0]));
	memset(allowedips->nodes, 0, allowedips->touched * sizeof(allowedips->nodes[0]));
	memset(allowedips->first_of_peer, 0,
	       dev->peers_touched * sizeof(allowedips->first_of_peer[0]));
	memset(allowedips, 0, offsetof(struct zwg_allowedips, first_of_peer));
	if (dev->peers_touched) {
		memset(dev->key_map, 0, sizeof(dev->key_map));
		memset(dev->index_map, 0, sizeof(dev->index_map));
	}
	memset(dev->deadlines.heap, 0, dev->peers_touched * sizeof(dev->deadlines.heap[0]));
	memset(dev->deadlines.place_plus_1, 0,
	       dev->peers_touched * sizeof(dev->deadlines.place_plus_1[0]));
	zwg_wipe(dev, offsetof(struct zwg_device, deadlines));
	dev->deadlines.count = 0;
}

const struct zwg_counters *zwg_get_counters(const struct zwg_device *dev)
{
	return &dev->counters;
}

void zwg_tick(struct zwg_device *dev, zwg_time now)
{
	if (dev->up)
		zwg_timers_run(dev, now);
	zwg_sync_wake(dev);
}
