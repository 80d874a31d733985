/* SPDX-License-Identifier: MIT */
/* The commands that do something. */
#include <errno.h>
#include <string.h>

#include <zephyr/net/net_if.h>
#include <zephyr/ztest.h>

#include "console.h"
#include "tunnel.h"
#include "underlay.h"

ZTEST_SUITE(commands, NULL, NULL, console_before, NULL, NULL);

#define SAYS(part)  zassert_not_null(strstr(said(), part), "no \"%s\" in:\n%s", part, said())
#define HIDES(part) zassert_is_null(strstr(said(), part), "\"%s\" in:\n%s", part, said())

static void provision(void)
{
	ok("wg genkey");
	ok("wg set listen-port 51820 address 10.9.0.1/24,fd09::1/64 mtu 1400");
	ok("wg set peer " KEY1 " endpoint 192.0.2.2:7000 allowed-ips 10.9.0.2/32,fd09::/64 "
	   "persistent-keepalive 25");
	ok("wg commit");
	SAYS("committed");
}

ZTEST(commands, test_a_board_is_provisioned_by_commands)
{
	struct frame frame;
	struct net_if_addr *addr;
	struct in_addr v4 = {{{10, 9, 0, 1}}};
	struct net_if *iface = NULL;

	provision();
	zassert_true(net_if_is_up(zwg_tunnels[0].iface));
	zassert_equal(net_if_get_mtu(zwg_tunnels[0].iface), 1400);
	addr = net_if_ipv4_addr_lookup(&v4, &iface);
	zassert_not_null(addr);
	zassert_equal_ptr(iface, zwg_tunnels[0].iface);
	zassert_true(underlay_sent(&frame, K_SECONDS(5)), "no initiation");
	zassert_equal(frame.data[FRAME_HEADER + 28], 1);
}

ZTEST(commands, test_show_says_what_is_in_force)
{
	provision();
	ok("wg show");
	SAYS("listening port: 51820");
	SAYS(KEY1);
	SAYS("192.0.2.2:7000");
	SAYS("10.9.0.2/32");
	SAYS("fd09::/64");
	SAYS("every 25 seconds");
}

ZTEST(commands, test_show_machine_is_one_line_of_json)
{
	provision();
	ok("wg show --machine");
	SAYS("@zwg {");
	SAYS("\"board\":\"ztest\"");
	SAYS("\"entropy\":\"test\"");
	SAYS("192.0.2.1");
	SAYS(KEY1);
}

ZTEST(commands, test_a_sequence_number_is_answered)
{
	ok("wg version @7");
	SAYS("@zwg OK 7");
	zassert_true(run("wg set mtu 9 @8") < 0);
	SAYS("@zwg ERR 8 22");
}

ZTEST(commands, test_nothing_is_in_force_before_commit)
{
	provision();
	ok("wg set mtu 1300 peer " KEY2 " allowed-ips 10.9.0.3/32");
	zassert_equal(net_if_get_mtu(zwg_tunnels[0].iface), 1400);
	ok("wg show");
	HIDES(KEY2);
	ok("wg show staged");
	SAYS(KEY2);
	ok("wg revert");
	ok("wg commit");
	SAYS("nothing to commit");
	zassert_equal(net_if_get_mtu(zwg_tunnels[0].iface), 1400);
}

ZTEST(commands, test_down_and_up)
{
	provision();
	ok("wg down");
	k_msleep(10);
	zassert_false(net_if_is_up(zwg_tunnels[0].iface));
	ok("wg up");
	k_msleep(10);
	zassert_true(net_if_is_up(zwg_tunnels[0].iface));
}

ZTEST(commands, test_addresses_that_were_taken_away_are_gone)
{
	struct in_addr v4 = {{{10, 9, 0, 1}}};

	provision();
	ok("wg set address 10.9.0.7/24");
	ok("wg commit");
	zassert_is_null(net_if_ipv4_addr_lookup(&v4, NULL));
	v4.s4_addr[3] = 7;
	zassert_not_null(net_if_ipv4_addr_lookup(&v4, NULL));
}

ZTEST(commands, test_the_second_interface_has_its_own_command)
{
	provision();
	ok("wg1 genkey");
	ok("wg1 set listen-port 51821 address 10.8.0.1/24 peer " KEY3 " allowed-ips 10.8.0.2/32");
	ok("wg1 commit");
	ok("wg1 show");
	SAYS("interface: zwg1");
	SAYS(KEY3);
	HIDES(KEY1);
	ok("wg1 show --machine");
	SAYS("\"interface\":\"zwg1\"");
	ok("wg show");
	SAYS("interface: zwg0");
	SAYS(KEY1);
	HIDES(KEY3);
}

static bool shows(const char *status)
{
	ok("wg show");
	return strstr(said(), status) != NULL;
}

ZTEST(commands, test_the_status_is_what_is_and_what_it_waits_for)
{
	underlay_addresses(false);
	provision();
	zassert_true(shows("status: up, waits for an address of its underlay\r\n"), "%s", said());
	ok("wg show --machine");
	SAYS("\"waits\":\"for an address of its underlay\"");
	underlay_addresses(true);
	zassert_true(WAIT_FOR(shows("status: up\r\n"), 1000000, k_msleep(10)), "%s", said());
	ok("wg show --machine");
	SAYS("\"waits\":null");
	zassert_ok(net_if_down(zwg_tunnels[0].iface));
	zassert_true(shows("status: up, waits for its interface to be brought up (wg up)\r\n"),
		     "%s", said());
	ok("wg up");
	zassert_true(shows("status: up\r\n"), "%s", said());
	ok("wg down");
	zassert_true(shows("status: down\r\n"), "%s", said());
	ok("wg up");
	zassert_true(shows("status: up\r\n"), "%s", said());
	zassert_ok(net_if_down(underlay(0)));
	zassert_true(shows("status: up, waits for its underlay to come up\r\n"), "%s", said());
	zassert_ok(net_if_up(underlay(0)));
}

ZTEST(commands, test_stats_port_help_and_version)
{
	ok("wg stats");
	SAYS("initiations_sent");
	SAYS("replay");
	ok("wg port");
	SAYS("drop_tx_buffers");
	SAYS("drop_rx_queue");
	zassert_equal(run("wg port 1"), -EINVAL);
	SAYS("error: unexpected word: '1'");
	ok("wg help");
	SAYS("persistent-keepalive");
	ok("wg version");
	SAYS("0.1.0");
}

ZTEST(commands, test_every_commit_survives_a_hundred_changes)
{
	struct frame frame;

	provision();
	for (int i = 0; i < 50; i++) {
		ok("wg set listen-port 51999 peer " KEY2 " allowed-ips 10.9.0.3/32");
		ok("wg commit");
		zassert_equal(zwg_tunnels[0].udp.port, 51999);
		ok("wg set listen-port 51820 peer " KEY2 " remove");
		ok("wg commit");
		zassert_equal(zwg_tunnels[0].udp.port, 51820);
		while (underlay_sent(&frame, K_MSEC(1)))
			;
	}
}
