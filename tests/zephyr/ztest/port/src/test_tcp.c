/* SPDX-License-Identifier: MIT */
/* A TCP connection of the board: what it keeps to send again is what it sent (RFC 9293). */
#include <string.h>

#include <zephyr/net/socket.h>
#include <zephyr/sys/byteorder.h>
#include <zephyr/ztest.h>

#include "board.h"

#define TCP	   6
#define TCP_HEADER 20
#define FIN	   0x01
#define SYN	   0x02
#define RST	   0x04
#define ACK	   0x10

BOARD_SUITE(tcp);

K_THREAD_STACK_DEFINE(client_stack, 4096);
static struct k_thread client_thread;
static atomic_t result;
static uint8_t data[500]; /* Less than a segment without options takes. */

/* Numbers in host order, of a segment between 10.9.0.2:80 and the board. */
struct segment {
	uint16_t port;
	uint32_t seq, ack;
	uint8_t flags;
	const uint8_t *data;
	size_t len;
};

static void client(void *p1, void *p2, void *p3)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {{{10, 9, 0, 2}}}};
	int fd = zsock_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	if (zsock_connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		atomic_set(&result, zsock_send(fd, data, sizeof(data), 0));
	/* Until the other end resets the connection. */
	(void)zsock_recv(fd, (uint8_t[1]){0}, 1, 0);
	(void)zsock_close(fd);
}

static struct segment next(void)
{
	const uint8_t *tcp = others[0].inner + 20;
	size_t header;

	zassert_true(other_gets(&others[0]), "no segment");
	zassert_equal(others[0].inner[9], TCP);
	zassert_equal(ip_checksum(others[0].inner, ZWG_AF_INET, TCP, others[0].inner_len - 20u), 0);
	header = 4u * (tcp[12] >> 4);
	return (struct segment){.port = sys_get_be16(tcp),
				.seq = sys_get_be32(tcp + 4),
				.ack = sys_get_be32(tcp + 8),
				.flags = tcp[13],
				.data = tcp + header,
				.len = others[0].inner_len - 20u - header};
}

static void answer(const struct segment *to, uint32_t seq, uint32_t ack, uint8_t flags)
{
	const struct zwg_addr us = addr_of("10.9.0.2"), board = addr_of("10.9.0.1");
	uint8_t packet[20 + TCP_HEADER] = {0};
	uint8_t *tcp = packet + 20;

	ip_write(packet, &us, &board, 0, TCP, TCP_HEADER);
	sys_put_be16(80, tcp);
	sys_put_be16(to->port, tcp + 2);
	sys_put_be32(seq, tcp + 4);
	sys_put_be32(ack, tcp + 8);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	sys_put_be16(8192, tcp + 14);
	sys_put_be16(ip_checksum(packet, ZWG_AF_INET, TCP, TCP_HEADER), tcp + 16);
	zassert_ok(other_send(&others[0], packet, sizeof(packet)));
}

BOARD_TEST(tcp, test_a_retransmission_is_what_was_sent)
{
	uint8_t cipher[64];
	struct segment got;

	pattern(data, sizeof(data), 7);
	board_connect(1, ZWG_AF_INET);
	k_thread_create(&client_thread, client_stack, K_THREAD_STACK_SIZEOF(client_stack), client,
			NULL, NULL, NULL, K_PRIO_PREEMPT(5), 0, K_NO_WAIT);
	got = next();
	zassert_equal(got.flags & (SYN | ACK), SYN);
	/* The first is not answered. */
	got = next();
	zassert_equal(got.flags & (SYN | ACK), SYN);
	answer(&got, 1000, got.seq + 1, SYN | ACK);
	do {
		got = next();
	} while (got.len == 0);
	for (int i = 0; i < 3; i++) {
		zassert_equal(got.len, sizeof(data));
		zassert_mem_equal(got.data, data, sizeof(data), "transmission %d", i);
		zassert_true(i == 0 || memcmp(cipher, others[0].cipher + 16, 64) != 0,
			     "the same ciphertext twice");
		memcpy(cipher, others[0].cipher + 16, sizeof(cipher));
		got = next();
	}
	answer(&got, 1001, got.seq + sizeof(data), RST | ACK);
	zassert_ok(k_thread_join(&client_thread, K_SECONDS(10)));
	zassert_equal(atomic_get(&result), sizeof(data));
	others_run(2000);
}
