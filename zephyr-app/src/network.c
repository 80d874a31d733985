/* SPDX-License-Identifier: MIT */
/* Addresses outside the tunnel, from DHCP or Kconfig; see network.h. */
#include "network.h"

#include <zephyr/logging/log.h>
#include <zephyr/net/dhcpv4.h>
#include <zephyr/net/net_ip.h>

#include <zwg/zephyr.h>

LOG_MODULE_DECLARE(app, LOG_LEVEL_INF);

static bool is_tunnel(const struct net_if *iface)
{
	for (unsigned int i = 0; zwg_net_if(i); i++)
		if (zwg_net_if(i) == iface)
			return true;
	return false;
}

struct net_if *network_if(void)
{
	struct net_if *iface;

	for (int i = 1; (iface = net_if_get_by_index(i)); i++)
		if (!is_tunnel(iface))
			return iface;
	return NULL;
}

#if defined(CONFIG_ZWG_APP_IPV4_STATIC)
static void set_ipv4(struct net_if *iface)
{
	struct in_addr addr, mask, gateway;

	if (net_addr_pton(AF_INET, CONFIG_ZWG_APP_IPV4_ADDRESS, &addr) ||
	    net_addr_pton(AF_INET, CONFIG_ZWG_APP_IPV4_NETMASK, &mask)) {
		LOG_ERR("CONFIG_ZWG_APP_IPV4_ADDRESS or _NETMASK: not an IPv4 address");
		return;
	}
	(void)net_if_ipv4_addr_add(iface, &addr, NET_ADDR_MANUAL, 0);
	(void)net_if_ipv4_set_netmask_by_addr(iface, &addr, &mask);
	if (CONFIG_ZWG_APP_IPV4_GATEWAY[0] == '\0')
		return;
	if (net_addr_pton(AF_INET, CONFIG_ZWG_APP_IPV4_GATEWAY, &gateway))
		LOG_ERR("CONFIG_ZWG_APP_IPV4_GATEWAY: not an IPv4 address");
	else
		net_if_ipv4_set_gw(iface, &gateway);
}
#endif

#if defined(CONFIG_NET_IPV6)
static void set_ipv6(struct net_if *iface)
{
	struct in6_addr addr;

	if (CONFIG_ZWG_APP_IPV6_ADDRESS[0] == '\0')
		return;
	if (net_addr_pton(AF_INET6, CONFIG_ZWG_APP_IPV6_ADDRESS, &addr))
		LOG_ERR("CONFIG_ZWG_APP_IPV6_ADDRESS: not an IPv6 address");
	else
		(void)net_if_ipv6_addr_add(iface, &addr, NET_ADDR_MANUAL, 0);
}
#endif

void network_start(void)
{
	struct net_if *iface = network_if();

	if (!iface) {
		LOG_ERR("this board has no network interface");
		return;
	}
#if defined(CONFIG_ZWG_APP_IPV4_STATIC)
	set_ipv4(iface);
#elif defined(CONFIG_ZWG_APP_IPV4_DHCP)
	net_dhcpv4_start(iface);
#endif
#if defined(CONFIG_NET_IPV6)
	set_ipv6(iface);
#endif
}
