/* SPDX-License-Identifier: MIT */
/* The shell command "wg bench", see bench.c. */
#ifndef ZWG_BENCH_H
#define ZWG_BENCH_H

#include <zephyr/shell/shell.h>

/** "bench [RUNS]": prints a line for the clock and one for each operation. */
int zwg_cmd_bench(const struct shell *sh, size_t argc, char **argv);

#endif
