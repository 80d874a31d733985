/* SPDX-License-Identifier: MIT */
/* Sticky sources; see sticky.h. */
#include "sticky.h"

#include "netlink.h"
#include "port/clock.h"

static void review(struct interface *iface, struct netlink *nl, struct zwg_peer *peer)
{
	struct zwg_peer_info info;
	unsigned int index;

	zwg_peer_get_info(peer, clock_now(), &info);
	if (info.endpoint.src.family == ZWG_AF_NONE || info.endpoint.src_if == 0)
		return;
	if (netlink_egress(nl, &info.endpoint, iface->fwmark, &index) == 0 &&
	    index == info.endpoint.src_if)
		return;
	info.endpoint.src = (struct zwg_addr){0};
	info.endpoint.src_if = 0;
	zwg_peer_set_endpoint(iface->tunnel->device, clock_now(), peer, &info.endpoint);
}

void sticky_review(struct interface *iface)
{
	struct netlink nl;

	if (netlink_open(&nl))
		return;
	tunnel_lock(iface->tunnel);
	for (struct zwg_peer *peer = NULL; (peer = zwg_peer_next(iface->tunnel->device, peer));)
		review(iface, &nl, peer);
	tunnel_unlock(iface->tunnel);
	netlink_close(&nl);
}
