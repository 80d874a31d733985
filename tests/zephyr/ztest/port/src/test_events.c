/* SPDX-License-Identifier: MIT */
/* What net_mgmt tells an application. */
#include <string.h>

#include <zephyr/ztest.h>

#include <zwg/zephyr.h>

#include "board.h"
#include "compat.h"

BOARD_SUITE(events);

static struct net_mgmt_event_callback callback;
static unsigned int complete, up, quiet, elsewhere;
static uint8_t key[32];

/* Masks match their neighbours in 3.7: whole events are compared. */
static void on_event(struct net_mgmt_event_callback *cb, zwg_mgmt_event event, struct net_if *iface)
{
	complete += event == NET_EVENT_ZWG_HANDSHAKE_COMPLETE;
	up += event == NET_EVENT_ZWG_PEER_UP;
	quiet += event == NET_EVENT_ZWG_PEER_QUIET;
	elsewhere += iface != BOARD->iface;
	if (cb->info && cb->info_length == sizeof(key))
		memcpy(key, cb->info, sizeof(key));
}

static void listen(void)
{
	complete = up = quiet = elsewhere = 0;
	memset(key, 0, sizeof(key));
	net_mgmt_init_event_callback(&callback, on_event,
				     NET_EVENT_ZWG_HANDSHAKE_COMPLETE | NET_EVENT_ZWG_PEER_UP |
					     NET_EVENT_ZWG_PEER_QUIET);
	net_mgmt_add_event_callback(&callback);
}

BOARD_TEST(events, test_a_handshake_tells_that_the_peer_is_up)
{
	listen();
	board_connect(1, ZWG_AF_INET);
	others_run(HANDSHAKE_MS);
	net_mgmt_del_event_callback(&callback);
	zassert_equal(complete, 1);
	zassert_equal(up, 1);
	zassert_equal(quiet, 0);
	zassert_equal(elsewhere, 0);
	zassert_mem_equal(key, others[0].public_key, 32, "the event does not name the peer");
}

BOARD_TEST(events, test_a_peer_that_does_not_answer_is_quiet_and_comes_back)
{
	uint8_t packet[64];

	board_connect(1, ZWG_AF_INET);
	others_run(HANDSHAKE_MS);
	listen();
	others[0].deaf = true;
	board_packet(packet, ZWG_AF_INET, 0, sizeof(packet));
	board_send(board_pkt(packet, sizeof(packet), 0));
	others_run(90000);
	zassert_equal(quiet, 0);
	others_run(60000);
	zassert_equal(quiet, 1);
	zassert_equal(complete, 0);
	others[0].deaf = false;
	board_send(board_pkt(packet, sizeof(packet), 0));
	zassert_true(other_gets(&others[0]));
	others_run(HANDSHAKE_MS);
	net_mgmt_del_event_callback(&callback);
	zassert_equal(up, 1, "%u times up, %u handshakes, %u times quiet", up, complete, quiet);
	zassert_equal(complete, 1);
	zassert_equal(elsewhere, 0);
}
