/* SPDX-License-Identifier: MIT */
/* What needs private headers of the IP stack; see ip.h. */
#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/net/ethernet.h>
#include <zephyr/net/net_core.h>

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#include "ipv4.h"
#include "ipv6.h"
#include "net_private.h"
#include "net_stats.h"
#include "udp_internal.h"

#include "compat.h"
#include "ip.h"

#define NEXT_HEADER_UNSET 255 /* As a new packet has it. */

/* The marks that the outer packet has left must not be taken for the inner packet's. */
static void forget_outer(struct net_pkt *pkt)
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

	forget_outer(pkt);
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

static int begin_ipv4(struct net_pkt *pkt, const struct zwg_flow *flow)
{
	struct in_addr src, dst;

	memcpy(&src, flow->src.bytes, sizeof(src));
	memcpy(&dst, flow->dst.bytes, sizeof(dst));
	net_pkt_set_family(pkt, AF_INET);
	net_pkt_set_ll_proto_type(pkt, NET_ETH_PTYPE_IP);
	return net_ipv4_create_full(pkt, &src, &dst, flow->tos, 0, 0, 0);
}

static int begin_ipv6(struct net_pkt *pkt, const struct zwg_flow *flow)
{
	struct in6_addr src, dst;

	memcpy(&src, flow->src.bytes, sizeof(src));
	memcpy(&dst, flow->dst.bytes, sizeof(dst));
	net_pkt_set_family(pkt, AF_INET6);
	net_pkt_set_ll_proto_type(pkt, NET_ETH_PTYPE_IPV6);
	net_pkt_set_ip_dscp(pkt, flow->tos >> 2);
	net_pkt_set_ip_ecn(pkt, flow->tos & 3);
	return net_ipv6_create(pkt, &src, &dst);
}

int zwg_ip_begin(struct net_if *iface, struct net_pkt *pkt, const struct zwg_flow *flow)
{
	int err = -EAFNOSUPPORT;

	forget_outer(pkt);
	net_pkt_set_iface(pkt, iface);
	net_pkt_set_orig_iface(pkt, iface);
	net_pkt_set_forwarding(pkt, false);
	if (IS_ENABLED(CONFIG_NET_IPV4) && flow->dst.family == ZWG_AF_INET)
		err = begin_ipv4(pkt, flow);
	else if (IS_ENABLED(CONFIG_NET_IPV6) && flow->dst.family == ZWG_AF_INET6)
		err = begin_ipv6(pkt, flow);
	return err ? err : net_udp_create(pkt, htons(flow->src_port), htons(flow->dst_port));
}

int zwg_ip_finish(struct net_pkt *pkt)
{
	int err;

	net_pkt_cursor_init(pkt);
	if (IS_ENABLED(CONFIG_NET_IPV4) && net_pkt_family(pkt) == AF_INET)
		err = net_ipv4_finalize(pkt, IPPROTO_UDP);
	else
		err = net_ipv6_finalize(pkt, IPPROTO_UDP);
	return err ? err : net_send_data(pkt);
}
