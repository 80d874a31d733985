/* SPDX-License-Identifier: MIT */
/* rtnetlink requests, each one message and its acknowledgement; see netlink.h. */
#include "netlink.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	uint8_t body[256];
};

static void begin(struct request *req, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	*req = (struct request){
		.header =
			{
				.nlmsg_type = type,
				.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
				.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
			},
	};
	memcpy(NLMSG_DATA(&req->header), body, len);
}

static void add_attr(struct request *req, uint16_t type, const void *data, size_t len)
{
	struct rtattr attr = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len)};
	uint8_t *at = (uint8_t *)req + NLMSG_ALIGN(req->header.nlmsg_len);

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + RTA_LENGTH(0), data, len);
	req->header.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(req->header.nlmsg_len) + RTA_ALIGN(attr.rta_len));
}

static void add_u32(struct request *req, uint16_t type, uint32_t value)
{
	add_attr(req, type, &value, sizeof(value));
}

static unsigned char family_of(uint8_t family)
{
	return family == ZWG_AF_INET ? AF_INET : AF_INET6;
}

static size_t addr_len(uint8_t family)
{
	return family == ZWG_AF_INET ? 4 : 16;
}

union reply {
	struct nlmsghdr header;
	uint8_t bytes[8192];
};

/* Takes the answer to the last request: an error or acknowledgement, or a message of the type
 * @a type. */
static int wait_for(const struct netlink *nl, uint16_t type, union reply *reply)
{
	struct nlmsgerr error;

	for (;;) {
		ssize_t n = recv(nl->fd, reply, sizeof(*reply), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!NLMSG_OK(&reply->header, (size_t)n) || reply->header.nlmsg_seq != nl->sequence)
			continue;
		if (reply->header.nlmsg_type == type)
			return 0;
		if (reply->header.nlmsg_type != NLMSG_ERROR ||
		    reply->header.nlmsg_len < NLMSG_LENGTH(sizeof(error)))
			continue;
		memcpy(&error, NLMSG_DATA(&reply->header), sizeof(error));
		return error.error;
	}
}

static int ask_for(struct netlink *nl, struct request *req, uint16_t type, union reply *reply)
{
	req->header.nlmsg_seq = ++nl->sequence;
	if (send(nl->fd, req, req->header.nlmsg_len, 0) < 0)
		return -errno;
	return wait_for(nl, type, reply);
}

static int ask(struct netlink *nl, struct request *req)
{
	union reply reply;

	return ask_for(nl, req, NLMSG_NOOP, &reply);
}

int netlink_open(struct netlink *nl)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	*nl = (struct netlink){
		.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE),
	};
	if (nl->fd < 0)
		return -errno;
	if (connect(nl->fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		int err = -errno;

		netlink_close(nl);
		return err;
	}
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

int netlink_set_mtu(struct netlink *nl, unsigned int index, uint32_t mtu)
{
	const struct ifinfomsg link = {.ifi_index = (int)index};
	struct request req;

	begin(&req, RTM_NEWLINK, 0, &link, sizeof(link));
	add_u32(&req, IFLA_MTU, mtu);
	return ask(nl, &req);
}

int netlink_link_up(struct netlink *nl, unsigned int index)
{
	const struct ifinfomsg link = {
		.ifi_index = (int)index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct request req;

	begin(&req, RTM_NEWLINK, 0, &link, sizeof(link));
	return ask(nl, &req);
}

/* Copies the attribute @a type, of four bytes. False if there is none. */
static bool find_u32(const struct rtattr *attr, size_t len, uint16_t type, void *value)
{
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if (attr->rta_type == type && RTA_PAYLOAD(attr) == 4) {
			memcpy(value, RTA_DATA(attr), 4);
			return true;
		}
	}
	return false;
}

static int ask_namespace(struct netlink *nl, int ns_fd, int *number)
{
	const struct rtgenmsg msg = {.rtgen_family = AF_UNSPEC};
	struct request req;
	union reply reply;
	int err;

	begin(&req, RTM_GETNSID, 0, &msg, sizeof(msg));
	req.header.nlmsg_flags = NLM_F_REQUEST;
	add_u32(&req, NETNSA_FD, (uint32_t)ns_fd);
	err = ask_for(nl, &req, RTM_NEWNSID, &reply);
	if (err)
		return err;
	if (!find_u32(
		    (struct rtattr *)((char *)NLMSG_DATA(&reply.header) + NLMSG_ALIGN(sizeof(msg))),
		    NLMSG_PAYLOAD(&reply.header, NLMSG_ALIGN(sizeof(msg))), NETNSA_NSID, number))
		return -ENOMSG;
	return 0;
}

static bool is_here(int ns_fd)
{
	struct stat there, here;

	return fstat(ns_fd, &there) == 0 && stat("/proc/self/ns/net", &here) == 0 &&
	       there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

int netlink_namespace(struct netlink *nl, int ns_fd, int *number)
{
	const struct rtgenmsg msg = {.rtgen_family = AF_UNSPEC};
	struct request req;
	int err;

	*number = NETLINK_HERE;
	if (is_here(ns_fd))
		return 0;
	err = ask_namespace(nl, ns_fd, number);
	if (err || *number != NETNSA_NSID_NOT_ASSIGNED)
		return err;
	begin(&req, RTM_NEWNSID, 0, &msg, sizeof(msg));
	add_u32(&req, NETNSA_FD, (uint32_t)ns_fd);
	add_u32(&req, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	err = ask(nl, &req);
	return err ? err : ask_namespace(nl, ns_fd, number);
}

void netlink_read_link(const void *message, size_t len, struct netlink_link *link)
{
	const struct nlmsghdr *header = message;
	const struct ifinfomsg *info = NLMSG_DATA(header);

	*link = (struct netlink_link){
		.index = (unsigned int)info->ifi_index,
		.up = (info->ifi_flags & IFF_UP) != 0,
	};
	find_u32(IFLA_RTA(info), len - NLMSG_LENGTH(sizeof(*info)), IFLA_MTU, &link->mtu);
}

int netlink_get_link(struct netlink *nl, int number, const char *name, struct netlink_link *link)
{
	const struct ifinfomsg msg = {.ifi_family = AF_UNSPEC};
	struct request req;
	union reply reply;
	int err;

	begin(&req, RTM_GETLINK, 0, &msg, sizeof(msg));
	req.header.nlmsg_flags = NLM_F_REQUEST;
	add_attr(&req, IFLA_IFNAME, name, strlen(name) + 1);
	if (number != NETLINK_HERE)
		add_u32(&req, IFLA_TARGET_NETNSID, (uint32_t)number);
	err = ask_for(nl, &req, RTM_NEWLINK, &reply);
	if (!err)
		netlink_read_link(&reply, reply.header.nlmsg_len, link);
	return err;
}

int netlink_add_address(struct netlink *nl, unsigned int index, const struct zwg_prefix *address)
{
	const struct ifaddrmsg msg = {
		.ifa_family = family_of(address->addr.family),
		.ifa_prefixlen = address->bits,
		.ifa_index = index,
	};
	size_t len = addr_len(address->addr.family);
	struct request req;

	begin(&req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &msg, sizeof(msg));
	add_attr(&req, IFA_LOCAL, address->addr.bytes, len);
	add_attr(&req, IFA_ADDRESS, address->addr.bytes, len);
	/* A tunnel has no neighbours with whom an address could clash. */
	if (address->addr.family == ZWG_AF_INET6)
		add_u32(&req, IFA_FLAGS, IFA_F_NODAD);
	return ask(nl, &req);
}

int netlink_add_route(struct netlink *nl, unsigned int index, const struct zwg_prefix *prefix,
		      uint32_t table)
{
	const struct rtmsg msg = {
		.rtm_family = family_of(prefix->addr.family),
		.rtm_dst_len = prefix->bits,
		.rtm_table = table < 256 ? (unsigned char)table : RT_TABLE_UNSPEC,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = prefix->addr.family == ZWG_AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	struct request req;

	begin(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &msg, sizeof(msg));
	add_attr(&req, RTA_DST, prefix->addr.bytes, addr_len(prefix->addr.family));
	add_u32(&req, RTA_OIF, index);
	add_u32(&req, RTA_TABLE, table);
	return ask(nl, &req);
}

static int rule(struct netlink *nl, bool add, uint8_t family, uint32_t flags, uint32_t table,
		uint16_t attr, uint32_t value)
{
	const struct fib_rule_hdr msg = {
		.family = family_of(family),
		.table = table < 256 ? (unsigned char)table : RT_TABLE_UNSPEC,
		.action = FR_ACT_TO_TBL,
		.flags = flags,
	};
	struct request req;

	begin(&req, add ? RTM_NEWRULE : RTM_DELRULE,
	      (uint16_t)(add ? NLM_F_CREATE | NLM_F_EXCL : 0), &msg, sizeof(msg));
	add_u32(&req, FRA_TABLE, table);
	add_u32(&req, attr, value);
	return ask(nl, &req);
}

int netlink_default_rules(struct netlink *nl, bool add, uint8_t family, uint32_t mark,
			  uint32_t table)
{
	int err = rule(nl, add, family, FIB_RULE_INVERT, table, FRA_FWMARK, mark);
	int err2;

	if (err && add)
		return err;
	err2 = rule(nl, add, family, 0, RT_TABLE_MAIN, FRA_SUPPRESS_PREFIXLEN, 0);
	if (err2 && add)
		rule(nl, false, family, FIB_RULE_INVERT, table, FRA_FWMARK, mark);
	return err ? err : err2;
}

int netlink_egress(struct netlink *nl, const struct zwg_endpoint *to, uint32_t mark,
		   unsigned int *index)
{
	const struct rtmsg msg = {
		.rtm_family = family_of(to->addr.family),
		.rtm_dst_len = (unsigned char)zwg_family_bits(to->addr.family),
		.rtm_src_len = (unsigned char)zwg_family_bits(to->src.family),
	};
	struct request req;
	union reply reply;
	size_t left;
	int err;

	begin(&req, RTM_GETROUTE, 0, &msg, sizeof(msg));
	req.header.nlmsg_flags = NLM_F_REQUEST;
	add_attr(&req, RTA_DST, to->addr.bytes, addr_len(to->addr.family));
	add_attr(&req, RTA_SRC, to->src.bytes, addr_len(to->src.family));
	if (mark != 0)
		add_u32(&req, RTA_MARK, mark);
	if (to->scope != 0)
		add_u32(&req, RTA_OIF, to->scope);
	err = ask_for(nl, &req, RTM_NEWROUTE, &reply);
	if (err)
		return err;
	left = RTM_PAYLOAD(&reply.header);
	if (!find_u32(RTM_RTA(NLMSG_DATA(&reply.header)), left, RTA_OIF, index))
		return -ENETUNREACH;
	return 0;
}
