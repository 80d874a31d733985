/* SPDX-License-Identifier: MIT */
/* The network buffers of a packet as the fragments of the core. */
#ifndef ZWG_SEGMENTS_H
#define ZWG_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/net/net_pkt.h>

#include <zwg/chain.h>

#include "compat.h"

/** Writes the buffers from @a buf on as at most @a max fragments. Their number; 0 if there are
 * more. */
size_t zwg_segments(struct net_buf *buf, struct zwg_seg *segs, size_t max);

/** Does somebody else hold the packet or one of its buffers, so that it must not be written to? TCP
 *  keeps what it may have to send again; sockets that watch all packets keep copies. */
bool zwg_segments_shared(const struct net_pkt *pkt);

/** Takes @a len bytes from the front of the packet; buffers that become empty go back to their
 * pool. There must be more than @a len bytes. */
void zwg_segments_pull(struct net_pkt *pkt, size_t len);

/** Moves bytes forward into the room that zwg_segments_pull() has left, until the first buffer
 * holds
 *  @a len bytes or all there are: the stack reads an IP header from one buffer. */
void zwg_segments_pull_up(struct net_pkt *pkt, size_t len);

#endif
