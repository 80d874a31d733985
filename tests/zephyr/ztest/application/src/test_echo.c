/* SPDX-License-Identifier: MIT */
/* The echo service: nobody can keep it from others. */
#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/ztest.h>

#include "client.h"

#define IDLE_MS	 (CONFIG_ZWG_APP_ECHO_IDLE * MSEC_PER_SEC)
#define STALL_MS 1000
#define SOON	 200 /* ms */
#define CLIENTS	 (CONFIG_ZWG_APP_ECHO_CONNECTIONS + 1)

static int fds[CLIENTS + 1];

static void *setup(void)
{
	service_start();
	return NULL;
}

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	for (int i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = -1;
}

/* And waits until TCP has forgotten the connections. */
static void after(void *fixture)
{
	ARG_UNUSED(fixture);
	for (int i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			(void)zsock_close(fds[i]);
	k_sleep(K_MINUTES(5));
}

ZTEST_SUITE(echo, NULL, setup, before, after, NULL);

ZTEST(echo, test_what_is_sent_comes_back)
{
	for (unsigned int len = 1; len <= 1000; len += 333) {
		fds[0] = client_open(SOCK_DGRAM);
		fds[1] = client_open(SOCK_STREAM);
		for (int i = 0; i < 2; i++) {
			zassert_equal(client_send(fds[i], len), len);
			zassert_true(client_gets(fds[i], len, SOON), "socket %d, %u bytes", i, len);
			zassert_ok(zsock_close(fds[i]));
			fds[i] = -1;
		}
	}
}

/* Sends until nothing goes any more for a while: all windows between are full. */
static void stall(int fd)
{
	for (int quiet = 0; quiet < 10; quiet++) {
		if (client_send(fd, 1000))
			quiet = 0;
		k_msleep(20);
	}
}

ZTEST(echo, test_a_client_that_takes_nothing_back_stops_nobody)
{
	fds[0] = client_open(SOCK_STREAM);
	stall(fds[0]);
	fds[1] = client_open(SOCK_DGRAM);
	zassert_equal(client_send(fds[1], 100), 100);
	zassert_true(client_gets(fds[1], 100, STALL_MS + SOON), "no datagram came back");
	for (int i = 2; i < 2 + CONFIG_ZWG_APP_ECHO_CONNECTIONS; i++) {
		fds[i] = client_open(SOCK_STREAM);
		zassert_equal(client_send(fds[i], 100), 100);
		zassert_true(client_gets(fds[i], 100, STALL_MS), "connection %d", i);
	}
	zassert_true(client_sees_the_end(fds[0], 60 * MSEC_PER_SEC));
}

/* The windows are full each time, but not for STALL_MS. */
ZTEST(echo, test_a_client_that_is_slow_loses_nothing)
{
	unsigned int sent = 0, got = 0;

	fds[0] = client_open(SOCK_STREAM);
	for (int round = 0; round < 5; round++) {
		for (unsigned int more = 1; more;) {
			k_msleep(STALL_MS / 50);
			more = client_send(fds[0], 1000);
			sent += more;
		}
		got += client_takes_all(fds[0], SOON);
	}
	zassert_true(sent > 5 * 2 * CONFIG_NET_TCP_MAX_SEND_WINDOW_SIZE, "%u bytes", sent);
	zassert_equal(got, sent, "%u bytes of %u", got, sent);
}

ZTEST(echo, test_idle_connections_leave_their_places_to_others)
{
	int last = CLIENTS - 1;

	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = client_open(SOCK_STREAM);
		zassert_equal(client_send(fds[i], 10), 10);
		if (i < last)
			zassert_true(client_gets(fds[i], 10, SOON));
	}
	zassert_false(client_gets(fds[last], 10, IDLE_MS - 2 * MSEC_PER_SEC), "there was a place");
	zassert_true(client_gets(fds[last], 10, 3 * MSEC_PER_SEC), "there was none in the end");
	for (int i = 0; i < last; i++)
		zassert_true(client_sees_the_end(fds[i], SOON));
}

ZTEST(echo, test_a_connection_that_is_used_stays)
{
	fds[0] = client_open(SOCK_STREAM);
	for (int i = 0; i < 4; i++) {
		zassert_equal(client_send(fds[0], 10), 10);
		zassert_true(client_gets(fds[0], 10, SOON), "after %d pauses", i);
		k_msleep(IDLE_MS - 2 * MSEC_PER_SEC);
	}
	zassert_true(client_sees_the_end(fds[0], 3 * MSEC_PER_SEC));
}
