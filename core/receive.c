/* SPDX-License-Identifier: MIT */
/*
 * The way in. Belief comes in this order: length, type, mac1, under load mac2 and rate, and only
 * then a place among the handshake jobs (paper section 5.3); for data: index, tag, replay window,
 * and only then confirmation, endpoint, timers, the inner header and its source (paper sections 2
 * and 5.4.6).
 */
#include <string.h>

#include "allowedips.h"
#include "cookie.h"
#include "crypto/bytes.h"
#include "crypto/crypto.h"
#include "inner.h"
#include "internal.h"
#include "keypair.h"
#include "peer.h"
#include "ratelimiter.h"
#include "replay.h"
#include "send.h"
#include "timers.h"

static enum zwg_verdict drop(struct zwg_device *dev, enum zwg_drop why)
{
	zwg_count_drop(dev, why);
	return ZWG_DROPPED;
}

static bool under_load(struct zwg_device *dev, zwg_time now)
{
	if (dev->queue_count >= ZWG_LOAD_THRESHOLD)
		dev->load_until = now + ZWG_LOAD_STICKS;
	return now < dev->load_until;
}

static bool rate_allows(struct zwg_device *dev, zwg_time now, const struct zwg_endpoint *from)
{
	struct zwg_ratelimiter *limiter = &dev->ratelimiter;

	if (!limiter->seeded)
		limiter->seeded =
			!dev->port->random(dev->ctx, &limiter->seed, sizeof(limiter->seed));
	return limiter->seeded && zwg_ratelimiter_allow(limiter, &from->addr, now);
}

static enum zwg_verdict receive_handshake(struct zwg_device *dev, zwg_time now,
					  const struct zwg_chain *datagram,
					  const struct zwg_endpoint *from)
{
	uint8_t msg[ZWG_INITIATION_LEN];
	size_t len = datagram->len;
	struct zwg_queued *queued;

	zwg_chain_read(datagram, 0, msg, len);
	if (!zwg_mac1_valid(&dev->identity, msg, len))
		return drop(dev, ZWG_DROP_MAC1);
	if (under_load(dev, now)) {
		if (!zwg_mac2_valid(dev, now, msg, len, from)) {
			zwg_cookie_reply(dev, now, msg, len, from);
			return drop(dev, ZWG_DROP_MAC2);
		}
		if (!rate_allows(dev, now, from))
			return drop(dev, ZWG_DROP_RATE);
	}
	if (dev->queue_count == ZWG_HANDSHAKE_QUEUE)
		return drop(dev, ZWG_DROP_QUEUE);
	queued = &dev->queue[(dev->queue_first + dev->queue_count) % ZWG_HANDSHAKE_QUEUE];
	queued->from = *from;
	queued->len = (uint8_t)len;
	memcpy(queued->message, msg, len);
	dev->queue_count++;
	dev->port->jobs_pending(dev->ctx);
	return ZWG_CONSUMED;
}

static enum zwg_verdict receive_cookie_reply(struct zwg_device *dev, zwg_time now,
					     const struct zwg_chain *datagram)
{
	uint8_t msg[ZWG_COOKIE_REPLY_LEN];

	zwg_chain_read(datagram, 0, msg, sizeof(msg));
	if (!zwg_cookie_consume(dev, now, msg))
		return drop(dev, ZWG_DROP_COOKIE);
	dev->counters.cookies_received++;
	return ZWG_CONSUMED;
}

/* Decrypts in place. False, and counted, if the packet is not authentic or not fresh. */
static bool open(struct zwg_device *dev, struct zwg_keypair *keypair,
		 const struct zwg_chain *datagram, const uint8_t *header, struct zwg_chain *plain)
{
	uint8_t nonce[ZWG_AEAD_NONCE_LEN] = {0};
	uint8_t tag[ZWG_TAG_LEN];

	*plain = zwg_chain_sub(datagram, ZWG_DATA_HEADER, datagram->len - ZWG_DATA_MIN_LEN);
	zwg_chain_read(datagram, datagram->len - ZWG_TAG_LEN, tag, sizeof(tag));
	memcpy(nonce + 4, header + ZWG_DATA_COUNTER, 8);
	if (zwg_aead_open(keypair->recv_key, nonce, NULL, 0, plain, tag)) {
		zwg_count_drop(dev, ZWG_DROP_TAG);
		return false;
	}
	if (!zwg_replay_accept(&keypair->replay, zwg_get_le64(header + ZWG_DATA_COUNTER))) {
		zwg_chain_zero(plain, 0, plain->len);
		zwg_count_drop(dev, ZWG_DROP_REPLAY);
		return false;
	}
	return true;
}

static void authentic_data_received(struct zwg_device *dev, struct zwg_peer *peer,
				    uint32_t keypair_number, size_t len,
				    const struct zwg_endpoint *from, zwg_time now)
{
	peer->rx_bytes += len;
	zwg_peer_seen_at(dev, peer, from);
	zwg_timers_authenticated_received(dev, peer, now);
	if (zwg_keypair_confirm(dev, peer, keypair_number)) {
		/* An attempt of ours that is still out is needed no more: a late answer to it would
		 * make a session that the peer may have forgotten. */
		zwg_peer_forget_initiation(dev, peer);
		zwg_timers_handshake_complete(dev, peer, now);
		zwg_staged_send(dev, peer, now);
	}
	zwg_timers_received(dev, peer, now);
}

static enum zwg_verdict receive_data(struct zwg_device *dev, zwg_time now,
				     const struct zwg_chain *datagram, struct zwg_packet *pkt,
				     const struct zwg_endpoint *from, uint8_t tos,
				     struct zwg_peer **from_peer)
{
	uint8_t copy[ZWG_DATA_HEADER];
	const uint8_t *header;
	struct zwg_keypair *keypair;
	struct zwg_chain plain;
	struct zwg_inner inner;
	struct zwg_peer *peer;
	enum zwg_drop why;
	uint32_t place;

	header = zwg_chain_peek(datagram, 0, copy, sizeof(copy));
	if (!header)
		return drop(dev, ZWG_DROP_LENGTH);
	peer = zwg_index_find(dev, zwg_get_le32(header + ZWG_DATA_RECEIVER), &place);
	if (!peer || place == ZWG_INDEX_INITIATION)
		return drop(dev, ZWG_DROP_UNKNOWN_INDEX);
	keypair = &peer->keypairs[place];
	if (!zwg_keypair_can_receive(keypair, now))
		return drop(dev, ZWG_DROP_EXPIRED);
	if (!open(dev, keypair, datagram, header, &plain))
		return ZWG_DROPPED;
	authentic_data_received(dev, peer, place, datagram->len, from, now);

	if (plain.len == 0) {
		dev->counters.keepalives_received++;
		return ZWG_CONSUMED;
	}
	zwg_timers_data_received(dev, peer, now);
	if (!zwg_inner_parse(&plain, &inner, &why))
		return drop(dev, why);
	if (zwg_allowedips_lookup(&dev->allowedips, (enum zwg_family)inner.src.family,
				  inner.src.bytes) != peer->id)
		return drop(dev, ZWG_DROP_SOURCE);
	if (!zwg_ecn_decapsulate(&plain, &inner, tos))
		return drop(dev, ZWG_DROP_ECN);
	pkt->off = plain.off;
	pkt->len = inner.len;
	dev->counters.data_received++;
	if (from_peer)
		*from_peer = peer;
	return ZWG_DELIVER;
}

enum zwg_verdict zwg_input(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt,
			   const struct zwg_endpoint *from, uint8_t tos, struct zwg_peer **peer)
{
	const struct zwg_chain datagram = {pkt->segs, pkt->count, pkt->off, pkt->len};
	enum zwg_verdict verdict;
	uint8_t copy[4];
	const uint8_t *type = zwg_chain_peek(&datagram, 0, copy, sizeof(copy));

	if (!dev->up || !dev->identity.set)
		return drop(dev, ZWG_DROP_DOWN);
	if (!type)
		return drop(dev, ZWG_DROP_LENGTH);
	switch (zwg_get_le32(type)) {
	case ZWG_MSG_INITIATION:
	case ZWG_MSG_RESPONSE:
		if (pkt->len !=
		    (type[0] == ZWG_MSG_INITIATION ? ZWG_INITIATION_LEN : ZWG_RESPONSE_LEN))
			return drop(dev, ZWG_DROP_LENGTH);
		verdict = receive_handshake(dev, now, &datagram, from);
		break;
	case ZWG_MSG_COOKIE_REPLY:
		if (pkt->len != ZWG_COOKIE_REPLY_LEN)
			return drop(dev, ZWG_DROP_LENGTH);
		verdict = receive_cookie_reply(dev, now, &datagram);
		break;
	case ZWG_MSG_DATA:
		if (pkt->len < ZWG_DATA_MIN_LEN)
			return drop(dev, ZWG_DROP_LENGTH);
		verdict = receive_data(dev, now, &datagram, pkt, from, tos, peer);
		break;
	default:
		return drop(dev, ZWG_DROP_TYPE);
	}
	zwg_sync_wake(dev);
	return verdict;
}
