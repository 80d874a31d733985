/* SPDX-License-Identifier: MIT */
/*
 * The serial line of the simulated board: a pseudo-terminal, or one TCP connection at a time on
 * loopback (for pyserial's socket:// URLs). What the reader has not taken yet waits here; while
 * much waits, nothing is read, so that neither side loses a byte.
 */
#ifndef ZWG_SIM_LINE_H
#define ZWG_SIM_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "port/loop.h"

#define LINE_OUT_SIZE  65536
#define LINE_OUT_PAUSE 32768 /**< From this on no input is read; one answer is always shorter. */

struct line {
	struct loop *loop;
	struct loop_source terminal; /**< The pseudo-terminal or the connection; fd -1: nobody. */
	struct loop_source listener; /**< fd -1: a pseudo-terminal. */
	int keep_open;	 /**< The far side of the pseudo-terminal, so that it never hangs up. */
	char name[128];	 /**< What a user opens: a path or a URL. */
	char link[4096]; /**< The symbolic link that was made; empty: none. */
	/** A new reader is there (TCP), or the line is ready (pseudo-terminal). */
	void (*connected)(void *ctx);
	void (*input)(void *ctx, const uint8_t *bytes, size_t len);
	void *ctx;
	size_t out_len;
	char out[LINE_OUT_SIZE];
};

/** Opens a pseudo-terminal and, if @a link is not NULL, makes the symbolic link @a link to it, in
 *  place of an older symbolic link. connected, input and ctx are set before. Negative errno. */
int line_open_pty(struct line *line, struct loop *loop, const char *link);

/** Listens on 127.0.0.1 at @a port, 0 for one that is free. Negative errno. */
int line_open_tcp(struct line *line, struct loop *loop, uint16_t port);

/** Closes and removes the link. */
void line_close(struct line *line);

/** Sends text to the reader; without one it is lost, as on a wire. */
void line_put(void *ctx, const char *text, size_t len);

#endif
