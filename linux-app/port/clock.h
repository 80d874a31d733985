/* SPDX-License-Identifier: MIT */
/*
 * Time for the core (milliseconds since boot, suspend included, so that a session ages while the
 * machine sleeps; CLOCK_BOOTTIME) and TAI64N stamps from the wall clock (paper section 5.1).
 */
#ifndef ZWG_PORT_CLOCK_H
#define ZWG_PORT_CLOCK_H

#include <zwg/port.h>

/** The time now, for every function of the core that takes one. */
zwg_time clock_now(void);

/** Arms the timer @a fd, made by clock_timer(), for @a when; ZWG_NEVER disarms it. */
void clock_timer_set(int fd, zwg_time when);

/** A timer file descriptor on the clock of clock_now(), non-blocking; or a negative errno. */
int clock_timer(void);

/** Makes a timer that has expired quiet again. */
void clock_timer_clear(int fd);

/** Seconds since 1970 and nanoseconds of the wall clock. */
void clock_wall(uint64_t *seconds, uint32_t *nanoseconds);

#endif
