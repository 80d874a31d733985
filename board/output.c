/* SPDX-License-Identifier: MIT */
/* Text out in chunks, so that a port sees few calls and the console needs no large buffer. */
#include <string.h>

#include "crc32.h"
#include "output.h"

#define VALUE_MAX   64 /* Characters of a word that an error repeats. */
#define KEYLIKE_MIN 32 /* Characters of base64 in a row that might be (part of) a key. */

void zwg_out_flush(struct zwg_console *console)
{
	if (console->chunk_len > 0) {
		console->ops->write(console->out, console->chunk, console->chunk_len);
		console->chunk_len = 0;
	}
}

void zwg_out(struct zwg_console *console, const char *text, size_t len)
{
	if (console->counting) {
		console->crc = zwg_crc32(console->crc, text, len);
	}
	for (size_t i = 0; i < len; i++) {
		console->chunk[console->chunk_len++] = text[i];
		if (console->chunk_len == sizeof(console->chunk)) {
			zwg_out_flush(console);
		}
	}
}

void zwg_out_text(struct zwg_console *console, const char *text)
{
	zwg_out(console, text, strlen(text));
}

void zwg_out_number(struct zwg_console *console, uint64_t value)
{
	char text[ZWG_NUMBER_TEXT_SIZE];

	zwg_out(console, text, zwg_number_format(value, text));
}

void zwg_out_public_key(struct zwg_console *console, const uint8_t key[32])
{
	char text[ZWG_KEY_TEXT_SIZE];

	zwg_out(console, text, zwg_key_format(key, text));
}

void zwg_out_hex(struct zwg_console *console, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		zwg_out(console, &digits[bytes[i] >> 4], 1);
		zwg_out(console, &digits[bytes[i] & 15], 1);
	}
}

void zwg_out_prefixes(struct zwg_console *console, const struct zwg_prefix *list, uint8_t count,
		      const char *separator)
{
	for (uint8_t i = 0; i < count; i++) {
		char text[ZWG_PREFIX_TEXT_SIZE];

		if (i > 0) {
			zwg_out_text(console, separator);
		}
		zwg_out(console, text, zwg_prefix_format(&list[i], text));
	}
}

static void error_append(struct zwg_console *console, const char *text, size_t len)
{
	size_t used = strlen(console->error);

	for (size_t i = 0; i < len && used < sizeof(console->error) - 1; i++) {
		console->error[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	}
	console->error[used] = '\0';
}

static bool key_like(const char *value, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i < len && run < KEYLIKE_MIN; i++) {
		char c = value[i];
		bool base64 = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			      (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';

		run = base64 ? run + 1 : 0;
	}
	return run == KEYLIKE_MIN;
}

static int fail(struct zwg_console *console, int err, const char *word, const char *value,
		size_t len, const char *expected)
{
	console->error[0] = '\0';
	error_append(console, word, strlen(word));
	if (value != NULL) {
		error_append(console, ": '", 3);
		error_append(console, value, len < VALUE_MAX ? len : VALUE_MAX);
		error_append(console, len > VALUE_MAX ? "...'" : "'", len > VALUE_MAX ? 4 : 1);
	}
	error_append(console, ": ", 2);
	error_append(console, expected, strlen(expected));
	return err;
}

int zwg_fail(struct zwg_console *console, int err, const char *word, const char *value, size_t len,
	     const char *expected)
{
	if (value != NULL && key_like(value, len)) {
		value = "(hidden)";
		len = strlen(value);
	}
	return fail(console, err, word, value, len, expected);
}

int zwg_fail_public(struct zwg_console *console, int err, const char *word, const char *value,
		    const char *expected)
{
	return fail(console, err, word, value, strlen(value), expected);
}
