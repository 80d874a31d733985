/* SPDX-License-Identifier: MIT */
/*
 * Packets for the core from a pool of fixed size. The memory is mapped once and never grows; pages
 * are touched when a packet first needs them, so that a large pool costs nothing until it is used.
 * A packet is one run of bytes or, to be like a small system's network buffers, many short ones.
 */
#ifndef ZWG_PORT_PACKETS_H
#define ZWG_PORT_PACKETS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <zwg/port.h>

#define PACKET_CAPACITY 65535 /**< Bytes a packet holds between headroom and tailroom. */
#define PACKET_MAX_SEGS 1024  /**< IOV_MAX: a packet goes to the kernel in one call. */

struct packet_pool {
	pthread_mutex_t lock;
	uint8_t *map;
	size_t map_len;
	size_t stride;	 /**< Bytes from one packet to the next. */
	size_t fragment; /**< Bytes of a fragment; the last may be shorter. */
	size_t segs;	 /**< Fragments of a packet. */
	size_t count;
	size_t touched; /**< Packets ever used; those above were never written. */
	size_t available;
	struct zwg_packet *free;
};

/**
 * Maps a pool of @a count packets whose fragments are @a fragment bytes long, 0 for one fragment a
 * packet. Fragments of more than one are at odd addresses with a byte between them, so that nothing
 * may rely on alignment or on adjacency. 0, -ENOMEM, or -EINVAL for more than PACKET_MAX_SEGS.
 */
int packet_pool_init(struct packet_pool *pool, size_t count, size_t fragment);

/** Gives the memory back to the kernel, which clears it. No packet may be out. */
void packet_pool_destroy(struct packet_pool *pool);

/** A packet with ZWG_HEADROOM bytes before its off, len PACKET_CAPACITY; NULL if none is left. */
struct zwg_packet *packet_get(struct packet_pool *pool);

/** Puts a packet back. */
void packet_put(struct packet_pool *pool, struct zwg_packet *pkt);

/** Packets that packet_get() can still give. */
size_t packets_available(struct packet_pool *pool);

/** The bytes of the packet as a chain. */
struct zwg_chain packet_chain(const struct zwg_packet *pkt);

/** Fills @a iov, of PACKET_MAX_SEGS places, with the packet's bytes; the number of places used. */
size_t packet_iov(const struct zwg_packet *pkt, struct iovec *iov);

#endif
