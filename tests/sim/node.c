/* SPDX-License-Identifier: MIT */
/*
 * A node: one device with its port, as a board would have it: a clock of its own rate, storage for
 * the stamps, one thread for handshake jobs that take their time, and power that may go.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

/* The clock */

zwg_time node_clock(const struct node *node)
{
	return node->clock_base +
	       (world.now - node->clock_since) * (uint64_t)(1000000 + node->ppm) / 1000000 / SIM_MS;
}

/* When the node's clock will show @a at, or now if it does already. */
static sim_time when_clock_shows(const struct node *node, zwg_time at)
{
	sim_time when;

	if (at <= node_clock(node))
		return world.now;
	/* One more microsecond than the quotient, which is rounded down. */
	when = node->clock_since + 1 +
	       (at - node->clock_base) * SIM_MS * 1000000 / (uint64_t)(1000000 + node->ppm);
	return when;
}

static void rebase(struct node *node, uint64_t leap)
{
	node->clock_base = node_clock(node) + leap;
	node->clock_since = world.now;
	node->wake_events = 0;
}

void node_set_rate(struct node *node, int ppm)
{
	rebase(node, 0);
	node->ppm = ppm;
}

void node_leap(struct node *node, uint64_t ms)
{
	rebase(node, ms);
}

/* Storage of the stamps' mark, which may fail and lose power at any write */

static int load_mark(void *ctx, uint64_t *mark)
{
	struct node *node = ctx;

	if (node->storage.fails && sim_chance(100))
		return -EIO;
	if (node->storage.torn) {
		node->storage.torn = false;
		if (sim_chance(500)) {
			node->storage.written = true;
			node->storage.mark = node->storage.torn_mark;
		}
	}
	if (!node->storage.written)
		return -ENOENT;
	*mark = node->storage.mark;
	return 0;
}

static int store_mark(void *ctx, uint64_t mark)
{
	struct node *node = ctx;
	bool fails = node->storage.fails && sim_chance(400);
	bool done = !fails || sim_chance(500);

	if (fails && sim_chance(300)) {
		coverage_met("torn write");
		node->storage.torn = true;
		node->storage.torn_mark = mark;
		node->power_lost = true;
		return -EIO;
	}
	if (done) {
		node->storage.written = true;
		node->storage.mark = mark;
	}
	if (fails && sim_chance(500))
		node->power_lost = true;
	return fails ? -EIO : 0;
}

static const struct zwg_stamp_store store = {.load = load_mark, .store = store_mark};

/* The port */

static bool port_fails(void)
{
	return !world.healed && sim_chance(5);
}

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	if (port_fails())
		return -ENOBUFS;
	net_send(ctx, to, tos, msg, len);
	return 0;
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	struct zwg_chain chain = {pkt->segs, pkt->count, pkt->off, pkt->len};
	uint8_t bytes[SIM_MTU];
	size_t len = pkt->len;

	SIM_RULE(zwg_chain_read(&chain, 0, bytes, len), "a datagram longer than its packet");
	inner_returned(ctx, pkt);
	inner_free((struct inner *)pkt);
	if (port_fails())
		return -ENOBUFS;
	net_send(ctx, to, tos, bytes, len);
	return 0;
}

static void release(void *ctx, struct zwg_packet *pkt)
{
	inner_returned(ctx, pkt);
	inner_free((struct inner *)pkt);
}

static int fill_random(void *ctx, void *buf, size_t len)
{
	const struct node *node = ctx;

	if (!node->random_ready)
		return -EAGAIN;
	sim_bytes(buf, len);
	if (len == 32)
		secrets_add(buf);
	return 0;
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	struct node *node = ctx;
	int err = zwg_stamp_next(&node->stamp, node_clock(node), stamp);

	if (!err && !node->power_lost)
		rules_stamp(node, stamp);
	return err;
}

static void wake_at(void *ctx, zwg_time when)
{
	struct node *node = ctx;

	node->wake = when;
	node->wake_events = 0;
}

static void jobs_pending(void *ctx)
{
	((struct node *)ctx)->jobs_wanted = true;
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	struct node *node = ctx;

	SIM_RULE(peer->used, "node %d: event %d for a peer that is not one", node->index, what);
}

static const struct zwg_port port = {
	.send_message = send_message,
	.send_packet = send_packet,
	.release = release,
	.random = fill_random,
	.tai64n = tai64n,
	.wake_at = wake_at,
	.jobs_pending = jobs_pending,
	.event = event,
};

/* Configuration */

struct sim_link *node_link(const struct node *a, const struct node *b)
{
	return a->index < b->index ? &world.links[a->index][b->index]
				   : &world.links[b->index][a->index];
}

int node_side(const struct node *node, const struct node *other)
{
	return node->index > other->index;
}

struct zwg_peer *node_peer(struct node *node, const struct node *other)
{
	return zwg_peer_find(node->dev, other->public_key);
}

void node_set_psk(struct node *node, struct zwg_peer *peer, const uint8_t psk[32])
{
	if (psk)
		secrets_add(psk);
	zwg_peer_set_preshared_key(node->dev, peer, psk);
	node->secrets_may_go = true;
}

void node_add_peer(struct node *node, const struct node *other)
{
	const struct sim_link *link = node_link(node, other);
	const struct zwg_prefix v4 = {{ZWG_AF_INET, {10, 0, 0, (uint8_t)(other->index + 1)}}, 32};
	const struct zwg_prefix v6 = {{ZWG_AF_INET6, {0xfd, [15] = (uint8_t)(other->index + 1)}},
				      128};
	int side = node_side(node, other);
	struct zwg_peer *peer;

	if (!link->exists || zwg_peer_add(node->dev, other->public_key, &peer) != 0)
		return;
	SIM_RULE(zwg_allowed_ip_add(node->dev, peer, &v4) == 0 &&
			 zwg_allowed_ip_add(node->dev, peer, &v6) == 0,
		 "no room for allowed IPs");
	if (link->has_psk)
		node_set_psk(node, peer, link->psk);
	if (link->endpoint[side]) {
		struct zwg_endpoint endpoint = net_endpoint(link->endpoint[side]);

		zwg_peer_set_endpoint(node->dev, node_clock(node), peer, &endpoint);
	}
	zwg_peer_set_keepalive(node->dev, node_clock(node), peer, link->keepalive[side]);
}

void node_init(struct node *node, int index)
{
	*node = (struct node){
		.index = index,
		.ppm = (int)sim_below(2001) - 1000,
		.clock_since = world.now,
		.address = ++world.next_address,
		.wake = ZWG_NEVER,
		.random_ready = true,
		.dev = calloc(1, sizeof(struct zwg_device)),
	};
	if (!node->dev)
		abort();
	sim_bytes(node->private_key, 32);
	node->private_key[0] &= 248;
	node->private_key[31] = (uint8_t)((node->private_key[31] & 127) | 64);
	secrets_add(node->private_key);
	if (zwg_x25519_base(node->public_key, node->private_key))
		abort();
}

void node_start(struct node *node)
{
	bool key_first = sim_chance(500);

	node->running = true;
	node->power_lost = false;
	node->clock_base = sim_below(100000);
	node->clock_since = world.now;
	node->wake = ZWG_NEVER;
	node->wake_events = 0;
	world.current = node;
	sim_say(node, "starts");
	zwg_stamp_init(&node->stamp, &store, node, node_clock(node));
	zwg_device_init(node->dev, &port, node);
	if (!key_first)
		zwg_device_up(node->dev, node_clock(node));
	for (int i = 0; i < world.count; i++) {
		if (i != node->index)
			node_add_peer(node, &world.nodes[i]);
	}
	SIM_RULE(zwg_set_private_key(node->dev, node_clock(node), node->private_key) == 0,
		 "the key was refused");
	if (key_first)
		zwg_device_up(node->dev, node_clock(node));
	node_settle(node);
}

void node_stop(struct node *node, bool in_order)
{
	sim_say(node, in_order ? "stops" : "loses its power");
	coverage_drops(node->dev);
	if (in_order) {
		world.current = node;
		zwg_device_wipe(node->dev);
		SIM_RULE(node->owned_count == 0, "node %d: %zu packets are lost", node->index,
			 node->owned_count);
		secrets_all_zero(node->dev, sizeof(*node->dev), "a wiped device");
	}
	while (node->owned) {
		struct inner *inner = node->owned;

		inner_returned(node, &inner->pkt);
		inner_free(inner);
	}
	memset(node->dev, 0, sizeof(*node->dev));
	memset(&node->job, 0, sizeof(node->job));
	node->job_busy = false;
	node->jobs_wanted = false;
	node->queue_count = 0;
	node->running = false;
	node->power_lost = false;
	node->wake = ZWG_NEVER;
	node->wake_events = 0;
	node->boots++;
	for (int i = 0; i < world.count; i++)
		node->lives[i]++;
}

/* Jobs. The messages that wait are followed from the wire to the job. */

static struct waiting *queued(struct node *node, size_t place)
{
	return &node->queue[(node->queue_first + place) % ZWG_HANDSHAKE_QUEUE];
}

/* Drops from our copy of the queue what the device has taken from its own; the last of it. */
static void follow_queue(struct node *node)
{
	while (node->queue_count > node->dev->queue_count) {
		node->job_message = *queued(node, 0);
		node->queue_first = (node->queue_first + 1) % ZWG_HANDSHAKE_QUEUE;
		node->queue_count--;
	}
}

static void compute(struct node *node)
{
	world.current = node;
	zwg_job_compute(&node->job);
	node->job_busy = true;
	events_add(world.now + 1 + sim_below(2 * world.job_time), EVENT_JOB, node, NULL);
}

static void start_job(struct node *node)
{
	if (node->job_busy || !node->jobs_wanted)
		return;
	follow_queue(node);
	if (!zwg_job_take(node->dev, node_clock(node), &node->job)) {
		node->jobs_wanted = false;
		follow_queue(node);
		return;
	}
	follow_queue(node);
	if (node->job.step == ZWG_JOB_OPEN_INITIATION || node->job.step == ZWG_JOB_OPEN_RESPONSE)
		SIM_RULE(node->job_message.len == node->job.len &&
				 memcmp(node->job_message.bytes, node->job.message,
					node->job.len) == 0,
			 "node %d: a job of a message that was not next", node->index);
	compute(node);
}

void node_job_done(struct node *node)
{
	static const char *const steps[][2] = {
		{"none", "none"},
		{"initiation made", "initiation not made"},
		{"initiation opened", "initiation refused"},
		{"timestamp opened", "timestamp refused"},
		{"response made", "response not made"},
		{"response opened", "response refused"},
	};
	const char *name = steps[node->job.step][node->job.failed];
	bool ours = node->job.step == ZWG_JOB_INITIATE;
	const struct node *other = NULL;
	bool more;

	for (int i = 0; i < world.count && !other; i++) {
		if (memcmp(world.nodes[i].public_key, node->job.remote_static, 32) == 0)
			other = &world.nodes[i];
	}
	if (other)
		coverage_note(node, other, name);
	world.current = node;
	sim_say(node, "job done: %s", name);
	rules_before(node);
	more = zwg_job_commit(node->dev, node_clock(node), &node->job);
	node->secrets_may_go = true;
	rules_after(node, ours ? NULL : &node->job_message, true);
	if (more) {
		compute(node);
	} else {
		secrets_all_zero(&node->job, sizeof(node->job), "a job that has ended");
		node->job_busy = false;
	}
}

/* In, out, and time */

void node_receive(struct node *node, const struct datagram *datagram)
{
	const struct zwg_endpoint from = net_endpoint(datagram->from);
	struct waiting cause = {
		.number = datagram->number,
		.origin = datagram->origin,
		.altered = datagram->altered,
		.from = datagram->from,
		.len = datagram->len,
	};
	static const char *const types[] = {"odd datagram", "initiation", "response",
					    "cookie reply", "data"};
	uint8_t bytes[SIM_MTU];
	size_t cut = sim_below(datagram->len + 1);
	struct zwg_seg segs[2] = {{bytes, cut}, {bytes + cut, datagram->len - cut}};
	struct zwg_packet pkt = {.segs = segs, .count = 2, .off = 0, .len = datagram->len};
	struct zwg_peer *peer = NULL;
	uint32_t before = node->dev->queue_count;
	enum zwg_verdict verdict;

	memcpy(bytes, datagram->bytes, datagram->len);
	if (datagram->origin >= 0)
		coverage_note(node, &world.nodes[datagram->origin],
			      datagram->altered ? "altered datagram"
						: types[bytes[0] <= 4 ? bytes[0] : 0]);
	world.current = node;
	rules_before(node);
	verdict = zwg_input(node->dev, node_clock(node), &pkt, &from, datagram->tos, &peer);
	sim_say(node, "receives #%u from %u: %s", (unsigned int)datagram->number, datagram->from,
		verdict == ZWG_DROPPED	  ? "dropped"
		: verdict == ZWG_CONSUMED ? "consumed"
					  : "delivered");
	for (uint32_t id = 0; id < node->dev->peers_touched; id++) {
		if (node->dev->peers[id].cookie.has_value)
			secrets_add(node->dev->peers[id].cookie.value);
	}
	if (!rules_after(node, &cause, false))
		SIM_RULE(!inner_is_visible(bytes, datagram->len),
			 "node %d: a refused packet is left decrypted", node->index);
	if (node->dev->queue_count > before) {
		memcpy(cause.bytes, datagram->bytes, datagram->len);
		*queued(node, node->queue_count++) = cause;
	}
	if (verdict == ZWG_DELIVER) {
		struct zwg_chain chain = {pkt.segs, pkt.count, pkt.off, pkt.len};
		const struct node *sender = NULL;
		uint8_t plain[SIM_MTU];

		for (int i = 0; i < world.count; i++) {
			if (peer && memcmp(world.nodes[i].public_key, peer->public_key, 32) == 0)
				sender = &world.nodes[i];
		}
		SIM_RULE(sender && zwg_chain_read(&chain, 0, plain, pkt.len),
			 "node %d: delivery from nobody", node->index);
		inner_delivered(node, sender, plain, pkt.len);
	}
}

uint64_t node_send(struct node *node, struct node *to)
{
	struct inner *inner = inner_new(node, to);
	uint64_t number = inner->number;
	int err;

	coverage_note(node, to, "packet to send");
	inner_owned(node, inner);
	world.current = node;
	err = zwg_output(node->dev, node_clock(node), &inner->pkt);
	sim_say(node, "packet %u to node %d: %d", (unsigned int)number, to->index, err);
	if (err) {
		inner_returned(node, &inner->pkt);
		inner_free(inner);
	}
	node_settle(node);
	return number;
}

void node_wake(struct node *node, uint64_t order)
{
	if (order != node->wake_events)
		return;
	node->wake_events = 0;
	for (int i = 0; i < world.count; i++)
		coverage_note(node, &world.nodes[i], "timer");
	world.current = node;
	zwg_tick(node->dev, node_clock(node));
	node->secrets_may_go = true;
	SIM_RULE(node->wake > node_clock(node), "node %d: a tick that leaves something due",
		 node->index);
}

void node_settle(struct node *node)
{
	if (!node->running)
		return;
	follow_queue(node);
	start_job(node);
	if (node->power_lost) {
		node_stop(node, false);
		events_add(world.now + sim_below(20 * SIM_SECOND), EVENT_BOOT, node, NULL);
		return;
	}
	rules_state(node);
	if (node->secrets_may_go || world.steps % 128 == 0)
		secrets_check(node);
	node->secrets_may_go = false;
	if (node->wake != ZWG_NEVER && node->wake_events == 0)
		node->wake_events =
			events_add(when_clock_shows(node, node->wake), EVENT_WAKE, node, NULL);
}
