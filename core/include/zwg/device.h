/* SPDX-License-Identifier: MIT */
/*
 * A WireGuard device, as a port uses it.
 *
 * The caller holds the device's lock around every function here but zwg_job_compute(), and gives
 * the time with each call that may depend on it. Functions that fail return a negative errno and
 * have changed nothing. Peers are handles: valid until zwg_peer_remove(), zwg_device_wipe() or a
 * private key that equals the peer's public key.
 */
#ifndef ZWG_DEVICE_H
#define ZWG_DEVICE_H

#include <zwg/addr.h>
#include <zwg/config.h>
#include <zwg/counters.h>
#include <zwg/port.h>
#include <zwg/state.h>

/* Life of a device */

/**
 * Prepares @a dev, which must be all zeros (static storage, calloc(), mmap()), so that a device
 * with large tables touches only what it uses. It is down and has no key. The table @a port must
 * outlive it.
 */
void zwg_device_init(struct zwg_device *dev, const struct zwg_port *port, void *ctx);

/** Releases every staged packet and wipes everything: all zeros again. */
void zwg_device_wipe(struct zwg_device *dev);

/**
 * Sets the private key (32 bytes; clamped inside), or removes it when @a key is NULL. Sessions stop
 * sending and the next packet makes a handshake; a peer whose public key is now our own is removed
 * (paper section 5.4; netns.sh). Does nothing if the key is already set.
 */
int zwg_set_private_key(struct zwg_device *dev, zwg_time now, const uint8_t key[32]);

/** The largest inner packet in bytes, header included; padding never goes past it. -EINVAL outside
 *  68 to 65535. A new device has 1420. */
int zwg_set_mtu(struct zwg_device *dev, uint32_t mtu);

/** Starts to send and receive: peers with a persistent keepalive are called at once. Does nothing
 * if the device is up. */
void zwg_device_up(struct zwg_device *dev, zwg_time now);

/** Stops; sessions, handshakes and staged packets are gone, keys wiped. Peers, endpoints, and the
 *  greatest timestamp seen from each peer stay. */
void zwg_device_down(struct zwg_device *dev);

/** Everything the device has counted since it was initialised; valid as long as it is. */
const struct zwg_counters *zwg_get_counters(const struct zwg_device *dev);

/* Data */

/**
 * Takes the inner IP packet @a pkt, which has ZWG_HEADROOM bytes before and ZWG_TAILROOM bytes
 * behind it, encrypts it in place and sends it; or keeps it until the handshake ends that it
 * starts.
 *
 * @return 0: the packet is the core's (it will end in send_packet() or release()).
 *         A negative errno: it is the caller's, unchanged but for SEAL: -ENETDOWN (down or no key),
 *         -EINVAL (neither IPv4 nor IPv6), -EHOSTUNREACH (no peer has the destination),
 *         -EDESTADDRREQ (the peer has no endpoint), -EMSGSIZE (no room), -EIO (encryption failed;
 *         the packet is zeroed).
 */
int zwg_output(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt);

/** What became of a received datagram. */
enum zwg_verdict {
	ZWG_DROPPED,  /**< Not accepted; counted. */
	ZWG_CONSUMED, /**< Taken: a handshake message queued, a cookie stored, a keepalive. */
	ZWG_DELIVER,  /**< The packet's off and len are now those of the inner IP packet. */
};

/**
 * Takes a datagram that came from @a from (with the local address and interface in its sticky
 * source) with the type-of-service or traffic-class byte @a tos. The packet stays the caller's; on
 * ZWG_DELIVER its bytes were decrypted in place, and the caller passes them to its stack once it
 * has released the lock. On ZWG_DROPPED they may be zeroed. @a peer, if not NULL, receives the
 * peer of a delivered packet.
 */
enum zwg_verdict zwg_input(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt,
			   const struct zwg_endpoint *from, uint8_t tos, struct zwg_peer **peer);

/* Time */

/** Does what is due at @a now. The next wish has gone to wake_at() when it returns. */
void zwg_tick(struct zwg_device *dev, zwg_time now);

/* Handshakes, computed off the lock */

/**
 * A handshake step, taken under the lock, computed without it, committed under it:
 *
 *     lock();
 *     while (zwg_job_take(dev, now(), &job)) {
 *             do {
 *                     unlock();
 *                     zwg_job_compute(&job);
 *                     lock();
 *             } while (zwg_job_commit(dev, now(), &job));
 *     }
 *     unlock();
 *
 * False if nothing is to be done.
 */
bool zwg_job_take(struct zwg_device *dev, zwg_time now, struct zwg_job *job);

/** Computes the step: up to three X25519. Touches nothing but @a job; calls random() and tai64n().
 */
void zwg_job_compute(struct zwg_job *job);

/** Puts the result in force if the state that it started from still stands. True if another step
 *  must be computed; otherwise the job has been wiped. */
bool zwg_job_commit(struct zwg_device *dev, zwg_time now, struct zwg_job *job);

/** The loop above for a port with one thread. */
void zwg_run_jobs(struct zwg_device *dev, zwg_time now);

/* Peers */

/** Adds a peer. -EEXIST (then *peer is the one there is), -ENOSPC, -EINVAL (our own key). */
int zwg_peer_add(struct zwg_device *dev, const uint8_t public_key[32], struct zwg_peer **peer);

/** Removes a peer with its sessions, staged packets and allowed IPs, and wipes it. */
void zwg_peer_remove(struct zwg_device *dev, struct zwg_peer *peer);

/** The peer with this public key, or NULL. */
struct zwg_peer *zwg_peer_find(struct zwg_device *dev, const uint8_t public_key[32]);

/** The peer after @a peer in order of addition to free places; the first for NULL; NULL at the end.
 */
struct zwg_peer *zwg_peer_next(struct zwg_device *dev, struct zwg_peer *peer);

/** Sets the preshared key (32 bytes; NULL or all zeros: none). Takes effect at the next handshake.
 */
void zwg_peer_set_preshared_key(struct zwg_device *dev, struct zwg_peer *peer,
				const uint8_t psk[32]);

/** Sets where the peer is. Staged packets get their handshake; a family of ZWG_AF_NONE forgets
 * where it is, and drops them. */
void zwg_peer_set_endpoint(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer,
			   const struct zwg_endpoint *endpoint);

/** Sets the persistent keepalive in seconds, 0 for none. Another interval than before counts from
 *  now, and begins with a keepalive at once. */
void zwg_peer_set_keepalive(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer,
			    uint16_t seconds);

/** Starts a handshake now, or as soon as REKEY_TIMEOUT since the last allows. -ENETDOWN,
 *  -EDESTADDRREQ (no endpoint). */
int zwg_peer_handshake(struct zwg_device *dev, zwg_time now, struct zwg_peer *peer);

/** What is known of a peer; times are those of the calls that set them. */
struct zwg_peer_info {
	uint8_t public_key[32];
	bool has_preshared_key;
	struct zwg_endpoint endpoint; /**< Family ZWG_AF_NONE when unknown. */
	uint16_t keepalive;	      /**< Seconds; 0 is off. */
	zwg_time last_handshake;      /**< ZWG_NEVER: none yet. */
	uint64_t rx_bytes;	      /**< UDP payloads of authenticated packets, as `wg` counts. */
	uint64_t tx_bytes;
	bool has_session; /**< A session that may carry data at the time asked. */
};
void zwg_peer_get_info(const struct zwg_peer *peer, zwg_time now, struct zwg_peer_info *info);

/** Copies the preshared key, for a port that saves its configuration. Zeros if there is none. */
void zwg_peer_get_preshared_key(const struct zwg_peer *peer, uint8_t psk[32]);

/* Allowed IPs */

/** Gives @a prefix (host bits are masked) to @a peer, and takes it from another that had exactly
 * it. -EINVAL (family or length), -ENOSPC. */
int zwg_allowed_ip_add(struct zwg_device *dev, struct zwg_peer *peer,
		       const struct zwg_prefix *prefix);

/** Takes @a prefix from @a peer. -ENOENT if it does not have exactly it, -EINVAL. */
int zwg_allowed_ip_remove(struct zwg_device *dev, struct zwg_peer *peer,
			  const struct zwg_prefix *prefix);

/** Takes every prefix from @a peer. */
void zwg_allowed_ips_clear(struct zwg_device *dev, struct zwg_peer *peer);

/** Walks a peer's prefixes: *cursor is 0 at first. False when there are no more. */
bool zwg_allowed_ip_next(const struct zwg_device *dev, const struct zwg_peer *peer,
			 uint32_t *cursor, struct zwg_prefix *prefix);

/** The peer to which packets for @a addr go, or NULL: longest prefix first. */
struct zwg_peer *zwg_route(struct zwg_device *dev, const struct zwg_addr *addr);

#endif
