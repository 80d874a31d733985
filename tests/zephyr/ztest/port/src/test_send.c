/* SPDX-License-Identifier: MIT */
/* The way out: whatever buffers a packet is in, the other end gets it as it was, and the wire sees
 * nothing of it (others_fault()). */
#include <string.h>

#include <zephyr/ztest.h>

#include "board.h"
#include "compat.h"
#include "pools.h"

BOARD_SUITE(send);

static uint8_t packet[INNER_MAX];

static void expect(size_t len)
{
	zassert_true(other_gets(&others[0]), "%u bytes did not arrive", (unsigned int)len);
	zassert_equal(others[0].inner_len, len);
	zassert_mem_equal(others[0].inner, packet, len);
}

/* Every padding, over either family. */
static void every_size(uint8_t family)
{
	board_connect(1, family);
	for (size_t len = IP_HEADER(family); len <= 1420; len++) {
		board_packet(packet, family, 0, len);
		board_send(board_pkt(packet, len, 0));
		expect(len);
	}
}

BOARD_TEST(send, test_every_size_over_ipv4)
{
	every_size(ZWG_AF_INET);
}

BOARD_TEST(send, test_every_size_over_ipv6)
{
	every_size(ZWG_AF_INET6);
}

BOARD_TEST(send, test_any_split_into_buffers)
{
	static const size_t sizes[] = {20, 28, 31, 32, 33, 40, 60, 61};

	board_connect(1, ZWG_AF_INET);
	for (size_t split = 1; split <= 64; split++)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			board_packet(packet, ZWG_AF_INET, 0, sizes[i]);
			board_send(board_pkt(packet, sizes[i], split));
			expect(sizes[i]);
		}
	/* Without padding, for there is none beyond the MTU, and with most of it. */
	for (size_t split = 23; split <= 128; split++)
		for (size_t len = 1409; len <= 1420; len += 11) {
			board_packet(packet, ZWG_AF_INET, 0, len);
			board_send(board_pkt(packet, len, split));
			expect(len);
		}
}

BOARD_TEST(send, test_too_many_buffers_are_dropped_and_counted)
{
	size_t most = CONFIG_ZWG_FRAGMENTS - 2; /* One before, one behind. */

	board_connect(1, ZWG_AF_INET);
	/* The last buffer of the packet has room for what comes behind: then there is one more. */
	board_packet(packet, ZWG_AF_INET, 0, most + 1);
	board_send(board_pkt(packet, most + 1, 1));
	expect(most + 1);
	zassert_equal(board_drops(ZWG_PORT_TX_FRAGMENTS), 0);
	board_packet(packet, ZWG_AF_INET, 0, most + 2);
	board_send(board_pkt(packet, most + 2, 1));
	zassert_false(other_gets(&others[0]));
	zassert_equal(board_drops(ZWG_PORT_TX_FRAGMENTS), 1);
}

BOARD_TEST(send, test_what_is_no_ip_packet_is_not_sent)
{
	struct pools before;

	board_connect(1, ZWG_AF_INET);
	before = pools_free();
	for (size_t len = 1; len < 20; len++) {
		board_packet(packet, ZWG_AF_INET, 0, 20);
		board_send(board_pkt(packet, len, 0));
	}
	board_packet(packet, ZWG_AF_INET, 0, 64);
	packet[0] = 0x75;
	board_send(board_pkt(packet, 64, 0));
	zassert_false(other_gets(&others[0]));
	zassert_equal(pools_free().tx, before.tx);
	zassert_equal(pools_free().tx_data, before.tx_data);
}

BOARD_TEST(send, test_a_destination_that_nobody_has_is_counted)
{
	uint64_t before;

	board_connect(1, ZWG_AF_INET);
	before = board_core_drops(ZWG_DROP_NO_PEER);
	board_packet(packet, ZWG_AF_INET, 5, 64);
	board_send(board_pkt(packet, 64, 0));
	zassert_false(other_gets(&others[0]));
	zassert_equal(board_core_drops(ZWG_DROP_NO_PEER), before + 1);
}

/* TCP keeps what it may have to send again: either the packet or its buffers. */
BOARD_TEST(send, test_a_packet_that_somebody_keeps_is_not_written_to)
{
	uint8_t after[200];
	struct net_pkt *pkt;
	struct net_buf *kept;

	board_connect(1, ZWG_AF_INET);
	board_packet(packet, ZWG_AF_INET, 0, 200);
	for (int again = 0; again < 2; again++) {
		pkt = board_pkt(packet, 200, 0);
		zassert_not_null(pkt);
		net_pkt_ref(pkt);
		board_send(pkt);
		expect(200);
		zassert_equal(net_pkt_get_len(pkt), 200);
		net_buf_linearize(after, sizeof(after), pkt->buffer, 0, 200);
		zassert_mem_equal(after, packet, 200, "a kept packet was changed");
		net_pkt_unref(pkt);
	}
	pkt = board_pkt(packet, 200, 0);
	kept = net_buf_ref(pkt->buffer->frags);
	net_buf_linearize(after, sizeof(after), kept, 0, kept->len);
	board_send(pkt);
	expect(200);
	zassert_mem_equal(after, kept->data, kept->len, "a kept buffer was changed");
	net_buf_unref(kept);
}

BOARD_TEST(send, test_a_kept_packet_is_encrypted_anew_each_time)
{
	uint8_t first[16 + 208 + 16];
	struct net_pkt *pkt;

	board_connect(1, ZWG_AF_INET);
	board_packet(packet, ZWG_AF_INET, 0, 200);
	pkt = board_pkt(packet, 200, 0);
	zassert_not_null(pkt);
	net_pkt_ref(pkt);
	net_pkt_ref(pkt);
	board_send(pkt);
	expect(200);
	memcpy(first, others[0].cipher, sizeof(first));
	board_send(pkt);
	expect(200);
	zassert_true(others[0].cipher[8] != first[8], "a nonce was used twice");
	zassert_true(memcmp(others[0].cipher + 16, first + 16, 32) != 0);
	net_pkt_unref(pkt);
}

BOARD_TEST(send, test_two_peers_get_their_own_packets)
{
	board_connect(2, ZWG_AF_INET);
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int to = i % 2, before = others[!to].received;

		board_packet(packet, ZWG_AF_INET, to, 100);
		board_send(board_pkt(packet, 100, 0));
		zassert_true(other_gets(&others[to]));
		zassert_mem_equal(others[to].inner, packet, 100);
		zassert_equal(others[!to].received, before);
	}
}
