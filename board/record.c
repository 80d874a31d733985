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
	zwg_record_sink sink; /**< NULL: only the length is wanted. */
	void *ctx;
	size_t len;
	uint32_t crc;
	int err;
};

struct reader {
	zwg_record_source source;
	void *ctx;
	size_t left; /**< Before the CRC. */
	uint32_t crc;
	int lost; /**< The source's error. */
	int err;  /**< What is wrong with the content, if it is not damaged. */
};

static void put(struct writer *w, const void *data, size_t len)
{
	if (w->sink != NULL && w->err == 0) {
		w->crc = zwg_crc32(w->crc, data, len);
		w->err = w->sink(w->ctx, data, len);
	}
	w->len += len;
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

/* All but the CRC; @a len is that of the whole. */
static void put_conf(struct writer *w, const struct zwg_conf *conf, size_t len)
{
	static const uint8_t magic[4] = {'Z', 'W', 'G', ZWG_RECORD_VERSION};

	put(w, magic, sizeof(magic));
	put_u32(w, (uint32_t)len);
	put_u8(w,
	       (conf->has_private_key ? FLAG_PRIVATE_KEY : 0) | (conf->enabled ? FLAG_ENABLED : 0));
	if (conf->has_private_key) {
		put(w, conf->private_key, 32);
	}
	put_u16(w, conf->listen_port);
	put_u16(w, conf->mtu);
	put_text(w, conf->underlay);
	put_prefixes(w, conf->addresses, conf->address_count);
	put_u16(w, conf->peer_count);
	for (uint16_t i = 0; i < conf->peer_count; i++) {
		put_peer(w, &conf->peers[i]);
	}
}

int zwg_record_write(const struct zwg_conf *conf, zwg_record_sink sink, void *ctx)
{
	struct writer counting = {.sink = NULL};
	struct writer w = {.sink = sink, .ctx = ctx};

	put_conf(&counting, conf, 0);
	put_conf(&w, conf, counting.len + CRC_LEN);
	put_u32(&w, w.crc);
	return w.err != 0 ? w.err : (int)w.len;
}

static void fetch(struct reader *r, void *out, size_t len)
{
	if (r->lost == 0) {
		r->lost = r->source(r->ctx, out, len);
	}
	if (r->lost != 0) {
		memset(out, 0, len);
	}
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
	fetch(r, out, len);
	r->crc = zwg_crc32(r->crc, out, len);
	r->left -= len;
}

/* What was not read, for its CRC. */
static void skip_rest(struct reader *r)
{
	uint8_t piece[32];

	while (r->left > 0 && r->lost == 0) {
		size_t len = r->left < sizeof(piece) ? r->left : sizeof(piece);

		fetch(r, piece, len);
		r->crc = zwg_crc32(r->crc, piece, len);
		r->left -= len;
	}
	zwg_wipe(piece, sizeof(piece));
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

/* A damaged record is that before anything else can be said of it. */
static int read_whole(struct reader *r, struct zwg_conf *conf, size_t len)
{
	struct zwg_conf_fault fault;
	uint8_t header[HEADER_LEN], crc[CRC_LEN];

	get(r, header, sizeof(header));
	if (r->lost == 0 && (memcmp(header, "ZWG", 3) != 0 || zwg_get_le32(header + 4) != len)) {
		return -EBADMSG;
	}
	if (header[3] == ZWG_RECORD_VERSION) {
		get_conf(r, conf);
	} else {
		r->err = -ENOTSUP;
	}
	skip_rest(r);
	fetch(r, crc, sizeof(crc));
	if (r->lost != 0) {
		return r->lost;
	}
	if (zwg_get_le32(crc) != r->crc) {
		return -EBADMSG;
	}
	return r->err != 0 ? r->err : zwg_conf_validate(conf, &fault);
}

int zwg_record_read(struct zwg_conf *conf, zwg_record_source source, void *ctx, size_t len)
{
	struct reader r = {.source = source, .ctx = ctx};
	int err = -EBADMSG;

	zwg_conf_init(conf);
	if (len >= HEADER_LEN + CRC_LEN) {
		r.left = len - CRC_LEN;
		err = read_whole(&r, conf, len);
	}
	if (err != 0) {
		zwg_conf_init(conf);
	}
	return err == -EEXIST ? -EINVAL : err;
}

struct memory {
	uint8_t *to;
	const uint8_t *from;
	size_t left;
};

static int to_memory(void *ctx, const uint8_t *bytes, size_t len)
{
	struct memory *memory = ctx;

	if (len > memory->left) {
		return -ENOSPC;
	}
	memcpy(memory->to, bytes, len);
	memory->to += len;
	memory->left -= len;
	return 0;
}

int zwg_record_encode(const struct zwg_conf *conf, uint8_t *buf, size_t size)
{
	struct memory memory = {.to = buf, .left = size};
	int len = zwg_record_write(conf, to_memory, &memory);

	if (len < 0) {
		zwg_wipe(buf, size);
	}
	return len;
}

static int from_memory(void *ctx, uint8_t *bytes, size_t len)
{
	struct memory *memory = ctx;

	memcpy(bytes, memory->from, len);
	memory->from += len;
	return 0;
}

int zwg_record_decode(struct zwg_conf *conf, const uint8_t *buf, size_t len)
{
	struct memory memory = {.from = buf};

	return zwg_record_read(conf, from_memory, &memory, len);
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
