/* SPDX-License-Identifier: MIT */
/* Configurations and the time-stamp mark in flash; see store.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/settings/settings.h>

#include "board/crc32.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "store.h"
#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

#define MARK_NAME "zwg/mark"
#define NAME_SIZE sizeof("zwg/0/a/000")
#define HEAD_LEN  11

BUILD_ASSERT(NAME_SIZE + ZWG_STORE_CHUNK < 128, "see store.h");
BUILD_ASSERT(ZWG_RECORD_MAX <= UINT16_MAX,
	     "CONFIG_ZWG_MAX_PEERS and CONFIG_ZWG_CONF_ALLOWED_IPS: the largest configuration must "
	     "be of at most 65535 bytes to be kept in flash");

/* A record holds keys: there is one buffer for all, wiped after use. */
static K_MUTEX_DEFINE(lock);
static uint8_t record[ZWG_RECORD_MAX];
static int started = -ENODEV;

struct head {
	char slot;
	uint16_t len;
};

/* Reading. The settings subsystem calls back for every value below a name. */

struct reading {
	uint8_t *buf;
	size_t size;
	size_t len;
	bool found;
	int err;
};

static int read_value(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg,
		      void *param)
{
	struct reading *reading = param;
	ssize_t got;

	if (key && key[0] != '\0')
		return 0;
	reading->found = true;
	if (len > reading->size) {
		reading->err = -EMSGSIZE;
		return 0;
	}
	got = read_cb(cb_arg, reading->buf, len);
	reading->len = got < 0 ? 0 : (size_t)got;
	reading->err = got < 0 ? (int)got : 0;
	return 0;
}

/* The length of the value; -ENOENT if there is none, another negative errno if it cannot be read.
 */
static int get(const char *name, uint8_t *buf, size_t size)
{
	struct reading reading = {.buf = buf, .size = size};
	int err = started ? started : settings_load_subtree_direct(name, read_value, &reading);

	if (err)
		return err;
	/* A value of no bytes is one that was deleted. */
	if (!reading.found || (!reading.err && !reading.len))
		return -ENOENT;
	return reading.err ? reading.err : (int)reading.len;
}

static int put(const char *name, const uint8_t *buf, size_t len)
{
	return started ? started : settings_save_one(name, buf, len);
}

static void head_name(unsigned int number, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, "zwg/%u/head", number);
}

static void chunk_name(unsigned int number, char slot, size_t chunk, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, "zwg/%u/%c/%u", number, slot, (unsigned int)chunk);
}

static int load_head(unsigned int number, struct head *head)
{
	uint8_t buf[HEAD_LEN];
	char name[NAME_SIZE];
	int len;

	head_name(number, name);
	len = get(name, buf, sizeof(buf));
	if (len < 0)
		return len;
	if (len != HEAD_LEN || memcmp(buf, "ZWH\1", 4) != 0 || (buf[4] != 'a' && buf[4] != 'b') ||
	    zwg_get_le32(buf + 7) != zwg_crc32(0, buf, 7))
		return -EBADMSG;
	head->slot = (char)buf[4];
	head->len = (uint16_t)(buf[5] | buf[6] << 8);
	return head->len <= sizeof(record) ? 0 : -ENOSPC;
}

static int save_head(unsigned int number, const struct head *head)
{
	uint8_t buf[HEAD_LEN] = {
		'Z', 'W', 'H', 1, (uint8_t)head->slot, head->len & 0xff, (uint8_t)(head->len >> 8)};
	char name[NAME_SIZE];

	zwg_put_le32(buf + 7, zwg_crc32(0, buf, 7));
	head_name(number, name);
	return put(name, buf, sizeof(buf));
}

static int load_chunks(unsigned int number, const struct head *head)
{
	char name[NAME_SIZE];

	for (size_t at = 0; at < head->len; at += ZWG_STORE_CHUNK) {
		size_t want = MIN(head->len - at, ZWG_STORE_CHUNK);
		int len;

		chunk_name(number, head->slot, at / ZWG_STORE_CHUNK, name);
		len = get(name, record + at, want);
		if (len != (int)want)
			return len < 0 && len != -ENOENT ? len : -EBADMSG;
	}
	return 0;
}

int zwg_load(struct zwg_tunnel *tunnel, struct zwg_conf *conf)
{
	struct head head;
	int err;

	k_mutex_lock(&lock, K_FOREVER);
	err = load_head(tunnel->number, &head);
	if (!err)
		err = load_chunks(tunnel->number, &head);
	if (!err)
		err = zwg_record_decode(conf, record, head.len);
	zwg_wipe(record, sizeof(record));
	k_mutex_unlock(&lock);
	return err;
}

static int save_chunks(unsigned int number, const struct head *head)
{
	char name[NAME_SIZE];

	for (size_t at = 0; at < head->len; at += ZWG_STORE_CHUNK) {
		int err;

		chunk_name(number, head->slot, at / ZWG_STORE_CHUNK, name);
		err = put(name, record + at, MIN(head->len - at, ZWG_STORE_CHUNK));
		if (err)
			return err;
	}
	return 0;
}

static int save(unsigned int number, const struct zwg_conf *conf)
{
	struct head old, head;
	int len = zwg_record_encode(conf, record, sizeof(record));
	int err;

	if (len < 0)
		return len;
	/* A head that cannot be read names no slot that must be spared. */
	head.slot = load_head(number, &old) == 0 && old.slot == 'a' ? 'b' : 'a';
	head.len = (uint16_t)len;
	err = save_chunks(number, &head);
	return err ? err : save_head(number, &head);
}

int zwg_save(void *ctx, const struct zwg_conf *conf)
{
	const struct zwg_tunnel *tunnel = ctx;
	int err;

	k_mutex_lock(&lock, K_FOREVER);
	err = save(tunnel->number, conf);
	zwg_wipe(record, sizeof(record));
	k_mutex_unlock(&lock);
	if (err)
		LOG_ERR("zwg%u: the configuration cannot be saved (%d)", tunnel->number, err);
	return err;
}

int zwg_store_load_mark(void *ctx, uint64_t *mark)
{
	uint8_t buf[ZWG_MARK_LEN];
	int len;

	ARG_UNUSED(ctx);
	k_mutex_lock(&lock, K_FOREVER);
	len = get(MARK_NAME, buf, sizeof(buf));
	k_mutex_unlock(&lock);
	return len < 0 ? len : zwg_mark_decode(mark, buf, (size_t)len);
}

int zwg_store_save_mark(void *ctx, uint64_t mark)
{
	uint8_t buf[ZWG_MARK_LEN];
	int err;

	ARG_UNUSED(ctx);
	zwg_mark_encode(mark, buf);
	k_mutex_lock(&lock, K_FOREVER);
	err = put(MARK_NAME, buf, sizeof(buf));
	k_mutex_unlock(&lock);
	return err;
}

int zwg_store_start(void)
{
	k_mutex_lock(&lock, K_FOREVER);
	started = IS_ENABLED(CONFIG_SETTINGS_FCB) ? zwg_store_scrub() : 0;
	if (!started)
		started = settings_subsys_init();
	k_mutex_unlock(&lock);
	return started;
}
