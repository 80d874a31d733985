/* SPDX-License-Identifier: MIT */
/*
 * The sizes of everything. A port overrides any of them on the compiler's command line, or in a
 * header of its own named by ZWG_CONFIG_FILE; nothing in the core grows at run time.
 */
#ifndef ZWG_CONFIG_H
#define ZWG_CONFIG_H

#ifdef ZWG_CONFIG_FILE
#include ZWG_CONFIG_FILE
#endif

/** Peers a device can have. */
#ifndef ZWG_MAX_PEERS
#define ZWG_MAX_PEERS 4
#endif

/** Allowed-IP prefixes a device can have, over all its peers and both families. */
#ifndef ZWG_MAX_ALLOWED_IPS
#define ZWG_MAX_ALLOWED_IPS 16
#endif

/** Packets that may arrive late: how far behind the highest counter seen one is still accepted
 *  (paper section 5.4.6). A multiple of 32, from 64 to 8128. */
#ifndef ZWG_REPLAY_WINDOW
#define ZWG_REPLAY_WINDOW 2048
#endif

/** Packets kept for a peer while its handshake is made; the oldest gives way. */
#ifndef ZWG_MAX_STAGED
#define ZWG_MAX_STAGED 8
#endif

/** Handshake messages that wait to be computed. */
#ifndef ZWG_HANDSHAKE_QUEUE
#define ZWG_HANDSHAKE_QUEUE 8
#endif

/** Waiting handshake messages from which on the device is under load (paper section 5.3). */
#ifndef ZWG_LOAD_THRESHOLD
#define ZWG_LOAD_THRESHOLD (ZWG_HANDSHAKE_QUEUE / 2)
#endif

/** Addresses (IPv4) and /64 networks (IPv6) whose handshakes are rate-limited at a time. */
#ifndef ZWG_RATELIMIT_ENTRIES
#define ZWG_RATELIMIT_ENTRIES 32
#endif

#if ZWG_MAX_PEERS < 1 || ZWG_MAX_PEERS > 65536
#error "ZWG_MAX_PEERS: from 1 to 65536"
#endif
#if ZWG_MAX_ALLOWED_IPS < 1 || ZWG_MAX_ALLOWED_IPS > 1048576
#error "ZWG_MAX_ALLOWED_IPS: from 1 to 1048576"
#endif
#if ZWG_REPLAY_WINDOW < 64 || ZWG_REPLAY_WINDOW > 8128 || ZWG_REPLAY_WINDOW % 32 != 0
#error "ZWG_REPLAY_WINDOW: a multiple of 32 from 64 to 8128"
#endif
#if ZWG_MAX_STAGED < 1
#error "ZWG_MAX_STAGED: at least 1"
#endif
#if ZWG_HANDSHAKE_QUEUE < 2 || ZWG_LOAD_THRESHOLD < 1 || ZWG_LOAD_THRESHOLD > ZWG_HANDSHAKE_QUEUE
#error "ZWG_HANDSHAKE_QUEUE: at least 2; ZWG_LOAD_THRESHOLD: from 1 to ZWG_HANDSHAKE_QUEUE"
#endif
#if ZWG_RATELIMIT_ENTRIES < 1
#error "ZWG_RATELIMIT_ENTRIES: at least 1"
#endif

#endif
