/* SPDX-License-Identifier: MIT */
/* The console's other commands, its framing, and its answers as people see them. */
#include "board/serial.h"
#include "rig.h"

#define PEER1 "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY1  "gBAgMEBQYHCAkKCwwNDg8AABAgMEBQYHCAkKCwwNDk8="
#define PSK1  "8PHy8/T19vf4+fr7/P3+/wABAgMEBQYHCAkKCwwNDg8="

/* The public key of KEY1. */
static const char *public_text(void)
{
	static char text[ZWG_KEY_TEXT_SIZE];
	uint8_t key[32];

	REQUIRE(zwg_key_parse(KEY1, 44, key) && zwg_x25519_base(key, key) == 0);
	zwg_key_format(key, text);
	return text;
}

/* With a key, a peer and everything set. */
static struct rig *full_rig(void)
{
	struct rig *rig = rig_new();
	uint8_t key[32];

	REQUIRE(zwg_key_parse(KEY1, 44, key));
	rig_secret(rig, key);
	REQUIRE(zwg_key_parse(PSK1, 44, key));
	rig_secret(rig, key);
	rig_ok(rig, "wg set private-key " KEY1 " listen-port 51820 address 10.1.1.50/24,fd00::2/64",
	       "");
	rig_ok(rig,
	       "wg set peer " PEER1 " preshared-key " PSK1 " endpoint [2001:db8::1]:51820 "
	       "persistent-keepalive 25 allowed-ips 10.1.1.0/24,fd00::/64",
	       "");
	rig_ok(rig, "wg commit", "committed\n");
	return rig;
}

static void genkey(void)
{
	struct rig *rig = rig_new();
	char want[80];
	uint8_t key[32];

	rig_ok(rig, "wg revert", "");
	test_case("genkey");
	CHECK_INT(rig_line(rig, "wg genkey"), 0);
	rig_secret(rig, rig->console.staged.private_key);
	CHECK(!rig_shows(rig, rig->console.staged.private_key));
	CHECK(rig->console.staged.has_private_key);
	CHECK_INT(rig->console.staged.private_key[0] & 7, 0);
	CHECK_INT(rig->console.staged.private_key[31] & 0xc0, 0x40);
	REQUIRE(zwg_x25519_base(key, rig->console.staged.private_key) == 0);
	snprintf(want, sizeof(want), "public key: ");
	zwg_key_format(key, want + 12);
	strcat(want, "\n");
	rig_printed(rig, want);
	rig_ok(rig, "wg pubkey staged", want + 12);
	rig_error(rig, "wg pubkey", -ENOENT,
		  "pubkey: there is no private key, wg genkey makes one");
	rig_error(rig, "wg genkey", -EEXIST,
		  "genkey: there is a private key already, wg genkey replace makes another");
	rig_error(rig, "wg genkey again", -EINVAL, "unexpected word: 'again': see wg help");
	rig_ok(rig, "wg set listen-port 1", "");
	rig_ok(rig, "wg commit", "committed\n");
	rig_ok(rig, "wg pubkey", want + 12);
	rig_error(rig, "wg genkey", -EEXIST,
		  "genkey: there is a private key already, wg genkey replace makes another");
	CHECK_INT(rig_line(rig, "wg genkey replace"), 0);
	CHECK(strcmp(rig->out, want) != 0);
	CHECK_MEM(rig->running.private_key, rig->secrets[0], 32);
	rig_free(rig);
}

static void genkey_without_randomness(void)
{
	struct rig *rig = rig_new();

	rig->random_error = -EAGAIN;
	rig_error(rig, "wg genkey", -EAGAIN, "genkey: the random source must be ready");
	rig->random_error = 0;
	rig->random_zero = true;
	rig_error(rig, "wg genkey", -EIO, "genkey: the random source must be ready");
	rig_error(rig, "wg pubkey staged", -ENOENT,
		  "pubkey: there is no private key, wg genkey makes one");
	rig_free(rig);
}

static void up_and_down(void)
{
	struct rig *rig = rig_new();

	rig_error(rig, "wg up", -ENOENT, "up: there is no private key, wg genkey makes one");
	rig_free(rig);

	rig = full_rig();
	CHECK_INT(rig->saves, 1);
	CHECK_INT(rig->applies, 1);
	rig_ok(rig, "wg up", "");
	CHECK_INT(rig->saves, 1);
	CHECK_INT(rig->applies, 2);
	rig->apply_error = -EIO;
	rig->apply_why = "address: one that fits";
	rig_error(rig, "wg up", -EIO, "apply: address: one that fits");
	rig->apply_error = 0;
	CHECK_INT(rig->saves, 1);
	rig_ok(rig, "wg set mtu 1300", "");
	rig_ok(rig, "wg down", "");
	CHECK_INT(rig->saves, 2);
	CHECK(!rig->saved.enabled && !rig->running.enabled && !rig->console.staged.enabled);
	CHECK_INT(rig->saved.mtu, 1420);
	CHECK(rig->console.pending);
	rig_error(rig, "wg handshake " PEER1, -ENETDOWN,
		  "handshake: the tunnel must be up and have a private key");
	rig->save_error = -EROFS;
	rig_error(rig, "wg up", -EROFS,
		  "save: storage must accept the configuration, nothing has changed");
	rig->save_error = 0;
	rig_ok(rig, "wg up", "");
	CHECK(rig->saved.enabled && rig->running.enabled && rig->console.staged.enabled);
	rig_ok(rig, "wg commit", "committed\n");
	CHECK(rig->running.enabled);
	CHECK_INT(rig->running.mtu, 1300);
	rig_error(rig, "wg up now", -EINVAL, "unexpected word: 'now': see wg help");
	rig_error(rig, "wg down now", -EINVAL, "unexpected word: 'now': see wg help");
	rig_free(rig);
}

static void handshake(void)
{
	struct rig *rig = full_rig();
	unsigned int sent;

	zwg_run_jobs(&rig->node->dev, rig->now);
	sent = rig->node->sent;
	rig->now += 60000;
	rig_ok(rig, "wg handshake " PEER1, "");
	zwg_run_jobs(&rig->node->dev, rig->now);
	CHECK_INT(rig->node->sent, sent + 1);
	rig_error(rig, "wg handshake " KEY1, -ENOENT,
		  "handshake: must be the public key of a peer in force");
	rig_error(rig, "wg handshake", -EINVAL,
		  "handshake: must be followed by a peer's public key, 44 characters of base64");
	rig_error(rig, "wg handshake x", -EINVAL,
		  "handshake: must be followed by a peer's public key, 44 characters of base64");
	rig_error(rig, "wg handshake " PEER1 " x", -EINVAL,
		  "handshake: must be followed by a peer's public key, 44 characters of base64");
	rig_ok(rig, "wg set peer " PEER1 " endpoint none", "");
	rig_ok(rig, "wg commit", "committed\n");
	rig_error(rig, "wg handshake " PEER1, -EDESTADDRREQ,
		  "handshake: the peer must have an endpoint");
	rig_free(rig);
}

static void show(void)
{
	struct rig *rig = rig_new();
	char want[1200];

	rig_ok(rig, "wg show",
	       "interface: zwg0\n  address: (none)\n  mtu: 1420\n  underlay: auto\n  status: up\n"
	       "  underlay address: 192.168.1.50\n  entropy: os\n");
	rig_free(rig);

	rig = full_rig();
	rig->underlay_count = 2;
	rig->waits = "for Godot";
	rig->console.interface = "zwg3";
	rig->console.chip = (const uint8_t[]){0x00, 0x9f, 0xa0};
	rig->console.chip_len = 3;
	rig->console.entropy = "test";
	rig_ok(rig, "wg set underlay eth0 peer " PEER1 " allowed-ips none", "");
	snprintf(want, sizeof(want),
		 "interface: zwg3\n  public key: %s\n  private key: (hidden)\n"
		 "  listening port: 51820\n  address: 10.1.1.50/24, fd00::2/64\n  mtu: 1420\n"
		 "  underlay: auto\n  status: up, waits for Godot\n"
		 "  underlay address: 192.168.1.50\n"
		 "  underlay address: fe80::1\n  chip: 009fa0\n  entropy: test (keys are "
		 "worthless)\n"
		 "  staged: changes not in force (wg commit, wg revert)\n\n"
		 "peer: " PEER1 "\n  preshared key: (hidden)\n  endpoint: [2001:db8::1]:51820\n"
		 "  allowed ips: 10.1.1.0/24, fd00::/64\n"
		 "  persistent keepalive: every 25 seconds\n",
		 public_text());
	rig_ok(rig, "wg show", want);
	snprintf(want, sizeof(want),
		 "interface: zwg3\n  public key: %s\n  private key: (hidden)\n"
		 "  listening port: 51820\n  address: 10.1.1.50/24, fd00::2/64\n  mtu: 1420\n"
		 "  underlay: eth0\n  status: up\n\n"
		 "peer: " PEER1 "\n  preshared key: (hidden)\n  endpoint: [2001:db8::1]:51820\n"
		 "  allowed ips: (none)\n  persistent keepalive: every 25 seconds\n",
		 public_text());
	rig_ok(rig, "wg show staged", want);
	rig_ok(rig, "wg set peer " PEER1 " endpoint vpn.example:1", "");
	rig_ok(rig, "wg commit", "committed\n");
	CHECK_INT(rig_line(rig, "wg show"), 0);
	CHECK(strstr(rig->out, "  endpoint: [2001:db8::1]:51820\n") != NULL);
	rig_ok(rig, "wg set peer " PEER1 " endpoint none", "");
	rig_ok(rig, "wg commit", "committed\n");
	rig_ok(rig, "wg set peer " PEER1 " endpoint vpn.example:1 persistent-keepalive 1", "");
	rig_ok(rig, "wg commit", "committed\n");
	CHECK_INT(rig_line(rig, "wg show"), 0);
	CHECK(strstr(rig->out, "  endpoint: vpn.example:1 (address not known)\n") != NULL);
	CHECK(strstr(rig->out, "  persistent keepalive: every 1 second\n") != NULL);
	rig_error(rig, "wg show all", -EINVAL, "unexpected word: 'all': see wg help");
	rig_error(rig, "wg show --machine staged", -EINVAL,
		  "unexpected word: 'staged': see wg help");
	rig_free(rig);
}

/* A real handshake, then its age and the bytes it took. */
static void show_traffic(void)
{
	static const struct {
		uint64_t later;
		const char *text;
	} ages[] = {
		{999, "Now"},
		{1000, "1 second ago"},
		{61000, "1 minute, 1 second ago"},
		{UINT64_C(90123000), "1 day, 1 hour, 2 minutes, 3 seconds ago"},
		{UINT64_C(172800000), "2 days ago"},
	};
	struct rig *rig = full_rig();
	struct node *other = node_new(2);
	uint8_t key[32] = {7, [31] = 0x40}, own[32];
	char line[200], want[100];
	struct zwg_peer *peer;
	zwg_time start = rig->now;

	REQUIRE(zwg_set_private_key(&other->dev, start, key) == 0);
	REQUIRE(zwg_key_parse(public_text(), 44, own));
	REQUIRE(zwg_peer_add(&other->dev, own, &peer) == 0);
	zwg_device_up(&other->dev, start);
	REQUIRE(zwg_x25519_base(key, key) == 0);
	snprintf(line, sizeof(line), "wg set peer ");
	zwg_key_format(key, line + 12);
	strcpy(want, line + 12);
	strcat(line, " endpoint 192.0.2.2:51820");
	rig_ok(rig, line, "");
	rig_ok(rig, "wg commit", "committed\n");
	snprintf(line, sizeof(line), "wg handshake %s", want);
	rig_ok(rig, line, "");
	wire_settle(rig->node, other, start);
	for (size_t i = 0; i < TEST_COUNT(ages); i++) {
		rig->now = start + ages[i].later;
		test_case("%s", ages[i].text);
		CHECK_INT(rig_line(rig, "wg show"), 0);
		snprintf(want, sizeof(want), "  latest handshake: %s\n", ages[i].text);
		CHECK(strstr(rig->out, want) != NULL);
		/* Response in; initiation and the keepalive that confirms out. */
		CHECK(strstr(rig->out, "  transfer: 92 B received, 148 B sent\n") != NULL ||
		      strstr(rig->out, "  transfer: 92 B received, 180 B sent\n") != NULL);
	}
	rig_ok(rig, "wg version", "zwg 0.1.0, board sim\n");
	CHECK_INT(rig_line(rig, "wg stats"), 0);
	CHECK(strstr(rig->out, "responses_received 1\n") != NULL);
	CHECK(strstr(rig->out, "drop_mac1 0\n") != NULL);
	rig_free(rig);
	free(other);
}

static void byte_units(void)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{1, "1 B"},
		{1023, "1023 B"},
		{1024, "1.00 KiB"},
		{1100, "1.07 KiB"},
		{1048575, "1023.99 KiB"},
		{1048576, "1.00 MiB"},
		{UINT64_C(5) << 30, "5.00 GiB"},
		{UINT64_C(3) << 39, "1.50 TiB"},
		{UINT64_MAX, "16777215.99 TiB"},
	};
	struct rig *rig = full_rig();
	uint8_t key[32];
	struct zwg_peer *peer;
	char want[100];

	REQUIRE(zwg_key_parse(PEER1, 44, key));
	peer = zwg_peer_find(&rig->node->dev, key);
	REQUIRE(peer != NULL);
	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		peer->rx_bytes = cases[i].bytes;
		peer->tx_bytes = 0;
		CHECK_INT(rig_line(rig, "wg show"), 0);
		snprintf(want, sizeof(want), "  transfer: %s received, 0 B sent\n", cases[i].text);
		test_case("%s", want);
		CHECK(strstr(rig->out, want) != NULL);
	}
	rig_free(rig);
}

static void showconf(void)
{
	struct rig *rig = rig_new();

	rig_ok(rig, "wg showconf", "[Interface]\nMTU = 1420\n");
	rig_free(rig);
	rig = full_rig();
	rig_ok(rig, "wg showconf",
	       "[Interface]\nPrivateKey = (hidden)\nListenPort = 51820\n"
	       "Address = 10.1.1.50/24, fd00::2/64\nMTU = 1420\n\n"
	       "[Peer]\nPublicKey = " PEER1 "\nPresharedKey = (hidden)\n"
	       "AllowedIPs = 10.1.1.0/24, fd00::/64\nEndpoint = [2001:db8::1]:51820\n"
	       "PersistentKeepalive = 25\n");
	rig_ok(rig, "wg set peer " PEER1 " remove", "");
	rig_ok(rig, "wg showconf staged",
	       "[Interface]\nPrivateKey = (hidden)\nListenPort = 51820\n"
	       "Address = 10.1.1.50/24, fd00::2/64\nMTU = 1420\n");
	rig_error(rig, "wg showconf x", -EINVAL, "unexpected word: 'x': see wg help");
	rig_free(rig);
}

/* Every counter by a name of its own. */
static void stats(void)
{
	struct rig *rig = full_rig();
	size_t lines = 0;

	memset(&rig->node->dev.counters, 0xff, sizeof(rig->node->dev.counters));
	CHECK_INT(rig_line(rig, "wg stats"), 0);
	for (char *line = strtok(rig->out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		CHECK(strstr(line, " 18446744073709551615") != NULL);
		lines++;
	}
	CHECK_INT(lines, sizeof(struct zwg_counters) / sizeof(uint64_t));
	rig_error(rig, "wg stats x", -EINVAL, "unexpected word: 'x': see wg help");
	rig_free(rig);
}

static void help(void)
{
	static const char *const names[] = {
		"genkey",   "pubkey", "set", "commit", "revert",    "reset",   "show",
		"showconf", "stats",  "up",  "down",   "handshake", "version", "help",
	};
	struct rig *rig = rig_new();
	size_t lines = 0;

	CHECK_INT(rig_line(rig, "wg help"), 0);
	for (char *line = strtok(rig->out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char want[32];

		REQUIRE(lines < TEST_COUNT(names));
		snprintf(want, sizeof(want), "wg %s", names[lines++]);
		CHECK(strncmp(line, want, strlen(want)) == 0);
	}
	CHECK_INT(lines, TEST_COUNT(names));
	rig_error(rig, "wg help me", -EINVAL, "unexpected word: 'me': see wg help");
	rig_error(rig, "wg version x", -EINVAL, "unexpected word: 'x': see wg help");
	rig_error(rig, "wg revert x", -EINVAL, "unexpected word: 'x': see wg help");
	rig_error(rig, "wg commit x", -EINVAL, "unexpected word: 'x': see wg help");
	rig_error(rig, "wg pubkey x", -EINVAL, "unexpected word: 'x': see wg help");
	rig_free(rig);
}

static void framing(void)
{
	static const struct {
		const char *line;
		int err;
		const char *out;
	} cases[] = {
		{"wg revert @0", 0, "@zwg OK 0\n"},
		{"wg version @4294967295", 0, "zwg 0.1.0, board sim\n@zwg OK 4294967295\n"},
		{"wg set mtu 1300 @007", 0, "@zwg OK 7\n"},
		{"wg set mtu @8", -EINVAL,
		 "error: mtu: must be 1280 to 1420\n@zwg ERR 8 22 mtu: must be 1280 to 1420\n"},
		{"wg @9", -EINVAL,
		 "error: wg: needs a command, see wg help\n"
		 "@zwg ERR 9 22 wg: needs a command, see wg help\n"},
		{"wg foo @1", -EINVAL,
		 "error: wg: 'foo': must be a command, see wg help\n"
		 "@zwg ERR 1 22 wg: 'foo': must be a command, see wg help\n"},
		{"foo @1", -ENOEXEC,
		 "error: unknown command: 'foo': see wg help\n"
		 "@zwg ERR 1 8 unknown command: 'foo': see wg help\n"},
		{"wg revert @", -EINVAL,
		 "error: sequence number: '@': must be @0 to @4294967295\n"},
		{"wg revert @4294967296", -EINVAL,
		 "error: sequence number: '@4294967296': must be @0 to @4294967295\n"},
		{"wg revert @-1", -EINVAL,
		 "error: sequence number: '@-1': must be @0 to @4294967295\n"},
		{"wg revert @1 @2", -EINVAL,
		 "error: unexpected word: '@1': see wg help\n"
		 "@zwg ERR 2 22 unexpected word: '@1': see wg help\n"},
		{"@1", -ENOEXEC, "error: unknown command: '@1': see wg help\n"},
		{"wg", -EINVAL, "error: wg: needs a command, see wg help\n"},
		{"", 0, ""},
		{"   \t ", 0, ""},
		{"wg 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 @23", -E2BIG,
		 "error: line: must have at most 20 words\n"
		 "@zwg ERR 23 7 line: must have at most 20 words\n"},
		{"wg 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 @20", -EINVAL,
		 "error: wg: '2': must be a command, see wg help\n"
		 "@zwg ERR 20 22 wg: '2': must be a command, see wg help\n"},
	};
	struct rig *rig = rig_new();

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		test_case("%s", cases[i].line);
		CHECK_INT(rig_line(rig, cases[i].line), cases[i].err);
		rig_printed(rig, cases[i].out);
	}
	rig_free(rig);
}

static void long_lines(void)
{
	struct rig *rig = rig_new();
	char line[300];

	memset(line, ' ', sizeof(line));
	memcpy(line, "wg version", 10);
	line[255] = '\0';
	rig_ok(rig, line, "zwg 0.1.0, board sim\n");
	line[255] = ' ';
	line[256] = '\0';
	rig_error(rig, line, -EMSGSIZE, "line: must have at most 255 characters");
	rig_free(rig);
}

/* A zero byte in the line parts words. */
static void zero_bytes(void)
{
	struct rig *rig = rig_new();
	char line[] = "\0wg\0\0version\0";

	CHECK_INT(zwg_console_line(&rig->console, line, sizeof(line) - 1), 0);
	rig_printed(rig, "zwg 0.1.0, board sim\n");
	rig_free(rig);
}

/* Words behind the command are wiped, whatever became of it. */
static void words_are_wiped(void)
{
	struct rig *rig = rig_new();
	char wg[] = "wg", set[] = "set", word[] = "private-key", key[] = KEY1, bad[] = "oops";
	char *const argv[] = {wg, set, word, key, bad};

	CHECK_INT(zwg_console_run(&rig->console, 5, argv), -EINVAL);
	CHECK_ZERO(key, sizeof(key));
	CHECK_ZERO(bad, sizeof(bad));
	CHECK_ZERO(&rig->console.staged, sizeof(rig->console.staged));
	CHECK_INT(zwg_console_run(&rig->console, 0, argv), -ENOEXEC);
	rig_free(rig);
}

static void wiped_console(void)
{
	struct rig *rig = full_rig();

	rig_ok(rig, "wg set private-key " KEY1, "");
	zwg_console_wipe(&rig->console);
	CHECK(!rig->console.pending);
	CHECK_ZERO(&rig->console.staged, sizeof(rig->console.staged));
	rig_free(rig);
}

static char serial_out[8192];
static size_t serial_len;

static void serial_put(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	REQUIRE(serial_len + len < sizeof(serial_out));
	memcpy(serial_out + serial_len, text, len);
	serial_len += len;
	serial_out[serial_len] = '\0';
}

static void serial_type(struct zwg_serial *serial, const char *bytes, const char *want)
{
	serial_len = 0;
	serial_out[0] = '\0';
	zwg_serial_input(serial, (const uint8_t *)bytes, strlen(bytes));
	if (!CHECK(strcmp(serial_out, want) == 0)) {
		printf("#   got %s\n", serial_out);
	}
}

static void serial_line(void)
{
	struct zwg_console_ops ops = rig_ops;
	struct rig *rig = rig_new();
	struct zwg_serial serial = {0};
	char many[400];
	char want[600];

	ops.write = zwg_serial_write;
	rig->console.ops = &ops;
	zwg_serial_start(&serial, &rig->console, serial_put, NULL);
	CHECK(strcmp(serial_out, "zwg:~$ ") == 0);
	serial_type(&serial, "\r\n", "\r\nzwg:~$ ");
	serial_type(&serial, "wg ver", "wg ver");
	serial_type(&serial, "sion @3\r\n",
		    "sion @3\r\nzwg 0.1.0, board sim\r\n@zwg OK 3\r\nzwg:~$ ");
	serial_type(&serial, "wg up\x03", "wg up^C\r\nzwg:~$ ");
	serial_type(&serial, "foo\n",
		    "foo\r\nerror: unknown command: 'foo': see wg help\r\nzwg:~$ ");
	memset(many, 'x', sizeof(many));
	memcpy(many + sizeof(many) - 2, "\r", 2);
	memset(want, 'x', 255);
	strcpy(want + 255, "\r\nerror: line: must have at most 255 characters\r\nzwg:~$ ");
	serial_type(&serial, many, want);
	serial_type(&serial, "wg revert @1\r", "wg revert @1\r\n@zwg OK 1\r\nzwg:~$ ");
	serial_type(&serial, "wg set private-key " KEY1 "\r",
		    "wg set private-key " KEY1 "\r\nzwg:~$ ");
	CHECK_ZERO(serial.edit.line, sizeof(serial.edit.line));
	CHECK(rig->console.pending);
	rig_free(rig);
}

/* Garbage on the line changes nothing. */
static void serial_garbage(void)
{
	struct zwg_console_ops ops = rig_ops;
	struct rig *rig = full_rig();
	struct zwg_serial serial = {0};
	struct zwg_conf running = rig->running;

	ops.write = zwg_serial_write;
	rig->console.ops = &ops;
	zwg_serial_start(&serial, &rig->console, serial_put, NULL);
	for (int i = 0; i < 3000; i++) {
		uint8_t bytes[100];

		test_random_bytes(bytes, sizeof(bytes));
		serial_len = 0;
		zwg_serial_input(&serial, bytes, sizeof(bytes));
	}
	CHECK(!rig->console.pending);
	CHECK_MEM(&rig->running, &running, sizeof(running));
	CHECK_INT(rig->saves, 1);
	serial_type(&serial, "\x1bZ\x03", "^C\r\nzwg:~$ ");
	serial_type(&serial, "wg version\r", "wg version\r\nzwg 0.1.0, board sim\r\nzwg:~$ ");
	rig_free(rig);
}

static const struct test tests[] = {
	{"genkey and pubkey", genkey},
	{"genkey without randomness", genkey_without_randomness},
	{"up and down", up_and_down},
	{"handshake", handshake},
	{"show", show},
	{"show a handshake and traffic", show_traffic},
	{"units of bytes", byte_units},
	{"showconf", showconf},
	{"stats", stats},
	{"help", help},
	{"framing", framing},
	{"long lines", long_lines},
	{"zero bytes", zero_bytes},
	{"words are wiped", words_are_wiped},
	{"a wiped console", wiped_console},
	{"on a serial line", serial_line},
	{"garbage on a serial line", serial_garbage},
};

TEST_MAIN(tests)
