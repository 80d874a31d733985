/* SPDX-License-Identifier: MIT */
/*
 * Records, version 1; lengths in bytes, integers little-endian.
 *
 * RECORD: "ZWG" 3, version 1, length of the whole 4, flags 1, [private key 32], listen port 2,
 *         mtu 2, underlay TEXT, addresses 1 and so many PREFIX, peers 2 and so many PEER,
 *         CRC-32 of all before it 4.
 * PEER:   public key 32, flags 1, [preshared key 32], [host TEXT, port 2], keepalive 2,
 *         allowed IPs 1 and so many PREFIX.
 * PREFIX: family 1 (4 or 6), bits 1, address 4 or 16.    TEXT: length 1, characters.
 */
#include <errno.h>
#include <string.h>

#include "crc32.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "record.h"

#define HEADER_LEN 8
#define CRC_LEN	   4

#define FLAG_PRIVATE_KEY   1
#define FLAG_ENABLED	   2
#define FLAG_PRESHARED_KEY 1
#define FLAG_ENDPOINT	   2

/* The first failure sticks and nothing moves after it, so that one look at the end is enough. */
struct writer {
	uint8_t *buf;
	size_t size;
	size_t len;
	bool ok;
};

struct reader {
	const uint8_t *buf;
	size_t left;
	int err;
};

static void put(struct writer *w, const void *data, size_t len)
{
	w->ok = w->ok && len <= w->size - w->len;
	if (w->ok) {
		memcpy(w->buf + w->len, data, len);
		w->len += len;
	}
}

static void put_u8(struct writer *w, unsigned int value)
{
	uint8_t byte = (uint8_t)value;

	put(w, &byte, 1);
}

static void put_u16(struct writer *w, unsigned int value)
{
	put_u8(w, value & 0xff);
	put_u8(w, value >> 8);
}

static void put_u32(struct writer *w, uint32_t value)
{
	uint8_t bytes[4];

	zwg_put_le32(bytes, value);
	put(w, bytes, sizeof(bytes));
}

static void put_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	put_u8(w, (unsigned int)len);
	put(w, text, len);
}

static void put_prefixes(struct writer *w, const struct zwg_prefix *list, uint8_t count)
{
	put_u8(w, count);
	for (uint8_t i = 0; i < count; i++) {
		put_u8(w, list[i].addr.family);
		put_u8(w, list[i].bits);
		put(w, list[i].addr.bytes, zwg_family_bits(list[i].addr.family) / 8);
	}
}

static void put_peer(struct writer *w, const struct zwg_conf_peer *peer)
{
	bool preshared_key = !zwg_is_zero(peer->preshared_key, 32);
	bool endpoint = peer->endpoint.host[0] != '\0';

	put(w, peer->public_key, 32);
	put_u8(w, (preshared_key ? FLAG_PRESHARED_KEY : 0) | (endpoint ? FLAG_ENDPOINT : 0));
	if (preshared_key) {
		put(w, peer->preshared_key, 32);
	}
	if (endpoint) {
		put_text(w, peer->endpoint.host);
		put_u16(w, peer->endpoint.port);
	}
	put_u16(w, peer->keepalive);
	put_prefixes(w, peer->allowed_ips, peer->allowed_ips_count);
}

int zwg_record_encode(const struct zwg_conf *conf, uint8_t *buf, size_t size)
{
	struct writer w = {.buf = buf, .size = size, .ok = true};
	static const uint8_t magic[4] = {'Z', 'W', 'G', ZWG_RECORD_VERSION};

	put(&w, magic, sizeof(magic));
	put_u32(&w, 0);
	put_u8(&w,
	       (conf->has_private_key ? FLAG_PRIVATE_KEY : 0) | (conf->enabled ? FLAG_ENABLED : 0));
	if (conf->has_private_key) {
		put(&w, conf->private_key, 32);
	}
	put_u16(&w, conf->listen_port);
	put_u16(&w, conf->mtu);
	put_text(&w, conf->underlay);
	put_prefixes(&w, conf->addresses, conf->address_count);
	put_u16(&w, conf->peer_count);
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		put_peer(&w, &conf->peers[i]);
	}
	if (w.ok) {
		zwg_put_le32(buf + 4, (uint32_t)(w.len + CRC_LEN));
		put_u32(&w, zwg_crc32(0, buf, w.len));
	}
	if (!w.ok) {
		zwg_wipe(buf, size);
		return -ENOSPC;
	}
	return (int)w.len;
}

static void get(struct reader *r, void *out, size_t len)
{
	if (r->err == 0 && len > r->left) {
		r->err = -EINVAL;
	}
	if (r->err != 0) {
		memset(out, 0, len);
		return;
	}
	memcpy(out, r->buf, len);
	r->buf += len;
	r->left -= len;
}

static uint8_t get_u8(struct reader *r)
{
	uint8_t byte;

	get(r, &byte, 1);
	return byte;
}

static uint16_t get_u16(struct reader *r)
{
	uint8_t bytes[2];

	get(r, bytes, sizeof(bytes));
	return (uint16_t)(bytes[1] << 8 | bytes[0]);
}

/* A number that must not exceed @a max; @a err says why it may not. */
static uint16_t limited(struct reader *r, uint16_t value, uint16_t max, int err)
{
	if (r->err == 0 && value > max) {
		r->err = err;
	}
	return r->err == 0 ? value : 0;
}

static uint8_t get_flags(struct reader *r)
{
	return (uint8_t)limited(r, get_u8(r), 3, -EINVAL);
}

/* @a out is all zeros and has room for @a max characters and a zero. */
static void get_text(struct reader *r, char *out, uint8_t max)
{
	size_t len = limited(r, get_u8(r), max, -EINVAL);

	get(r, out, len);
	if (r->err == 0 && strlen(out) != len) {
		r->err = -EINVAL;
	}
}

static uint8_t get_prefixes(struct reader *r, struct zwg_prefix *list, uint8_t max)
{
	uint8_t count = (uint8_t)limited(r, get_u8(r), max, -ENOSPC);

	for (uint8_t i = 0; i < count; i++) {
		list[i].addr.family = get_u8(r);
		list[i].bits = get_u8(r);
		get(r, list[i].addr.bytes, zwg_family_bits(list[i].addr.family) / 8);
	}
	return count;
}

static void get_peer(struct reader *r, struct zwg_conf_peer *peer)
{
	uint8_t flags;

	get(r, peer->public_key, 32);
	flags = get_flags(r);
	if ((flags & FLAG_PRESHARED_KEY) != 0) {
		get(r, peer->preshared_key, 32);
		if (r->err == 0 && zwg_is_zero(peer->preshared_key, 32)) {
			r->err = -EINVAL;
		}
	}
	if ((flags & FLAG_ENDPOINT) != 0) {
		get_text(r, peer->endpoint.host, ZWG_HOST_MAX);
		peer->endpoint.port = get_u16(r);
		if (r->err == 0 && peer->endpoint.host[0] == '\0') {
			r->err = -EINVAL;
		}
	}
	peer->keepalive = get_u16(r);
	peer->allowed_ips_count = get_prefixes(r, peer->allowed_ips, ZWG_CONF_ALLOWED_IPS);
}

static void get_conf(struct reader *r, struct zwg_conf *conf)
{
	uint8_t flags = get_flags(r);

	conf->has_private_key = (flags & FLAG_PRIVATE_KEY) != 0;
	conf->enabled = (flags & FLAG_ENABLED) != 0;
	if (conf->has_private_key) {
		get(r, conf->private_key, 32);
	}
	conf->listen_port = get_u16(r);
	conf->mtu = get_u16(r);
	get_text(r, conf->underlay, ZWG_CONF_UNDERLAY_MAX);
	conf->address_count = get_prefixes(r, conf->addresses, ZWG_CONF_ADDRESSES);
	conf->peer_count = limited(r, get_u16(r), ZWG_MAX_PEERS, -ENOSPC);
	for (uint16_t i = 0; i < conf->peer_count && r->err == 0; i++) {
		get_peer(r, &conf->peers[i]);
	}
	if (r->err == 0 && r->left != 0) {
		r->err = -EINVAL;
	}
}

int zwg_record_decode(struct zwg_conf *conf, const uint8_t *buf, size_t len)
{
	struct reader r;
	struct zwg_conf_fault fault;

	zwg_conf_init(conf);
	if (len < HEADER_LEN + CRC_LEN || memcmp(buf, "ZWG", 3) != 0 ||
	    zwg_get_le32(buf + 4) != len ||
	    zwg_get_le32(buf + len - CRC_LEN) != zwg_crc32(0, buf, len - CRC_LEN)) {
		return -EBADMSG;
	}
	if (buf[3] != ZWG_RECORD_VERSION) {
		return -ENOTSUP;
	}
	r = (struct reader){.buf = buf + HEADER_LEN, .left = len - HEADER_LEN - CRC_LEN};
	get_conf(&r, conf);
	if (r.err == 0) {
		r.err = zwg_conf_validate(conf, &fault);
	}
	if (r.err != 0) {
		zwg_conf_init(conf);
	}
	return r.err == -EEXIST ? -EINVAL : r.err;
}

static const uint8_t mark_magic[4] = {'Z', 'W', 'M', ZWG_RECORD_VERSION};

void zwg_mark_encode(uint64_t mark, uint8_t buf[ZWG_MARK_LEN])
{
	memcpy(buf, mark_magic, sizeof(mark_magic));
	zwg_put_le64(buf + 4, mark);
	zwg_put_le32(buf + 12, zwg_crc32(0, buf, 12));
}

int zwg_mark_decode(uint64_t *mark, const uint8_t *buf, size_t len)
{
	if (len != ZWG_MARK_LEN || memcmp(buf, mark_magic, 3) != 0 ||
	    zwg_get_le32(buf + 12) != zwg_crc32(0, buf, 12)) {
		return -EBADMSG;
	}
	if (buf[3] != ZWG_RECORD_VERSION) {
		return -ENOTSUP;
	}
	*mark = zwg_get_le64(buf + 4);
	return 0;
}
