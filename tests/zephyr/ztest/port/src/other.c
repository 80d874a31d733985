/* SPDX-License-Identifier: MIT */
/* The other end; see other.h. */
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/random/random.h>
#include <zephyr/sys/byteorder.h>

#include "crypto/crypto.h"
#include "other.h"

#define INITIATION  1
#define DATA	    4
#define DATA_HEADER 16
#define TAG	    16

struct other others[OTHERS];
unsigned int initiations;

static const char *fault;
static uint64_t stamp;

static zwg_time now(void)
{
	return (zwg_time)k_uptime_get();
}

static void wrong(const char *what)
{
	fault = fault ? fault : what;
}

static int to_board(struct other *other, const struct zwg_endpoint *to, uint8_t tos,
		    const struct zwg_chain *message)
{
	static uint8_t frame[FRAME_MAX], payload[MESSAGE_MAX];
	struct datagram datagram = {
		.src = other->at[to->addr.family == ZWG_AF_INET6],
		.dst = to->addr,
		.src_port = other->port,
		.dst_port = to->port,
		.tos = tos,
		.len = message->len,
		.payload = payload,
	};
	bool v6 = to->addr.family == ZWG_AF_INET6;
	size_t len;

	(void)zwg_chain_read(message, 0, payload, message->len);
	underlay_header(frame, v6);
	len = FRAME_HEADER + datagram_write(&datagram, frame + FRAME_HEADER);
	if (other->hold) {
		memcpy(other->held, frame, len);
		other->held_len = len;
		return 0;
	}
	return underlay_receive(frame, len, FRAME_HEADER + IP_HEADER(to->addr.family), other->split,
				false)
		       ? 0
		       : -ENOBUFS;
}

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	static uint8_t copy[MESSAGE_MAX];
	struct zwg_seg seg = {copy, len};

	memcpy(copy, msg, len);
	return to_board(ctx, to, tos, &(struct zwg_chain){&seg, 1, 0, len});
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	return to_board(ctx, to, tos,
			&(struct zwg_chain){pkt->segs, pkt->count, pkt->off, pkt->len});
}

/* A packet of the test's is in static memory, and only sent when there is a session. */
static void release(void *ctx, struct zwg_packet *pkt)
{
	ARG_UNUSED(ctx);
	ARG_UNUSED(pkt);
}

static int get_random(void *ctx, void *buf, size_t len)
{
	ARG_UNUSED(ctx);
	sys_rand_get(buf, len);
	return 0;
}

static int tai64n(void *ctx, uint8_t out[ZWG_TAI64N_LEN])
{
	ARG_UNUSED(ctx);
	stamp++;
	memset(out, 0, ZWG_TAI64N_LEN);
	for (int i = 0; i < 8; i++)
		out[7 - i] = (uint8_t)(stamp >> 8 * i);
	return 0;
}

static void wake_at(void *ctx, zwg_time when)
{
	((struct other *)ctx)->wake_at = when;
}

static void jobs_pending(void *ctx)
{
	ARG_UNUSED(ctx);
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	ARG_UNUSED(ctx);
	ARG_UNUSED(peer);
	ARG_UNUSED(what);
}

static const struct zwg_port port = {
	.send_message = send_message,
	.send_packet = send_packet,
	.release = release,
	.random = get_random,
	.tai64n = tai64n,
	.wake_at = wake_at,
	.jobs_pending = jobs_pending,
	.event = event,
};

void other_start(struct other *other, const uint8_t board_key[32], bool calls)
{
	size_t number = (size_t)(other - others);
	struct zwg_endpoint board = {.addr = addr_of("192.0.2.1"), .port = 51820};
	static const char *const allowed[] = {"10.9.0.1", "fd09::1", "10.9.1.1"};

	if (other->port)
		zwg_device_wipe(&other->device);
	memset(other, 0, sizeof(*other));
	sys_rand_get(other->private_key, sizeof(other->private_key));
	(void)zwg_x25519_base(other->public_key, other->private_key);
	other->at[0] = addr_of(number ? "192.0.2.3" : "192.0.2.2");
	other->at[1] = addr_of(number ? "fd00:1::3" : "fd00:1::2");
	other->port = (uint16_t)(7000 + number);
	other->wake_at = ZWG_NEVER;
	zwg_device_init(&other->device, &port, other);
	(void)zwg_set_private_key(&other->device, now(), other->private_key);
	(void)zwg_peer_add(&other->device, board_key, &other->board);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		struct zwg_prefix prefix = {.addr = addr_of(allowed[i])};

		prefix.bits = (uint8_t)zwg_family_bits(prefix.addr.family);
		(void)zwg_allowed_ip_add(&other->device, other->board, &prefix);
	}
	zwg_device_up(&other->device, now());
	if (calls) {
		zwg_peer_set_endpoint(&other->device, now(), other->board, &board);
		(void)zwg_peer_handshake(&other->device, now(), other->board);
		zwg_run_jobs(&other->device, now());
	}
}

/* No eight bytes of the packet stand in the datagram where their ciphertext should. */
static void check_hidden(const struct other *other)
{
	for (size_t at = 0; at + 8 <= other->inner_len; at += 8)
		if (memcmp(other->cipher + DATA_HEADER + at, other->inner + at, 8) == 0)
			wrong("plaintext on the wire");
	if (other->cipher_len != DATA_HEADER + ROUND_UP(other->inner_len, 16) + TAG &&
	    other->cipher_len != DATA_HEADER + 1420 + TAG)
		wrong("a length that shows the packet's");
}

static void take(struct other *other, const struct datagram *datagram)
{
	static uint8_t copy[MESSAGE_MAX];
	struct zwg_seg seg = {copy, datagram->len};
	struct zwg_packet packet = {.segs = &seg, .count = 1, .len = datagram->len};
	struct zwg_endpoint from = {.addr = datagram->src, .port = datagram->src_port};

	memcpy(copy, datagram->payload, datagram->len);
	memcpy(other->cipher, datagram->payload, datagram->len);
	other->cipher_len = datagram->len;
	switch (zwg_input(&other->device, now(), &packet, &from, datagram->tos, NULL)) {
	case ZWG_DELIVER:
		other->inner_len = (uint16_t)packet.len;
		memcpy(other->inner, copy + packet.off, packet.len);
		other->received++;
		check_hidden(other);
		break;
	case ZWG_CONSUMED:
		break;
	default:
		wrong("a datagram that the other end refuses");
	}
	zwg_run_jobs(&other->device, now());
}

/* The wire keeps the order, so each session's counters are 0, 1, 2 and so on. */
static void check_counter(struct other *other, const uint8_t *message)
{
	uint32_t session = sys_get_le32(message + 4);
	uint64_t counter = sys_get_le64(message + 8);

	if (session != other->session)
		other->next_counter = 0;
	if (counter != other->next_counter && !(other->missed && counter > other->next_counter))
		wrong("a counter twice, or left out");
	other->missed = false;
	other->session = session;
	other->next_counter = counter + 1;
}

static struct other *other_at(const struct zwg_addr *addr, uint16_t number)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (others[i].port == number && (zwg_addr_equal(addr, &others[i].at[0]) ||
						 zwg_addr_equal(addr, &others[i].at[1])))
			return &others[i];
	return NULL;
}

static void dispatch(struct frame *frame)
{
	const struct zwg_addr ours[] = {addr_of("192.0.2.1"), addr_of("fd00:1::1")};
	bool v6 = frame->data[FRAME_HEADER] >> 4 == 6;
	struct datagram datagram;
	struct other *other;

	if (frame->interface != 0)
		wrong("a frame on eth1");
	if (!datagram_parse(&datagram, frame->data + FRAME_HEADER, frame->len - FRAME_HEADER)) {
		wrong("a frame that is no datagram");
		return;
	}
	other = other_at(&datagram.dst, datagram.dst_port);
	if (!other) {
		wrong("a datagram for nobody");
		return;
	}
	if (datagram.src_port != 51820 && datagram.src_port != 51821)
		wrong("not from the listen port");
	if (!zwg_addr_equal(&datagram.src, v6 ? &ours[1] : &ours[0]))
		wrong("not from the underlay's address");
	initiations += datagram.payload[0] == INITIATION;
	if (datagram.payload[0] == DATA)
		check_counter(other, datagram.payload);
	if (!other->deaf)
		take(other, &datagram);
}

static void run_timers(void)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (others[i].port && others[i].wake_at <= now()) {
			others[i].wake_at = ZWG_NEVER;
			zwg_tick(&others[i].device, now());
			zwg_run_jobs(&others[i].device, now());
		}
}

static bool run(zwg_time until, struct other *waits)
{
	static struct frame frame;
	unsigned int had = waits ? waits->received : 0;

	for (;;) {
		zwg_time next = until;

		run_timers();
		if (waits && waits->received != had)
			return true;
		if (now() >= until)
			return false;
		for (size_t i = 0; i < OTHERS; i++)
			next = others[i].port ? MIN(next, others[i].wake_at) : next;
		if (underlay_sent(&frame, K_MSEC(next > now() ? next - now() : 0)))
			dispatch(&frame);
	}
}

void others_run(uint32_t ms)
{
	(void)run(now() + ms, NULL);
}

bool other_gets(struct other *other)
{
	return run(now() + HANDSHAKE_MS, other);
}

int other_send(struct other *other, const uint8_t *inner, size_t len)
{
	static uint8_t room[ZWG_HEADROOM + INNER_MAX + ZWG_TAILROOM];
	static struct zwg_seg seg;
	static struct zwg_packet packet;

	seg = (struct zwg_seg){room, ZWG_HEADROOM + len + ZWG_TAILROOM};
	packet = (struct zwg_packet){.segs = &seg, .count = 1, .off = ZWG_HEADROOM, .len = len};
	memcpy(room + ZWG_HEADROOM, inner, len);
	return zwg_output(&other->device, now(), &packet);
}

bool other_replay(struct other *other)
{
	bool v6 = other->held[12] == 0x86;

	return underlay_receive(other->held, other->held_len, FRAME_HEADER + (v6 ? 40 : 20),
				other->split, false) != NULL;
}

const char *others_fault(void)
{
	return fault;
}

void others_forget(void)
{
	fault = NULL;
	initiations = 0;
}
