/* SPDX-License-Identifier: MIT */
/* What happens to a peer, told by the other files of the core; its public side is in device.h. */
#ifndef ZWG_PEER_H
#define ZWG_PEER_H

#include <zwg/state.h>

/** Puts the peer at the end of those for which zwg_job_take() makes an initiation. */
void zwg_peer_want_initiation(struct zwg_device *dev, struct zwg_peer *peer);

/** Takes it out again, if it is there. */
void zwg_peer_unwant_initiation(struct zwg_device *dev, struct zwg_peer *peer);

/** The first of them, taken out; NULL if there is none. */
struct zwg_peer *zwg_peer_pop_wanting(struct zwg_device *dev);

/** No job under way for the peer will be committed. */
void zwg_peer_cancel_jobs(struct zwg_peer *peer);

/** A session may carry data: remembers when and tells the port. */
void zwg_peer_handshake_completed(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);

/** It does not answer: tells the port. */
void zwg_peer_gone_quiet(struct zwg_device *dev, struct zwg_peer *peer);

/** An authenticated, fresh packet came from @a from: that is where the peer is. */
void zwg_peer_seen_at(struct zwg_device *dev, struct zwg_peer *peer,
		      const struct zwg_endpoint *from);

/** The port may choose the local address anew. */
void zwg_peer_forget_source(struct zwg_peer *peer);

/** Ends the handshake that we have started. */
void zwg_peer_forget_initiation(struct zwg_device *dev, struct zwg_peer *peer);

/** Wipes sessions and handshake. */
void zwg_peer_forget_sessions(struct zwg_device *dev, struct zwg_peer *peer);

/** As the device goes down: also timers and staged packets. */
void zwg_peer_stop(struct zwg_device *dev, struct zwg_peer *peer);

#endif
