/* SPDX-License-Identifier: MIT */
/*
 * The echo service (RFC 862, at a port of its own): TCP and UDP, IPv4 and IPv6, one thread, the
 * caller's, one buffer. Its sockets are bound to zwg0, so that only the tunnel's peers reach it,
 * unless Kconfig says otherwise.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/net/socket.h>

#include <zwg/zephyr.h>

#include "echo.h"

LOG_MODULE_REGISTER(echo, LOG_LEVEL_INF);

#define RETRY_MS 1000

enum {
	UDP4,
	UDP6,
	TCP4,
	TCP6,
	FIRST_CONNECTION,
	SOCKETS = FIRST_CONNECTION + CONFIG_ZWG_APP_ECHO_CONNECTIONS
};

static struct zsock_pollfd fds[SOCKETS];
static uint8_t buffer[CONFIG_ZWG_APP_ECHO_BUFFER];

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t any_address(sa_family_t family, union address *addr)
{
	*addr = (union address){.any.sa_family = family};
	if (family == AF_INET6) {
		addr->in6.sin6_port = htons(CONFIG_ZWG_APP_ECHO_PORT);
		return sizeof(addr->in6);
	}
	addr->in.sin_port = htons(CONFIG_ZWG_APP_ECHO_PORT);
	return sizeof(addr->in);
}

static int bind_to_tunnel(int fd)
{
	struct ifreq ifreq = {0};

	if (IS_ENABLED(CONFIG_ZWG_APP_ECHO_OUTSIDE))
		return 0;
	(void)net_if_get_name(zwg_net_if(0), ifreq.ifr_name, sizeof(ifreq.ifr_name));
	return zsock_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &ifreq, sizeof(ifreq));
}

/* A socket, or -1 after saying why there is none. */
static int open_socket(sa_family_t family, enum net_sock_type type)
{
	union address addr;
	socklen_t len = any_address(family, &addr);
	int fd = zsock_socket(family, type, type == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP);

	if (fd < 0 || bind_to_tunnel(fd) || zsock_bind(fd, &addr.any, len) ||
	    (type == SOCK_STREAM && zsock_listen(fd, CONFIG_ZWG_APP_ECHO_CONNECTIONS))) {
		LOG_ERR("no %s socket for IPv%c (%d)", type == SOCK_DGRAM ? "UDP" : "TCP",
			family == AF_INET ? '4' : '6', errno);
		if (fd >= 0)
			(void)zsock_close(fd);
		return -1;
	}
	return fd;
}

static void watch(int place, int fd)
{
	fds[place] = (struct zsock_pollfd){.fd = fd, .events = ZSOCK_POLLIN};
}

static void open_all(void)
{
	for (int i = 0; i < SOCKETS; i++)
		watch(i, -1);
	if (IS_ENABLED(CONFIG_NET_IPV4)) {
		watch(UDP4, open_socket(AF_INET, SOCK_DGRAM));
		watch(TCP4, open_socket(AF_INET, SOCK_STREAM));
	}
	if (IS_ENABLED(CONFIG_NET_IPV6)) {
		watch(UDP6, open_socket(AF_INET6, SOCK_DGRAM));
		watch(TCP6, open_socket(AF_INET6, SOCK_STREAM));
	}
}

static void echo_datagram(int fd)
{
	union address from;
	socklen_t from_len = sizeof(from);
	ssize_t len =
		zsock_recvfrom(fd, buffer, sizeof(buffer), ZSOCK_MSG_TRUNC, &from.any, &from_len);

	if (len >= 0 && (size_t)len <= sizeof(buffer))
		(void)zsock_sendto(fd, buffer, (size_t)len, 0, &from.any, from_len);
}

/* Takes a connection if there is a place for it; the others wait in the listening socket. */
static void accept_connection(int fd)
{
	for (int i = FIRST_CONNECTION; i < SOCKETS; i++)
		if (fds[i].fd < 0) {
			watch(i, zsock_accept(fd, NULL, NULL));
			return;
		}
}

static bool send_all(int fd, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t sent = zsock_send(fd, buffer + done, len - done, 0);

		if (sent <= 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

static void echo_stream(int place)
{
	ssize_t len = zsock_recv(fds[place].fd, buffer, sizeof(buffer), 0);

	if (len > 0 && send_all(fds[place].fd, (size_t)len))
		return;
	(void)zsock_close(fds[place].fd);
	watch(place, -1);
}

static void listen_if_free(void)
{
	bool free = false;

	for (int i = FIRST_CONNECTION; i < SOCKETS; i++)
		free = free || fds[i].fd < 0;
	fds[TCP4].events = free ? ZSOCK_POLLIN : 0;
	fds[TCP6].events = free ? ZSOCK_POLLIN : 0;
}

static void serve(int place)
{
	if (place == UDP4 || place == UDP6)
		echo_datagram(fds[place].fd);
	else if (place == TCP4 || place == TCP6)
		accept_connection(fds[place].fd);
	else
		echo_stream(place);
}

void echo_run(void)
{
	open_all();
	for (;;) {
		listen_if_free();
		if (zsock_poll(fds, SOCKETS, -1) < 0) {
			k_msleep(RETRY_MS);
			continue;
		}
		for (int i = 0; i < SOCKETS; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				serve(i);
	}
}
