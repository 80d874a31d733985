/* SPDX-License-Identifier: MIT */
/*
 * The simulated board's flash: a file with two slots for each thing that is kept. A new value goes
 * to the slot that does not hold the newest, so that power may fail at any byte: the value of
 * before is then still there. Thread-safe.
 */
#ifndef ZWG_SIM_FLASH_H
#define ZWG_SIM_FLASH_H

#include <pthread.h>
#include <stdint.h>

#include "board/record.h"

/** What is kept. */
enum flash_item {
	FLASH_CONF,
	FLASH_MARK,
	FLASH_ITEMS,
};

#define FLASH_VALUE_MAX ZWG_RECORD_MAX

struct flash {
	pthread_mutex_t lock;
	int fd;
	uint64_t power; /**< Bytes that may still be written before power fails; 0: no limit. */
};

/**
 * Opens the flash in the file @a path, which is made if it is not there and locked against others;
 * NULL: in memory only. With @a power_cut above 0 the process is killed (SIGKILL) when that many
 * bytes have been written. 0, -EBUSY (another program has it), -EINVAL (not a flash file of this
 * build), or another negative errno.
 */
int flash_open(struct flash *flash, const char *path, uint64_t power_cut);
void flash_close(struct flash *flash);

/** Reads the newest whole value into @a buf. Its length; -ENOENT if none was ever stored whole;
 *  -EBADMSG if both slots are damaged; -ENOSPC; -EIO. */
int flash_load(struct flash *flash, enum flash_item item, uint8_t *buf, size_t size);

/** Stores a value of @a len bytes; after a 0 it is there whenever power fails. Negative errno. */
int flash_store(struct flash *flash, enum flash_item item, const uint8_t *value, size_t len);

#endif
