/* SPDX-License-Identifier: MIT */
/*
 * A configuration and a stamp mark as bytes for flash: versioned, little-endian, of explicit
 * length, closed by a CRC-32. Decoding accepts exactly what encoding writes; anything else is an
 * error and never half a configuration. The CRC is against accidents, not against forgers.
 */
#ifndef ZWG_RECORD_H
#define ZWG_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define ZWG_RECORD_VERSION 1

/** Greatest lengths in bytes: of a prefix, of a peer, of the whole. */
#define ZWG_RECORD_PREFIX_MAX (2 + 16)
#define ZWG_RECORD_PEER_MAX                                                                        \
	(32 + 1 + 32 + 1 + ZWG_HOST_MAX + 2 + 2 + 1 + ZWG_CONF_ALLOWED_IPS * ZWG_RECORD_PREFIX_MAX)
#define ZWG_RECORD_MAX                                                                             \
	(4 + 4 + 1 + 32 + 2 + 2 + 1 + ZWG_CONF_UNDERLAY_MAX + 1 +                                  \
	 ZWG_CONF_ADDRESSES * ZWG_RECORD_PREFIX_MAX + 2 + ZWG_MAX_PEERS * ZWG_RECORD_PEER_MAX + 4)

/** Takes the next @a len bytes of a record, or gives them. A negative errno ends it. */
typedef int (*zwg_record_sink)(void *ctx, const uint8_t *bytes, size_t len);
typedef int (*zwg_record_source)(void *ctx, uint8_t *bytes, size_t len);

/** Writes a valid @a conf, in pieces of any length. The length of the whole in bytes, or the sink's
 *  error. The bytes hold secrets. */
int zwg_record_write(const struct zwg_conf *conf, zwg_record_sink sink, void *ctx);

/**
 * Reads a configuration that zwg_conf_validate() accepts from the @a len bytes of @a source, none
 * of them twice; on any error *conf is the empty one. -EBADMSG: not a record, of another length, or
 * damaged. -ENOTSUP: a whole record of another version. -ENOSPC: more peers or prefixes than this
 * build has room for. -EINVAL: its content. Or the source's error.
 */
int zwg_record_read(struct zwg_conf *conf, zwg_record_source source, void *ctx, size_t len);

/** zwg_record_write() to memory: -ENOSPC if @a size is too small (ZWG_RECORD_MAX always suffices),
 *  and then the bytes are wiped. */
int zwg_record_encode(const struct zwg_conf *conf, uint8_t *buf, size_t size);

/** zwg_record_read() from memory. */
int zwg_record_decode(struct zwg_conf *conf, const uint8_t *buf, size_t len);

/** Bytes of a mark (see stamp.h): magic and version, mark, CRC-32. */
#define ZWG_MARK_LEN 16

void zwg_mark_encode(uint64_t mark, uint8_t buf[ZWG_MARK_LEN]);

/** -EBADMSG: not a mark, or damaged. -ENOTSUP: of another version. */
int zwg_mark_decode(uint64_t *mark, const uint8_t *buf, size_t len);

#endif
