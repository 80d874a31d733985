/* SPDX-License-Identifier: MIT */
/*
 * Line editing. Escape sequences (ECMA-48 section 5.4) are ESC [ parameters final, with the final
 * byte from 0x40 to 0x7e, or ESC O and one byte, or ESC and one byte.
 */
#include "crypto/secret.h"
#include "lineedit.h"

enum escape {
	ESCAPE_NONE,
	ESCAPE_BEGUN,
	ESCAPE_CONTROL,
	ESCAPE_ONE_MORE,
};

enum key {
	KEY_CTRL_C = 0x03,
	KEY_BACKSPACE = 0x08,
	KEY_LF = 0x0a,
	KEY_CR = 0x0d,
	KEY_CTRL_U = 0x15,
	KEY_ESC = 0x1b,
	KEY_DELETE = 0x7f,
};

static bool escape_takes(struct zwg_lineedit *edit, uint8_t byte)
{
	switch (edit->escape) {
	case ESCAPE_BEGUN:
		edit->escape = byte == '['   ? ESCAPE_CONTROL
			       : byte == 'O' ? ESCAPE_ONE_MORE
					     : ESCAPE_NONE;
		return true;
	case ESCAPE_CONTROL:
		if (byte >= 0x40 && byte <= 0x7e) {
			edit->escape = ESCAPE_NONE;
		}
		return true;
	case ESCAPE_ONE_MORE:
		edit->escape = ESCAPE_NONE;
		return true;
	default:
		return false;
	}
}

static void erase_one(struct zwg_lineedit *edit)
{
	edit->len--;
	if (edit->len < ZWG_LINEEDIT_MAX) {
		edit->line[edit->len] = '\0';
		edit->echo(edit->ctx, "\b \b", 3);
	}
}

static void append(struct zwg_lineedit *edit, uint8_t byte)
{
	char c = (char)byte;

	if (edit->len < ZWG_LINEEDIT_MAX) {
		edit->line[edit->len] = c;
		edit->echo(edit->ctx, &c, 1);
	}
	if (edit->len < SIZE_MAX) {
		edit->len++;
	}
}

static enum zwg_lineedit_result finish(struct zwg_lineedit *edit)
{
	edit->echo(edit->ctx, "\r\n", 2);
	return edit->len > ZWG_LINEEDIT_MAX ? ZWG_LINEEDIT_TOO_LONG : ZWG_LINEEDIT_LINE;
}

enum zwg_lineedit_result zwg_lineedit_byte(struct zwg_lineedit *edit, uint8_t byte)
{
	bool after_cr = edit->after_cr;

	edit->after_cr = false;
	if (byte == KEY_CTRL_C) {
		edit->escape = ESCAPE_NONE;
		edit->echo(edit->ctx, "^C\r\n", 4);
		return ZWG_LINEEDIT_CANCELLED;
	}
	if (byte == KEY_CR || byte == KEY_LF) {
		edit->escape = ESCAPE_NONE;
		if (byte == KEY_LF && after_cr) {
			return ZWG_LINEEDIT_MORE;
		}
		edit->after_cr = byte == KEY_CR;
		return finish(edit);
	}
	if (escape_takes(edit, byte)) {
		return ZWG_LINEEDIT_MORE;
	}
	switch (byte) {
	case KEY_ESC:
		edit->escape = ESCAPE_BEGUN;
		break;
	case KEY_BACKSPACE:
	case KEY_DELETE:
		if (edit->len > 0) {
			erase_one(edit);
		}
		break;
	case KEY_CTRL_U:
		while (edit->len > 0) {
			erase_one(edit);
		}
		break;
	default:
		if (byte >= ' ' && byte < KEY_DELETE) {
			append(edit, byte);
		}
		break;
	}
	return ZWG_LINEEDIT_MORE;
}

void zwg_lineedit_reset(struct zwg_lineedit *edit)
{
	zwg_wipe(edit->line, sizeof(edit->line));
	edit->len = 0;
}
