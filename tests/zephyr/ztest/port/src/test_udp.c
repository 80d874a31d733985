/* SPDX-License-Identifier: MIT */
/* The tunnel's UDP ports: what is taken at them, and that they stay when the underlay changes. */
#include <string.h>

#include <zephyr/ztest.h>

#include "board.h"

BOARD_SUITE(udp);

#define INNER_LEN 100

static uint8_t packet[INNER_MAX];

/* A data message of others[0] to the board, with packet in it, that is kept back. */
static void hold_message(void)
{
	other_packet(packet, ZWG_AF_INET, 0, INNER_LEN);
	others[0].hold = true;
	zassert_ok(other_send(&others[0], packet, INNER_LEN));
	others[0].hold = false;
}

static bool arrives(void)
{
	const size_t headers = IP_HEADER(ZWG_AF_INET) + UDP_HEADER_LEN;
	struct zwg_addr from = addr_of("10.9.0.2");

	other_packet(packet, ZWG_AF_INET, 0, INNER_LEN);
	return inbox_got(packet + headers, INNER_LEN - headers, &from);
}

BOARD_TEST(udp, test_what_comes_through_the_tunnel_is_not_taken)
{
	const size_t headers = FRAME_HEADER + IP_HEADER(ZWG_AF_INET) + UDP_HEADER_LEN;
	struct datagram inside = {
		.src = addr_of("10.9.0.2"),
		.dst = addr_of("10.9.0.1"),
		.dst_port = 51820,
	};

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	hold_message();
	inside.src_port = others[0].port;
	inside.payload = others[0].held + headers;
	inside.len = others[0].held_len - headers;
	zassert_ok(other_send(&others[0], packet, datagram_write(&inside, packet)));
	zassert_true(inbox_quiet(), "a tunnel in the tunnel");
	zassert_true(other_replay(&others[0]));
	zassert_true(arrives(), "the message was not good");
}

BOARD_TEST(udp, test_another_underlay_has_the_same_port)
{
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);
	struct net_conn_handle *handle;

	board_apply(conf);
	board_settle(1);
	inbox_open();
	handle = BOARD->udp.handle[0];
	hold_message();
	zassert_true(net_if_get_name(underlay(1), conf->underlay, sizeof(conf->underlay)) > 0);
	board_apply(conf);
	zassert_true(other_replay(&others[0]));
	zassert_true(inbox_quiet(), "eth0 is still heard");
	zassert_true(net_if_get_name(underlay(0), conf->underlay, sizeof(conf->underlay)) > 0);
	board_apply(conf);
	zassert_equal_ptr(BOARD->udp.handle[0], handle, "the port was closed");
	zassert_true(other_replay(&others[0]));
	zassert_true(arrives(), "eth0 is not heard again");
}
