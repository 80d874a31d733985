/* SPDX-License-Identifier: MIT */
/*
 * A board for tests of the console: a real device, storage and a port that fail when told to, the
 * output kept and searched for secrets.
 */
#ifndef ZWG_TEST_RIG_H
#define ZWG_TEST_RIG_H

#include "board/console.h"
#include "wire.h"

#define RIG_SECRETS 8

struct rig {
	struct node *node;
	struct zwg_console console;
	struct zwg_conf running;
	struct zwg_conf saved;
	unsigned int saves;
	unsigned int applies;
	int save_error;
	int save_error_after; /**< Saves that work before save_error is returned. */
	int apply_error;
	const char *apply_why;
	int random_error;
	bool random_zero;
	bool locked;
	zwg_time now;
	size_t underlay_count;
	const char *waits; /* What the board says that the tunnel waits for. */
	uint8_t secrets[RIG_SECRETS][32];
	size_t secret_count;
	size_t out_len;
	char out[16384];
};

/** Keys that must never be seen in any output from now on. */
static inline void rig_secret(struct rig *rig, const uint8_t key[32])
{
	REQUIRE(rig->secret_count < RIG_SECRETS);
	memcpy(rig->secrets[rig->secret_count++], key, 32);
}

static void rig_write(void *out, const char *text, size_t len)
{
	struct rig *rig = out;

	CHECK(!rig->locked);
	CHECK(len > 0 && len <= ZWG_CONSOLE_CHUNK);
	REQUIRE(rig->out_len + len < sizeof(rig->out));
	memcpy(rig->out + rig->out_len, text, len);
	rig->out_len += len;
	rig->out[rig->out_len] = '\0';
}

static void rig_lock(void *ctx)
{
	struct rig *rig = ctx;

	CHECK(!rig->locked);
	rig->locked = true;
}

static void rig_unlock(void *ctx)
{
	struct rig *rig = ctx;

	CHECK(rig->locked);
	rig->locked = false;
}

static int rig_random(void *ctx, void *buf, size_t len)
{
	struct rig *rig = ctx;

	if (rig->random_error != 0) {
		return rig->random_error;
	}
	test_random_bytes(buf, len);
	if (rig->random_zero) {
		memset(buf, 0, len);
	}
	return 0;
}

static int rig_save(void *ctx, const struct zwg_conf *conf)
{
	struct rig *rig = ctx;

	CHECK(!rig->locked);
	if (rig->save_error != 0 && rig->save_error_after-- <= 0) {
		return rig->save_error;
	}
	rig->saved = *conf;
	rig->saves++;
	return 0;
}

static int rig_apply(void *ctx, const struct zwg_conf *conf, const char **why)
{
	struct rig *rig = ctx;
	int err;

	CHECK(!rig->locked);
	if (rig->apply_error != 0) {
		*why = rig->apply_why;
		return rig->apply_error;
	}
	rig_lock(rig);
	err = zwg_conf_apply(&rig->node->dev, rig->now, &rig->running, conf, NULL, NULL);
	rig->running = *conf;
	rig_unlock(rig);
	rig->applies++;
	return err;
}

static zwg_time rig_now(void *ctx)
{
	struct rig *rig = ctx;

	CHECK(rig->locked);
	return rig->now;
}

static uint64_t rig_uptime(void *ctx)
{
	return ((struct rig *)ctx)->now / 1000;
}

static size_t rig_underlay_addresses(void *ctx, struct zwg_addr *addrs, size_t max)
{
	static const struct zwg_addr known[] = {
		{.family = ZWG_AF_INET, .bytes = {192, 168, 1, 50}},
		{.family = ZWG_AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}},
	};
	size_t count = ((struct rig *)ctx)->underlay_count;

	REQUIRE(count <= max && count <= TEST_COUNT(known));
	memcpy(addrs, known, count * sizeof(known[0]));
	return count;
}

static const char *rig_waits(void *ctx)
{
	return ((struct rig *)ctx)->waits;
}

static const struct zwg_console_ops rig_ops = {
	.write = rig_write,
	.lock = rig_lock,
	.unlock = rig_unlock,
	.random = rig_random,
	.save = rig_save,
	.apply = rig_apply,
	.now = rig_now,
	.uptime = rig_uptime,
	.underlay_addresses = rig_underlay_addresses,
	.waits = rig_waits,
};

static inline struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	REQUIRE(rig != NULL);
	rig->node = node_new(1);
	rig->now = 123456;
	zwg_conf_init(&rig->running);
	REQUIRE(zwg_conf_apply(&rig->node->dev, rig->now, NULL, &rig->running, NULL, NULL) == 0);
	rig->saved = rig->running;
	rig->underlay_count = 1;
	rig->console.ops = &rig_ops;
	rig->console.ctx = rig;
	rig->console.out = rig;
	rig->console.dev = &rig->node->dev;
	rig->console.running = &rig->running;
	rig->console.version = "0.1.0";
	rig->console.board = "sim";
	rig->console.interface = "zwg0";
	rig->console.entropy = "os";
	rig->console.has_resolver = true;
	return rig;
}

static inline void rig_free(struct rig *rig)
{
	zwg_console_wipe(&rig->console);
	free(rig->node);
	free(rig);
}

static inline bool rig_has(const struct rig *rig, const void *bytes, size_t len)
{
	return memmem(rig->out, rig->out_len, bytes, len) != NULL;
}

/* Raw, in base64, or in hex of either case; a part of it is enough. */
static inline bool rig_shows(const struct rig *rig, const uint8_t key[32])
{
	char text[ZWG_KEY_TEXT_SIZE];
	char lower[65], upper[65];
	bool shown = false;

	zwg_key_format(key, text);
	for (size_t i = 0; i < 32; i++) {
		sprintf(lower + 2 * i, "%02x", key[i]);
		sprintf(upper + 2 * i, "%02X", key[i]);
	}
	for (size_t i = 0; i <= 24; i += 8) {
		shown = shown || rig_has(rig, key + i, 8);
	}
	for (size_t i = 0; i + 12 <= 44; i++) {
		shown = shown || rig_has(rig, text + i, 12);
	}
	for (size_t i = 0; i + 16 <= 64; i++) {
		shown = shown || rig_has(rig, lower + i, 16) || rig_has(rig, upper + i, 16);
	}
	return shown;
}

/** Runs a line; what it puts out is in rig->out, free of secrets. The line's memory ends as zeros.
 */
static inline int rig_line(struct rig *rig, const char *line)
{
	size_t len = strlen(line);
	char *copy = malloc(len + 1);
	int err;

	REQUIRE(copy != NULL);
	memcpy(copy, line, len + 1);
	rig->out_len = 0;
	rig->out[0] = '\0';
	err = zwg_console_line(&rig->console, copy, len);
	CHECK_ZERO(copy, len);
	CHECK_ZERO(&rig->console.scratch, sizeof(rig->console.scratch));
	CHECK_INT(rig->console.chunk_len, 0);
	CHECK(!rig->locked);
	for (size_t i = 0; i < rig->secret_count; i++) {
		CHECK(!rig_shows(rig, rig->secrets[i]));
	}
	free(copy);
	return err;
}

static inline bool rig_printed(const struct rig *rig, const char *want)
{
	if (CHECK(strcmp(rig->out, want) == 0)) {
		return true;
	}
	printf("#   expected %s#   got      %s", want, rig->out);
	return false;
}

/** A line that succeeds and prints exactly @a want. */
static inline void rig_ok(struct rig *rig, const char *line, const char *want)
{
	test_case("%s", line);
	CHECK_INT(rig_line(rig, line), 0);
	rig_printed(rig, want);
}

/** A line that fails with @a err and "error: TEXT", and changes nothing anywhere. */
static inline void rig_error(struct rig *rig, const char *line, int err, const char *text)
{
	struct zwg_conf staged = rig->console.staged;
	struct zwg_conf running = rig->running;
	struct zwg_conf saved = rig->saved;
	bool pending = rig->console.pending;
	unsigned int applies = rig->applies;
	char want[ZWG_CONSOLE_ERROR_SIZE + 16];

	snprintf(want, sizeof(want), "error: %s\n", text);
	test_case("%s", line);
	CHECK_INT(rig_line(rig, line), err);
	rig_printed(rig, want);
	CHECK_MEM(&rig->console.staged, &staged, sizeof(staged));
	CHECK_MEM(&rig->running, &running, sizeof(running));
	CHECK_MEM(&rig->saved, &saved, sizeof(saved));
	CHECK_INT(rig->console.pending, pending);
	CHECK_INT(rig->applies, applies);
}

#endif
