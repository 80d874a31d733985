/* SPDX-License-Identifier: MIT */
/* What the console's commands share: text in small chunks, and errors. Internal to board/. */
#ifndef ZWG_OUTPUT_H
#define ZWG_OUTPUT_H

#include "console.h"

/** Puts text out, in chunks of ZWG_CONSOLE_CHUNK; it goes into the CRC while console->counting. */
void zwg_out(struct zwg_console *console, const char *text, size_t len);
void zwg_out_text(struct zwg_console *console, const char *text);
void zwg_out_number(struct zwg_console *console, uint64_t value);
/** A public key. No other key has a way out. */
void zwg_out_public_key(struct zwg_console *console, const uint8_t key[32]);
/** Bytes as lower-case hexadecimal digits. */
void zwg_out_hex(struct zwg_console *console, const uint8_t *bytes, size_t len);
/** Prefixes with @a separator between them. */
void zwg_out_prefixes(struct zwg_console *console, const struct zwg_prefix *list, uint8_t count,
		      const char *separator);
/** Gives what is left to the port. */
void zwg_out_flush(struct zwg_console *console);

/**
 * Composes the error "WORD: 'VALUE': EXPECTED" and returns @a err. @a value may be NULL; what is
 * not printable in it becomes "?", what is longer than 64 characters is cut, and what might be a
 * key is shown as "(hidden)".
 */
int zwg_fail(struct zwg_console *console, int err, const char *word, const char *value, size_t len,
	     const char *expected);
/** The same for a value that is known to be public. */
int zwg_fail_public(struct zwg_console *console, int err, const char *word, const char *value,
		    const char *expected);

/** What the tunnel waits for, see struct zwg_console_ops; NULL also if it is not to run. */
const char *zwg_console_waits(const struct zwg_console *console);

/** The configuration that is staged, or that in force if nothing is. */
const struct zwg_conf *zwg_console_staged(const struct zwg_console *console);

/** Stages console->scratch, and wipes it. */
void zwg_console_stage(struct zwg_console *console);

/** Commands; argv[0] is the first word behind the command's name. 0 or what zwg_fail() returned. */
typedef int (*zwg_command)(struct zwg_console *console, int argc, char *const argv[]);

int zwg_command_genkey(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_pubkey(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_set(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_commit(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_revert(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_reset(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_up(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_down(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_show(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_showconf(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_stats(struct zwg_console *console, int argc, char *const argv[]);
int zwg_command_handshake(struct zwg_console *console, int argc, char *const argv[]);

/** Does one word follow, and is it @a word? An error for anything else that follows. */
int zwg_only_word(struct zwg_console *console, int argc, char *const argv[], const char *word,
		  bool *given);

/** A peer and what the device knows of it; @a known is false for a peer that is not in force. */
struct zwg_peer_view {
	const struct zwg_conf_peer *conf;
	bool known;
	zwg_time now;
	struct zwg_peer_info info;
};
void zwg_peer_view(struct zwg_console *console, const struct zwg_conf_peer *conf,
		   struct zwg_peer_view *view);

/** Takes a counter: its name is @a prefix and @a name together. */
typedef void (*zwg_counter_visitor)(void *ctx, const char *prefix, const char *name,
				    uint64_t value);

/** Calls @a visit for every counter of the device. */
void zwg_each_counter(struct zwg_console *console, zwg_counter_visitor visit, void *ctx);

/** The line for machines of "wg show --machine"; @a public_key is NULL if there is none. */
void zwg_show_json(struct zwg_console *console, const struct zwg_conf *conf, bool staged,
		   const uint8_t *public_key);

#endif
