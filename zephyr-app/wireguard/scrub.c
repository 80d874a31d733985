/* SPDX-License-Identifier: MIT */
/*
 * FCB, which keeps the settings, never looks whether a sector that it is about to use is erased,
 * and gives up on all of them, which the settings subsystem answers by erasing everything, when the
 * header of one was written in part. Both are what a loss of power leaves behind while a full
 * sector is put in order. So sectors without a whole header, which hold nothing, are erased here
 * before FCB sees them.
 */
#include <errno.h>

#include <zephyr/drivers/flash.h>
#include <zephyr/storage/flash_map.h>

#include "crypto/bytes.h"
#include "tunnel.h"

#define HEADER	   8 /* Magic 4, version 1, unused 1, number 2; see FCB's fcb_disk_area. */
#define VERSION	   4
#define NUMBER_TOP 7
#define BLOCK	   64

/* Of Zephyr's settings: where they are kept. */
int settings_fcb_get_flash_area(void);

static bool all_are(uint8_t value, const uint8_t *bytes, size_t len)
{
	while (len > 0 && bytes[len - 1] == value)
		len--;
	return len == 0;
}

/* 1 if it is, 0 if not. */
static int is_erased(const struct flash_area *area, const struct flash_sector *sector,
		     uint8_t erased)
{
	uint8_t block[BLOCK];
	int err = 0;

	for (size_t at = 0; !err && at < sector->fs_size; at += sizeof(block)) {
		err = flash_area_read(area, sector->fs_off + (off_t)at, block, sizeof(block));
		if (!err && !all_are(erased, block, sizeof(block)))
			return 0;
	}
	return err ? err : 1;
}

/* Has it a header to its last byte? A number that ends in an erased byte takes 65,280 sectors. */
static bool is_used(const uint8_t header[HEADER], uint8_t erased)
{
	uint32_t inverse = (uint8_t)~erased * UINT32_C(0x01010101);

	return zwg_get_le32(header) == (CONFIG_SETTINGS_FCB_MAGIC ^ inverse) &&
	       header[VERSION] != erased && header[NUMBER_TOP] != erased;
}

static int scrub(const struct flash_area *area, const struct flash_sector *sector)
{
	const uint8_t erased = flash_area_erased_val(area);
	uint8_t header[HEADER];
	int err = flash_area_read(area, sector->fs_off, header, sizeof(header));

	if (err || is_used(header, erased))
		return err;
	err = is_erased(area, sector, erased);
	return err ? MIN(err, 0) : flash_area_flatten(area, sector->fs_off, sector->fs_size);
}

int zwg_store_scrub(void)
{
	struct flash_sector sectors[CONFIG_SETTINGS_FCB_NUM_AREAS + 1];
	uint32_t count = ARRAY_SIZE(sectors);
	const struct flash_area *area;
	int err = flash_area_get_sectors(settings_fcb_get_flash_area(), &count, sectors);

	/* There may be more than FCB uses, too. */
	if (err && err != -ENOMEM)
		return err;
	err = flash_area_open(settings_fcb_get_flash_area(), &area);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < count; i++)
		err = scrub(area, &sectors[i]);
	flash_area_close(area);
	return err;
}
