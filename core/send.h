/* SPDX-License-Identifier: MIT */
/* Sending: staged packets, keepalives and handshake messages; zwg_output() is in device.h. */
#ifndef ZWG_SEND_H
#define ZWG_SEND_H

#include <zwg/state.h>

/** Sends what is staged if there is a session for it, else asks for a handshake. */
void zwg_staged_send(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);

/** Gives every staged packet back to the port. */
void zwg_staged_drop(struct zwg_device *dev, struct zwg_peer *peer);

/** Sends an empty packet, and what is staged before it; without a session asks for a handshake, at
 *  whose end one is sent. */
void zwg_send_keepalive(struct zwg_device *dev, struct zwg_peer *peer, zwg_time now);

/** Adds the macs to a handshake message for @a peer and sends it there. False if it cannot be sent
 *  for want of an endpoint or because of the port. */
bool zwg_send_handshake(struct zwg_device *dev, struct zwg_peer *peer, uint8_t *msg, size_t len,
			zwg_time now);

#endif
