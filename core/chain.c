/* SPDX-License-Identifier: MIT */
/*
 * Packets as chains of fragments: the walk and what is built on it. A chain is a value; walking
 * consumes a copy. off + len lies within the fragments (chain.h), so only the range within
 * chain->len is left to check here.
 */
#include <string.h>

#include <zwg/chain.h>

size_t zwg_segs_len(const struct zwg_seg *segs, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += segs[i].len;
	}
	return sum;
}

struct zwg_chain zwg_chain_sub(const struct zwg_chain *chain, size_t off, size_t len)
{
	return (struct zwg_chain){
		.segs = chain->segs,
		.count = chain->count,
		.off = chain->off + off,
		.len = len,
	};
}

size_t zwg_chain_next(struct zwg_chain *chain, uint8_t **run)
{
	size_t n;

	if (chain->len == 0) {
		return 0;
	}
	while (chain->count > 0 && chain->off >= chain->segs->len) {
		chain->off -= chain->segs->len;
		chain->segs++;
		chain->count--;
	}
	if (chain->count == 0) {
		return 0;
	}
	n = chain->segs->len - chain->off;
	if (n > chain->len) {
		n = chain->len;
	}
	*run = chain->segs->data + chain->off;
	chain->off += n;
	chain->len -= n;
	return n;
}

static bool in_range(const struct zwg_chain *chain, size_t off, size_t len)
{
	return off <= chain->len && len <= chain->len - off;
}

/* Headers mostly lie in the first fragment, and are read often. */
static bool in_first(const struct zwg_chain *chain, size_t off, size_t len)
{
	size_t end = chain->off + off + len;

	return chain->count > 0 && end <= chain->segs->len;
}

bool zwg_chain_read(const struct zwg_chain *chain, size_t off, void *dst, size_t len)
{
	uint8_t *to = dst;
	struct zwg_chain rest;
	uint8_t *run;
	size_t n;

	if (!in_range(chain, off, len)) {
		return false;
	}
	rest = zwg_chain_sub(chain, off, len);
	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		memcpy(to, run, n);
		to += n;
	}
	return true;
}

const uint8_t *zwg_chain_peek(const struct zwg_chain *chain, size_t off, void *copy, size_t len)
{
	if (in_range(chain, off, len) && in_first(chain, off, len)) {
		return chain->segs->data + chain->off + off;
	}
	return zwg_chain_read(chain, off, copy, len) ? copy : NULL;
}

bool zwg_chain_write(const struct zwg_chain *chain, size_t off, const void *src, size_t len)
{
	const uint8_t *from = src;
	struct zwg_chain rest;
	uint8_t *run;
	size_t n;

	if (!in_range(chain, off, len)) {
		return false;
	}
	rest = zwg_chain_sub(chain, off, len);
	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		memcpy(run, from, n);
		from += n;
	}
	return true;
}

bool zwg_chain_zero(const struct zwg_chain *chain, size_t off, size_t len)
{
	struct zwg_chain rest;
	uint8_t *run;
	size_t n;

	if (!in_range(chain, off, len)) {
		return false;
	}
	rest = zwg_chain_sub(chain, off, len);
	while ((n = zwg_chain_next(&rest, &run)) > 0) {
		memset(run, 0, n);
	}
	return true;
}
