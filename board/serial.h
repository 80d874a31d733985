/* SPDX-License-Identifier: MIT */
/* A console on a serial line: prompt, editing, echo, and CR LF at the end of every line. */
#ifndef ZWG_SERIAL_H
#define ZWG_SERIAL_H

#include <stddef.h>
#include <stdint.h>

#include "console.h"
#include "lineedit.h"

#define ZWG_SERIAL_PROMPT "zwg:~$ "

/** A serial line. All zeros before zwg_serial_start(). */
struct zwg_serial {
	struct zwg_console *console;
	void (*put)(void *ctx, const char *text, size_t len);
	void *ctx;
	struct zwg_lineedit edit;
};

/**
 * Binds @a console, whose ops->write must be zwg_serial_write() and whose out becomes @a serial,
 * to a line onto which @a put sends bytes; prints the prompt.
 */
void zwg_serial_start(struct zwg_serial *serial, struct zwg_console *console,
		      void (*put)(void *ctx, const char *text, size_t len), void *ctx);

/** Takes bytes from the line, and runs every command that they complete. */
void zwg_serial_input(struct zwg_serial *serial, const uint8_t *bytes, size_t len);

/** For struct zwg_console_ops: the text with "\n" as "\r\n" onto the line. */
void zwg_serial_write(void *out, const char *text, size_t len);

#endif
