/* SPDX-License-Identifier: MIT */
/* Ethernet without a wire; see underlay.h. */
#include <string.h>

#include <zephyr/device.h>
#include <zephyr/net/ethernet.h>

#include "compat.h"
#include "underlay.h"

#define FRAMES 96

K_MSGQ_DEFINE(frames, sizeof(struct frame), FRAMES, 4);

static struct nic {
	struct net_if *iface;
	uint8_t mac[6];
} nics[2] = {{.mac = {2, 0, 0, 0, 0, 1}}, {.mac = {2, 0, 0, 0, 0, 2}}};

static atomic_t faulty;
static atomic_t failure;

static void nic_init(struct net_if *iface)
{
	struct nic *nic = net_if_get_device(iface)->data;

	nic->iface = iface;
	net_if_set_link_addr(iface, nic->mac, sizeof(nic->mac), NET_LINK_ETHERNET);
	ethernet_init(iface);
	net_if_flag_set(iface, NET_IF_IPV6_NO_ND);
	net_if_flag_set(iface, NET_IF_IPV6_NO_MLD);
}

static int nic_send(const struct device *dev, struct net_pkt *pkt)
{
	static struct frame frame;
	size_t len = net_pkt_get_len(pkt);

	if (atomic_get(&failure))
		return (int)atomic_get(&failure);
	if (len > sizeof(frame.data) || k_is_in_isr()) {
		atomic_set(&faulty, true);
		return -EMSGSIZE;
	}
	frame.interface = (uint8_t)((struct nic *)dev->data - nics);
	frame.len = (uint16_t)len;
	(void)net_buf_linearize(frame.data, sizeof(frame.data), pkt->buffer, 0, len);
	if (k_msgq_put(&frames, &frame, K_NO_WAIT))
		atomic_set(&faulty, true);
	return 0;
}

static const struct ethernet_api nic_api = {.iface_api.init = nic_init, .send = nic_send};

ETH_NET_DEVICE_INIT(nic0, "nic0", NULL, NULL, &nics[0], NULL, CONFIG_ETH_INIT_PRIORITY, &nic_api,
		    NET_ETH_MTU);
ETH_NET_DEVICE_INIT(nic1, "nic1", NULL, NULL, &nics[1], NULL, CONFIG_ETH_INIT_PRIORITY, &nic_api,
		    NET_ETH_MTU);

struct net_if *underlay(unsigned int number)
{
	return nics[number].iface;
}

bool underlay_sent(struct frame *frame, k_timeout_t timeout)
{
	return k_msgq_get(&frames, frame, timeout) == 0;
}

void underlay_forget(void)
{
	k_msgq_purge(&frames);
}

void underlay_fail(int err)
{
	atomic_set(&failure, err);
}

bool underlay_faulty(void)
{
	return atomic_set(&faulty, false);
}

void underlay_header(uint8_t frame[FRAME_HEADER], bool v6)
{
	memcpy(frame, nics[0].mac, sizeof(nics[0].mac));
	memset(frame + 6, 2, 6);
	frame[12] = v6 ? 0x86 : 0x08;
	frame[13] = v6 ? 0xdd : 0x00;
}

struct net_pkt *underlay_receive(const uint8_t *frame, size_t len, size_t front, size_t split,
				 bool keep)
{
	struct net_pkt *pkt = net_pkt_rx_alloc_on_iface(nics[0].iface, K_NO_WAIT);
	size_t at = 0;

	while (pkt && at < len) {
		size_t want = at ? split : front;
		struct net_buf *buf = net_pkt_get_reserve_rx_data(want ? want : 1, K_NO_WAIT);
		size_t take;

		if (!buf) {
			net_pkt_unref(pkt);
			return NULL;
		}
		take = MIN(len - at, net_buf_tailroom(buf));
		take = want ? MIN(take, want) : take;
		net_buf_add_mem(buf, frame + at, take);
		net_pkt_append_buffer(pkt, buf);
		at += take;
	}
	if (pkt && keep)
		net_pkt_ref(pkt);
	if (pkt && net_recv_data(nics[0].iface, pkt) < 0) {
		net_pkt_unref(pkt);
		return NULL;
	}
	return pkt;
}

void underlay_addresses(bool present)
{
	struct in_addr v4 = {{{192, 0, 2, 1}}}, mask = {{{255, 255, 255, 0}}};
	struct in6_addr v6 = {{{0xfd, 0, 0, 1, [15] = 1}}};

	if (present) {
		(void)net_if_ipv4_addr_add(nics[0].iface, &v4, NET_ADDR_MANUAL, 0);
		(void)net_if_ipv4_set_netmask_by_addr(nics[0].iface, &v4, &mask);
		(void)net_if_ipv6_addr_add(nics[0].iface, &v6, NET_ADDR_MANUAL, 0);
	} else {
		(void)net_if_ipv4_addr_rm(nics[0].iface, &v4);
		(void)net_if_ipv6_addr_rm(nics[0].iface, &v6);
	}
}
