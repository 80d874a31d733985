/* SPDX-License-Identifier: MIT */
/*
 * The outer headers (RFC 791, RFC 8200, RFC 768); see outer.h. What the network controller does not
 * compute itself, of checksums, the stack's own functions do.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/net/ethernet.h>
#include <zephyr/net/net_core.h>
#include <zephyr/sys/byteorder.h>

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#include "net_private.h"
#include "net_stats.h"

#include "ip.h"
#include "outer.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define UDP_HEADER  8

/* A datagram may be cut on its way, so no two within a short time may bear the same (RFC 6864). */
static uint16_t next_id(void)
{
	static atomic_t id;

	return (uint16_t)atomic_inc(&id);
}

static void put_ipv4(struct net_if *iface, struct net_pkt *pkt, uint8_t *header, size_t len,
		     const struct zwg_flow *flow)
{
	header[0] = 0x45;
	header[1] = flow->tos;
	sys_put_be16((uint16_t)len, header + 2);
	sys_put_be16(next_id(), header + 4);
	sys_put_be16(0, header + 6);
	header[8] = net_if_ipv4_get_ttl(iface);
	header[9] = IPPROTO_UDP;
	sys_put_be16(0, header + 10);
	memcpy(header + 12, flow->src.bytes, 4);
	memcpy(header + 16, flow->dst.bytes, 4);
	net_pkt_set_family(pkt, AF_INET);
	net_pkt_set_ll_proto_type(pkt, NET_ETH_PTYPE_IP);
	net_pkt_set_ip_hdr_len(pkt, IPV4_HEADER);
}

static void put_ipv6(struct net_if *iface, struct net_pkt *pkt, uint8_t *header, size_t len,
		     const struct zwg_flow *flow)
{
	sys_put_be32(0x60000000 | (uint32_t)flow->tos << 20, header);
	sys_put_be16((uint16_t)(len - IPV6_HEADER), header + 4);
	header[6] = IPPROTO_UDP;
	header[7] = net_if_ipv6_get_hop_limit(iface);
	memcpy(header + 8, flow->src.bytes, 16);
	memcpy(header + 24, flow->dst.bytes, 16);
	net_pkt_set_family(pkt, AF_INET6);
	net_pkt_set_ll_proto_type(pkt, NET_ETH_PTYPE_IPV6);
	net_pkt_set_ip_hdr_len(pkt, IPV6_HEADER);
}

static void put_udp(uint8_t *header, size_t len, const struct zwg_flow *flow)
{
	sys_put_be16(flow->src_port, header);
	sys_put_be16(flow->dst_port, header + 2);
	sys_put_be16((uint16_t)len, header + 4);
	sys_put_be16(0, header + 6);
}

/* The stack's sums are in network order already. */
static void put_sum(uint8_t *at, uint16_t sum)
{
	memcpy(at, &sum, sizeof(sum));
}

static void put_checksums(struct net_if *iface, struct net_pkt *pkt, uint8_t *header, bool v6)
{
	size_t ip_len = v6 ? IPV6_HEADER : IPV4_HEADER;

#if defined(CONFIG_NET_IPV4)
	if (!v6 && net_if_need_calc_tx_checksum(iface, NET_IF_CHECKSUM_IPV4_HEADER))
		put_sum(header + 10, net_calc_chksum_ipv4(pkt));
#endif
	if (!net_if_need_calc_tx_checksum(iface,
					  v6 ? NET_IF_CHECKSUM_IPV6_UDP : NET_IF_CHECKSUM_IPV4_UDP))
		return;
	put_sum(header + ip_len + 6, net_calc_chksum_udp(pkt));
	net_pkt_set_chksum_done(pkt, true);
}

static void count_sent(struct net_if *iface, bool v6)
{
	if (v6)
		net_stats_update_ipv6_sent(iface);
	else
		net_stats_update_ipv4_sent(iface);
}

int zwg_outer_send(struct net_if *iface, struct net_pkt *pkt, const struct zwg_flow *flow)
{
	bool v6 = flow->dst.family == ZWG_AF_INET6;
	size_t ip_len = v6 ? IPV6_HEADER : IPV4_HEADER;
	uint8_t *header;
	size_t len;

	if (v6 ? !IS_ENABLED(CONFIG_NET_IPV6) : !IS_ENABLED(CONFIG_NET_IPV4))
		return -EAFNOSUPPORT;
	header = net_buf_push(pkt->buffer, ip_len + UDP_HEADER);
	len = net_pkt_get_len(pkt);
	if (len > UINT16_MAX)
		return -EMSGSIZE;
	zwg_ip_forget(pkt);
	net_pkt_set_iface(pkt, iface);
	net_pkt_set_orig_iface(pkt, iface);
	net_pkt_set_forwarding(pkt, false);
	if (v6)
		put_ipv6(iface, pkt, header, len, flow);
	else
		put_ipv4(iface, pkt, header, len, flow);
	put_udp(header + ip_len, len - ip_len, flow);
	put_checksums(iface, pkt, header, v6);
	net_pkt_cursor_init(pkt);
	/* Not net_send_data(), which asks whether the destination is ourselves. */
	if (net_if_send_data(iface, pkt) == NET_DROP)
		return -EIO;
	count_sent(iface, v6);
	return 0;
}
