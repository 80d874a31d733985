/* SPDX-License-Identifier: MIT */
/*
 * A WireGuard device in a Linux process: the core with its lock, its UDP sockets, its timer, and
 * the thread on which handshakes are computed, so that a flood of them never holds up data.
 * Everything else runs on the loop's thread. What is opened is delivered after the lock is
 * released; what was sent under it leaves together at that moment.
 */
#ifndef ZWG_PORT_TUNNEL_H
#define ZWG_PORT_TUNNEL_H

#include <pthread.h>
#include <stdbool.h>

#include <zwg/device.h>

#include "inbox.h"
#include "loop.h"
#include "outbox.h"
#include "packets.h"
#include "udp.h"

#define TUNNEL_BATCH 256 /**< Packets delivered together. */

struct tunnel;

/** What a program gives to its tunnel. */
struct tunnel_ops {
	/** Takes the @a count inner packets at @a packets, which came from peers, in their order.
	 * Called on the loop's thread without the lock. They are the tunnel's again when it
	 * returns; their bytes and their next may have been used. */
	void (*deliver)(void *ctx, struct zwg_packet *const *packets, size_t count);
	/** As in struct zwg_port: called under the lock, on either thread. */
	void (*event)(void *ctx, struct zwg_peer *peer, enum zwg_event event);
	/** As in struct zwg_port: called without the lock, on the handshake thread. */
	int (*tai64n)(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN]);
};

/** A packet in the inbox's memory. */
struct tunnel_view {
	struct zwg_packet pkt;
	struct zwg_seg seg;
};

struct tunnel {
	struct zwg_device *device; /**< Only between tunnel_lock() and tunnel_unlock(). */
	struct loop *loop;
	const struct tunnel_ops *ops;
	void *ctx;
	struct packet_pool pool;
	struct udp udp;
	struct outbox outbox; /**< What was sent since tunnel_lock(). */
	struct inbox inbox;
	struct tunnel_view views[TUNNEL_BATCH];
	struct zwg_packet *opened[TUNNEL_BATCH];
	zwg_time wanted; /**< When the core wants to be called, ... */
	zwg_time armed;	 /**< ... and when the timer will: not later. */
	struct loop_source udp_source[UDP_FAMILIES];
	struct loop_source timer;
	pthread_mutex_t lock;
	pthread_cond_t jobs;
	bool jobs_pending;
	bool stopping;
	bool thread_started;
	pthread_t thread;
};

/**
 * Prepares the tunnel and its device, which is all zeros, and starts its handshake thread.
 *
 * @param packets  Packets in its pool, at least 64.
 * @param fragment Bytes of a fragment of a packet, also of those delivered; 0 for whole packets;
 * see packet_pool_init().
 * @return 0 or a negative errno; nothing is then left behind.
 */
int tunnel_init(struct tunnel *tunnel, struct zwg_device *device, struct loop *loop,
		const struct tunnel_ops *ops, void *ctx, size_t packets, size_t fragment);

/** Stops the thread, closes the sockets and wipes the device: no key is left in memory. */
void tunnel_destroy(struct tunnel *tunnel);

/** Opens the sockets anew, see udp_open(). On an error those that were open stay. */
int tunnel_listen(struct tunnel *tunnel, const struct zwg_addr *local, uint16_t port,
		  uint32_t fwmark);

/** Changes the mark of outgoing packets, see udp_set_fwmark(). */
int tunnel_set_fwmark(struct tunnel *tunnel, uint32_t fwmark);

/** Closes the sockets: nothing is sent or received until tunnel_listen(). */
void tunnel_close(struct tunnel *tunnel);

void tunnel_lock(struct tunnel *tunnel);

/** Sends what was sent meanwhile, sets the timer, and releases the lock. */
void tunnel_unlock(struct tunnel *tunnel);

/** A packet to be filled and given to tunnel_output(); NULL if none is left. */
struct zwg_packet *tunnel_packet(struct tunnel *tunnel);

/** Puts back a packet that is not sent. */
void tunnel_release(struct tunnel *tunnel, struct zwg_packet *pkt);

/**
 * Sends the inner packets of the list @a first, linked by next: those that were taken leave the
 * list, the others are returned linked, still the caller's, each with its negative errno (see
 * zwg_output()) in @a errors in the same order. -ENOBUFS: no session, and too many packets wait for
 * one already. -ELOOP: it has been sent before, see returned.h.
 */
struct zwg_packet *tunnel_output(struct tunnel *tunnel, struct zwg_packet *first, int *errors);

#endif
