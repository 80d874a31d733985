/* SPDX-License-Identifier: MIT */
/* The packets and buffers of the network stack. */
#ifndef ZWG_TEST_POOLS_H
#define ZWG_TEST_POOLS_H

#include <stdbool.h>
#include <stdint.h>

/** Free ones: packets and buffers, of either direction. */
struct pools {
	uint32_t rx, tx, rx_data, tx_data;
};

struct pools pools_free(void);

enum pool { POOL_RX, POOL_TX, POOL_TX_DATA };

/** Takes all of one pool but @a spare; pools_release() gives them back. One pool at a time. */
void pools_exhaust(enum pool pool, unsigned int spare);
void pools_release(void);

#endif
