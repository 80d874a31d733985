/* SPDX-License-Identifier: MIT */
/*
 * One device in a world that the test owns: the clock, the random source, the stamps, the wire and
 * every error. Time passes only by rig_advance() and rig_wait(), which call zwg_tick() at the
 * moments that the device asked for and at no other. Packets lie in fragments split at random, each
 * in its own piece of heap, so that the sanitizer sees a byte too many.
 *
 * The primitives are wrapped (link with RIG_WRAPS, see CMakeLists.txt): their calls can be counted
 * and made to fail.
 */
#ifndef ZWG_RIG_H
#define ZWG_RIG_H

#include <zwg/device.h>

#include "scripted.h"
#include "test.h"

#define RIG_DRAWS 256

/** A datagram that the device sent. */
struct sent {
	zwg_time at;
	struct zwg_endpoint to;
	uint8_t tos;
	size_t len;
	uint8_t *bytes;
};

/** An inner packet that the device gave to its stack. */
struct delivered {
	const struct zwg_peer *peer;
	size_t len;
	uint8_t *bytes;
};

struct rig {
	struct zwg_device *dev;
	struct zwg_job *job;
	uint8_t private_key[32];
	zwg_time now;
	zwg_time wake;
	bool hold_jobs;	   /**< Jobs wait until rig_run_jobs(). */
	bool jobs_pending; /**< The device asked for rig_run_jobs(). */
	bool dirty_job;	   /**< A job that was finished but not wiped was seen. */
	uint64_t random;
	uint8_t forced[64]; /**< The next random bytes, if any. */
	size_t forced_len;
	uint8_t draws[RIG_DRAWS][32]; /**< Every draw of 32 bytes: ephemerals and cookie secrets. */
	size_t draw_count;
	int random_error;
	int stamp_error;
	int send_error;
	bool stamp_stuck;     /**< Stamps stop rising. */
	long random_fails_at; /**< Which call fails next: 0 the next, below 0 none. */
	long send_fails_at;
	bool spoilt_packet; /**< One that zwg_output() refused was not as the contract says. */
	uint64_t stamp;
	struct sent **sent; /**< Each stays where it is until rig_free(). */
	size_t sent_count;
	size_t sent_read;
	struct delivered **delivered;
	size_t delivered_count;
	size_t delivered_read;
	unsigned int outstanding; /**< Packets that the device owns. */
	unsigned int released;
	unsigned int events[4];
};

/** The device is up and has a key. */
struct rig *rig_new(void);

/** The same with @a seed for its randomness, and neither up nor with a key. */
struct rig *rig_new_bare(uint64_t seed);

void rig_free(struct rig *rig);

/** Adds the scripted peer with its endpoint, 10.0.0.number/32 and fd00::number/128. */
struct zwg_peer *rig_add(struct rig *rig, struct scripted *peer, uint8_t number);

/** Gives the datagram to the device, then runs its jobs unless they are held. */
enum zwg_verdict rig_input(struct rig *rig, const struct zwg_endpoint *from, const void *bytes,
			   size_t len);
enum zwg_verdict rig_input_tos(struct rig *rig, const struct zwg_endpoint *from, uint8_t tos,
			       const void *bytes, size_t len);

/** Gives an inner packet to the device; what zwg_output() returned. The packet is freed if it is
 *  then still the caller's. */
int rig_output(struct rig *rig, const void *bytes, size_t len);

/** Does what the device's jobs are, and checks that each leaves nothing behind. */
void rig_run_jobs(struct rig *rig);

/** The oldest datagram not yet looked at, or NULL. */
const struct sent *rig_sent(struct rig *rig);

/** The oldest packet delivered and not yet looked at, or NULL. */
const struct delivered *rig_delivered(struct rig *rig);

/** Lets @a ms pass. */
void rig_advance(struct rig *rig, zwg_time ms);

/** Lets time pass up to and including @a ms from now, or until there is something in rig_sent(),
 *  which it returns. */
const struct sent *rig_wait(struct rig *rig, zwg_time ms);

/** True if the device's memory holds the @a len bytes anywhere. */
bool rig_holds(const struct rig *rig, const void *bytes, size_t len);

/** How many of the peer's secrets the device's memory holds, but not these two keys of a session
 * that is alive (NULL: none is). */
unsigned int rig_leaks(const struct rig *rig, const struct scripted *peer,
		       const struct session *alive);

/** Calls to X25519 that the devices of all rigs have made. */
extern unsigned int rig_x25519_calls;

/** The call to a primitive that fails next by a device: 0 the next, 1 the one after, ...; below 0
 *  none. */
extern long rig_crypto_fails_at;

/** What follows is the device's own doing, in which the given call to a primitive fails; or, below
 *  0, it is the test's again. */
void rig_fails_in_device(long call);

/** An inner packet from 10.0.0.src (or fd00::src) to 10.0.0.dst of @a len bytes in all, its bytes
 *  following from its length. Returns @a len. */
size_t rig_ipv4(uint8_t *out, uint8_t src, uint8_t dst, size_t len);
size_t rig_ipv6(uint8_t *out, uint8_t src, uint8_t dst, size_t len);

/* What tests do all the time. The device is 10.0.0.100. */

#define RIG_SELF 100

/** The next datagram sent must be of this type; it is returned, or one of zeros. */
const struct sent *rig_take(struct rig *rig, uint8_t type);

/** The device starts the handshake with a packet of @a len bytes, which stays staged. */
void rig_start(struct rig *rig, struct scripted *peer, uint8_t number, size_t len);

/** A whole handshake that the device starts with a packet of 40 bytes, which is taken off the
 *  wire. */
void rig_initiate(struct rig *rig, struct scripted *peer, uint8_t number, struct session *session);

/** A whole handshake that the peer starts and confirms with a keepalive. */
void rig_respond(struct rig *rig, struct scripted *peer, struct session *session);

/** The peer sends a packet of @a len bytes; true if the device delivers it whole. */
bool rig_hears(struct rig *rig, struct scripted *peer, uint8_t number, struct session *session,
	       size_t len);

/** The device sends a packet of @a len bytes; true if that is the next on the wire, to the peer's
 *  endpoint, and the peer can read it. */
bool rig_says(struct rig *rig, struct scripted *peer, uint8_t number, struct session *session,
	      size_t len);

/** A copy of what must not change when a datagram is met with silence: peers, sessions, indices,
 *  deadlines, everything but counters and the handshake queue. */
struct rig_state;
struct rig_state *rig_save(const struct rig *rig);
bool rig_same(const struct rig *rig, const struct rig_state *saved);

/** Nothing is sent, nothing delivered, and no job is left unwiped. */
#define CHECK_SILENT(rig)                                                                          \
	do {                                                                                       \
		CHECK(rig_sent(rig) == NULL);                                                      \
		CHECK(rig_delivered(rig) == NULL);                                                 \
		CHECK(!(rig)->dirty_job);                                                          \
	} while (0)

/** The device is wiped: nothing is left of it, and nothing that it owned has been lost. */
#define RIG_END(rig)                                                                               \
	do {                                                                                       \
		CHECK(!(rig)->dirty_job);                                                          \
		CHECK(!(rig)->spoilt_packet);                                                      \
		zwg_device_wipe((rig)->dev);                                                       \
		CHECK_INT((rig)->outstanding, 0);                                                  \
		CHECK_ZERO((rig)->dev, sizeof(*(rig)->dev));                                       \
		rig_free(rig);                                                                     \
	} while (0)

#endif
