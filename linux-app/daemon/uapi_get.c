/* SPDX-License-Identifier: MIT */
/* What wg(8) shows, as lines KEY=VALUE; see uapi_get.h. */
#include "uapi_get.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board/text.h"
#include "crypto/secret.h"
#include "port/clock.h"

#define NS_PER_MS   1000000
#define NS_PER_S    1000000000
#define EPOCH_SLACK (50 * (int64_t)NS_PER_MS)

static void put(struct text_buffer *out, const char *key, const char *value, size_t len)
{
	text_append(out, key, strlen(key));
	text_append(out, "=", 1);
	text_append(out, value, len);
	text_append(out, "\n", 1);
}

static void put_number(struct text_buffer *out, const char *key, uint64_t number)
{
	char text[ZWG_NUMBER_TEXT_SIZE];

	put(out, key, text, zwg_number_format(number, text));
}

/* Without a branch or an index that depends on the key. */
static void put_key(struct text_buffer *out, const char *name, const uint8_t key[32])
{
	char hex[64];

	for (size_t i = 0; i < sizeof(hex); i++) {
		unsigned int digit = i % 2 == 0 ? key[i / 2] >> 4 : key[i / 2] & 15U;

		/* From 10 on: past the characters between '9' and 'a'. */
		hex[i] = (char)('0' + digit + ((9 - digit) >> 8 & ('a' - '9' - 1U)));
	}
	put(out, name, hex, sizeof(hex));
	zwg_wipe(hex, sizeof(hex));
}

static void put_handshake(struct text_buffer *out, zwg_time last, int64_t epoch)
{
	int64_t at = 0;

	if (last != ZWG_NEVER)
		at = epoch + (int64_t)last * NS_PER_MS;
	if (at < 0)
		at = 0;
	put_number(out, "last_handshake_time_sec", (uint64_t)(at / NS_PER_S));
	put_number(out, "last_handshake_time_nsec", (uint64_t)(at % NS_PER_S));
}

static void put_prefixes(struct text_buffer *out, const struct zwg_device *dev,
			 const struct zwg_peer *peer)
{
	char text[ZWG_PREFIX_TEXT_SIZE];
	struct zwg_prefix prefix;
	uint32_t cursor = 0;

	while (zwg_allowed_ip_next(dev, peer, &cursor, &prefix))
		put(out, "allowed_ip", text, zwg_prefix_format(&prefix, text));
}

static void put_peer(struct text_buffer *out, const struct zwg_device *dev,
		     const struct zwg_peer *peer, zwg_time now, int64_t epoch)
{
	char endpoint[ZWG_ENDPOINT_TEXT_SIZE];
	struct zwg_peer_info info;
	uint8_t psk[32];

	zwg_peer_get_info(peer, now, &info);
	zwg_peer_get_preshared_key(peer, psk);
	put_key(out, "public_key", info.public_key);
	put_key(out, "preshared_key", psk);
	zwg_wipe(psk, sizeof(psk));
	put_number(out, "protocol_version", 1);
	if (info.endpoint.addr.family != ZWG_AF_NONE)
		put(out, "endpoint", endpoint, zwg_endpoint_format(&info.endpoint, endpoint));
	put_handshake(out, info.last_handshake, epoch);
	put_number(out, "tx_bytes", info.tx_bytes);
	put_number(out, "rx_bytes", info.rx_bytes);
	put_number(out, "persistent_keepalive_interval", info.keepalive);
	put_prefixes(out, dev, peer);
}

static void follow_clock(struct uapi_epoch *epoch, zwg_time now)
{
	uint64_t seconds;
	uint32_t nanoseconds;
	int64_t found;

	clock_wall(&seconds, &nanoseconds);
	found = (int64_t)(seconds * NS_PER_S + nanoseconds) - (int64_t)now * NS_PER_MS;
	if (llabs(found - epoch->nanoseconds) > EPOCH_SLACK)
		epoch->nanoseconds = found;
}

int uapi_get(struct interface *iface, struct uapi_epoch *epoch, struct text_buffer *out)
{
	struct zwg_device *dev = iface->tunnel->device;
	zwg_time now = clock_now();

	follow_clock(epoch, now);
	tunnel_lock(iface->tunnel);
	if (!zwg_is_zero(iface->private_key, sizeof(iface->private_key)))
		put_key(out, "private_key", iface->private_key);
	put_number(out, "listen_port", iface->listen_port);
	put_number(out, "fwmark", iface->fwmark);
	for (struct zwg_peer *peer = NULL; (peer = zwg_peer_next(dev, peer));)
		put_peer(out, dev, peer, now, epoch->nanoseconds);
	tunnel_unlock(iface->tunnel);
	return out->no_memory ? -ENOMEM : 0;
}
