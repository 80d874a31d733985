/* SPDX-License-Identifier: MIT */
/*
 * Endpoints that are names. One look-up at a time: first for an address of a family that the
 * underlay has, IPv4 if it has both, then for one of the other. One that fails is tried again after
 * RETRY. A peer that has gone quiet is looked up anew: the name may lead elsewhere by now.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/net/dns_resolve.h>

#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#define RETRY	    30000 /* ms */
#define BUSY	    100	  /* ms, until the resolver is asked again if it has no place free */
#define DNS_TIMEOUT 5000  /* ms */

/* The names that are to be looked up, by tunnel and place of the peer's key. */
struct wanted {
	bool used;
	uint8_t public_key[32];
	zwg_time due;
};

static struct wanted wanted[CONFIG_ZWG_INSTANCES][CONFIG_ZWG_MAX_PEERS]; /* Under their locks. */

enum { IDLE, READY, ASKED };

/* The look-up under way, of the resolver while it is ASKED, else of the receive thread. */
static struct {
	atomic_t state;
	struct zwg_tunnel *tunnel;
	uint8_t public_key[32];
	struct zwg_host_port name;
	enum dns_query_type type;
	bool last; /* There is no other type to ask for. */
	zwg_time due;
	struct zwg_addr result;
} query;

static struct wanted *find(struct zwg_tunnel *tunnel, const uint8_t public_key[32])
{
	for (size_t i = 0; i < CONFIG_ZWG_MAX_PEERS; i++) {
		struct wanted *w = &wanted[tunnel->number][i];

		if (w->used && memcmp(w->public_key, public_key, 32) == 0)
			return w;
	}
	return NULL;
}

/* A name waits for RETRY even if its peer has gone meanwhile. */
static void forget_removed(struct zwg_tunnel *tunnel)
{
	for (size_t i = 0; i < CONFIG_ZWG_MAX_PEERS; i++) {
		struct wanted *w = &wanted[tunnel->number][i];

		w->used = w->used && zwg_peer_find(&tunnel->device, w->public_key);
	}
}

static void want(struct zwg_tunnel *tunnel, const uint8_t public_key[32], zwg_time due)
{
	struct wanted *w;

	forget_removed(tunnel);
	w = find(tunnel, public_key);
	for (size_t i = 0; !w && i < CONFIG_ZWG_MAX_PEERS; i++)
		if (!wanted[tunnel->number][i].used)
			w = &wanted[tunnel->number][i];
	if (!w)
		return;
	w->used = true;
	memcpy(w->public_key, public_key, sizeof(w->public_key));
	w->due = due;
	zwg_kick();
}

void zwg_resolve_note(void *ctx, const uint8_t public_key[32], const struct zwg_host_port *name)
{
	ARG_UNUSED(name);
	want(ctx, public_key, zwg_now());
}

static bool is_name(const struct zwg_conf_peer *peer)
{
	struct zwg_endpoint endpoint;

	return peer && peer->endpoint.host[0] != '\0' &&
	       !zwg_host_port_literal(&peer->endpoint, &endpoint);
}

void zwg_resolve_again(struct zwg_tunnel *tunnel, const uint8_t public_key[32])
{
	if (is_name(zwg_conf_peer_get(&tunnel->running, public_key)))
		want(tunnel, public_key, zwg_now());
}

/* In the resolver's thread, or in that which asks if the answer is known. */
static void take(const struct dns_addrinfo *info)
{
	if (query.result.family != ZWG_AF_NONE)
		return;
	if (IS_ENABLED(CONFIG_NET_IPV4) && info->ai_family == AF_INET) {
		query.result.family = ZWG_AF_INET;
		memcpy(query.result.bytes, &net_sin(&info->ai_addr)->sin_addr, 4);
	} else if (IS_ENABLED(CONFIG_NET_IPV6) && info->ai_family == AF_INET6) {
		query.result.family = ZWG_AF_INET6;
		memcpy(query.result.bytes, &net_sin6(&info->ai_addr)->sin6_addr, 16);
	}
}

static void finish(void)
{
	struct zwg_endpoint endpoint = {.addr = query.result, .port = query.name.port};
	struct zwg_tunnel *tunnel = query.tunnel;
	const struct zwg_conf_peer *conf;
	struct zwg_peer *peer;

	zwg_lock(tunnel);
	conf = zwg_conf_peer_get(&tunnel->running, query.public_key);
	peer = zwg_peer_find(&tunnel->device, query.public_key);
	/* The configuration may have changed meanwhile. */
	if (conf && peer && strcmp(conf->endpoint.host, query.name.host) == 0) {
		if (endpoint.addr.family == ZWG_AF_NONE) {
			LOG_WRN("zwg%u: %s cannot be resolved", tunnel->number, query.name.host);
			want(tunnel, query.public_key, zwg_now() + RETRY);
		} else {
			zwg_peer_set_endpoint(&tunnel->device, zwg_now(), peer, &endpoint);
			(void)zwg_peer_handshake(&tunnel->device, zwg_now(), peer);
		}
	}
	zwg_unlock(tunnel);
	atomic_set(&query.state, IDLE);
	zwg_kick();
}

static void on_answer(enum dns_resolve_status status, struct dns_addrinfo *info, void *user_data)
{
	ARG_UNUSED(user_data);
	if (status == DNS_EAI_INPROGRESS) {
		if (info)
			take(info);
		return;
	}
	if (query.result.family != ZWG_AF_NONE || query.last) {
		finish();
		return;
	}
	/* Not from here: the resolver frees the place of a query after it has called us. */
	query.type = query.type == DNS_QUERY_TYPE_A ? DNS_QUERY_TYPE_AAAA : DNS_QUERY_TYPE_A;
	query.last = true;
	query.due = zwg_now();
	atomic_set(&query.state, READY);
	zwg_kick();
}

static void ask(void)
{
	int err;

	atomic_set(&query.state, ASKED);
	err = dns_get_addr_info(query.name.host, query.type, NULL, on_answer, NULL, DNS_TIMEOUT);
	if (err == -EAGAIN) {
		query.due = zwg_now() + BUSY;
		atomic_set(&query.state, READY);
	} else if (err) {
		on_answer(DNS_EAI_FAIL, NULL, NULL);
	}
}

static enum dns_query_type first_type(struct net_if *underlay)
{
	if (!IS_ENABLED(CONFIG_NET_IPV4))
		return DNS_QUERY_TYPE_AAAA;
	if (!IS_ENABLED(CONFIG_NET_IPV6))
		return DNS_QUERY_TYPE_A;
	return zwg_underlay_has(underlay, ZWG_AF_INET6) && !zwg_underlay_has(underlay, ZWG_AF_INET)
		       ? DNS_QUERY_TYPE_AAAA
		       : DNS_QUERY_TYPE_A;
}

static bool start(struct zwg_tunnel *tunnel, struct wanted *w)
{
	const struct zwg_conf_peer *conf = zwg_conf_peer_get(&tunnel->running, w->public_key);

	w->used = false;
	if (!is_name(conf))
		return false;
	query.tunnel = tunnel;
	query.name = conf->endpoint;
	query.result = (struct zwg_addr){0};
	query.type = first_type(tunnel->udp.iface);
	query.last = !IS_ENABLED(CONFIG_NET_IPV4) || !IS_ENABLED(CONFIG_NET_IPV6);
	query.due = zwg_now();
	memcpy(query.public_key, w->public_key, sizeof(query.public_key));
	atomic_set(&query.state, READY);
	return true;
}

static void next(struct zwg_tunnel *tunnel)
{
	for (size_t i = 0; i < CONFIG_ZWG_MAX_PEERS; i++) {
		struct wanted *w = &wanted[tunnel->number][i];

		if (w->used && w->due <= zwg_now() && start(tunnel, w))
			return;
	}
}

void zwg_resolve_run(struct zwg_tunnel *tunnel)
{
	if (atomic_get(&query.state) == IDLE && tunnel->attached) {
		zwg_lock(tunnel);
		next(tunnel);
		zwg_unlock(tunnel);
	}
	if (atomic_get(&query.state) == READY && query.due <= zwg_now())
		ask();
}

zwg_time zwg_resolve_due(void)
{
	zwg_time due = ZWG_NEVER;

	switch (atomic_get(&query.state)) {
	case READY:
		return query.due;
	case ASKED:
		return due;
	}
	ZWG_TUNNELS_FOREACH(tunnel)
	{
		zwg_lock(tunnel);
		for (size_t i = 0; tunnel->attached && i < CONFIG_ZWG_MAX_PEERS; i++)
			if (wanted[tunnel->number][i].used)
				due = MIN(due, wanted[tunnel->number][i].due);
		zwg_unlock(tunnel);
	}
	return due;
}
