/* SPDX-License-Identifier: MIT */
/* UDP sockets with sticky source and type of service; see udp.h. */
#include "udp.h"

#include <errno.h>
#include <unistd.h>

#include "udp_message.h"

#define PORT_ATTEMPTS 100	/* To find one port that is free in both families. */
#define SOCKET_BUFFER (4 << 20) /* Bytes each way; what the system allows of them. */

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_mark(int fd, uint32_t fwmark)
{
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &fwmark, sizeof(fwmark)) < 0 ? -errno : 0;
}

static int set_options(int fd, int family, uint32_t fwmark)
{
	int err;

	if (family == AF_INET) {
		err = set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
		if (!err)
			err = set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
		/* Like the Linux kernel's WireGuard: outer IPv4 packets may be fragmented. */
		if (!err)
			err = set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	} else {
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		if (!err)
			err = set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		if (!err)
			err = set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	}
	if (!err && fwmark != 0)
		err = set_mark(fd, fwmark);
	/* Without it the kernel gives datagrams one by one (before Linux 5.0). */
	set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
	/* Buffers are a wish: without the capability the system's limit holds. */
	if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER) < 0)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
	if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER) < 0)
		set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
	return err;
}

/* A bound socket, or a negative errno; *port becomes the one that it got. */
static int open_one(int family, const struct zwg_addr *local, uint16_t *port, uint32_t fwmark)
{
	struct zwg_endpoint at = {.port = *port};
	union udp_address sa;
	socklen_t len;
	int fd, err;

	at.addr.family = family == AF_INET ? ZWG_AF_INET : ZWG_AF_INET6;
	if (local)
		at.addr = *local;
	fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = set_options(fd, family, fwmark);
	if (!err) {
		len = udp_sockaddr(&at, &sa);
		if (bind(fd, &sa.any, len) < 0)
			err = -errno;
	}
	if (!err) {
		len = sizeof(sa);
		if (getsockname(fd, &sa.any, &len) < 0)
			err = -errno;
		else if (udp_endpoint(&sa.any, &at))
			*port = at.port;
	}
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int open_both(struct udp *udp, uint16_t port, uint32_t fwmark)
{
	int err = 0;

	for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
		udp->port = port;
		udp->fd[UDP_INET] = open_one(AF_INET, NULL, &udp->port, fwmark);
		if (udp->fd[UDP_INET] < 0)
			return udp->fd[UDP_INET];
		udp->fd[UDP_INET6] = open_one(AF_INET6, NULL, &udp->port, fwmark);
		if (udp->fd[UDP_INET6] >= 0)
			return 0;
		err = udp->fd[UDP_INET6];
		if (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL) {
			udp->fd[UDP_INET6] = -1;
			return 0;
		}
		udp_close(udp);
		if (err != -EADDRINUSE || port != 0)
			break;
	}
	return err;
}

static bool can_segment(int fd)
{
	return fd >= 0 && set_option(fd, IPPROTO_UDP, UDP_SEGMENT, 0) == 0;
}

int udp_open(struct udp *udp, const struct zwg_addr *local, uint16_t port, uint32_t fwmark)
{
	int err;

	*udp = (struct udp){.fd = {-1, -1}, .port = port};
	if (!local) {
		err = open_both(udp, port, fwmark);
	} else {
		int which = local->family == ZWG_AF_INET ? UDP_INET : UDP_INET6;

		err = open_one(which == UDP_INET ? AF_INET : AF_INET6, local, &udp->port, fwmark);
		if (err >= 0) {
			udp->fd[which] = err;
			err = 0;
		}
	}
	if (err < 0)
		udp_close(udp);
	for (int i = 0; i < UDP_FAMILIES; i++)
		udp->segment[i] = can_segment(udp->fd[i]);
	return err;
}

void udp_close(struct udp *udp)
{
	for (int i = 0; i < UDP_FAMILIES; i++) {
		if (udp->fd[i] >= 0)
			close(udp->fd[i]);
		udp->fd[i] = -1;
	}
}

int udp_set_fwmark(const struct udp *udp, uint32_t fwmark)
{
	for (int i = 0; i < UDP_FAMILIES; i++) {
		int err = udp->fd[i] < 0 ? 0 : set_mark(udp->fd[i], fwmark);

		if (err)
			return err;
	}
	return 0;
}

int udp_socket(const struct udp *udp, const struct zwg_endpoint *to)
{
	return to->addr.family == ZWG_AF_INET	 ? udp->fd[UDP_INET]
	       : to->addr.family == ZWG_AF_INET6 ? udp->fd[UDP_INET6]
						 : -1;
}

static int send_from(int fd, const struct zwg_endpoint *to, uint8_t tos, const struct iovec *iov,
		     size_t count, bool sticky)
{
	union udp_control control;
	union udp_address sa;
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = count};
	ssize_t n;

	udp_message_to(&msg, &sa, &control, to, tos, sticky, 0);
	do {
		n = sendmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

bool udp_can_segment(const struct udp *udp, const struct zwg_endpoint *to)
{
	return udp->segment[to->addr.family == ZWG_AF_INET6 ? UDP_INET6 : UDP_INET];
}

void udp_cannot_segment(struct udp *udp, const struct zwg_endpoint *to)
{
	udp->segment[to->addr.family == ZWG_AF_INET6 ? UDP_INET6 : UDP_INET] = false;
}

bool udp_is_sticky(const struct zwg_endpoint *to)
{
	return to->src.family == to->addr.family;
}

int udp_send(const struct udp *udp, const struct zwg_endpoint *to, uint8_t tos,
	     const struct iovec *iov, size_t count)
{
	bool sticky = udp_is_sticky(to);
	int fd = udp_socket(udp, to);
	int err;

	if (fd < 0)
		return -EAFNOSUPPORT;
	err = send_from(fd, to, tos, iov, count, sticky);
	/* The address that the peer knew is no longer ours, or leads nowhere. */
	if (sticky && (err == -EINVAL || err == -EADDRNOTAVAIL || err == -ENETUNREACH ||
		       err == -EHOSTUNREACH))
		err = send_from(fd, to, tos, iov, count, false);
	return err;
}
