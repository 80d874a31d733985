/* SPDX-License-Identifier: MIT */
/* Threads of all priorities send at once. That no counter comes twice or is left out others_fault()
 * tells; that the core is called by the port's threads alone, watch_fault(). */
#include <zephyr/net/socket.h>
#include <zephyr/ztest.h>

#include "board.h"
#include "watch.h"

#define SENDERS 4
#define EACH	200

BOARD_SUITE(threads);

K_THREAD_STACK_ARRAY_DEFINE(stacks, SENDERS, 4096);
static struct k_thread senders[SENDERS];
static atomic_t failed;

static void sender(void *number, void *p2, void *p3)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)(uintptr_t)number),
				 .sin_addr = {{{10, 9, 0, 2}}}};
	int fd = zsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	uint8_t payload[700] = {0};

	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	for (uint32_t i = 0; i < EACH; i++) {
		payload[0] = (uint8_t)i;
		if (zsock_sendto(fd, payload, 1 + i * 3, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			atomic_inc(&failed);
		if (i % 8 == 7)
			k_msleep(1);
	}
	(void)zsock_close(fd);
}

BOARD_TEST(threads, test_nothing_is_lost_and_no_counter_used_twice)
{
	static const int priorities[SENDERS] = {K_PRIO_COOP(3), K_PRIO_PREEMPT(0),
						K_PRIO_PREEMPT(5), K_PRIO_PREEMPT(13)};
	unsigned int next[SENDERS] = {0};
	uint32_t before;
	uint64_t sent;

	board_connect(1, ZWG_AF_INET);
	before = watch_calls().output;
	sent = others[0].next_counter;
	atomic_clear(&failed);
	for (uintptr_t i = 0; i < SENDERS; i++)
		k_thread_create(&senders[i], stacks[i], K_THREAD_STACK_SIZEOF(stacks[i]), sender,
				(void *)i, NULL, NULL, priorities[i], 0, K_NO_WAIT);
	for (unsigned int i = 0; i < SENDERS * EACH; i++) {
		struct datagram got;

		zassert_true(other_gets(&others[0]), "after %u packets", i);
		zassert_true(datagram_parse(&got, others[0].inner, others[0].inner_len));
		zassert_true(got.dst_port < SENDERS);
		zassert_equal(got.payload[0], (uint8_t)next[got.dst_port], "out of order");
		zassert_equal(got.len, 1 + next[got.dst_port] * 3);
		next[got.dst_port]++;
	}
	for (int i = 0; i < SENDERS; i++)
		zassert_ok(k_thread_join(&senders[i], K_SECONDS(1)));
	zassert_equal(atomic_get(&failed), 0);
	zassert_equal(watch_calls().output - before, SENDERS * EACH);
	zassert_equal(others[0].next_counter - sent, SENDERS * EACH);
}

/* Handshakes and timers, too, run in the port's threads: watch_fault() tells of others. */
BOARD_TEST(threads, test_protocol_work_is_the_ports_threads)
{
	struct watch_calls before = watch_calls();
	uint8_t packet[64];

	board_connect(1, ZWG_AF_INET);
	board_packet(packet, ZWG_AF_INET, 0, sizeof(packet));
	board_send(board_pkt(packet, sizeof(packet), 0));
	zassert_true(other_gets(&others[0]));
	others_run(130000);
	zassert_true(watch_calls().output > before.output);
	zassert_true(watch_calls().input > before.input);
	zassert_true(watch_calls().tick > before.tick);
	zassert_true(watch_calls().compute >= before.compute + 2);
}
