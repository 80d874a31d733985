/* SPDX-License-Identifier: MIT */
/* The sliding window over received counters (paper section 5.4.6, RFC 6479 in spirit). */
#ifndef ZWG_REPLAY_H
#define ZWG_REPLAY_H

#include <zwg/state.h>

/**
 * Accepts @a counter once: true, and remembered, if it was not accepted before, lies at most
 * ZWG_REPLAY_WINDOW below the highest accepted, and is below REJECT_AFTER_MESSAGES.
 * To be called only after the packet has authenticated.
 */
bool zwg_replay_accept(struct zwg_replay *replay, uint64_t counter);

#endif
