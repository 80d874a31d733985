/* SPDX-License-Identifier: MIT */
/* Flash with a switch; see flash.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <zephyr/drivers/flash.h>
#include <zephyr/drivers/flash/flash_simulator.h>
#include <zephyr/settings/settings.h>
#include <zephyr/storage/flash_map.h>
#include <zephyr/ztest.h>

#include "flash.h"
#include "store.h"
#include "tunnel.h"

/* Of the settings subsystem: the list of what it reads from, and who fills it. */
extern sys_slist_t settings_load_srcs;
int settings_backend_init(void);

int __real_flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len);
int __real_flash_area_flatten(const struct flash_area *fa, off_t off, size_t len);

static bool armed;
static unsigned int left, done, erasures;
static unsigned int part;

/* May so many bytes of an operation be done? */
static size_t allowed(size_t len)
{
	done++;
	if (!armed || done <= left)
		return len;
	return done == left + 1 ? len * part / EIGHTHS : 0;
}

int __wrap_flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len)
{
	size_t may = allowed(len);
	int err = may ? __real_flash_area_write(fa, off, src, may) : 0;

	return may == len ? err : -EIO;
}

/* A part of an erasure is a part of the sector, which the simulator only erases whole. */
int __wrap_flash_area_flatten(const struct flash_area *fa, off_t off, size_t len)
{
	size_t may = allowed(len);

	erasures++;
	if (may < len)
		memset(flash_bytes() + off, 0xff, may);
	return may == len ? __real_flash_area_flatten(fa, off, len) : -EIO;
}

void flash_cut(unsigned int operations, unsigned int eighths)
{
	armed = true;
	left = operations;
	part = eighths;
	done = 0;
	erasures = 0;
}

unsigned int flash_power(void)
{
	armed = false;
	return done;
}

unsigned int flash_erasures(void)
{
	return erasures;
}

uint8_t *flash_bytes(void)
{
	size_t size;
	uint8_t *all = flash_simulator_get_memory(FIXED_PARTITION_DEVICE(storage_partition), &size);

	return all + FIXED_PARTITION_OFFSET(storage_partition);
}

void reboot(void)
{
	while (!zwg_tunnels_ready())
		k_msleep(1);
	(void)flash_power();
	sys_slist_init(&settings_load_srcs);
	zassert_ok(zwg_store_scrub());
	zassert_ok(settings_backend_init());
	zwg_stamps_start();
}

void flash_erase_all(void)
{
	BUILD_ASSERT(FIXED_PARTITION_SIZE(storage_partition) == FLASH_SIZE);
	memset(flash_bytes(), 0xff, FLASH_SIZE);
	reboot();
}
