/* SPDX-License-Identifier: MIT */
/*
 * A peer's sessions and their three roles (paper section 6.3): current, with which we send;
 * previous, still heard; next, which we made as responder and may use once the initiator has.
 */
#ifndef ZWG_KEYPAIR_H
#define ZWG_KEYPAIR_H

#include <zwg/state.h>

/** The peer's keypair in @a role, or NULL. */
struct zwg_keypair *zwg_keypair_get(struct zwg_peer *peer, enum zwg_role role);

/**
 * Begins the session whose keys and indices are in @a job. As initiator it becomes current, and
 * next (else current) becomes previous; as responder it becomes next, and previous is gone. False,
 * and nothing changed, if its index is taken.
 */
bool zwg_keypair_begin(struct zwg_device *dev, struct zwg_peer *peer, const struct zwg_job *job,
		       bool initiator, zwg_time now);

/** An authenticated packet came on keypair number @a number. True if that was next: it is current
 *  now, and current previous. */
bool zwg_keypair_confirm(struct zwg_device *dev, struct zwg_peer *peer, uint32_t number);

/** Sessions stop sending; what is under way may still be received. */
void zwg_keypairs_stop_sending(struct zwg_peer *peer);

/** Wipes every session of the peer. */
void zwg_keypairs_clear(struct zwg_device *dev, struct zwg_peer *peer);

/** True if data may be sent with the keypair now: not too old, not too many messages. */
bool zwg_keypair_can_send(const struct zwg_keypair *keypair, zwg_time now);

/** True if data may be received with it now. */
bool zwg_keypair_can_receive(const struct zwg_keypair *keypair, zwg_time now);

#endif
