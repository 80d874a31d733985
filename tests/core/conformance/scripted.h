/* SPDX-License-Identifier: MIT */
/*
 * A WireGuard peer for tests, written from the messages of the paper (sections 5.4.2 to 5.4.7) and
 * the primitives alone, so that a mistake of the core's Noise is not repeated here. It does nothing
 * of its own accord: a test makes each message, right or wrong. Every secret it computes goes into
 * a list, which a test can look for in the memory of the device.
 */
#ifndef ZWG_SCRIPTED_H
#define ZWG_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>

#define SCRIPTED_INITIATION 148
#define SCRIPTED_RESPONSE   92
#define SCRIPTED_COOKIE	    64
#define SCRIPTED_SECRETS    512

/** The keys of one session as the scripted peer uses them. */
struct session {
	uint8_t send[32];
	uint8_t receive[32];
	uint32_t local;	 /**< What the device puts into the receiver field. */
	uint32_t remote; /**< What the device wants there. */
	uint64_t counter;
};

struct scripted {
	uint8_t private_key[32];
	uint8_t public_key[32];
	uint8_t psk[32];
	uint8_t device[32]; /**< The device's public key. */
	struct zwg_endpoint at;
	uint8_t chaining[32];
	uint8_t hash[32];
	uint8_t ephemeral[32];
	uint8_t remote_ephemeral[32];
	uint32_t local;
	uint32_t remote;
	uint64_t seconds;  /**< Of the next stamp to send; it rises by one each time. */
	uint8_t stamp[12]; /**< The last one read from the device. */
	uint8_t mac1[16];  /**< Of the last handshake message sent. */
	uint8_t cookie[16];
	bool has_cookie;
	/** When set, the ephemeral key sent is this, and DHs are not computed but are zeros: what
	 * an attacker does with a point of low order. */
	const uint8_t *low_order;
	bool low_order_self; /**< The same for DHs with the static key. */
	uint64_t random;
	uint8_t secrets[SCRIPTED_SECRETS][32];
	size_t secret_count; /**< Of which the last SCRIPTED_SECRETS are kept. */
};

/** A peer with keys that follow from @a number, at 192.0.2.number port 51820. */
void scripted_init(struct scripted *peer, uint8_t number, const uint8_t device[32]);

/** Writes 148 bytes with a stamp newer than every one before. */
void scripted_initiation(struct scripted *peer, uint8_t *msg);

/** Reads an initiation of the device's. False if it is not for this peer or not authentic. */
bool scripted_read_initiation(struct scripted *peer, const uint8_t *msg);

/** Answers what was read last with 92 bytes, and has the session. */
void scripted_response(struct scripted *peer, uint8_t *msg, struct session *session);

/** Reads the device's answer to the last initiation. */
bool scripted_read_response(struct scripted *peer, const uint8_t *msg, struct session *session);

/** Puts the macs at the end of a handshake message that was changed; mac2 if there is a cookie. */
void scripted_macs(struct scripted *peer, uint8_t *msg, size_t len);

/** Writes a data message of 32 + @a len bytes with the session's next counter; its length. */
size_t scripted_data(struct session *session, uint8_t *msg, const void *plain, size_t len);

/** The same with a counter of one's choice; the session's does not move. */
size_t scripted_data_at(const struct session *session, uint64_t counter, uint8_t *msg,
			const void *plain, size_t len);

/** Decrypts a data message of @a len bytes to @a plain. Its length, or -1. */
int scripted_open(const struct session *session, const uint8_t *msg, size_t len, uint8_t *plain);

/** Answers a handshake message of the device's with 64 bytes that hold @a cookie. */
void scripted_cookie_reply(struct scripted *peer, uint8_t *reply, const uint8_t *msg, size_t len,
			   const uint8_t cookie[16]);

/** Reads a cookie reply to the last handshake message sent, and keeps the cookie. */
bool scripted_read_cookie(struct scripted *peer, const uint8_t *reply);

/** mac2 of a message as it must be with @a cookie. */
void scripted_mac2(uint8_t mac2[16], const uint8_t *msg, size_t len, const uint8_t cookie[16]);

#endif
