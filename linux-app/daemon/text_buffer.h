/* SPDX-License-Identifier: MIT */
/* A text that grows, may hold keys, and is wiped. */
#ifndef ZWG_DAEMON_TEXT_BUFFER_H
#define ZWG_DAEMON_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/** All zeros is an empty text. */
struct text_buffer {
	char *text;
	size_t len;
	size_t room;
	bool no_memory; /**< Something is missing. */
};

/** Appends @a len bytes. */
void text_append(struct text_buffer *buffer, const char *text, size_t len);

/** Wipes and frees; the text is empty again. */
void text_clear(struct text_buffer *buffer);

#endif
