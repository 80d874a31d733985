/* SPDX-License-Identifier: MIT */
/* What is configured and what happens, for people: as wg(8) shows it. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "crypto/secret.h"
#include "output.h"

void zwg_peer_view(struct zwg_console *console, const struct zwg_conf_peer *conf,
		   struct zwg_peer_view *view)
{
	const struct zwg_peer *peer;

	memset(view, 0, sizeof(*view));
	view->conf = conf;
	console->ops->lock(console->ctx);
	peer = zwg_peer_find(console->dev, conf->public_key);
	if (peer != NULL) {
		view->known = true;
		view->now = console->ops->now(console->ctx);
		zwg_peer_get_info(peer, view->now, &view->info);
	}
	console->ops->unlock(console->ctx);
}

void zwg_each_counter(struct zwg_console *console, zwg_counter_visitor visit, void *ctx)
{
#define COUNTER(name)                                                                              \
	{                                                                                          \
#name, offsetof(struct zwg_counters, name)                                         \
	}
	static const struct {
		const char *name;
		size_t offset;
	} others[] = {
		COUNTER(initiations_sent), COUNTER(initiations_received),
		COUNTER(responses_sent),   COUNTER(responses_received),
		COUNTER(cookies_sent),	   COUNTER(cookies_received),
		COUNTER(keepalives_sent),  COUNTER(keepalives_received),
		COUNTER(data_sent),	   COUNTER(data_received),
		COUNTER(x25519),
	};
#undef COUNTER
	struct zwg_counters now;

	console->ops->lock(console->ctx);
	now = *zwg_get_counters(console->dev);
	console->ops->unlock(console->ctx);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint64_t value;

		memcpy(&value, (const uint8_t *)&now + others[i].offset, sizeof(value));
		visit(ctx, "", others[i].name, value);
	}
	for (int reason = 0; reason < ZWG_DROP_COUNT; reason++) {
		visit(ctx, "drop_", zwg_drop_name((enum zwg_drop)reason), now.drops[reason]);
	}
}

static void put_counter(void *ctx, const char *prefix, const char *name, uint64_t value)
{
	struct zwg_console *console = ctx;

	zwg_out_text(console, prefix);
	zwg_out_text(console, name);
	zwg_out_text(console, " ");
	zwg_out_number(console, value);
	zwg_out_text(console, "\n");
}

int zwg_command_stats(struct zwg_console *console, int argc, char *const argv[])
{
	bool given;
	int err = zwg_only_word(console, argc, argv, NULL, &given);

	if (err == 0) {
		zwg_each_counter(console, put_counter, console);
	}
	return err;
}

static void put_line(struct zwg_console *console, const char *name, const char *value)
{
	zwg_out_text(console, name);
	zwg_out_text(console, value);
	zwg_out_text(console, "\n");
}

static void put_number(struct zwg_console *console, const char *name, uint64_t value)
{
	char text[ZWG_NUMBER_TEXT_SIZE];

	(void)zwg_number_format(value, text);
	put_line(console, name, text);
}

static void put_key(struct zwg_console *console, const char *name, const uint8_t public_key[32])
{
	char text[ZWG_KEY_TEXT_SIZE];

	(void)zwg_key_format(public_key, text);
	put_line(console, name, text);
}

static void put_prefixes(struct zwg_console *console, const char *name,
			 const struct zwg_prefix *list, uint8_t count)
{
	zwg_out_text(console, name);
	zwg_out_prefixes(console, list, count, ", ");
	zwg_out_text(console, count > 0 ? "\n" : "(none)\n");
}

/* "1 day, 2 hours, 5 seconds ago", leaving out what is 0. */
static void put_ago(struct zwg_console *console, uint64_t seconds)
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} units[] = {{86400, " day"}, {3600, " hour"}, {60, " minute"}, {1, " second"}};
	const char *separator = "";

	if (seconds == 0) {
		zwg_out_text(console, "Now\n");
		return;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t count = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (count > 0) {
			zwg_out_text(console, separator);
			zwg_out_number(console, count);
			zwg_out_text(console, units[i].name);
			zwg_out_text(console, count > 1 ? "s" : "");
			separator = ", ";
		}
	}
	zwg_out_text(console, " ago\n");
}

/* "12.34 KiB", cut after the second place. */
static void put_bytes(struct zwg_console *console, uint64_t bytes)
{
	static const char *const names[] = {" B", " KiB", " MiB", " GiB", " TiB"};
	unsigned int shift = 0;
	size_t unit = 0;

	while (unit < 4 && bytes >> shift >= 1024) {
		shift += 10;
		unit++;
	}
	zwg_out_number(console, bytes >> shift);
	if (unit > 0) {
		uint32_t hundredths = (uint32_t)(bytes >> (shift - 10) & 1023) * 100 / 1024;

		zwg_out_text(console, hundredths < 10 ? ".0" : ".");
		zwg_out_number(console, hundredths);
	}
	zwg_out_text(console, names[unit]);
}

static void put_endpoint(struct zwg_console *console, const struct zwg_peer_view *view)
{
	char text[ZWG_ENDPOINT_TEXT_SIZE];

	if (zwg_endpoint_format(&view->info.endpoint, text) > 0) {
		put_line(console, "  endpoint: ", text);
	} else if (zwg_host_port_format(&view->conf->endpoint, text) > 0) {
		zwg_out_text(console, "  endpoint: ");
		put_line(console, text, view->known ? " (address not known)" : "");
	}
}

static void put_traffic(struct zwg_console *console, const struct zwg_peer_view *view)
{
	const struct zwg_peer_info *info = &view->info;

	if (!view->known) {
		return;
	}
	if (info->last_handshake != ZWG_NEVER) {
		zwg_out_text(console, "  latest handshake: ");
		put_ago(console, (view->now - info->last_handshake) / 1000);
	}
	if (info->rx_bytes != 0 || info->tx_bytes != 0) {
		zwg_out_text(console, "  transfer: ");
		put_bytes(console, info->rx_bytes);
		zwg_out_text(console, " received, ");
		put_bytes(console, info->tx_bytes);
		zwg_out_text(console, " sent\n");
	}
}

static void show_peer(struct zwg_console *console, const struct zwg_conf_peer *peer, bool staged)
{
	struct zwg_peer_view view = {.conf = peer};

	if (!staged) {
		zwg_peer_view(console, peer, &view);
	}
	put_key(console, "\npeer: ", peer->public_key);
	if (!zwg_is_zero(peer->preshared_key, 32)) {
		put_line(console, "  preshared key: ", "(hidden)");
	}
	put_endpoint(console, &view);
	put_prefixes(console, "  allowed ips: ", peer->allowed_ips, peer->allowed_ips_count);
	put_traffic(console, &view);
	if (peer->keepalive > 0) {
		zwg_out_text(console, "  persistent keepalive: every ");
		zwg_out_number(console, peer->keepalive);
		zwg_out_text(console, peer->keepalive > 1 ? " seconds\n" : " second\n");
	}
}

static void show_board(struct zwg_console *console)
{
	struct zwg_addr addrs[ZWG_CONSOLE_UNDERLAY_ADDRESSES];
	size_t count = console->ops->underlay_addresses(console->ctx, addrs,
							ZWG_CONSOLE_UNDERLAY_ADDRESSES);

	for (size_t i = 0; i < count; i++) {
		char text[ZWG_ADDR_TEXT_SIZE];

		(void)zwg_addr_format(&addrs[i], text);
		put_line(console, "  underlay address: ", text);
	}
	if (console->chip_len > 0) {
		zwg_out_text(console, "  chip: ");
		zwg_out_hex(console, console->chip, console->chip_len);
		zwg_out_text(console, "\n");
	}
	zwg_out_text(console, "  entropy: ");
	put_line(console, console->entropy,
		 strcmp(console->entropy, "test") == 0 ? " (keys are worthless)" : "");
	if (console->pending) {
		put_line(console, "  staged: ", "changes not in force (wg commit, wg revert)");
	}
}

static void put_status(struct zwg_console *console, const struct zwg_conf *conf, const char *waits)
{
	zwg_out_text(console, conf->enabled ? "  status: up" : "  status: down");
	put_line(console, waits != NULL ? ", waits " : "", waits != NULL ? waits : "");
}

static void show(struct zwg_console *console, const struct zwg_conf *conf, bool staged,
		 const uint8_t *public_key)
{
	put_line(console, "interface: ", console->interface);
	if (public_key != NULL) {
		put_key(console, "  public key: ", public_key);
		put_line(console, "  private key: ", "(hidden)");
	}
	if (conf->listen_port != 0) {
		put_number(console, "  listening port: ", conf->listen_port);
	}
	put_prefixes(console, "  address: ", conf->addresses, conf->address_count);
	put_number(console, "  mtu: ", conf->mtu);
	put_line(console, "  underlay: ", conf->underlay[0] != '\0' ? conf->underlay : "auto");
	put_status(console, conf, staged ? NULL : zwg_console_waits(console));
	if (!staged) {
		show_board(console);
	}
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		show_peer(console, &conf->peers[i], staged);
	}
}

int zwg_command_show(struct zwg_console *console, int argc, char *const argv[])
{
	const struct zwg_conf *conf;
	uint8_t key[32];
	const uint8_t *public_key = NULL;
	bool machine;
	bool staged = argc > 0 && strcmp(argv[0], "staged") == 0;
	int err = zwg_only_word(console, staged ? argc - 1 : argc, staged ? argv + 1 : argv,
				"--machine", &machine);

	if (err != 0) {
		return err;
	}
	conf = staged ? zwg_console_staged(console) : console->running;
	if (conf->has_private_key) {
		err = zwg_conf_public_key(conf, key);
		if (err != 0) {
			return zwg_fail(console, err, "show", NULL, 0,
					"the public key must compute");
		}
		public_key = key;
	}
	if (machine) {
		zwg_show_json(console, conf, staged, public_key);
	} else {
		show(console, conf, staged, public_key);
	}
	return 0;
}

static void showconf_peer(struct zwg_console *console, const struct zwg_conf_peer *peer)
{
	char text[ZWG_ENDPOINT_TEXT_SIZE];

	put_key(console, "\n[Peer]\nPublicKey = ", peer->public_key);
	if (!zwg_is_zero(peer->preshared_key, 32)) {
		put_line(console, "PresharedKey = ", "(hidden)");
	}
	if (peer->allowed_ips_count > 0) {
		put_prefixes(console, "AllowedIPs = ", peer->allowed_ips, peer->allowed_ips_count);
	}
	if (zwg_host_port_format(&peer->endpoint, text) > 0) {
		put_line(console, "Endpoint = ", text);
	}
	if (peer->keepalive > 0) {
		put_number(console, "PersistentKeepalive = ", peer->keepalive);
	}
}

int zwg_command_showconf(struct zwg_console *console, int argc, char *const argv[])
{
	const struct zwg_conf *conf;
	bool staged;
	int err = zwg_only_word(console, argc, argv, "staged", &staged);

	if (err != 0) {
		return err;
	}
	conf = staged ? zwg_console_staged(console) : console->running;
	zwg_out_text(console, "[Interface]\n");
	if (conf->has_private_key) {
		put_line(console, "PrivateKey = ", "(hidden)");
	}
	if (conf->listen_port != 0) {
		put_number(console, "ListenPort = ", conf->listen_port);
	}
	if (conf->address_count > 0) {
		put_prefixes(console, "Address = ", conf->addresses, conf->address_count);
	}
	put_number(console, "MTU = ", conf->mtu);
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		showconf_peer(console, &conf->peers[i]);
	}
	return 0;
}
