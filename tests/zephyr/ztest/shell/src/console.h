/* SPDX-License-Identifier: MIT */
/* The shell as a person has it, without the terminal. */
#ifndef ZWG_TEST_CONSOLE_H
#define ZWG_TEST_CONSOLE_H

/** Executes a line. Its result; the text is said(). */
int run(const char *line);

/** What the last command wrote. */
const char *said(void);

/** Fails the test unless the line succeeds. */
void ok(const char *line);

/** An unprovisioned board with an underlay; for ZTEST_SUITE. */
void console_before(void *fixture);

/* Keys of nobody. */
#define KEY1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define KEY2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
#define KEY3 "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="
#define KEY4 "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ="
#define KEY5 "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU="

#endif
