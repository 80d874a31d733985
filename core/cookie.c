/* SPDX-License-Identifier: MIT */
/* mac1, mac2 and cookies; see cookie.h. */
#include "cookie.h"

#include <string.h>

#include "crypto/bytes.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "internal.h"
#include "noise.h"

static int mac(uint8_t out[ZWG_MAC_LEN], const uint8_t *key, size_t key_len, const void *data,
	       size_t len)
{
	return zwg_blake2s(out, ZWG_MAC_LEN, key, key_len, data, len);
}

static bool cookie_fresh(const struct zwg_cookie *cookie, zwg_time now)
{
	return cookie->has_value &&
	       !zwg_expired(cookie->birth, ZWG_COOKIE_LIFETIME - ZWG_COOKIE_LATENCY, now);
}

int zwg_cookie_add_macs(struct zwg_peer *peer, zwg_time now, uint8_t *msg, size_t len)
{
	struct zwg_cookie *cookie = &peer->cookie;
	uint8_t *mac1 = msg + len - 2 * ZWG_MAC_LEN;
	uint8_t *mac2 = msg + len - ZWG_MAC_LEN;
	int err = mac(mac1, peer->mac1_key, ZWG_KEY_LEN, msg, len - 2 * ZWG_MAC_LEN);

	if (!err && cookie_fresh(cookie, now))
		err = mac(mac2, cookie->value, ZWG_MAC_LEN, msg, len - ZWG_MAC_LEN);
	else
		memset(mac2, 0, ZWG_MAC_LEN);
	if (err)
		return err;
	memcpy(cookie->last_mac1, mac1, ZWG_MAC_LEN);
	cookie->has_last_mac1 = true;
	return 0;
}

bool zwg_mac1_valid(const struct zwg_identity *identity, const uint8_t *msg, size_t len)
{
	uint8_t expected[ZWG_MAC_LEN];

	return !mac(expected, identity->mac1_key, ZWG_KEY_LEN, msg, len - 2 * ZWG_MAC_LEN) &&
	       zwg_equal(expected, msg + len - 2 * ZWG_MAC_LEN, ZWG_MAC_LEN);
}

/* The cookie is bound to address and port; the secret behind it lives for two minutes. */
static int make_cookie(struct zwg_device *dev, zwg_time now, const struct zwg_endpoint *from,
		       uint8_t cookie[ZWG_MAC_LEN])
{
	uint8_t source[16 + 2];
	size_t len = zwg_family_bits(from->addr.family) / 8;

	if (!dev->cookie_secret_set ||
	    zwg_expired(dev->cookie_secret_birth, ZWG_COOKIE_LIFETIME, now)) {
		int err =
			dev->port->random(dev->ctx, dev->cookie_secret, sizeof(dev->cookie_secret));

		dev->cookie_secret_set = !err;
		if (err) {
			zwg_wipe(dev->cookie_secret, sizeof(dev->cookie_secret));
			return err;
		}
		dev->cookie_secret_birth = now;
	}
	memcpy(source, from->addr.bytes, len);
	zwg_put_be16(source + len, from->port);
	return mac(cookie, dev->cookie_secret, sizeof(dev->cookie_secret), source, len + 2);
}

bool zwg_mac2_valid(struct zwg_device *dev, zwg_time now, const uint8_t *msg, size_t len,
		    const struct zwg_endpoint *from)
{
	uint8_t cookie[ZWG_MAC_LEN];
	uint8_t expected[ZWG_MAC_LEN];
	bool valid = !make_cookie(dev, now, from, cookie) &&
		     !mac(expected, cookie, sizeof(cookie), msg, len - ZWG_MAC_LEN) &&
		     zwg_equal(expected, msg + len - ZWG_MAC_LEN, ZWG_MAC_LEN);

	zwg_wipe(cookie, sizeof(cookie));
	zwg_wipe(expected, sizeof(expected));
	return valid;
}

void zwg_cookie_reply(struct zwg_device *dev, zwg_time now, const uint8_t *msg, size_t len,
		      const struct zwg_endpoint *from)
{
	uint8_t reply[ZWG_COOKIE_REPLY_LEN] = {0};
	struct zwg_seg seg = {reply + ZWG_COOKIE_COOKIE, ZWG_MAC_LEN};
	struct zwg_chain text = {&seg, 1, 0, ZWG_MAC_LEN};
	int err;

	zwg_put_le32(reply, ZWG_MSG_COOKIE_REPLY);
	memcpy(reply + ZWG_COOKIE_RECEIVER, msg + ZWG_INIT_SENDER, 4);
	err = dev->port->random(dev->ctx, reply + ZWG_COOKIE_NONCE, ZWG_XAEAD_NONCE_LEN);
	if (!err)
		err = make_cookie(dev, now, from, seg.data);
	if (!err)
		err = zwg_xaead_seal(dev->identity.cookie_key, reply + ZWG_COOKIE_NONCE,
				     msg + len - 2 * ZWG_MAC_LEN, ZWG_MAC_LEN, &text,
				     seg.data + ZWG_MAC_LEN);
	if (err) {
		zwg_count_drop(dev, ZWG_DROP_RANDOM);
	} else if (dev->port->send_message(dev->ctx, from, ZWG_HANDSHAKE_TOS, reply,
					   sizeof(reply))) {
		zwg_count_drop(dev, ZWG_DROP_SEND);
	} else {
		dev->counters.cookies_sent++;
	}
	zwg_wipe(reply, sizeof(reply));
}

bool zwg_cookie_consume(struct zwg_device *dev, zwg_time now, const uint8_t *msg)
{
	uint32_t place;
	struct zwg_peer *peer =
		zwg_index_find(dev, zwg_get_le32(msg + ZWG_COOKIE_RECEIVER), &place);
	uint8_t value[ZWG_MAC_LEN];
	struct zwg_seg seg = {value, sizeof(value)};
	struct zwg_chain text = {&seg, 1, 0, sizeof(value)};
	bool valid;

	if (!peer || !peer->cookie.has_last_mac1)
		return false;
	memcpy(value, msg + ZWG_COOKIE_COOKIE, sizeof(value));
	valid = !zwg_xaead_open(peer->cookie_key, msg + ZWG_COOKIE_NONCE, peer->cookie.last_mac1,
				ZWG_MAC_LEN, &text, msg + ZWG_COOKIE_COOKIE + sizeof(value));
	if (valid) {
		memcpy(peer->cookie.value, value, sizeof(value));
		peer->cookie.birth = now;
		peer->cookie.has_value = true;
		peer->cookie.has_last_mac1 = false;
	}
	zwg_wipe(value, sizeof(value));
	return valid;
}
