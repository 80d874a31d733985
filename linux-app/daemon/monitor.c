/* SPDX-License-Identifier: MIT */
/* Multicast messages of rtnetlink; see monitor.h. */
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The number of the device in the namespace of the calling thread, which must be its own. */
static int index_of(int tun_fd)
{
	struct ifreq request = {0};
	unsigned int index;

	if (ioctl(tun_fd, TUNGETIFF, &request) < 0)
		return -errno;
	index = if_nametoindex(request.ifr_name);
	return index == 0 ? -errno : (int)index;
}

static void ask_for_link(const struct monitor *monitor)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header =
			{
				.nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST,
			},
		.link = {.ifi_index = monitor->index},
	};

	send(monitor->links.fd, &request, sizeof(request), 0);
}

static int watch_links_here(struct monitor *monitor)
{
	int index = index_of(monitor->tun_fd);
	int fd;

	if (index < 0)
		return index;
	fd = listen_to(LINK_GROUPS);
	if (fd < 0)
		return fd;
	monitor->index = index;
	monitor->links.fd = fd;
	ask_for_link(monitor);
	return loop_add(monitor->loop, &monitor->links, EPOLLIN);
}

static void forget_links(struct monitor *monitor)
{
	loop_remove(monitor->loop, &monitor->links);
	if (monitor->links.fd >= 0)
		close(monitor->links.fd);
	monitor->links.fd = -1;
}

/* A thread may listen in another namespace only from within. */
static void follow_to_namespace(struct monitor *monitor)
{
	int there = ioctl(monitor->tun_fd, TUNGETDEVNETNS);
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	forget_links(monitor);
	if (there >= 0 && here >= 0 && setns(there, CLONE_NEWNET) == 0) {
		if (watch_links_here(monitor))
			forget_links(monitor);
		/* Back where the sockets are; if that cannot be had, nothing is right any more. */
		if (setns(here, CLONE_NEWNET) < 0)
			loop_stop(monitor->loop);
	}
	if (there >= 0)
		close(there);
	if (here >= 0)
		close(here);
}

static void read_link(struct monitor *monitor, struct nlmsghdr *header)
{
	struct ifinfomsg *link = NLMSG_DATA(header);
	size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*link));
	uint32_t mtu = 0;

	for (struct rtattr *attr = IFLA_RTA(link); RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_MTU && RTA_PAYLOAD(attr) == sizeof(mtu))
			memcpy(&mtu, RTA_DATA(attr), sizeof(mtu));
	monitor->ops->link(monitor->ctx, (link->ifi_flags & IFF_UP) != 0, mtu);
}

static void links_ready(void *ctx, uint32_t events)
{
	struct monitor *monitor = ctx;
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} from_kernel;
	struct nlmsghdr *header = &from_kernel.header;
	ssize_t n = recv(monitor->links.fd, &from_kernel, sizeof(from_kernel), 0);
	size_t left = n < 0 ? 0 : (size_t)n;

	(void)events;
	/* Some messages were lost: what is now counts. */
	if (n < 0 && errno == ENOBUFS)
		ask_for_link(monitor);
	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		const struct ifinfomsg *link = NLMSG_DATA(header);

		if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*link)) ||
		    link->ifi_index != monitor->index)
			continue;
		if (header->nlmsg_type == RTM_NEWLINK)
			read_link(monitor, header);
		if (header->nlmsg_type == RTM_DELLINK && link->ifi_family == AF_UNSPEC) {
			follow_to_namespace(monitor);
			return;
		}
	}
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
	err = watch_links_here(monitor);
	if (!err) {
		monitor->routes.fd = listen_to(ROUTE_GROUPS);
		err = monitor->routes.fd < 0 ? monitor->routes.fd
					     : loop_add(loop, &monitor->routes, EPOLLIN);
	}
	if (err)
		monitor_stop(monitor);
	return err;
}

void monitor_stop(struct monitor *monitor)
{
	if (!monitor->loop)
		return;
	forget_links(monitor);
	loop_remove(monitor->loop, &monitor->routes);
	if (monitor->routes.fd >= 0)
		close(monitor->routes.fd);
	*monitor = (struct monitor){0};
}
