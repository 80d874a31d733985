/* SPDX-License-Identifier: MIT */
/*
 * The shell command "wg": the portable console of board/, so that a board and its simulation
 * understand the same words. Subcommands are registered one by one for completion and help alone.
 * "wg port" and "wg bench" alone are the port's own: drops for want of buffers and what the stacks
 * have left; and what the ciphers take.
 */
#include <errno.h>
#include <string.h>

#if defined(CONFIG_HWINFO)
#include <zephyr/drivers/hwinfo.h>
#endif
#include <zephyr/shell/shell.h>
#if defined(CONFIG_SHELL_HISTORY)
#include <zephyr/shell/shell_history.h>
#endif

#include "bench.h"
#include "tunnel.h"

static void console_write(void *out, const char *text, size_t len)
{
	shell_fprintf((const struct shell *)out, SHELL_NORMAL, "%.*s", (int)len, text);
}

static void console_lock(void *ctx)
{
	zwg_lock(ctx);
}

static void console_unlock(void *ctx)
{
	zwg_unlock(ctx);
}

static zwg_time console_now(void *ctx)
{
	ARG_UNUSED(ctx);
	return zwg_now();
}

static uint64_t console_uptime(void *ctx)
{
	ARG_UNUSED(ctx);
	return zwg_now() / 1000;
}

static size_t console_underlay_addresses(void *ctx, struct zwg_addr *addrs, size_t max)
{
	struct zwg_tunnel *tunnel = ctx;
	struct net_if *underlay = zwg_underlay_find(&tunnel->running);

	return underlay ? zwg_underlay_addresses(underlay, addrs, max) : 0;
}

static const char *console_waits(void *ctx)
{
	return zwg_link_waits(ctx);
}

static const struct zwg_console_ops console_ops = {
	.write = console_write,
	.lock = console_lock,
	.unlock = console_unlock,
	.random = zwg_random,
	.save = zwg_save,
	.apply = zwg_apply,
	.now = console_now,
	.uptime = console_uptime,
	.underlay_addresses = console_underlay_addresses,
	.waits = console_waits,
};

/* The same for all interfaces, asked for once. */
static size_t chip_id(const uint8_t **id)
{
	static uint8_t bytes[16];
	static int len = -EAGAIN;

#if defined(CONFIG_HWINFO)
	if (len == -EAGAIN)
		len = (int)hwinfo_get_device_id(bytes, sizeof(bytes));
#endif
	*id = bytes;
	return len > 0 ? (size_t)len : 0;
}

/* Binds the console to the shell that runs the command now. */
static void bind(struct zwg_tunnel *tunnel, const struct shell *sh)
{
	struct zwg_console *console = &tunnel->console;

	console->ops = &console_ops;
	console->ctx = tunnel;
	console->out = (void *)(uintptr_t)sh;
	console->dev = &tunnel->device;
	console->running = &tunnel->running;
	console->version = ZWG_VERSION;
	console->board = CONFIG_ZWG_BOARD_NAME;
	console->interface = tunnel->name;
	console->chip_len = chip_id(&console->chip);
	console->entropy = zwg_random_source();
	console->has_resolver = IS_ENABLED(CONFIG_DNS_RESOLVER);
}

/* The shell keeps lines for recall; one with a key in it must not stay. */
static void forget_line(const struct shell *sh)
{
#if defined(CONFIG_SHELL_HISTORY)
	z_shell_history_purge(sh->history);
#else
	ARG_UNUSED(sh);
#endif
}

static int run(const struct shell *sh, unsigned int number, size_t argc, char **argv)
{
	struct zwg_tunnel *tunnel = &zwg_tunnels[number];
	char wg[] = "wg";
	char *words[ZWG_CONSOLE_WORDS + 2] = {wg};
	size_t count = MIN(argc, ARRAY_SIZE(words) - 1);
	int err;

	while (!zwg_tunnels_ready())
		k_msleep(10);
	memcpy(words + 1, argv, count * sizeof(words[0]));
	k_mutex_lock(&tunnel->console_lock, K_FOREVER);
	bind(tunnel, sh);
	err = zwg_console_run(&tunnel->console, (int)count + 1, words);
	k_mutex_unlock(&tunnel->console_lock);
	/* A misspelt "set" may hold a key as well. */
	if (argc > 1)
		forget_line(sh);
	return err;
}

static int show_port(const struct shell *sh, unsigned int number, size_t argc, char **argv)
{
	int rx, handshake;

	if (argc > 1) {
		shell_print(sh, "error: unexpected word: '%s': wg port stands alone", argv[1]);
		return -EINVAL;
	}
	for (int i = 0; i < ZWG_PORT_DROPS; i++)
		shell_print(sh, "drop_%s %u", zwg_port_drop_name((enum zwg_port_drop)i),
			    (unsigned int)atomic_get(&zwg_tunnels[number].drops[i]));
	zwg_stacks_unused(&rx, &handshake);
	shell_print(sh, "stack_unused_rx %d of %d", rx, CONFIG_ZWG_RX_STACK_SIZE);
	shell_print(sh, "stack_unused_handshake %d of %d", handshake,
		    CONFIG_ZWG_HANDSHAKE_STACK_SIZE);
	return 0;
}

#define ZWG_COMMANDS(n)                                                                            \
	static int cmd##n(const struct shell *sh, size_t argc, char **argv)                        \
	{                                                                                          \
		return run(sh, n, argc, argv);                                                     \
	}                                                                                          \
	static int cmd_bare##n(const struct shell *sh, size_t argc, char **argv)                   \
	{                                                                                          \
		return run(sh, n, argc - 1, argv + 1);                                             \
	}                                                                                          \
	static int cmd_port##n(const struct shell *sh, size_t argc, char **argv)                   \
	{                                                                                          \
		return show_port(sh, n, argc, argv);                                               \
	}                                                                                          \
	SHELL_STATIC_SUBCMD_SET_CREATE(                                                            \
		subcommands##n,                                                                    \
		SHELL_COND_CMD(CONFIG_ZWG_BENCH, bench, NULL,                                      \
			       "[RUNS]: what the ciphers take here", zwg_cmd_bench),               \
		SHELL_CMD(commit, NULL, "validate, save and apply", cmd##n),                       \
		SHELL_CMD(down, NULL, "stop the tunnel", cmd##n),                                  \
		SHELL_CMD(genkey, NULL, "[replace]: stage a new private key", cmd##n),             \
		SHELL_CMD(handshake, NULL, "KEY: start a handshake", cmd##n),                      \
		SHELL_CMD(help, NULL, "every command with its words", cmd##n),                     \
		SHELL_CMD(port, NULL, "drops for want of buffers, unused stacks", cmd_port##n),    \
		SHELL_CMD(pubkey, NULL, "[staged]: the public key", cmd##n),                       \
		SHELL_CMD(reset, NULL, "confirm: stage the empty configuration", cmd##n),          \
		SHELL_CMD(revert, NULL, "forget what is staged", cmd##n),                          \
		SHELL_CMD(set, NULL, "stage settings, see wg help", cmd##n),                       \
		SHELL_CMD(show, NULL, "[staged] [--machine]: interface and peers", cmd##n),        \
		SHELL_CMD(showconf, NULL, "[staged]: a wg-quick file", cmd##n),                    \
		SHELL_CMD(stats, NULL, "every counter", cmd##n),                                   \
		SHELL_CMD(up, NULL, "start the tunnel", cmd##n),                                   \
		SHELL_CMD(version, NULL, "of zwg", cmd##n), SHELL_SUBCMD_SET_END)

ZWG_COMMANDS(0);
SHELL_CMD_REGISTER(wg, &subcommands0, "WireGuard interface zwg0", cmd_bare0);
#if CONFIG_ZWG_INSTANCES > 1
ZWG_COMMANDS(1);
SHELL_CMD_REGISTER(wg1, &subcommands1, "WireGuard interface zwg1", cmd_bare1);
#endif
#if CONFIG_ZWG_INSTANCES > 2
ZWG_COMMANDS(2);
SHELL_CMD_REGISTER(wg2, &subcommands2, "WireGuard interface zwg2", cmd_bare2);
#endif
#if CONFIG_ZWG_INSTANCES > 3
ZWG_COMMANDS(3);
SHELL_CMD_REGISTER(wg3, &subcommands3, "WireGuard interface zwg3", cmd_bare3);
#endif
