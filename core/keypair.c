/* SPDX-License-Identifier: MIT */
/* A peer's sessions; see keypair.h and paper sections 5.4.5 and 6. */
#include "keypair.h"

#include <string.h>

#include "crypto/secret.h"
#include "internal.h"

struct zwg_keypair *zwg_keypair_get(struct zwg_peer *peer, enum zwg_role role)
{
	uint8_t number_plus_1 = peer->keypair_of[role];

	return number_plus_1 ? &peer->keypairs[number_plus_1 - 1] : NULL;
}

static void end(struct zwg_device *dev, struct zwg_peer *peer, enum zwg_role role)
{
	struct zwg_keypair *keypair = zwg_keypair_get(peer, role);

	if (!keypair)
		return;
	zwg_index_remove(dev, keypair->local_index, peer, peer->keypair_of[role] - 1U);
	zwg_wipe(keypair, sizeof(*keypair));
	peer->keypair_of[role] = 0;
}

/* Ends what is in @to and moves what is in @from there. */
static void move(struct zwg_device *dev, struct zwg_peer *peer, enum zwg_role from,
		 enum zwg_role to)
{
	end(dev, peer, to);
	peer->keypair_of[to] = peer->keypair_of[from];
	peer->keypair_of[from] = 0;
}

/* Next is empty: who begins as initiator has moved it, as responder ended it. */
static uint8_t free_number(const struct zwg_peer *peer)
{
	uint8_t number = 0;

	while (peer->keypair_of[ZWG_PREVIOUS] == number + 1 ||
	       peer->keypair_of[ZWG_CURRENT] == number + 1)
		number++;
	return number;
}

bool zwg_keypair_begin(struct zwg_device *dev, struct zwg_peer *peer, const struct zwg_job *job,
		       bool initiator, zwg_time now)
{
	enum zwg_role role = initiator ? ZWG_CURRENT : ZWG_NEXT;
	struct zwg_keypair *keypair;
	uint32_t place;
	uint8_t number;

	if (zwg_index_find(dev, job->local_index, &place))
		return false;
	if (!initiator) {
		end(dev, peer, ZWG_NEXT);
		end(dev, peer, ZWG_PREVIOUS);
	} else if (peer->keypair_of[ZWG_NEXT]) {
		move(dev, peer, ZWG_NEXT, ZWG_PREVIOUS);
		end(dev, peer, ZWG_CURRENT);
	} else {
		move(dev, peer, ZWG_CURRENT, ZWG_PREVIOUS);
	}
	number = free_number(peer);
	keypair = &peer->keypairs[number];
	memcpy(keypair->send_key, job->send_key, sizeof(keypair->send_key));
	memcpy(keypair->recv_key, job->recv_key, sizeof(keypair->recv_key));
	keypair->birth = now;
	keypair->local_index = job->local_index;
	keypair->remote_index = job->remote_index;
	keypair->initiator = initiator;
	keypair->may_send = true;
	keypair->may_receive = true;
	peer->keypair_of[role] = (uint8_t)(number + 1);
	zwg_index_insert(dev, job->local_index, peer, number);
	return true;
}

bool zwg_keypair_confirm(struct zwg_device *dev, struct zwg_peer *peer, uint32_t number)
{
	if (peer->keypair_of[ZWG_NEXT] != number + 1)
		return false;
	move(dev, peer, ZWG_CURRENT, ZWG_PREVIOUS);
	move(dev, peer, ZWG_NEXT, ZWG_CURRENT);
	return true;
}

void zwg_keypairs_stop_sending(struct zwg_peer *peer)
{
	for (int i = 0; i < ZWG_ROLES; i++)
		peer->keypairs[i].may_send = false;
}

void zwg_keypairs_clear(struct zwg_device *dev, struct zwg_peer *peer)
{
	for (int role = 0; role < ZWG_ROLES; role++)
		end(dev, peer, (enum zwg_role)role);
}

bool zwg_keypair_can_send(const struct zwg_keypair *keypair, zwg_time now)
{
	return keypair && keypair->may_send &&
	       !zwg_expired(keypair->birth, ZWG_REJECT_AFTER_TIME, now) &&
	       keypair->send_counter < ZWG_REJECT_AFTER_MESSAGES;
}

bool zwg_keypair_can_receive(const struct zwg_keypair *keypair, zwg_time now)
{
	return keypair->may_receive && !zwg_expired(keypair->birth, ZWG_REJECT_AFTER_TIME, now) &&
	       keypair->replay.next < ZWG_REJECT_AFTER_MESSAGES;
}
