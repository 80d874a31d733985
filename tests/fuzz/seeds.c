/* SPDX-License-Identifier: MIT */
/*
 * Writes the seeds of every target below the directory given: real messages of two devices, records
 * as a board saves them, flash files, and texts that users write. They are where a fuzzer starts;
 * the rest of corpus/ is what it found from there.
 */
#include <errno.h>
#include <sys/stat.h>

#include "board/record.h"
#include "crypto/bytes.h"
#include "messages.h"
#include "world.h"

#define STATES 15 /* Of receive.c. */

static const char *directory;

struct seed {
	size_t len;
	uint8_t bytes[16384];
};

static void add(struct seed *seed, const void *bytes, size_t len)
{
	INVARIANT(len <= sizeof(seed->bytes) - seed->len);
	memcpy(seed->bytes + seed->len, bytes, len);
	seed->len += len;
}

static void add_u8(struct seed *seed, unsigned int byte)
{
	uint8_t b = (uint8_t)byte;

	add(seed, &b, 1);
}

static void add_u16(struct seed *seed, size_t value)
{
	add_u8(seed, (unsigned int)(value & 0xff));
	add_u8(seed, (unsigned int)(value >> 8));
}

static void write_seed(const char *target, const char *name, struct seed *seed)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, target);
	INVARIANT(mkdir(path, 0777) == 0 || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/%s/seed-%s", directory, target, name);
	file = fopen(path, "wb");
	INVARIANT(file != NULL && fwrite(seed->bytes, 1, seed->len, file) == seed->len);
	INVARIANT(fclose(file) == 0);
	seed->len = 0;
}

/* receive */

/* A record of receive.c: kind and flags, how, when. */
static void add_datagram(struct seed *seed, unsigned int kind, unsigned int how, unsigned int when)
{
	add_u8(seed, kind);
	add_u8(seed, how);
	add_u8(seed, when);
}

/* Data from the other device: an inner packet of this length. */
static void add_data(struct seed *seed, unsigned int kind, unsigned int how, size_t len)
{
	uint8_t inner[1500];

	add_datagram(seed, kind, how, 1);
	add_u16(seed, len);
	add(seed, inner, world_inner(inner, OTHER, how & 1 ? ZWG_AF_INET6 : ZWG_AF_INET, len));
}

static void receive_conversations(void)
{
	struct seed seed = {0};
	char name[32];

	for (unsigned int state = 0; state < STATES; state++) {
		add_u8(&seed, state);
		for (unsigned int kind = 1; kind <= 3; kind++) {
			add_datagram(&seed, kind, 0, 1);
		}
		add_data(&seed, 4, 0, 60);
		add_data(&seed, 4, 1, 100);
		add_data(&seed, 6, 5, 40);
		add_datagram(&seed, 5, 0x40, 0);
		add_datagram(&seed, 0x11, 0, 1);
		add_u16(&seed, 50);
		add_u8(&seed, 1);
		add_datagram(&seed, 1, 0x60, 0xfe);
		snprintf(name, sizeof(name), "state-%u", state);
		write_seed("receive", name, &seed);
	}
}

/* The messages themselves, as bytes: what OTHER says in a handshake and after it. */
static void receive_messages(void)
{
	struct world *world = world_new();
	struct host *other = &world->hosts[OTHER];
	struct seed seed = {0};
	uint8_t inner[100];
	char name[32];

	world_handshake(world, OTHER, true);
	world_output(world, OTHER, 0, inner,
		     world_inner(inner, OTHER, ZWG_AF_INET6, sizeof(inner)));
	zwg_peer_handshake(other->dev, other->now, world_peer(world, OTHER, PEER_OTHER));
	world_advance(world, OTHER, ZWG_REKEY_TIMEOUT + 400);
	world_jobs(world, OTHER);
	for (unsigned int i = 0; i < other->count; i++) {
		add_u8(&seed, other->list[i].bytes[0] == ZWG_MSG_DATA ? 4 : 0);
		add_datagram(&seed, 0xc0, 0, 1);
		add_u16(&seed, other->list[i].len);
		add(&seed, other->list[i].bytes, other->list[i].len);
		add_u8(&seed, 1);
		snprintf(name, sizeof(name), "type-%u-%u", other->list[i].bytes[0], i);
		write_seed("receive", name, &seed);
	}
	world_free(world);
}

/* steps: its calls by number. */
static void steps(void)
{
	static const uint8_t handshake[] = {0, 3, 1, 8, 5, 0, 3, 0, 8, 5, 0, 2, 9, 3, 0, 9, 1, 1};
	static const uint8_t crossing[] = {0, 3, 1, 8, 9, 1, 0, 6, 3, 0, 6, 6, 6, 6, 6, 6,  6,	6,
					   6, 8, 5, 0, 3, 0, 6, 6, 6, 0, 5, 1, 0, 9, 1, 10, 200};
	static const uint8_t churn[] = {9,  0, 1,  19, 0,  0,	18, 0, 18, 4,  18, 5,
					19, 4, 0,  5,  13, 0,	13, 1, 15, 14, 19, 5,
					0,  7, 10, 90, 17, 160, 19, 6, 0,  1,  7,  6};
	static const uint8_t failing[] = {0xe0 + 8, 1, 3,  1,	8,   136, 0, 3,
					  1,	    8, 10, 255, 130, 255, 8};
	struct seed seed = {0};

	add(&seed, handshake, sizeof(handshake));
	write_seed("steps", "handshake", &seed);
	add(&seed, crossing, sizeof(crossing));
	write_seed("steps", "crossing", &seed);
	add(&seed, churn, sizeof(churn));
	write_seed("steps", "churn", &seed);
	add(&seed, failing, sizeof(failing));
	write_seed("steps", "failing", &seed);
}

static void inner(void)
{
	struct seed seed = {0};
	uint8_t packet[64];

	for (unsigned int i = 0; i < 4; i++) {
		add_u8(&seed, i);
		add_u8(&seed, 3 * i);
		add_u8(&seed, i);
		add_u8(&seed, 0);
		add_u8(&seed, 9);
		world_inner(packet, OTHER, i & 1 ? ZWG_AF_INET6 : ZWG_AF_INET, sizeof(packet));
		packet[1] = (uint8_t)(i & 1 ? 0x20 : 2);
		add(&seed, packet, sizeof(packet));
		write_seed("inner", i == 0 ? "0" : i == 1 ? "1" : i == 2 ? "2" : "3", &seed);
	}
}

static void allowedips(void)
{
	static const uint8_t calls[] = {0,  1, 10, 8,  16, 1, 10, 24, 32, 0, 0xfd,
					64, 0, 1,  10, 32, 6, 1,  10, 4,  1, 0,
					0,  3, 1,  10, 24, 5, 1,  0,  6,  0, 0xfd};
	struct seed seed = {0};

	add(&seed, calls, sizeof(calls));
	write_seed("allowedips", "calls", &seed);
}

/* Settings */

static void settings(struct zwg_conf *conf, uint16_t peers)
{
	zwg_conf_init(conf);
	memset(conf->private_key, 0x48, sizeof(conf->private_key));
	conf->has_private_key = true;
	conf->listen_port = 51820;
	conf->addresses[0] = (struct zwg_prefix){{ZWG_AF_INET, {10, 1, 1, 50}}, 24};
	conf->addresses[1] = (struct zwg_prefix){{ZWG_AF_INET6, {0xfd, [15] = 50}}, 64};
	conf->address_count = 2;
	strcpy(conf->underlay, "eth0");
	for (uint16_t i = 0; i < peers; i++) {
		struct zwg_conf_peer *peer;
		uint8_t key[32];

		memset(key, 0x60 + i, sizeof(key));
		peer = zwg_conf_peer_add(conf, key);
		strcpy(peer->endpoint.host, i & 1 ? "2001:db8::1" : "vpn.example.com");
		peer->endpoint.port = 51820;
		peer->keepalive = (uint16_t)(25 * i);
		peer->allowed_ips[0] = (struct zwg_prefix){{ZWG_AF_INET, {10, 1, (uint8_t)i}}, 24};
		peer->allowed_ips[1] = (struct zwg_prefix){{ZWG_AF_INET6, {0xfd, (uint8_t)i}}, 64};
		peer->allowed_ips_count = 2;
		memset(peer->preshared_key, i, sizeof(peer->preshared_key));
	}
}

/* A record of flash.c: the slots of the settings are 0 and 1, of the mark 2 and 3. */
#define SLOT_CONF 0U
#define SLOT_MARK 2U

static void add_slot(struct seed *seed, unsigned int slot, uint32_t sequence, const uint8_t *bytes,
		     size_t len)
{
	uint8_t le[4];

	add_u8(seed, 8U + slot + (sequence & 1));
	zwg_put_le32(le, sequence);
	add(seed, le, sizeof(le));
	add_u16(seed, len);
	add(seed, bytes, len);
}

static void records(void)
{
	struct seed seed = {0};
	struct seed flash = {0};
	struct zwg_conf conf;
	uint8_t bytes[ZWG_RECORD_MAX];
	uint8_t mark[ZWG_MARK_LEN];
	char name[32];

	zwg_mark_encode(1234567, mark);
	add_u8(&seed, 0);
	add(&seed, mark, sizeof(mark));
	write_seed("record", "mark", &seed);
	add_u8(&flash, 0);
	for (uint16_t peers = 0; peers <= 2; peers++) {
		int len;

		settings(&conf, peers);
		len = zwg_record_encode(&conf, bytes, sizeof(bytes));
		INVARIANT(len > 0);
		add_u8(&seed, peers & 1);
		add(&seed, bytes, (size_t)len);
		snprintf(name, sizeof(name), "peers-%u", peers);
		write_seed("record", name, &seed);
		if (peers > 0) {
			add_slot(&flash, SLOT_CONF, peers, bytes, (size_t)len);
		}
	}
	add_slot(&flash, SLOT_MARK, 4, mark, sizeof(mark));
	write_seed("flash", "conf-and-mark", &flash);
}

/* Texts */

#define KEY_A "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
#define KEY_B "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="

static void text(const char *target, const char *name, int first, const char *what)
{
	struct seed seed = {0};

	if (first >= 0) {
		add_u8(&seed, (unsigned int)first);
	}
	add(&seed, what, strlen(what));
	write_seed(target, name, &seed);
}

static void texts(void)
{
	static const char commands[] =
		"wg genkey @1\nwg genkey replace\nwg pubkey staged\n"
		"wg set listen-port 51820 address 10.1.1.50/24,fd00::50/64 mtu 1420 underlay eth0\n"
		"wg set peer " KEY_A " preshared-key " KEY_B " endpoint 192.0.2.1:51820 "
		"persistent-keepalive 25 allowed-ips 10.1.1.0/24,fd00::/64 @7\n"
		"wg set peer " KEY_A " allowed-ips +10.2.0.0/16,-10.1.1.0/24\n"
		"wg show staged --machine @8\nwg commit @9\nwg show\nwg showconf\nwg stats\n"
		"wg handshake " KEY_A "\nwg down\nwg up\nwg set peer " KEY_A " remove\nwg commit\n"
		"wg reset confirm\nwg revert\nwg show --machine @10\nwg version\nwg help\nwg bad\n";

	text("text", "key", 0, KEY_A);
	text("text", "ipv4", 1, "192.0.2.1");
	text("text", "ipv6", 1, "2001:db8::ffff:192.0.2.1");
	text("text", "prefix4", 2, "10.0.0.0/8");
	text("text", "prefix6", 2, "fd00::/64");
	text("text", "endpoint4", 3, "192.0.2.1:51820");
	text("text", "endpoint6", 3, "[fe80::1%2]:51820");
	text("text", "endpoint-name", 3, "vpn.example.com:51820");
	text("text", "number", 4, "18446744073709551600");
	text("text", "underlay", 5, "eth0.1");
	text("console", "lines", 0x10, commands);
	text("console", "serial", 0x11, commands);
	text("console", "failing", 0x0e, commands);
	text("console", "editor", 0x01,
	     "wg shxx\b\bow\r\nwg set private-key " KEY_A
	     "\x15wg \x1b[3~\x1bOAstats\r\x03wg help\n");
	text("wgquick", "full", -1,
	     "[Interface]\nPrivateKey = " KEY_A "\nListenPort = 51820\nAddress = 10.0.0.1/24, "
	     "fd00::1/64\nMTU = 1420\nFwMark = 0x1234\nTable = auto\n# a comment\n\n[Peer]\n"
	     "PublicKey = " KEY_B "\nPresharedKey = " KEY_A "\nEndpoint = vpn.example.com:51820\n"
	     "AllowedIPs = 0.0.0.0/0, ::/0\nPersistentKeepalive = 25\n");
	text("wgquick", "small", -1,
	     "[interface]\nprivatekey=" KEY_A "\nTable=off\n[peer]\npublickey=" KEY_B
	     "\nAllowedIPs=\nEndpoint=[2001:db8::1]:1\nPersistentKeepalive=off\n");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	directory = argv[1];
	receive_conversations();
	receive_messages();
	steps();
	inner();
	allowedips();
	records();
	texts();
	return 0;
}
