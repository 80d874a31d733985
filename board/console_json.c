/* SPDX-License-Identifier: MIT */
/*
 * "wg show --machine": JSON (RFC 8259) that is never whole in memory. The CRC is taken of the bytes
 * as they leave.
 */
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "output.h"

static void put_string(struct zwg_console *console, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	zwg_out(console, "\"", 1);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

		if (c == '"' || c == '\\') {
			zwg_out(console, "\\", 1);
			zwg_out(console, text, 1);
		} else if (c < ' ' || c > '~') {
			zwg_out(console, escaped, sizeof(escaped));
		} else {
			zwg_out(console, text, 1);
		}
	}
	zwg_out(console, "\"", 1);
}

static void put_name(struct zwg_console *console, const char *name)
{
	zwg_out(console, ",", 1);
	put_string(console, name);
	zwg_out(console, ":", 1);
}

static void put_string_member(struct zwg_console *console, const char *name, const char *text)
{
	put_name(console, name);
	put_string(console, text);
}

/* The empty text is null. */
static void put_text_member(struct zwg_console *console, const char *name, const char *text)
{
	put_name(console, name);
	if (text[0] != '\0') {
		put_string(console, text);
	} else {
		zwg_out_text(console, "null");
	}
}

static void put_number_member(struct zwg_console *console, const char *name, uint64_t value)
{
	put_name(console, name);
	zwg_out_number(console, value);
}

static void put_bool_member(struct zwg_console *console, const char *name, bool value)
{
	put_name(console, name);
	zwg_out_text(console, value ? "true" : "false");
}

static void put_prefixes_member(struct zwg_console *console, const char *name,
				const struct zwg_prefix *list, uint8_t count)
{
	put_name(console, name);
	zwg_out_text(console, count > 0 ? "[\"" : "[");
	zwg_out_prefixes(console, list, count, "\",\"");
	zwg_out_text(console, count > 0 ? "\"]" : "]");
}

static void put_underlay_addresses(struct zwg_console *console)
{
	struct zwg_addr addrs[ZWG_CONSOLE_UNDERLAY_ADDRESSES];
	size_t count = console->ops->underlay_addresses(console->ctx, addrs,
							ZWG_CONSOLE_UNDERLAY_ADDRESSES);

	put_name(console, "underlay_address");
	zwg_out(console, "[", 1);
	for (size_t i = 0; i < count; i++) {
		char text[ZWG_ADDR_TEXT_SIZE];

		(void)zwg_addr_format(&addrs[i], text);
		zwg_out_text(console, i > 0 ? "," : "");
		put_string(console, text);
	}
	zwg_out(console, "]", 1);
}

static void put_peer_state(struct zwg_console *console, const struct zwg_conf_peer *peer)
{
	struct zwg_peer_view view;
	char text[ZWG_ENDPOINT_TEXT_SIZE];

	zwg_peer_view(console, peer, &view);
	(void)zwg_endpoint_format(&view.info.endpoint, text);
	put_text_member(console, "endpoint", text);
	if (view.known && view.info.last_handshake != ZWG_NEVER) {
		put_number_member(console, "latest_handshake",
				  (view.now - view.info.last_handshake) / 1000);
	} else {
		put_text_member(console, "latest_handshake", "");
	}
	put_number_member(console, "rx_bytes", view.info.rx_bytes);
	put_number_member(console, "tx_bytes", view.info.tx_bytes);
}

static void put_peer(struct zwg_console *console, const struct zwg_conf_peer *peer, bool staged)
{
	char text[ZWG_ENDPOINT_TEXT_SIZE];

	zwg_out_text(console, "{\"public_key\":\"");
	zwg_out_public_key(console, peer->public_key);
	zwg_out_text(console, "\"");
	put_bool_member(console, "preshared_key", !zwg_is_zero(peer->preshared_key, 32));
	put_prefixes_member(console, "allowed_ips", peer->allowed_ips, peer->allowed_ips_count);
	(void)zwg_host_port_format(&peer->endpoint, text);
	put_text_member(console, "endpoint_host", text);
	put_number_member(console, "persistent_keepalive", peer->keepalive);
	if (!staged) {
		put_peer_state(console, peer);
	}
	zwg_out(console, "}", 1);
}

struct counters {
	struct zwg_console *console;
	bool any;
};

static void put_counter(void *ctx, const char *prefix, const char *name, uint64_t value)
{
	struct counters *counters = ctx;
	struct zwg_console *console = counters->console;

	if (value == 0) {
		return;
	}
	zwg_out_text(console, counters->any ? ",\"" : "\"");
	counters->any = true;
	zwg_out_text(console, prefix);
	zwg_out_text(console, name);
	zwg_out_text(console, "\":");
	zwg_out_number(console, value);
}

static void put_waits(struct zwg_console *console)
{
	const char *waits = zwg_console_waits(console);

	put_text_member(console, "waits", waits != NULL ? waits : "");
}

static void put_object(struct zwg_console *console, const struct zwg_conf *conf, bool staged,
		       const uint8_t *public_key)
{
	char text[ZWG_KEY_TEXT_SIZE] = "";

	zwg_out_text(console, "{\"v\":1");
	put_string_member(console, "version", console->version);
	put_string_member(console, "board", console->board);
	put_string_member(console, "interface", console->interface);
	put_bool_member(console, "staged", staged);
	put_bool_member(console, "pending", console->pending);
	put_bool_member(console, "up", conf->enabled);
	if (!staged) {
		put_waits(console);
	}
	if (console->chip_len > 0) {
		put_name(console, "chip");
		zwg_out(console, "\"", 1);
		zwg_out_hex(console, console->chip, console->chip_len);
		zwg_out(console, "\"", 1);
	}
	put_string_member(console, "entropy", console->entropy);
	if (!staged) {
		put_number_member(console, "uptime", console->ops->uptime(console->ctx));
	}
	if (public_key != NULL) {
		(void)zwg_key_format(public_key, text);
	}
	put_text_member(console, "public_key", text);
	put_number_member(console, "listen_port", conf->listen_port);
	put_prefixes_member(console, "address", conf->addresses, conf->address_count);
	put_number_member(console, "mtu", conf->mtu);
	put_string_member(console, "underlay", conf->underlay[0] != '\0' ? conf->underlay : "auto");
	if (!staged) {
		put_underlay_addresses(console);
	}
	put_name(console, "peers");
	zwg_out(console, "[", 1);
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		zwg_out_text(console, i > 0 ? "," : "");
		put_peer(console, &conf->peers[i], staged);
	}
	zwg_out(console, "]", 1);
	if (!staged) {
		struct counters counters = {.console = console};

		put_name(console, "counters");
		zwg_out(console, "{", 1);
		zwg_each_counter(console, put_counter, &counters);
		zwg_out(console, "}", 1);
	}
	zwg_out(console, "}", 1);
}

void zwg_show_json(struct zwg_console *console, const struct zwg_conf *conf, bool staged,
		   const uint8_t *public_key)
{
	uint8_t crc[4];

	zwg_out_text(console, "@zwg ");
	console->crc = 0;
	console->counting = true;
	put_object(console, conf, staged, public_key);
	console->counting = false;
	zwg_out(console, " ", 1);
	zwg_put_be32(crc, console->crc);
	zwg_out_hex(console, crc, sizeof(crc));
	zwg_out(console, "\n", 1);
}
