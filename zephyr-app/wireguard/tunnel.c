/* SPDX-License-Identifier: MIT */
/* The tunnels, their start, and what an application may ask of them; see tunnel.h. */
#include <errno.h>

#include <zephyr/logging/log.h>

#include <zwg/zephyr.h>

#include "crypto/secret.h"
#include "tunnel.h"

LOG_MODULE_REGISTER(zwg, CONFIG_ZWG_LOG_LEVEL);

struct zwg_tunnel zwg_tunnels[CONFIG_ZWG_INSTANCES];

static atomic_t ready;

static const char *const drop_names[ZWG_PORT_DROPS] = {
	[ZWG_PORT_RX_QUEUE] = "rx_queue",     [ZWG_PORT_RX_FRAGMENTS] = "rx_fragments",
	[ZWG_PORT_RX_BUFFERS] = "rx_buffers", [ZWG_PORT_RX_STACK] = "rx_stack",
	[ZWG_PORT_TX_PACKETS] = "tx_packets", [ZWG_PORT_TX_FRAGMENTS] = "tx_fragments",
	[ZWG_PORT_TX_BUFFERS] = "tx_buffers", [ZWG_PORT_TX_UNDERLAY] = "tx_underlay",
};

const char *zwg_port_drop_name(enum zwg_port_drop why)
{
	return drop_names[why];
}

static int port_tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	ARG_UNUSED(ctx);
	return zwg_stamps_next(stamp);
}

static void port_wake_at(void *ctx, zwg_time when)
{
	zwg_wake_at(ctx, when);
}

static void port_jobs_pending(void *ctx)
{
	ARG_UNUSED(ctx);
	zwg_kick_jobs();
}

static const struct zwg_port core_port = {
	.send_message = zwg_port_send_message,
	.send_packet = zwg_port_send_packet,
	.release = zwg_port_release,
	.random = zwg_random,
	.tai64n = port_tai64n,
	.wake_at = port_wake_at,
	.jobs_pending = port_jobs_pending,
	.event = zwg_port_event,
};

/* Room for what was saved: the console's scratch configuration, which nobody uses yet. */
static struct zwg_conf *saved_conf(struct zwg_tunnel *tunnel)
{
#if defined(CONFIG_ZWG_SHELL)
	return &tunnel->console.scratch;
#else
	return &tunnel->saved;
#endif
}

static void provision(struct zwg_tunnel *tunnel)
{
	struct zwg_conf *conf = saved_conf(tunnel);
	const char *why = NULL;
	int err = zwg_load(tunnel, conf);

	if (err == -ENOENT) {
		LOG_INF("zwg%u: not provisioned", tunnel->number);
	} else if (err) {
		LOG_ERR("zwg%u: the saved configuration cannot be read (%d): not provisioned",
			tunnel->number, err);
	} else {
		err = zwg_apply(tunnel, conf, &why);
		if (err)
			LOG_ERR("zwg%u: the saved configuration cannot be applied (%d) %s",
				tunnel->number, err, why ? why : "");
	}
	zwg_wipe(conf, sizeof(*conf));
}

void zwg_tunnels_start(void)
{
	int err = zwg_store_start();

	if (err)
		LOG_ERR("flash cannot be read (%d): nothing is provisioned and nothing can be "
			"saved",
			err);
	zwg_random_announce();
	zwg_stamps_start();
	zwg_underlay_watch();
	ZWG_TUNNELS_FOREACH(tunnel)
	{
		zwg_lock(tunnel);
		zwg_device_init(&tunnel->device, &core_port, tunnel);
		zwg_conf_init(&tunnel->running);
		zwg_unlock(tunnel);
		if (!err)
			provision(tunnel);
	}
	atomic_set(&ready, true);
}

bool zwg_tunnels_ready(void)
{
	return atomic_get(&ready);
}

struct net_if *zwg_net_if(unsigned int number)
{
	return number < CONFIG_ZWG_INSTANCES ? zwg_tunnels[number].iface : NULL;
}

int zwg_get_status(unsigned int number, struct zwg_status *status)
{
	struct zwg_tunnel *tunnel;
	struct zwg_peer *peer = NULL;
	struct zwg_peer_info info;
	zwg_time now = zwg_now();

	*status = (struct zwg_status){0};
	if (number >= CONFIG_ZWG_INSTANCES)
		return -ENODEV;
	if (!zwg_tunnels_ready())
		return 0;
	tunnel = &zwg_tunnels[number];
	zwg_lock(tunnel);
	status->provisioned = tunnel->running.has_private_key;
	status->up = tunnel->udp.port && atomic_get(&tunnel->started);
	while ((peer = zwg_peer_next(&tunnel->device, peer))) {
		zwg_peer_get_info(peer, now, &info);
		status->peers++;
		status->sessions += info.has_session;
		status->rx_bytes += info.rx_bytes;
		status->tx_bytes += info.tx_bytes;
	}
	zwg_unlock(tunnel);
	return 0;
}
