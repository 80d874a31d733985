/* SPDX-License-Identifier: MIT */
/* Configurations to save; see sample.h. */
#include <stdio.h>
#include <string.h>

#include <zephyr/ztest.h>

#include "board/record.h"
#include "sample.h"

static void add_peer(struct zwg_conf *conf, unsigned int seed, bool full)
{
	uint8_t key[32];
	struct zwg_conf_peer *peer;

	memset(key, (int)(seed + conf->peer_count + 1), sizeof(key));
	peer = zwg_conf_peer_add(conf, key);
	memset(peer->preshared_key, full ? (int)seed | 1 : 0, sizeof(peer->preshared_key));
	peer->keepalive = (uint16_t)(seed % 65536);
	peer->endpoint.port = (uint16_t)(1 + seed % 65535);
	(void)snprintf(peer->endpoint.host, sizeof(peer->endpoint.host),
		       full ? "h%030u.h%031u" : "h%u.h%u", seed, seed);
	for (uint8_t i = 0; i < (full ? ZWG_CONF_ALLOWED_IPS : 1); i++) {
		struct zwg_prefix *prefix = &peer->allowed_ips[peer->allowed_ips_count++];

		*prefix = (struct zwg_prefix){.addr.family = ZWG_AF_INET6, .bits = 128};
		prefix->addr.bytes[0] = 0xfd;
		prefix->addr.bytes[13] = (uint8_t)conf->peer_count;
		prefix->addr.bytes[14] = (uint8_t)seed;
		prefix->addr.bytes[15] = i;
	}
}

void sample_conf(struct zwg_conf *conf, unsigned int seed, uint16_t peers, bool full)
{
	struct zwg_conf_fault fault = {0};
	int err;

	zwg_conf_init(conf);
	memset(conf->private_key, (int)(seed ^ 0xa0), sizeof(conf->private_key));
	conf->has_private_key = true;
	conf->listen_port = (uint16_t)(1 + seed);
	conf->enabled = seed % 2;
	conf->mtu = (uint16_t)(ZWG_CONF_MTU_MIN + seed % 100);
	(void)snprintf(conf->underlay, sizeof(conf->underlay), full ? "eth%012u" : "e%u", seed);
	for (uint8_t i = 0; i < (full ? ZWG_CONF_ADDRESSES : 1); i++) {
		struct zwg_prefix *prefix = &conf->addresses[conf->address_count++];

		*prefix = (struct zwg_prefix){.addr.family = ZWG_AF_INET6, .bits = 64};
		prefix->addr.bytes[0] = 0xfd;
		prefix->addr.bytes[15] = (uint8_t)(i + 1);
	}
	for (uint16_t i = 0; i < peers; i++)
		add_peer(conf, seed, full);
	err = zwg_conf_validate(conf, &fault);
	zassert_ok(err, "%s %s", fault.setting, fault.expected);
}

bool same_conf(const struct zwg_conf *a, const struct zwg_conf *b)
{
	static uint8_t bytes[2][ZWG_RECORD_MAX];
	int len = zwg_record_encode(a, bytes[0], sizeof(bytes[0]));

	zassert_true(len > 0);
	return zwg_record_encode(b, bytes[1], sizeof(bytes[1])) == len &&
	       memcmp(bytes[0], bytes[1], (size_t)len) == 0;
}
