/* SPDX-License-Identifier: MIT */
/* No packet, no buffer, no room: what cannot be sent or received is dropped and counted under its
 * name, and when there is room again everything works. board_after() misses what was leaked. */
#include <string.h>

#include <zephyr/ztest.h>

#include "board.h"
#include "compat.h"
#include "pools.h"

BOARD_SUITE(pools);

static uint8_t packet[INNER_MAX];

static struct net_pkt *a_packet(unsigned int number, size_t len)
{
	struct net_pkt *pkt;

	board_packet(packet, ZWG_AF_INET, number, len);
	pkt = board_pkt(packet, len, 0);
	zassert_not_null(pkt);
	return pkt;
}

static void passes(void)
{
	board_send(a_packet(0, 333));
	zassert_true(other_gets(&others[0]), "the tunnel has not recovered");
	zassert_mem_equal(others[0].inner, packet, 333);
}

BOARD_TEST(pools, test_no_buffer_to_send)
{
	struct net_pkt *pkt;

	board_connect(1, ZWG_AF_INET);
	pkt = a_packet(0, 333);
	pools_exhaust(POOL_TX_DATA, 0);
	board_send(pkt);
	zassert_false(other_gets(&others[0]));
	zassert_equal(board_drops(ZWG_PORT_TX_BUFFERS), 1);
	pools_release();
	passes();
}

/* One for the front, none for what comes behind a full last buffer. */
BOARD_TEST(pools, test_no_buffer_for_the_tag)
{
	struct net_pkt *pkt;

	board_connect(1, ZWG_AF_INET);
	pkt = a_packet(0, 256);
	pools_exhaust(POOL_TX_DATA, 1);
	board_send(pkt);
	zassert_false(other_gets(&others[0]));
	zassert_equal(board_drops(ZWG_PORT_TX_BUFFERS), 1);
	pools_release();
	passes();
}

BOARD_TEST(pools, test_no_packet_for_the_copy_of_a_kept_one)
{
	struct net_pkt *pkt;

	board_connect(1, ZWG_AF_INET);
	pkt = a_packet(0, 333);
	net_pkt_ref(pkt);
	pools_exhaust(POOL_TX, 0);
	board_send(pkt);
	zassert_false(other_gets(&others[0]));
	zassert_equal(board_drops(ZWG_PORT_TX_BUFFERS), 1);
	pools_release();
	net_pkt_unref(pkt);
	passes();
}

BOARD_TEST(pools, test_no_packet_for_a_handshake_message)
{
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);

	pools_exhaust(POOL_TX, 0);
	board_apply(conf);
	others_run(HANDSHAKE_MS);
	zassert_equal(initiations, 0);
	zassert_true(board_drops(ZWG_PORT_TX_BUFFERS) > 0);
	pools_release();
	others_run(6000);
	zassert_equal(initiations, 1, "the handshake was not tried again");
	passes();
}

/* Two peers are silent: what waits for them must leave a descriptor for a third that answers. */
BOARD_TEST(pools, test_packets_that_wait_do_not_stop_others)
{
	struct zwg_conf *conf = board_conf(2, ZWG_AF_INET);
	unsigned int sent = CONFIG_ZWG_TX_PACKETS + 3;

	board_apply(conf);
	others[1].deaf = true;
	others_run(HANDSHAKE_MS);
	for (unsigned int i = 0; i < sent; i++)
		board_send(a_packet(1, 100));
	others_run(100);
	zassert_equal(board_drops(ZWG_PORT_TX_PACKETS), sent - (CONFIG_ZWG_TX_PACKETS - 1));
	passes();
	others[1].deaf = false;
	others_run(6000);
	zassert_equal(others[1].received, CONFIG_ZWG_TX_PACKETS - 1);
}

/* As above with large packets: they may hold half of the stack's buffers. */
BOARD_TEST(pools, test_packets_that_wait_leave_half_of_the_buffers)
{
	struct zwg_conf *conf = board_conf(2, ZWG_AF_INET);
	struct pools before;

	board_apply(conf);
	others[1].deaf = true;
	others_run(HANDSHAKE_MS);
	before = pools_free();
	board_packet(packet, ZWG_AF_INET, 1, 1400);
	for (unsigned int i = 0; i < CONFIG_ZWG_TX_PACKETS; i++) {
		board_send(board_pkt(packet, 1400, 40));
		others_run(1);
	}
	zassert_true(before.tx_data - pools_free().tx_data <=
		     CONFIG_NET_BUF_TX_COUNT / 2 + 1400 / 40 + 2);
	zassert_true(board_drops(ZWG_PORT_TX_PACKETS) > 1);
	passes();
}

BOARD_TEST(pools, test_an_underlay_without_an_address)
{
	board_connect(1, ZWG_AF_INET);
	underlay_addresses(false);
	board_send(a_packet(0, 333));
	zassert_false(other_gets(&others[0]));
	zassert_equal(board_drops(ZWG_PORT_TX_UNDERLAY), 1);
	underlay_addresses(true);
	others[0].missed = true;
	passes();
}

BOARD_TEST(pools, test_an_underlay_that_refuses_to_send)
{
	board_connect(1, ZWG_AF_INET);
	underlay_fail(-EIO);
	for (int i = 0; i < 30; i++) {
		board_send(a_packet(0, 333));
		others_run(10);
	}
	underlay_fail(0);
	others[0].missed = true;
	passes();
}

BOARD_TEST(pools, test_an_underlay_that_is_down)
{
	board_connect(1, ZWG_AF_INET);
	zassert_ok(net_if_down(underlay(0)));
	for (int i = 0; i < 30; i++) {
		board_send(a_packet(0, 333));
		others_run(10);
	}
	zassert_ok(net_if_up(underlay(0)));
	others_run(100);
	others[0].missed = true;
	passes();
}

BOARD_TEST(pools, test_more_datagrams_than_the_queue_holds)
{
	struct zwg_addr from = addr_of("10.9.0.2");
	unsigned int more = 5, count = CONFIG_ZWG_RX_QUEUE + more;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	/* Both this thread and the stack's are before the port's. */
	for (unsigned int i = 0; i < count; i++) {
		other_packet(packet, ZWG_AF_INET, 0, 100 + i);
		zassert_ok(other_send(&others[0], packet, 100 + i));
	}
	for (unsigned int i = 0; i < CONFIG_ZWG_RX_QUEUE; i++) {
		other_packet(packet, ZWG_AF_INET, 0, 100 + i);
		zassert_true(inbox_got(packet + 28, 72 + i, &from));
	}
	zassert_true(inbox_quiet());
	zassert_equal(board_drops(ZWG_PORT_RX_QUEUE), more);
	passes();
}

BOARD_TEST(pools, test_no_packet_for_the_copy_of_a_kept_datagram)
{
	struct net_pkt *pkt;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	other_packet(packet, ZWG_AF_INET, 0, 300);
	others[0].hold = true;
	zassert_ok(other_send(&others[0], packet, 300));
	others[0].hold = false;
	pkt = underlay_receive(others[0].held, others[0].held_len, FRAME_HEADER + 20, 0, true);
	zassert_not_null(pkt);
	pools_exhaust(POOL_RX, 0);
	zassert_true(inbox_quiet());
	zassert_equal(board_drops(ZWG_PORT_RX_BUFFERS), 1);
	pools_release();
	net_pkt_unref(pkt);
	passes();
}

/* The answer to an echo request is made in the port's thread. */
BOARD_TEST(pools, test_no_packet_for_an_answer)
{
	struct zwg_addr us = addr_of("10.9.0.2"), board = addr_of("10.9.0.1");

	board_connect(1, ZWG_AF_INET);
	(void)echo_write(packet, &us, &board, 500, false);
	pools_exhaust(POOL_TX, 0);
	zassert_ok(other_send(&others[0], packet, 500));
	zassert_false(other_gets(&others[0]));
	pools_release();
	zassert_ok(other_send(&others[0], packet, 500));
	zassert_true(other_gets(&others[0]));
}

BOARD_TEST(pools, test_a_protocol_that_the_stack_does_not_know)
{
	board_connect(1, ZWG_AF_INET);
	for (int i = 0; i < 30; i++) {
		other_packet(packet, ZWG_AF_INET, 0, 24);
		zassert_ok(other_send(&others[0], packet, 24));
		others_run(5);
	}
	passes();
}
