/* SPDX-License-Identifier: MIT */
/* A configuration checked as a whole, and brought into a device that goes on working. */
#include "board/conf.h"
#include "wire.h"

static const uint8_t own_key[32] = {1, 2, 3, 4, 5, 6, 7, 8, [31] = 0x40};
static const uint8_t other_key[32] = {9, 8, 7, 6, 5, 4, 3, 2, [31] = 0x41};

static uint8_t resolved_key[32];
static struct zwg_host_port resolved;
static unsigned int resolve_calls;

static void resolve(void *ctx, const uint8_t public_key[32], const struct zwg_host_port *name)
{
	CHECK(ctx == &resolved);
	memcpy(resolved_key, public_key, 32);
	resolved = *name;
	resolve_calls++;
}

static int apply(struct node *node, zwg_time now, const struct zwg_conf *old,
		 const struct zwg_conf *conf)
{
	struct zwg_conf_fault fault;

	CHECK_INT(zwg_conf_validate(conf, &fault), 0);
	return zwg_conf_apply(&node->dev, now, old, conf, resolve, &resolved);
}

static void set_endpoint(struct zwg_conf_peer *peer, const char *text)
{
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	REQUIRE(zwg_host_port_parse(text, strlen(text), &peer->endpoint) == 0);
}

static void add_allowed(struct zwg_conf_peer *peer, const char *text)
{
	struct zwg_prefix *prefix = &peer->allowed_ips[peer->allowed_ips_count++];

	REQUIRE(zwg_prefix_parse(text, strlen(text), prefix) == 0 && zwg_prefix_mask(prefix));
}

/* Own key, and the other node as the first peer. */
static void base_conf(struct zwg_conf *conf)
{
	uint8_t public_key[32];
	struct zwg_conf_peer *peer;

	zwg_conf_init(conf);
	memcpy(conf->private_key, own_key, 32);
	conf->has_private_key = true;
	conf->listen_port = 51820;
	REQUIRE(zwg_x25519_base(public_key, other_key) == 0);
	peer = zwg_conf_peer_add(conf, public_key);
	set_endpoint(peer, "192.0.2.2:51820");
	add_allowed(peer, "10.0.0.0/24");
	add_allowed(peer, "fd00::/64");
}

static struct zwg_conf_peer *second_peer(struct zwg_conf *conf)
{
	uint8_t key[32] = {0x77};
	struct zwg_conf_peer *peer = zwg_conf_peer_find(conf, key);

	return peer != NULL ? peer : zwg_conf_peer_add(conf, key);
}

static void info_of(struct node *node, const struct zwg_conf_peer *peer, zwg_time now,
		    struct zwg_peer_info *info)
{
	struct zwg_peer *found = zwg_peer_find(&node->dev, peer->public_key);

	memset(info, 0, sizeof(*info));
	if (CHECK(found != NULL)) {
		zwg_peer_get_info(found, now, info);
	}
}

static bool routes_to(struct node *node, const char *text, const struct zwg_conf_peer *peer)
{
	struct zwg_addr addr;

	REQUIRE(zwg_addr_parse(text, strlen(text), &addr));
	return zwg_route(&node->dev, &addr) ==
	       (peer != NULL ? zwg_peer_find(&node->dev, peer->public_key) : NULL);
}

/* The other end, which knows us; then a handshake that we start. */
static struct node *join(struct node *node, struct zwg_conf *conf, zwg_time now)
{
	struct node *other = node_new(2);
	struct zwg_peer *peer;
	struct zwg_peer_info info;
	uint8_t public_key[32];

	REQUIRE(zwg_set_private_key(&other->dev, now, other_key) == 0);
	REQUIRE(zwg_x25519_base(public_key, own_key) == 0);
	REQUIRE(zwg_peer_add(&other->dev, public_key, &peer) == 0);
	zwg_device_up(&other->dev, now);
	CHECK_INT(zwg_peer_handshake(&node->dev, now,
				     zwg_peer_find(&node->dev, conf->peers[0].public_key)),
		  0);
	wire_settle(node, other, now);
	info_of(node, &conf->peers[0], now, &info);
	REQUIRE(info.has_session);
	return other;
}

static void fresh_device(void)
{
	struct node *node = node_new(1);
	struct zwg_conf conf;
	struct zwg_peer_info info;

	base_conf(&conf);
	conf.peers[0].preshared_key[5] = 9;
	conf.peers[0].keepalive = 25;
	CHECK_INT(apply(node, 1000, NULL, &conf), 0);
	info_of(node, &conf.peers[0], 1000, &info);
	CHECK(info.has_preshared_key);
	CHECK_INT(info.keepalive, 25);
	CHECK_INT(info.endpoint.port, 51820);
	CHECK_HEX(info.endpoint.addr.bytes, "c0000202000000000000000000000000");
	CHECK(routes_to(node, "10.0.0.7", &conf.peers[0]));
	CHECK(routes_to(node, "fd00::7", &conf.peers[0]));
	CHECK(routes_to(node, "10.0.1.7", NULL));
	/* It is up, and the keepalive calls at once. */
	zwg_run_jobs(&node->dev, 1000);
	CHECK_INT(node->sent, 1);
	free(node);
}

static void disabled(void)
{
	struct node *node = node_new(1);
	struct zwg_conf conf, old;
	struct zwg_peer *peer;

	base_conf(&conf);
	conf.enabled = false;
	conf.peers[0].keepalive = 25;
	CHECK_INT(apply(node, 1000, NULL, &conf), 0);
	peer = zwg_peer_find(&node->dev, conf.peers[0].public_key);
	CHECK_INT(zwg_peer_handshake(&node->dev, 1000, peer), -ENETDOWN);
	old = conf;
	conf.enabled = true;
	CHECK_INT(apply(node, 2000, &old, &conf), 0);
	zwg_run_jobs(&node->dev, 2000);
	CHECK_INT(node->sent, 1);
	CHECK_INT(apply(node, 3000, &conf, &old), 0);
	CHECK_INT(zwg_peer_handshake(&node->dev, 3000, peer), -ENETDOWN);
	free(node);
}

static void unchanged_peer_keeps_its_session(void)
{
	struct node *node = node_new(1);
	struct node *other;
	struct zwg_conf conf, old;
	struct zwg_peer_info before, after;
	struct zwg_endpoint moved = {.addr = {.family = ZWG_AF_INET, .bytes = {198, 51, 100, 1}},
				     .port = 9};
	unsigned int sent;

	base_conf(&conf);
	conf.peers[0].keepalive = 500;
	CHECK_INT(apply(node, 1000, NULL, &conf), 0);
	other = join(node, &conf, 1000);
	/* It roams, which the configuration does not know. */
	zwg_peer_set_endpoint(&node->dev, 1000, zwg_peer_find(&node->dev, conf.peers[0].public_key),
			      &moved);
	zwg_run_jobs(&node->dev, 1000);
	info_of(node, &conf.peers[0], 1000, &before);
	sent = node->sent;

	old = conf;
	conf.mtu = 1300;
	conf.listen_port = 1;
	add_allowed(second_peer(&conf), "10.9.0.0/16");
	add_allowed(&conf.peers[0], "10.0.5.0/24");
	CHECK_INT(apply(node, 2000, &old, &conf), 0);
	zwg_run_jobs(&node->dev, 2000);
	info_of(node, &conf.peers[0], 2000, &after);
	CHECK(after.has_session);
	CHECK(zwg_endpoint_equal(&after.endpoint, &moved));
	CHECK_INT(after.last_handshake, before.last_handshake);
	CHECK_INT(after.rx_bytes, before.rx_bytes);
	CHECK_INT(node->sent, sent);
	CHECK(routes_to(node, "10.0.5.1", &conf.peers[0]));

	/* And so it does when its own lesser settings change, and the other peer goes. */
	old = conf;
	zwg_conf_peer_remove(&conf, second_peer(&conf));
	conf.peers[0].allowed_ips_count = 1;
	conf.peers[0].keepalive = 600;
	set_endpoint(&conf.peers[0], "192.0.2.2:51821");
	CHECK_INT(apply(node, 3000, &old, &conf), 0);
	info_of(node, &conf.peers[0], 3000, &after);
	CHECK(after.has_session);
	CHECK_INT(after.keepalive, 600);
	CHECK_INT(after.endpoint.port, 51821);
	CHECK(routes_to(node, "10.9.0.1", NULL));
	CHECK(routes_to(node, "fd00::7", NULL));

	/* A new private key ends it. */
	old = conf;
	conf.private_key[3] ^= 0x10;
	CHECK_INT(apply(node, 4000, &old, &conf), 0);
	info_of(node, &conf.peers[0], 4000, &after);
	CHECK(!after.has_session);
	free(node);
	free(other);
}

static void removed_peer_is_gone(void)
{
	struct node *node = node_new(1);
	struct zwg_conf conf, old;

	base_conf(&conf);
	(void)second_peer(&conf);
	CHECK_INT(apply(node, 1000, NULL, &conf), 0);
	old = conf;
	zwg_conf_peer_remove(&conf, &conf.peers[0]);
	CHECK_INT(conf.peer_count, 1);
	CHECK_INT(apply(node, 1000, &old, &conf), 0);
	CHECK(zwg_peer_find(&node->dev, old.peers[0].public_key) == NULL);
	CHECK(zwg_peer_find(&node->dev, conf.peers[0].public_key) != NULL);
	CHECK(routes_to(node, "10.0.0.7", NULL));

	old = conf;
	zwg_conf_init(&conf);
	CHECK_INT(apply(node, 1000, &old, &conf), 0);
	CHECK(zwg_peer_next(&node->dev, NULL) == NULL);
	free(node);
}

/* All of the prefixes, and all of the peers, change places: there is room only if what goes goes
 * first. */
static void full_tables_swap(void)
{
	struct node *node = node_new(1);
	struct zwg_conf conf, old;

	zwg_conf_init(&conf);
	for (int i = 0; i < ZWG_MAX_PEERS; i++) {
		uint8_t key[32] = {(uint8_t)(i + 1)};
		struct zwg_conf_peer *peer = zwg_conf_peer_add(&conf, key);

		for (int n = 0; n < ZWG_MAX_ALLOWED_IPS / ZWG_MAX_PEERS; n++) {
			char text[ZWG_PREFIX_TEXT_SIZE];

			snprintf(text, sizeof(text), "10.%d.%d.0/24", i, n);
			add_allowed(peer, text);
		}
	}
	CHECK_INT(apply(node, 0, NULL, &conf), 0);
	old = conf;
	for (int i = 0; i < ZWG_MAX_PEERS; i++) {
		int from = ZWG_MAX_PEERS - 1 - i;

		memcpy(conf.peers[i].allowed_ips, old.peers[from].allowed_ips,
		       sizeof(conf.peers[i].allowed_ips));
	}
	CHECK_INT(apply(node, 0, &old, &conf), 0);
	CHECK(routes_to(node, "10.0.0.1", &conf.peers[ZWG_MAX_PEERS - 1]));
	CHECK(routes_to(node, "10.3.3.1", &conf.peers[ZWG_MAX_PEERS - 4]));

	old = conf;
	for (int i = 0; i < ZWG_MAX_PEERS; i++) {
		conf.peers[i].public_key[0] = (uint8_t)(100 + i);
		for (uint8_t n = 0; n < conf.peers[i].allowed_ips_count; n++) {
			conf.peers[i].allowed_ips[n].addr.bytes[0] = 11;
		}
	}
	CHECK_INT(apply(node, 0, &old, &conf), 0);
	CHECK(routes_to(node, "11.0.0.1", &conf.peers[ZWG_MAX_PEERS - 1]));
	CHECK(routes_to(node, "10.0.0.1", NULL));
	free(node);
}

static void names_are_for_the_port(void)
{
	struct node *node = node_new(1);
	struct zwg_conf conf, old;
	struct zwg_peer_info info;

	resolve_calls = 0;
	base_conf(&conf);
	set_endpoint(&conf.peers[0], "vpn.example.org:1234");
	CHECK_INT(apply(node, 0, NULL, &conf), 0);
	CHECK_INT(resolve_calls, 1);
	CHECK_MEM(resolved_key, conf.peers[0].public_key, 32);
	CHECK(strcmp(resolved.host, "vpn.example.org") == 0);
	CHECK_INT(resolved.port, 1234);
	info_of(node, &conf.peers[0], 0, &info);
	CHECK_INT(info.endpoint.addr.family, ZWG_AF_NONE);

	old = conf;
	conf.mtu = 1400;
	CHECK_INT(apply(node, 0, &old, &conf), 0);
	CHECK_INT(resolve_calls, 1);
	old = conf;
	conf.peers[0].endpoint.port = 1235;
	CHECK_INT(apply(node, 0, &old, &conf), 0);
	CHECK_INT(resolve_calls, 2);

	old = conf;
	set_endpoint(&conf.peers[0], "192.0.2.9:1");
	CHECK_INT(apply(node, 0, &old, &conf), 0);
	info_of(node, &conf.peers[0], 0, &info);
	CHECK_INT(info.endpoint.port, 1);
	old = conf;
	memset(&conf.peers[0].endpoint, 0, sizeof(conf.peers[0].endpoint));
	CHECK_INT(apply(node, 0, &old, &conf), 0);
	info_of(node, &conf.peers[0], 0, &info);
	CHECK_INT(info.endpoint.addr.family, ZWG_AF_NONE);
	CHECK_INT(resolve_calls, 2);
	free(node);
}

static void fault_is(const struct zwg_conf *conf, int err, const char *setting, int peer,
		     const char *prefix)
{
	struct zwg_conf_fault fault;
	char text[ZWG_PREFIX_TEXT_SIZE] = "";

	CHECK_INT(zwg_conf_validate(conf, &fault), err);
	if (!CHECK(fault.setting != NULL && fault.expected != NULL)) {
		return;
	}
	CHECK(strcmp(fault.setting, setting) == 0);
	CHECK_INT(fault.peer, peer);
	if (fault.has_prefix) {
		zwg_prefix_format(&fault.prefix, text);
	}
	CHECK(strcmp(text, prefix) == 0);
}

static void interface_faults(void)
{
	struct zwg_conf good, conf;

	base_conf(&good);
	conf = good;
	conf.listen_port = 0;
	fault_is(&conf, -EINVAL, "listen-port", -1, "");
	conf = good;
	conf.mtu = 1279;
	fault_is(&conf, -EINVAL, "mtu", -1, "");
	conf.mtu = 1421;
	fault_is(&conf, -EINVAL, "mtu", -1, "");
	conf = good;
	memset(conf.private_key, 0, 32);
	fault_is(&conf, -EINVAL, "private-key", -1, "");
	conf = good;
	conf.has_private_key = false;
	fault_is(&conf, -EINVAL, "private-key", -1, "");
	conf = good;
	strcpy(conf.underlay, "eth 0");
	fault_is(&conf, -EINVAL, "underlay", -1, "");
	memset(conf.underlay, 'a', sizeof(conf.underlay));
	fault_is(&conf, -EINVAL, "underlay", -1, "");
	memset(conf.underlay, 0, sizeof(conf.underlay));
	conf.underlay[9] = 'x';
	fault_is(&conf, -EINVAL, "underlay", -1, "");
	conf = good;
	conf.address_count = ZWG_CONF_ADDRESSES + 1;
	fault_is(&conf, -ENOSPC, "address", -1, "");
	conf.address_count = 2;
	conf.addresses[0] = good.peers[0].allowed_ips[0];
	conf.addresses[1] = conf.addresses[0];
	fault_is(&conf, -EEXIST, "address", -1, "10.0.0.0/24");
	conf.addresses[1].bits = 33;
	fault_is(&conf, -EINVAL, "address", -1, "10.0.0.0/33");
	conf.addresses[1] = conf.addresses[0];
	conf.addresses[1].addr.bytes[7] = 1;
	fault_is(&conf, -EINVAL, "address", -1, "10.0.0.0/24");
	conf.addresses[1] = (struct zwg_prefix){.addr = {.family = 6, .bytes = {0xff, 2}}};
	fault_is(&conf, -EINVAL, "address", -1, "ff02::/0");
	conf.addresses[1] = (struct zwg_prefix){.addr = {.family = 4, .bytes = {224}}, .bits = 32};
	fault_is(&conf, -EINVAL, "address", -1, "224.0.0.0/32");
	conf.addresses[1] = (struct zwg_prefix){.addr = {.family = 4}};
	fault_is(&conf, -EINVAL, "address", -1, "0.0.0.0/0");
}

static void peer_faults(void)
{
	struct zwg_conf good, conf;
	struct zwg_conf_peer *second;

	base_conf(&good);
	second = second_peer(&good);
	add_allowed(second, "10.7.0.0/16");

	conf = good;
	conf.peer_count = ZWG_MAX_PEERS + 1;
	fault_is(&conf, -ENOSPC, "peer", -1, "");
	conf = good;
	memset(conf.peers[1].public_key, 0, 32);
	fault_is(&conf, -EINVAL, "peer", 1, "");
	memcpy(conf.peers[1].public_key, conf.peers[0].public_key, 32);
	fault_is(&conf, -EEXIST, "peer", 1, "");
	REQUIRE(zwg_x25519_base(conf.peers[1].public_key, own_key) == 0);
	fault_is(&conf, -EINVAL, "peer", 1, "");
	conf = good;
	conf.peers[1].endpoint.port = 5;
	fault_is(&conf, -EINVAL, "endpoint", 1, "");
	strcpy(conf.peers[1].endpoint.host, "a b");
	fault_is(&conf, -EINVAL, "endpoint", 1, "");
	strcpy(conf.peers[1].endpoint.host, "ab");
	conf.peers[1].endpoint.port = 0;
	fault_is(&conf, -EINVAL, "endpoint", 1, "");
	conf = good;
	conf.peers[1].allowed_ips[0] = conf.peers[0].allowed_ips[1];
	fault_is(&conf, -EEXIST, "allowed-ips", 1, "fd00::/64");
	conf.peers[1].allowed_ips[0].bits = 63;
	CHECK_INT(zwg_conf_validate(&conf, &(struct zwg_conf_fault){0}), 0);
	conf = good;
	add_allowed(&conf.peers[1], "10.7.0.0/16");
	fault_is(&conf, -EEXIST, "allowed-ips", 1, "10.7.0.0/16");
	conf = good;
	conf.peers[1].allowed_ips[0].addr.bytes[3] = 1;
	fault_is(&conf, -EINVAL, "allowed-ips", 1, "10.7.0.1/16");
	conf = good;
	conf.peers[1].allowed_ips[0].addr.family = 5;
	CHECK(zwg_conf_validate(&conf, &(struct zwg_conf_fault){0}) == -EINVAL);
	conf = good;
	conf.peers[1].allowed_ips_count = ZWG_CONF_ALLOWED_IPS + 1;
	fault_is(&conf, -ENOSPC, "allowed-ips", 1, "");
}

static void more_prefixes_than_the_device_has(void)
{
	struct zwg_conf conf;

	zwg_conf_init(&conf);
	for (int i = 0; i < 3; i++) {
		uint8_t key[32] = {(uint8_t)(i + 1)};
		struct zwg_conf_peer *peer = zwg_conf_peer_add(&conf, key);

		for (int n = 0; n < ZWG_CONF_ALLOWED_IPS; n++) {
			char text[ZWG_PREFIX_TEXT_SIZE];

			snprintf(text, sizeof(text), "10.%d.%d.0/24", i, n);
			add_allowed(peer, text);
		}
	}
	fault_is(&conf, -ENOSPC, "allowed-ips", 2, "");
}

static const struct test tests[] = {
	{"a fresh device", fresh_device},
	{"disabled and enabled", disabled},
	{"an unchanged peer keeps its session", unchanged_peer_keeps_its_session},
	{"a removed peer is gone", removed_peer_is_gone},
	{"full tables change places", full_tables_swap},
	{"names are for the port", names_are_for_the_port},
	{"faults of the interface", interface_faults},
	{"faults of peers", peer_faults},
	{"more prefixes than the device has", more_prefixes_than_the_device_has},
};

TEST_MAIN(tests)
