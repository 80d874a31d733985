/* SPDX-License-Identifier: MIT */
/* The simulator's command line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static const char usage[] =
	"usage: sim --seed N [-v]                one run; -v shows what happens\n"
	"       sim --seeds COUNT [--first N]    runs N, N + 1, ...; N is 1 if not given\n"
	"       sim --soak SECONDS [--first N]   as many as there is time for\n"
	"       --coverage                       shows every (state, event) pair seen\n"
	"       --complete                       fails if one of the things was not seen that "
	"some\n"
	"                                        2,000 seeds must show\n";

/* The sanitizers' reports need the seed too. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void say_seed(void)
{
	fprintf(stderr, "to see it again: sim --seed %" PRIu64 " -v\n", world.seed);
}

void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
	say_seed();
}

static double seconds(void)
{
	struct timespec now;

	if (!timespec_get(&now, TIME_UTC))
		abort();
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct options {
	uint64_t first;
	uint64_t count;
	double soak;
	bool verbose;
	bool coverage;
	bool complete;
};

static bool number_after(int argc, char **argv, int *at, uint64_t *value)
{
	char *end;

	if (++*at >= argc || argv[*at][0] == '\0' || argv[*at][0] == '-')
		return false;
	*value = strtoull(argv[*at], &end, 0);
	return *end == '\0';
}

static bool parse(struct options *options, int argc, char **argv)
{
	uint64_t value;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			options->verbose = true;
		} else if (strcmp(argv[i], "--coverage") == 0) {
			options->coverage = true;
		} else if (strcmp(argv[i], "--complete") == 0) {
			options->complete = true;
		} else if (strcmp(argv[i], "--seed") == 0) {
			if (!number_after(argc, argv, &i, &options->first))
				return false;
			options->count = 1;
		} else if (strcmp(argv[i], "--first") == 0) {
			if (!number_after(argc, argv, &i, &options->first))
				return false;
		} else if (strcmp(argv[i], "--seeds") == 0) {
			if (!number_after(argc, argv, &i, &options->count))
				return false;
		} else if (strcmp(argv[i], "--soak") == 0) {
			if (!number_after(argc, argv, &i, &value))
				return false;
			options->soak = (double)value;
		} else {
			return false;
		}
	}
	return options->count > 0 || options->soak > 0;
}

/* A run that is to be replayed from its seed must not depend on those before it. */
#define REPLAY_EVERY 64

static void run(uint64_t seed, bool verbose)
{
	uint64_t digest;

	world_run(seed, verbose);
	if (seed % REPLAY_EVERY != 0 || verbose)
		return;
	digest = world.digest;
	world_run(seed, false);
	SIM_RULE(world.digest == digest, "the seed does not replay");
}

int main(int argc, char **argv)
{
	struct options options = {.first = 1};
	uint64_t runs = 0, steps = 0;
	double start, took;

	if (!parse(&options, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_seed);
	start = seconds();
	do {
		run(options.first + runs, options.verbose);
		runs++;
		steps += world.steps;
	} while (runs < options.count || seconds() - start < options.soak);
	took = seconds() - start;
	printf("%" PRIu64 " seeds from %" PRIu64 " passed: %" PRIu64
	       " steps in %.1f s, %.0f a second\n",
	       runs, options.first, steps, took, (double)steps / took);
	printf("of %" PRIu64 " pairs of nodes %" PRIu64
	       " had first to find out that a session was lost\n",
	       liveness_pairs, liveness_slow_pairs);
	coverage_print(options.coverage);
	return options.complete && !coverage_complete() ? 1 : 0;
}
