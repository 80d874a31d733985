/* SPDX-License-Identifier: MIT */
/*
 * The interface below: which one, whether it can be used yet, and what follows for the tunnel. A
 * tunnel is attached when its underlay has an address, so that its first handshake is not wasted on
 * a link that is not there; from then on it stays attached, and its timers get over interruptions.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/devicetree.h>
#include <zephyr/logging/log.h>

#include "compat.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

static atomic_t changed = ATOMIC_INIT(true);

void zwg_link_kick(void)
{
	atomic_set(&changed, true);
	zwg_kick();
}

bool zwg_link_changed(void)
{
	return atomic_set(&changed, false);
}

static void on_event(struct net_mgmt_event_callback *cb, zwg_mgmt_event event, struct net_if *iface)
{
	ARG_UNUSED(cb);
	ARG_UNUSED(event);
	if (zwg_iface_number(iface) >= 0)
		return;
	zwg_link_kick();
}

void zwg_underlay_watch(void)
{
	static struct net_mgmt_event_callback iface_cb, ipv4_cb, ipv6_cb;

	net_mgmt_init_event_callback(&iface_cb, on_event, NET_EVENT_IF_UP | NET_EVENT_IF_DOWN);
	net_mgmt_add_event_callback(&iface_cb);
#if defined(CONFIG_NET_IPV4)
	net_mgmt_init_event_callback(&ipv4_cb, on_event,
				     NET_EVENT_IPV4_ADDR_ADD | NET_EVENT_IPV4_DHCP_BOUND);
	net_mgmt_add_event_callback(&ipv4_cb);
#endif
#if defined(CONFIG_NET_IPV6)
	net_mgmt_init_event_callback(&ipv6_cb, on_event,
				     NET_EVENT_IPV6_ADDR_ADD | NET_EVENT_IPV6_DAD_SUCCEED);
	net_mgmt_add_event_callback(&ipv6_cb);
#endif
	ARG_UNUSED(ipv4_cb);
	ARG_UNUSED(ipv6_cb);
}

static struct net_if *by_name(const char *name)
{
	int index = net_if_get_by_name(name);
	struct net_if *iface = index > 0 ? net_if_get_by_index(index) : NULL;

	return iface && zwg_iface_number(iface) < 0 ? iface : NULL;
}

static bool is_loopback(struct net_if *iface)
{
#if defined(CONFIG_NET_L2_DUMMY)
	return net_if_l2(iface) == &NET_L2_GET_NAME(DUMMY);
#else
	ARG_UNUSED(iface);
	return false;
#endif
}

static void first_other(struct net_if *iface, void *result)
{
	struct net_if **found = result;

	if (!*found && zwg_iface_number(iface) < 0 && !is_loopback(iface))
		*found = iface;
}

static struct net_if *automatic(void)
{
	struct net_if *iface;

#if DT_HAS_CHOSEN(zephyr_wifi)
	iface = net_if_lookup_by_dev(DEVICE_DT_GET(DT_CHOSEN(zephyr_wifi)));
	if (iface)
		return iface;
#endif
	iface = net_if_get_default();
	if (iface && zwg_iface_number(iface) < 0 && !is_loopback(iface))
		return iface;
	iface = NULL;
	net_if_foreach(first_other, &iface);
	return iface;
}

struct net_if *zwg_underlay_find(const struct zwg_conf *conf)
{
	if (conf->underlay[0] != '\0')
		return by_name(conf->underlay);
	if (CONFIG_ZWG_UNDERLAY_IFACE[0] != '\0')
		return by_name(CONFIG_ZWG_UNDERLAY_IFACE);
	return automatic();
}

static void append(struct zwg_addr *addrs, size_t max, size_t *count, uint8_t family,
		   const void *bytes)
{
	if (*count < max) {
		addrs[*count] = (struct zwg_addr){.family = family};
		memcpy(addrs[*count].bytes, bytes, zwg_family_bits(family) / 8);
	}
	*count += *count < max;
}

#if defined(CONFIG_NET_IPV4)
static const struct net_if_addr *ipv4_at(const struct net_if_ipv4 *ipv4, size_t i)
{
	return &ipv4->unicast[i].ipv4;
}
#endif

/* Link-local IPv6 addresses are left out: they say nothing without a zone. */
size_t zwg_underlay_addresses(struct net_if *iface, struct zwg_addr *addrs, size_t max)
{
	size_t count = 0;

#if defined(CONFIG_NET_IPV4)
	for (size_t i = 0; iface->config.ip.ipv4 && i < NET_IF_MAX_IPV4_ADDR; i++) {
		const struct net_if_addr *addr = ipv4_at(iface->config.ip.ipv4, i);

		if (addr->is_used && addr->addr_state == NET_ADDR_PREFERRED)
			append(addrs, max, &count, ZWG_AF_INET, &addr->address.in_addr);
	}
#endif
#if defined(CONFIG_NET_IPV6)
	for (size_t i = 0; iface->config.ip.ipv6 && i < NET_IF_MAX_IPV6_ADDR; i++) {
		const struct net_if_addr *addr = &iface->config.ip.ipv6->unicast[i];

		if (addr->is_used && addr->addr_state == NET_ADDR_PREFERRED &&
		    !net_ipv6_is_ll_addr(&addr->address.in6_addr))
			append(addrs, max, &count, ZWG_AF_INET6, &addr->address.in6_addr);
	}
#endif
	return count;
}

bool zwg_underlay_has(struct net_if *iface, uint8_t family)
{
	struct zwg_addr addrs[ZWG_CONSOLE_UNDERLAY_ADDRESSES];
	size_t count = iface ? zwg_underlay_addresses(iface, addrs, ARRAY_SIZE(addrs)) : 0;
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found = found || addrs[i].family == family;
	return found;
}

static bool is_link_local(const struct zwg_addr *addr)
{
	return addr->family == ZWG_AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

/* Can a handshake with each peer whose endpoint is an address be tried? Without such a peer any
 * address will do; for one on the link the link-local address, which is always there, does. */
static bool usable(struct net_if *iface, const struct zwg_conf *conf)
{
	struct zwg_endpoint endpoint;
	bool asked = false;

	if (!net_if_is_up(iface))
		return false;
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		if (!zwg_host_port_literal(&conf->peers[i].endpoint, &endpoint))
			continue;
		asked = true;
		if (!is_link_local(&endpoint.addr) &&
		    !zwg_underlay_has(iface, endpoint.addr.family))
			return false;
	}
	return asked || zwg_underlay_has(iface, ZWG_AF_INET) ||
	       zwg_underlay_has(iface, ZWG_AF_INET6);
}

static void attach(struct zwg_tunnel *tunnel, struct net_if *underlay)
{
	char name[ZWG_CONF_UNDERLAY_MAX + 1] = "";
	struct zwg_udp fresh;
	int err = zwg_udp_open(&fresh, tunnel, underlay, tunnel->running.listen_port);

	if (err) {
		LOG_ERR("zwg%u: UDP port %u cannot be opened (%d)", tunnel->number,
			tunnel->running.listen_port, err);
		return;
	}
	zwg_lock(tunnel);
	tunnel->udp = fresh;
	zwg_unlock(tunnel);
	(void)net_virtual_interface_attach(tunnel->iface, underlay);
	tunnel->attached = true;
	if (tunnel->running.enabled)
		(void)net_if_up(tunnel->iface);
	(void)net_if_get_name(underlay, name, sizeof(name));
	LOG_INF("zwg%u: attached to %s, UDP port %u", tunnel->number, name,
		tunnel->running.listen_port);
}

static void detach(struct zwg_tunnel *tunnel)
{
	struct zwg_udp old;

	(void)net_virtual_interface_attach(tunnel->iface, NULL);
	tunnel->attached = false;
	zwg_lock(tunnel);
	old = tunnel->udp;
	tunnel->udp = (struct zwg_udp){0};
	zwg_unlock(tunnel);
	zwg_udp_close(&old);
}

static const char *waits(struct zwg_tunnel *tunnel)
{
	struct net_if *underlay = zwg_underlay_find(&tunnel->running);

	if (!underlay)
		return "for an interface to attach to";
	if (!net_if_is_up(underlay))
		return "for its underlay to come up";
	if (!tunnel->attached)
		return usable(underlay, &tunnel->running) ? "for its UDP port"
							  : "for an address of its underlay";
	return atomic_get(&tunnel->started) ? NULL : "for its interface to be brought up (wg up)";
}

const char *zwg_link_waits(struct zwg_tunnel *tunnel)
{
	const char *text;

	k_mutex_lock(&tunnel->conf_lock, K_FOREVER);
	text = waits(tunnel);
	k_mutex_unlock(&tunnel->conf_lock);
	return text;
}

void zwg_link_update(struct zwg_tunnel *tunnel)
{
	struct net_if *underlay = zwg_underlay_find(&tunnel->running);

	if (tunnel->attached && !tunnel->running.has_private_key)
		detach(tunnel);
	else if (!tunnel->attached && tunnel->running.has_private_key && underlay &&
		 usable(underlay, &tunnel->running))
		attach(tunnel, underlay);
}

void zwg_start_handshakes(struct zwg_tunnel *tunnel)
{
	for (struct zwg_peer *peer = zwg_peer_next(&tunnel->device, NULL); peer;
	     peer = zwg_peer_next(&tunnel->device, peer))
		(void)zwg_peer_handshake(&tunnel->device, zwg_now(), peer);
}

void zwg_link_sync(struct zwg_tunnel *tunnel)
{
	bool up = tunnel->attached && atomic_get(&tunnel->started);

	zwg_lock(tunnel);
	if (up && !tunnel->active) {
		zwg_device_up(&tunnel->device, zwg_now());
		zwg_start_handshakes(tunnel);
	} else if (!up && tunnel->active) {
		zwg_device_down(&tunnel->device);
	}
	tunnel->active = up;
	zwg_unlock(tunnel);
}
