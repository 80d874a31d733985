/* SPDX-License-Identifier: MIT */
/* What needs private headers of the IP stack; see ip.h. */
#include <zephyr/logging/log.h>
#include <zephyr/net/ethernet.h>
#include <zephyr/net/net_core.h>

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#include "net_private.h"
#include "net_stats.h"

#include "ip.h"

#define NEXT_HEADER_UNSET 255 /* As a new packet has it. */

void zwg_ip_forget(struct net_pkt *pkt)
{
	net_pkt_set_context(pkt, NULL);
	net_pkt_lladdr_clear(pkt);
	net_pkt_set_chksum_done(pkt, false);
	net_pkt_set_ip_reassembled(pkt, false);
	net_pkt_set_ip_hdr_len(pkt, 0);
#if defined(CONFIG_NET_IPV6)
	net_pkt_set_ipv6_ext_len(pkt, 0);
	net_pkt_set_ipv6_ext_opt_len(pkt, 0);
	net_pkt_set_ipv6_hdr_prev(pkt, 0);
	net_pkt_set_ipv6_next_hdr(pkt, NEXT_HEADER_UNSET);
	net_pkt_set_ipv6_hop_limit(pkt, 0);
#endif
#if defined(CONFIG_NET_IPV4)
	net_pkt_set_ipv4_opts_len(pkt, 0);
	net_pkt_set_ipv4_ttl(pkt, 0);
#endif
}

#ifdef ZWG_IP_INPUT_HAS_LOOPBACK
#define IP_INPUT(function, pkt) function(pkt, false)
#else
#define IP_INPUT(function, pkt) (net_pkt_set_loopback(pkt, false), function(pkt))
#endif

static enum net_verdict ip_input(struct net_pkt *pkt)
{
#if defined(CONFIG_NET_IPV6)
	if (net_pkt_family(pkt) == AF_INET6)
		return IP_INPUT(net_ipv6_input, pkt);
#endif
#if defined(CONFIG_NET_IPV4)
	if (net_pkt_family(pkt) == AF_INET)
		return IP_INPUT(net_ipv4_input, pkt);
#endif
	return NET_DROP;
}

bool zwg_ip_input(struct net_if *iface, struct net_pkt *pkt)
{
	bool is_ipv6 = (pkt->buffer->data[0] & 0xf0) == 0x60;

	zwg_ip_forget(pkt);
	net_pkt_set_iface(pkt, iface);
	net_pkt_set_orig_iface(pkt, iface);
	net_pkt_set_family(pkt, is_ipv6 ? AF_INET6 : AF_INET);
	net_pkt_set_ll_proto_type(pkt, is_ipv6 ? NET_ETH_PTYPE_IPV6 : NET_ETH_PTYPE_IP);
	net_pkt_set_l2_processed(pkt, true);
	net_pkt_set_overwrite(pkt, true);
	net_pkt_cursor_init(pkt);
	net_stats_update_bytes_recv(iface, net_pkt_get_len(pkt));
	return ip_input(pkt) == NET_OK;
}
