/* SPDX-License-Identifier: MIT */
/*
 * What a C test program needs: checks that print file, line, expected and got; tables of named
 * tests; a seeded random generator; bytes from hex. One program is one file that ends in
 *
 *	static const struct test tests[] = {{"what is proved", function}, ...};
 *	TEST_MAIN(tests)
 *
 * Output is one TAP-like line a test and then "N passed, N failed"; the exit status is 0 only if
 * something passed and nothing failed. A program whose arguments are words runs only the tests that
 * have one of these in their name.
 */
#ifndef ZWG_TEST_H
#define ZWG_TEST_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
};

/** Checks a condition; prints it when it does not hold. */
#define CHECK(cond) test_check((cond), __FILE__, __LINE__, #cond)

/** Checks that two integers of any type up to 64 bits are equal. */
#define CHECK_INT(got, want)                                                                       \
	test_check_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, #got)

/** Checks that @a len bytes are equal. */
#define CHECK_MEM(got, want, len) test_check_mem((got), (want), (len), __FILE__, __LINE__, #got)

/** Checks that the bytes at @a got are those written in hex at @a want. */
#define CHECK_HEX(got, want) test_check_hex((got), (want), __FILE__, __LINE__, #got)

/** Checks that @a len bytes are all zero. */
#define CHECK_ZERO(got, len) test_check_zero((got), (len), __FILE__, __LINE__, #got)

/** Stops the program if what the test itself needs is not there. */
#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: required: %s\n", __FILE__, __LINE__, #cond);       \
			exit(2);                                                                   \
		}                                                                                  \
	} while (0)

#define TEST_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEST_MAIN(tests)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return test_main((tests), TEST_COUNT(tests), argc, argv);                          \
	}

/* The one state of a test program; each program is one translation unit. */
static struct {
	unsigned int checks;
	unsigned int failures;
	const char *skipped;
	char where[128];
	uint64_t random;
} test_state;

/** Names the case that the checks to come belong to; failures print it. */
static inline void test_case(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void test_case(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(test_state.where, sizeof(test_state.where), format, args);
	va_end(args);
}

/** Marks the running test as not run, for @a reason; the test then returns. */
static inline void test_skip(const char *reason)
{
	test_state.skipped = reason;
}

static inline bool test_failed(const char *file, int line, const char *what)
{
	test_state.failures++;
	printf("# %s:%d: %s%s%s\n", file, line, test_state.where, test_state.where[0] ? ": " : "",
	       what);
	return false;
}

static inline bool test_check(bool ok, const char *file, int line, const char *what)
{
	test_state.checks++;
	return ok || test_failed(file, line, what);
}

static inline bool test_check_int(intmax_t got, intmax_t want, const char *file, int line,
				  const char *what)
{
	test_state.checks++;
	if (got == want) {
		return true;
	}
	test_failed(file, line, what);
	printf("#   expected %" PRIdMAX "\n#   got      %" PRIdMAX "\n", want, got);
	return false;
}

static inline void test_print_hex(const char *label, const uint8_t *bytes, size_t len)
{
	printf("#   %s", label);
	for (size_t i = 0; i < len; i++) {
		printf("%02x", bytes[i]);
	}
	printf("\n");
}

static inline bool test_check_mem(const void *got, const void *want, size_t len, const char *file,
				  int line, const char *what)
{
	test_state.checks++;
	if (len == 0 || memcmp(got, want, len) == 0) {
		return true;
	}
	test_failed(file, line, what);
	test_print_hex("expected ", want, len);
	test_print_hex("got      ", got, len);
	return false;
}

static inline bool test_check_zero(const void *got, size_t len, const char *file, int line,
				   const char *what)
{
	const uint8_t *bytes = got;

	test_state.checks++;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0) {
			test_failed(file, line, what);
			printf("#   expected %zu zeros, not so at byte %zu\n", len, i);
			return false;
		}
	}
	return true;
}

static inline unsigned int test_nibble(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

	REQUIRE(c != '\0' && at != NULL);
	return (unsigned int)(at - digits);
}

/** Bytes from hex digits; returns how many. The program stops if @a hex is not hex or longer. */
static inline size_t test_unhex(void *out, size_t room, const char *hex)
{
	uint8_t *bytes = out;
	size_t len = strlen(hex) / 2;

	REQUIRE(strlen(hex) % 2 == 0 && len <= room);
	for (size_t i = 0; i < len; i++) {
		bytes[i] = (uint8_t)(test_nibble(hex[2 * i]) << 4 | test_nibble(hex[2 * i + 1]));
	}
	return len;
}

static inline bool test_check_hex(const void *got, const char *want, const char *file, int line,
				  const char *what)
{
	uint8_t bytes[1024];
	size_t len = test_unhex(bytes, sizeof(bytes), want);

	return test_check_mem(got, bytes, len, file, line, what);
}

/** The next 64 random bits (splitmix64). Every test starts from ZWG_SEED, or 1. */
static inline uint64_t test_random(void)
{
	uint64_t z = test_state.random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/** A random number from 0 to @a bound - 1; @a bound is not 0. */
static inline size_t test_random_below(size_t bound)
{
	return (size_t)(test_random() % bound);
}

static inline void test_random_bytes(void *out, size_t len)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < len; i++) {
		bytes[i] = (uint8_t)test_random();
	}
}

/** True if the environment asks for the tests that take minutes: ZWG_LONG=1. */
static inline bool test_long(void)
{
	const char *value = getenv("ZWG_LONG");

	return value != NULL && strcmp(value, "1") == 0;
}

static inline bool test_selected(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strstr(name, argv[i]) != NULL) {
			return true;
		}
	}
	return argc < 2;
}

static inline int test_main(const struct test *tests, size_t count, int argc, char **argv)
{
	const char *seed = getenv("ZWG_SEED");
	unsigned int passed = 0, failed = 0, skipped = 0;
	uint64_t first = seed != NULL ? strtoull(seed, NULL, 0) : 1;

	printf("# ZWG_SEED=%" PRIu64 "\n", first);
	for (size_t i = 0; i < count; i++) {
		if (!test_selected(tests[i].name, argc, argv)) {
			continue;
		}
		test_state.random = first;
		test_state.checks = 0;
		test_state.failures = 0;
		test_state.skipped = NULL;
		test_state.where[0] = '\0';
		tests[i].run();
		if (test_state.skipped != NULL && test_state.failures == 0) {
			printf("ok %zu - %s # SKIP %s\n", i + 1, tests[i].name, test_state.skipped);
			skipped++;
		} else if (test_state.failures > 0 || test_state.checks == 0) {
			printf("not ok %zu - %s (%u of %u checks failed)\n", i + 1, tests[i].name,
			       test_state.failures, test_state.checks);
			failed++;
		} else {
			printf("ok %zu - %s (%u checks)\n", i + 1, tests[i].name,
			       test_state.checks);
			passed++;
		}
		fflush(stdout);
	}
	if (skipped > 0) {
		printf("# %u skipped\n", skipped);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return passed > 0 && failed == 0 ? 0 : 1;
}

#endif
