/* SPDX-License-Identifier: MIT */
/* Inner headers and congestion marks: any bytes, in any fragments, read and rewritten within
 * bounds; the checksum of an IPv4 header is as good or bad as before. */
#include "crypto/bytes.h"
#include "fuzz.h"
#include "inner.h"

#define PIECES 5

static uint32_t ipv4_sum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2) {
		sum += zwg_get_be16(header + i);
	}
	while (sum > 0xffff) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static void check_marks(const struct zwg_chain *chain, const struct zwg_inner *inner, uint8_t outer)
{
	uint8_t before[40] = {0};
	uint8_t after[40] = {0};
	size_t len = inner->src.family == ZWG_AF_INET ? 20 : 40;
	struct zwg_inner again;
	enum zwg_drop why;

	INVARIANT(zwg_chain_read(chain, 0, before, len));
	if (!zwg_ecn_decapsulate(chain, inner, outer)) {
		INVARIANT((outer & 3) == 3 && (inner->tos & 3) == 0);
		return;
	}
	INVARIANT(zwg_chain_read(chain, 0, after, len));
	INVARIANT(zwg_inner_parse(chain, &again, &why));
	INVARIANT(again.len == inner->len && zwg_addr_equal(&again.src, &inner->src) &&
		  zwg_addr_equal(&again.dst, &inner->dst));
	INVARIANT((again.tos & 0xfc) == (inner->tos & 0xfc));
	if (len == 20) {
		INVARIANT(ipv4_sum(before) == ipv4_sum(after));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t outer = input_u8(&in);
	struct zwg_seg segs[PIECES];
	struct zwg_chain chain = {segs, PIECES, 0, 0};
	struct zwg_inner inner;
	struct zwg_addr dst;
	enum zwg_drop why = ZWG_DROP_COUNT;
	uint8_t tos;

	for (size_t i = 0; i < PIECES; i++) {
		size_t len = i + 1 < PIECES ? input_u8(&in) % 32 : in.left;

		len = len < in.left ? len : in.left;
		segs[i] = (struct zwg_seg){malloc(len > 0 ? len : 1), len};
		input_bytes(&in, segs[i].data, len);
		chain.len += len;
	}
	if (zwg_inner_parse(&chain, &inner, &why)) {
		INVARIANT(inner.len <= chain.len && inner.len >= 20);
		INVARIANT(zwg_inner_route(&chain, &dst, &tos, &why));
		INVARIANT(zwg_addr_equal(&dst, &inner.dst) && tos == inner.tos);
		INVARIANT((zwg_ecn_encapsulate(tos) & 3) != 3);
		check_marks(&chain, &inner, outer);
	} else {
		INVARIANT(why == ZWG_DROP_INNER_LENGTH || why == ZWG_DROP_INNER_VERSION);
		if (zwg_inner_route(&chain, &dst, &tos, &why)) {
			INVARIANT(chain.len >= zwg_family_bits(dst.family) / 8 + 16);
		}
	}
	for (size_t i = 0; i < PIECES; i++) {
		free(segs[i].data);
	}
	return 0;
}
