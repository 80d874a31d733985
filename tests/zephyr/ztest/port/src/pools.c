/* SPDX-License-Identifier: MIT */
/* Pools that run dry when a test wants it; see pools.h. */
#include <zephyr/net/net_pkt.h>

#include "compat.h"
#include "pools.h"

static struct net_pkt *packets[MAX(CONFIG_NET_PKT_RX_COUNT, CONFIG_NET_PKT_TX_COUNT)];
static size_t packet_count;
static struct net_buf *buffers;

struct pools pools_free(void)
{
	struct k_mem_slab *rx, *tx;
	struct net_buf_pool *rx_data, *tx_data;

	net_pkt_get_info(&rx, &tx, &rx_data, &tx_data);
	return (struct pools){k_mem_slab_num_free_get(rx), k_mem_slab_num_free_get(tx),
			      (uint32_t)atomic_get(&rx_data->avail_count),
			      (uint32_t)atomic_get(&tx_data->avail_count)};
}

static struct net_pkt *packet_of(enum pool pool)
{
	return pool == POOL_RX ? net_pkt_rx_alloc(K_NO_WAIT) : net_pkt_alloc(K_NO_WAIT);
}

void pools_exhaust(enum pool pool, unsigned int spare)
{
	struct net_buf *buf;

	if (pool == POOL_TX_DATA) {
		while (pools_free().tx_data > spare) {
			buf = net_pkt_get_reserve_tx_data(1, K_NO_WAIT);
			buf->frags = buffers;
			buffers = buf;
		}
		return;
	}
	while ((pool == POOL_RX ? pools_free().rx : pools_free().tx) > spare)
		packets[packet_count++] = packet_of(pool);
}

void pools_release(void)
{
	while (packet_count)
		net_pkt_unref(packets[--packet_count]);
	if (buffers)
		net_buf_unref(buffers);
	buffers = NULL;
}
