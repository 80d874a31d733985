/* SPDX-License-Identifier: MIT */
/*
 * A line from a serial terminal: bytes in, echo out. Knows backspace and delete, Ctrl-U, Ctrl-C,
 * and lines that end with CR, LF or CR LF; leaves out escape sequences (ECMA-48) and whatever is
 * not printable ASCII.
 */
#ifndef ZWG_LINEEDIT_H
#define ZWG_LINEEDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZWG_LINEEDIT_MAX 255 /**< Characters of a line. */

/** What a byte has led to. */
enum zwg_lineedit_result {
	ZWG_LINEEDIT_MORE,	/**< Nothing yet. */
	ZWG_LINEEDIT_LINE,	/**< line[0 .. len-1] is complete, a zero behind it. */
	ZWG_LINEEDIT_TOO_LONG,	/**< A line of more than ZWG_LINEEDIT_MAX characters has ended. */
	ZWG_LINEEDIT_CANCELLED, /**< Ctrl-C. */
};

/** All zeros but for the first two members is a new one. */
struct zwg_lineedit {
	void (*echo)(void *ctx, const char *text, size_t len);
	void *ctx;
	size_t len; /**< May exceed ZWG_LINEEDIT_MAX; what is beyond is counted, not kept. */
	uint8_t escape;
	bool after_cr;
	char line[ZWG_LINEEDIT_MAX + 1];
};

/** Takes one byte. After any result but ZWG_LINEEDIT_MORE comes zwg_lineedit_reset(). */
enum zwg_lineedit_result zwg_lineedit_byte(struct zwg_lineedit *edit, uint8_t byte);

/** Forgets and wipes the line. */
void zwg_lineedit_reset(struct zwg_lineedit *edit);

#endif
