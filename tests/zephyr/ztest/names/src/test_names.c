/* SPDX-License-Identifier: MIT */
/* Endpoints that are names, with the resolver of Zephyr and a name server on the wire. */
#include <stdio.h>
#include <string.h>

#include <zephyr/ztest.h>

#include "board/conf.h"
#include "datagram.h"
#include "server.h"
#include "tunnel.h"
#include "underlay.h"

#define BOARD (&zwg_tunnels[0])
#define PEER4 "192.0.2.2"
#define PEER6 "fd00:1::2"

/* Less than the time after which a look-up that has failed is begun again; and a little more. */
#define SOON  20000
#define RETRY 31000

static struct zwg_conf conf;

static void apply(void)
{
	const char *why = NULL;

	zassert_ok(zwg_apply(BOARD, &conf, &why), "%s", why);
}

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	while (!zwg_tunnels_ready())
		k_msleep(1);
	underlay_addresses(true);
	server_start(NULL, 0, 0);
	zwg_conf_init(&conf);
	apply();
	/* Until no look-up of the test before is under way. */
	server_run(SOON);
	server_start(NULL, 0, 0);
}

ZTEST_SUITE(names, NULL, NULL, before, NULL, NULL);

static void ipv6_only(void)
{
	struct in_addr v4 = {{{192, 0, 2, 1}}};

	zassert_true(net_if_ipv4_addr_rm(underlay(0), &v4));
}

static void add_peer(const char *name, uint8_t key)
{
	uint8_t public_key[32] = {9, [31] = key};
	struct zwg_conf_peer *peer = zwg_conf_peer_add(&conf, public_key);

	zassert_not_null(peer);
	(void)snprintf(peer->endpoint.host, sizeof(peer->endpoint.host), "%s", name);
	peer->endpoint.port = 7000;
}

static void provision(const char *name)
{
	memset(conf.private_key, 0x40, sizeof(conf.private_key));
	conf.has_private_key = true;
	conf.listen_port = 51820;
	add_peer(name, 1);
	apply();
}

static void check_called(const char *text)
{
	struct zwg_addr called = server_called(), expected = addr_of(text);

	zassert_equal(called.family, expected.family, "IPv%u was called", called.family);
	zassert_mem_equal(called.bytes, expected.bytes, sizeof(called.bytes));
}

static void check_nobody_called(void)
{
	zassert_equal(server_called().family, ZWG_AF_NONE);
}

ZTEST(names, test_a_name_of_both_families_leads_to_ipv4)
{
	static const struct record zone = {"both.example", PEER4, PEER6};

	server_start(&zone, 1, 0);
	provision(zone.name);
	server_run(SOON);
	zassert_str_equal(server_asked(), "A ");
	check_called(PEER4);
}

ZTEST(names, test_a_name_of_both_families_leads_to_ipv6_where_there_is_no_ipv4)
{
	static const struct record zone = {"both.example", PEER4, PEER6};

	ipv6_only();
	server_start(&zone, 1, 0);
	provision(zone.name);
	server_run(SOON);
	zassert_str_equal(server_asked(), "AAAA ");
	check_called(PEER6);
}

ZTEST(names, test_a_name_with_an_ipv6_address_alone_leads_there)
{
	static const struct record zone = {"six.example", NULL, PEER6};

	server_start(&zone, 1, 0);
	provision(zone.name);
	server_run(SOON);
	zassert_str_equal(server_asked(), "A AAAA ");
	check_called(PEER6);
}

/* An IPv4 address may come later than the IPv6 ones. */
ZTEST(names, test_a_name_with_an_ipv4_address_alone_is_found_without_ipv4)
{
	static const struct record zone = {"four.example", PEER4, NULL};

	ipv6_only();
	server_start(&zone, 1, 0);
	provision(zone.name);
	server_run(1000);
	zassert_str_equal(server_asked(), "AAAA A ");
	check_nobody_called();
	underlay_addresses(true);
	server_run(SOON);
	zassert_str_equal(server_asked(), "AAAA A ");
	check_called(PEER4);
}

/* When a query times out the resolver has no place for the next yet. */
ZTEST(names, test_a_server_that_is_silent_about_ipv4_is_asked_for_ipv6)
{
	static const struct record zone = {"six.example", NULL, PEER6};

	server_start(&zone, 1, TYPE_A);
	provision(zone.name);
	server_run(SOON);
	zassert_str_equal(server_asked(), "A AAAA ");
	check_called(PEER6);
}

ZTEST(names, test_a_name_that_nobody_knows_is_asked_for_again)
{
	static const struct record zone = {"late.example", PEER4, NULL};

	provision(zone.name);
	server_run(SOON);
	zassert_str_equal(server_asked(), "A AAAA ");
	check_nobody_called();
	server_start(&zone, 1, 0);
	server_run(RETRY);
	zassert_str_equal(server_asked(), "A ");
	check_called(PEER4);
}

ZTEST(names, test_names_of_removed_peers_keep_no_place)
{
	static const struct record zone = {"good.example", PEER4, NULL};

	for (uint8_t key = 2; key <= CONFIG_ZWG_MAX_PEERS; key++)
		add_peer("unknown.example", key);
	provision("unknown.example");
	server_run(SOON);
	zassert_str_equal(server_asked(), "A AAAA A AAAA A AAAA A AAAA ");
	while (conf.peer_count)
		zwg_conf_peer_remove(&conf, &conf.peers[0]);
	server_start(&zone, 1, 0);
	add_peer(zone.name, CONFIG_ZWG_MAX_PEERS + 1);
	apply();
	server_run(1000);
	zassert_str_equal(server_asked(), "A ");
	check_called(PEER4);
}
