/* SPDX-License-Identifier: MIT */
/*
 * Handshake jobs: what the device gives to a step, and what it makes of the result. The messages
 * themselves are made and read in handshake.c, without the lock; here, under it, nothing is
 * computed but two short macs. A result counts only if what it started from still stands.
 */
#include <errno.h>
#include <string.h>

#include "cookie.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "handshake.h"
#include "internal.h"
#include "keypair.h"
#include "peer.h"
#include "send.h"
#include "timers.h"

static void start(const struct zwg_device *dev, struct zwg_job *job, enum zwg_job_step step)
{
	*job = (struct zwg_job){
		.port = dev->port,
		.ctx = dev->ctx,
		.step = step,
		.identity_generation = dev->identity.generation,
	};
	memcpy(job->private_key, dev->identity.private_key, sizeof(job->private_key));
	memcpy(job->public_key, dev->identity.public_key, sizeof(job->public_key));
}

static void bind(struct zwg_job *job, const struct zwg_peer *peer)
{
	job->peer_id = peer->id;
	job->peer_generation = peer->generation;
	job->peer_epoch = peer->response_epoch;
	memcpy(job->remote_static, peer->public_key, sizeof(job->remote_static));
	memcpy(job->preshared_key, peer->preshared_key, sizeof(job->preshared_key));
}

/* The job's peer, or NULL if what the job started from has changed. */
static struct zwg_peer *bound_peer(struct zwg_device *dev, const struct zwg_job *job)
{
	struct zwg_peer *peer = &dev->peers[job->peer_id];

	return peer->used && peer->generation == job->peer_generation ? peer : NULL;
}

/* A session must not begin with a preshared key that was changed meanwhile. */
static bool same_preshared_key(const struct zwg_peer *peer, const struct zwg_job *job)
{
	return zwg_equal(peer->preshared_key, job->preshared_key, sizeof(peer->preshared_key));
}

/* Taking */

/* A peer for which there is no index now has its retry, and does not hold up those behind it. */
static bool take_initiation(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	struct zwg_peer *peer;

	while ((peer = zwg_peer_pop_wanting(dev))) {
		start(dev, job, ZWG_JOB_INITIATE);
		bind(job, peer);
		if (!zwg_index_choose(dev, &job->local_index)) {
			peer->initiating = true;
			return true;
		}
		zwg_count_drop(dev, ZWG_DROP_RANDOM);
		zwg_timers_initiation_sent(dev, peer, now);
		zwg_wipe(job, sizeof(*job));
	}
	return false;
}

static bool bind_response(struct zwg_device *dev, struct zwg_job *job)
{
	uint32_t place;
	const struct zwg_peer *peer =
		zwg_index_find(dev, zwg_get_le32(job->message + ZWG_RESP_RECEIVER), &place);

	if (!peer || place != ZWG_INDEX_INITIATION) {
		zwg_count_drop(dev, ZWG_DROP_UNKNOWN_INDEX);
		return false;
	}
	bind(job, peer);
	job->local_index = peer->initiation.local_index;
	job->noise = peer->initiation.noise;
	memcpy(job->ephemeral, peer->initiation.ephemeral, sizeof(job->ephemeral));
	return true;
}

static bool take_queued(struct zwg_device *dev, struct zwg_job *job)
{
	while (dev->queue_count) {
		struct zwg_queued *queued = &dev->queue[dev->queue_first];
		bool initiation = queued->len == ZWG_INITIATION_LEN;

		start(dev, job, initiation ? ZWG_JOB_OPEN_INITIATION : ZWG_JOB_OPEN_RESPONSE);
		job->from = queued->from;
		job->len = queued->len;
		memcpy(job->message, queued->message, queued->len);
		dev->queue_first = (dev->queue_first + 1) % ZWG_HANDSHAKE_QUEUE;
		dev->queue_count--;
		if (initiation || bind_response(dev, job))
			return true;
		zwg_wipe(job, sizeof(*job));
	}
	return false;
}

bool zwg_job_take(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	bool taken;

	if (!dev->up || !dev->identity.set)
		return false;
	/* In turn, so that neither a flood of messages nor many peers of ours starve the other. */
	dev->queue_turn = !dev->queue_turn;
	if (dev->queue_turn)
		taken = take_queued(dev, job) || take_initiation(dev, now, job);
	else
		taken = take_initiation(dev, now, job) || take_queued(dev, job);
	zwg_sync_wake(dev);
	return taken;
}

/* Computing */

static bool fail(struct zwg_job *job, enum zwg_drop why)
{
	job->failed = true;
	job->why = why;
	return false;
}

static bool draw_ephemeral(struct zwg_job *job)
{
	return !job->port->random(job->ctx, job->ephemeral, sizeof(job->ephemeral)) ||
	       fail(job, ZWG_DROP_RANDOM);
}

static bool draw_stamp(struct zwg_job *job)
{
	return !job->port->tai64n(job->ctx, job->stamp) || fail(job, ZWG_DROP_STAMP);
}

static void compute(struct zwg_job *job)
{
	int err = 0;

	switch (job->step) {
	case ZWG_JOB_INITIATE:
		if (!draw_ephemeral(job) || !draw_stamp(job))
			return;
		err = zwg_handshake_initiate(job);
		break;
	case ZWG_JOB_OPEN_INITIATION:
		err = zwg_handshake_open_initiation(job);
		break;
	case ZWG_JOB_OPEN_TIMESTAMP:
		err = zwg_handshake_open_timestamp(job);
		break;
	case ZWG_JOB_RESPOND:
		if (!draw_ephemeral(job))
			return;
		err = zwg_handshake_respond(job);
		break;
	case ZWG_JOB_OPEN_RESPONSE:
		err = zwg_handshake_open_response(job);
		break;
	case ZWG_JOB_NONE:
		break;
	}
	if (err)
		fail(job, ZWG_DROP_HANDSHAKE);
}

void zwg_job_compute(struct zwg_job *job)
{
	compute(job);
	zwg_wipe_stack();
}

/* Committing. Each returns true if the job has another step. */

static bool commit_initiate(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	struct zwg_peer *peer = bound_peer(dev, job);

	if (!peer) {
		zwg_count_drop(dev, ZWG_DROP_STALE);
		return false;
	}
	peer->initiating = false;
	/* Whatever comes of it, there is a retry, and none before REKEY_TIMEOUT. */
	peer->last_handshake_sent = now;
	peer->handshake_sent = true;
	zwg_timers_initiation_sent(dev, peer, now);
	if (!job->failed && memcmp(job->stamp, peer->last_sent_stamp, ZWG_TAI64N_LEN) <= 0)
		fail(job, ZWG_DROP_STAMP);
	if (job->failed) {
		zwg_count_drop(dev, job->why);
		return false;
	}
	zwg_peer_forget_initiation(dev, peer);
	if (!zwg_index_insert(dev, job->local_index, peer, ZWG_INDEX_INITIATION)) {
		zwg_count_drop(dev, ZWG_DROP_STALE);
		return false;
	}
	peer->initiation.noise = job->noise;
	memcpy(peer->initiation.ephemeral, job->ephemeral, sizeof(peer->initiation.ephemeral));
	peer->initiation.local_index = job->local_index;
	peer->initiation.sent = true;
	memcpy(peer->last_sent_stamp, job->stamp, ZWG_TAI64N_LEN);
	if (zwg_send_handshake(dev, peer, job->message, job->len, now))
		dev->counters.initiations_sent++;
	return false;
}

static bool commit_open_initiation(struct zwg_device *dev, struct zwg_job *job)
{
	struct zwg_peer *peer = zwg_peer_find(dev, job->remote_static);

	if (!peer) {
		zwg_count_drop(dev, ZWG_DROP_UNKNOWN_PEER);
		return false;
	}
	bind(job, peer);
	job->step = ZWG_JOB_OPEN_TIMESTAMP;
	return true;
}

static bool commit_open_timestamp(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	struct zwg_peer *peer = bound_peer(dev, job);

	if (!peer) {
		zwg_count_drop(dev, ZWG_DROP_STALE);
		return false;
	}
	if (memcmp(job->stamp, peer->last_received_stamp, ZWG_TAI64N_LEN) <= 0) {
		zwg_count_drop(dev, ZWG_DROP_TIMESTAMP);
		return false;
	}
	if (peer->initiation_accepted &&
	    !zwg_expired(peer->last_initiation_accepted, ZWG_INITIATION_INTERVAL, now)) {
		zwg_count_drop(dev, ZWG_DROP_FLOOD);
		return false;
	}
	memcpy(peer->last_received_stamp, job->stamp, ZWG_TAI64N_LEN);
	peer->last_initiation_accepted = now;
	peer->initiation_accepted = true;
	peer->response_epoch++;
	peer->rx_bytes += ZWG_INITIATION_LEN;
	dev->counters.initiations_received++;
	zwg_peer_seen_at(dev, peer, &job->from);
	zwg_timers_authenticated_received(dev, peer, now);
	if (zwg_index_choose(dev, &job->local_index)) {
		zwg_count_drop(dev, ZWG_DROP_RANDOM);
		return false;
	}
	bind(job, peer);
	job->step = ZWG_JOB_RESPOND;
	return true;
}

static bool commit_respond(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	struct zwg_peer *peer = bound_peer(dev, job);

	if (!peer || peer->response_epoch != job->peer_epoch || !same_preshared_key(peer, job) ||
	    !zwg_keypair_begin(dev, peer, job, false, now)) {
		zwg_count_drop(dev, ZWG_DROP_STALE);
		return false;
	}
	zwg_timers_session_derived(dev, peer, now);
	if (zwg_send_handshake(dev, peer, job->message, job->len, now))
		dev->counters.responses_sent++;
	return false;
}

static bool commit_open_response(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	struct zwg_peer *peer = bound_peer(dev, job);

	if (!peer || !peer->initiation.sent || peer->initiation.local_index != job->local_index ||
	    !same_preshared_key(peer, job)) {
		zwg_count_drop(dev, ZWG_DROP_STALE);
		return false;
	}
	/* The session takes over the index of the handshake. */
	zwg_peer_forget_initiation(dev, peer);
	zwg_keypair_begin(dev, peer, job, true, now);
	peer->rx_bytes += ZWG_RESPONSE_LEN;
	dev->counters.responses_received++;
	zwg_peer_seen_at(dev, peer, &job->from);
	zwg_timers_authenticated_received(dev, peer, now);
	zwg_timers_session_derived(dev, peer, now);
	zwg_timers_handshake_complete(dev, peer, now);
	/* Either tells the responder that it may send too (paper section 5.4.5). */
	zwg_send_keepalive(dev, peer, now);
	return false;
}

static bool commit(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	if (!dev->up || job->identity_generation != dev->identity.generation) {
		zwg_count_drop(dev, ZWG_DROP_STALE);
		return false;
	}
	if (job->step == ZWG_JOB_INITIATE)
		return commit_initiate(dev, now, job);
	if (job->failed) {
		zwg_count_drop(dev, job->why);
		return false;
	}
	switch (job->step) {
	case ZWG_JOB_OPEN_INITIATION:
		return commit_open_initiation(dev, job);
	case ZWG_JOB_OPEN_TIMESTAMP:
		return commit_open_timestamp(dev, now, job);
	case ZWG_JOB_RESPOND:
		return commit_respond(dev, now, job);
	case ZWG_JOB_OPEN_RESPONSE:
		return commit_open_response(dev, now, job);
	default:
		return false;
	}
}

bool zwg_job_commit(struct zwg_device *dev, zwg_time now, struct zwg_job *job)
{
	bool more;

	dev->counters.x25519 += job->x25519;
	job->x25519 = 0;
	more = commit(dev, now, job);
	if (!more)
		zwg_wipe(job, sizeof(*job));
	zwg_sync_wake(dev);
	return more;
}

void zwg_run_jobs(struct zwg_device *dev, zwg_time now)
{
	struct zwg_job job;

	while (zwg_job_take(dev, now, &job)) {
		do {
			zwg_job_compute(&job);
		} while (zwg_job_commit(dev, now, &job));
	}
}
