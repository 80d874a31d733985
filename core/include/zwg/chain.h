/* SPDX-License-Identifier: MIT */
/*
 * Packets as chains of fragments. A port describes where the bytes lie; the core reads and writes
 * them in place, at any split and any alignment, and never asks for them in one piece.
 */
#ifndef ZWG_CHAIN_H
#define ZWG_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One contiguous run of bytes. @a len may be 0. */
struct zwg_seg {
	uint8_t *data;
	size_t len;
};

/**
 * A range of @a len bytes that begins @a off bytes into the fragments @a segs[0 .. count-1].
 * It owns nothing; off + len must not exceed the sum of the fragments' lengths.
 */
struct zwg_chain {
	const struct zwg_seg *segs;
	size_t count;
	size_t off;
	size_t len;
};

/** The sum of the lengths of @a count fragments, in bytes. */
size_t zwg_segs_len(const struct zwg_seg *segs, size_t count);

/**
 * The part of @a chain that begins @a off bytes into it and is @a len bytes long.
 * The caller has made sure that off + len <= chain->len.
 */
struct zwg_chain zwg_chain_sub(const struct zwg_chain *chain, size_t off, size_t len);

/**
 * Walks a chain run by run: stores the first contiguous run at @a *run, its length (at most
 * chain->len, never 0) as the return value, and removes it from the front of @a chain.
 * Returns 0 when nothing is left.
 */
size_t zwg_chain_next(struct zwg_chain *chain, uint8_t **run);

/** Copies @a len bytes that begin @a off bytes into @a chain to @a dst. False if they are not all
 *  there; then nothing is copied. */
bool zwg_chain_read(const struct zwg_chain *chain, size_t off, void *dst, size_t len);

/** The @a len bytes that begin @a off bytes into @a chain: where they lie, if the first fragment
 * has them all, or copied to @a copy. NULL if they are not all there. */
const uint8_t *zwg_chain_peek(const struct zwg_chain *chain, size_t off, void *copy, size_t len);

/** Copies @a len bytes from @a src to the place @a off bytes into @a chain. False if there is not
 *  so much room; then nothing is copied. */
bool zwg_chain_write(const struct zwg_chain *chain, size_t off, const void *src, size_t len);

/** Sets @a len bytes that begin @a off bytes into @a chain to zero. False if they are not all
 *  there; then nothing is written. */
bool zwg_chain_zero(const struct zwg_chain *chain, size_t off, size_t len);

#endif
