/* SPDX-License-Identifier: MIT */
/* Sizes for zwg-linux. The tables lie in memory that costs nothing until it is used; see
 * core/include/zwg/config.h for what each of them means. */
#ifndef ZWG_CONFIG_LINUX_H
#define ZWG_CONFIG_LINUX_H

#define ZWG_MAX_PEERS	      65536
#define ZWG_MAX_ALLOWED_IPS   262144
#define ZWG_REPLAY_WINDOW     8128
#define ZWG_MAX_STAGED	      128
#define ZWG_HANDSHAKE_QUEUE   1024
#define ZWG_LOAD_THRESHOLD    128
#define ZWG_RATELIMIT_ENTRIES 8192

#endif
