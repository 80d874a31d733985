/* SPDX-License-Identifier: MIT */
/*
 * What a port gives to the core: packets as chains of fragments, and one table of functions through
 * which everything leaves. Nothing else of the core reaches the outside.
 *
 * No function of the table may call back into the same device.
 */
#ifndef ZWG_PORT_H
#define ZWG_PORT_H

#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>
#include <zwg/chain.h>

struct zwg_peer;

#define ZWG_HEADROOM   16 /**< Bytes the core needs before an inner packet: the header. */
#define ZWG_TAILROOM   31 /**< Bytes it needs behind: up to 15 of padding, 16 of tag. */
#define ZWG_TAI64N_LEN 12 /**< Bytes of a TAI64N stamp. */

/** A moment: milliseconds on a clock of the port's that never goes back and never wraps. Its zero
 *  is the port's choice; the core only compares and subtracts. */
typedef uint64_t zwg_time;

/** "At no time." */
#define ZWG_NEVER UINT64_MAX

/**
 * A packet in the port's memory. The bytes that count begin @a off bytes into the fragments and are
 * @a len bytes long; what lies before and behind them is room that the core may use. The port keeps
 * this structure, the fragments' table and the bytes in place for as long as the core owns the
 * packet (between a successful zwg_output() and send_packet() or release()).
 */
struct zwg_packet {
	struct zwg_packet *next; /**< For whoever owns the packet. */
	const struct zwg_seg *segs;
	size_t count;
	size_t off;
	size_t len;
};

/** What happened to a peer. */
enum zwg_event {
	ZWG_EVENT_HANDSHAKE_COMPLETE, /**< A new session may carry data. */
	ZWG_EVENT_PEER_UP,	      /**< The first such since the peer was added or went quiet. */
	ZWG_EVENT_PEER_QUIET,	  /**< No answer for REKEY_ATTEMPT_TIME; staged packets dropped. */
	ZWG_EVENT_ENDPOINT_MOVED, /**< An authenticated, fresh packet came from elsewhere. */
};

/** The table of functions. @a ctx is what was given to zwg_device_init(). */
struct zwg_port {
	/**
	 * Sends the datagram of @a len bytes (at most 148) at @a msg, which is only valid during
	 * the call. @a tos is the IP type-of-service or traffic-class byte. 0, or a negative errno;
	 * the core counts the error and goes on.
	 */
	int (*send_message)(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			    size_t len);
	/**
	 * Sends @a pkt, whose off and len are now those of the datagram. The packet is the port's
	 * again, whatever is returned.
	 */
	int (*send_packet)(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
			   struct zwg_packet *pkt);
	/** Takes back a staged packet that could not be sent. */
	void (*release)(void *ctx, struct zwg_packet *pkt);
	/**
	 * Fills @a buf with @a len bytes from a cryptographic random source. 0, or a negative errno
	 * while it is not seeded: no handshake is then made. May be called without the device's
	 * lock.
	 */
	int (*random)(void *ctx, void *buf, size_t len);
	/**
	 * Writes a TAI64N stamp greater than every one this device ever wrote, whatever the clock
	 * did and however often it was restarted (paper section 5.1). 0, or a negative errno: no
	 * initiation is then sent. Called only from zwg_job_compute(), without the device's lock;
	 * may block.
	 */
	int (*tai64n)(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN]);
	/**
	 * zwg_tick() wants to be called at @a when; an earlier wish is replaced. ZWG_NEVER: not at
	 * all. A call at another time does no harm.
	 */
	void (*wake_at)(void *ctx, zwg_time when);
	/** zwg_job_take() has something to give. */
	void (*jobs_pending)(void *ctx);
	/** Something happened to @a peer. */
	void (*event)(void *ctx, struct zwg_peer *peer, enum zwg_event event);
};

#endif
