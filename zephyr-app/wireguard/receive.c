/* SPDX-License-Identifier: MIT */
/*
 * The way in: the network stack's thread only queues a datagram; the receive thread describes its
 * buffers to the core, which decrypts in them, strips what was around the inner packet and gives
 * the same buffers to the IP stack.
 */
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/sys/byteorder.h>

#include "ip.h"
#include "segments.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#define IPV4_TOS 1
#define IPV4_SRC 12
#define IPV4_DST 16
#define IPV6_SRC 8
#define IPV6_DST 24

#define IPV4_HEADER 20
#define IPV6_HEADER 40

#define UDP_HEADER    8
#define IP_HEADER_MAX 60 /* IPv4 with options. */

enum net_verdict zwg_receive_queue(struct net_conn *conn, struct net_pkt *pkt,
				   union net_ip_header *ip_hdr, union net_proto_header *proto_hdr,
				   void *user_data)
{
	struct zwg_tunnel *tunnel = user_data;

	ARG_UNUSED(conn);
	ARG_UNUSED(ip_hdr);
	ARG_UNUSED(proto_hdr);
	if (net_pkt_iface(pkt) != tunnel->udp.iface)
		return NET_DROP;
	if (atomic_inc(&tunnel->incoming_count) >= CONFIG_ZWG_RX_QUEUE) {
		atomic_dec(&tunnel->incoming_count);
		zwg_port_drop(tunnel, ZWG_PORT_RX_QUEUE);
		return NET_DROP;
	}
	k_fifo_put(&tunnel->incoming, pkt);
	zwg_wake();
	return NET_OK;
}

static void set_addr(struct zwg_addr *addr, uint8_t family, const uint8_t *bytes)
{
	size_t len = zwg_family_bits(family) / 8;

	addr->family = family;
	memcpy(addr->bytes, bytes, len);
	memset(addr->bytes + len, 0, sizeof(addr->bytes) - len);
}

/* From the outer headers: who sent it to which of our addresses, and with which marks. */
static bool read_outer(struct net_pkt *pkt, const struct zwg_chain *all, struct zwg_endpoint *from,
		       uint8_t *tos)
{
	size_t headers = net_pkt_ip_hdr_len(pkt) + net_pkt_ip_opts_len(pkt);
	uint8_t family = net_pkt_family(pkt) == AF_INET6 ? ZWG_AF_INET6 : ZWG_AF_INET;
	bool v6 = family == ZWG_AF_INET6;
	uint8_t ip_copy[IPV6_HEADER], port_copy[2];
	const uint8_t *ip = zwg_chain_peek(all, 0, ip_copy, v6 ? IPV6_HEADER : IPV4_HEADER);
	const uint8_t *port = zwg_chain_peek(all, headers, port_copy, sizeof(port_copy));

	if (!ip || !port)
		return false;
	set_addr(&from->addr, family, ip + (v6 ? IPV6_SRC : IPV4_SRC));
	set_addr(&from->src, family, ip + (v6 ? IPV6_DST : IPV4_DST));
	from->port = sys_get_be16(port);
	from->src_if = (uint32_t)net_if_get_by_iface(net_pkt_iface(pkt));
	from->scope =
		v6 && ip[IPV6_SRC] == 0xfe && (ip[IPV6_SRC + 1] & 0xc0) == 0x80 ? from->src_if : 0;
	*tos = v6 ? (uint8_t)(ip[0] << 4 | ip[1] >> 4) : ip[IPV4_TOS];
	return true;
}

static void deliver(struct zwg_tunnel *tunnel, struct net_pkt *pkt, const struct zwg_packet *inner)
{
	zwg_segments_pull(pkt, inner->off);
	/* Neither the padding nor the tag may be taken for payload. */
	(void)net_pkt_update_length(pkt, inner->len);
	zwg_segments_pull_up(pkt, MIN(inner->len, IP_HEADER_MAX));
	if (!zwg_ip_input(tunnel->iface, pkt)) {
		zwg_port_drop(tunnel, ZWG_PORT_RX_STACK);
		net_pkt_unref(pkt);
	}
}

/* The packet is the caller's again, unless it was delivered. */
static bool receive(struct zwg_tunnel *tunnel, struct net_pkt *pkt)
{
	static struct zwg_seg segs[CONFIG_ZWG_FRAGMENTS];
	struct zwg_packet datagram;
	enum zwg_verdict verdict;
	struct zwg_endpoint from;
	struct zwg_chain all;
	uint8_t tos;

	datagram.next = NULL;
	datagram.segs = segs;
	datagram.count = zwg_segments(pkt->buffer, segs, ARRAY_SIZE(segs));
	if (!datagram.count) {
		zwg_port_drop(tunnel, ZWG_PORT_RX_FRAGMENTS);
		return false;
	}
	all = (struct zwg_chain){segs, datagram.count, 0, zwg_segs_len(segs, datagram.count)};
	if (!read_outer(pkt, &all, &from, &tos))
		return false;
	datagram.off = net_pkt_ip_hdr_len(pkt) + net_pkt_ip_opts_len(pkt) + UDP_HEADER;
	if (datagram.off > all.len)
		return false;
	datagram.len = all.len - datagram.off;
	zwg_lock(tunnel);
	verdict = zwg_input(&tunnel->device, zwg_now(), &datagram, &from, tos, NULL);
	zwg_unlock(tunnel);
	if (verdict != ZWG_DELIVER)
		return false;
	deliver(tunnel, pkt, &datagram);
	return true;
}

bool zwg_receive_one(struct zwg_tunnel *tunnel)
{
	struct net_pkt *pkt = k_fifo_get(&tunnel->incoming, K_NO_WAIT);

	if (!pkt)
		return false;
	atomic_dec(&tunnel->incoming_count);
	if (zwg_segments_shared(pkt)) {
		struct net_pkt *own = net_pkt_rx_clone(pkt, K_NO_WAIT);

		net_pkt_unref(pkt);
		pkt = own;
		if (!own) {
			zwg_port_drop(tunnel, ZWG_PORT_RX_BUFFERS);
			return true;
		}
	}
	if (!receive(tunnel, pkt))
		net_pkt_unref(pkt);
	return true;
}
