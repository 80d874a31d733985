/* SPDX-License-Identifier: MIT */
/* The rest of the network: a name server (RFC 1035, RFC 3596) at fd00:1::53, and peers that only
 * note that they were called. */
#ifndef ZWG_TEST_SERVER_H
#define ZWG_TEST_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <zwg/addr.h>

#define TYPE_A	  1
#define TYPE_AAAA 28

/** A name, and its addresses as text; NULL: none of that family. */
struct record {
	const char *name;
	const char *v4;
	const char *v6;
};

/** What the server knows from now on: @a count records, which stay the caller's. To questions of
 *  the type @a unanswered it says nothing; 0: there is no such type. */
void server_start(const struct record *records, unsigned int count, uint16_t unanswered);

/** The server and the peers work for @a ms. */
void server_run(uint32_t ms);

/** The types that were asked for since server_start(), in their order: "A AAAA ". */
const char *server_asked(void);

/** The peer that was called last since server_start(); of the family ZWG_AF_NONE: none was. */
struct zwg_addr server_called(void);

#endif
