/* SPDX-License-Identifier: MIT */
/*
 * Starts a C test program on an emulated core: takes its arguments from the semihosting host, and
 * its standard input from the file that the last argument names when it begins with '<'. The
 * program's own main() and stdin are called zwg_test_main and zwg_test_stdin (test_vectors.py).
 */
#include <semihost.h>
#include <stdio.h>
#include <string.h>

#define MAX_ARGUMENTS 8

int zwg_test_main(int argc, char **argv);

FILE *zwg_test_stdin;

int main(void)
{
	static char line[256];
	char *argv[MAX_ARGUMENTS + 1] = {0};
	int argc = 0;

	if (sys_semihost_get_cmdline(line, sizeof(line)) != 0) {
		return 2;
	}
	for (char *word = strtok(line, " "); word != NULL && argc < MAX_ARGUMENTS;
	     word = strtok(NULL, " ")) {
		if (word[0] == '<') {
			zwg_test_stdin = fopen(word + 1, "r");
			if (zwg_test_stdin == NULL) {
				return 2;
			}
		} else {
			argv[argc++] = word;
		}
	}
	return zwg_test_main(argc, argv);
}
