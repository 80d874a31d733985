/* SPDX-License-Identifier: MIT */
/*
 * The other end of the tunnel: a device of the core with a port of the test's, at an address of the
 * wire. It belongs to the test's thread, which gives it what the board has sent.
 */
#ifndef ZWG_TEST_OTHER_H
#define ZWG_TEST_OTHER_H

#include <zwg/device.h>
#include <zwg/state.h>

#include "datagram.h"
#include "underlay.h"

#define OTHERS	    2
#define INNER_MAX   1500
#define MESSAGE_MAX 1500

/* Time for a handshake: on native_sim computing takes none. Less than REKEY_TIMEOUT. */
#define HANDSHAKE_MS (IS_ENABLED(CONFIG_ARCH_POSIX) ? 1000 : 4500)

struct other {
	struct zwg_device device;
	struct zwg_peer *board;
	uint8_t private_key[32];
	uint8_t public_key[32];
	struct zwg_addr at[2]; /**< On the wire: IPv4, IPv6. */
	uint16_t port;
	zwg_time wake_at;
	bool deaf;    /**< Nothing reaches it. */
	bool hold;    /**< What it sends is kept in @a held, and the board does not get it. */
	size_t split; /**< Bytes of each buffer in which the board gets its datagrams; 0: as fits.
		       */
	size_t held_len;
	uint8_t held[FRAME_MAX]; /**< A frame. */
	unsigned int received;	 /**< Inner packets. */
	uint16_t inner_len;	 /**< The last of them. */
	uint8_t inner[INNER_MAX];
	uint8_t cipher[MESSAGE_MAX]; /**< And the datagram it came in. */
	size_t cipher_len;
	uint32_t session;      /**< The receiver index of the last data message, */
	uint64_t next_counter; /**< and the counter that must follow, */
	bool missed;	       /**< if the underlay has not lost some. */
};

extern struct other others[OTHERS];

/** Makes it anew, with a key of its own; it knows the board by this key, and where it is if
 *  @a calls. */
void other_start(struct other *other, const uint8_t board_key[32], bool calls);

/** Gives everything that the board sends to whom it is for, and runs the others' timers, until
 *  @a ms have passed. */
void others_run(uint32_t ms);

/** The same, but ends when @a other has got a packet more. False: none came within HANDSHAKE_MS. */
bool other_gets(struct other *other);

/** Encrypts and sends an inner packet to the board. */
int other_send(struct other *other, const uint8_t *inner, size_t len);

/** Sends the held frame to the board, once more if asked once more. False: no buffers. */
bool other_replay(struct other *other);

/** Initiations that the board has sent since others_forget(). */
extern unsigned int initiations;

/** The first thing that was wrong with what the board sent; NULL: nothing. */
const char *others_fault(void);

void others_forget(void);

#endif
