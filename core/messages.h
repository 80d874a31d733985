/* SPDX-License-Identifier: MIT */
/*
 * What is on the wire, and every limit of the protocol (paper sections 5.4 and 6).
 * Integers are little-endian; offsets are in bytes from the start of the UDP payload.
 */
#ifndef ZWG_MESSAGES_H
#define ZWG_MESSAGES_H

#include <stdint.h>

#include <zwg/state.h>

enum zwg_message_type {
	ZWG_MSG_INITIATION = 1,
	ZWG_MSG_RESPONSE = 2,
	ZWG_MSG_COOKIE_REPLY = 3,
	ZWG_MSG_DATA = 4,
};

/* Handshake initiation: type 1, reserved 3, sender 4, ephemeral 32, static 48, timestamp 28, macs.
 */
#define ZWG_INIT_SENDER	   4
#define ZWG_INIT_EPHEMERAL 8
#define ZWG_INIT_STATIC	   40
#define ZWG_INIT_TIMESTAMP 88
#define ZWG_INIT_MAC1	   116
#define ZWG_INIT_MAC2	   132

/* Handshake response: type 1, reserved 3, sender 4, receiver 4, ephemeral 32, empty 16, macs. */
#define ZWG_RESP_SENDER	   4
#define ZWG_RESP_RECEIVER  8
#define ZWG_RESP_EPHEMERAL 12
#define ZWG_RESP_EMPTY	   44
#define ZWG_RESP_MAC1	   60
#define ZWG_RESP_MAC2	   76
#define ZWG_RESPONSE_LEN   92

/* Cookie reply: type 1, reserved 3, receiver 4, nonce 24, cookie 32. */
#define ZWG_COOKIE_RECEIVER  4
#define ZWG_COOKIE_NONCE     8
#define ZWG_COOKIE_COOKIE    32
#define ZWG_COOKIE_REPLY_LEN 64

/* Transport data: type 1, reserved 3, receiver 4, counter 8, packet, tag 16. */
#define ZWG_DATA_RECEIVER 4
#define ZWG_DATA_COUNTER  8
#define ZWG_DATA_HEADER	  16
#define ZWG_DATA_MIN_LEN  32

#define ZWG_MAC_LEN	  16
#define ZWG_TAG_LEN	  16
#define ZWG_PADDING	  16
#define ZWG_HANDSHAKE_TOS 0x88 /* AF41, ECN not capable. */

/* Paper section 6.1. Messages are counts, times milliseconds. */
#define ZWG_REKEY_AFTER_MESSAGES  (UINT64_C(1) << 60)
#define ZWG_REJECT_AFTER_MESSAGES (UINT64_MAX - (UINT64_C(1) << 13))
#define ZWG_REKEY_AFTER_TIME	  UINT64_C(120000)
#define ZWG_REJECT_AFTER_TIME	  UINT64_C(180000)
#define ZWG_REKEY_ATTEMPT_TIME	  UINT64_C(90000)
#define ZWG_REKEY_TIMEOUT	  UINT64_C(5000)
#define ZWG_KEEPALIVE_TIMEOUT	  UINT64_C(10000)
#define ZWG_MAX_JITTER		  333U

#define ZWG_COOKIE_LIFETIME	UINT64_C(120000)
#define ZWG_COOKIE_LATENCY	UINT64_C(5000)
#define ZWG_INITIATION_INTERVAL UINT64_C(20) /* At most 50 a second accepted from one peer. */
#define ZWG_LOAD_STICKS		UINT64_C(1000)

#endif
