/* SPDX-License-Identifier: MIT */
/*
 * What a board does with keys leaves none behind: the console's commands, keys as text, records.
 * Each runs on a painted stack; then stack, console and line are searched (learn.h).
 */
#include "learn.h"
#include "stack.h"
#include "test.h"

#include "board/console.h"
#include "board/record.h"
#include "board/text.h"
#include "crypto/secret.h"

#define LINE 256

static struct zwg_console console;
static struct zwg_conf running;
static struct zwg_device device;
static char line[LINE];
static uint8_t key[32];
static char key_text[ZWG_KEY_TEXT_SIZE];
static uint8_t record[ZWG_RECORD_MAX];
static int record_len;

static void write_nowhere(void *out, const char *text, size_t len)
{
	(void)out, (void)text, (void)len;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static int draw(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	test_random_bytes(buf, len);
	learn_secret("drawn key", (const uint8_t *)buf + 1, len - 2); /* Clamping leaves it. */
	return 0;
}

static int save(void *ctx, const struct zwg_conf *conf)
{
	(void)ctx, (void)conf;
	return 0;
}

static int apply(void *ctx, const struct zwg_conf *conf, const char **why)
{
	(void)ctx, (void)why;
	running = *conf;
	return 0;
}

static zwg_time now(void *ctx)
{
	(void)ctx;
	return 1000;
}

static uint64_t uptime(void *ctx)
{
	(void)ctx;
	return 1;
}

static size_t no_addresses(void *ctx, struct zwg_addr *addrs, size_t max)
{
	(void)ctx, (void)addrs, (void)max;
	return 0;
}

static const char *waits(void *ctx)
{
	(void)ctx;
	return NULL;
}

static const struct zwg_console_ops ops = {
	write_nowhere, nothing, nothing, draw, save, apply, now, uptime, no_addresses, waits,
};

static void begin(void)
{
	memset(&console, 0, sizeof(console));
	zwg_conf_init(&running);
	console.ops = &ops;
	console.dev = &device;
	console.running = &running;
	console.version = console.board = console.interface = console.entropy = "test";
	learn(true);
	test_random_bytes(key, sizeof(key));
	key[0] &= 248;
	key[31] = (uint8_t)((key[31] & 127) | 64);
	zwg_key_format(key, key_text);
	learn_secret("key", key, sizeof(key));
	learn_secret("key as text", key_text, ZWG_KEY_TEXT_LEN);
}

static void run_line(void *arg)
{
	(void)arg;
	(void)zwg_console_line(&console, line, strlen(line));
}

/* The line's key is wiped with it; one that is staged is where it belongs, in console.staged. */
static void command(const char *words, bool with_key)
{
	struct zwg_console *copy = malloc(sizeof(*copy));

	test_case("%s", words);
	snprintf(line, sizeof(line), "%s%s%s", words, with_key ? " " : "",
		 with_key ? key_text : "");
	stack_run(run_line, NULL);
	CHECK_INT(learn_find(words, stack_left(), stack_depth()), 0);
	CHECK_ZERO(line, sizeof(line) - 1);
	*copy = console;
	if (copy->pending) {
		memset(&copy->staged, 0, sizeof(copy->staged));
	}
	CHECK_INT(learn_find(words, copy, sizeof(*copy)), 0);
	free(copy);
}

static void commands_leave_nothing(void)
{
	begin();
	command("wg set private-key", true);
	CHECK(console.pending && zwg_equal(console.staged.private_key, key, 32));
	command("wg revert", false);
	CHECK(zwg_is_zero(&console.staged, sizeof(console.staged)));
	command("wg set listen-port 5 private-key", true);
	command("wg commit", false);
	CHECK(running.has_private_key);
	command("wg show staged --machine", false);
	command("wg showconf", false);
	command("wg pubkey", false);
	command("wg genkey replace", false);
	CHECK(learned() > 2);
	command("wg set peer YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE= preshared-key", true);
	command("wg commit", false);
	command("wg down", false);
	command("wg up", false);
	command("wg sett private-key", true);
	command("wg set private-key x", true);
	command("set", true);
	zwg_console_wipe(&console);
	CHECK_INT(learn_find("console", &console, sizeof(console)), 0);
	learn(false);
}

static void format_and_parse(void *arg)
{
	uint8_t again[32];

	(void)zwg_key_parse(key_text, ZWG_KEY_TEXT_LEN, again);
	zwg_wipe(again, sizeof(again));
	key_text[3] ^= 1;
	(void)zwg_key_parse(key_text, ZWG_KEY_TEXT_LEN - 1, again);
	key_text[9] = '!';
	(void)zwg_key_parse(key_text, ZWG_KEY_TEXT_LEN, arg);
}

static void keys_as_text_leave_nothing(void)
{
	uint8_t untouched[32] = {0};

	begin();
	stack_run(format_and_parse, untouched);
	CHECK_INT(learn_find("keys as text", stack_left(), stack_depth()), 0);
	CHECK_ZERO(untouched, sizeof(untouched));
	learn(false);
}

static void encode(void *arg)
{
	record_len = zwg_record_encode(arg, record, sizeof(record));
}

static void decode(void *arg)
{
	(void)zwg_record_decode(arg, record, (size_t)record_len);
}

static void records_leave_nothing(void)
{
	struct zwg_conf conf, again;

	begin();
	zwg_conf_init(&conf);
	memcpy(conf.private_key, key, sizeof(key));
	conf.has_private_key = true;
	conf.listen_port = 51820;
	stack_run(encode, &conf);
	CHECK(record_len > 40);
	CHECK_INT(learn_find("encoding", stack_left(), stack_depth()), 0);
	stack_run(decode, &again);
	CHECK(again.has_private_key);
	CHECK_INT(learn_find("decoding", stack_left(), stack_depth()), 0);
	record[record_len - 1] ^= 1;
	stack_run(decode, &again);
	CHECK(!again.has_private_key);
	CHECK_INT(learn_find("refusing", stack_left(), stack_depth()), 0);
	CHECK_INT(learn_find("refused", &again, sizeof(again)), 0);
	learn(false);
}

static const struct test tests[] = {
	{"commands leave nothing but what they stage", commands_leave_nothing},
	{"keys as text leave nothing", keys_as_text_leave_nothing},
	{"records leave nothing", records_leave_nothing},
};

TEST_MAIN(tests)
