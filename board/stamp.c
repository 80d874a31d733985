/* SPDX-License-Identifier: MIT */
/*
 * TAI64N stamps from a reserved block (paper section 5.1). A stamp is kept as seconds << 6 | tick:
 * 60 whitened ticks fit a second, and the 4 numbers left over are never used.
 */
#include <errno.h>
#include <string.h>

#include "crypto/bytes.h"
#include "stamp.h"

#define TICK_BITS	 6
#define TICKS_PER_SECOND 60
#define TICK_NS_SHIFT	 24
#define TAI64_UNIX_EPOCH UINT64_C(0x400000000000000a)

static int load(struct zwg_stamp *stamp, zwg_time now)
{
	uint64_t mark = 0;
	int err = stamp->store->load(stamp->ctx, &mark);

	if (err != 0 && err != -ENOENT) {
		return err < 0 ? err : -EIO;
	}
	if (err == 0 && mark >= ZWG_STAMP_LIMIT) {
		return -ERANGE;
	}
	stamp->fresh = err == -ENOENT;
	stamp->reserved = stamp->fresh ? 0 : mark;
	stamp->base = stamp->reserved;
	stamp->base_time = now;
	stamp->loaded = true;
	return 0;
}

int zwg_stamp_init(struct zwg_stamp *stamp, const struct zwg_stamp_store *store, void *ctx,
		   zwg_time now)
{
	memset(stamp, 0, sizeof(*stamp));
	stamp->store = store;
	stamp->ctx = ctx;
	return load(stamp, now);
}

static uint64_t elapsed_ms(const struct zwg_stamp *stamp, zwg_time now)
{
	return now > stamp->base_time ? now - stamp->base_time : 0;
}

/* Where the clocks have carried the stamp by now. */
static uint64_t carried(const struct zwg_stamp *stamp, zwg_time now)
{
	uint64_t ms = elapsed_ms(stamp, now);
	uint32_t ns = (uint32_t)(ms % 1000) * 1000000;

	return (stamp->base + ms / 1000) << TICK_BITS | ns >> TICK_NS_SHIFT;
}

static int reserve(struct zwg_stamp *stamp, uint64_t seconds)
{
	uint64_t mark = seconds + ZWG_STAMP_BLOCK;
	int err;

	if (seconds < stamp->reserved) {
		return 0;
	}
	if (mark >= ZWG_STAMP_LIMIT) {
		return -ERANGE;
	}
	err = stamp->store->store(stamp->ctx, mark);
	if (err != 0) {
		return err < 0 ? err : -EIO;
	}
	stamp->reserved = mark;
	stamp->fresh = false;
	return 0;
}

int zwg_stamp_next(struct zwg_stamp *stamp, zwg_time now, uint8_t out[ZWG_TAI64N_LEN])
{
	uint64_t value;
	uint64_t tick;
	int err = stamp->loaded ? 0 : load(stamp, now);

	if (err != 0) {
		return err;
	}
	value = carried(stamp, now);
	if (value < stamp->next) {
		value = stamp->next;
	}
	err = reserve(stamp, value >> TICK_BITS);
	if (err != 0) {
		return err;
	}
	tick = value & ((1U << TICK_BITS) - 1);
	zwg_put_be64(out, TAI64_UNIX_EPOCH + (value >> TICK_BITS));
	zwg_put_be32(out + 8, (uint32_t)tick << TICK_NS_SHIFT);
	stamp->next =
		tick + 1 < TICKS_PER_SECOND ? value + 1 : ((value >> TICK_BITS) + 1) << TICK_BITS;
	return 0;
}

void zwg_stamp_clock(struct zwg_stamp *stamp, zwg_time now, uint64_t unix_seconds)
{
	uint64_t current;
	uint64_t step;

	if (!stamp->loaded && load(stamp, now) != 0) {
		return;
	}
	current = stamp->base + elapsed_ms(stamp, now) / 1000;
	if (unix_seconds <= current || unix_seconds >= ZWG_STAMP_CLOCK_LIMIT) {
		return;
	}
	step = unix_seconds - current;
	if (stamp->fresh) {
		stamp->fresh = false;
	} else {
		uint64_t left = ZWG_STAMP_MAX_STEP - stamp->stepped;

		step = step < left ? step : left;
		stamp->stepped += step;
	}
	stamp->base += step;
}
