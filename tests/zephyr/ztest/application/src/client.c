/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/ztest.h>

#include "client.h"
#include "echo.h"
#include "underlay.h"

#define DATA_MAX 1000

static K_THREAD_STACK_DEFINE(stack, 8192);
static struct k_thread thread;

static void serve(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	echo_run();
}

void service_start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	underlay_addresses(true);
	(void)k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), serve, NULL, NULL, NULL,
			      K_PRIO_PREEMPT(2), 0, K_NO_WAIT);
	k_msleep(10);
}

int client_open(int type)
{
	struct sockaddr_in service = {
		.sin_family = AF_INET,
		.sin_port = htons(CONFIG_ZWG_APP_ECHO_PORT),
		.sin_addr = {{{192, 0, 2, 1}}},
	};
	int fd = zsock_socket(AF_INET, type, type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);

	zassert_true(fd >= 0, "no socket (%d)", errno);
	zassert_ok(zsock_connect(fd, (struct sockaddr *)&service, sizeof(service)));
	return fd;
}

/* The bytes of all that clients send. */
static void fill(uint8_t *data, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + 1);
}

unsigned int client_send(int fd, unsigned int len)
{
	uint8_t data[DATA_MAX];
	ssize_t sent;

	zassert_true(len <= sizeof(data));
	fill(data, len);
	sent = zsock_send(fd, data, len, ZSOCK_MSG_DONTWAIT);
	return sent > 0 ? (unsigned int)sent : 0;
}

/* Bytes received, 0 at the end; negative: nothing until @a end. */
static ssize_t receive(int fd, uint8_t *data, size_t len, int64_t end)
{
	struct zsock_pollfd poll = {.fd = fd, .events = ZSOCK_POLLIN};
	int64_t left = end - k_uptime_get();

	if (left < 0 || zsock_poll(&poll, 1, (int)left) <= 0)
		return -1;
	len = (size_t)zsock_recv(fd, data, len, ZSOCK_MSG_DONTWAIT);
	return (ssize_t)len < 0 ? 0 : (ssize_t)len;
}

bool client_gets(int fd, unsigned int len, uint32_t ms)
{
	uint8_t data[DATA_MAX], expected[DATA_MAX];
	int64_t end = k_uptime_get() + ms;
	unsigned int got = 0;

	zassert_true(len <= sizeof(data));
	fill(expected, len);
	while (got < len) {
		ssize_t more = receive(fd, data + got, len - got, end);

		if (more <= 0)
			return false;
		got += (unsigned int)more;
	}
	return memcmp(data, expected, len) == 0;
}

unsigned int client_takes_all(int fd, uint32_t ms)
{
	uint8_t data[DATA_MAX];
	unsigned int all = 0;
	ssize_t more;

	while ((more = receive(fd, data, sizeof(data), k_uptime_get() + ms)) > 0)
		all += (unsigned int)more;
	return all;
}

bool client_sees_the_end(int fd, uint32_t ms)
{
	uint8_t data[DATA_MAX];
	int64_t end = k_uptime_get() + ms;
	ssize_t more;

	do
		more = receive(fd, data, sizeof(data), end);
	while (more > 0);
	return more == 0;
}
