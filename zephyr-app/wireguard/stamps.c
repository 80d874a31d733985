/* SPDX-License-Identifier: MIT */
/* Time stamps of all tunnels from one clock and one mark in flash; see board/stamp.h. */
#include <zephyr/logging/log.h>

#include <zwg/zephyr.h>

#include "board/stamp.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

static K_MUTEX_DEFINE(lock);
static struct zwg_stamp stamp;

static const struct zwg_stamp_store store = {
	.load = zwg_store_load_mark,
	.store = zwg_store_save_mark,
};

void zwg_stamps_start(void)
{
	int err;

	k_mutex_lock(&lock, K_FOREVER);
	err = zwg_stamp_init(&stamp, &store, NULL, zwg_now());
	k_mutex_unlock(&lock);
	if (err)
		LOG_ERR("the time-stamp mark cannot be read (%d): no handshake can be started",
			err);
}

int zwg_stamps_next(uint8_t out[ZWG_TAI64N_LEN])
{
	int err;

	k_mutex_lock(&lock, K_FOREVER);
	err = zwg_stamp_next(&stamp, zwg_now(), out);
	k_mutex_unlock(&lock);
	return err;
}

void zwg_trusted_time(uint64_t unix_seconds)
{
	k_mutex_lock(&lock, K_FOREVER);
	if (stamp.store)
		zwg_stamp_clock(&stamp, zwg_now(), unix_seconds);
	k_mutex_unlock(&lock);
}
