/* SPDX-License-Identifier: MIT */
/* The board under test; see board.h. */
#include <stdio.h>
#include <string.h>

#include <zephyr/net/ethernet.h>
#include <zephyr/random/random.h>
#include <zephyr/ztest.h>

#include "board.h"
#include "pools.h"
#include "watch.h"

static struct zwg_conf conf;
static struct pools at_start;
static uint32_t drops_at_start[ZWG_PORT_DROPS];

void *board_setup(void)
{
	while (!zwg_tunnels_ready())
		k_msleep(1);
	return NULL;
}

/* The empty configuration: detached, no sessions, no packets. */
static void unprovision(void)
{
	const char *why = NULL;

	zwg_conf_init(&conf);
	ZWG_TUNNELS_FOREACH(tunnel)
	zassert_ok(zwg_apply(tunnel, &conf, &why));
	k_msleep(200);
	underlay_forget();
}

void board_before(void *fixture)
{
	ARG_UNUSED(fixture);
	underlay_fail(0);
	(void)net_if_up(underlay(0));
	underlay_addresses(true);
	unprovision();
	for (size_t i = 0; i < OTHERS; i++)
		others[i].deaf = true;
	others_forget();
	(void)underlay_faulty();
	(void)watch_fault();
	for (int i = 0; i < ZWG_PORT_DROPS; i++)
		drops_at_start[i] = (uint32_t)atomic_get(&BOARD->drops[i]);
	at_start = pools_free();
}

void board_after(void *fixture)
{
	ARG_UNUSED(fixture);
	pools_release();
	inbox_close();
}

void board_check(void)
{
	struct pools at_end;
	const char *fault;

	board_after(NULL);
	underlay_fail(0);
	unprovision();
	at_end = pools_free();
	zassert_equal(at_end.rx, at_start.rx, "%u RX packets free of %u", at_end.rx, at_start.rx);
	zassert_equal(at_end.tx, at_start.tx, "%u TX packets free of %u", at_end.tx, at_start.tx);
	zassert_equal(at_end.rx_data, at_start.rx_data, "%u RX buffers free of %u", at_end.rx_data,
		      at_start.rx_data);
	zassert_equal(at_end.tx_data, at_start.tx_data, "%u TX buffers free of %u", at_end.tx_data,
		      at_start.tx_data);
	zassert_is_null(others_fault(), "on the wire: %s", others_fault());
	zassert_false(underlay_faulty(), "a frame too long, lost or sent by an interrupt");
	fault = watch_fault();
	zassert_is_null(fault, "%s", fault);
}

static struct zwg_prefix prefix(const char *text, uint8_t bits)
{
	return (struct zwg_prefix){.addr = addr_of(text), .bits = bits};
}

static struct zwg_addr inner_addr(uint8_t family, unsigned int last)
{
	struct zwg_addr addr = addr_of(family == ZWG_AF_INET6 ? "fd09::" : "10.9.0.0");

	addr.bytes[family == ZWG_AF_INET6 ? 15 : 3] = (uint8_t)last;
	return addr;
}

static void add_peer(struct other *other, unsigned int number, uint8_t family)
{
	struct zwg_conf_peer *peer = zwg_conf_peer_add(&conf, other->public_key);

	(void)snprintf(peer->endpoint.host, sizeof(peer->endpoint.host),
		       family == ZWG_AF_INET6 ? "fd00:1::%u" : "192.0.2.%u", 2 + number);
	peer->endpoint.port = other->port;
	peer->allowed_ips[0] = (struct zwg_prefix){inner_addr(ZWG_AF_INET, 2 + number), 32};
	peer->allowed_ips[1] = (struct zwg_prefix){inner_addr(ZWG_AF_INET6, 2 + number), 128};
	peer->allowed_ips_count = 2;
}

struct zwg_conf *board_conf(unsigned int count, uint8_t family)
{
	uint8_t key[32];

	zwg_conf_init(&conf);
	sys_rand_get(conf.private_key, sizeof(conf.private_key));
	conf.has_private_key = true;
	conf.listen_port = 51820;
	conf.addresses[0] = prefix("10.9.0.1", 24);
	conf.addresses[1] = prefix("fd09::1", 64);
	conf.address_count = 2;
	zassert_ok(zwg_conf_public_key(&conf, key));
	for (unsigned int i = 0; i < count; i++) {
		other_start(&others[i], key, false);
		add_peer(&others[i], i, family);
	}
	return &conf;
}

void board_apply(const struct zwg_conf *new)
{
	struct zwg_conf_fault fault = {0};
	const char *why = NULL;
	int err = zwg_conf_validate(new, &fault);

	zassert_ok(err, "%s %s", fault.setting, fault.expected);
	err = zwg_apply(BOARD, new, &why);
	zassert_ok(err, "%s", why);
}

void board_settle(unsigned int count)
{
	unsigned int sessions = 0;

	for (int i = 0; i < 10 && sessions < count; i++) {
		struct zwg_peer_info info;

		others_run(HANDSHAKE_MS);
		sessions = 0;
		for (unsigned int j = 0; j < count; j++) {
			zwg_peer_get_info(others[j].board, (zwg_time)k_uptime_get(), &info);
			sessions += info.has_session;
		}
	}
	zassert_equal(sessions, count, "%u sessions of %u: %s", sessions, count,
		      others_fault() ? others_fault() : "nothing wrong on the wire");
}

void board_connect(unsigned int count, uint8_t family)
{
	board_apply(board_conf(count, family));
	board_settle(count);
}

static void make(uint8_t *packet, uint8_t family, unsigned int src, unsigned int dst,
		 uint16_t src_port, uint16_t dst_port, size_t len)
{
	static uint8_t payload[INNER_MAX];
	size_t headers = IP_HEADER(family) + UDP_HEADER_LEN;
	struct datagram datagram = {
		.src = inner_addr(family, src),
		.dst = inner_addr(family, dst),
		.src_port = src_port,
		.dst_port = dst_port,
		.len = len > headers ? len - headers : 0,
		.payload = payload,
	};

	pattern(payload, datagram.len, (uint32_t)len);
	(void)datagram_write(&datagram, packet);
	if (len >= headers)
		return;
	/* A bare header, or some bytes more, of a protocol that nobody has. */
	packet[family == ZWG_AF_INET6 ? 6 : 9] = 253;
	packet[family == ZWG_AF_INET6 ? 5 : 3] =
		(uint8_t)(family == ZWG_AF_INET6 ? len - IP_HEADER(family) : len);
}

void board_packet(uint8_t *packet, uint8_t family, unsigned int number, size_t len)
{
	make(packet, family, 1, 2 + number, 4242, 9, len);
}

void other_packet(uint8_t *packet, uint8_t family, unsigned int number, size_t len)
{
	make(packet, family, 2 + number, 1, 9, 4242, len);
}

struct net_pkt *board_pkt(const uint8_t *packet, size_t len, size_t split)
{
	struct net_pkt *pkt = net_pkt_alloc_on_iface(BOARD->iface, K_NO_WAIT);
	bool v6 = packet[0] >> 4 == 6;
	size_t at = 0;

	while (pkt && at < len) {
		struct net_buf *buf = net_pkt_get_reserve_tx_data(1, K_NO_WAIT);
		size_t take;

		if (!buf) {
			net_pkt_unref(pkt);
			return NULL;
		}
		take = MIN(len - at, split ? split : net_buf_tailroom(buf));
		net_buf_add_mem(buf, packet + at, take);
		net_pkt_append_buffer(pkt, buf);
		at += take;
	}
	if (pkt) {
		net_pkt_set_family(pkt, v6 ? AF_INET6 : AF_INET);
		net_pkt_set_ll_proto_type(pkt, v6 ? NET_ETH_PTYPE_IPV6 : NET_ETH_PTYPE_IP);
		net_pkt_set_ip_hdr_len(pkt, v6 ? 40 : 20);
		net_pkt_set_overwrite(pkt, true);
		net_pkt_cursor_init(pkt);
	}
	return pkt;
}

void board_send(struct net_pkt *pkt)
{
	zassert_not_null(pkt);
	zassert_ok(zwg_send(BOARD, pkt));
}

unsigned int board_drops(enum zwg_port_drop why)
{
	return (unsigned int)atomic_get(&BOARD->drops[why]) - drops_at_start[why];
}

uint64_t board_core_drops(enum zwg_drop why)
{
	uint64_t drops;

	zwg_lock(BOARD);
	drops = zwg_get_counters(&BOARD->device)->drops[why];
	zwg_unlock(BOARD);
	return drops;
}
