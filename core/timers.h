/* SPDX-License-Identifier: MIT */
/*
 * All the policy on time (paper section 6). The other files tell facts; what follows from them is
 * decided in timers.c. A peer has five timers:
 *
 * - retransmit_handshake: REKEY_TIMEOUT and some jitter after an initiation was sent: another,
 * until REKEY_ATTEMPT_TIME is over. Also the remainder of REKEY_TIMEOUT when one is asked for too
 * early.
 * - send_keepalive: KEEPALIVE_TIMEOUT after data came, if nothing was sent since: an empty packet.
 * - new_handshake: KEEPALIVE_TIMEOUT + REKEY_TIMEOUT and some jitter after data was sent, if
 * nothing authenticated came since: an initiation.
 * - zero_key_material: 3 * REJECT_AFTER_TIME after the last session was made: wipe all of them.
 * - persistent_keepalive: so many seconds after the last authenticated packet either way, if the
 *   user asked for it.
 */
#ifndef ZWG_TIMERS_H
#define ZWG_TIMERS_H

#include <zwg/state.h>

/* Facts */

void zwg_timers_data_sent(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
void zwg_timers_data_received(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
/** Any packet that the peer can authenticate was sent: data, keepalive or handshake. */
void zwg_timers_authenticated_sent(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
void zwg_timers_authenticated_received(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
/** An initiation was sent, or could not be made and is to be tried again. */
void zwg_timers_initiation_sent(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
/** A session was made, confirmed or not. */
void zwg_timers_session_derived(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
/** A session may carry data both ways. */
void zwg_timers_handshake_complete(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
/** The persistent keepalive's interval was set or the device has come up. */
void zwg_timers_keepalive_set(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);
/** Data was sent with this keypair: is it time for a new one? */
void zwg_timers_sent_with(struct zwg_device *dev, struct zwg_peer *peer,
			  const struct zwg_keypair *keypair, zwg_time now);
/** A packet was received: is the current keypair near its end? */
void zwg_timers_received(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);

/** Asks for a handshake: at once, or when REKEY_TIMEOUT has passed since the last was sent. A
 * demand that is not a timer's own gives the peer REKEY_ATTEMPT_TIME anew. */
void zwg_timers_want_handshake(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);

/** Stops all of them. */
void zwg_timers_stop(struct zwg_device *dev, struct zwg_peer *peer);

/** Does what is due for every peer. */
void zwg_timers_run(struct zwg_device *dev, zwg_time now);

#endif
