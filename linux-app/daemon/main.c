/* SPDX-License-Identifier: MIT */
/* zwg-linux: the command line, and the step into the background. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "port/log.h"

#define EXIT_FAILED	1
#define EXIT_USAGE	2
#define EXIT_PERMISSION 6

static const char help[] =
	"Usage: zwg-linux [-f] NAME\n"
	"       zwg-linux -c FILE [-i NAME] [-d]\n"
	"WireGuard in user space, on a TUN device.\n"
	"\n"
	"The first form makes the interface NAME and goes into the background when wg(8) can\n"
	"reach it at /var/run/wireguard/NAME.sock; wg, ip and wg-quick do the rest. The second\n"
	"takes all that it needs from a wg-quick file, and wg reaches it as well.\n"
	"\n"
	"  -f, --foreground      stay in the foreground; log to standard error\n"
	"  -c, --config FILE     the configuration: [Interface] with PrivateKey, ListenPort,\n"
	"                        Address, MTU, FwMark, Table; [Peer] with PublicKey,\n"
	"                        PresharedKey, AllowedIPs,\n"
	"                        Endpoint, PersistentKeepalive; as wg(8) and wg-quick(8) say\n"
	"  -i, --interface NAME  the name of the interface (default: FILE's, without .conf)\n"
	"  -d, --daemon          go into the background when the interface is up; log to syslog\n"
	"  -h, --help            show this help and exit\n"
	"  -V, --version         show the version and exit\n"
	"\n"
	"It runs until SIGINT, SIGTERM or SIGHUP, or until the interface (ip link del NAME) or\n"
	"its socket is removed; then addresses, routes and keys are gone.\n"
	"Environment: LOG_LEVEL is verbose (the default), error or silent;\n"
	"WG_PROCESS_FOREGROUND=1 is -f.\n"
	"Exit status: 0 stopped, or in the background started; 1 failed; 2 usage or a mistake in\n"
	"FILE; 6 no permission.\n"
	"\n"
	"Examples: zwg-linux -c /etc/wireguard/wg0.conf -d\n"
	"          WG_QUICK_USERSPACE_IMPLEMENTATION=zwg-linux wg-quick up wg0\n";

struct options {
	const char *config; /* NULL: by wg(8). */
	char name[IFNAMSIZ];
	bool background;
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"daemon", no_argument, NULL, 'd'},
	{"foreground", no_argument, NULL, 'f'},
	{"help", no_argument, NULL, 'h'},
	{"interface", required_argument, NULL, 'i'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

/* wg-quick's rule: 1 to 15 of letters, digits and "_=+.-". */
static bool name_valid(const char *name, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_=+.-";

	return len > 0 && len < IFNAMSIZ && strspn(name, allowed) >= len &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool set_name(struct options *options, const char *name, size_t len, const char *advice)
{
	if (!name_valid(name, len)) {
		log_error("'%.*s': expected an interface name: 1 to 15 letters, digits or _=+.-%s",
			  (int)len, name, advice);
		return false;
	}
	memcpy(options->name, name, len);
	options->name[len] = '\0';
	return true;
}

/* The name of the file, without .conf. */
static bool set_name_from_config(struct options *options)
{
	const char *slash = strrchr(options->config, '/');
	const char *name = slash ? slash + 1 : options->config;
	size_t len = strlen(name);

	if (len > 5 && strcmp(name + len - 5, ".conf") == 0)
		len -= 5;
	return set_name(options, name, len, "; give one with -i");
}

/* Once all options are there. */
static bool set_mode(struct options *options, const char *interface, bool daemon, bool foreground)
{
	const char *environment = getenv("WG_PROCESS_FOREGROUND");

	if (environment && strcmp(environment, "1") == 0)
		foreground = true;
	if (!options->config && !interface) {
		log_error("expected an interface name or -c FILE; see 'zwg-linux --help'");
		return false;
	}
	options->background = (daemon || !options->config) && !foreground;
	return interface ? set_name(options, interface, strlen(interface), "")
			 : set_name_from_config(options);
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	bool daemon = false, foreground = false;
	const char *interface = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:dfhi:V", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 'd':
			daemon = true;
			break;
		case 'f':
			foreground = true;
			break;
		case 'i':
			interface = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("zwg-linux " ZWG_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs("Try 'zwg-linux --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (!options->config && !interface && optind < argc)
		interface = argv[optind++];
	if (optind < argc) {
		log_error("'%s': expected options only", argv[optind]);
		return EXIT_USAGE;
	}
	return set_mode(options, interface, daemon, foreground) ? -1 : EXIT_USAGE;
}

/* As wireguard-go names them, but that everything is logged unless less is asked for. */
static void set_log_level(void)
{
	const char *level = getenv("LOG_LEVEL");

	if (level && strcmp(level, "error") == 0)
		log_up_to(LOG_LEVEL_WARNING);
	else if (level && strcmp(level, "silent") == 0)
		log_up_to(LOG_LEVEL_SILENT);
}

static int exit_status(int err)
{
	return err == -EPERM || err == -EACCES ? EXIT_PERMISSION : EXIT_FAILED;
}

/* In the parent: waits for the child to be up, and ends as it did. */
static int wait_until_up(pid_t child, int from_child)
{
	char up;
	int status;

	if (read(from_child, &up, 1) == 1)
		return EXIT_SUCCESS;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	return EXIT_FAILED;
}

static void leave_terminal(int to_parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_to_syslog();
	if (chdir("/") < 0 || null < 0)
		log_warning("the terminal cannot be left: %s", strerror(errno));
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (write(to_parent, "", 1) != 1)
		log_warning("the starting process has gone");
	close(to_parent);
}

static int serve(const struct options *options, struct wgquick *conf, int to_parent)
{
	static struct daemon daemon;
	int err;

	/* No core dump with keys in it. */
	prctl(PR_SET_DUMPABLE, 0);
	err = daemon_start(&daemon, options->name, options->config ? conf : NULL);
	wgquick_free(conf);
	if (err)
		return exit_status(err);
	if (to_parent >= 0)
		leave_terminal(to_parent);
	err = daemon_run(&daemon);
	daemon_stop(&daemon);
	log_info("%s: stopped", options->name);
	return err ? exit_status(err) : EXIT_SUCCESS;
}

static int serve_in_background(const struct options *options, struct wgquick *conf)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		log_error("pipe: %s", strerror(errno));
		return EXIT_FAILED;
	}
	child = fork();
	if (child < 0) {
		log_error("fork: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (child > 0) {
		close(ends[1]);
		wgquick_free(conf);
		return wait_until_up(child, ends[0]);
	}
	close(ends[0]);
	setsid();
	return serve(options, conf, ends[1]);
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct wgquick conf = {0};
	int status;

	log_name("zwg-linux");
	set_log_level();
	status = parse_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (options.config && !wgquick_read(options.config, &conf))
		return EXIT_USAGE;
	status = options.background ? serve_in_background(&options, &conf)
				    : serve(&options, &conf, -1);
	wgquick_free(&conf);
	return status;
}
