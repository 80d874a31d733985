/* SPDX-License-Identifier: MIT */
/*
 * The tunnel's UDP ports. A net_context hands over the buffers in which a datagram arrived, where a
 * socket would copy it; it exists in every version of Zephyr. It is bound to the underlay: nothing
 * is taken from other interfaces, our own tunnels among them.
 */
#include <errno.h>

#include <zephyr/net/net_ip.h>

#include "tunnel.h"

static int bind_port(struct net_context *ctx, sa_family_t family, uint16_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr = {.any.sa_family = family};

	if (family == AF_INET6) {
		addr.in6.sin6_port = htons(port);
		return net_context_bind(ctx, &addr.any, sizeof(addr.in6));
	}
	addr.in.sin_port = htons(port);
	return net_context_bind(ctx, &addr.any, sizeof(addr.in));
}

static int open_family(struct zwg_udp *udp, struct zwg_tunnel *tunnel, sa_family_t family)
{
	struct net_context **ctx = &udp->ctx[family == AF_INET6];
	int err = net_context_get(family, SOCK_DGRAM, IPPROTO_UDP, ctx);

	if (err) {
		*ctx = NULL;
		return err;
	}
	net_context_bind_iface(*ctx, udp->iface);
	err = bind_port(*ctx, family, udp->port);
	return err ? err : net_context_recv(*ctx, zwg_receive_queue, K_NO_WAIT, tunnel);
}

int zwg_udp_open(struct zwg_udp *udp, struct zwg_tunnel *tunnel, struct net_if *iface,
		 uint16_t port)
{
	int err = 0;

	*udp = (struct zwg_udp){.iface = iface, .port = port};
	if (IS_ENABLED(CONFIG_NET_IPV4))
		err = open_family(udp, tunnel, AF_INET);
	if (IS_ENABLED(CONFIG_NET_IPV6) && !err)
		err = open_family(udp, tunnel, AF_INET6);
	if (err)
		zwg_udp_close(udp);
	return err;
}

void zwg_udp_close(struct zwg_udp *udp)
{
	for (int i = 0; i < 2; i++)
		if (udp->ctx[i])
			(void)net_context_put(udp->ctx[i]);
	*udp = (struct zwg_udp){0};
}
