/* SPDX-License-Identifier: MIT */
/*
 * Token buckets for handshakes from sources that have shown by mac2 that they own their address
 * (paper section 5.3): 20 a second, bursts of 5, for each IPv4 address and each IPv6 /64, in a
 * bounded table that refuses when it is full.
 */
#ifndef ZWG_RATELIMITER_H
#define ZWG_RATELIMITER_H

#include <zwg/state.h>

/** Takes a token of @a addr's. False if it has none or the table is full of others' open buckets.
 *  A bucket that has had time to fill up again is as good as absent and gives way. @a table->seed
 *  is set by the caller before the first use. */
bool zwg_ratelimiter_allow(struct zwg_ratelimiter *table, const struct zwg_addr *addr,
			   zwg_time now);

#endif
