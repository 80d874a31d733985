/* SPDX-License-Identifier: MIT */
/* Two interfaces, each with its own key, port and peers. */
#include <zephyr/ztest.h>

#include <zwg/zephyr.h>

#include "board.h"

BOARD_SUITE(instances);

static struct zwg_conf first, second;

/* others[0] behind zwg0 and others[1] behind zwg1. */
static void connect(void)
{
	const char *why = NULL;
	uint8_t key[32];

	first = *board_conf(2, ZWG_AF_INET);
	second = first;
	second.private_key[9] ^= 0x55;
	second.listen_port = 51821;
	second.address_count = 1;
	second.addresses[0].addr = addr_of("10.9.1.1");
	second.peers[0] = first.peers[1];
	first.peer_count = 1;
	second.peer_count = 1;
	zassert_ok(zwg_conf_public_key(&second, key));
	other_start(&others[1], key, false);
	memcpy(second.peers[0].public_key, others[1].public_key, 32);
	zassert_ok(zwg_apply(&zwg_tunnels[0], &first, &why));
	zassert_ok(zwg_apply(&zwg_tunnels[1], &second, &why));
	board_settle(2);
}

BOARD_TEST(instances, test_there_are_as_many_as_configured)
{
	struct zwg_status status;
	char name[16] = "";

	zassert_true(net_if_get_name(zwg_net_if(1), name, sizeof(name)) > 0);
	zassert_str_equal(name, "zwg1");
	zassert_is_null(zwg_net_if(2));
	zassert_ok(zwg_get_status(1, &status));
	zassert_equal(zwg_get_status(2, &status), -ENODEV);
	zassert_false(status.provisioned);
}

BOARD_TEST(instances, test_both_work_side_by_side)
{
	struct zwg_status status;
	uint8_t packet[100];

	connect();
	for (unsigned int i = 0; i < 2; i++) {
		struct zwg_tunnel *tunnel = &zwg_tunnels[i];
		struct net_pkt *pkt;

		zassert_ok(zwg_get_status(i, &status));
		zassert_equal(status.sessions, 1, "zwg%u", i);
		board_packet(packet, ZWG_AF_INET, i, sizeof(packet));
		pkt = board_pkt(packet, sizeof(packet), 0);
		net_pkt_set_iface(pkt, tunnel->iface);
		zassert_ok(zwg_send(tunnel, pkt));
		zassert_true(other_gets(&others[i]));
		zassert_mem_equal(others[i].inner, packet, sizeof(packet));
	}
}

BOARD_TEST(instances, test_one_goes_down_alone)
{
	struct zwg_status status;

	connect();
	zassert_ok(net_if_down(zwg_net_if(1)));
	k_msleep(10);
	zassert_ok(zwg_get_status(0, &status));
	zassert_true(status.up);
	zassert_equal(status.sessions, 1);
	zassert_ok(zwg_get_status(1, &status));
	zassert_false(status.up);
	zassert_equal(status.sessions, 0);
}

BOARD_TEST(instances, test_a_port_that_the_other_has_is_refused)
{
	const char *why = NULL;

	connect();
	second.listen_port = 51820;
	zassert_equal(zwg_apply(&zwg_tunnels[1], &second, &why), -EADDRINUSE);
	zassert_true(strncmp(why, "listen-port", 11) == 0);
	zassert_equal(zwg_tunnels[1].running.listen_port, 51821);
}
