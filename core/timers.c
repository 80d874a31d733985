/* SPDX-License-Identifier: MIT */
/* All the policy on time; see timers.h for the five timers and paper section 6 for the rules. */
#include "timers.h"

#include "deadlines.h"
#include "internal.h"
#include "keypair.h"
#include "peer.h"
#include "send.h"

/* An initiation and so many retries fill REKEY_ATTEMPT_TIME with its jitter. */
#define MAX_ATTEMPTS (ZWG_REKEY_ATTEMPT_TIME / ZWG_REKEY_TIMEOUT)

/* The heap holds a time that is not later than the peer's first timer: only an earlier one moves
 * it, so that timers which are pushed back with every packet cost nothing. */
static void arm(struct zwg_device *dev, const struct zwg_peer *peer, zwg_time *timer, zwg_time at)
{
	*timer = at;
	if (at < zwg_deadlines_get(&dev->deadlines, peer->id))
		zwg_deadlines_set(&dev->deadlines, peer->id, at);
}

static zwg_time first_of(const struct zwg_timers *timers)
{
	zwg_time first = timers->retransmit_handshake;

	if (timers->send_keepalive < first)
		first = timers->send_keepalive;
	if (timers->new_handshake < first)
		first = timers->new_handshake;
	if (timers->zero_key_material < first)
		first = timers->zero_key_material;
	if (timers->persistent_keepalive < first)
		first = timers->persistent_keepalive;
	return first;
}

/* Facts */

void zwg_timers_data_sent(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	if (peer->timers.new_handshake == ZWG_NEVER)
		arm(dev, peer, &peer->timers.new_handshake,
		    now + ZWG_KEEPALIVE_TIMEOUT + ZWG_REKEY_TIMEOUT + zwg_jitter(dev));
}

void zwg_timers_data_received(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	if (peer->timers.send_keepalive == ZWG_NEVER)
		arm(dev, peer, &peer->timers.send_keepalive, now + ZWG_KEEPALIVE_TIMEOUT);
	else
		peer->timers.need_another_keepalive = true;
}

static void authenticated_either_way(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	if (peer->keepalive)
		arm(dev, peer, &peer->timers.persistent_keepalive,
		    now + (zwg_time)peer->keepalive * 1000);
}

void zwg_timers_authenticated_sent(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->timers.send_keepalive = ZWG_NEVER;
	peer->timers.need_another_keepalive = false;
	authenticated_either_way(dev, peer, now);
}

void zwg_timers_authenticated_received(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->timers.new_handshake = ZWG_NEVER;
	authenticated_either_way(dev, peer, now);
}

void zwg_timers_initiation_sent(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->timers.deferred = false;
	arm(dev, peer, &peer->timers.retransmit_handshake,
	    now + ZWG_REKEY_TIMEOUT + zwg_jitter(dev));
}

void zwg_timers_session_derived(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	arm(dev, peer, &peer->timers.zero_key_material, now + 3 * ZWG_REJECT_AFTER_TIME);
}

void zwg_timers_handshake_complete(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	struct zwg_timers *timers = &peer->timers;

	timers->retransmit_handshake = ZWG_NEVER;
	timers->deferred = false;
	timers->attempts = 0;
	timers->last_minute_done = false;
	zwg_peer_unwant_initiation(dev, peer);
	zwg_peer_handshake_completed(dev, peer, now);
}

void zwg_timers_keepalive_set(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->timers.persistent_keepalive = ZWG_NEVER;
	if (!peer->keepalive)
		return;
	authenticated_either_way(dev, peer, now);
	zwg_send_keepalive(dev, peer, now);
}

void zwg_timers_sent_with(struct zwg_device *dev, struct zwg_peer *peer,
			  const struct zwg_keypair *keypair, zwg_time now)
{
	if (keypair->send_counter > ZWG_REKEY_AFTER_MESSAGES ||
	    (keypair->initiator && zwg_expired(keypair->birth, ZWG_REKEY_AFTER_TIME, now)))
		zwg_timers_want_handshake(dev, peer, now);
}

void zwg_timers_received(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	const struct zwg_keypair *keypair = zwg_keypair_get(peer, ZWG_CURRENT);

	if (peer->timers.last_minute_done || !keypair || !keypair->may_send ||
	    !keypair->initiator ||
	    !zwg_expired(keypair->birth,
			 ZWG_REJECT_AFTER_TIME - ZWG_KEEPALIVE_TIMEOUT - ZWG_REKEY_TIMEOUT, now))
		return;
	peer->timers.last_minute_done = true;
	zwg_timers_want_handshake(dev, peer, now);
}

/* Consequences */

static void want(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	/* Without a key nobody would take it from the list; later it is asked for anew. */
	if (!dev->identity.set || peer->endpoint.addr.family == ZWG_AF_NONE)
		return;
	if (peer->wants_initiation || peer->initiating)
		return;
	if (peer->handshake_sent &&
	    !zwg_expired(peer->last_handshake_sent, ZWG_REKEY_TIMEOUT, now)) {
		/* Never swallowed: what was sent last may have been a response. */
		if (peer->timers.retransmit_handshake == ZWG_NEVER) {
			peer->timers.deferred = true;
			arm(dev, peer, &peer->timers.retransmit_handshake,
			    peer->last_handshake_sent + ZWG_REKEY_TIMEOUT);
		}
		return;
	}
	zwg_peer_want_initiation(dev, peer);
}

void zwg_timers_want_handshake(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->timers.attempts = 0;
	want(dev, peer, now);
}

static void give_up(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	peer->timers.send_keepalive = ZWG_NEVER;
	zwg_staged_drop(dev, peer);
	if (peer->timers.zero_key_material == ZWG_NEVER)
		arm(dev, peer, &peer->timers.zero_key_material, now + 3 * ZWG_REJECT_AFTER_TIME);
	zwg_peer_gone_quiet(dev, peer);
}

static void retransmit_handshake(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	bool deferred = peer->timers.deferred;

	peer->timers.deferred = false;
	if (peer->endpoint.addr.family == ZWG_AF_NONE ||
	    (!deferred && peer->timers.attempts > MAX_ATTEMPTS)) {
		give_up(dev, peer, now);
		return;
	}
	if (!deferred)
		peer->timers.attempts++;
	zwg_peer_forget_source(peer);
	want(dev, peer, now);
}

static void keepalive(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	bool another = peer->timers.need_another_keepalive;

	peer->timers.need_another_keepalive = false;
	zwg_send_keepalive(dev, peer, now);
	if (another)
		arm(dev, peer, &peer->timers.send_keepalive, now + ZWG_KEEPALIVE_TIMEOUT);
}

static void new_handshake(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	zwg_peer_forget_source(peer);
	zwg_timers_want_handshake(dev, peer, now);
}

static void persistent_keepalive(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	/* Armed again here too: without an endpoint nothing is sent that would do it. */
	authenticated_either_way(dev, peer, now);
	zwg_send_keepalive(dev, peer, now);
}

/* Disarms the timer if it is due. */
static bool take(zwg_time *timer, zwg_time now)
{
	if (*timer > now)
		return false;
	*timer = ZWG_NEVER;
	return true;
}

static void run_peer(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	struct zwg_timers *timers = &peer->timers;

	if (take(&timers->zero_key_material, now))
		zwg_peer_forget_sessions(dev, peer);
	if (take(&timers->retransmit_handshake, now))
		retransmit_handshake(dev, peer, now);
	if (take(&timers->new_handshake, now))
		new_handshake(dev, peer, now);
	if (take(&timers->send_keepalive, now))
		keepalive(dev, peer, now);
	if (take(&timers->persistent_keepalive, now))
		persistent_keepalive(dev, peer, now);
	zwg_deadlines_set(&dev->deadlines, peer->id, first_of(timers));
}

void zwg_timers_stop(struct zwg_device *dev, struct zwg_peer *peer)
{
	struct zwg_timers *timers = &peer->timers;

	*timers = (struct zwg_timers){
		.retransmit_handshake = ZWG_NEVER,
		.send_keepalive = ZWG_NEVER,
		.new_handshake = ZWG_NEVER,
		.zero_key_material = ZWG_NEVER,
		.persistent_keepalive = ZWG_NEVER,
	};
	zwg_deadlines_set(&dev->deadlines, peer->id, ZWG_NEVER);
}

void zwg_timers_run(struct zwg_device *dev, zwg_time now)
{
	uint32_t id;

	while (zwg_deadlines_first(&dev->deadlines, &id) <= now)
		run_peer(dev, &dev->peers[id], now);
}
