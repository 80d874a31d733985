/* SPDX-License-Identifier: MIT */
/*
 * The handshake messages (paper sections 5.4.2 and 5.4.3), made and read in a job, far from any
 * device: everything comes from the job and goes back into it. 0 or a negative errno.
 */
#ifndef ZWG_HANDSHAKE_H
#define ZWG_HANDSHAKE_H

#include <zwg/state.h>

/** Makes an initiation for remote_static in message, up to mac1. In: private_key, public_key,
 *  remote_static, ephemeral, stamp, local_index. Out: message, len, noise. */
int zwg_handshake_initiate(struct zwg_job *job);

/** Reads a received initiation up to the static key. In: private_key, public_key, message. Out:
 *  remote_static, remote_ephemeral, remote_index, noise. */
int zwg_handshake_open_initiation(struct zwg_job *job);

/** Reads the rest of it, which authenticates it. Out: stamp, noise. */
int zwg_handshake_open_timestamp(struct zwg_job *job);

/** Makes the response in message, up to mac1, and the transport keys. In: what the two before left,
 *  ephemeral, preshared_key, local_index. Out: message, len, send_key, recv_key. */
int zwg_handshake_respond(struct zwg_job *job);

/** Reads a received response. In: message, and what zwg_handshake_initiate() left. Out:
 *  remote_index, send_key, recv_key. */
int zwg_handshake_open_response(struct zwg_job *job);

#endif
