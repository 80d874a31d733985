/* SPDX-License-Identifier: MIT */
/* What happened to peers, for net_mgmt and the log. The core tells it under the lock; it is passed
 * on by the receive thread without, because who listens may ask us something. */
#include <zephyr/logging/log.h>

#include <zwg/zephyr.h>

#include "board/text.h"
#include "compat.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#define WAITING 8 /* Events; more than that at once are lost, as with net_mgmt itself. */

struct event {
	uint8_t tunnel;
	uint8_t what;
	uint8_t public_key[32];
};

K_MSGQ_DEFINE(zwg_events, sizeof(struct event), WAITING, 1);

void zwg_port_event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	struct zwg_tunnel *tunnel = ctx;
	struct event event = {.tunnel = (uint8_t)tunnel->number, .what = (uint8_t)what};
	struct zwg_peer_info info;

	zwg_peer_get_info(peer, zwg_now(), &info);
	memcpy(event.public_key, info.public_key, sizeof(event.public_key));
	/* A name may lead elsewhere by now. */
	if (what == ZWG_EVENT_PEER_QUIET)
		zwg_resolve_again(tunnel, info.public_key);
	(void)k_msgq_put(&zwg_events, &event, K_NO_WAIT);
	zwg_kick();
}

static void log_event(const struct event *event, const char *what)
{
	char key[ZWG_KEY_TEXT_SIZE], endpoint[ZWG_ENDPOINT_TEXT_SIZE] = "";
	struct zwg_tunnel *tunnel = &zwg_tunnels[event->tunnel];
	struct zwg_peer_info info;
	struct zwg_peer *peer;

	(void)zwg_key_format(event->public_key, key);
	zwg_lock(tunnel);
	peer = zwg_peer_find(&tunnel->device, event->public_key);
	if (peer) {
		zwg_peer_get_info(peer, zwg_now(), &info);
		(void)zwg_endpoint_format(&info.endpoint, endpoint);
	}
	zwg_unlock(tunnel);
	LOG_INF("zwg%u: peer %.8s... at %s: %s", event->tunnel, key, endpoint, what);
}

static void raise_event(const struct event *event)
{
	static const struct {
		zwg_mgmt_event mgmt; /* 0: none. */
		const char *text;
	} events[] = {
		[ZWG_EVENT_HANDSHAKE_COMPLETE] = {NET_EVENT_ZWG_HANDSHAKE_COMPLETE,
						  "handshake complete"},
		[ZWG_EVENT_PEER_UP] = {NET_EVENT_ZWG_PEER_UP, "up"},
		[ZWG_EVENT_PEER_QUIET] = {NET_EVENT_ZWG_PEER_QUIET, "does not answer"},
		[ZWG_EVENT_ENDPOINT_MOVED] = {0, "moved here"},
	};

	log_event(event, events[event->what].text);
	if (events[event->what].mgmt)
		net_mgmt_event_notify_with_info(events[event->what].mgmt,
						zwg_tunnels[event->tunnel].iface, event->public_key,
						sizeof(event->public_key));
}

void zwg_events_raise(void)
{
	struct event event;

	while (!k_msgq_get(&zwg_events, &event, K_NO_WAIT))
		raise_event(&event);
}
