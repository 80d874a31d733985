/* SPDX-License-Identifier: MIT */
/*
 * Flash in a file; see flash.h. A slot is a header (magic, sequence number, length, CRC-32 of these
 * and the value; little-endian) and the value. Erased flash is zeros, as a new file reads.
 */
#include "flash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/crc32.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"

#define SLOT_MAGIC  0x7a776766u
#define HEADER_LEN  16
#define SLOT_SIZE   (HEADER_LEN + FLASH_VALUE_MAX)
#define SLOTS	    2
#define FLASH_BYTES (FLASH_ITEMS * SLOTS * SLOT_SIZE)

struct slot {
	bool whole; /* A value is there and undamaged. */
	bool blank;
	uint32_t sequence;
	uint32_t len;
	uint8_t value[FLASH_VALUE_MAX];
};

static off_t slot_offset(enum flash_item item, unsigned int which)
{
	return (off_t)(((unsigned int)item * SLOTS + which) * SLOT_SIZE);
}

static uint32_t slot_crc(const uint8_t *header, const uint8_t *value, size_t len)
{
	return zwg_crc32(zwg_crc32(0, header, HEADER_LEN - 4), value, len);
}

static int read_all(int fd, void *buf, size_t len, off_t off)
{
	uint8_t *at = buf;

	while (len > 0) {
		ssize_t n = pread(fd, at, len, off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		at += n;
		off += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_all(int fd, const uint8_t *at, size_t len, off_t off)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, at, len, off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		at += n;
		off += n;
		len -= (size_t)n;
	}
	return 0;
}

static int program(struct flash *flash, const uint8_t *buf, size_t len, off_t off)
{
	bool cut = flash->power > 0 && len >= flash->power;
	int err;

	if (cut)
		len = (size_t)flash->power;
	else if (flash->power > 0)
		flash->power -= len;
	err = write_all(flash->fd, buf, len, off);
	if (cut)
		kill(getpid(), SIGKILL);
	return err;
}

static int slot_read(const struct flash *flash, enum flash_item item, unsigned int which,
		     struct slot *slot)
{
	uint8_t header[HEADER_LEN];
	off_t off = slot_offset(item, which);
	int err = read_all(flash->fd, header, sizeof(header), off);

	slot->whole = false;
	slot->blank = false;
	if (err)
		return err;
	if (zwg_is_zero(header, sizeof(header))) {
		slot->blank = true;
		return 0;
	}
	slot->sequence = zwg_get_le32(header + 4);
	slot->len = zwg_get_le32(header + 8);
	if (zwg_get_le32(header) != SLOT_MAGIC || slot->len > FLASH_VALUE_MAX)
		return 0;
	err = read_all(flash->fd, slot->value, slot->len, off + HEADER_LEN);
	if (err)
		return err;
	slot->whole = slot_crc(header, slot->value, slot->len) == zwg_get_le32(header + 12);
	return 0;
}

/* Reads both slots and says which of them is the newest whole one. -ENOENT if there is none because
 * no store was ever finished, -EBADMSG if there was one. */
static int newest(const struct flash *flash, enum flash_item item, struct slot slots[SLOTS])
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		int err = slot_read(flash, item, i, &slots[i]);

		if (err)
			return err;
	}
	if (slots[0].whole && slots[1].whole)
		return (int32_t)(slots[1].sequence - slots[0].sequence) > 0 ? 1 : 0;
	if (slots[0].whole)
		return 0;
	if (slots[1].whole)
		return 1;
	return slots[0].blank || slots[1].blank ? -ENOENT : -EBADMSG;
}

int flash_load(struct flash *flash, enum flash_item item, uint8_t *buf, size_t size)
{
	struct slot slots[SLOTS];
	int which, len;

	pthread_mutex_lock(&flash->lock);
	which = newest(flash, item, slots);
	pthread_mutex_unlock(&flash->lock);
	len = which;
	if (which >= 0) {
		len = slots[which].len <= size ? (int)slots[which].len : -ENOSPC;
		if (len > 0)
			memcpy(buf, slots[which].value, (size_t)len);
	}
	zwg_wipe(slots, sizeof(slots));
	return len;
}

static int slot_write(struct flash *flash, enum flash_item item, unsigned int which,
		      uint32_t sequence, const uint8_t *value, size_t len)
{
	uint8_t bytes[SLOT_SIZE];
	int err;

	zwg_put_le32(bytes, SLOT_MAGIC);
	zwg_put_le32(bytes + 4, sequence);
	zwg_put_le32(bytes + 8, (uint32_t)len);
	zwg_put_le32(bytes + 12, slot_crc(bytes, value, len));
	memcpy(bytes + HEADER_LEN, value, len);
	err = program(flash, bytes, HEADER_LEN + len, slot_offset(item, which));
	if (!err && fdatasync(flash->fd) < 0)
		err = -errno;
	zwg_wipe(bytes, sizeof(bytes));
	return err;
}

int flash_store(struct flash *flash, enum flash_item item, const uint8_t *value, size_t len)
{
	struct slot slots[SLOTS];
	unsigned int which = 0;
	uint32_t sequence = 1;
	int err;

	if (len > FLASH_VALUE_MAX)
		return -ENOSPC;
	pthread_mutex_lock(&flash->lock);
	err = newest(flash, item, slots);
	if (err >= 0) {
		which = err == 0 ? 1 : 0;
		sequence = slots[err].sequence + 1;
		err = 0;
	} else if (err == -ENOENT || err == -EBADMSG) {
		/* A torn first store is written over, so that the other slot stays blank. */
		which = slots[0].blank && !slots[1].blank ? 1 : 0;
		err = 0;
	}
	if (!err)
		err = slot_write(flash, item, which, sequence, value, len);
	pthread_mutex_unlock(&flash->lock);
	zwg_wipe(slots, sizeof(slots));
	return err;
}

static int format(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_size != 0 && st.st_size != FLASH_BYTES))
		return -EINVAL;
	if (st.st_size == 0 && (ftruncate(fd, FLASH_BYTES) < 0 || fsync(fd) < 0))
		return -errno;
	return 0;
}

int flash_open(struct flash *flash, const char *path, uint64_t power_cut)
{
	int err = 0;

	*flash = (struct flash){.power = power_cut};
	flash->fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
			 : memfd_create("flash", MFD_CLOEXEC);
	if (flash->fd < 0)
		return -errno;
	if (path && flock(flash->fd, LOCK_EX | LOCK_NB) < 0)
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (!err)
		err = format(flash->fd);
	if (err) {
		close(flash->fd);
		flash->fd = -1;
		return err;
	}
	pthread_mutex_init(&flash->lock, NULL);
	return 0;
}

void flash_close(struct flash *flash)
{
	if (flash->fd < 0)
		return;
	close(flash->fd);
	flash->fd = -1;
	pthread_mutex_destroy(&flash->lock);
}
