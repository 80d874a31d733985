/* SPDX-License-Identifier: MIT */
/* The private key, and what becomes of a staged configuration: committed, forgotten, emptied. */
#include <errno.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "output.h"

static int fail_no_key(struct zwg_console *console, const char *word)
{
	return zwg_fail(console, -ENOENT, word, NULL, 0,
			"there is no private key, wg genkey makes one");
}

int zwg_command_genkey(struct zwg_console *console, int argc, char *const argv[])
{
	struct zwg_conf *conf = &console->scratch;
	uint8_t public_key[32];
	bool replace;
	int err = zwg_only_word(console, argc, argv, "replace", &replace);

	if (err != 0) {
		return err;
	}
	*conf = *zwg_console_staged(console);
	if (conf->has_private_key && !replace) {
		return zwg_fail(console, -EEXIST, "genkey", NULL, 0,
				"there is a private key already, wg genkey replace makes another");
	}
	err = console->ops->random(console->ctx, conf->private_key, sizeof(conf->private_key));
	if (err != 0 || zwg_is_zero(conf->private_key, sizeof(conf->private_key))) {
		return zwg_fail(console, err < 0 ? err : -EIO, "genkey", NULL, 0,
				"the random source must be ready");
	}
	conf->private_key[0] &= 0xf8;
	conf->private_key[31] = (uint8_t)((conf->private_key[31] & 0x7f) | 0x40);
	conf->has_private_key = true;
	err = zwg_conf_public_key(conf, public_key);
	if (err != 0) {
		return zwg_fail(console, err, "genkey", NULL, 0, "the public key must compute");
	}
	zwg_console_stage(console);
	zwg_out_text(console, "public key: ");
	zwg_out_public_key(console, public_key);
	zwg_out_text(console, "\n");
	return 0;
}

int zwg_command_pubkey(struct zwg_console *console, int argc, char *const argv[])
{
	uint8_t public_key[32];
	bool staged;
	int err = zwg_only_word(console, argc, argv, "staged", &staged);

	if (err != 0) {
		return err;
	}
	err = zwg_conf_public_key(staged ? zwg_console_staged(console) : console->running,
				  public_key);
	if (err != 0) {
		return fail_no_key(console, "pubkey");
	}
	zwg_out_public_key(console, public_key);
	zwg_out_text(console, "\n");
	return 0;
}

static int fail_invalid(struct zwg_console *console, int err, const struct zwg_conf *conf,
			const struct zwg_conf_fault *fault)
{
	char value[ZWG_PREFIX_TEXT_SIZE];

	if (fault->has_prefix) {
		(void)zwg_prefix_format(&fault->prefix, value);
	} else if (fault->peer >= 0) {
		(void)zwg_key_format(conf->peers[fault->peer].public_key, value);
	} else {
		return zwg_fail(console, err, fault->setting, NULL, 0, fault->expected);
	}
	return zwg_fail_public(console, err, fault->setting, value, fault->expected);
}

static const char not_applied[] = "the board must accept the configuration, nothing has changed";

static int apply_again(struct zwg_console *console)
{
	const char *why = not_applied;
	int err;

	console->scratch = *console->running;
	err = console->ops->apply(console->ctx, &console->scratch, &why);
	return err == 0 ? 0 : zwg_fail(console, err < 0 ? err : -EIO, "apply", NULL, 0, why);
}

/*
 * Saved before it is applied: a board that loses power in between starts with what it was told
 * last. If it cannot be applied, what is in force is saved again.
 */
static int save_and_apply(struct zwg_console *console, const struct zwg_conf *conf)
{
	const char *why = NULL;
	int err = console->ops->save(console->ctx, conf);

	if (err != 0) {
		return zwg_fail(console, err < 0 ? err : -EIO, "save", NULL, 0,
				"storage must accept the configuration, nothing has changed");
	}
	err = console->ops->apply(console->ctx, conf, &why);
	if (err == 0) {
		return 0;
	}
	err = err < 0 ? err : -EIO;
	if (console->ops->save(console->ctx, console->running) != 0) {
		why = "not in force, but saved: storage refused the earlier settings";
	} else if (why == NULL) {
		why = not_applied;
	}
	return zwg_fail(console, err, "apply", NULL, 0, why);
}

static void forget(struct zwg_console *console)
{
	console->pending = false;
	zwg_wipe(&console->staged, sizeof(console->staged));
}

int zwg_command_commit(struct zwg_console *console, int argc, char *const argv[])
{
	struct zwg_conf_fault fault;
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	if (err != 0) {
		return err;
	}
	if (!console->pending) {
		zwg_out_text(console, "nothing to commit\n");
		return 0;
	}
	err = zwg_conf_validate(&console->staged, &fault);
	if (err != 0) {
		return fail_invalid(console, err, &console->staged, &fault);
	}
	err = save_and_apply(console, &console->staged);
	if (err != 0) {
		return err;
	}
	forget(console);
	zwg_out_text(console, "committed\n");
	return 0;
}

int zwg_command_revert(struct zwg_console *console, int argc, char *const argv[])
{
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	if (err == 0) {
		forget(console);
	}
	return err;
}

int zwg_command_reset(struct zwg_console *console, int argc, char *const argv[])
{
	bool confirm;
	int err = zwg_only_word(console, argc, argv, "confirm", &confirm);

	if (err != 0) {
		return err;
	}
	if (!confirm) {
		return zwg_fail(console, -EINVAL, "reset", NULL, 0, "the word confirm must follow");
	}
	zwg_conf_init(&console->scratch);
	zwg_console_stage(console);
	return 0;
}

/* The interface may have been stopped or started past the configuration: what is in force is
 * applied again. The staged configuration keeps to it, so that a later commit does not undo it. */
static int set_enabled(struct zwg_console *console, bool enabled)
{
	int err;

	if (console->running->enabled == enabled) {
		err = apply_again(console);
	} else {
		console->scratch = *console->running;
		console->scratch.enabled = enabled;
		err = save_and_apply(console, &console->scratch);
	}
	if (err == 0 && console->pending) {
		console->staged.enabled = enabled;
	}
	return err;
}

int zwg_command_up(struct zwg_console *console, int argc, char *const argv[])
{
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	if (err != 0) {
		return err;
	}
	return console->running->has_private_key ? set_enabled(console, true)
						 : fail_no_key(console, "up");
}

int zwg_command_down(struct zwg_console *console, int argc, char *const argv[])
{
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	return err != 0 ? err : set_enabled(console, false);
}

int zwg_command_handshake(struct zwg_console *console, int argc, char *const argv[])
{
	uint8_t key[32];
	struct zwg_peer *peer;
	int err = -ENOENT;

	if (argc != 1 || !zwg_key_parse(argv[0], strlen(argv[0]), key)) {
		return zwg_fail(console, -EINVAL, "handshake", NULL, 0,
				"must be followed by a peer's public key, 44 characters of base64");
	}
	console->ops->lock(console->ctx);
	peer = zwg_peer_find(console->dev, key);
	if (peer != NULL) {
		err = zwg_peer_handshake(console->dev, console->ops->now(console->ctx), peer);
	}
	console->ops->unlock(console->ctx);
	if (err == 0) {
		return 0;
	}
	return zwg_fail(console, err, "handshake", NULL, 0,
			err == -ENOENT	       ? "must be the public key of a peer in force"
			: err == -ENETDOWN     ? "the tunnel must be up and have a private key"
			: err == -EDESTADDRREQ ? "the peer must have an endpoint"
					       : "must be possible now");
}
