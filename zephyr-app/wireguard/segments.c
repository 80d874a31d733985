/* SPDX-License-Identifier: MIT */
/* Network buffers; see segments.h. */
#include <string.h>

#include "segments.h"

size_t zwg_segments(struct net_buf *buf, struct zwg_seg *segs, size_t max)
{
	size_t count = 0;

	for (; buf; buf = buf->frags) {
		if (count == max)
			return 0;
		segs[count++] = (struct zwg_seg){.data = buf->data, .len = buf->len};
	}
	return count;
}

bool zwg_segments_shared(const struct net_pkt *pkt)
{
	if (atomic_get(&pkt->atomic_ref) > 1)
		return true;
	for (const struct net_buf *buf = pkt->buffer; buf; buf = buf->frags)
		if (buf->ref > 1)
			return true;
	return false;
}

static void drop_first(struct net_pkt *pkt)
{
	pkt->buffer = net_buf_frag_del(NULL, pkt->buffer);
}

void zwg_segments_pull(struct net_pkt *pkt, size_t len)
{
	while (pkt->buffer->len <= len) {
		len -= pkt->buffer->len;
		drop_first(pkt);
	}
	net_buf_pull(pkt->buffer, len);
}

void zwg_segments_pull_up(struct net_pkt *pkt, size_t len)
{
	struct net_buf *first = pkt->buffer;
	uint8_t *start = first->data;
	size_t have = first->len;

	if (have >= len || !first->frags)
		return;
	if (net_buf_tailroom(first) < len - have) {
		/* The room is in front. */
		size_t room = MIN(net_buf_headroom(first), len - have);

		memmove(start - room, start, have);
		net_buf_push(first, room);
		first->len = (uint16_t)have;
	}
	while (first->len < len && first->frags) {
		struct net_buf *second = first->frags;
		size_t take = MIN(MIN(len - first->len, second->len), net_buf_tailroom(first));

		if (take == 0 && second->len)
			return;
		net_buf_add_mem(first, second->data, take);
		net_buf_pull(second, take);
		if (!second->len)
			(void)net_buf_frag_del(first, second);
	}
}
