/* SPDX-License-Identifier: MIT */
/*
 * The sliding window of paper section 5.4.6, a ring of ZWG_REPLAY_WINDOW bits as in RFC 6479.
 * Let h = next - 1 be the highest counter accepted. Then bit (c mod W) says whether c was, for each
 * c with h - W <= c < h; h itself needs no bit. So exactly W counters below the highest can still
 * come, and a bit's place is free for h at the moment when h - W leaves the window.
 */
#include <string.h>

#include "messages.h"
#include "replay.h"

#define WINDOW ZWG_REPLAY_WINDOW

static uint32_t bit_of(uint64_t counter)
{
	return (uint32_t)(counter % WINDOW);
}

/* Clears @a count bits from @a first on, a word at a time; the ring closes at a word's end. */
static void clear(uint32_t *seen, uint32_t first, uint32_t count)
{
	while (count > 0) {
		uint32_t shift = first % 32;
		uint32_t n = count < 32 - shift ? count : 32 - shift;

		seen[first / 32] &= ~(UINT32_MAX >> (32 - n) << shift);
		first = first + n == WINDOW ? 0 : first + n;
		count -= n;
	}
}

static bool test_and_set(uint32_t *seen, uint32_t bit)
{
	uint32_t mask = UINT32_C(1) << bit % 32;
	bool was = (seen[bit / 32] & mask) != 0;

	seen[bit / 32] |= mask;
	return was;
}

static void advance(struct zwg_replay *replay, uint64_t counter)
{
	uint64_t gap = counter - replay->next;

	if (replay->next == 0 || gap >= WINDOW) {
		memset(replay->seen, 0, sizeof(replay->seen));
	} else {
		clear(replay->seen, bit_of(replay->next), (uint32_t)gap);
		test_and_set(replay->seen, bit_of(replay->next - 1));
	}
	replay->next = counter + 1;
}

bool zwg_replay_accept(struct zwg_replay *replay, uint64_t counter)
{
	uint64_t behind;

	if (counter >= ZWG_REJECT_AFTER_MESSAGES) {
		return false;
	}
	if (counter >= replay->next) {
		advance(replay, counter);
		return true;
	}
	behind = replay->next - 1 - counter;
	if (behind == 0 || behind > WINDOW) {
		return false;
	}
	return !test_and_set(replay->seen, bit_of(counter));
}
