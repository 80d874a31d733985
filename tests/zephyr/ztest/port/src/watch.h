/* SPDX-License-Identifier: MIT */
/* Watches the port at its door to the core: the linker leads its calls through here (--wrap). */
#ifndef ZWG_TEST_WATCH_H
#define ZWG_TEST_WATCH_H

#include <stdint.h>

/** A call to the core from an interrupt, or from a thread that is not one of the port's two; NULL:
 *  none since it was last asked. */
const char *watch_fault(void);

/** Calls seen since the start. */
struct watch_calls {
	uint32_t output, input, tick, compute;
};
struct watch_calls watch_calls(void);

#endif
