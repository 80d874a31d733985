/* SPDX-License-Identifier: MIT */
/*
 * TAI64N stamps that only ever rise (paper section 5.1), on a board that may have no clock.
 *
 * A peer refuses for good an initiation whose stamp is not greater than the last, so a board must
 * never repeat one, whatever happens to its power. Storage holds a mark above every stamp used so
 * far; a block of stamps is reserved by raising the mark before the first of them is used. A
 * restart goes on at the mark and so skips what was left of the block.
 *
 * A stamp is the greater of the last one plus one tick, and where the monotonic clock and (if there
 * is a trusted one) the wall clock have carried it. Its seconds are 0x400000000000000a + Unix time;
 * its nanoseconds are whitened to multiples of 2^24, so a second has 60 ticks of 16.8 ms.
 *
 * Wear: a mark is stored at most once in ZWG_STAMP_BLOCK seconds and once a restart, and then only
 * if an initiation is made: with 3600 s, 24 times a day, 8,766 times a year. At 32 bytes of log
 * each, a flash sector of 128 KiB takes 4,096 of them, so that two sectors in turn are each erased
 * about once a year; they endure 10,000. Even a board that restarts every 10 s (8,640 marks a day)
 * erases each about once a day. A restart skips at most an hour of stamps.
 */
#ifndef ZWG_STAMP_H
#define ZWG_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include <zwg/port.h>

/** Seconds of stamps reserved at a time. */
#ifndef ZWG_STAMP_BLOCK
#define ZWG_STAMP_BLOCK 3600
#endif

/** Seconds by which a wall clock may put the stamp forward, in sum from one restart to the next. A
 *  clock that is wrong can thus not spend a key's future (CVE-2021-46873). */
#ifndef ZWG_STAMP_MAX_STEP
#define ZWG_STAMP_MAX_STEP (30 * 86400)
#endif

/** Marks, and clocks that set the first one, must be below this many seconds. */
#define ZWG_STAMP_LIMIT	      (UINT64_C(1) << 40)
#define ZWG_STAMP_CLOCK_LIMIT (UINT64_C(1) << 32)

/** Where the mark lives. The mark is a number of seconds below ZWG_STAMP_LIMIT. */
struct zwg_stamp_store {
	/** Reads the mark. 0; -ENOENT only if none was ever stored; another negative errno if it
	 *  cannot be read or is damaged: there are no stamps then. */
	int (*load)(void *ctx, uint64_t *mark);
	/** Makes the mark permanent before it returns 0. Whenever power fails or an error is
	 *  returned, load() must then give the earlier mark or this one. May block. */
	int (*store)(void *ctx, uint64_t mark);
};

/** State of the stamps; it belongs to the functions below. One thread at a time. */
struct zwg_stamp {
	const struct zwg_stamp_store *store;
	void *ctx;
	uint64_t next;	   /**< The least stamp not used: seconds << 6 | tick. */
	uint64_t reserved; /**< The mark in storage, in seconds: stamps below it may be used. */
	uint64_t base;	   /**< Where the clocks had carried the stamp at base_time, in seconds. */
	zwg_time base_time;
	uint64_t stepped; /**< Seconds that a wall clock has put it forward. */
	bool loaded;
	bool fresh; /**< Storage was empty; neither a mark was stored nor a clock told. */
};

/**
 * Prepares the state and reads the mark. A negative errno if it cannot be read: then every
 * zwg_stamp_next() tries again, and fails until it can.
 */
int zwg_stamp_init(struct zwg_stamp *stamp, const struct zwg_stamp_store *store, void *ctx,
		   zwg_time now);

/**
 * Writes a stamp greater than every one before. A negative errno of load() or store(), or -ERANGE
 * for a mark that no storage of ours holds: no stamp was made, and none may be sent.
 */
int zwg_stamp_next(struct zwg_stamp *stamp, zwg_time now, uint8_t out[ZWG_TAI64N_LEN]);

/**
 * Tells the time of a clock that is trusted: battery-backed, or set from an authenticated source.
 * It never puts the stamp back, and forward by ZWG_STAMP_MAX_STEP in sum; the first clock told
 * before the first stamp of all is believed up to ZWG_STAMP_CLOCK_LIMIT. Stores nothing itself.
 */
void zwg_stamp_clock(struct zwg_stamp *stamp, zwg_time now, uint64_t unix_seconds);

#endif
