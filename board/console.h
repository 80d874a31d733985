/* SPDX-License-Identifier: MIT */
/*
 * The console: the commands of docs/console.rst, the same on every board. The port gives the words
 * of a line and takes the answer as text; lines end with "\n", which the port may turn into "\r\n".
 *
 * Callers see to it that one thread at a time is in here. The device's lock is taken inside, never
 * while text is written, something is saved or a key is computed.
 */
#ifndef ZWG_CONSOLE_H
#define ZWG_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/device.h>

#include "conf.h"

#define ZWG_CONSOLE_WORDS	       20  /**< Words of a line, "wg" and "@SEQ" among them. */
#define ZWG_CONSOLE_LINE_MAX	       255 /**< Characters of a line. */
#define ZWG_CONSOLE_CHUNK	       64  /**< Most characters given to write() at a time. */
#define ZWG_CONSOLE_ERROR_SIZE	       256
#define ZWG_CONSOLE_UNDERLAY_ADDRESSES 8 /**< Most addresses asked of underlay_addresses(). */

/** What the port does for the console; @a ctx is that of struct zwg_console. */
struct zwg_console_ops {
	/** Writes @a len characters, 1 to ZWG_CONSOLE_CHUNK, to console->out. */
	void (*write)(void *out, const char *text, size_t len);
	/** The device's lock. */
	void (*lock)(void *ctx);
	void (*unlock)(void *ctx);
	/** As in struct zwg_port. */
	int (*random)(void *ctx, void *buf, size_t len);
	/** Makes @a conf permanent; may block. A negative errno: what was saved is still there. */
	int (*save)(void *ctx, const struct zwg_conf *conf);
	/**
	 * Puts the valid @a conf in force: socket, interface, addresses, then under the lock
	 * zwg_conf_apply() and *console->running = *conf. On a negative errno nothing has changed,
	 * and *why, if set, is "SETTING: what was expected" for the message.
	 */
	int (*apply)(void *ctx, const struct zwg_conf *conf, const char **why);
	/** The time as the device's calls want it. */
	zwg_time (*now)(void *ctx);
	/** Seconds since the board started. */
	uint64_t (*uptime)(void *ctx);
	/** The board's addresses outside the tunnel, at most @a max; returns their number. */
	size_t (*underlay_addresses)(void *ctx, struct zwg_addr *addrs, size_t max);
	/** What the tunnel, which has a key and is not stopped, waits for: "for an address of the
	 * underlay". NULL: for nothing, it runs. */
	const char *(*waits)(void *ctx);
};

/** A console. The port sets the first part and leaves the second all zeros. */
struct zwg_console {
	const struct zwg_console_ops *ops;
	void *ctx;
	void *out; /**< Given to write(); may change between commands. */
	struct zwg_device *dev;
	const struct zwg_conf *running; /**< In force; the port's, changed by apply() alone. */
	const char *version;		/**< Of zwg: "0.1.0". */
	const char *board;		/**< "nucleo_f207zg", "sim". */
	const char *interface;		/**< "zwg0". */
	const uint8_t *chip;		/**< The chip's identity, chip_len bytes; 0: it has none. */
	size_t chip_len;
	const char *entropy; /**< "hardware", "os" or "test". */
	bool has_resolver;   /**< Endpoints may be names. */

	bool pending;  /**< Something is staged. */
	bool counting; /**< Output goes into crc. */
	uint32_t crc;
	size_t chunk_len;
	char chunk[ZWG_CONSOLE_CHUNK];
	char error[ZWG_CONSOLE_ERROR_SIZE];
	struct zwg_conf staged;
	struct zwg_conf scratch;
};

/**
 * Executes one command: argv[0] is "wg". The words behind it are wiped in place when it is done,
 * for there may be keys among them; so they must be writable.
 *
 * @return 0, or the negative errno of the error that was printed; then nothing has changed.
 */
int zwg_console_run(struct zwg_console *console, int argc, char *const argv[]);

/**
 * Splits the line of @a len characters, to be followed by one writable byte more, at blanks,
 * executes it, and wipes it. A blank line does nothing. Errors as above, and -EMSGSIZE for a line
 * of more than ZWG_CONSOLE_LINE_MAX characters.
 */
int zwg_console_line(struct zwg_console *console, char *line, size_t len);

/** Forgets what is staged and wipes everything in the second part. */
void zwg_console_wipe(struct zwg_console *console);

#endif
