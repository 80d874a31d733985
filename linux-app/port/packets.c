/* SPDX-License-Identifier: MIT */
/* The pool of packets; see packets.h. A packet's structure, its table of fragments and its bytes
 * lie one after the other in a slot of the map. */
#include "packets.h"

#include <errno.h>
#include <sys/mman.h>

#define PACKET_BYTES (ZWG_HEADROOM + PACKET_CAPACITY + ZWG_TAILROOM)

struct slot {
	struct zwg_packet pkt;
	struct zwg_seg segs[];
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

int packet_pool_init(struct packet_pool *pool, size_t count, size_t fragment)
{
	size_t segs = fragment == 0 ? 1 : (PACKET_BYTES + fragment - 1) / fragment;
	size_t head = sizeof(struct slot) + segs * sizeof(struct zwg_seg);
	void *map;

	if (segs > PACKET_MAX_SEGS)
		return -EINVAL;
	*pool = (struct packet_pool){
		.stride = round_up(head + PACKET_BYTES + 2 * segs, 4096),
		.fragment = fragment == 0 ? PACKET_BYTES : fragment,
		.segs = segs,
		.count = count,
		.available = count,
	};
	pool->map_len = pool->stride * count;
	map = mmap(NULL, pool->map_len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	/* Large pages would be there as a whole as soon as one byte is. */
	madvise(map, pool->map_len, MADV_NOHUGEPAGE);
	pool->map = map;
	pthread_mutex_init(&pool->lock, NULL);
	return 0;
}

void packet_pool_destroy(struct packet_pool *pool)
{
	if (!pool->map)
		return;
	munmap(pool->map, pool->map_len);
	pthread_mutex_destroy(&pool->lock);
	*pool = (struct packet_pool){0};
}

static struct zwg_packet *slot_make(const struct packet_pool *pool, size_t index)
{
	struct slot *slot = (struct slot *)(pool->map + index * pool->stride);
	uint8_t *data = (uint8_t *)&slot->segs[pool->segs];
	size_t left = PACKET_BYTES;

	if (pool->segs > 1)
		data += 1;
	for (size_t i = 0; i < pool->segs; i++) {
		size_t len = left < pool->fragment ? left : pool->fragment;

		slot->segs[i] = (struct zwg_seg){.data = data, .len = len};
		data += len + 1;
		left -= len;
	}
	slot->pkt.segs = slot->segs;
	slot->pkt.count = pool->segs;
	return &slot->pkt;
}

struct zwg_packet *packet_get(struct packet_pool *pool)
{
	struct zwg_packet *pkt = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->free) {
		pkt = pool->free;
		pool->free = pkt->next;
	} else if (pool->touched < pool->count) {
		pkt = slot_make(pool, pool->touched++);
	}
	if (pkt)
		pool->available--;
	pthread_mutex_unlock(&pool->lock);
	if (pkt) {
		pkt->next = NULL;
		pkt->off = ZWG_HEADROOM;
		pkt->len = PACKET_CAPACITY;
	}
	return pkt;
}

void packet_put(struct packet_pool *pool, struct zwg_packet *pkt)
{
	pthread_mutex_lock(&pool->lock);
	pkt->next = pool->free;
	pool->free = pkt;
	pool->available++;
	pthread_mutex_unlock(&pool->lock);
}

size_t packets_available(struct packet_pool *pool)
{
	size_t available;

	pthread_mutex_lock(&pool->lock);
	available = pool->available;
	pthread_mutex_unlock(&pool->lock);
	return available;
}

struct zwg_chain packet_chain(const struct zwg_packet *pkt)
{
	return (struct zwg_chain){
		.segs = pkt->segs,
		.count = pkt->count,
		.off = pkt->off,
		.len = pkt->len,
	};
}

size_t packet_iov(const struct zwg_packet *pkt, struct iovec *iov)
{
	struct zwg_chain rest = packet_chain(pkt);
	size_t count = 0;
	uint8_t *run;
	size_t len;

	while ((len = zwg_chain_next(&rest, &run)) > 0)
		iov[count++] = (struct iovec){.iov_base = run, .iov_len = len};
	return count;
}
