/* SPDX-License-Identifier: MIT */
/* What is wrong is named, with what was expected, and changes nothing, staged or in force. */
#include <string.h>

#include <zephyr/ztest.h>

#include "console.h"
#include "tunnel.h"
#include "underlay.h"

ZTEST_SUITE(refusals, NULL, NULL, console_before, NULL, NULL);

struct refusal {
	const char *line;
	const char *names;    /* What the error must name, */
	const char *expected; /* and what it says was expected. */
};

static const struct refusal refusals[] = {
	{"wg set listen-port 0", "listen-port", "1 to 65535"},
	{"wg set listen-port 65536", "listen-port", "1 to 65535"},
	{"wg set listen-port 51820x", "51820x", "1 to 65535"},
	{"wg set listen-port", "listen-port", "1 to 65535"},
	{"wg set mtu 1279", "mtu", "1280 to 1420"},
	{"wg set mtu 1421", "mtu", "1280 to 1420"},
	{"wg set address 10.9.0.256/24", "10.9.0.256/24", "IPv4 or IPv6 address"},
	{"wg set address 10.9.0.1/33", "10.9.0.1/33", "0 to 32"},
	{"wg set address fd09::1/129", "fd09::1/129", "0 to 128"},
	{"wg set address 10.9.0.9/24,10.9.0.9/24", "10.9.0.9/24", "twice"},
	{"wg set address 224.0.0.1/4", "224.0.0.1/4", "unicast"},
	{"wg set address fd09::x", "fd09::x", "IPv4 or IPv6 address"},
	{"wg set underlay sixteen-letters-", "sixteen-letters-", "at most 15"},
	{"wg set private-key x", "private-key", "44 characters of base64"},
	{"wg set peer x", "peer", "44 characters of base64"},
	{"wg set peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "peer", "44 characters"},
	{"wg set peer AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF=", "peer", "44 characters"},
	{"wg set peer " KEY2 " preshared-key y", "preshared-key", "44 characters of base64"},
	{"wg set peer " KEY2 " endpoint 192.0.2.9", "192.0.2.9", "HOST:PORT"},
	{"wg set peer " KEY2 " endpoint 192.0.2.9:0", "192.0.2.9:0", "1 to 65535"},
	{"wg set peer " KEY2 " endpoint 192.0.2.9:65536", "192.0.2.9:65536", "1 to 65535"},
	{"wg set peer " KEY2 " endpoint vpn.example.org:1", "vpn.example.org:1", "look up names"},
	{"wg set peer " KEY2 " allowed-ips 10.0.0.0/33", "10.0.0.0/33", "0 to 32"},
	{"wg set peer " KEY2 " allowed-ips 10.0.0.0/8,z", "z", "IPv4 or IPv6 address"},
	{"wg set peer " KEY1 " allowed-ips -10.77.0.0/16", "-10.77.0.0/16", "one of the peer's"},
	{"wg set peer " KEY2 " persistent-keepalive 65536", "65536", "0 to 65535"},
	{"wg set peer " KEY2 " keepalive 25", "keepalive", "persistent-keepalive"},
	{"wg set peer " KEY2 " remove", "remove", "must be there"},
	{"wg set peer " KEY1 " remove mtu 1300", "mtu", "another peer"},
	{"wg set peer " KEY2 " peer " KEY3 " peer " KEY4 " peer " KEY5, "peer", "no room"},
	{"wg set color green", "color", "listen-port"},
	{"wg set mtu 1300 listen-port 0", "listen-port", "1 to 65535"},
	{"wg set", "set", "private-key, listen-port"},
	{"wg genkey", "genkey", "wg genkey replace"},
	{"wg genkey anew", "anew", ""},
	{"wg reset", "reset", "confirm"},
	{"wg commit now", "now", ""},
	{"wg handshake " KEY2, "handshake", "a peer in force"},
	{"wg frobnicate", "frobnicate", "wg help"},
};

/* What one can see of both configurations. */
static void state(char *text, size_t size)
{
	ok("wg showconf");
	strncpy(text, said(), size - 1);
	ok("wg showconf staged");
	strncat(text, said(), size - strlen(text) - 1);
}

ZTEST(refusals, test_each_names_what_is_wrong_and_changes_nothing)
{
	static char before[4096], after[4096];

	ok("wg set private-key " KEY5);
	ok("wg set listen-port 51820 address 10.9.0.1/24 peer " KEY1 " allowed-ips 10.9.0.2/32");
	ok("wg commit");
	ok("wg set mtu 1333");
	state(before, sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *refusal = &refusals[i];

		zassert_true(run(refusal->line) < 0, "%s: accepted", refusal->line);
		zassert_not_null(strstr(said(), refusal->names), "%s: no \"%s\" in:\n%s",
				 refusal->line, refusal->names, said());
		zassert_not_null(strstr(said(), refusal->expected), "%s: no \"%s\" in:\n%s",
				 refusal->line, refusal->expected, said());
		state(after, sizeof(after));
		zassert_str_equal(before, after, "%s", refusal->line);
	}
}

/* Only Zephyr can know these: they are refused at commit, and what was in force stays. */
ZTEST(refusals, test_what_the_board_cannot_do_is_refused_at_commit)
{
	static const struct refusal at_commit[] = {
		{"wg set underlay eth7", "underlay", "net iface"},
		{"wg set underlay zwg1", "underlay", "net iface"},
		{"wg set address 10.9.0.1/24,10.9.1.1/24,10.9.2.1/24", "address", "has room for"},
		{"wg set listen-port 51821", "listen-port", "nothing else uses"},
		{"wg set peer " KEY2 " allowed-ips 10.9.0.2/32", "10.9.0.2/32", ""},
	};

	ok("wg1 genkey");
	ok("wg1 set listen-port 51821 address 10.8.0.1/24");
	ok("wg1 commit");
	ok("wg genkey");
	ok("wg set listen-port 51820 address 10.9.0.1/24 peer " KEY1 " allowed-ips 10.9.0.2/32");
	ok("wg commit");
	for (size_t i = 0; i < ARRAY_SIZE(at_commit); i++) {
		const struct refusal *refusal = &at_commit[i];

		ok(refusal->line);
		zassert_true(run("wg commit") < 0, "%s: accepted", refusal->line);
		zassert_not_null(strstr(said(), refusal->names), "%s: no \"%s\" in:\n%s",
				 refusal->line, refusal->names, said());
		zassert_not_null(strstr(said(), refusal->expected), "%s: no \"%s\" in:\n%s",
				 refusal->line, refusal->expected, said());
		zassert_equal(zwg_tunnels[0].udp.port, 51820);
		zassert_equal(zwg_tunnels[0].running.peer_count, 1);
		zassert_equal(zwg_tunnels[0].running.address_count, 1);
		ok("wg revert");
	}
}

/* Also before the tunnel is attached, when it opens no port yet. */
ZTEST(refusals, test_a_port_in_use_is_refused_without_an_underlay)
{
	ok("wg1 genkey");
	ok("wg1 set listen-port 51821 address 10.8.0.1/24");
	ok("wg1 commit");
	underlay_addresses(false);
	ok("wg genkey");
	ok("wg set listen-port 51821 address 10.9.0.1/24");
	zassert_equal(run("wg commit"), -EADDRINUSE);
	zassert_not_null(strstr(said(), "listen-port: a UDP port that nothing else uses"), "%s",
			 said());
	ok("wg set listen-port 51820");
	ok("wg commit");
}

ZTEST(refusals, test_an_unprovisioned_board_says_what_is_missing)
{
	zassert_true(run("wg up") < 0);
	zassert_not_null(strstr(said(), "wg genkey"));
	zassert_true(run("wg pubkey") < 0);
	zassert_not_null(strstr(said(), "wg genkey"));
	ok("wg genkey");
	zassert_true(run("wg commit") < 0);
	zassert_not_null(strstr(said(), "listen-port"));
}
