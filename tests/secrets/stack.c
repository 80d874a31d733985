/* SPDX-License-Identifier: MIT */
/* A painted stack; see stack.h. A context, not a thread: nothing runs on it but the function. */
#include "stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK_BYTES (256 * 1024)
#define PAINT	    0xa5

static uint8_t stack[STACK_BYTES];

static struct {
	void (*function)(void *arg);
	void *arg;
} work;

static void run(void)
{
	work.function(work.arg);
}

void stack_run(void (*function)(void *arg), void *arg)
{
	ucontext_t own, caller;

	memset(stack, PAINT, sizeof(stack));
	work.function = function;
	work.arg = arg;
	if (getcontext(&own) != 0) {
		perror("getcontext");
		exit(2);
	}
	own.uc_stack.ss_sp = stack;
	own.uc_stack.ss_size = sizeof(stack);
	own.uc_link = &caller;
	makecontext(&own, run, 0);
	if (swapcontext(&caller, &own) != 0) {
		perror("swapcontext");
		exit(2);
	}
}

const uint8_t *stack_left(void)
{
	const uint8_t *at = stack;

	while (at < stack + sizeof(stack) && *at == PAINT) {
		at++;
	}
	return at;
}

size_t stack_depth(void)
{
	return (size_t)(stack + sizeof(stack) - stack_left());
}
