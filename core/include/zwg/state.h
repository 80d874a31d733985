/* SPDX-License-Identifier: MIT */
/*
 * The layout of a device and its parts, public only so that a port can reserve the memory. A port
 * reads and writes none of it; the functions of device.h do. Everything here may be moved as a
 * whole while no packet is staged: it holds no pointer into itself.
 */
#ifndef ZWG_STATE_H
#define ZWG_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>
#include <zwg/config.h>
#include <zwg/counters.h>
#include <zwg/port.h>

/** The least power of two that is not below @a n (1 <= n <= 2^30). */
#define ZWG_POW2_FILL(n) ((n) | (n) >> 1 | (n) >> 2 | (n) >> 3 | (n) >> 4)
#define ZWG_POW2_FILL2(n)                                                                          \
	(ZWG_POW2_FILL(n) | ZWG_POW2_FILL(n) >> 5 | ZWG_POW2_FILL(n) >> 10 |                       \
	 ZWG_POW2_FILL(n) >> 15 | ZWG_POW2_FILL(n) >> 20 | ZWG_POW2_FILL(n) >> 25)
#define ZWG_POW2_CEIL(n) (ZWG_POW2_FILL2((uint32_t)(n)-1) + 1)

/** Sliding window over received counters; see core/replay.h. All zeros: nothing received. */
struct zwg_replay {
	uint64_t next; /**< Highest counter accepted plus one. */
	uint32_t seen[ZWG_REPLAY_WINDOW / 32];
};

/** One place of a hash table; see core/map.h. */
struct zwg_map_slot {
	uint32_t key;
	uint32_t value_plus_1; /**< 0: free. */
};

/** Priority queue of the peers' deadlines; see core/deadlines.h. */
struct zwg_deadlines {
	uint32_t count;
	struct {
		zwg_time at;
		uint32_t id;
	} heap[ZWG_MAX_PEERS];
	uint32_t place_plus_1[ZWG_MAX_PEERS]; /**< Of each id in heap; 0: not there. */
};

#if 2 * ZWG_MAX_ALLOWED_IPS < 65535
typedef uint16_t zwg_node_ref; /**< A node's number plus one; 0: none. */
#else
typedef uint32_t zwg_node_ref;
#endif

/** A node of the allowed-IPs trie; see core/allowedips.h. */
struct zwg_ip_node {
	uint8_t addr[16];
	uint8_t bits;
	uint8_t family;
	zwg_node_ref parent;
	zwg_node_ref child[2];
	zwg_node_ref peer_prev; /**< The list of its peer's nodes. */
	zwg_node_ref peer_next;
	uint32_t peer_plus_1; /**< 0: a branch without a prefix of its own. */
};

/** Allowed IPs of all peers of a device. */
struct zwg_allowedips {
	zwg_node_ref root[2]; /**< IPv4, IPv6. */
	zwg_node_ref free;
	uint32_t touched; /**< Nodes ever used; those above were never written. */
	uint32_t prefixes;
	zwg_node_ref first_of_peer[ZWG_MAX_PEERS];
	struct zwg_ip_node nodes[2 * ZWG_MAX_ALLOWED_IPS];
};

/** Token buckets of addresses that sent handshakes; see core/ratelimiter.h. */
struct zwg_ratelimiter {
	uint32_t seed; /**< Random: which address shares a place with which is not predictable. */
	bool seeded;
	struct zwg_bucket {
		uint64_t network; /**< IPv4 address, or the upper half of an IPv6 address. */
		zwg_time last;
		uint16_t tokens; /**< Milliseconds' worth. */
		uint8_t family;	 /**< ZWG_AF_NONE: never used. */
	} buckets[ZWG_RATELIMIT_ENTRIES];
};

/** Symmetric state of a Noise handshake (paper section 5.4). */
struct zwg_noise {
	uint8_t chaining_key[32];
	uint8_t hash[32];
};

/** One session (paper sections 5.4.5 and 6). */
struct zwg_keypair {
	uint8_t send_key[32];
	uint8_t recv_key[32];
	uint64_t send_counter;
	struct zwg_replay replay;
	zwg_time birth;
	uint32_t local_index;
	uint32_t remote_index;
	bool initiator;
	bool may_send;
	bool may_receive;
};

/** Roles of a peer's sessions. */
enum zwg_role { ZWG_PREVIOUS, ZWG_CURRENT, ZWG_NEXT, ZWG_ROLES };

/** The handshake that we have started; what we answer lives in a job and in ZWG_NEXT only. */
struct zwg_initiation {
	struct zwg_noise noise;
	uint8_t ephemeral[32];
	uint32_t local_index;
	bool sent; /**< A response may be accepted. */
};

/** A moment when something is due: ZWG_NEVER if not. */
struct zwg_timers {
	zwg_time retransmit_handshake;
	zwg_time send_keepalive;
	zwg_time new_handshake;
	zwg_time zero_key_material;
	zwg_time persistent_keepalive;
	uint8_t attempts;
	bool deferred; /**< retransmit_handshake sends an initiation that was asked for too early.
			*/
	bool need_another_keepalive;
	bool last_minute_done;
};

/** The cookie that a peer gave us and what it answers (paper section 5.4.7). */
struct zwg_cookie {
	uint8_t value[16];
	uint8_t last_mac1[16];
	zwg_time birth;
	bool has_value;
	bool has_last_mac1;
};

struct zwg_peer {
	uint8_t public_key[32];
	uint8_t preshared_key[32];
	uint8_t mac1_key[32];	/**< Hash(LABEL_MAC1 || public_key). */
	uint8_t cookie_key[32]; /**< Hash(LABEL_COOKIE || public_key). */
	uint8_t last_received_stamp[ZWG_TAI64N_LEN];
	uint8_t last_sent_stamp[ZWG_TAI64N_LEN];
	struct zwg_initiation initiation;
	struct zwg_cookie cookie;
	struct zwg_keypair keypairs[ZWG_ROLES]; /**< In any order; see keypair_of. */
	uint8_t keypair_of[ZWG_ROLES]; /**< Number of a role's keypair plus one; 0: none. */
	struct zwg_endpoint endpoint;
	struct zwg_timers timers;
	struct zwg_packet *staged_first;
	struct zwg_packet *staged_last;
	uint32_t staged_count;
	uint32_t id;
	uint32_t generation;	 /**< Changes whenever a job under way must not be committed. */
	uint32_t response_epoch; /**< Changes with each initiation accepted. */
	uint32_t link;	    /**< The next in the list it stands in (see zwg_device), id plus one. */
	uint16_t keepalive; /**< Persistent keepalive in seconds; 0: off. */
	bool used;
	bool wants_initiation; /**< Stands in the list of those that want one. */
	bool initiating;       /**< A job makes one. */
	bool up;
	bool handshake_sent;	  /**< last_handshake_sent is valid. */
	bool initiation_accepted; /**< last_initiation_accepted is valid. */
	zwg_time last_handshake_sent;
	zwg_time last_initiation_accepted;
	zwg_time last_handshake; /**< ZWG_NEVER: none. */
	uint64_t rx_bytes;
	uint64_t tx_bytes;
};

#define ZWG_INITIATION_LEN 148 /**< The longest message that waits in the queue. */

/** A handshake message that passed mac1 and waits to be computed. */
struct zwg_queued {
	struct zwg_endpoint from;
	uint8_t len;
	uint8_t message[ZWG_INITIATION_LEN];
};

/** What makes the device itself: its keys and what follows from them. */
struct zwg_identity {
	uint8_t private_key[32];
	uint8_t public_key[32];
	uint8_t mac1_key[32];
	uint8_t cookie_key[32];
	bool set;
	uint32_t generation; /**< Changes with the private key, and when the device goes down. */
};

struct zwg_device {
	const struct zwg_port *port;
	void *ctx;
	struct zwg_identity identity;
	struct zwg_counters counters;
	uint32_t mtu;
	bool up;
	zwg_time wake_at;    /**< What the port was told last. */
	zwg_time load_until; /**< Under load before this. */
	uint8_t cookie_secret[32];
	zwg_time cookie_secret_birth;
	bool cookie_secret_set;
	uint32_t queue_first;
	uint32_t queue_count;
	uint32_t wanting_first; /**< Peers that want an initiation, in order, ids plus one. */
	uint32_t wanting_last;
	bool queue_turn;	/**< The next job comes from the queue, if there is one. */
	uint32_t peers_free;	/**< Free places among those touched, ids plus one. */
	uint32_t peers_touched; /**< Peers ever used; those above were never written. */
	uint32_t peers_used;
	struct zwg_queued queue[ZWG_HANDSHAKE_QUEUE];
	struct zwg_ratelimiter ratelimiter;
	struct zwg_deadlines deadlines;
	struct zwg_map_slot index_map[ZWG_POW2_CEIL(8 * ZWG_MAX_PEERS)];
	struct zwg_map_slot key_map[ZWG_POW2_CEIL(2 * ZWG_MAX_PEERS)];
	struct zwg_allowedips allowedips;
	struct zwg_peer peers[ZWG_MAX_PEERS];
};

/** Which step of a handshake a job is at. */
enum zwg_job_step {
	ZWG_JOB_NONE,
	ZWG_JOB_INITIATE,	 /**< Make an initiation. */
	ZWG_JOB_OPEN_INITIATION, /**< Decrypt the static key of a received one. */
	ZWG_JOB_OPEN_TIMESTAMP,	 /**< Its peer is known: authenticate it. */
	ZWG_JOB_RESPOND,	 /**< Make the response. */
	ZWG_JOB_OPEN_RESPONSE,	 /**< Authenticate a received response. */
};

/** A handshake step under way; see zwg_job_take(). Holds copies of all it needs, and secrets. */
struct zwg_job {
	const struct zwg_port *port;
	void *ctx;
	enum zwg_job_step step;
	bool failed;
	enum zwg_drop why; /**< If it failed. */
	uint32_t x25519;   /**< Scalar multiplications done. */
	uint32_t peer_id;
	uint32_t peer_generation;
	uint32_t peer_epoch;
	uint32_t identity_generation;
	uint32_t local_index;
	uint32_t remote_index;
	struct zwg_endpoint from;
	size_t len;
	uint8_t message[ZWG_INITIATION_LEN];
	struct zwg_noise noise;
	uint8_t private_key[32];
	uint8_t public_key[32];
	uint8_t ephemeral[32];
	uint8_t remote_static[32];
	uint8_t remote_ephemeral[32];
	uint8_t preshared_key[32];
	uint8_t stamp[ZWG_TAI64N_LEN];
	uint8_t send_key[32];
	uint8_t recv_key[32];
};

#endif
