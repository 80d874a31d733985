/* SPDX-License-Identifier: MIT */
/* Multicast messages of rtnetlink; see monitor.h. */
#include "monitor.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "port/log.h"

#define GROUP(number) (1U << ((number)-1))
#define LINK_GROUPS   GROUP(RTNLGRP_LINK)
#define ROUTE_GROUPS                                                                               \
	(GROUP(RTNLGRP_IPV4_ROUTE) | GROUP(RTNLGRP_IPV6_ROUTE) | GROUP(RTNLGRP_IPV4_RULE) |        \
	 GROUP(RTNLGRP_IPV6_RULE))

static int listen_to(uint32_t groups)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Links may change in other namespaces too, routes matter in this one only. */
static int hear_other_namespaces(struct monitor *monitor)
{
	int on = 1;
	int err = setsockopt(monitor->links.fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on,
			     sizeof(on)) < 0
			  ? -errno
			  : 0;

	monitor->hears_others = !err;
	if (err != -EPERM)
		return err;
	log_warning("no CAP_NET_BROADCAST: moved to another network namespace, the interface is "
		    "not seen to go up there, and carries nothing");
	return 0;
}

/* Where the device is now, and how it is. A socket in its namespace would tell as well, but keep
 * that namespace for ever. */
static int find_link(struct monitor *monitor)
{
	struct netlink_link link;
	struct ifreq name = {0};
	struct netlink nl;
	int ns_fd, err;

	if (ioctl(monitor->tun_fd, TUNGETIFF, &name) < 0)
		return -errno;
	ns_fd = ioctl(monitor->tun_fd, TUNGETDEVNETNS);
	if (ns_fd < 0)
		return -errno;
	err = netlink_open(&nl);
	if (!err) {
		err = netlink_namespace(&nl, ns_fd, &monitor->namespace);
		if (!err)
			err = netlink_get_link(&nl, monitor->namespace, name.ifr_name, &link);
		netlink_close(&nl);
	}
	close(ns_fd);
	if (err)
		return err;
	monitor->index = link.index;
	monitor->ops->link(monitor->ctx, link.up, link.mtu);
	return 0;
}

static void read_links(struct monitor *monitor, struct nlmsghdr *header, size_t left)
{
	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		const struct ifinfomsg *info = NLMSG_DATA(header);
		struct netlink_link link;

		if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
		    info->ifi_family != AF_UNSPEC ||
		    (unsigned int)info->ifi_index != monitor->index)
			continue;
		if (header->nlmsg_type == RTM_NEWLINK) {
			netlink_read_link(header, header->nlmsg_len, &link);
			monitor->ops->link(monitor->ctx, link.up, link.mtu);
		} else if (header->nlmsg_type == RTM_DELLINK) {
			/* Moved; if it was removed, the device itself will tell. */
			find_link(monitor);
		}
	}
}

/* The namespace from which a message came. */
static int namespace_of(struct msghdr *msg)
{
	int number = NETLINK_HERE;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
			memcpy(&number, CMSG_DATA(c), sizeof(number));
	return number;
}

static void links_ready(void *ctx, uint32_t events)
{
	struct monitor *monitor = ctx;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} from_kernel;
	struct iovec iov = {.iov_base = &from_kernel, .iov_len = sizeof(from_kernel)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(monitor->links.fd, &msg, 0);

	(void)events;
	/* Some messages were lost: what is now counts. */
	if (n < 0 && errno == ENOBUFS)
		find_link(monitor);
	else if (n > 0 && namespace_of(&msg) == monitor->namespace)
		read_links(monitor, &from_kernel.header, (size_t)n);
	/* Its leaving a namespace that is not heard is not heard either. */
	else if (n > 0 && !monitor->hears_others)
		find_link(monitor);
}

static void routes_ready(void *ctx, uint32_t events)
{
	struct monitor *monitor = ctx;
	char from_kernel[32768];
	ssize_t n;

	(void)events;
	/* That something has changed is all that counts, however much it was. */
	do {
		n = recv(monitor->routes.fd, from_kernel, sizeof(from_kernel), 0);
	} while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
	monitor->ops->routes(monitor->ctx);
}

static int watch(struct monitor *monitor, struct loop_source *source, uint32_t groups)
{
	source->fd = listen_to(groups);
	return source->fd < 0 ? source->fd : loop_add(monitor->loop, source, EPOLLIN);
}

int monitor_start(struct monitor *monitor, struct loop *loop, int tun_fd,
		  const struct monitor_ops *ops, void *ctx)
{
	int err;

	*monitor = (struct monitor){
		.loop = loop,
		.tun_fd = tun_fd,
		.links = {.fd = -1, .ready = links_ready, .ctx = monitor},
		.routes = {.fd = -1, .ready = routes_ready, .ctx = monitor},
		.ops = ops,
		.ctx = ctx,
	};
	err = watch(monitor, &monitor->links, LINK_GROUPS);
	if (!err)
		err = hear_other_namespaces(monitor);
	if (!err)
		err = watch(monitor, &monitor->routes, ROUTE_GROUPS);
	if (!err)
		err = find_link(monitor);
	if (err)
		monitor_stop(monitor);
	return err;
}

static void forget(struct monitor *monitor, struct loop_source *source)
{
	loop_remove(monitor->loop, source);
	if (source->fd >= 0)
		close(source->fd);
}

void monitor_stop(struct monitor *monitor)
{
	if (!monitor->loop)
		return;
	forget(monitor, &monitor->links);
	forget(monitor, &monitor->routes);
	*monitor = (struct monitor){0};
}
