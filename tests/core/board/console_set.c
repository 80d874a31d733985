/* SPDX-License-Identifier: MIT */
/* "wg set" and what becomes of it: every word, every mistake with its exact text, nothing half
 * done. */
#include "rig.h"

#define PEER1 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PEER2 "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY1  "gBAgMEBQYHCAkKCwwNDg8AABAgMEBQYHCAkKCwwNDk8="
#define PSK1  "8PHy8/T19vf4+fr7/P3+/wABAgMEBQYHCAkKCwwNDg8="
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct rig *keyed_rig(void)
{
	struct rig *rig = rig_new();
	uint8_t key[32];

	REQUIRE(zwg_key_parse(KEY1, 44, key));
	rig_secret(rig, key);
	REQUIRE(zwg_key_parse(PSK1, 44, key));
	rig_secret(rig, key);
	return rig;
}

static void interface_settings(void)
{
	struct rig *rig = keyed_rig();
	const struct zwg_conf *staged = &rig->console.staged;
	uint8_t key[32];

	rig_ok(rig,
	       "wg set private-key " KEY1
	       " listen-port 51821 address 10.1.1.50/24,fd00::2 mtu 1300 "
	       "underlay eth0",
	       "");
	CHECK(rig->console.pending);
	zwg_key_parse(KEY1, 44, key);
	CHECK_MEM(staged->private_key, key, 32);
	CHECK(staged->has_private_key);
	CHECK_INT(staged->listen_port, 51821);
	CHECK_INT(staged->mtu, 1300);
	CHECK_INT(staged->address_count, 2);
	CHECK_INT(staged->addresses[0].bits, 24);
	CHECK_INT(staged->addresses[0].addr.bytes[3], 50);
	CHECK_INT(staged->addresses[1].bits, 128);
	CHECK(strcmp(staged->underlay, "eth0") == 0);
	CHECK(!rig->running.has_private_key);
	CHECK_INT(rig->saves, 0);

	rig_ok(rig, "wg  set\tunderlay auto  address none ", "");
	CHECK_INT(staged->underlay[0], 0);
	CHECK_INT(staged->address_count, 0);
	CHECK_INT(staged->listen_port, 51821);
	rig_free(rig);
}

static void peer_settings(void)
{
	struct rig *rig = keyed_rig();
	const struct zwg_conf *staged = &rig->console.staged;
	const struct zwg_conf_peer *peer = &staged->peers[0];
	uint8_t psk[32];

	rig_ok(rig,
	       "wg set peer " PEER1 " preshared-key " PSK1 " endpoint vpn.example:51820 "
	       "persistent-keepalive 25 allowed-ips 10.0.0.1/24,fd00::/64",
	       "");
	CHECK_INT(staged->peer_count, 1);
	zwg_key_parse(PSK1, 44, psk);
	CHECK_MEM(peer->preshared_key, psk, 32);
	CHECK(strcmp(peer->endpoint.host, "vpn.example") == 0);
	CHECK_INT(peer->endpoint.port, 51820);
	CHECK_INT(peer->keepalive, 25);
	CHECK_INT(peer->allowed_ips_count, 2);
	CHECK_INT(peer->allowed_ips[0].addr.bytes[3], 0);

	rig_ok(rig, "wg set peer " PEER1 " allowed-ips +10.2.0.0/16,-fd00::/64,+10.2.0.0/16", "");
	CHECK_INT(peer->allowed_ips_count, 2);
	CHECK_INT(peer->allowed_ips[1].addr.bytes[1], 2);
	rig_ok(rig, "wg set peer " PEER1 " allowed-ips 10.3.0.0/16,+10.4.0.0/16", "");
	CHECK_INT(peer->allowed_ips_count, 2);
	CHECK_INT(peer->allowed_ips[0].addr.bytes[1], 3);
	rig_ok(rig,
	       "wg set peer " PEER1 " preshared-key none endpoint none persistent-keepalive off "
	       "allowed-ips none",
	       "");
	CHECK_ZERO(peer->preshared_key, 32);
	CHECK_ZERO(&peer->endpoint, sizeof(peer->endpoint));
	CHECK_INT(peer->keepalive, 0);
	CHECK_INT(peer->allowed_ips_count, 0);
	CHECK_ZERO(peer->allowed_ips, sizeof(peer->allowed_ips));

	rig_ok(rig,
	       "wg set peer " PEER2 " peer " PEER1 " persistent-keepalive 7 peer " PEER2
	       " endpoint [2001:db8::1]:1",
	       "");
	CHECK_INT(staged->peer_count, 2);
	CHECK_INT(peer->keepalive, 7);
	CHECK_INT(staged->peers[1].endpoint.port, 1);
	rig_ok(rig, "wg set peer " PEER1 " remove peer " PEER2 " persistent-keepalive 9", "");
	CHECK_INT(staged->peer_count, 1);
	CHECK_INT(peer->keepalive, 9);
	CHECK_ZERO(&staged->peers[1], sizeof(staged->peers[1]));
	rig_free(rig);
}

struct mistake {
	const char *line;
	int err;
	const char *text;
};

static void expect_mistakes(struct rig *rig, const struct mistake *mistakes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rig_error(rig, mistakes[i].line, mistakes[i].err, mistakes[i].text);
	}
}

#define KEY_EXPECTED	  "must be a key of 44 characters of base64"
#define PORT_EXPECTED	  "must be 1 to 65535"
#define MTU_EXPECTED	  "must be 1280 to 1420"
#define HOST_EXPECTED	  "must be HOST:PORT, [ADDRESS]:PORT or none"
#define ADDR_EXPECTED	  "must be an IPv4 or IPv6 address or prefix"
#define UNDERLAY_EXPECTED "must be auto or an interface of at most 15 characters"

static const struct mistake interface_list[] = {
	{"wg set", -EINVAL,
	 "set: must be followed by private-key, listen-port, address, mtu, underlay or peer"},
	{"wg set foo", -EINVAL,
	 "set: 'foo': must be private-key, listen-port, address, mtu, underlay or peer"},
	{"wg set listen-port", -EINVAL, "listen-port: " PORT_EXPECTED},
	{"wg set listen-port 0", -EINVAL, "listen-port: '0': " PORT_EXPECTED},
	{"wg set listen-port 65536", -EINVAL, "listen-port: '65536': " PORT_EXPECTED},
	{"wg set listen-port -1", -EINVAL, "listen-port: '-1': " PORT_EXPECTED},
	{"wg set listen-port 5x", -EINVAL, "listen-port: '5x': " PORT_EXPECTED},
	{"wg set mtu 1279", -EINVAL, "mtu: '1279': " MTU_EXPECTED},
	{"wg set mtu 1421", -EINVAL, "mtu: '1421': " MTU_EXPECTED},
	{"wg set mtu", -EINVAL, "mtu: " MTU_EXPECTED},
	{"wg set listen-port 1 mtu 1", -EINVAL, "mtu: '1': " MTU_EXPECTED},
	{"wg set private-key", -EINVAL, "private-key: " KEY_EXPECTED},
	{"wg set private-key abc", -EINVAL, "private-key: " KEY_EXPECTED},
	{"wg set private-key " ZEROS, -EINVAL, "private-key: " KEY_EXPECTED},
	{"wg set private-key " KEY1 "x", -EINVAL, "private-key: " KEY_EXPECTED},
	{"wg set private-kye " KEY1, -EINVAL,
	 "set: 'private-kye': must be private-key, listen-port, address, mtu, underlay or peer"},
	{"wg set " KEY1, -EINVAL,
	 "set: '(hidden)': must be private-key, listen-port, address, mtu, underlay or peer"},
	{"wg set listen-port " KEY1, -EINVAL, "listen-port: '(hidden)': " PORT_EXPECTED},
	{"wg set address", -EINVAL, "address: must be a list of addresses or none"},
	{"wg set address 10.0.0.1/33", -EINVAL,
	 "address: '10.0.0.1/33': prefix length must be 0 to 32"},
	{"wg set address fd00::1/129", -EINVAL,
	 "address: 'fd00::1/129': prefix length must be 0 to 128"},
	{"wg set address 10.0.0.1/24,", -EINVAL, "address: '': " ADDR_EXPECTED},
	{"wg set address 10.0.0.1/24,,fd00::1", -EINVAL, "address: '': " ADDR_EXPECTED},
	{"wg set address 10.0.0.1/24,10.0.0.1/24", -EEXIST,
	 "address: '10.0.0.1/24': is there twice"},
	{"wg set address 10.0.0.1/24,10.0.0.1/16", -EEXIST,
	 "address: '10.0.0.1/16': is there twice"},
	{"wg set address 224.0.0.1/24", -EINVAL,
	 "address: '224.0.0.1/24': must be a unicast address"},
	{"wg set address 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5", -ENOSPC,
	 "address: '10.0.0.5': must be among the first 4 addresses"},
	{"wg set underlay", -EINVAL, "underlay: " UNDERLAY_EXPECTED},
	{"wg set underlay eth/0", -EINVAL, "underlay: 'eth/0': " UNDERLAY_EXPECTED},
	{"wg set underlay abcdefghijklmnop", -EINVAL,
	 "underlay: 'abcdefghijklmnop': " UNDERLAY_EXPECTED},
};

static const struct mistake peer_list[] = {
	{"wg set peer", -EINVAL, "peer: must be a public key of 44 characters of base64"},
	{"wg set peer abc", -EINVAL,
	 "peer: 'abc': must be a public key of 44 characters of base64"},
	{"wg set peer " ZEROS, -EINVAL,
	 "peer: '(hidden)': must be a public key of 44 characters of base64"},
	{"wg set peer " PEER1 " foo", -EINVAL,
	 "peer: 'foo': must be remove (first), preshared-key, endpoint, persistent-keepalive, "
	 "allowed-ips or peer"},
	{"wg set peer " PEER1 " listen-port 1", -EINVAL,
	 "peer: 'listen-port': must be remove (first), preshared-key, endpoint, "
	 "persistent-keepalive, allowed-ips or peer"},
	{"wg set peer " PEER1 " remove", -ENOENT, "remove: the peer must be there"},
	{"wg set peer " PEER2 " remove endpoint none", -EINVAL,
	 "remove: 'endpoint': nothing but another peer may follow"},
	{"wg set peer " PEER1 " preshared-key", -EINVAL,
	 "preshared-key: " KEY_EXPECTED ", or none"},
	{"wg set peer " PEER1 " preshared-key x" PSK1, -EINVAL,
	 "preshared-key: " KEY_EXPECTED ", or none"},
	{"wg set peer " PEER1 " endpoint", -EINVAL, "endpoint: " HOST_EXPECTED},
	{"wg set peer " PEER1 " endpoint 1.2.3.4", -EINVAL, "endpoint: '1.2.3.4': " HOST_EXPECTED},
	{"wg set peer " PEER1 " endpoint 1.2.3.4:0", -EINVAL,
	 "endpoint: '1.2.3.4:0': port " PORT_EXPECTED},
	{"wg set peer " PEER1 " persistent-keepalive 65536", -EINVAL,
	 "persistent-keepalive: '65536': must be 0 to 65535 seconds, or off"},
	{"wg set peer " PEER1 " persistent-keepalive", -EINVAL,
	 "persistent-keepalive: must be 0 to 65535 seconds, or off"},
	{"wg set peer " PEER1 " allowed-ips", -EINVAL,
	 "allowed-ips: must be a list of prefixes, or none"},
	{"wg set peer " PEER1 " allowed-ips 10.0.0.0/33", -EINVAL,
	 "allowed-ips: '10.0.0.0/33': prefix length must be 0 to 32"},
	{"wg set peer " PEER1 " allowed-ips 10.0.0.0/8,x", -EINVAL,
	 "allowed-ips: 'x': " ADDR_EXPECTED},
	{"wg set peer " PEER1 " allowed-ips +", -EINVAL, "allowed-ips: '': " ADDR_EXPECTED},
	{"wg set peer " PEER1 " allowed-ips -10.0.0.0/8", -ENOENT,
	 "allowed-ips: '-10.0.0.0/8': must be one of the peer's to be taken away"},
	{"wg set peer " PEER1
	 " allowed-ips 1.0.0.0,2.0.0.0,3.0.0.0,4.0.0.0,5.0.0.0,6.0.0.0,7.0.0.0,8.0.0.0,9.0.0.0",
	 -ENOSPC, "allowed-ips: '9.0.0.0': the board has no room for another of this peer"},
	{"wg set peer " PEER1 " allowed-ips \x1b[2Jx\x80", -EINVAL,
	 "allowed-ips: '?[2Jx?': " ADDR_EXPECTED},
	{"wg set peer " PEER1 " endpoint "
	 "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f.g.h:1",
	 -EINVAL,
	 "endpoint: 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f....': "
	 "host must have at most 64 characters"},
};

static void mistakes_with_nothing_staged(void)
{
	struct rig *rig = keyed_rig();

	rig_ok(rig, "wg set peer " PEER2, "");
	rig_ok(rig, "wg commit", "committed\n");
	expect_mistakes(rig, interface_list, TEST_COUNT(interface_list));
	expect_mistakes(rig, peer_list, TEST_COUNT(peer_list));
	CHECK(!rig->console.pending);
	rig_free(rig);
}

static void mistakes_with_something_staged(void)
{
	struct rig *rig = keyed_rig();

	rig_ok(rig, "wg set mtu 1333 address 10.9.9.9 peer " PEER2 " preshared-key " PSK1, "");
	expect_mistakes(rig, interface_list, TEST_COUNT(interface_list));
	expect_mistakes(rig, peer_list, TEST_COUNT(peer_list));
	CHECK(rig->console.pending);
	CHECK_INT(rig->console.staged.mtu, 1333);
	rig_free(rig);
}

static void too_many_peers(void)
{
	struct rig *rig = keyed_rig();
	char line[128];

	for (int i = 1; i <= ZWG_MAX_PEERS + 1; i++) {
		uint8_t key[32] = {(uint8_t)i};
		char text[ZWG_KEY_TEXT_SIZE];

		zwg_key_format(key, text);
		snprintf(line, sizeof(line), "wg set peer %s", text);
		if (i <= ZWG_MAX_PEERS) {
			rig_ok(rig, line, "");
		}
	}
	rig_error(rig, line, -ENOSPC, "peer: the board has no room for another peer");
	rig_free(rig);
}

static void no_resolver(void)
{
	struct rig *rig = keyed_rig();

	rig->console.has_resolver = false;
	rig_error(rig, "wg set peer " PEER1 " endpoint vpn.example:1", -ENOTSUP,
		  "endpoint: 'vpn.example:1': must be an address, this board cannot look up names");
	rig_ok(rig, "wg set peer " PEER1 " endpoint [fe80::1%3]:1", "");
	rig_free(rig);
}

static void commit_applies(void)
{
	struct rig *rig = keyed_rig();
	struct zwg_addr addr = {.family = ZWG_AF_INET, .bytes = {10, 0, 0, 9}};

	rig_ok(rig, "wg commit", "nothing to commit\n");
	CHECK_INT(rig->saves, 0);
	rig_ok(rig,
	       "wg set private-key " KEY1 " listen-port 51820 peer " PEER1
	       " allowed-ips 10.0.0.0/24",
	       "");
	rig_ok(rig, "wg commit", "committed\n");
	CHECK_INT(rig->saves, 1);
	CHECK_INT(rig->applies, 1);
	CHECK(!rig->console.pending);
	CHECK_ZERO(&rig->console.staged, sizeof(rig->console.staged));
	CHECK_MEM(&rig->saved, &rig->running, sizeof(rig->saved));
	CHECK_INT(rig->running.listen_port, 51820);
	CHECK(zwg_route(&rig->node->dev, &addr) != NULL);
	rig_ok(rig, "wg commit", "nothing to commit\n");
	CHECK_INT(rig->saves, 1);
	rig_free(rig);
}

static void commit_refused(void)
{
	struct rig *rig = keyed_rig();

	rig_ok(rig, "wg set private-key " KEY1, "");
	rig_error(rig, "wg commit", -EINVAL, "listen-port: must be set, from 1 to 65535");
	rig_ok(rig,
	       "wg set listen-port 1 peer " PEER1 " allowed-ips 10.0.0.0/8 peer " PEER2
	       " allowed-ips 10.0.0.0/8",
	       "");
	rig_error(rig, "wg commit", -EEXIST,
		  "allowed-ips: '10.0.0.0/8': must belong to one peer, not to two");
	rig_ok(rig, "wg set peer " PEER2 " remove", "");
	rig->save_error = -EROFS;
	rig_error(rig, "wg commit", -EROFS,
		  "save: storage must accept the configuration, nothing has changed");
	CHECK_INT(rig->saves, 0);
	rig->save_error = 0;
	rig->apply_error = -EADDRINUSE;
	rig->apply_why = "listen-port: must not be in use";
	rig_error(rig, "wg commit", -EADDRINUSE, "apply: listen-port: must not be in use");
	CHECK_INT(rig->saves, 2);
	rig->apply_why = NULL;
	rig_error(rig, "wg commit", -EADDRINUSE,
		  "apply: the board must accept the configuration, nothing has changed");
	rig->apply_error = 0;
	rig_ok(rig, "wg commit", "committed\n");
	rig_free(rig);
}

static void commit_own_key_as_peer(void)
{
	struct rig *rig = keyed_rig();
	uint8_t key[32];
	char text[ZWG_KEY_TEXT_SIZE], line[200];

	zwg_key_parse(KEY1, 44, key);
	REQUIRE(zwg_x25519_base(key, key) == 0);
	zwg_key_format(key, text);
	snprintf(line, sizeof(line), "wg set private-key " KEY1 " listen-port 1 peer %s", text);
	rig_ok(rig, line, "");
	snprintf(line, sizeof(line), "peer: '%s': must not be this board's own public key", text);
	rig_error(rig, "wg commit", -EINVAL, line);
	rig_free(rig);
}

/* Storage that takes the new settings, but not the old ones back when these cannot be applied. */
static void storage_keeps_what_was_refused(void)
{
	struct rig *rig = keyed_rig();

	rig_ok(rig, "wg set mtu 1300", "");
	rig->apply_error = -EIO;
	rig->save_error = -EROFS;
	rig->save_error_after = 1;
	test_case("saved, not applied");
	CHECK_INT(rig_line(rig, "wg commit"), -EIO);
	rig_printed(rig, "error: apply: not in force, but saved: storage refused the earlier "
			 "settings\n");
	CHECK_INT(rig->running.mtu, 1420);
	CHECK(rig->console.pending);
	rig_free(rig);
}

static void revert_and_reset(void)
{
	struct rig *rig = keyed_rig();
	struct zwg_conf empty;

	rig_ok(rig, "wg revert", "");
	rig_ok(rig, "wg set private-key " KEY1 " listen-port 9", "");
	rig_ok(rig, "wg revert", "");
	CHECK(!rig->console.pending);
	CHECK_ZERO(&rig->console.staged, sizeof(rig->console.staged));
	rig_ok(rig, "wg commit", "nothing to commit\n");

	rig_ok(rig, "wg set private-key " KEY1 " listen-port 9 peer " PEER1, "");
	rig_ok(rig, "wg commit", "committed\n");
	rig_error(rig, "wg reset", -EINVAL, "reset: the word confirm must follow");
	rig_error(rig, "wg reset now", -EINVAL, "unexpected word: 'now': see wg help");
	rig_ok(rig, "wg reset confirm", "");
	CHECK(rig->running.has_private_key);
	rig_ok(rig, "wg commit", "committed\n");
	zwg_conf_init(&empty);
	CHECK_MEM(&rig->running, &empty, sizeof(empty));
	CHECK_MEM(&rig->saved, &empty, sizeof(empty));
	CHECK(zwg_peer_next(&rig->node->dev, NULL) == NULL);
	rig_free(rig);
}

/* Random words of the language, in any order: never a half change, never a secret. */
static void random_commands(void)
{
	static const char *const words[] = {
		"private-key " KEY1,
		"listen-port 1",
		"listen-port " KEY1,
		"listen-port 70000",
		"address 10.0.0.1/8,fd00::1",
		"address none",
		"mtu 1400",
		"mtu",
		"underlay eth0",
		"foo " PSK1,
		"peer " PEER1,
		"peer " PEER2,
		"peer " PEER2 " remove",
		"preshared-key " PSK1,
		"preshared-key none",
		"preshared-key none" PSK1,
		"endpoint 1.2.3.4:5",
		"endpoint " PSK1,
		"endpoint none",
		"persistent-keepalive 25",
		"allowed-ips 10.0.0.0/8",
		"allowed-ips +10.1.0.0/16",
		"allowed-ips -10.1.0.0/16",
		"@7",
		"@x",
		"\t",
		"'",
	};
	static const char *const commands[] = {
		"set",
		"set",
		"set",
		"set",
		"set",
		"set peer " PEER1,
		"set peer " PEER1,
		"commit",
		"commit",
		"revert",
		"reset confirm",
		"show",
		"show staged",
		"show --machine",
		"showconf",
		"showconf staged",
		"genkey replace",
		"genkey",
		"pubkey staged",
		"up",
		"down",
		"stats",
		"handshake " PEER1,
		"version",
		"help",
	};
	struct rig *rig = keyed_rig();
	unsigned int good = 0, bad = 0;

	for (int i = 0; i < 8000; i++) {
		char line[600] = "wg ";
		size_t count = test_random_below(4);
		struct zwg_conf staged = rig->console.staged;
		int err;

		strcat(line, commands[test_random_below(TEST_COUNT(commands))]);
		for (size_t n = 0; n < count; n++) {
			strcat(line, " ");
			strcat(line, words[test_random_below(TEST_COUNT(words))]);
		}
		test_case("%s", line);
		err = rig_line(rig, line);
		*(err == 0 ? &good : &bad) += 1;
		if (err != 0) {
			CHECK_MEM(&rig->console.staged, &staged, sizeof(staged));
			CHECK(strncmp(rig->out, "error: ", 7) == 0);
		}
	}
	test_case("%u good, %u bad, %u saves", good, bad, rig->saves);
	CHECK(good > 1000 && bad > 1000 && rig->saves > 50);
	rig_free(rig);
}

static const struct test tests[] = {
	{"settings of the interface", interface_settings},
	{"settings of peers", peer_settings},
	{"mistakes with nothing staged", mistakes_with_nothing_staged},
	{"mistakes with something staged", mistakes_with_something_staged},
	{"too many peers", too_many_peers},
	{"a board without a resolver", no_resolver},
	{"commit saves and applies", commit_applies},
	{"commit refused", commit_refused},
	{"commit with our own key as a peer", commit_own_key_as_peer},
	{"storage keeps what was refused", storage_keeps_what_was_refused},
	{"revert and reset", revert_and_reset},
	{"random commands", random_commands},
};

TEST_MAIN(tests)
