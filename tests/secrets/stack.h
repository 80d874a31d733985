/* SPDX-License-Identifier: MIT */
/* A stack of one's own, painted before a function runs on it, so that it can be searched after. */
#ifndef ZWG_SECRETS_STACK_H
#define ZWG_SECRETS_STACK_H

#include <stddef.h>
#include <stdint.h>

/** Runs @a function on the painted stack. */
void stack_run(void (*function)(void *arg), void *arg);

/** What the last function touched of the stack, as it was left, and how much that is. */
const uint8_t *stack_left(void);
size_t stack_depth(void);

#endif
