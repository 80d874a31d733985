/* SPDX-License-Identifier: MIT */
/*
 * The way out: a packet of the stack gets a buffer in front, for all headers, and behind if the
 * last has not enough room for padding and tag; the core encrypts in place; the outer headers go
 * into the room that the front buffer has left. It leaves on the underlay and nowhere else, so that
 * no route can lead it back into the tunnel.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>

#include "compat.h"
#include "outer.h"
#include "segments.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#define IPV4_DST 16
#define IPV6_DST 24

/* Before the tunnel's header: outer headers, and the link's where it wants its room reserved. */
#define LINK_HEADER_MAX 18
#define FRONT_RESERVE	ROUND_UP(ZWG_OUTER_HEADERS_MAX + LINK_HEADER_MAX, 4)

BUILD_ASSERT(CONFIG_ZWG_TX_PACKETS < CONFIG_NET_PKT_TX_COUNT,
	     "CONFIG_ZWG_TX_PACKETS must be less than CONFIG_NET_PKT_TX_COUNT: handshake messages "
	     "need a packet while others wait for the handshake");

#if defined(CONFIG_NET_BUF_FIXED_DATA_SIZE)
BUILD_ASSERT(CONFIG_NET_BUF_DATA_SIZE >= FRONT_RESERVE + ZWG_HEADROOM,
	     "CONFIG_NET_BUF_DATA_SIZE is too small for the outer headers and the tunnel's");
#endif

/* A packet on its way. */
struct outgoing {
	struct zwg_packet packet; /* What the core knows. */
	struct net_pkt *pkt;
	struct net_buf *last; /* Takes what is added behind the inner packet. */
	size_t inner_len;
	struct zwg_seg segs[CONFIG_ZWG_FRAGMENTS];
};

K_MEM_SLAB_DEFINE_STATIC(outgoing_slab, sizeof(struct outgoing), CONFIG_ZWG_TX_PACKETS,
			 __alignof__(struct outgoing));

static K_FIFO_DEFINE(queue);

static struct outgoing *outgoing_of(struct zwg_packet *packet)
{
	return CONTAINER_OF(packet, struct outgoing, packet);
}

static void outgoing_free(struct outgoing *out)
{
	k_mem_slab_free(&outgoing_slab, out);
}

/* Buffers before and behind the inner packet, where it needs them. */
static bool add_buffers(struct outgoing *out)
{
	struct net_buf *last = net_buf_frag_last(out->pkt->buffer);
	struct net_buf *front =
		net_pkt_get_reserve_tx_data(FRONT_RESERVE + ZWG_HEADROOM, K_NO_WAIT);

	if (!front)
		return false;
	net_buf_reserve(front, FRONT_RESERVE);
	net_buf_add(front, ZWG_HEADROOM);
	net_pkt_frag_insert(out->pkt, front);
	if (net_buf_tailroom(last) < ZWG_TAILROOM) {
		struct net_buf *behind = net_pkt_get_reserve_tx_data(ZWG_TAILROOM, K_NO_WAIT);

		if (!behind)
			return false;
		net_pkt_frag_add(out->pkt, behind);
		last = behind;
	}
	out->last = last;
	return true;
}

static enum zwg_port_drop describe(struct outgoing *out)
{
	size_t count;

	out->inner_len = net_pkt_get_len(out->pkt);
	if (!add_buffers(out))
		return ZWG_PORT_TX_BUFFERS;
	count = zwg_segments(out->pkt->buffer, out->segs, ARRAY_SIZE(out->segs));
	if (!count)
		return ZWG_PORT_TX_FRAGMENTS;
	out->segs[count - 1].len += ZWG_TAILROOM;
	out->packet = (struct zwg_packet){
		.segs = out->segs, .count = count, .off = ZWG_HEADROOM, .len = out->inner_len};
	return ZWG_PORT_DROPS;
}

/* Where the inner packet goes; its version was not looked at before. */
static struct zwg_peer *peer_of(struct zwg_tunnel *tunnel, const struct outgoing *out)
{
	const struct zwg_chain inner = {out->segs, out->packet.count, ZWG_HEADROOM, out->inner_len};
	struct zwg_addr dst = {0};
	uint8_t copy;
	const uint8_t *version = zwg_chain_peek(&inner, 0, &copy, 1);

	if (!version)
		return NULL;
	dst.family = *version >> 4;
	if (!zwg_chain_read(&inner, dst.family == ZWG_AF_INET6 ? IPV6_DST : IPV4_DST, dst.bytes,
			    zwg_family_bits(dst.family) / 8))
		return NULL;
	return zwg_route(&tunnel->device, &dst);
}

/*
 * Packets that wait for silent peers must not take what those that answer need, nor what the
 * handshake itself needs: the last descriptor and half of the buffers are for packets that can go
 * at once. Under the lock, with the descriptor taken.
 */
static bool may_go(struct zwg_tunnel *tunnel, const struct outgoing *out)
{
	struct zwg_peer_info info;
	struct zwg_peer *peer;

	if (k_mem_slab_num_free_get(&outgoing_slab) &&
	    tunnel->staged_buffers < CONFIG_NET_BUF_TX_COUNT / 2)
		return true;
	peer = peer_of(tunnel, out);
	if (!peer)
		return true;
	zwg_peer_get_info(peer, zwg_now(), &info);
	return info.has_session;
}

static uint32_t buffers_of(const struct outgoing *out)
{
	return (uint32_t)out->packet.count;
}

static int output(struct zwg_tunnel *tunnel, struct outgoing *out)
{
	int err;

	zwg_lock(tunnel);
	if (may_go(tunnel, out)) {
		tunnel->staged_buffers += buffers_of(out);
		err = zwg_output(&tunnel->device, zwg_now(), &out->packet);
		if (err)
			tunnel->staged_buffers -= buffers_of(out);
	} else {
		err = -ENOBUFS;
		zwg_port_drop(tunnel, ZWG_PORT_TX_PACKETS);
	}
	zwg_unlock(tunnel);
	return err;
}

static int send_own(struct zwg_tunnel *tunnel, struct net_pkt *own)
{
	enum zwg_port_drop why;
	struct outgoing *out;
	int err;

	if (k_mem_slab_alloc(&outgoing_slab, (void **)&out, K_NO_WAIT)) {
		zwg_port_drop(tunnel, ZWG_PORT_TX_PACKETS);
		return -ENOBUFS;
	}
	out->pkt = own;
	why = describe(out);
	if (why != ZWG_PORT_DROPS) {
		zwg_port_drop(tunnel, why);
		err = why == ZWG_PORT_TX_FRAGMENTS ? -EMSGSIZE : -ENOBUFS;
	} else {
		err = output(tunnel, out);
	}
	if (err)
		outgoing_free(out);
	return err;
}

/* The packet is gone when this returns. */
static void send_now(struct zwg_tunnel *tunnel, struct net_pkt *pkt)
{
	if (zwg_segments_shared(pkt)) {
		struct net_pkt *own = net_pkt_clone(pkt, K_NO_WAIT);

		net_pkt_unref(pkt);
		pkt = own;
	}
	if (!pkt)
		zwg_port_drop(tunnel, ZWG_PORT_TX_BUFFERS);
	else if (send_own(tunnel, pkt))
		net_pkt_unref(pkt);
}

/*
 * Whatever thread sends, encryption takes place on the stack of ours: the others need no more than
 * for any interface. A reply that is made on ours is sent at once.
 */
int zwg_send(struct zwg_tunnel *tunnel, struct net_pkt *pkt)
{
	if (zwg_is_rx_thread()) {
		send_now(tunnel, pkt);
	} else {
		k_fifo_put(&queue, pkt);
		zwg_wake();
	}
	return 0;
}

bool zwg_send_one(void)
{
	struct net_pkt *pkt = k_fifo_get(&queue, K_NO_WAIT);

	if (pkt)
		send_now(net_if_get_device(net_pkt_iface(pkt))->data, pkt);
	return pkt != NULL;
}

static bool is_ours(const struct zwg_addr *addr, struct net_if *iface)
{
	struct net_if *has = NULL;

	if (IS_ENABLED(CONFIG_NET_IPV4) && addr->family == ZWG_AF_INET)
		(void)net_if_ipv4_addr_lookup((const struct in_addr *)addr->bytes, &has);
	else if (IS_ENABLED(CONFIG_NET_IPV6) && addr->family == ZWG_AF_INET6)
		(void)net_if_ipv6_addr_lookup((const struct in6_addr *)addr->bytes, &has);
	return has == iface;
}

/* The source of a datagram: where the peer's last came to, if it is still ours, else what the stack
 * chooses. False if there is none. */
static bool choose_source(const struct zwg_udp *udp, const struct zwg_endpoint *to,
			  struct zwg_addr *src)
{
	if (to->src.family == to->addr.family && is_ours(&to->src, udp->iface)) {
		*src = to->src;
		return true;
	}
	*src = (struct zwg_addr){.family = to->addr.family};
	if (IS_ENABLED(CONFIG_NET_IPV4) && src->family == ZWG_AF_INET) {
		const struct in_addr *addr = net_if_ipv4_select_src_addr(
			udp->iface, (const struct in_addr *)to->addr.bytes);

		memcpy(src->bytes, addr, sizeof(*addr));
		return addr->s_addr != 0;
	}
	if (IS_ENABLED(CONFIG_NET_IPV6) && src->family == ZWG_AF_INET6) {
		const struct in6_addr *addr = net_if_ipv6_select_src_addr(
			udp->iface, (const struct in6_addr *)to->addr.bytes);

		memcpy(src->bytes, addr, sizeof(*addr));
		return !net_ipv6_is_addr_unspecified(addr);
	}
	return false;
}

static int make_flow(struct zwg_tunnel *tunnel, const struct zwg_endpoint *to, uint8_t tos,
		     struct zwg_flow *flow)
{
	flow->dst = to->addr;
	flow->src_port = tunnel->udp.port;
	flow->dst_port = to->port;
	flow->tos = tos;
	return tunnel->udp.port && choose_source(&tunnel->udp, to, &flow->src) ? 0 : -ENETUNREACH;
}

/* A datagram whose payload the core has made: the sizes are put right and it goes. */
static int transmit(struct zwg_tunnel *tunnel, struct outgoing *out, const struct zwg_flow *flow)
{
	net_buf_add(out->last, out->packet.len - ZWG_HEADROOM - out->inner_len);
	return zwg_outer_send(tunnel->udp.iface, out->pkt, flow);
}

int zwg_port_send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
			 struct zwg_packet *packet)
{
	struct outgoing *out = outgoing_of(packet);
	struct zwg_tunnel *tunnel = ctx;
	struct zwg_flow flow;
	int err = make_flow(tunnel, to, tos, &flow);

	if (!err)
		err = transmit(tunnel, out, &flow);
	if (err) {
		zwg_port_drop(tunnel, ZWG_PORT_TX_UNDERLAY);
		net_pkt_unref(out->pkt);
	}
	tunnel->staged_buffers -= buffers_of(out);
	outgoing_free(out);
	return err;
}

void zwg_port_release(void *ctx, struct zwg_packet *packet)
{
	struct outgoing *out = outgoing_of(packet);
	struct zwg_tunnel *tunnel = ctx;

	tunnel->staged_buffers -= buffers_of(out);
	net_pkt_unref(out->pkt);
	outgoing_free(out);
}

/* Where buffers are of one size, asking for more gives none. */
static size_t buffer_size(size_t wanted)
{
#if defined(CONFIG_NET_BUF_FIXED_DATA_SIZE)
	return MIN(wanted, CONFIG_NET_BUF_DATA_SIZE);
#else
	return wanted;
#endif
}

/* A packet with a copy of @a msg, and room for the outer headers in front; NULL: no buffers. */
static struct net_pkt *make_message(struct net_if *iface, const void *msg, size_t len)
{
	struct net_pkt *pkt = net_pkt_alloc_on_iface(iface, K_NO_WAIT);
	const uint8_t *rest = msg;
	size_t reserve = FRONT_RESERVE;

	while (pkt && len > 0) {
		struct net_buf *buf =
			net_pkt_get_reserve_tx_data(buffer_size(reserve + len), K_NO_WAIT);
		size_t n;

		if (!buf) {
			net_pkt_unref(pkt);
			return NULL;
		}
		net_buf_reserve(buf, reserve);
		reserve = 0;
		n = MIN(len, net_buf_tailroom(buf));
		(void)net_buf_add_mem(buf, rest, n);
		net_pkt_append_buffer(pkt, buf);
		rest += n;
		len -= n;
	}
	return pkt;
}

int zwg_port_send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			  size_t len)
{
	struct zwg_tunnel *tunnel = ctx;
	struct zwg_flow flow;
	struct net_pkt *pkt;
	int err = make_flow(tunnel, to, tos, &flow);

	if (err) {
		zwg_port_drop(tunnel, ZWG_PORT_TX_UNDERLAY);
		return err;
	}
	pkt = make_message(tunnel->udp.iface, msg, len);
	if (!pkt) {
		zwg_port_drop(tunnel, ZWG_PORT_TX_BUFFERS);
		return -ENOBUFS;
	}
	err = zwg_outer_send(tunnel->udp.iface, pkt, &flow);
	if (err) {
		zwg_port_drop(tunnel, ZWG_PORT_TX_UNDERLAY);
		net_pkt_unref(pkt);
	}
	return err;
}
