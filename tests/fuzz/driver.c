/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over files, without libFuzzer: any compiler, any architecture. Every argument
 * is a file or a directory of files.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned int inputs;

static void run_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size > 0 ? size : 1);

	if (file == NULL || fread(bytes, 1, size, file) != size) {
		perror(path);
		exit(2);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	inputs++;
}

static void run_path(const char *path)
{
	struct stat st;
	struct dirent *entry;
	DIR *dir;

	if (stat(path, &st) != 0) {
		perror(path);
		exit(2);
	}
	if (!S_ISDIR(st.st_mode)) {
		run_file(path, (size_t)st.st_size);
		return;
	}
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char below[4096];

		if (entry->d_name[0] == '.') {
			continue;
		}
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		run_path(below);
	}
	if (dir != NULL) {
		closedir(dir);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		run_path(argv[i]);
	}
	printf("%u passed, 0 failed\n", inputs);
	return inputs > 0 ? 0 : 1;
}
