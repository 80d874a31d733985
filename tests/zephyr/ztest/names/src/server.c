/* SPDX-License-Identifier: MIT */
/* See server.h. */
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/byteorder.h>

#include "datagram.h"
#include "server.h"
#include "underlay.h"

#define DNS_PORT   53
#define DNS_HEADER 12
#define PEER_PORT  7000
#define NAME_MAX   64
#define REPLY_MAX  256

static const struct record *known;
static unsigned int known_count;
static uint16_t silent_about;
static char asked[256];
static struct zwg_addr called;

void server_start(const struct record *records, unsigned int count, uint16_t unanswered)
{
	known = records;
	known_count = count;
	silent_about = unanswered;
	asked[0] = '\0';
	called = (struct zwg_addr){0};
	underlay_forget();
}

const char *server_asked(void)
{
	return asked;
}

struct zwg_addr server_called(void)
{
	return called;
}

/* The name of the first question, with dots. The bytes of that question; 0: there is none. */
static size_t read_question(const uint8_t *query, size_t len, char name[NAME_MAX])
{
	size_t at = DNS_HEADER, out = 0;

	while (at < len && query[at]) {
		size_t label = query[at];

		if (at + 1 + label >= len || out + label + 2 > NAME_MAX)
			return 0;
		memcpy(name + out, query + at + 1, label);
		out += label;
		name[out++] = '.';
		at += 1 + label;
	}
	name[out ? out - 1 : 0] = '\0';
	return at + 5 <= len ? at + 5 - DNS_HEADER : 0;
}

static const struct record *look_up(const char *name)
{
	for (unsigned int i = 0; i < known_count; i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

static size_t put_answer(uint8_t *reply, const char *text, uint16_t type)
{
	struct zwg_addr addr = addr_of(text);
	size_t len = zwg_family_bits(addr.family) / 8;

	sys_put_be16(0xc000 | DNS_HEADER, reply);
	sys_put_be16(type, reply + 2);
	sys_put_be16(1, reply + 4);
	sys_put_be32(0, reply + 6);
	sys_put_be16((uint16_t)len, reply + 10);
	memcpy(reply + 12, addr.bytes, len);
	return 12 + len;
}

static void send_reply(const struct datagram *query, uint8_t *reply, size_t len)
{
	static uint8_t frame[FRAME_MAX];
	struct datagram answer = {
		.src = query->dst,
		.dst = query->src,
		.src_port = query->dst_port,
		.dst_port = query->src_port,
		.len = len,
		.payload = reply,
	};

	underlay_header(frame, query->src.family == ZWG_AF_INET6);
	len = FRAME_HEADER + datagram_write(&answer, frame + FRAME_HEADER);
	(void)underlay_receive(frame, len, 0, 0, false);
}

static void answer(const struct datagram *query)
{
	uint8_t reply[REPLY_MAX] = {0};
	char name[NAME_MAX];
	size_t len = read_question(query->payload, query->len, name);
	const struct record *record;
	const char *text;
	uint16_t type;

	if (!len)
		return;
	type = sys_get_be16(query->payload + DNS_HEADER + len - 4);
	strncat(asked, type == TYPE_A ? "A " : "AAAA ", sizeof(asked) - strlen(asked) - 1);
	if (type == silent_about)
		return;
	record = look_up(name);
	text = !record ? NULL : type == TYPE_A ? record->v4 : record->v6;
	memcpy(reply, query->payload, 2);
	sys_put_be16(record ? 0x8180 : 0x8183, reply + 2);
	sys_put_be16(1, reply + 4);
	sys_put_be16(text ? 1 : 0, reply + 6);
	memcpy(reply + DNS_HEADER, query->payload + DNS_HEADER, len);
	len += DNS_HEADER;
	if (text)
		len += put_answer(reply + len, text, type);
	send_reply(query, reply, len);
}

void server_run(uint32_t ms)
{
	static struct frame frame;
	int64_t end = k_uptime_get() + ms;

	while (k_uptime_get() < end) {
		struct datagram datagram;

		if (!underlay_sent(&frame, K_MSEC(10)) ||
		    !datagram_parse(&datagram, frame.data + FRAME_HEADER, frame.len - FRAME_HEADER))
			continue;
		if (datagram.dst_port == DNS_PORT)
			answer(&datagram);
		else if (datagram.dst_port == PEER_PORT)
			called = datagram.dst;
	}
}
