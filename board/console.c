/* SPDX-License-Identifier: MIT */
/* From the words of a line to a command, and its end: an error, and the framing for machines. */
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"
#include "output.h"

static int command_help(struct zwg_console *console, int argc, char *const argv[]);
static int command_version(struct zwg_console *console, int argc, char *const argv[]);

static const struct {
	const char *name;
	const char *rest;
	zwg_command run;
} commands[] = {
	{"genkey", " [replace]: stage a new private key", zwg_command_genkey},
	{"pubkey", " [staged]: the public key", zwg_command_pubkey},
	{"set",
	 " [private-key KEY] [listen-port N] [address LIST] [mtu N] [underlay NAME|auto]"
	 " [peer KEY [remove] [preshared-key KEY|none] [endpoint HOST:PORT|none]"
	 " [persistent-keepalive SECONDS|off] [allowed-ips LIST|none]]...: stage settings",
	 zwg_command_set},
	{"commit", ": validate, save and apply what is staged", zwg_command_commit},
	{"revert", ": forget what is staged", zwg_command_revert},
	{"reset", " confirm: stage the empty configuration", zwg_command_reset},
	{"show", " [staged] [--machine]: the interface and its peers", zwg_command_show},
	{"showconf", " [staged]: a wg-quick file without secrets", zwg_command_showconf},
	{"stats", ": every counter", zwg_command_stats},
	{"up", ": start the tunnel, also after a reboot", zwg_command_up},
	{"down", ": stop the tunnel, also after a reboot", zwg_command_down},
	{"handshake", " KEY: start a handshake with the peer", zwg_command_handshake},
	{"version", ": of zwg, and the board's name", command_version},
	{"help", ": this list", command_help},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

int zwg_only_word(struct zwg_console *console, int argc, char *const argv[], const char *word,
		  bool *given)
{
	int taken = argc > 0 && word != NULL && strcmp(argv[0], word) == 0 ? 1 : 0;

	*given = taken == 1;
	if (argc > taken) {
		return zwg_fail(console, -EINVAL, "unexpected word", argv[taken],
				strlen(argv[taken]), "see wg help");
	}
	return 0;
}

static int command_help(struct zwg_console *console, int argc, char *const argv[])
{
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	for (size_t i = 0; i < COMMAND_COUNT && err == 0; i++) {
		zwg_out_text(console, "wg ");
		zwg_out_text(console, commands[i].name);
		zwg_out_text(console, commands[i].rest);
		zwg_out_text(console, "\n");
	}
	return err;
}

static int command_version(struct zwg_console *console, int argc, char *const argv[])
{
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	if (err == 0) {
		zwg_out_text(console, "zwg ");
		zwg_out_text(console, console->version);
		zwg_out_text(console, ", board ");
		zwg_out_text(console, console->board);
		zwg_out_text(console, "\n");
	}
	return err;
}

const struct zwg_conf *zwg_console_staged(const struct zwg_console *console)
{
	return console->pending ? &console->staged : console->running;
}

const char *zwg_console_waits(const struct zwg_console *console)
{
	const struct zwg_conf *conf = console->running;

	return conf->has_private_key && conf->enabled ? console->ops->waits(console->ctx) : NULL;
}

void zwg_console_stage(struct zwg_console *console)
{
	console->staged = console->scratch;
	console->pending = true;
	zwg_wipe(&console->scratch, sizeof(console->scratch));
}

static void put_error(struct zwg_console *console)
{
	zwg_out_text(console, "error: ");
	zwg_out_text(console, console->error);
	zwg_out_text(console, "\n");
}

static int dispatch(struct zwg_console *console, int argc, char *const argv[])
{
	if (argc < 1 || strcmp(argv[0], "wg") != 0) {
		return zwg_fail(console, -ENOEXEC, "unknown command", argc < 1 ? "" : argv[0],
				argc < 1 ? 0 : strlen(argv[0]), "see wg help");
	}
	if (argc < 2) {
		return zwg_fail(console, -EINVAL, "wg", NULL, 0, "needs a command, see wg help");
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return commands[i].run(console, argc - 2, argv + 2);
		}
	}
	return zwg_fail(console, -EINVAL, "wg", argv[1], strlen(argv[1]),
			"must be a command, see wg help");
}

static void frame(struct zwg_console *console, int err, uint64_t seq)
{
	zwg_out_text(console, err == 0 ? "@zwg OK " : "@zwg ERR ");
	zwg_out_number(console, seq);
	if (err != 0) {
		zwg_out_text(console, " ");
		zwg_out_number(console, 0U - (unsigned int)err);
		zwg_out_text(console, " ");
		zwg_out_text(console, console->error);
	}
	zwg_out_text(console, "\n");
}

/* Secrets stand behind "wg set", but a misspelt "set" must not leave one in memory either. */
static void wipe_words(int argc, char *const argv[])
{
	for (int i = 1; i < argc; i++) {
		zwg_wipe(argv[i], strlen(argv[i]));
	}
}

int zwg_console_run(struct zwg_console *console, int argc, char *const argv[])
{
	const char *last = argc > 1 ? argv[argc - 1] : "";
	bool framed = last[0] == '@';
	uint64_t seq = 0;
	int err;

	if (framed && !zwg_number_parse(last + 1, strlen(last + 1), 0, UINT32_MAX, &seq)) {
		err = zwg_fail(console, -EINVAL, "sequence number", last, strlen(last),
			       "must be @0 to @4294967295");
		framed = false;
	} else if (argc > ZWG_CONSOLE_WORDS) {
		err = zwg_fail(console, -E2BIG, "line", NULL, 0, "must have at most 20 words");
	} else {
		err = dispatch(console, framed ? argc - 1 : argc, argv);
	}
	wipe_words(argc, argv);
	zwg_wipe(&console->scratch, sizeof(console->scratch));
	if (err != 0) {
		put_error(console);
	}
	if (framed) {
		frame(console, err, seq);
	}
	zwg_out_flush(console);
	return err;
}

int zwg_console_line(struct zwg_console *console, char *line, size_t len)
{
	char *argv[ZWG_CONSOLE_WORDS + 1]; /* Of too many words the last, which may be @SEQ. */
	int argc = 0;
	int err = 0;

	if (len > ZWG_CONSOLE_LINE_MAX) {
		err = zwg_fail(console, -EMSGSIZE, "line", NULL, 0,
			       "must have at most 255 characters");
		put_error(console);
		zwg_out_flush(console);
		zwg_wipe(line, len);
		return err;
	}
	line[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		bool blank = line[i] == ' ' || line[i] == '\t';

		if (blank) {
			line[i] = '\0';
		} else if (line[i] != '\0' && (i == 0 || line[i - 1] == '\0')) {
			argc += argc <= ZWG_CONSOLE_WORDS ? 1 : 0;
			argv[argc - 1] = line + i;
		}
	}
	if (argc > 0) {
		err = zwg_console_run(console, argc, argv);
	}
	zwg_wipe(line, len);
	return err;
}

void zwg_console_wipe(struct zwg_console *console)
{
	console->pending = false;
	zwg_wipe(console->chunk, sizeof(console->chunk));
	zwg_wipe(console->error, sizeof(console->error));
	zwg_wipe(&console->staged, sizeof(console->staged));
	zwg_wipe(&console->scratch, sizeof(console->scratch));
}
