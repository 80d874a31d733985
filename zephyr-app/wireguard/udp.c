/* SPDX-License-Identifier: MIT */
/*
 * The tunnel's UDP ports. They are registered with the stack's demultiplexer, as those of its own
 * DHCP client are: a datagram comes in the buffers in which it arrived, where a socket would copy
 * it, and nothing is needed beside them. A net_context would have a TCP connection's memory put by.
 */
#include <errno.h>

#include <zephyr/net/net_ip.h>

#include "udp_internal.h"

#include "tunnel.h"

static int open_family(struct zwg_udp *udp, struct zwg_tunnel *tunnel, sa_family_t family)
{
	/* Any address; what a socket is bound to, so that neither can have the other's port. */
	union {
		struct sockaddr any;
		struct sockaddr_in6 in6;
	} local = {.any.sa_family = family};

	return net_udp_register(family, NULL, &local.any, 0, udp->port, NULL, zwg_receive_queue,
				tunnel, &udp->handle[family == AF_INET6]);
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
		if (udp->handle[i])
			(void)net_udp_unregister(udp->handle[i]);
	*udp = (struct zwg_udp){0};
}
