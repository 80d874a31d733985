/* SPDX-License-Identifier: MIT */
/*
 * The simulated board's flash file with anything in it. A record of the input is a slot: a byte
 * (item, slot, whether its CRC is made good), sequence 4, length 2, bytes. Whatever is there: it
 * loads or fails, what loads as settings decodes or fails, and what is stored then is what is
 * loaded next.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board/crc32.h"
#include "board/record.h"
#include "crypto/bytes.h"
#include "fuzz.h"
#include "sim/flash.h"

/* As flash.c lays it out. */
#define HEADER_LEN  16
#define SLOT_SIZE   (HEADER_LEN + FLASH_VALUE_MAX)
#define FLASH_BYTES (FLASH_ITEMS * 2 * SLOT_SIZE)
#define SLOT_MAGIC  0x7a776766u

static uint8_t image[FLASH_BYTES];
static uint8_t value[FLASH_VALUE_MAX];

static void fill_slot(struct input *in)
{
	uint8_t how = input_u8(in);
	uint8_t *slot = image + how % 4 * SLOT_SIZE;
	uint32_t sequence = input_u32(in);
	size_t len = (input_u8(in) | (size_t)input_u8(in) << 8) % (FLASH_VALUE_MAX + 1);

	zwg_put_le32(slot, SLOT_MAGIC);
	zwg_put_le32(slot + 4, sequence);
	zwg_put_le32(slot + 8, how & 4 ? UINT32_MAX : (uint32_t)len);
	input_bytes(in, slot + HEADER_LEN, len);
	if (how & 8) {
		zwg_put_le32(slot + 12,
			     zwg_crc32(zwg_crc32(0, slot, HEADER_LEN - 4), slot + HEADER_LEN, len));
	}
}

static void read_settings(struct flash *flash)
{
	int len = flash_load(flash, FLASH_CONF, value, sizeof(value));
	struct zwg_conf conf;
	uint64_t mark;

	INVARIANT(len <= FLASH_VALUE_MAX);
	if (len >= 0) {
		zwg_record_decode(&conf, value, (size_t)len);
	} else {
		INVARIANT(len == -ENOENT || len == -EBADMSG);
	}
	len = flash_load(flash, FLASH_MARK, value, ZWG_MARK_LEN);
	if (len >= 0) {
		zwg_mark_decode(&mark, value, (size_t)len);
	} else {
		INVARIANT(len == -ENOENT || len == -EBADMSG || len == -ENOSPC);
	}
}

static void write_settings(struct flash *flash, enum flash_item item, size_t len, uint8_t byte)
{
	memset(value, byte, len);
	INVARIANT(flash_store(flash, item, value, len) == 0);
	memset(value, ~byte, sizeof(value));
	INVARIANT(flash_load(flash, item, value, sizeof(value)) == (int)len);
	for (size_t i = 0; i < len; i++) {
		INVARIANT(value[i] == byte);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	size_t file_size = input_u8(&in) == 0xff ? FLASH_BYTES - 1 : FLASH_BYTES;
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct flash flash;
	char path[64];
	int err;

	memset(image, 0, sizeof(image));
	for (int i = 0; i < 4 && in.left > 0; i++) {
		fill_slot(&in);
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	INVARIANT(write(fd, image, file_size) == (ssize_t)file_size);
	err = flash_open(&flash, path, 0);
	close(fd);
	INVARIANT((err == 0) == (file_size == FLASH_BYTES));
	if (err == 0) {
		read_settings(&flash);
		write_settings(&flash, FLASH_MARK, ZWG_MARK_LEN, 1);
		write_settings(&flash, FLASH_CONF, 0, 2);
		write_settings(&flash, FLASH_CONF, FLASH_VALUE_MAX, 3);
		write_settings(&flash, FLASH_CONF, 77, 4);
		flash_close(&flash);
	}
	return 0;
}
