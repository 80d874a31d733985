/* SPDX-License-Identifier: MIT */
/*
 * A deterministic simulation of many devices: one seed decides the network, the clocks, the
 * storage, the reboots and the attacks, and so the whole run. What must never happen is checked at
 * every step; a run that breaks a rule ends the program with its seed on the screen.
 */
#ifndef ZWG_SIM_H
#define ZWG_SIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/device.h>

#include "stamp.h"

#define SIM_NODES 50
#define SIM_MTU	  320 /* Of what is on the wire here. */

/* The simulated time, in microseconds. */
typedef uint64_t sim_time;
#define SIM_MS	   UINT64_C(1000)
#define SIM_SECOND UINT64_C(1000000)

/** An address on the simulated network; 0 is none. Each has one endpoint, IPv4 or IPv6. */
typedef uint32_t sim_address;
#define SIM_ATTACKERS UINT32_C(0x800000) /* Addresses from here on are theirs. */

/** What is on the wire. Copies share the number of what a device sent. */
struct datagram {
	uint64_t number;
	int origin;   /**< The node that sent it; -1: forged. */
	bool altered; /**< Not as it was sent. */
	sim_address from;
	sim_address to;
	uint8_t tos;
	size_t len;
	uint8_t bytes[SIM_MTU];
};

/** An inner packet in the hands of a node: of the node itself, or of its core. */
struct inner {
	struct zwg_packet pkt; /* First: the core knows it by this. */
	struct zwg_seg segs[3];
	struct inner *next;
	struct inner *before;
	uint64_t number;
	uint8_t bytes[SIM_MTU];
};

/** A handshake message that waits in a device's queue, so that its fate can be followed. */
struct waiting {
	uint64_t number;
	int origin;
	bool altered;
	sim_address from;
	size_t len;
	uint8_t bytes[ZWG_INITIATION_LEN];
};

/** What the storage of a node does with a write. */
struct storage {
	bool written;
	uint64_t mark;
	bool torn; /**< Power went in the middle of a write: this mark or the earlier is there. */
	uint64_t torn_mark;
	bool fails; /**< It may do worse than it should. */
};

struct node {
	int index;
	bool running;
	bool power_lost; /**< In the middle of a call: it goes down when that returns. */
	uint32_t boots;
	uint32_t lives[SIM_NODES]; /**< How often it has forgotten what it knew of a peer. */
	struct zwg_device *dev;
	uint8_t private_key[32];
	uint8_t public_key[32];
	sim_address address;
	/* The node's clock: milliseconds since the node's start, at its own rate. */
	sim_time clock_since;
	uint64_t clock_base;
	int ppm;
	zwg_time wake;
	uint64_t wake_events; /**< The newest event that wakes it; older ones do not count. 0: none.
			       */
	bool jobs_wanted;
	bool job_busy;
	struct zwg_job job;
	struct waiting job_message;
	struct waiting queue[ZWG_HANDSHAKE_QUEUE];
	size_t queue_first;
	size_t queue_count;
	struct inner *owned; /**< What the core has of us. */
	size_t owned_count;
	struct storage storage;
	struct zwg_stamp stamp;
	uint8_t last_stamp[ZWG_TAI64N_LEN];
	bool random_ready;
	bool secrets_may_go; /**< Something has happened that may have ended the need for one. */
};

/** Between two nodes that are each other's peers; both ends by number, the smaller first. */
struct sim_link {
	bool exists;
	bool has_psk;
	uint8_t psk[32];
	sim_address endpoint[2]; /**< What each end is configured with for the other; 0: nothing. */
	uint16_t keepalive[2];
};

struct world {
	uint64_t seed;
	bool verbose;
	uint64_t random;
	sim_time now;
	uint64_t steps;
	bool healed;
	bool measured;	 /**< Since liveness_begin(). */
	uint64_t digest; /**< Of all that happened: the same seed gives the same. */
	int count;
	struct node nodes[SIM_NODES];
	struct sim_link links[SIM_NODES][SIM_NODES];
	sim_address next_address;
	uint64_t datagrams; /**< Sent so far. */
	/* The network, in thousandths and microseconds. */
	unsigned int loss, duplication, corruption, reordering, congestion;
	sim_time delay, jitter;
	unsigned int hostility;
	int liar;	  /**< The node that lies about the inner source; -1: none. */
	sim_time traffic; /**< Mean time between two packets of a node. */
	sim_time job_time;
	struct node *current; /**< The node whose core is running. */
};

extern struct world world;

/* Chance (world.c) */

uint64_t sim_random(void);
uint64_t sim_below(uint64_t bound);
bool sim_chance(unsigned int thousandths);
void sim_bytes(void *out, size_t len);

/** Prints what happens, when asked. */
void sim_say(const struct node *node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** A rule is broken: prints it with the seed, and ends the program. */
_Noreturn void sim_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define SIM_RULE(cond, ...)                                                                        \
	do {                                                                                       \
		if (!(cond))                                                                       \
			sim_broken(__VA_ARGS__);                                                   \
	} while (0)

/* One whole run (world.c) */

void world_run(uint64_t seed, bool verbose);

/* Events (events.c) */

enum sim_event {
	EVENT_DELIVER,
	EVENT_WAKE,
	EVENT_JOB,
	EVENT_BOOT,
	EVENT_TRAFFIC,
	EVENT_PROBE,
	EVENT_CHAOS,
	EVENT_ATTACK,
};

struct event {
	sim_time at;
	uint64_t order; /**< Events of one moment happen in the order of their making. */
	enum sim_event what;
	int node;
	uint32_t boots; /**< The event is void if the node was started again meanwhile. */
	struct datagram *datagram;
};

void events_reset(void);
/** Returns the event's order. */
uint64_t events_add(sim_time at, enum sim_event what, const struct node *node,
		    struct datagram *datagram);
bool events_next(struct event *event, sim_time until);

/* The network (net.c) */

struct zwg_endpoint net_endpoint(sim_address address);
sim_address net_address(const struct zwg_endpoint *endpoint);
struct node *net_owner(sim_address address);
/** A device sends. */
void net_send(struct node *from, const struct zwg_endpoint *to, uint8_t tos, const uint8_t *bytes,
	      size_t len);
/** A datagram goes on its way, with whatever happens to it there. */
void net_transmit(const struct datagram *datagram);

/* Nodes (node.c) */

void node_init(struct node *node, int index);
void node_start(struct node *node);
/** Power goes, or the node is shut down in order. */
void node_stop(struct node *node, bool in_order);
zwg_time node_clock(const struct node *node);
void node_set_rate(struct node *node, int ppm);
void node_leap(struct node *node, uint64_t ms);
void node_wake(struct node *node, uint64_t order);
void node_job_done(struct node *node);
void node_receive(struct node *node, const struct datagram *datagram);
/** Sends a packet to another node; its number. */
uint64_t node_send(struct node *node, struct node *to);
void node_add_peer(struct node *node, const struct node *other);
void node_set_psk(struct node *node, struct zwg_peer *peer, const uint8_t psk[32]);
struct zwg_peer *node_peer(struct node *node, const struct node *other);
struct sim_link *node_link(const struct node *a, const struct node *b);
/** Which end of their link @a node is. */
int node_side(const struct node *node, const struct node *other);
/** To be called after everything that a core was made to do. */
void node_settle(struct node *node);

/* Inner packets (inner.c) */

struct inner *inner_new(struct node *from, struct node *to);
void inner_owned(struct node *node, struct inner *inner);
void inner_returned(struct node *node, struct zwg_packet *pkt);
void inner_free(struct inner *inner);
/** @a bytes came out of the tunnel at @a to, said to come from @a from. */
void inner_delivered(struct node *to, const struct node *from, const uint8_t *bytes, size_t len);
bool inner_was_delivered(uint64_t number);
void inner_reset(void);
/** True if the bytes hold anything of an inner packet in the clear. */
bool inner_is_visible(const uint8_t *bytes, size_t len);

/* Hostile senders (hostile.c) */

void hostile_begin(void);
void hostile_capture(const struct datagram *datagram);
void hostile_attack(void);
/** Something has come to an address of theirs. */
void hostile_receive(const struct datagram *datagram);

/* Misfortunes (chaos.c) */

void chaos_happens(struct node *node);
/** Everything works again, and is configured as it should be. */
void chaos_heal(void);
/** Of every two peers at least one knows where the other is. */
void chaos_reconnect(void);

/* Rules (rules.c, secrets.c) */

void rules_reset(void);
/** Before and after a core is given a datagram, or the result of a job made of one. */
void rules_before(const struct node *node);
/** True if it was believed. */
bool rules_after(struct node *node, const struct waiting *cause, bool handshake);
void rules_state(const struct node *node);
void rules_stamp(struct node *node, const uint8_t *stamp);
void secrets_reset(void);
/** At least 8 bytes, of which the first 8 are looked for. */
void secrets_add(const uint8_t *secret);
/** No secret lies anywhere in the device but where it is needed. */
void secrets_check(const struct node *node);
void secrets_all_zero(const void *mem, size_t len, const char *what);

/* Liveness after the network has healed (liveness.c) */

void liveness_begin(void);
sim_time liveness_bound(void);
void liveness_traffic(struct node *node);
void liveness_check(void);
extern uint64_t liveness_slow_pairs, liveness_pairs;

/* What was seen (coverage.c) */

void coverage_note(struct node *node, const struct node *other, const char *event);
/** Something happened that must be seen in enough runs (see coverage.c). */
void coverage_met(const char *what);
/** To be called before a device's counters are lost. */
void coverage_drops(const struct zwg_device *dev);
void coverage_print(bool whole);
/** Says what is missing of all that thousands of seeds must have seen; true if nothing. */
bool coverage_complete(void);

#endif
