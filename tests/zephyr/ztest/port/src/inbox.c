/* SPDX-License-Identifier: MIT */
/* What an application of the board receives on UDP port 4242; see board.h. */
#include <string.h>

#include <zephyr/net/socket.h>
#include <zephyr/ztest.h>

#include "board.h"

#define PORT 4242

static int sockets[2] = {-1, -1};

void inbox_open(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};

	sockets[0] = zsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	sockets[1] = zsock_socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	zassert_ok(zsock_bind(sockets[0], (struct sockaddr *)&in, sizeof(in)));
	zassert_ok(zsock_bind(sockets[1], (struct sockaddr *)&in6, sizeof(in6)));
}

void inbox_close(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		if (sockets[i] >= 0)
			(void)zsock_close(sockets[i]);
		sockets[i] = -1;
	}
}

static ssize_t next(uint8_t family, uint8_t *buf, size_t size, uint8_t from[16], int timeout)
{
	struct zsock_pollfd fd = {.fd = sockets[family == ZWG_AF_INET6], .events = ZSOCK_POLLIN};
	struct sockaddr_in6 src;
	socklen_t src_len = sizeof(src);
	ssize_t len;

	if (zsock_poll(&fd, 1, timeout) <= 0)
		return -1;
	len = zsock_recvfrom(fd.fd, buf, size, 0, (struct sockaddr *)&src, &src_len);
	if (family == ZWG_AF_INET6)
		memcpy(from, &src.sin6_addr, 16);
	else
		memcpy(from, &((struct sockaddr_in *)&src)->sin_addr, 4);
	return len;
}

bool inbox_got(const uint8_t *payload, size_t len, const struct zwg_addr *from)
{
	static uint8_t buf[INNER_MAX];
	uint8_t src[16] = {0};
	ssize_t got = next(from->family, buf, sizeof(buf), src, 1000);

	return got == (ssize_t)len && memcmp(buf, payload, len) == 0 &&
	       memcmp(src, from->bytes, sizeof(src)) == 0;
}

bool inbox_quiet(void)
{
	uint8_t buf[1], src[16];

	return next(ZWG_AF_INET, buf, sizeof(buf), src, 100) < 0 &&
	       next(ZWG_AF_INET6, buf, sizeof(buf), src, 0) < 0;
}
