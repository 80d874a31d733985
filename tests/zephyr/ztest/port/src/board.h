/* SPDX-License-Identifier: MIT */
/* The board under test: zwg0 on eth0, configured anew for each test, and everything put back. */
#ifndef ZWG_TEST_BOARD_H
#define ZWG_TEST_BOARD_H

#include "board/conf.h"
#include "other.h"
#include "tunnel.h"

/** zwg0. */
#define BOARD (&zwg_tunnels[0])

/** For ZTEST_SUITE: the underlay has its addresses, and the board no configuration. */
void *board_setup(void);
void board_before(void *fixture);
void board_after(void *fixture);

#define BOARD_SUITE(name) ZTEST_SUITE(name, NULL, board_setup, board_before, board_after, NULL)

/** At the end of a test: nothing was wrong on the wire or between port and core, and no packet or
 *  buffer is missing. */
void board_check(void);

/** A test that ends with board_check(), for after() may not fail. */
#define BOARD_TEST(suite, name)                                                                    \
	static void name##_body(void);                                                             \
	ZTEST(suite, name)                                                                         \
	{                                                                                          \
		name##_body();                                                                     \
		board_check();                                                                     \
	}                                                                                          \
	static void name##_body(void)

/** A configuration with a new key, 10.9.0.1/24 and fd09::1/64, and the first @a count of the others
 *  as peers, who have 10.9.0.2 and fd09::2, 10.9.0.3 and fd09::3, and are called at their address
 *  of @a family; the others are started. */
struct zwg_conf *board_conf(unsigned int count, uint8_t family);

/** Puts it in force. */
void board_apply(const struct zwg_conf *conf);

/** Waits until each of the first @a count others has a session. */
void board_settle(unsigned int count);

/** All of it: a session with each of @a count others, over @a family. */
void board_connect(unsigned int count, uint8_t family);

/** A packet from the board's address in the tunnel to that of others[@a number]: UDP, or only a
 *  header if it is too short for that. @a len must be at least an IP header. */
void board_packet(uint8_t *packet, uint8_t family, unsigned int number, size_t len);

/** The same from others[@a number] to the board; its ports are 9 and 4242. */
void other_packet(uint8_t *packet, uint8_t family, unsigned int number, size_t len);

/** A packet of the stack on zwg0 with these bytes: in buffers of @a split bytes, 0: as many as fit;
 *  NULL if there are none. */
struct net_pkt *board_pkt(const uint8_t *packet, size_t len, size_t split);

/** Sends it as the stack does. The packet is gone. */
void board_send(struct net_pkt *pkt);

unsigned int board_drops(enum zwg_port_drop why);

/** Of the core. */
uint64_t board_core_drops(enum zwg_drop why);

/** Opens UDP port 4242 of the board for what the others send. */
void inbox_open(void);
void inbox_close(void);

/** Has exactly this payload arrived next, from this address? Within a second. */
bool inbox_got(const uint8_t *payload, size_t len, const struct zwg_addr *from);

/** Nothing arrives for 100 ms. */
bool inbox_quiet(void);

#endif
