/* SPDX-License-Identifier: MIT */
/* Encrypted packets leave on the underlay, whatever the routes say; others_fault() tells of others.
 */
#include <string.h>

#include <zephyr/ztest.h>

#include "board.h"
#include "watch.h"

BOARD_SUITE(route);

static uint8_t packet[INNER_MAX];

static void everything(struct zwg_conf *conf)
{
	conf->peers[0].allowed_ips[0] = (struct zwg_prefix){.addr = addr_of("0.0.0.0")};
	conf->peers[0].allowed_ips[1] = (struct zwg_prefix){.addr = addr_of("::")};
}

static void passes(void)
{
	uint32_t before = watch_calls().output;

	board_packet(packet, ZWG_AF_INET, 0, 200);
	board_send(board_pkt(packet, 200, 0));
	zassert_true(other_gets(&others[0]));
	zassert_mem_equal(others[0].inner, packet, 200);
	others_run(100);
	zassert_equal(watch_calls().output, before + 1, "a packet was encrypted again");
}

static void through_everything(uint8_t family)
{
	struct net_if *before = net_if_get_default();
	struct zwg_conf *conf = board_conf(1, family);

	everything(conf);
	board_apply(conf);
	net_if_set_default(BOARD->iface);
	others_run(HANDSHAKE_MS);
	passes();
	net_if_set_default(before);
}

BOARD_TEST(route, test_a_tunnel_for_everything_makes_no_loop_over_ipv4)
{
	through_everything(ZWG_AF_INET);
}

BOARD_TEST(route, test_a_tunnel_for_everything_makes_no_loop_over_ipv6)
{
	through_everything(ZWG_AF_INET6);
}

/* The other end is in eth1's network, and eth1 is the default: it still is eth0's business. */
BOARD_TEST(route, test_another_interface_with_a_better_route_gets_nothing)
{
	struct in_addr v4 = {{{198, 51, 100, 1}}}, mask = {{{255, 255, 255, 0}}};
	struct net_if *before = net_if_get_default();
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);

	(void)net_if_ipv4_addr_add(underlay(1), &v4, NET_ADDR_MANUAL, 0);
	(void)net_if_ipv4_set_netmask_by_addr(underlay(1), &v4, &mask);
	net_if_set_default(underlay(1));
	strcpy(conf->peers[0].endpoint.host, "198.51.100.9");
	others[0].at[0] = addr_of("198.51.100.9");
	board_apply(conf);
	others_run(HANDSHAKE_MS);
	passes();
	net_if_set_default(before);
	(void)net_if_ipv4_addr_rm(underlay(1), &v4);
}

/* The destination of the inner packet is the other end's own address on the wire. */
BOARD_TEST(route, test_the_endpoint_itself_can_be_reached_inside)
{
	struct datagram datagram = {.src = addr_of("10.9.0.1"),
				    .dst = addr_of("192.0.2.2"),
				    .src_port = 1,
				    .dst_port = 7000,
				    .len = 50};
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);
	uint32_t before;
	size_t len;

	everything(conf);
	board_apply(conf);
	others_run(HANDSHAKE_MS);
	before = watch_calls().output;
	len = datagram_write(&datagram, packet);
	board_send(board_pkt(packet, len, 0));
	zassert_true(other_gets(&others[0]));
	zassert_mem_equal(others[0].inner, packet, len);
	others_run(100);
	zassert_equal(watch_calls().output, before + 1);
}
