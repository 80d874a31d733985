/* SPDX-License-Identifier: MIT */
/* The interface zwg0: what it is, and what its ups and downs do. */
#include <string.h>

#include <zephyr/net/socket.h>
#include <zephyr/ztest.h>

#include <zwg/zephyr.h>

#include "board.h"
#include "compat.h"

BOARD_SUITE(interface);

static struct zwg_status status(void)
{
	struct zwg_status now;

	zassert_ok(zwg_get_status(0, &now));
	return now;
}

BOARD_TEST(interface, test_is_a_point_to_point_interface_named_zwg0)
{
	struct net_if *iface = zwg_net_if(0);
	char name[16] = "";

	zassert_not_null(iface);
	zassert_true(net_if_get_name(iface, name, sizeof(name)) > 0);
	zassert_str_equal(name, "zwg0");
	zassert_equal_ptr(net_if_l2(iface), &NET_L2_GET_NAME(VIRTUAL));
	zassert_true(net_if_flag_is_set(iface, NET_IF_POINTOPOINT));
	zassert_true(net_virtual_get_iface(iface) == NULL, "attached without a configuration");
}

BOARD_TEST(interface, test_says_what_it_is)
{
	const struct virtual_interface_api *api = net_if_get_device(zwg_net_if(0))->api;

	zassert_equal(api->get_capabilities(zwg_net_if(0)), ZWG_VIRTUAL_CAPS);
	zassert_equal(ZWG_VIRTUAL_CAPS & VIRTUAL_INTERFACE_IPIP, 0);
}

BOARD_TEST(interface, test_is_down_until_it_is_provisioned)
{
	zassert_false(net_if_is_up(zwg_net_if(0)));
	zassert_false(status().provisioned);
	zassert_false(status().up);
	others_run(10000);
	zassert_equal(initiations, 0);
}

BOARD_TEST(interface, test_provisioning_brings_it_up_and_starts_a_handshake)
{
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);

	conf->mtu = 1300;
	board_apply(conf);
	others_run(HANDSHAKE_MS);
	zassert_true(net_if_is_up(zwg_net_if(0)));
	zassert_equal(net_if_get_mtu(zwg_net_if(0)), 1300);
	zassert_equal_ptr(net_virtual_get_iface(zwg_net_if(0)), underlay(0));
	zassert_equal(initiations, 1);
	zassert_true(status().provisioned && status().up);
	zassert_equal(status().peers, 1);
	zassert_equal(status().sessions, 1);
	zassert_true(status().rx_bytes >= 92 && status().tx_bytes >= 148);
}

BOARD_TEST(interface, test_disabled_stays_down_until_net_if_up)
{
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);

	conf->enabled = false;
	board_apply(conf);
	others_run(10000);
	zassert_false(net_if_is_up(zwg_net_if(0)));
	zassert_equal(initiations, 0);
	zassert_ok(net_if_up(zwg_net_if(0)));
	others_run(HANDSHAKE_MS);
	zassert_equal(initiations, 1);
	zassert_equal(status().sessions, 1);
}

BOARD_TEST(interface, test_waits_for_the_underlays_address)
{
	underlay_addresses(false);
	board_apply(board_conf(1, ZWG_AF_INET));
	others_run(10000);
	zassert_equal(initiations, 0);
	zassert_false(status().up);
	zassert_false(net_if_is_up(zwg_net_if(0)));
	underlay_addresses(true);
	others_run(HANDSHAKE_MS);
	zassert_true(status().up);
	zassert_equal(initiations, 1, "the first handshake was not made at once");
	zassert_equal(status().sessions, 1);
}

BOARD_TEST(interface, test_waits_for_an_address_of_the_endpoints_family)
{
	struct in_addr v4 = {{{192, 0, 2, 1}}};

	underlay_addresses(false);
	(void)net_if_ipv4_addr_add(underlay(0), &v4, NET_ADDR_MANUAL, 0);
	board_apply(board_conf(1, ZWG_AF_INET6));
	others_run(5000);
	zassert_false(status().up);
	underlay_addresses(true);
	others_run(HANDSHAKE_MS);
	zassert_equal(status().sessions, 1);
}

BOARD_TEST(interface, test_down_ends_sessions_and_up_makes_new_ones)
{
	uint8_t packet[128];

	board_connect(1, ZWG_AF_INET);
	zassert_ok(net_if_down(zwg_net_if(0)));
	k_msleep(10);
	zassert_false(status().up);
	zassert_equal(status().sessions, 0);
	inbox_open();
	other_packet(packet, ZWG_AF_INET, 0, 128);
	zassert_ok(other_send(&others[0], packet, 128));
	zassert_true(inbox_quiet());
	zassert_true(board_core_drops(ZWG_DROP_DOWN) > 0);
	initiations = 0;
	zassert_ok(net_if_up(zwg_net_if(0)));
	others_run(6000);
	zassert_equal(initiations, 1);
	zassert_equal(status().sessions, 1);
}

static int client(uint8_t family)
{
	int fd = zsock_socket(family == ZWG_AF_INET6 ? AF_INET6 : AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {{{10, 9, 0, 2}}}};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(9),
				   .sin6_addr = {{{0xfd, 0x09, [15] = 2}}}};

	zassert_ok(family == ZWG_AF_INET6 ? zsock_connect(fd, (struct sockaddr *)&in6, sizeof(in6))
					  : zsock_connect(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

BOARD_TEST(interface, test_the_first_packet_waits_for_the_handshake_and_arrives)
{
	static const uint8_t families[] = {ZWG_AF_INET, ZWG_AF_INET6};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct datagram got;
		int fd;

		board_apply(board_conf(1, families[i]));
		fd = client(families[i]);
		zassert_equal(zsock_send(fd, "first", 5, 0), 5);
		zassert_true(other_gets(&others[0]), "the first packet was lost");
		zassert_true(datagram_parse(&got, others[0].inner, others[0].inner_len));
		zassert_equal(got.len, 5);
		zassert_mem_equal(got.payload, "first", 5);
		zassert_equal(got.dst_port, 9);
		zassert_mem_equal(&got.src, &BOARD->running.addresses[i].addr, sizeof(got.src),
				  "the source is not the tunnel's address");
		zassert_ok(zsock_close(fd));
	}
}

BOARD_TEST(interface, test_a_packet_waits_for_an_answer_to_the_second_initiation)
{
	int fd;

	board_apply(board_conf(1, ZWG_AF_INET));
	others[0].deaf = true;
	fd = client(ZWG_AF_INET);
	zassert_equal(zsock_send(fd, "first", 5, 0), 5);
	others_run(2000);
	zassert_equal(initiations, 1);
	others[0].deaf = false;
	others_run(8000);
	zassert_equal(initiations, 2);
	zassert_equal(others[0].received, 1);
	zassert_ok(zsock_close(fd));
}
