/* SPDX-License-Identifier: MIT */
/*
 * The echo service (RFC 862, at a port of its own): TCP and UDP, IPv4 and IPv6, one thread, the
 * caller's, one buffer. Its sockets are bound to zwg0, so that only the tunnel's peers reach it,
 * unless Kconfig says otherwise. Nobody can hold it: what is sent back has STALL_MS to go, else
 * the connection is closed; so is one over which nothing has come for CONFIG_ZWG_APP_ECHO_IDLE.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/net/socket.h>
#include <zephyr/posix/fcntl.h>

#include <zwg/zephyr.h>

#include "echo.h"

LOG_MODULE_REGISTER(echo, LOG_LEVEL_INF);

#define RETRY_MS 1000
#define STALL_MS 1000
#define PAUSE_MS 10 /* At most, until it is tried again to send. */
#define IDLE_MS	 (CONFIG_ZWG_APP_ECHO_IDLE * MSEC_PER_SEC)

enum {
	UDP4,
	UDP6,
	TCP4,
	TCP6,
	FIRST_CONNECTION,
	SOCKETS = FIRST_CONNECTION + CONFIG_ZWG_APP_ECHO_CONNECTIONS
};

static struct zsock_pollfd fds[SOCKETS];
static uint32_t active_at[CONFIG_ZWG_APP_ECHO_CONNECTIONS]; /* By k_uptime_get_32(). */
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

/* No call on it waits. -1 is let through. */
static int unblocked(int fd)
{
	if (fd >= 0)
		(void)zsock_fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
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
	return unblocked(fd);
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

/* Waits for room in the window, or for buffers, whose coming nobody tells. */
static void pause_sending(int fd)
{
	struct zsock_pollfd window = {.fd = fd, .events = ZSOCK_POLLOUT};

	if (errno == EAGAIN)
		(void)zsock_poll(&window, 1, PAUSE_MS);
	else
		k_msleep(PAUSE_MS);
}

/* False if it has not gone within STALL_MS. */
static bool send_all(int fd, size_t len, const struct sockaddr *to, socklen_t to_len)
{
	uint32_t start = k_uptime_get_32();
	size_t done = 0;

	do {
		ssize_t sent = zsock_sendto(fd, buffer + done, len - done, 0, to, to_len);

		if (sent >= 0)
			done += (size_t)sent;
		else if (errno == EAGAIN || errno == ENOBUFS)
			pause_sending(fd);
		else
			return false;
	} while (done < len && k_uptime_get_32() - start < STALL_MS);
	return done == len;
}

/* Sends back what has come. False: it could not, or the connection is at its end. */
static bool echo(int fd, bool is_stream)
{
	union address from;
	socklen_t from_len = sizeof(from);
	ssize_t len = zsock_recvfrom(fd, buffer, sizeof(buffer), is_stream ? 0 : ZSOCK_MSG_TRUNC,
				     is_stream ? NULL : &from.any, is_stream ? NULL : &from_len);

	if (len < 0)
		return errno == EAGAIN;
	if (is_stream ? len == 0 : (size_t)len > sizeof(buffer))
		return false;
	return send_all(fd, (size_t)len, is_stream ? NULL : &from.any, is_stream ? 0 : from_len);
}

/* Takes a connection if there is a place for it; the others wait in the listening socket. */
static void accept_connection(int fd)
{
	for (int i = FIRST_CONNECTION; i < SOCKETS; i++)
		if (fds[i].fd < 0) {
			watch(i, unblocked(zsock_accept(fd, NULL, NULL)));
			active_at[i - FIRST_CONNECTION] = k_uptime_get_32();
			return;
		}
}

static void close_connection(int place)
{
	(void)zsock_close(fds[place].fd);
	watch(place, -1);
}

/* Milliseconds until the next connection has been idle for too long; -1: there is none. */
static int close_idle(void)
{
	int next = -1;

	for (int i = FIRST_CONNECTION; i < SOCKETS; i++) {
		uint32_t idle = k_uptime_get_32() - active_at[i - FIRST_CONNECTION];

		if (fds[i].fd < 0)
			continue;
		if (idle >= IDLE_MS)
			close_connection(i);
		else if (next < 0 || (int)(IDLE_MS - idle) < next)
			next = (int)(IDLE_MS - idle);
	}
	return next;
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
	bool is_stream = place >= FIRST_CONNECTION;

	if (place == TCP4 || place == TCP6)
		accept_connection(fds[place].fd);
	else if (!echo(fds[place].fd, is_stream) && is_stream)
		close_connection(place);
	else if (is_stream)
		active_at[place - FIRST_CONNECTION] = k_uptime_get_32();
}

void echo_run(void)
{
	open_all();
	for (;;) {
		int timeout = close_idle();

		listen_if_free();
		if (zsock_poll(fds, SOCKETS, timeout) < 0) {
			k_msleep(RETRY_MS);
			continue;
		}
		for (int i = 0; i < SOCKETS; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				serve(i);
	}
}
