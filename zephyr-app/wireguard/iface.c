/* SPDX-License-Identifier: MIT */
/*
 * The virtual network interfaces. The stack's calls only set a mark and kick the receive thread:
 * they come with the stack's locks held.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/device.h>
#include <zephyr/logging/log.h>
#include <zephyr/net/net_if.h>

#include "compat.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#if defined(CONFIG_NET_IPV4)
BUILD_ASSERT(CONFIG_NET_IF_MAX_IPV4_COUNT > CONFIG_ZWG_INSTANCES,
	     "CONFIG_NET_IF_MAX_IPV4_COUNT must count the interfaces of zwg and the one below");
#endif
#if defined(CONFIG_NET_IPV6)
BUILD_ASSERT(CONFIG_NET_IF_MAX_IPV6_COUNT > CONFIG_ZWG_INSTANCES,
	     "CONFIG_NET_IF_MAX_IPV6_COUNT must count the interfaces of zwg and the one below");
#endif

#define INFINITE_LIFETIME UINT32_MAX /* Of a prefix, RFC 4861 section 4.6.2. */

static void iface_init(struct net_if *iface)
{
	struct zwg_tunnel *tunnel = net_if_get_device(iface)->data;

	if (tunnel->iface)
		return;
	tunnel->iface = iface;
	tunnel->number = (unsigned int)(tunnel - zwg_tunnels);
	tunnel->wake_at = ZWG_NEVER;
	k_mutex_init(&tunnel->lock);
	k_mutex_init(&tunnel->conf_lock);
	k_fifo_init(&tunnel->incoming);
#if defined(CONFIG_ZWG_SHELL)
	k_mutex_init(&tunnel->console_lock);
#endif
	memcpy(tunnel->name, "zwg0", sizeof(tunnel->name));
	tunnel->name[3] = (char)('0' + tunnel->number);
#if defined(CONFIG_NET_INTERFACE_NAME)
	(void)net_if_set_name(iface, tunnel->name);
#endif
	net_virtual_set_name(iface, "WireGuard");
	(void)net_virtual_set_flags(iface, NET_L2_POINT_TO_POINT);
	/* It comes up when it is configured. No neighbours are sought and no IPv6 groups joined
	 * in a tunnel whose other end is known by its addresses. */
	net_if_flag_set(iface, NET_IF_NO_AUTO_START);
	net_if_flag_set(iface, NET_IF_POINTOPOINT);
	net_if_flag_set(iface, NET_IF_IPV6_NO_ND);
	net_if_flag_set(iface, NET_IF_IPV6_NO_MLD);
}

static enum virtual_interface_caps iface_capabilities(struct net_if *iface)
{
	ARG_UNUSED(iface);
	return ZWG_VIRTUAL_CAPS;
}

static int iface_start(const struct device *dev)
{
	struct zwg_tunnel *tunnel = dev->data;

	atomic_set(&tunnel->started, true);
	zwg_link_kick();
	return 0;
}

static int iface_stop(const struct device *dev)
{
	struct zwg_tunnel *tunnel = dev->data;

	atomic_set(&tunnel->started, false);
	zwg_link_kick();
	return 0;
}

static int iface_send(struct net_if *iface, struct net_pkt *pkt)
{
	return zwg_send(net_if_get_device(iface)->data, pkt);
}

/* What arrives on the underlay comes to us through our UDP port, not past it. */
static enum net_verdict iface_recv(struct net_if *iface, struct net_pkt *pkt)
{
	ARG_UNUSED(iface);
	ARG_UNUSED(pkt);
	return NET_CONTINUE;
}

static int iface_attach(struct net_if *iface, struct net_if *lower)
{
	ARG_UNUSED(iface);
	ARG_UNUSED(lower);
	return 0;
}

static int iface_get_config(struct net_if *iface, enum virtual_interface_config_type type,
			    struct virtual_interface_config *config)
{
	struct zwg_tunnel *tunnel = net_if_get_device(iface)->data;

	switch (type) {
	case VIRTUAL_INTERFACE_CONFIG_TYPE_MTU:
		config->mtu = net_if_get_mtu(iface);
		return 0;
#ifdef ZWG_VIRTUAL_HAS_VPN
	case VIRTUAL_INTERFACE_CONFIG_TYPE_PUBLIC_KEY:
		zwg_lock(tunnel);
		config->public_key.len = sizeof(tunnel->public_key);
		memcpy(config->public_key.data, tunnel->public_key, sizeof(tunnel->public_key));
		zwg_unlock(tunnel);
		return 0;
#endif
	default:
		ARG_UNUSED(tunnel);
		return -ENOTSUP;
	}
}

static const struct virtual_interface_api iface_api = {
	.iface_api.init = iface_init,
	.get_capabilities = iface_capabilities,
	.start = iface_start,
	.stop = iface_stop,
	.send = iface_send,
	.recv = iface_recv,
	.attach = iface_attach,
	.get_config = iface_get_config,
};

#define ZWG_IFACE(n, _)                                                                            \
	NET_VIRTUAL_INTERFACE_INIT_INSTANCE(zwg_##n, "zwg" #n, n, NULL, NULL, &zwg_tunnels[n],     \
					    NULL, CONFIG_KERNEL_INIT_PRIORITY_DEFAULT, &iface_api, \
					    ZWG_CONF_MTU_MAX)

LISTIFY(CONFIG_ZWG_INSTANCES, ZWG_IFACE, (;), _);

int zwg_iface_number(const struct net_if *iface)
{
	ZWG_TUNNELS_FOREACH(tunnel)
	if (tunnel->iface == iface)
		return (int)tunnel->number;
	return -1;
}

static size_t count_family(const struct zwg_conf *conf, uint8_t family)
{
	size_t count = 0;

	for (uint8_t i = 0; i < conf->address_count; i++)
		count += conf->addresses[i].addr.family == family;
	return count;
}

bool zwg_iface_fits(struct zwg_tunnel *tunnel, const struct zwg_conf *conf)
{
	size_t room4 = 0, room6 = 0;

#if defined(CONFIG_NET_IPV4)
	if (net_if_config_ipv4_get(tunnel->iface, NULL) == 0)
		room4 = NET_IF_MAX_IPV4_ADDR;
#endif
#if defined(CONFIG_NET_IPV6)
	/* One for the link-local address that the stack gives to every interface. */
	if (net_if_config_ipv6_get(tunnel->iface, NULL) == 0)
		room6 = NET_IF_MAX_IPV6_ADDR - 1;
#endif
	return count_family(conf, ZWG_AF_INET) <= room4 &&
	       count_family(conf, ZWG_AF_INET6) <= room6;
}

static bool put_address(struct net_if *iface, const struct zwg_prefix *prefix)
{
#if defined(CONFIG_NET_IPV4)
	if (prefix->addr.family == ZWG_AF_INET) {
		struct in_addr addr, mask;

		memcpy(&addr, prefix->addr.bytes, sizeof(addr));
		mask.s_addr = prefix->bits ? htonl(UINT32_MAX << (32 - prefix->bits)) : 0;
		return net_if_ipv4_addr_add(iface, &addr, NET_ADDR_MANUAL, 0) &&
		       net_if_ipv4_set_netmask_by_addr(iface, &addr, &mask);
	}
#endif
#if defined(CONFIG_NET_IPV6)
	if (prefix->addr.family == ZWG_AF_INET6) {
		struct in6_addr addr;

		memcpy(&addr, prefix->addr.bytes, sizeof(addr));
		return net_if_ipv6_addr_add(iface, &addr, NET_ADDR_MANUAL, 0) &&
		       net_if_ipv6_prefix_add(iface, &addr, prefix->bits, INFINITE_LIFETIME);
	}
#endif
	return false;
}

static void add_address(struct zwg_tunnel *tunnel, const struct zwg_prefix *prefix)
{
	if (!put_address(tunnel->iface, prefix))
		LOG_ERR("%s: an address could not be added, the stack's tables are full",
			tunnel->name);
}

static void remove_address(struct net_if *iface, const struct zwg_prefix *prefix)
{
#if defined(CONFIG_NET_IPV4)
	if (prefix->addr.family == ZWG_AF_INET)
		(void)net_if_ipv4_addr_rm(iface, (const struct in_addr *)prefix->addr.bytes);
#endif
#if defined(CONFIG_NET_IPV6)
	if (prefix->addr.family == ZWG_AF_INET6) {
		struct in6_addr addr;

		memcpy(&addr, prefix->addr.bytes, sizeof(addr));
		(void)net_if_ipv6_addr_rm(iface, &addr);
		(void)net_if_ipv6_prefix_rm(iface, &addr, prefix->bits);
	}
#endif
}

void zwg_iface_set_addresses(struct zwg_tunnel *tunnel, const struct zwg_conf *old,
			     const struct zwg_conf *conf)
{
	for (uint8_t i = 0; i < old->address_count; i++)
		if (zwg_conf_prefix_index(conf->addresses, conf->address_count,
					  &old->addresses[i]) < 0)
			remove_address(tunnel->iface, &old->addresses[i]);
	for (uint8_t i = 0; i < conf->address_count; i++)
		if (zwg_conf_prefix_index(old->addresses, old->address_count, &conf->addresses[i]) <
		    0)
			add_address(tunnel, &conf->addresses[i]);
}
