/* SPDX-License-Identifier: MIT */
/* UDP sockets with sticky source and type of service; see udp.h. */
#include "udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "packets.h"

#define PORT_ATTEMPTS 100	/* To find one port that is free in both families. */
#define SOCKET_BUFFER (4 << 20) /* Bytes each way; what the system allows of them. */

socklen_t udp_sockaddr(const struct zwg_endpoint *at, struct sockaddr_storage *sa)
{
	*sa = (struct sockaddr_storage){0};
	if (at->addr.family == ZWG_AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)sa;

		in->sin_family = AF_INET;
		in->sin_port = htons(at->port);
		memcpy(&in->sin_addr, at->addr.bytes, 4);
		return sizeof(*in);
	}
	if (at->addr.family == ZWG_AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(at->port);
		in6->sin6_scope_id = at->scope;
		memcpy(&in6->sin6_addr, at->addr.bytes, 16);
		return sizeof(*in6);
	}
	return 0;
}

bool udp_endpoint(const struct sockaddr *sa, struct zwg_endpoint *at)
{
	*at = (struct zwg_endpoint){0};
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;

		at->addr.family = ZWG_AF_INET;
		at->port = ntohs(in->sin_port);
		memcpy(at->addr.bytes, &in->sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;

		at->addr.family = ZWG_AF_INET6;
		at->port = ntohs(in6->sin6_port);
		memcpy(at->addr.bytes, &in6->sin6_addr, 16);
		/* Only a link-local address needs its interface to be said again. */
		if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			at->scope = in6->sin6_scope_id;
		return true;
	}
	return false;
}

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
	struct sockaddr_storage sa;
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
		if (bind(fd, (struct sockaddr *)&sa, len) < 0)
			err = -errno;
	}
	if (!err) {
		len = sizeof(sa);
		if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
			err = -errno;
		else if (udp_endpoint((struct sockaddr *)&sa, &at))
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

static void read_ancillary(struct msghdr *msg, struct zwg_endpoint *from, uint8_t *tos)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			from->src.family = ZWG_AF_INET;
			memcpy(from->src.bytes, &info.ipi_spec_dst, 4);
			from->src_if = (uint32_t)info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			*tos = *CMSG_DATA(c);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			from->src.family = ZWG_AF_INET6;
			memcpy(from->src.bytes, &info.ipi6_addr, 16);
			from->src_if = (uint32_t)info.ipi6_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			int tclass;

			memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
			*tos = (uint8_t)tclass;
		}
	}
}

int udp_receive(int fd, struct zwg_packet *pkt, struct zwg_endpoint *from, uint8_t *tos)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov[PACKET_MAX_SEGS];
	struct sockaddr_storage sa;
	struct msghdr msg = {
		.msg_name = &sa,
		.msg_namelen = sizeof(sa),
		.msg_iov = iov,
		.msg_iovlen = packet_iov(pkt, iov),
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	if (!udp_endpoint((struct sockaddr *)&sa, from))
		return -EAFNOSUPPORT;
	pkt->len = (size_t)n;
	*tos = 0;
	read_ancillary(&msg, from, tos);
	return 0;
}

static struct cmsghdr *add_ancillary(struct msghdr *msg, int level, int type, const void *data,
				     size_t len)
{
	struct cmsghdr *c =
		(struct cmsghdr *)(void *)((char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
	return c;
}

/* The source is given by address alone: the interface follows from the routes, which may change. */
static void add_source(struct msghdr *msg, const struct zwg_endpoint *to)
{
	if (to->src.family == ZWG_AF_INET) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, to->src.bytes, 4);
		add_ancillary(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = {0};

		memcpy(&info.ipi6_addr, to->src.bytes, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = to->src_if;
		add_ancillary(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

static int send_from(int fd, const struct zwg_endpoint *to, uint8_t tos, const struct iovec *iov,
		     size_t count, bool sticky)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct sockaddr_storage sa;
	struct msghdr msg = {
		.msg_name = &sa,
		.msg_namelen = udp_sockaddr(to, &sa),
		.msg_iov = (struct iovec *)iov,
		.msg_iovlen = count,
		.msg_control = &control,
	};
	int tclass = tos;
	ssize_t n;

	if (to->addr.family == ZWG_AF_INET)
		add_ancillary(&msg, IPPROTO_IP, IP_TOS, &tclass, sizeof(tclass));
	else
		add_ancillary(&msg, IPPROTO_IPV6, IPV6_TCLASS, &tclass, sizeof(tclass));
	if (sticky)
		add_source(&msg, to);
	do {
		n = sendmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int udp_send(const struct udp *udp, const struct zwg_endpoint *to, uint8_t tos,
	     const struct iovec *iov, size_t count)
{
	int fd = to->addr.family == ZWG_AF_INET	   ? udp->fd[UDP_INET]
		 : to->addr.family == ZWG_AF_INET6 ? udp->fd[UDP_INET6]
						   : -1;
	bool sticky = to->src.family == to->addr.family;
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
