/* SPDX-License-Identifier: MIT */
/* mac1, mac2 and cookies (paper sections 5.3, 5.4.4 and 5.4.7), both sides of them. */
#ifndef ZWG_COOKIE_H
#define ZWG_COOKIE_H

#include <zwg/state.h>

/** Fills the two macs at the end of a handshake message of @a len bytes for @a peer, mac2 with the
 *  cookie if there is a fresh one. A negative errno if they cannot be computed. */
int zwg_cookie_add_macs(struct zwg_peer *peer, zwg_time now, uint8_t *msg, size_t len);

/** True if mac1 of the handshake message is ours. */
bool zwg_mac1_valid(const struct zwg_identity *identity, const uint8_t *msg, size_t len);

/** True if mac2 is made with the cookie that we gave to @a from. */
bool zwg_mac2_valid(struct zwg_device *dev, zwg_time now, const uint8_t *msg, size_t len,
		    const struct zwg_endpoint *from);

/** Answers a handshake message whose mac1 is good with a cookie reply. */
void zwg_cookie_reply(struct zwg_device *dev, zwg_time now, const uint8_t *msg, size_t len,
		      const struct zwg_endpoint *from);

/** Takes the cookie out of a reply of ZWG_COOKIE_REPLY_LEN bytes. It does nothing else: no answer,
 * no timer, no endpoint. False if it answers nothing of ours or does not authenticate. */
bool zwg_cookie_consume(struct zwg_device *dev, zwg_time now, const uint8_t *msg);

#endif
