/* SPDX-License-Identifier: MIT */
/* The way in: whatever buffers a datagram arrives in, the stack gets the inner packet alone. */
#include <string.h>

#include <zephyr/ztest.h>

#include "board.h"
#include "compat.h"

BOARD_SUITE(receive);

static uint8_t packet[INNER_MAX];

static struct zwg_addr source(uint8_t family)
{
	return addr_of(family == ZWG_AF_INET6 ? "fd09::2" : "10.9.0.2");
}

static void arrives(uint8_t family, size_t len)
{
	size_t headers = IP_HEADER(family) + UDP_HEADER_LEN;
	struct zwg_addr from = source(family);

	other_packet(packet, family, 0, len);
	zassert_ok(other_send(&others[0], packet, len));
	zassert_true(inbox_got(packet + headers, len - headers, &from),
		     "a packet of %u bytes in pieces of %u", (unsigned int)len,
		     (unsigned int)others[0].split);
}

static void every_size(uint8_t family)
{
	board_connect(1, family);
	inbox_open();
	for (size_t len = IP_HEADER(family) + UDP_HEADER_LEN + 1; len <= 1420; len++)
		arrives(family, len);
}

BOARD_TEST(receive, test_every_size_over_ipv4)
{
	every_size(ZWG_AF_INET);
}

BOARD_TEST(receive, test_every_size_over_ipv6)
{
	every_size(ZWG_AF_INET6);
}

/* The first buffer ends with the outer IP header, as the stack demands; then every split. */
BOARD_TEST(receive, test_any_split_into_buffers)
{
	static const size_t sizes[] = {29, 32, 33, 48, 49, 100, 127, 128, 129, 500, 1420};
	const size_t around = UDP_HEADER_LEN + 16 + 15 + 16;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	for (size_t split = 1; split <= 128; split++)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			if ((sizes[i] + around) / split + 2 > CONFIG_ZWG_FRAGMENTS)
				continue;
			others[0].split = split;
			arrives(ZWG_AF_INET, sizes[i]);
		}
}

BOARD_TEST(receive, test_many_buffers_over_ipv6)
{
	board_connect(1, ZWG_AF_INET6);
	inbox_open();
	for (others[0].split = 3; others[0].split < 64; others[0].split++)
		arrives(ZWG_AF_INET6, 60);
}

BOARD_TEST(receive, test_a_handshake_in_many_buffers)
{
	board_apply(board_conf(1, ZWG_AF_INET));
	others[0].split = 7;
	others_run(HANDSHAKE_MS);
	inbox_open();
	arrives(ZWG_AF_INET, 64);
}

BOARD_TEST(receive, test_too_many_buffers_are_dropped_and_counted)
{
	board_connect(1, ZWG_AF_INET);
	inbox_open();
	others[0].split = 1;
	other_packet(packet, ZWG_AF_INET, 0, 48);
	zassert_ok(other_send(&others[0], packet, 48));
	zassert_true(inbox_quiet());
	zassert_equal(board_drops(ZWG_PORT_RX_FRAGMENTS), 1);
	others[0].split = 0;
	arrives(ZWG_AF_INET, 48);
}

BOARD_TEST(receive, test_a_peer_that_calls_is_answered)
{
	struct zwg_conf *conf = board_conf(1, ZWG_AF_INET);
	uint8_t key[32];

	memset(&conf->peers[0].endpoint, 0, sizeof(conf->peers[0].endpoint));
	zassert_ok(zwg_conf_public_key(conf, key));
	board_apply(conf);
	others_run(6000);
	zassert_equal(initiations, 0);
	other_start(&others[0], key, true);
	memcpy(conf->peers[0].public_key, others[0].public_key, 32);
	board_apply(conf);
	others_run(6000);
	inbox_open();
	arrives(ZWG_AF_INET, 300);
}

BOARD_TEST(receive, test_a_source_that_is_not_the_peers_is_dropped)
{
	struct zwg_addr from = source(ZWG_AF_INET);
	uint64_t before;

	board_connect(2, ZWG_AF_INET);
	inbox_open();
	before = board_core_drops(ZWG_DROP_SOURCE);
	other_packet(packet, ZWG_AF_INET, 0, 100);
	zassert_ok(other_send(&others[1], packet, 100));
	zassert_true(inbox_quiet());
	zassert_equal(board_core_drops(ZWG_DROP_SOURCE), before + 1);
	zassert_ok(other_send(&others[0], packet, 100));
	zassert_true(inbox_got(packet + 28, 72, &from));
}

BOARD_TEST(receive, test_a_replay_is_dropped)
{
	struct zwg_addr from = source(ZWG_AF_INET);
	uint64_t before;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	before = board_core_drops(ZWG_DROP_REPLAY);
	other_packet(packet, ZWG_AF_INET, 0, 100);
	others[0].hold = true;
	zassert_ok(other_send(&others[0], packet, 100));
	others[0].hold = false;
	zassert_true(other_replay(&others[0]));
	zassert_true(inbox_got(packet + 28, 72, &from));
	for (int i = 0; i < 3; i++)
		zassert_true(other_replay(&others[0]));
	zassert_true(inbox_quiet());
	zassert_equal(board_core_drops(ZWG_DROP_REPLAY), before + 3);
}

BOARD_TEST(receive, test_a_forged_byte_anywhere_is_dropped)
{
	struct zwg_addr from = source(ZWG_AF_INET);
	const size_t udp = FRAME_HEADER + 20;
	size_t end;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	other_packet(packet, ZWG_AF_INET, 0, 40);
	others[0].hold = true;
	zassert_ok(other_send(&others[0], packet, 40));
	others[0].hold = false;
	end = others[0].held_len;
	/* No UDP checksum: the tag alone must tell. */
	others[0].held[udp + 6] = 0;
	others[0].held[udp + 7] = 0;
	for (size_t at = udp + UDP_HEADER_LEN; at < end; at++) {
		others[0].held[at] ^= 0x10;
		zassert_true(other_replay(&others[0]));
		zassert_true(inbox_quiet(), "byte %u of the frame was changed", (unsigned int)at);
		others[0].held[at] ^= 0x10;
	}
	zassert_true(other_replay(&others[0]));
	zassert_true(inbox_got(packet + 28, 12, &from));
}

BOARD_TEST(receive, test_garbage_is_dropped_and_the_tunnel_goes_on)
{
	static uint8_t junk[600];
	struct datagram datagram = {.src = addr_of("192.0.2.77"),
				    .dst = addr_of("192.0.2.1"),
				    .src_port = 77,
				    .dst_port = 51820,
				    .payload = junk};
	static uint8_t frame[FRAME_MAX];

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	underlay_header(frame, false);
	for (uint32_t i = 0; i < 2000; i++) {
		static const size_t sizes[] = {0, 1, 31, 32, 64, 92, 148, 149, 600};
		size_t len;

		pattern(junk, sizeof(junk), i);
		junk[0] = (uint8_t)(i % 6);
		junk[1] = junk[2] = junk[3] = 0;
		datagram.len = sizes[i % ARRAY_SIZE(sizes)];
		len = FRAME_HEADER + datagram_write(&datagram, frame + FRAME_HEADER);
		zassert_not_null(
			underlay_receive(frame, len, FRAME_HEADER + 20, i % 3 * 16, false));
		k_msleep(1);
	}
	zassert_true(inbox_quiet());
	arrives(ZWG_AF_INET, 1420);
}

BOARD_TEST(receive, test_an_echo_request_of_any_size_is_answered)
{
	static const uint8_t families[] = {ZWG_AF_INET, ZWG_AF_INET6};
	static uint8_t reply[INNER_MAX];

	board_connect(1, ZWG_AF_INET);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct zwg_addr us = source(families[i]);
		struct zwg_addr board = BOARD->running.addresses[i].addr;

		for (size_t len = IP_HEADER(families[i]) + 8; len <= 1420; len += 13) {
			(void)echo_write(packet, &us, &board, len, false);
			(void)echo_write(reply, &board, &us, len, true);
			zassert_ok(other_send(&others[0], packet, len));
			zassert_true(other_gets(&others[0]), "no answer to %u bytes",
				     (unsigned int)len);
			zassert_equal(others[0].inner_len, len);
			zassert_mem_equal(others[0].inner + IP_HEADER(families[i]),
					  reply + IP_HEADER(families[i]),
					  len - IP_HEADER(families[i]));
		}
	}
}

BOARD_TEST(receive, test_a_wrong_inner_checksum_is_not_delivered)
{
	board_connect(1, ZWG_AF_INET);
	inbox_open();
	other_packet(packet, ZWG_AF_INET, 0, 100);
	packet[60] ^= 1;
	zassert_ok(other_send(&others[0], packet, 100));
	zassert_true(inbox_quiet());
}

/* A packet that is shorter than its datagram has padding behind it; one that claims to be longer
 * than what was decrypted is refused. */
BOARD_TEST(receive, test_an_inner_length_beyond_the_packet_is_dropped)
{
	uint64_t before;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	before = board_core_drops(ZWG_DROP_INNER_LENGTH);
	other_packet(packet, ZWG_AF_INET, 0, 100);
	packet[3] = 113;
	zassert_ok(other_send(&others[0], packet, 100));
	zassert_true(inbox_quiet());
	zassert_equal(board_core_drops(ZWG_DROP_INNER_LENGTH), before + 1);
}

/* Who watches all packets of the underlay keeps ciphertext. */
BOARD_TEST(receive, test_a_datagram_that_somebody_keeps_is_not_decrypted_in_place)
{
	struct zwg_addr from = source(ZWG_AF_INET);
	uint8_t seen[sizeof(others[0].held)];
	struct net_pkt *pkt;
	size_t len;

	board_connect(1, ZWG_AF_INET);
	inbox_open();
	other_packet(packet, ZWG_AF_INET, 0, 300);
	others[0].hold = true;
	zassert_ok(other_send(&others[0], packet, 300));
	pkt = underlay_receive(others[0].held, others[0].held_len, FRAME_HEADER + 20, 0, true);
	zassert_not_null(pkt);
	zassert_true(inbox_got(packet + 28, 272, &from));
	len = net_pkt_get_len(pkt);
	net_buf_linearize(seen, sizeof(seen), pkt->buffer, 0, len);
	zassert_mem_equal(seen + len - 320, others[0].held + others[0].held_len - 320, 320,
			  "what somebody kept was changed");
	net_pkt_unref(pkt);
}
