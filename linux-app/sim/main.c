/* SPDX-License-Identifier: MIT */
/* zwg-sim: the simulated board as a program. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "port/log.h"

#define EXIT_FAILED 1
#define EXIT_USAGE  2

static const char help[] =
	"Usage: zwg-sim [OPTION]...\n"
	"The simulated board: WireGuard as in the firmware, with UDP on a loopback address for\n"
	"its network and a pseudo-terminal for its serial console. Needs no privileges.\n"
	"\n"
	"      --udp ADDRESS:PORT  its address outside the tunnel, and its UDP port until its\n"
	"                          settings name another; port 0: one that is free (default\n"
	"                          127.0.0.1:0)\n"
	"      --flash FILE        keep its settings in FILE; without it they are lost at the end\n"
	"      --pty-link PATH     make PATH a symbolic link to the console's pseudo-terminal\n"
	"      --tcp PORT          console on 127.0.0.1:PORT instead, for socket://; 0: one that\n"
	"                          is free\n"
	"      --power-cut N       for tests: die at the Nth byte that is written to the flash\n"
	"      --help              show this help and exit\n"
	"      --version           show the version and exit\n"
	"\n"
	"Inside the tunnel it answers pings over IPv4 and IPv6, and echoes UDP on port 4242.\n"
	"When it is ready it prints one line, for instance\n"
	"  ready: udp 127.0.0.1:40123 console /dev/pts/3\n"
	"and runs until SIGINT or SIGTERM. Exit status: 0 stopped by a signal, 1 failed, 2 usage.\n"
	"\n"
	"Example: zwg-sim --flash board.flash --pty-link ./console\n"
	"         then: wg-host provision --port ./console ...\n";

struct options {
	struct zwg_endpoint udp;
	const char *flash;
	const char *link;
	bool tcp;
	uint16_t tcp_port;
	uint64_t power_cut;
};

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	return zwg_number_parse(text, strlen(text), min, max, value);
}

/* ADDRESS:PORT with a literal address; unlike in zwg_host_port_parse() the port may be 0. */
static bool parse_udp(const char *text, struct zwg_endpoint *at)
{
	const char *colon = strrchr(text, ':');
	struct zwg_endpoint parsed = {0};
	const char *host = text;
	uint64_t port;
	size_t len;

	if (!colon || !parse_number(colon + 1, 0, 65535, &port))
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (!zwg_addr_parse(host, len, &parsed.addr))
		return false;
	/* An IPv6 address is in brackets, and nothing else is. */
	if ((parsed.addr.family == ZWG_AF_INET6) != (host != text))
		return false;
	parsed.port = (uint16_t)port;
	*at = parsed;
	return true;
}

static int usage_error(const char *option, const char *value, const char *expected)
{
	log_error("--%s: '%s': expected %s", option, value, expected);
	return EXIT_USAGE;
}

enum {
	OPT_UDP = 256,
	OPT_FLASH,
	OPT_LINK,
	OPT_TCP,
	OPT_POWER_CUT,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"udp", required_argument, NULL, OPT_UDP},
	{"flash", required_argument, NULL, OPT_FLASH},
	{"pty-link", required_argument, NULL, OPT_LINK},
	{"tcp", required_argument, NULL, OPT_TCP},
	{"power-cut", required_argument, NULL, OPT_POWER_CUT},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{0},
};

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	uint64_t number;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case OPT_UDP:
			if (!parse_udp(optarg, &options->udp))
				return usage_error("udp", optarg,
						   "an address and a port, as 127.0.0.1:51820 or "
						   "[::1]:51820");
			break;
		case OPT_FLASH:
			options->flash = optarg;
			break;
		case OPT_LINK:
			options->link = optarg;
			break;
		case OPT_TCP:
			if (!parse_number(optarg, 0, 65535, &number))
				return usage_error("tcp", optarg, "a port from 0 to 65535");
			options->tcp = true;
			options->tcp_port = (uint16_t)number;
			break;
		case OPT_POWER_CUT:
			if (!parse_number(optarg, 1, UINT64_MAX, &options->power_cut))
				return usage_error("power-cut", optarg, "a number of bytes from 1");
			break;
		case OPT_HELP:
			fputs(help, stdout);
			return EXIT_SUCCESS;
		case OPT_VERSION:
			puts("zwg-sim " ZWG_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs("Try 'zwg-sim --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return usage_error("help", argv[optind], "options only");
	if (options->tcp && options->link)
		return usage_error("pty-link", options->link, "a console that is not --tcp");
	return -1;
}

static void signal_ready(void *ctx, uint32_t events)
{
	struct board *board = ctx;

	(void)events;
	loop_stop(&board->loop);
}

static int open_console(struct board *board, const struct options *options)
{
	int err;

	board->line.connected = board_console_start;
	board->line.input = board_console_input;
	board->line.ctx = board;
	if (options->tcp)
		err = line_open_tcp(&board->line, &board->loop, options->tcp_port);
	else
		err = line_open_pty(&board->line, &board->loop, options->link);
	if (err)
		log_error("the console cannot be opened: %s%s%s",
			  options->link ? options->link : "", options->link ? ": " : "",
			  strerror(-err));
	return err;
}

static void print_ready(const struct board *board, const struct options *options)
{
	char text[ZWG_ENDPOINT_TEXT_SIZE];
	struct zwg_endpoint at = {.addr = board->underlay, .port = board->tunnel.udp.port};

	zwg_endpoint_format(&at, text);
	printf("ready: udp %s console %s\n", text,
	       options->link ? options->link : board->line.name);
	fflush(stdout);
}

static int serve(struct board *board, const struct options *options)
{
	int err = board_start(board, &options->udp);

	if (err)
		return err;
	err = open_console(board, options);
	if (!err) {
		print_ready(board, options);
		err = loop_run(&board->loop);
		line_close(&board->line);
	}
	board_stop(board);
	return err;
}

/* Signals are blocked before any thread is made, so that all of them come to the loop. */
static int run(struct board *board, const struct options *options)
{
	struct loop_source signals = {.ready = signal_ready, .ctx = board};
	int err = loop_signals();

	if (err < 0)
		return err;
	signals.fd = err;
	err = loop_add(&board->loop, &signals, EPOLLIN);
	if (!err)
		err = serve(board, options);
	close(signals.fd);
	return err;
}

int main(int argc, char **argv)
{
	static struct board board;
	struct options options = {
		.udp.addr = {.family = ZWG_AF_INET, .bytes = {127, 0, 0, 1}},
	};
	int status, err;

	log_name("zwg-sim");
	status = parse_options(argc, argv, &options);
	if (status >= 0)
		return status;
	err = loop_init(&board.loop);
	if (err) {
		log_error("epoll: %s", strerror(-err));
		return EXIT_FAILED;
	}
	err = flash_open(&board.flash, options.flash, options.power_cut);
	if (err) {
		log_error("%s: %s", options.flash ? options.flash : "flash",
			  err == -EBUSY	   ? "another program is using it"
			  : err == -EINVAL ? "is not a flash file of this program"
					   : strerror(-err));
	} else {
		err = run(&board, &options);
		flash_close(&board.flash);
	}
	loop_destroy(&board.loop);
	return err ? EXIT_FAILED : EXIT_SUCCESS;
}
