/* SPDX-License-Identifier: MIT */
/*
 * The configuration in the settings subsystem, whose values are of at most 256 bytes. A record is
 * cut into chunks, which are written to the slot that is not in use; then one value, the head,
 * makes that slot the one in use. Whenever the power fails, the head names a complete slot:
 *
 *     zwg/0/a/0, zwg/0/a/1 ...     chunks of slot a of the interface zwg0
 *     zwg/0/b/0, zwg/0/b/1 ...     chunks of slot b
 *     zwg/0/head                   "ZWH", version 1, slot 'a' or 'b' 1, length 2, CRC-32 of these 4
 *     zwg/mark                     the time-stamp mark of board/record.h
 *
 * A chunk with its name and "=" is of less than 128 bytes, because FCB writes the length of such an
 * entry as one byte. Two bytes of which only the first was written look to it like an entry that is
 * longer than the sector, and then the settings subsystem erases everything.
 */
#ifndef ZWG_STORE_H
#define ZWG_STORE_H

#include "board/record.h"

#define ZWG_STORE_CHUNK	 112 /**< Bytes of a record in one value. */
#define ZWG_STORE_CHUNKS ((ZWG_RECORD_MAX + ZWG_STORE_CHUNK - 1) / ZWG_STORE_CHUNK)

/** Erases sectors that FCB cannot bear. Before the settings subsystem starts. */
int zwg_store_scrub(void);

#endif
