/* SPDX-License-Identifier: MIT */
/* The line editor: what is typed, what is echoed, which line comes out. */
#include "board/lineedit.h"
#include "test.h"

static char echoed[4096];
static size_t echoed_len;

static void echo(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	REQUIRE(echoed_len + len < sizeof(echoed));
	memcpy(echoed + echoed_len, text, len);
	echoed_len += len;
	echoed[echoed_len] = '\0';
}

/* Lines that came out are put behind one another, each with what it was before it. */
static void type(struct zwg_lineedit *edit, const char *bytes, size_t len, char *lines)
{
	lines[0] = '\0';
	echoed_len = 0;
	echoed[0] = '\0';
	for (size_t i = 0; i < len; i++) {
		enum zwg_lineedit_result result = zwg_lineedit_byte(edit, (uint8_t)bytes[i]);

		if (result == ZWG_LINEEDIT_MORE) {
			continue;
		}
		if (result == ZWG_LINEEDIT_LINE) {
			CHECK_INT(strlen(edit->line), edit->len);
			sprintf(lines + strlen(lines), "<%s>", edit->line);
		} else {
			strcat(lines, result == ZWG_LINEEDIT_TOO_LONG ? "LONG" : "CANCEL");
		}
		zwg_lineedit_reset(edit);
		CHECK_ZERO(edit->line, sizeof(edit->line));
	}
}

static void typed(void)
{
	static const struct {
		const char *name;
		const char *bytes;
		const char *lines;
		const char *echo;
	} cases[] = {
		{"CR", "ab\r", "<ab>", "ab\r\n"},
		{"LF", "ab\n", "<ab>", "ab\r\n"},
		{"CR LF is one end", "ab\r\ncd\r\n", "<ab><cd>", "ab\r\ncd\r\n"},
		{"LF CR is two", "\n\r", "<><>", "\r\n\r\n"},
		{"CR CR is two", "\r\r\n", "<><>", "\r\n\r\n"},
		{"LF later is its own", "a\rb\n\n", "<a><b><>", "a\r\nb\r\n\r\n"},
		{"backspace", "ab\bc\r", "<ac>", "ab\b \bc\r\n"},
		{"delete",
		 "ab\x7f\x7f\x7f"
		 "c\r",
		 "<c>", "ab\b \b\b \bc\r\n"},
		{"Ctrl-U",
		 "abc\x15"
		 "d\r",
		 "<d>", "abc\b \b\b \b\b \bd\r\n"},
		{"Ctrl-C",
		 "abc\x03"
		 "d\r",
		 "CANCEL<d>", "abc^C\r\nd\r\n"},
		{"arrow", "a\x1b[Ab\r", "<ab>", "ab\r\n"},
		{"parameters", "a\x1b[1;5~b\x1b[200~c\r", "<abc>", "abc\r\n"},
		{"SS3", "a\x1bOPb\r", "<ab>", "ab\r\n"},
		{"Alt-x", "a\x1bxb\r", "<ab>", "ab\r\n"},
		{"Ctrl-C in a sequence",
		 "a\x1b[1\x03"
		 "b\r",
		 "CANCEL<b>", "a^C\r\nb\r\n"},
		{"end in a sequence", "a\x1b[\rb\r", "<a><b>", "a\r\nb\r\n"},
		{"not printable",
		 "\x01"
		 "a\tb\x80\xff\xc3\xa9"
		 "c\x1f\r",
		 "<abc>", "abc\r\n"},
		{"nothing to erase", "\b\x7f\x15\r", "<>", "\r\n"},
	};

	for (size_t i = 0; i < TEST_COUNT(cases); i++) {
		struct zwg_lineedit edit = {.echo = echo};
		char lines[1024];

		test_case("%s", cases[i].name);
		type(&edit, cases[i].bytes, strlen(cases[i].bytes), lines);
		CHECK(strcmp(lines, cases[i].lines) == 0);
		CHECK(strcmp(echoed, cases[i].echo) == 0);
	}
}

static void zero_byte(void)
{
	struct zwg_lineedit edit = {.echo = echo};
	char lines[64];

	type(&edit, "a\0b\r", 4, lines);
	CHECK(strcmp(lines, "<ab>") == 0);
}

static void longest(void)
{
	struct zwg_lineedit edit = {.echo = echo};
	char bytes[1000];
	char lines[2000];

	memset(bytes, 'x', sizeof(bytes));
	bytes[255] = '\r';
	type(&edit, bytes, 256, lines);
	CHECK_INT(strlen(lines), 257);
	CHECK_INT(echoed_len, 257);

	bytes[255] = 'x';
	bytes[256] = '\r';
	type(&edit, bytes, 257, lines);
	CHECK(strcmp(lines, "LONG") == 0);
	CHECK_INT(echoed_len, 257);

	memcpy(bytes + 256, "\b\r", 2);
	type(&edit, bytes, 258, lines);
	CHECK_INT(strlen(lines), 257);

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 900,
	       "\x15"
	       "ok\r",
	       4);
	type(&edit, bytes, 904, lines);
	CHECK(strcmp(lines, "<ok>") == 0);
}

/* Whatever comes: a line never holds anything but printable characters, and what is behind its end
 * is zero. */
static void noise(void)
{
	struct zwg_lineedit edit = {.echo = echo};
	unsigned int lines = 0;

	for (int i = 0; i < 400000; i++) {
		static const uint8_t keys[] = {'\b', 0x15, 0x1b, '[', '\r'};
		uint8_t byte = test_random_below(50) > 0 ? (uint8_t)test_random()
							 : keys[test_random_below(5)];
		enum zwg_lineedit_result result;
		bool clean = true;

		echoed_len = 0;
		result = zwg_lineedit_byte(&edit, byte);
		if (result == ZWG_LINEEDIT_MORE) {
			continue;
		}
		for (size_t n = 0; n < sizeof(edit.line); n++) {
			clean = clean &&
				(n < edit.len ? edit.line[n] >= ' ' && edit.line[n] <= '~'
					      : edit.line[n] == '\0') &&
				(n < ZWG_LINEEDIT_MAX || edit.line[n] == '\0');
		}
		CHECK(clean);
		zwg_lineedit_reset(&edit);
		lines++;
	}
	CHECK(lines > 1000);
}

static const struct test tests[] = {
	{"what is typed", typed},
	{"a zero byte is left out", zero_byte},
	{"the longest line", longest},
	{"random bytes", noise},
};

TEST_MAIN(tests)
