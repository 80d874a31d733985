/* SPDX-License-Identifier: MIT */
/* Addresses and control messages of datagrams; see udp_message.h, ip(7), ipv6(7) and cmsg(3). */
#include "udp_message.h"

#include <string.h>

socklen_t udp_sockaddr(const struct zwg_endpoint *at, union udp_address *sa)
{
	*sa = (union udp_address){0};
	if (at->addr.family == ZWG_AF_INET) {
		struct sockaddr_in *in = &sa->in;

		in->sin_family = AF_INET;
		in->sin_port = htons(at->port);
		memcpy(&in->sin_addr, at->addr.bytes, 4);
		return sizeof(*in);
	}
	if (at->addr.family == ZWG_AF_INET6) {
		struct sockaddr_in6 *in6 = &sa->in6;

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

static void add_ancillary(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c =
		(struct cmsghdr *)(void *)((char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
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

void udp_message_to(struct msghdr *msg, union udp_address *sa, union udp_control *control,
		    const struct zwg_endpoint *to, uint8_t tos, bool sticky, uint16_t segment)
{
	int tclass = tos;

	*control = (union udp_control){0};
	msg->msg_name = sa;
	msg->msg_namelen = udp_sockaddr(to, sa);
	msg->msg_control = control;
	msg->msg_controllen = 0;
	if (to->addr.family == ZWG_AF_INET)
		add_ancillary(msg, IPPROTO_IP, IP_TOS, &tclass, sizeof(tclass));
	else
		add_ancillary(msg, IPPROTO_IPV6, IPV6_TCLASS, &tclass, sizeof(tclass));
	if (sticky)
		add_source(msg, to);
	if (segment > 0)
		add_ancillary(msg, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
}

static void read_source4(const struct cmsghdr *c, struct zwg_endpoint *from)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	from->src.family = ZWG_AF_INET;
	memcpy(from->src.bytes, &info.ipi_spec_dst, 4);
	from->src_if = (uint32_t)info.ipi_ifindex;
}

static void read_source6(const struct cmsghdr *c, struct zwg_endpoint *from)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	from->src.family = ZWG_AF_INET6;
	memcpy(from->src.bytes, &info.ipi6_addr, 16);
	from->src_if = (uint32_t)info.ipi6_ifindex;
}

static int read_int(const struct cmsghdr *c)
{
	int value;

	memcpy(&value, CMSG_DATA(c), sizeof(value));
	return value;
}

bool udp_message_from(const struct msghdr *msg, struct udp_origin *origin)
{
	*origin = (struct udp_origin){0};
	if (msg->msg_flags & MSG_TRUNC || !udp_endpoint(msg->msg_name, &origin->from))
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((struct msghdr *)msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			read_source4(c, &origin->from);
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			origin->tos = *CMSG_DATA(c);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			read_source6(c, &origin->from);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
			origin->tos = (uint8_t)read_int(c);
		else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			origin->segment = (size_t)read_int(c);
	}
	return true;
}
