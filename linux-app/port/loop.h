/* SPDX-License-Identifier: MIT */
/* One loop a program: file descriptors, and what to do when they are ready. */
#ifndef ZWG_PORT_LOOP_H
#define ZWG_PORT_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH 16

/** A file descriptor in a loop; its owner keeps it in place while it is there. */
struct loop_source {
	int fd;
	/** Called with the epoll events that came; level-triggered. May add and remove sources. */
	void (*ready)(void *ctx, uint32_t events);
	void *ctx;
};

struct loop {
	int epoll;
	bool stop;
	int pending;
	struct epoll_event events[LOOP_BATCH];
};

/** 0 or a negative errno. */
int loop_init(struct loop *loop);
void loop_destroy(struct loop *loop);

/** Watches @a source for @a events (EPOLLIN, ...). 0 or a negative errno. */
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events);

/** Changes what is watched for. */
void loop_change(struct loop *loop, struct loop_source *source, uint32_t events);

/** Watches no longer; call it before the descriptor is closed. Harmless if fd is -1. */
void loop_remove(struct loop *loop, struct loop_source *source);

/** Runs until loop_stop(). 0 or a negative errno. */
int loop_run(struct loop *loop);

/** Makes loop_run() return. */
void loop_stop(struct loop *loop);

/** A descriptor that reads as SIGINT, SIGTERM and SIGHUP, which are from then on blocked in this
 *  thread and those that it makes. Negative errno. */
int loop_signals(void);

/** The next signal of such a descriptor, 0 if there is none. */
int loop_signal_next(int fd);

#endif
