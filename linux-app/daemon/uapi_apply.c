/* SPDX-License-Identifier: MIT */
/* From a request that has been read to the device; see uapi_apply.h. */
#include "uapi_apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/clock.h"

/* Will it fit? */

static int compare_peers(const void *a, const void *b)
{
	const struct uapi_peer *const *x = a, *const *y = b;
	int order = memcmp((*x)->public_key, (*y)->public_key, 32);

	return order ? order : *x < *y ? -1 : *x > *y;
}

static size_t count_prefixes(const struct zwg_device *dev, const struct zwg_peer *peer)
{
	struct zwg_prefix prefix;
	uint32_t cursor = 0;
	size_t count = 0;

	while (zwg_allowed_ip_next(dev, peer, &cursor, &prefix))
		count++;
	return count;
}

/* What the tables hold. */
struct room {
	size_t peers;
	size_t prefixes;
};

static struct room count_used(struct zwg_device *dev)
{
	struct room used = {0};

	for (struct zwg_peer *peer = NULL; (peer = zwg_peer_next(dev, peer)); used.peers++)
		used.prefixes += count_prefixes(dev, peer);
	return used;
}

/* What one line of the request gives up and takes. */
struct step {
	bool adds;
	bool removes;
	size_t prefixes_freed;
};

/* The steps of the @a count lines about one peer, which are in the order of the request. */
static void plan_peer(struct zwg_device *dev, const struct uapi_set *set,
		      const struct uapi_peer *const *lines, size_t count, struct step *steps)
{
	struct zwg_peer *peer = zwg_peer_find(dev, lines[0]->public_key);
	bool there = peer && !set->replace_peers;
	bool counted = !there;

	for (size_t i = 0; i < count; i++) {
		struct step *step = &steps[lines[i] - set->peers];

		step->removes = there && lines[i]->remove;
		step->adds = !there && !lines[i]->remove && !lines[i]->update_only;
		if (there && !counted && (lines[i]->remove || lines[i]->replace_allowed_ips)) {
			step->prefixes_freed = count_prefixes(dev, peer);
			counted = true;
		}
		there = (there || step->adds) && !step->removes;
	}
}

/* Neither sum is ever below what there will be: a peer with our own key counts, and a prefix that
 * moves or is there already counts twice, unless the peer that has it gives all up before. */
static bool fits(struct zwg_device *dev, const struct uapi_set *set, const struct step *steps)
{
	struct room used = count_used(dev);

	if (set->replace_peers)
		used = (struct room){0};
	for (size_t i = 0; i < set->peer_count; i++) {
		const struct uapi_peer *peer = &set->peers[i];

		used.peers += steps[i].adds;
		used.peers -= steps[i].removes;
		used.prefixes -= steps[i].prefixes_freed;
		for (size_t j = 0; j < peer->prefix_count && !peer->remove; j++)
			used.prefixes += !set->prefixes[peer->first_prefix + j].remove;
		if (used.peers > ZWG_MAX_PEERS || used.prefixes > ZWG_MAX_ALLOWED_IPS)
			return false;
	}
	return true;
}

static int check_room(struct zwg_device *dev, const struct uapi_set *set)
{
	const struct uapi_peer **sorted;
	struct step *steps;
	int err = -ENOMEM;

	if (set->peer_count == 0)
		return 0;
	sorted = calloc(set->peer_count, sizeof(struct uapi_peer *));
	steps = calloc(set->peer_count, sizeof(*steps));
	if (sorted && steps) {
		for (size_t i = 0; i < set->peer_count; i++)
			sorted[i] = &set->peers[i];
		qsort(sorted, set->peer_count, sizeof(struct uapi_peer *), compare_peers);
		for (size_t i = 0, n; i < set->peer_count; i += n) {
			for (n = 1;
			     i + n < set->peer_count &&
			     memcmp(sorted[i]->public_key, sorted[i + n]->public_key, 32) == 0;)
				n++;
			plan_peer(dev, set, &sorted[i], n, steps);
		}
		err = fits(dev, set, steps) ? 0 : -ENOSPC;
	}
	free(sorted);
	free(steps);
	return err;
}

/* What cannot fail any more */

static void apply_prefixes(struct zwg_device *dev, struct zwg_peer *peer,
			   const struct uapi_set *set, const struct uapi_peer *from)
{
	for (size_t i = 0; i < from->prefix_count; i++) {
		const struct uapi_prefix *prefix = &set->prefixes[from->first_prefix + i];

		if (prefix->remove)
			zwg_allowed_ip_remove(dev, peer, &prefix->prefix);
		else
			zwg_allowed_ip_add(dev, peer, &prefix->prefix);
	}
}

static void apply_peer(struct zwg_device *dev, const struct uapi_set *set,
		       const struct uapi_peer *from)
{
	struct zwg_peer *peer = zwg_peer_find(dev, from->public_key);
	zwg_time now = clock_now();

	if (from->remove) {
		if (peer)
			zwg_peer_remove(dev, peer);
		return;
	}
	if (!peer && (from->update_only || zwg_peer_add(dev, from->public_key, &peer)))
		return;
	if (from->has_preshared_key)
		zwg_peer_set_preshared_key(dev, peer, from->preshared_key);
	if (from->has_endpoint)
		zwg_peer_set_endpoint(dev, now, peer, &from->endpoint);
	if (from->replace_allowed_ips)
		zwg_allowed_ips_clear(dev, peer);
	apply_prefixes(dev, peer, set, from);
	if (from->has_keepalive)
		zwg_peer_set_keepalive(dev, now, peer, from->keepalive);
}

static void remove_all_peers(struct zwg_device *dev)
{
	struct zwg_peer *next;

	for (struct zwg_peer *peer = zwg_peer_next(dev, NULL); peer; peer = next) {
		next = zwg_peer_next(dev, peer);
		zwg_peer_remove(dev, peer);
	}
}

static void apply(struct interface *iface, const struct uapi_set *set)
{
	struct zwg_device *dev = iface->tunnel->device;

	if (set->replace_peers)
		remove_all_peers(dev);
	if (set->has_private_key)
		interface_set_private_key(iface, set->private_key);
	for (size_t i = 0; i < set->peer_count; i++)
		apply_peer(dev, set, &set->peers[i]);
}

int uapi_apply(struct interface *iface, const struct uapi_set *set)
{
	int err;

	tunnel_lock(iface->tunnel);
	err = check_room(iface->tunnel->device, set);
	tunnel_unlock(iface->tunnel);
	if (!err && (set->has_listen_port || set->has_fwmark))
		err = interface_listen(iface,
				       set->has_listen_port ? set->listen_port : iface->listen_port,
				       set->has_fwmark ? set->fwmark : iface->fwmark);
	if (err)
		return err;
	tunnel_lock(iface->tunnel);
	apply(iface, set);
	tunnel_unlock(iface->tunnel);
	return 0;
}
