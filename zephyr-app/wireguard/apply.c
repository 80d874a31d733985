/* SPDX-License-Identifier: MIT */
/* Putting a configuration in force: everything that can fail comes first and is undone if it must.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>

#include "compat.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

/* Could the port be opened? For a tunnel that will open it when it is attached. */
static int try_ports(struct zwg_tunnel *tunnel, struct net_if *underlay, uint16_t port)
{
	struct zwg_udp trial;
	int err = zwg_udp_open(&trial, tunnel, underlay, port);

	if (!err)
		zwg_udp_close(&trial);
	return err;
}

/* What is to take the place of tunnel->udp: with another number opened beside it, with the same on
 * another interface the same port. None where the tunnel is not attached or nothing changes. */
static int open_ports(struct zwg_tunnel *tunnel, const struct zwg_conf *conf,
		      struct net_if *underlay, struct zwg_udp *fresh)
{
	*fresh = (struct zwg_udp){0};
	if (!underlay || !conf->has_private_key ||
	    (tunnel->udp.port == conf->listen_port && tunnel->udp.iface == underlay))
		return 0;
	if (!tunnel->attached)
		return try_ports(tunnel, underlay, conf->listen_port);
	if (tunnel->udp.port == conf->listen_port) {
		*fresh = tunnel->udp;
		fresh->iface = underlay;
		return 0;
	}
	return zwg_udp_open(fresh, tunnel, underlay, conf->listen_port);
}

static void close_unless_kept(struct zwg_udp *udp, const struct zwg_udp *kept)
{
	if (udp->port != kept->port)
		zwg_udp_close(udp);
}

static int put_in_force(struct zwg_tunnel *tunnel, const struct zwg_conf *conf,
			const struct zwg_udp *fresh)
{
	uint8_t public_key[32] = {0};
	struct zwg_udp old = *fresh;
	int err = conf->has_private_key ? zwg_conf_public_key(conf, public_key) : 0;

	if (err)
		return err;
	zwg_lock(tunnel);
	err = zwg_conf_apply(&tunnel->device, zwg_now(), &tunnel->running, conf,
			     IS_ENABLED(CONFIG_DNS_RESOLVER) ? zwg_resolve_note : NULL, tunnel);
	/* The interface decides about the device, see zwg_link_sync(). */
	if (!tunnel->attached || !atomic_get(&tunnel->started)) {
		zwg_device_down(&tunnel->device);
		tunnel->active = false;
	}
	if (!err)
		memcpy(tunnel->public_key, public_key, sizeof(tunnel->public_key));
	if (!err && fresh->port) {
		old = tunnel->udp;
		tunnel->udp = *fresh;
		/* The peers learn where we are now. */
		zwg_start_handshakes(tunnel);
	}
	zwg_unlock(tunnel);
	close_unless_kept(&old, fresh);
	return err;
}

static void move_underlay(struct zwg_tunnel *tunnel, struct net_if *underlay)
{
	if (tunnel->attached && net_virtual_get_iface(tunnel->iface) != underlay) {
		(void)net_virtual_interface_attach(tunnel->iface, NULL);
		(void)net_virtual_interface_attach(tunnel->iface, underlay);
	}
}

static void start_or_stop(struct zwg_tunnel *tunnel)
{
	zwg_link_update(tunnel);
	if (tunnel->attached && tunnel->running.enabled)
		(void)net_if_up(tunnel->iface);
	else
		(void)net_if_down(tunnel->iface);
	zwg_link_sync(tunnel);
}

static int apply(struct zwg_tunnel *tunnel, const struct zwg_conf *conf, const char **why)
{
	struct net_if *underlay = zwg_underlay_find(conf);
	struct zwg_udp fresh;
	int err;

	if (!underlay && conf->underlay[0] != '\0') {
		*why = "underlay: the name of an interface, see net iface";
		return -ENODEV;
	}
	if (!underlay && CONFIG_ZWG_UNDERLAY_IFACE[0] != '\0') {
		*why = "underlay: no interface has the name that CONFIG_ZWG_UNDERLAY_IFACE "
		       "gives, " CONFIG_ZWG_UNDERLAY_IFACE;
		return -ENODEV;
	}
	if (!zwg_iface_fits(tunnel, conf)) {
		*why = "address: no more addresses than the interface has room for";
		return -ENOSPC;
	}
	err = open_ports(tunnel, conf, underlay, &fresh);
	if (err) {
		*why = err == -EADDRINUSE ? "listen-port: a UDP port that nothing else uses"
					  : "listen-port: a UDP port that may be opened";
		return err;
	}
	err = put_in_force(tunnel, conf, &fresh);
	if (err) {
		close_unless_kept(&fresh, &tunnel->udp);
		return err;
	}
	zwg_iface_set_addresses(tunnel, &tunnel->running, conf);
	net_if_set_mtu(tunnel->iface, conf->mtu);
	zwg_lock(tunnel);
	tunnel->running = *conf;
	zwg_unlock(tunnel);
	move_underlay(tunnel, underlay);
	start_or_stop(tunnel);
	zwg_kick();
	return 0;
}

int zwg_apply(void *ctx, const struct zwg_conf *conf, const char **why)
{
	struct zwg_tunnel *tunnel = ctx;
	int err;

	k_mutex_lock(&tunnel->conf_lock, K_FOREVER);
	err = apply(tunnel, conf, why);
	k_mutex_unlock(&tunnel->conf_lock);
	return err;
}
