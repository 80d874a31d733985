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

/* A record holds keys, and goes through here piece by piece; wiped after use. */
static K_MUTEX_DEFINE(lock);
static uint8_t chunk[ZWG_STORE_CHUNK];
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

static void chunk_name(unsigned int number, char slot, size_t index, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, "zwg/%u/%c/%u", number, slot, (unsigned int)index);
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
	return head->len <= ZWG_RECORD_MAX ? 0 : -ENOSPC;
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

/* A record on its way between a configuration and the chunks of a slot. */
struct passage {
	unsigned int number;
	struct head head;
	uint16_t at;
};

static int load_chunk(const struct passage *passage)
{
	size_t want = MIN(passage->head.len - passage->at, sizeof(chunk));
	char name[NAME_SIZE];
	int len;

	chunk_name(passage->number, passage->head.slot, passage->at / sizeof(chunk), name);
	len = get(name, chunk, want);
	if (len == (int)want)
		return 0;
	return len < 0 && len != -ENOENT ? len : -EBADMSG;
}

static int from_chunks(void *ctx, uint8_t *bytes, size_t len)
{
	struct passage *passage = ctx;

	for (size_t i = 0; i < len; i++, passage->at++) {
		size_t place = passage->at % sizeof(chunk);
		int err = place ? 0 : load_chunk(passage);

		if (err)
			return err;
		bytes[i] = chunk[place];
	}
	return 0;
}

int zwg_load(struct zwg_tunnel *tunnel, struct zwg_conf *conf)
{
	struct passage passage = {.number = tunnel->number};
	int err;

	k_mutex_lock(&lock, K_FOREVER);
	err = load_head(tunnel->number, &passage.head);
	if (!err)
		err = zwg_record_read(conf, from_chunks, &passage, passage.head.len);
	zwg_wipe(chunk, sizeof(chunk));
	k_mutex_unlock(&lock);
	return err;
}

static int save_chunk(const struct passage *passage, size_t len)
{
	char name[NAME_SIZE];

	chunk_name(passage->number, passage->head.slot, (uint16_t)(passage->at - 1) / sizeof(chunk),
		   name);
	return put(name, chunk, len);
}

static int to_chunks(void *ctx, const uint8_t *bytes, size_t len)
{
	struct passage *passage = ctx;

	for (size_t i = 0; i < len; i++) {
		int err;

		chunk[passage->at++ % sizeof(chunk)] = bytes[i];
		err = passage->at % sizeof(chunk) ? 0 : save_chunk(passage, sizeof(chunk));
		if (err)
			return err;
	}
	return 0;
}

static int save(unsigned int number, const struct zwg_conf *conf)
{
	struct passage passage = {.number = number};
	struct head old;
	size_t rest;
	int len, err;

	/* A head that cannot be read names no slot that must be spared. */
	passage.head.slot = load_head(number, &old) == 0 && old.slot == 'a' ? 'b' : 'a';
	len = zwg_record_write(conf, to_chunks, &passage);
	if (len < 0)
		return len;
	rest = passage.at % sizeof(chunk);
	err = rest ? save_chunk(&passage, rest) : 0;
	if (err)
		return err;
	passage.head.len = (uint16_t)len;
	return save_head(number, &passage.head);
}

int zwg_save(void *ctx, const struct zwg_conf *conf)
{
	const struct zwg_tunnel *tunnel = ctx;
	int err;

	k_mutex_lock(&lock, K_FOREVER);
	err = save(tunnel->number, conf);
	zwg_wipe(chunk, sizeof(chunk));
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
