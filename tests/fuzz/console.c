/* SPDX-License-Identifier: MIT */
/*
 * The console: the first byte says whether the rest comes as bytes from a serial line, with its
 * editor, or as lines; and which of the port's functions fail. No key that the board drew is ever
 * printed, no line or word of a command stays in memory, what is saved can be read again, and
 * nothing is written or saved while the device's lock is held.
 */
#include <errno.h>

#include "board/console.h"
#include "board/crc32.h"
#include "board/record.h"
#include "board/serial.h"
#include "board/text.h"
#include "crypto/secret.h"
#include "fuzz.h"

#define LINES_MAX  60
#define DRAWS_MAX  LINES_MAX
#define OUTPUT_MAX 65536

static struct board {
	struct zwg_device *dev;
	struct zwg_console *console;
	struct zwg_conf running;
	unsigned int locked;
	uint8_t fails; /* Bits: random 1, save 2, apply 4, each from the second call on. */
	unsigned int calls;
	uint8_t random;
	size_t draws;
	uint32_t drawn[DRAWS_MAX]; /* Of keys made of what random() gave, their text's CRC. */
	size_t len;
	char output[OUTPUT_MAX + 1];
} board;

/* The device's port */

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	(void)ctx, (void)tos, (void)msg, (void)len;
	INVARIANT(to->addr.family != ZWG_AF_NONE);
	return 0;
}

static int send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
		       struct zwg_packet *pkt)
{
	(void)ctx, (void)to, (void)tos, (void)pkt;
	return 0;
}

static void release(void *ctx, struct zwg_packet *pkt)
{
	(void)ctx, (void)pkt;
}

static int fill_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	if (board.fails & 1 && board.calls++ > 0) {
		return -EAGAIN;
	}
	for (size_t i = 0; i < len; i++) {
		((uint8_t *)buf)[i] = (uint8_t)(++board.random * 167 + 13);
	}
	return 0;
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	(void)ctx;
	memset(stamp, 1, ZWG_TAI64N_LEN);
	return 0;
}

static void wake_at(void *ctx, zwg_time when)
{
	(void)ctx, (void)when;
}

static void jobs_pending(void *ctx)
{
	(void)ctx;
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event what)
{
	(void)ctx, (void)peer, (void)what;
}

static const struct zwg_port port = {
	send_message, send_packet, release, fill_random, tai64n, wake_at, jobs_pending, event,
};

/* The console's port */

static void put(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	INVARIANT(board.locked == 0 && len > 0);
	if (len > OUTPUT_MAX - board.len) {
		board.len = 0;
	}
	memcpy(board.output + board.len, text, len);
	board.len += len;
	board.output[board.len] = '\0';
}

static void write_lines(void *out, const char *text, size_t len)
{
	INVARIANT(len <= ZWG_CONSOLE_CHUNK);
	for (size_t i = 0; i < len; i++) {
		INVARIANT(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	}
	put(out, text, len);
}

static void lock(void *ctx)
{
	(void)ctx;
	INVARIANT(board.locked++ == 0);
}

static void unlock(void *ctx)
{
	(void)ctx;
	INVARIANT(board.locked-- == 1);
}

static int draw_key(void *ctx, void *buf, size_t len)
{
	uint8_t *key = buf;
	char text[ZWG_KEY_TEXT_SIZE];
	uint8_t clamped[32];
	int err = fill_random(ctx, buf, len);

	INVARIANT(len == sizeof(clamped) && board.draws < DRAWS_MAX);
	if (!err) {
		memcpy(clamped, key, sizeof(clamped));
		clamped[0] &= 248;
		clamped[31] = (uint8_t)((clamped[31] & 127) | 64);
		board.drawn[board.draws++] = zwg_crc32(0, text, zwg_key_format(clamped, text));
	}
	return err;
}

static int save(void *ctx, const struct zwg_conf *conf)
{
	struct zwg_conf again;
	struct zwg_conf_fault fault;
	uint8_t *bytes = malloc(ZWG_RECORD_MAX);
	int len = zwg_record_encode(conf, bytes, ZWG_RECORD_MAX);

	(void)ctx;
	INVARIANT(board.locked == 0 && len > 0);
	INVARIANT(zwg_conf_validate(conf, &fault) == 0);
	INVARIANT(zwg_record_decode(&again, bytes, (size_t)len) == 0);
	INVARIANT(again.peer_count == conf->peer_count && again.mtu == conf->mtu &&
		  memcmp(again.private_key, conf->private_key, 32) == 0);
	free(bytes);
	return board.fails & 2 && board.calls++ > 0 ? -ENOSPC : 0;
}

static int apply(void *ctx, const struct zwg_conf *conf, const char **why)
{
	if (board.fails & 4 && board.calls++ > 0) {
		*why = "listen-port: must be free";
		return -EADDRINUSE;
	}
	lock(ctx);
	INVARIANT(zwg_conf_apply(board.dev, 5000, &board.running, conf, NULL, NULL) == 0);
	board.running = *conf;
	unlock(ctx);
	return 0;
}

static zwg_time now(void *ctx)
{
	(void)ctx;
	return 5000;
}

static uint64_t uptime(void *ctx)
{
	(void)ctx;
	return 5;
}

static size_t underlay_addresses(void *ctx, struct zwg_addr *addrs, size_t max)
{
	(void)ctx;
	INVARIANT(max > 0);
	addrs[0] = (struct zwg_addr){ZWG_AF_INET, {192, 0, 2, 1}};
	return 1;
}

static const char *waits(void *ctx)
{
	(void)ctx;
	return "for an address of the underlay";
}

static struct zwg_console_ops ops = {
	write_lines, lock, unlock, draw_key, save, apply, now, uptime, underlay_addresses, waits,
};

/* Lines */

/* By its CRC, for a fuzzer learns from comparisons, and would type the key itself. */
static void check_output(void)
{
	for (size_t at = 0; at + ZWG_KEY_TEXT_LEN <= board.len && board.draws > 0; at++) {
		uint32_t crc;

		if (board.output[at + ZWG_KEY_TEXT_LEN - 1] != '=') {
			continue;
		}
		crc = zwg_crc32(0, board.output + at, ZWG_KEY_TEXT_LEN);
		for (size_t i = 0; i < board.draws; i++) {
			INVARIANT(board.drawn[i] != crc);
		}
	}
	INVARIANT(zwg_is_zero(&board.console->scratch, sizeof(board.console->scratch)));
	board.len = 0;
	board.output[0] = '\0';
}

static void run_lines(struct input *in)
{
	for (int i = 0; i < LINES_MAX && in->left > 0; i++) {
		const uint8_t *end = memchr(in->at, '\n', in->left);
		size_t len = end != NULL ? (size_t)(end - in->at) : in->left;
		char *line = malloc(len + 1);
		int err;

		input_bytes(in, line, len);
		input_u8(in);
		err = zwg_console_line(board.console, line, len);
		INVARIANT(err <= 0 && zwg_is_zero(line, len));
		INVARIANT((err == 0) == (strstr(board.output, "error: ") == NULL));
		check_output();
		free(line);
	}
}

static void run_serial(struct input *in)
{
	struct zwg_serial serial = {0};
	unsigned int lines = 0;

	ops.write = zwg_serial_write;
	zwg_serial_start(&serial, board.console, put, NULL);
	while (in->left > 0 && lines < LINES_MAX) {
		uint8_t byte = input_u8(in);

		zwg_serial_input(&serial, &byte, 1);
		if (serial.edit.len == 0) {
			INVARIANT(zwg_is_zero(serial.edit.line, sizeof(serial.edit.line)));
			check_output();
		}
		lines += byte == '\r' || byte == '\n';
	}
	ops.write = write_lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t how = input_u8(&in);

	memset(&board, 0, sizeof(board));
	board.fails = how >> 1 & 7;
	board.dev = calloc(1, sizeof(*board.dev));
	board.console = calloc(1, sizeof(*board.console));
	zwg_device_init(board.dev, &port, NULL);
	zwg_conf_init(&board.running);
	INVARIANT(zwg_conf_apply(board.dev, 1000, NULL, &board.running, NULL, NULL) == 0);
	*board.console = (struct zwg_console){
		.ops = &ops,
		.dev = board.dev,
		.running = &board.running,
		.version = "0.1.0",
		.board = "fuzz",
		.interface = "zwg0",
		.entropy = "test",
		.has_resolver = how & 16,
	};
	if (how & 1) {
		run_serial(&in);
	} else {
		run_lines(&in);
	}
	zwg_console_wipe(board.console);
	INVARIANT(zwg_is_zero(&board.console->staged, sizeof(board.console->staged)));
	zwg_device_wipe(board.dev);
	free(board.dev);
	free(board.console);
	return 0;
}
