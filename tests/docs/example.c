/* SPDX-License-Identifier: MIT */
/*
 * Two machines of a few lines, each with the port of docs/examples, joined by an imaginary wire:
 * the porting guide's example must carry packets both ways, the first one too, make a new session
 * in time, and start again with the stamp that its flash remembers.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"

#define WIRE_MAX 64

struct os {
	const char *name;
	struct os *other;
	struct os_peer_address address;
	struct port *port;
	uint64_t call_at;
	bool locked;
	bool worker;
	uint64_t number;
	bool number_there;
	unsigned int received;
	uint8_t last[PORT_MTU];
	size_t last_len;
};

struct datagram {
	struct os *to;
	struct os_peer_address from;
	uint8_t tos;
	size_t len;
	uint8_t bytes[2048];
};

static struct datagram wire[WIRE_MAX];
static size_t on_wire;
static uint64_t now;
static uint64_t random_state = 1;

uint64_t os_uptime(struct os *os)
{
	(void)os;
	return now;
}

void os_lock(struct os *os)
{
	assert(!os->locked);
	os->locked = true;
}

void os_unlock(struct os *os)
{
	assert(os->locked);
	os->locked = false;
}

void os_call_at(struct os *os, uint64_t when)
{
	os->call_at = when;
}

void os_wake_worker(struct os *os)
{
	os->worker = true;
}

int os_random(struct os *os, void *buf, size_t len)
{
	uint8_t *bytes = buf;

	(void)os;
	for (size_t i = 0; i < len; i++) {
		random_state = random_state * 6364136223846793005U + 1442695040888963407U;
		bytes[i] = (uint8_t)(random_state >> 56);
	}
	return 0;
}

int os_udp_send(struct os *os, const struct os_peer_address *to, uint8_t tos, const void *data,
		size_t len)
{
	struct datagram *d;

	assert(to->port == os->other->address.port && on_wire < WIRE_MAX);
	d = &wire[on_wire++];
	*d = (struct datagram){.to = os->other, .from = os->address, .tos = tos, .len = len};
	memcpy(d->bytes, data, len);
	return 0;
}

void os_ip_input(struct os *os, const void *packet, size_t len)
{
	assert(!os->locked && len <= sizeof(os->last));
	os->received++;
	os->last_len = len;
	memcpy(os->last, packet, len);
}

int os_number_read(struct os *os, uint64_t *number)
{
	*number = os->number;
	return os->number_there ? 0 : -ENOENT;
}

int os_number_write(struct os *os, uint64_t number)
{
	/* Flash is slow: never under the lock. */
	assert(!os->locked);
	os->number = number;
	os->number_there = true;
	return 0;
}

static bool step(struct os *os)
{
	bool did = os->worker;

	if (os->worker) {
		os->worker = false;
		port_work(os->port);
	}
	if (os->call_at <= now) {
		os->call_at = UINT64_MAX;
		port_timer(os->port);
		did = true;
	}
	return did;
}

static void settle(struct os *a, struct os *b)
{
	bool did = true;

	while (did) {
		did = step(a) || step(b);
		if (on_wire) {
			struct datagram d = wire[0];

			memmove(wire, wire + 1, --on_wire * sizeof(wire[0]));
			port_datagram(d.to->port, &d.from, d.tos, d.bytes, d.len);
			did = true;
		}
	}
}

static void run(struct os *a, struct os *b, uint64_t until)
{
	settle(a, b);
	while (now < until) {
		now += 100;
		settle(a, b);
	}
}

/* An IPv4 packet of @a len bytes from 10.0.0.@a src to 10.0.0.@a dst. */
static void make_packet(uint8_t *packet, size_t len, uint8_t src, uint8_t dst)
{
	memset(packet, 0xa5, len);
	memset(packet, 0, 20);
	packet[0] = 0x45;
	packet[2] = (uint8_t)(len >> 8);
	packet[3] = (uint8_t)len;
	packet[8] = 64;
	memcpy(packet + 12, (uint8_t[]){10, 0, 0, src}, 4);
	memcpy(packet + 16, (uint8_t[]){10, 0, 0, dst}, 4);
}

static void check_passes(struct os *from, struct os *to, uint8_t src, uint8_t dst, size_t len)
{
	unsigned int before = to->received;
	uint8_t packet[PORT_MTU];

	make_packet(packet, len, src, dst);
	assert(port_send(from->port, packet, len) == 0);
	settle(from, to);
	assert(to->received == before + 1);
	assert(to->last_len == len && memcmp(to->last, packet, len) == 0);
}

static void configure(struct os *os, const uint8_t key[32], const uint8_t peer_key[32],
		      const char *peer_host, uint8_t peer_last)
{
	struct zwg_conf_fault fault;
	struct zwg_conf conf;
	struct zwg_conf_peer *peer;

	zwg_conf_init(&conf);
	memcpy(conf.private_key, key, 32);
	conf.has_private_key = true;
	conf.listen_port = os->address.port;
	peer = zwg_conf_peer_add(&conf, peer_key);
	assert(peer);
	strcpy(peer->endpoint.host, peer_host);
	peer->endpoint.port = os->other->address.port;
	peer->allowed_ips[0] = (struct zwg_prefix){
		.addr = {.family = ZWG_AF_INET, .bytes = {10, 0, 0, peer_last}}, .bits = 32};
	peer->allowed_ips_count = 1;
	assert(zwg_conf_validate(&conf, &fault) == 0);
	assert(port_configure(os->port, &conf) == 0);
}

static void public_key(const uint8_t key[32], uint8_t out[32])
{
	struct zwg_conf conf;

	zwg_conf_init(&conf);
	memcpy(conf.private_key, key, 32);
	conf.has_private_key = true;
	assert(zwg_conf_public_key(&conf, out) == 0);
}

int main(void)
{
	static struct port port_a, port_b;
	struct os a = {.name = "a", .port = &port_a, .call_at = UINT64_MAX};
	struct os b = {.name = "b", .port = &port_b, .call_at = UINT64_MAX};
	uint8_t key_a[32], key_b[32], public_a[32], public_b[32], packet[PORT_MTU + 1] = {0x45};
	struct os_peer_address stranger = {.bytes = {203, 0, 113, 1}, .length = 4, .port = 1};
	uint8_t junk[200] = {1};

	a.other = &b;
	b.other = &a;
	a.address = (struct os_peer_address){.bytes = {192, 0, 2, 1}, .length = 4, .port = 51820};
	b.address = (struct os_peer_address){.bytes = {192, 0, 2, 2}, .length = 4, .port = 51821};
	os_random(&a, key_a, 32);
	os_random(&b, key_b, 32);
	public_key(key_a, public_a);
	public_key(key_b, public_b);
	port_start(&port_a, &a);
	port_start(&port_b, &b);
	configure(&a, key_a, public_b, "192.0.2.2", 2);
	configure(&b, key_b, public_a, "192.0.2.1", 1);

	/* The first packet starts the handshake and is not lost. */
	check_passes(&a, &b, 1, 2, 60);
	check_passes(&b, &a, 2, 1, PORT_MTU);
	/* Across two new sessions. */
	for (int i = 0; i < 30; i++) {
		run(&a, &b, now + 10000);
		check_passes(&a, &b, 1, 2, 100);
		check_passes(&b, &a, 2, 1, 21);
	}
	assert(zwg_get_counters(&port_a.device)->responses_received >= 3);
	/* What the guide says of errors. */
	assert(port_send(&port_a, packet, sizeof(packet)) == -EMSGSIZE);
	make_packet(packet, 60, 1, 99);
	assert(port_send(&port_a, packet, 60) == -EHOSTUNREACH);
	/* Silence towards strangers. */
	port_datagram(&port_a, &stranger, 0, junk, sizeof(junk));
	settle(&a, &b);
	/* A restart: the stamp goes on where flash has it, so the peer accepts us at once. */
	port_stop(&port_a);
	memset(&port_a, 0, sizeof(port_a));
	a.call_at = UINT64_MAX;
	port_start(&port_a, &a);
	configure(&a, key_a, public_b, "192.0.2.2", 2);
	check_passes(&a, &b, 1, 2, 60);
	for (size_t i = 0; i < PORT_PACKETS; i++)
		assert(!port_a.packets[i].used && !port_b.packets[i].used);
	puts("the example carries packets");
	return 0;
}
