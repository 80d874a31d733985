/* SPDX-License-Identifier: MIT */
/* Addresses and routes, as wg-quick(8) sets them; see network.h. */
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "board/text.h"
#include "netlink.h"
#include "port/log.h"

#define DEFAULT_MARK 51820 /* And the table's number, as in wg-quick. */

static bool has_default_route(const struct wgquick *conf)
{
	for (const struct wgquick_peer *peer = conf->peers; peer; peer = peer->next)
		for (size_t i = 0; i < peer->allowed_ips.count; i++)
			if (peer->allowed_ips.list[i].bits == 0)
				return true;
	return false;
}

uint32_t network_fwmark(const struct wgquick *conf)
{
	if (conf->fwmark != 0 || conf->table != WGQUICK_TABLE_AUTO || !has_default_route(conf))
		return conf->fwmark;
	return DEFAULT_MARK;
}

static int failed(int err, const char *what, const struct zwg_prefix *prefix)
{
	char text[ZWG_PREFIX_TEXT_SIZE] = "";

	if (prefix)
		zwg_prefix_format(prefix, text);
	log_error("%s%s%s: %s", what, prefix ? " " : "", text, strerror(-err));
	return err;
}

/* The kernel routes the network of an address by itself. */
static bool is_connected(const struct wgquick *conf, const struct zwg_prefix *prefix)
{
	for (size_t i = 0; i < conf->addresses.count; i++) {
		struct zwg_prefix network = conf->addresses.list[i];

		if (zwg_prefix_mask(&network) && network.bits == prefix->bits &&
		    zwg_addr_equal(&network.addr, &prefix->addr))
			return true;
	}
	return false;
}

/* Answers to marked packets must pass the reverse path filter, wg-quick(8). */
static void allow_marked_answers(void)
{
	int fd = open("/proc/sys/net/ipv4/conf/all/src_valid_mark", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		log_warning("net.ipv4.conf.all.src_valid_mark cannot be set: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int add_default_route(struct network *network, struct netlink *nl, unsigned int index,
			     const struct zwg_prefix *prefix)
{
	uint8_t family = prefix->addr.family;
	int err = netlink_add_route(nl, index, prefix, network->table);

	if (!err)
		err = netlink_default_rules(nl, true, family, network->mark, network->table);
	if (err)
		return failed(err, "policy routing for", prefix);
	network->default_rules[family == ZWG_AF_INET ? 0 : 1] = true;
	if (family == ZWG_AF_INET)
		allow_marked_answers();
	return 0;
}

static int add_route(struct network *network, struct netlink *nl, unsigned int index,
		     const struct wgquick *conf, const struct zwg_prefix *prefix)
{
	int err;

	if (conf->table == WGQUICK_TABLE_AUTO && prefix->bits == 0)
		return add_default_route(network, nl, index, prefix);
	if (conf->table == WGQUICK_TABLE_AUTO && is_connected(conf, prefix))
		return 0;
	err = netlink_add_route(nl, index, prefix,
				conf->table == WGQUICK_TABLE_NUMBER ? conf->table_number
								    : RT_TABLE_MAIN);
	return err ? failed(err, "route to", prefix) : 0;
}

static int add_routes(struct network *network, struct netlink *nl, unsigned int index,
		      const struct wgquick *conf, struct zwg_device *dev)
{
	struct zwg_peer *peer = NULL;

	while ((peer = zwg_peer_next(dev, peer))) {
		struct zwg_prefix prefix;
		uint32_t cursor = 0;

		while (zwg_allowed_ip_next(dev, peer, &cursor, &prefix)) {
			int err = add_route(network, nl, index, conf, &prefix);

			if (err)
				return err;
		}
	}
	return 0;
}

static int add_addresses(struct netlink *nl, unsigned int index, const struct wgquick *conf)
{
	for (size_t i = 0; i < conf->addresses.count; i++) {
		const struct zwg_prefix *address = &conf->addresses.list[i];
		int err = netlink_add_address(nl, index, address);

		if (err)
			return failed(err, "address", address);
	}
	return 0;
}

int network_up(struct network *network, const struct tun *tun, const struct wgquick *conf,
	       struct zwg_device *dev)
{
	struct netlink nl;
	int err = netlink_open(&nl);

	network->mark = network_fwmark(conf);
	network->table = network->mark;
	if (err)
		return failed(err, "rtnetlink", NULL);
	err = conf->has_mtu ? netlink_set_mtu(&nl, tun->index, conf->mtu) : 0;
	if (!err)
		err = netlink_link_up(&nl, tun->index);
	if (err)
		failed(err, tun->name, NULL);
	if (!err)
		err = add_addresses(&nl, tun->index, conf);
	if (!err && conf->table != WGQUICK_TABLE_OFF)
		err = add_routes(network, &nl, tun->index, conf, dev);
	netlink_close(&nl);
	if (err)
		network_down(network);
	return err;
}

void network_down(struct network *network)
{
	static const uint8_t families[2] = {ZWG_AF_INET, ZWG_AF_INET6};
	struct netlink nl;

	if (!network->default_rules[0] && !network->default_rules[1])
		return;
	if (netlink_open(&nl))
		return;
	for (int i = 0; i < 2; i++)
		if (network->default_rules[i])
			netlink_default_rules(&nl, false, families[i], network->mark,
					      network->table);
	netlink_close(&nl);
	*network = (struct network){0};
}
