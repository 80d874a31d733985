/* SPDX-License-Identifier: MIT */
/* The console's lines on a serial line. */
#include <string.h>

#include "serial.h"

_Static_assert(sizeof(((struct zwg_lineedit *)0)->line) == ZWG_CONSOLE_LINE_MAX + 1,
	       "the editor takes what the console takes");

static void prompt(struct zwg_serial *serial)
{
	serial->put(serial->ctx, ZWG_SERIAL_PROMPT, strlen(ZWG_SERIAL_PROMPT));
}

void zwg_serial_write(void *out, const char *text, size_t len)
{
	struct zwg_serial *serial = out;
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			if (i > start) {
				serial->put(serial->ctx, text + start, i - start);
			}
			serial->put(serial->ctx, "\r\n", 2);
			start = i + 1;
		}
	}
	if (len > start) {
		serial->put(serial->ctx, text + start, len - start);
	}
}

void zwg_serial_start(struct zwg_serial *serial, struct zwg_console *console,
		      void (*put)(void *ctx, const char *text, size_t len), void *ctx)
{
	serial->console = console;
	serial->put = put;
	serial->ctx = ctx;
	serial->edit.echo = put;
	serial->edit.ctx = ctx;
	zwg_lineedit_reset(&serial->edit);
	console->out = serial;
	prompt(serial);
}

void zwg_serial_input(struct zwg_serial *serial, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		enum zwg_lineedit_result result = zwg_lineedit_byte(&serial->edit, bytes[i]);

		if (result == ZWG_LINEEDIT_MORE) {
			continue;
		}
		if (result == ZWG_LINEEDIT_LINE) {
			(void)zwg_console_line(serial->console, serial->edit.line,
					       serial->edit.len);
		} else if (result == ZWG_LINEEDIT_TOO_LONG) {
			(void)zwg_console_line(serial->console, serial->edit.line,
					       ZWG_CONSOLE_LINE_MAX + 1);
		}
		zwg_lineedit_reset(&serial->edit);
		prompt(serial);
	}
}
