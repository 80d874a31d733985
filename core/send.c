/* SPDX-License-Identifier: MIT */
/* The way out: allowed IPs, keypair, encryption in place, the port (paper sections 5.4.6 and 6). */
#include "send.h"

#include <errno.h>
#include <string.h>

#include "allowedips.h"
#include "cookie.h"
#include "crypto/bytes.h"
#include "crypto/crypto.h"
#include "inner.h"
#include "internal.h"
#include "keypair.h"
#include "timers.h"

/* Padding to 16 that makes no packet larger than the interface's MTU (paper section 5.4.6). */
static size_t padding(const struct zwg_device *dev, size_t len)
{
	size_t padded = (len + ZWG_PADDING - 1) / ZWG_PADDING * ZWG_PADDING;

	if (len > dev->mtu)
		return 0;
	return (padded > dev->mtu ? dev->mtu : padded) - len;
}

/* Encrypts @text in place, and fills the header and tag around it. The counter is spent whatever
 * happens, so that no nonce is ever used twice. */
static int seal(struct zwg_keypair *keypair, uint8_t header[ZWG_DATA_HEADER],
		const struct zwg_chain *text, uint8_t tag[ZWG_TAG_LEN])
{
	uint8_t nonce[ZWG_AEAD_NONCE_LEN] = {0};
	uint64_t counter = keypair->send_counter++;

	zwg_put_le64(nonce + 4, counter);
	zwg_put_le32(header, ZWG_MSG_DATA);
	zwg_put_le32(header + ZWG_DATA_RECEIVER, keypair->remote_index);
	zwg_put_le64(header + ZWG_DATA_COUNTER, counter);
	return zwg_aead_seal(keypair->send_key, nonce, NULL, 0, text, tag);
}

static void data_message_sent(struct zwg_device *dev, struct zwg_peer *peer,
			      const struct zwg_keypair *keypair, size_t len, int err, zwg_time now)
{
	if (err)
		zwg_count_drop(dev, ZWG_DROP_SEND);
	else
		peer->tx_bytes += len;
	zwg_timers_authenticated_sent(dev, peer, now);
	zwg_timers_sent_with(dev, peer, keypair, now);
}

/* The caller has a keypair that can send and knows that there is room. On failure the packet is
 * zeroed and still the caller's. */
static int send_packet(struct zwg_device *dev, struct zwg_peer *peer, struct zwg_keypair *keypair,
		       struct zwg_packet *pkt, uint8_t inner_tos, zwg_time now)
{
	size_t pad = padding(dev, pkt->len);
	size_t padded = pkt->len + pad;
	size_t datagram = ZWG_DATA_HEADER + padded + ZWG_TAG_LEN;
	struct zwg_chain all = {pkt->segs, pkt->count, pkt->off - ZWG_DATA_HEADER, datagram};
	struct zwg_chain text = {pkt->segs, pkt->count, pkt->off, padded};
	uint8_t header[ZWG_DATA_HEADER];
	uint8_t tag[ZWG_TAG_LEN];

	zwg_chain_zero(&text, pkt->len, pad);
	if (seal(keypair, header, &text, tag)) {
		zwg_chain_zero(&all, 0, datagram);
		zwg_count_drop(dev, ZWG_DROP_SEAL);
		return -EIO;
	}
	zwg_chain_write(&all, 0, header, sizeof(header));
	zwg_chain_write(&all, ZWG_DATA_HEADER + padded, tag, sizeof(tag));
	pkt->off = all.off;
	pkt->len = datagram;
	dev->counters.data_sent++;
	zwg_timers_data_sent(dev, peer, now);
	data_message_sent(dev, peer, keypair, datagram,
			  dev->port->send_packet(dev->ctx, &peer->endpoint,
						 zwg_ecn_encapsulate(inner_tos), pkt),
			  now);
	return 0;
}

static void send_empty(struct zwg_device *dev, struct zwg_peer *peer, struct zwg_keypair *keypair,
		       zwg_time now)
{
	uint8_t msg[ZWG_DATA_MIN_LEN];
	struct zwg_chain text = {NULL, 0, 0, 0};

	if (seal(keypair, msg, &text, msg + ZWG_DATA_HEADER)) {
		zwg_count_drop(dev, ZWG_DROP_SEAL);
		return;
	}
	dev->counters.keepalives_sent++;
	data_message_sent(dev, peer, keypair, sizeof(msg),
			  dev->port->send_message(dev->ctx, &peer->endpoint, 0, msg, sizeof(msg)),
			  now);
}

static struct zwg_keypair *sending_keypair(struct zwg_peer *peer, zwg_time now)
{
	struct zwg_keypair *keypair = zwg_keypair_get(peer, ZWG_CURRENT);

	return zwg_keypair_can_send(keypair, now) ? keypair : NULL;
}

static struct zwg_packet *staged_pop(struct zwg_peer *peer)
{
	struct zwg_packet *pkt = peer->staged_first;

	if (pkt) {
		peer->staged_first = pkt->next;
		if (!pkt->next)
			peer->staged_last = NULL;
		peer->staged_count--;
		pkt->next = NULL;
	}
	return pkt;
}

static void staged_push(struct zwg_device *dev, struct zwg_peer *peer, struct zwg_packet *pkt)
{
	if (peer->staged_count == ZWG_MAX_STAGED) {
		zwg_count_drop(dev, ZWG_DROP_STAGED);
		dev->port->release(dev->ctx, staged_pop(peer));
	}
	pkt->next = NULL;
	if (peer->staged_last)
		peer->staged_last->next = pkt;
	else
		peer->staged_first = pkt;
	peer->staged_last = pkt;
	peer->staged_count++;
}

void zwg_staged_drop(struct zwg_device *dev, struct zwg_peer *peer)
{
	struct zwg_packet *pkt;

	while ((pkt = staged_pop(peer))) {
		zwg_count_drop(dev, ZWG_DROP_STAGED);
		dev->port->release(dev->ctx, pkt);
	}
}

void zwg_staged_send(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	while (peer->staged_first) {
		struct zwg_keypair *keypair = sending_keypair(peer, now);
		struct zwg_packet *pkt;
		struct zwg_chain plain;
		struct zwg_addr dst;
		enum zwg_drop why;
		uint8_t tos;

		if (!keypair) {
			zwg_timers_want_handshake(dev, peer, now);
			return;
		}
		pkt = staged_pop(peer);
		plain = (struct zwg_chain){pkt->segs, pkt->count, pkt->off, pkt->len};
		if (!zwg_inner_route(&plain, &dst, &tos, &why) ||
		    send_packet(dev, peer, keypair, pkt, tos, now))
			dev->port->release(dev->ctx, pkt);
	}
}

void zwg_send_keepalive(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now)
{
	struct zwg_keypair *keypair;

	if (!dev->up || !dev->identity.set || peer->endpoint.addr.family == ZWG_AF_NONE)
		return;
	if (peer->staged_first) {
		zwg_staged_send(dev, peer, now);
		return;
	}
	keypair = sending_keypair(peer, now);
	if (keypair)
		send_empty(dev, peer, keypair, now);
	else
		zwg_timers_want_handshake(dev, peer, now);
}

bool zwg_send_handshake(struct zwg_device *dev, struct zwg_peer *peer, uint8_t *msg, size_t len,
			zwg_time now)
{
	int err;

	if (peer->endpoint.addr.family == ZWG_AF_NONE) {
		zwg_count_drop(dev, ZWG_DROP_NO_ENDPOINT);
		return false;
	}
	err = zwg_cookie_add_macs(peer, now, msg, len);
	if (err) {
		zwg_count_drop(dev, ZWG_DROP_SEAL);
		return false;
	}
	peer->last_handshake_sent = now;
	peer->handshake_sent = true;
	err = dev->port->send_message(dev->ctx, &peer->endpoint, ZWG_HANDSHAKE_TOS, msg, len);
	if (err)
		zwg_count_drop(dev, ZWG_DROP_SEND);
	else
		peer->tx_bytes += len;
	zwg_timers_authenticated_sent(dev, peer, now);
	return !err;
}

static bool has_room(const struct zwg_packet *pkt)
{
	size_t all = zwg_segs_len(pkt->segs, pkt->count);

	return pkt->off >= ZWG_HEADROOM && pkt->len <= all && pkt->off <= all - pkt->len &&
	       all - pkt->len - pkt->off >= ZWG_TAILROOM;
}

static int drop(struct zwg_device *dev, enum zwg_drop why, int err)
{
	zwg_count_drop(dev, why);
	return err;
}

int zwg_output(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt)
{
	struct zwg_chain plain = {pkt->segs, pkt->count, pkt->off, pkt->len};
	struct zwg_keypair *keypair;
	struct zwg_peer *peer;
	struct zwg_addr dst;
	enum zwg_drop why;
	uint32_t id;
	uint8_t tos;
	int err = 0;

	if (!dev->up || !dev->identity.set)
		return drop(dev, ZWG_DROP_DOWN, -ENETDOWN);
	if (!has_room(pkt))
		return drop(dev, ZWG_DROP_NO_ROOM, -EMSGSIZE);
	if (!zwg_inner_route(&plain, &dst, &tos, &why))
		return drop(dev, why, -EINVAL);
	id = zwg_allowedips_lookup(&dev->allowedips, (enum zwg_family)dst.family, dst.bytes);
	if (id == ZWG_NO_PEER)
		return drop(dev, ZWG_DROP_NO_PEER, -EHOSTUNREACH);
	peer = &dev->peers[id];
	if (peer->endpoint.addr.family == ZWG_AF_NONE)
		return drop(dev, ZWG_DROP_NO_ENDPOINT, -EDESTADDRREQ);
	keypair = sending_keypair(peer, now);
	if (keypair && !peer->staged_first) {
		err = send_packet(dev, peer, keypair, pkt, tos, now);
	} else {
		staged_push(dev, peer, pkt);
		zwg_staged_send(dev, peer, now);
	}
	zwg_sync_wake(dev);
	return err;
}
