/* SPDX-License-Identifier: MIT */
/* Why packets were dropped, and how many. One reason a drop; the name is what users see. */
#ifndef ZWG_COUNTERS_H
#define ZWG_COUNTERS_H

#include <stdint.h>

/** X(identifier, name, what it means) for every reason. */
#define ZWG_DROP_REASONS(X)                                                                        \
	X(LENGTH, "length", "datagram shorter or longer than its type allows")                     \
	X(TYPE, "type", "unknown message type or reserved bytes set")                              \
	X(DOWN, "down", "device is down or has no private key")                                    \
	X(MAC1, "mac1", "handshake message with a wrong mac1")                                     \
	X(MAC2, "mac2", "handshake message without a valid mac2 under load, cookie sent")          \
	X(RATE, "rate", "handshake message over its source's rate limit")                          \
	X(QUEUE, "queue", "handshake queue full")                                                  \
	X(HANDSHAKE, "handshake", "handshake message that does not authenticate")                  \
	X(UNKNOWN_PEER, "unknown_peer", "initiation from a public key that is not a peer")         \
	X(TIMESTAMP, "timestamp", "initiation whose timestamp is not greater than the last")       \
	X(FLOOD, "flood", "initiation within 20 ms of the peer's last")                            \
	X(STALE, "stale", "handshake whose state has changed meanwhile")                           \
	X(COOKIE, "cookie", "cookie reply that answers nothing or does not authenticate")          \
	X(UNKNOWN_INDEX, "unknown_index", "message for an index that is not in use")               \
	X(EXPIRED, "expired", "data for a session past its limits")                                \
	X(TAG, "tag", "data that does not authenticate")                                           \
	X(REPLAY, "replay", "data with a counter already seen or too old")                         \
	X(INNER_VERSION, "inner_version", "inner packet neither IPv4 nor IPv6")                    \
	X(INNER_LENGTH, "inner_length", "inner packet shorter than its header says")               \
	X(SOURCE, "source", "inner source not among the peer's allowed IPs")                       \
	X(ECN, "ecn", "outer congestion mark on an inner packet that cannot carry it")             \
	X(NO_PEER, "no_peer", "no peer has the destination among its allowed IPs")                 \
	X(NO_ENDPOINT, "no_endpoint", "peer without a known endpoint")                             \
	X(NO_ROOM, "no_room", "packet without room for header and tag")                            \
	X(STAGED, "staged", "staged packet gave way to a newer one or its handshake failed")       \
	X(SEAL, "seal", "encryption failed")                                                       \
	X(SEND, "send", "port could not send")                                                     \
	X(RANDOM, "random", "random source not ready")                                             \
	X(STAMP, "stamp", "no TAI64N stamp to be had")

enum zwg_drop {
#define ZWG_DROP_ENUM(id, name, text) ZWG_DROP_##id,
	ZWG_DROP_REASONS(ZWG_DROP_ENUM)
#undef ZWG_DROP_ENUM
		ZWG_DROP_COUNT
};

/** What a device has done since it was initialised. */
struct zwg_counters {
	uint64_t drops[ZWG_DROP_COUNT];
	uint64_t initiations_sent;
	uint64_t initiations_received; /**< Authenticated ones. */
	uint64_t responses_sent;
	uint64_t responses_received; /**< Authenticated ones. */
	uint64_t cookies_sent;
	uint64_t cookies_received; /**< Authenticated ones. */
	uint64_t keepalives_sent;
	uint64_t keepalives_received;
	uint64_t data_sent;
	uint64_t data_received; /**< Delivered, keepalives not counted. */
	uint64_t x25519;	/**< Scalar multiplications computed for handshakes. */
};

/** The name of a reason, in lower case with underscores; NULL if there is no such reason. */
const char *zwg_drop_name(enum zwg_drop reason);

#endif
