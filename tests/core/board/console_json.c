/* SPDX-License-Identifier: MIT */
/* Prints "wg show --machine" of several boards, for console_json.py to read. */
#include "rig.h"

#define PEER1 "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PEER2 "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY1  "gBAgMEBQYHCAkKCwwNDg8AABAgMEBQYHCAkKCwwNDk8="
#define PSK1  "8PHy8/T19vf4+fr7/P3+/wABAgMEBQYHCAkKCwwNDg8="

static void print(struct rig *rig, const char *line)
{
	REQUIRE(rig_line(rig, line) == 0);
	fputs(rig->out, stdout);
}

int main(void)
{
	struct rig *rig = rig_new();
	uint8_t key[32];
	struct zwg_peer *peer;

	rig->underlay_count = 0;
	print(rig, "wg show --machine @1");

	REQUIRE(zwg_key_parse(KEY1, 44, key));
	rig_secret(rig, key);
	REQUIRE(zwg_key_parse(PSK1, 44, key));
	rig_secret(rig, key);
	rig->underlay_count = 2;
	rig->console.board = "quote\"back\\slash\ttab\xff";
	print(rig, "wg set private-key " KEY1 " listen-port 51820 mtu 1380 underlay eth0 "
		   "address 10.1.1.50/24,fd00::2/64");
	print(rig, "wg set peer " PEER1 " preshared-key " PSK1 " endpoint [2001:db8::1]:51820 "
		   "persistent-keepalive 25 allowed-ips 10.1.1.0/24,fd00::/64");
	print(rig, "wg set peer " PEER2 " endpoint vpn.example:9");
	print(rig, "wg show staged --machine @2");
	print(rig, "wg commit @3");
	print(rig, "wg set mtu 1281");
	rig->console.interface = "zwg1";
	rig->console.chip = (const uint8_t[]){0x00, 0x9f, 0xa0};
	rig->console.chip_len = 3;
	rig->waits = "for an address";

	REQUIRE(zwg_key_parse(PEER1, 44, key));
	peer = zwg_peer_find(&rig->node->dev, key);
	REQUIRE(peer != NULL);
	peer->last_handshake = rig->now - 61999;
	peer->rx_bytes = UINT64_MAX;
	peer->tx_bytes = 148;
	rig->node->dev.counters = (struct zwg_counters){.x25519 = 3};
	rig->node->dev.counters.drops[ZWG_DROP_MAC1] = UINT64_MAX;
	print(rig, "wg show --machine @4");
	print(rig, "wg down");
	print(rig, "wg show --machine @5");
	rig_free(rig);
	return test_state.failures == 0 ? 0 : 1;
}
