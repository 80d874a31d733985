/* SPDX-License-Identifier: MIT */
/*
 * Two devices for the fuzz targets: SELF, which is tried, and OTHER, which makes the real messages
 * that SELF gets, whole or spoilt. Each has its own clock. Packets lie in fragments of heap, split
 * as the input says; what a device sent is kept in a short list.
 *
 * SELF has two more peers: one that never answers, and one without an endpoint.
 */
#ifndef ZWG_FUZZ_WORLD_H
#define ZWG_FUZZ_WORLD_H

#include <zwg/device.h>

#include "fuzz.h"

#define WORLD_LIST     12   /**< Datagrams kept of a device; the oldest gives way. */
#define WORLD_DATAGRAM 1600 /**< Bytes of the longest. */

enum { SELF, OTHER, HOSTS };

/** Addresses within: SELF 10.0.0.2 and fd00::2; OTHER 10.0.0.1 and fd00::1; the rest behind. */
enum { PEER_OTHER, PEER_SILENT, PEER_NOWHERE, WORLD_PEERS };

struct datagram {
	size_t len;
	uint8_t bytes[WORLD_DATAGRAM];
};

struct host {
	struct zwg_device *dev;
	uint8_t private_key[32];
	struct zwg_endpoint at;
	zwg_time now;
	zwg_time wake;
	uint64_t random;
	uint64_t stamp;
	bool random_fails;
	bool random_stuck; /**< The same number each time. */
	bool stamp_fails;
	bool send_fails;
	unsigned int owned; /**< Packets that the device has. */
	unsigned int count; /**< Of list. */
	struct datagram list[WORLD_LIST];
	bool job_taken;
	bool job_computed;
	struct zwg_job *job;
};

struct world {
	struct host hosts[HOSTS];
};

/** Both devices up, with keys and peers, and nothing said yet. */
struct world *world_new(void);

/** Wipes both devices: nothing may be left of them, and no packet may be lost. */
void world_free(struct world *world);

/** The device's peer of this number; NULL if it has been removed. */
struct zwg_peer *world_peer(struct world *world, unsigned int who, unsigned int number);

/** The public key of SELF's peer of this number. */
void world_public_key(const struct world *world, unsigned int number, uint8_t key[32]);

/** A datagram for a device, from the other one unless @a from says otherwise. @a split decides how
 * it lies in memory. What is delivered is checked. */
enum zwg_verdict world_input(struct world *world, unsigned int who, const struct zwg_endpoint *from,
			     uint8_t tos, uint8_t split, const void *bytes, size_t len);

/** An inner packet for a device; what zwg_output() returned. */
int world_output(struct world *world, unsigned int who, uint8_t split, const void *bytes,
		 size_t len);

/** Makes an inner packet of @a len bytes (IPv4: at least 20, IPv6: 40) to the other device. */
size_t world_inner(uint8_t *out, unsigned int who, enum zwg_family family, size_t len);

/** Does all jobs of a device; of SELF one that was taken before too. */
void world_jobs(struct world *world, unsigned int who);

/** One step of SELF's job: take, compute or commit it. */
void world_job_step(struct world *world);

/** Lets a device's time pass, ticking when it asked for it. */
void world_advance(struct world *world, unsigned int who, zwg_time ms);

/** Gives the device @a to everything that the other has sent, oldest first, and empties its list.
 */
void world_pass(struct world *world, unsigned int to);

/** Forgets what a device has sent. */
void world_clear(struct world *world, unsigned int who);

/** A handshake that the device begins, to its end if @a confirm, else to the response. */
void world_handshake(struct world *world, unsigned int who, bool confirm);

/** What must hold of a device at any moment between two calls. */
void world_check(struct world *world, unsigned int who);

#endif
