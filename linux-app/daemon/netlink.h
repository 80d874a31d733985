/* SPDX-License-Identifier: MIT */
/* Addresses, routes and rules of the kernel, through rtnetlink(7). */
#ifndef ZWG_DAEMON_NETLINK_H
#define ZWG_DAEMON_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>

struct netlink {
	int fd;
	uint32_t sequence;
};

/* All functions return 0 or the negative errno that the kernel answered. */

int netlink_open(struct netlink *nl);
void netlink_close(struct netlink *nl);

/** Sets the MTU in bytes. */
int netlink_set_mtu(struct netlink *nl, unsigned int index, uint32_t mtu);

/** Brings the interface up. */
int netlink_link_up(struct netlink *nl, unsigned int index);

#define NETLINK_HERE (-1) /**< The namespace of the caller. */

/** The number by which the namespace behind @a ns_fd is known here; NETLINK_HERE if it is this. */
int netlink_namespace(struct netlink *nl, int ns_fd, int *number);

struct netlink_link {
	unsigned int index;
	uint32_t mtu; /**< Bytes. */
	bool up;
};

/** The interface @a name in the namespace @a number. */
int netlink_get_link(struct netlink *nl, int number, const char *name, struct netlink_link *link);

/** Reads a message RTM_NEWLINK of @a len bytes. */
void netlink_read_link(const void *message, size_t len, struct netlink_link *link);

/** Gives the interface an address with its prefix length. */
int netlink_add_address(struct netlink *nl, unsigned int index, const struct zwg_prefix *address);

/** Routes @a prefix to the interface, in the table @a table. -EEXIST if there is such a route. */
int netlink_add_route(struct netlink *nl, unsigned int index, const struct zwg_prefix *prefix,
		      uint32_t table);

/**
 * Adds or removes the two rules by which wg-quick(8) makes a tunnel the default route of a family:
 * whatever does not bear the mark @a mark looks into @a table, but more specific routes of the main
 * table go first.
 */
int netlink_default_rules(struct netlink *nl, bool add, uint8_t family, uint32_t mark,
			  uint32_t table);

/** The interface by which packets with the mark @a mark from the sticky source of @a to would leave
 *  for it. */
int netlink_egress(struct netlink *nl, const struct zwg_endpoint *to, uint32_t mark,
		   unsigned int *index);

#endif
