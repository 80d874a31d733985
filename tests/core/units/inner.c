/* SPDX-License-Identifier: MIT */
/*
 * Inner headers: what a decrypted packet must show before it is believed, with headers split over
 * fragments at every place, and the congestion marks of RFC 6040 with checksums computed afresh.
 * Every fragment is a heap block of its exact size, so that a sanitizer sees a byte too far.
 */
#include "crypto/bytes.h"
#include "inner.h"
#include "test.h"

#define ROOM 2048

/* Bytes in three fragments: before @a cut, one byte, and the rest; @a pad bytes of other data lie
 * before and behind. */
struct split {
	struct zwg_seg segs[3];
	struct zwg_chain chain;
	size_t pad;
};

static void split_make(struct split *split, const uint8_t *bytes, size_t len, size_t cut,
		       size_t pad)
{
	size_t total = pad + len + pad;
	size_t sizes[3];
	size_t done = 0;

	sizes[0] = pad + cut < total ? pad + cut : total;
	sizes[1] = sizes[0] < total ? 1 : 0;
	sizes[2] = total - sizes[0] - sizes[1];
	for (size_t i = 0; i < 3; i++) {
		uint8_t *data = malloc(sizes[i]);

		REQUIRE(data != NULL || sizes[i] == 0);
		for (size_t k = 0; k < sizes[i]; k++, done++) {
			data[k] = done >= pad && done < pad + len ? bytes[done - pad] : 0x66;
		}
		split->segs[i] = (struct zwg_seg){data, sizes[i]};
	}
	split->chain = (struct zwg_chain){split->segs, 3, pad, len};
	split->pad = pad;
}

/* Joins the fragments again into @a out; checks that what lies around was not touched. */
static void split_join(struct split *split, uint8_t *out)
{
	size_t len = split->chain.len;
	struct zwg_chain all = {split->segs, 3, 0, 2 * split->pad + len};
	uint8_t bytes[ROOM];

	REQUIRE(zwg_chain_read(&all, 0, bytes, all.len));
	memcpy(out, bytes + split->pad, len);
	for (size_t i = 0; i < split->pad; i++) {
		CHECK_INT(bytes[i], 0x66);
		CHECK_INT(bytes[split->pad + len + i], 0x66);
	}
	for (size_t i = 0; i < 3; i++) {
		free(split->segs[i].data);
	}
}

static uint16_t checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2) {
		sum += i == 10 ? 0 : zwg_get_be16(header + i);
	}
	while (sum > 0xffff) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void make_ipv4(uint8_t *packet, size_t len, uint8_t tos, uint16_t total)
{
	test_random_bytes(packet, len);
	packet[0] = 0x45;
	packet[1] = tos;
	zwg_put_be16(packet + 2, total);
	zwg_put_be16(packet + 10, checksum(packet));
}

static void make_ipv6(uint8_t *packet, size_t len, uint8_t tos, uint16_t payload)
{
	test_random_bytes(packet, len);
	packet[0] = (uint8_t)(0x60 | tos >> 4);
	packet[1] = (uint8_t)((packet[1] & 0x0f) | tos << 4);
	zwg_put_be16(packet + 4, payload);
}

static bool parse(const uint8_t *bytes, size_t len, size_t cut, struct zwg_inner *out,
		  enum zwg_drop *why)
{
	struct split split;
	uint8_t after[ROOM];
	bool ok;

	split_make(&split, bytes, len, cut, cut % 3);
	*why = ZWG_DROP_COUNT;
	ok = zwg_inner_parse(&split.chain, out, why);
	split_join(&split, after);
	CHECK_MEM(after, bytes, len);
	return ok;
}

static bool route(const uint8_t *bytes, size_t len, size_t cut, struct zwg_addr *dst, uint8_t *tos,
		  enum zwg_drop *why)
{
	struct split split;
	uint8_t after[ROOM];
	bool ok;

	split_make(&split, bytes, len, cut, cut % 3);
	*why = ZWG_DROP_COUNT;
	ok = zwg_inner_route(&split.chain, dst, tos, why);
	split_join(&split, after);
	CHECK_MEM(after, bytes, len);
	return ok;
}

static void check_addr(const struct zwg_addr *addr, enum zwg_family family, const uint8_t *bytes)
{
	size_t len = zwg_family_bits((uint8_t)family) / 8;

	CHECK_INT(addr->family, family);
	CHECK_MEM(addr->bytes, bytes, len);
	CHECK_ZERO(addr->bytes + len, sizeof(addr->bytes) - len);
}

static void test_fields_at_every_split(void)
{
	uint8_t packet[96];
	struct zwg_inner inner;
	struct zwg_addr dst;
	enum zwg_drop why;
	uint8_t tos;

	for (size_t cut = 0; cut <= sizeof(packet); cut++) {
		uint8_t want_tos = (uint8_t)test_random();

		test_case("cut at %zu", cut);
		make_ipv4(packet, sizeof(packet), want_tos, 84);
		memset(&inner, 0xff, sizeof(inner));
		CHECK(parse(packet, sizeof(packet), cut, &inner, &why));
		CHECK_INT(inner.len, 84);
		CHECK_INT(inner.tos, want_tos);
		check_addr(&inner.src, ZWG_AF_INET, packet + 12);
		check_addr(&inner.dst, ZWG_AF_INET, packet + 16);
		memset(&dst, 0xff, sizeof(dst));
		CHECK(route(packet, sizeof(packet), cut, &dst, &tos, &why));
		CHECK_INT(tos, want_tos);
		check_addr(&dst, ZWG_AF_INET, packet + 16);

		make_ipv6(packet, sizeof(packet), want_tos, 51);
		memset(&inner, 0xff, sizeof(inner));
		CHECK(parse(packet, sizeof(packet), cut, &inner, &why));
		CHECK_INT(inner.len, 91);
		CHECK_INT(inner.tos, want_tos);
		check_addr(&inner.src, ZWG_AF_INET6, packet + 8);
		check_addr(&inner.dst, ZWG_AF_INET6, packet + 24);
		memset(&dst, 0xff, sizeof(dst));
		CHECK(route(packet, sizeof(packet), cut, &dst, &tos, &why));
		CHECK_INT(tos, want_tos);
		check_addr(&dst, ZWG_AF_INET6, packet + 24);
	}
}

static void test_ipv4_total_length(void)
{
	static const struct {
		uint16_t total;
		bool want;
	} list[] = {{0, false},	 {1, false},	  {19, false},	  {20, true},
		    {21, true},	 {63, true},	  {64, true},	  {65, false},
		    {80, false}, {0x0114, false}, {0xffff, false}};
	uint8_t packet[64];
	struct zwg_inner inner;
	enum zwg_drop why;

	for (size_t i = 0; i < TEST_COUNT(list); i++) {
		make_ipv4(packet, sizeof(packet), 0, list[i].total);
		test_case("total %u", list[i].total);
		CHECK_INT(parse(packet, sizeof(packet), 2, &inner, &why), list[i].want);
		if (list[i].want) {
			CHECK_INT(inner.len, list[i].total);
		} else {
			CHECK_INT(why, ZWG_DROP_INNER_LENGTH);
		}
	}
}

static void test_ipv6_payload_length(void)
{
	static const struct {
		uint16_t payload;
		bool want;
	} list[] = {{0, true},	     {1, true},	      {23, true},      {24, true},
		    {25, false},     {64, false},     {0x0100, false}, {0xffd7, false},
		    {0xffd8, false}, {0xffe0, false}, {0xffff, false}};
	uint8_t packet[64];
	struct zwg_inner inner;
	enum zwg_drop why;

	for (size_t i = 0; i < TEST_COUNT(list); i++) {
		make_ipv6(packet, sizeof(packet), 0, list[i].payload);
		test_case("payload %u", list[i].payload);
		CHECK_INT(parse(packet, sizeof(packet), 2, &inner, &why), list[i].want);
		if (list[i].want) {
			CHECK_INT(inner.len, 40U + list[i].payload);
		} else {
			CHECK_INT(why, ZWG_DROP_INNER_LENGTH);
		}
	}
}

/* A payload of 65535 bytes, in a packet that really has them. */
static void test_longest_ipv6(void)
{
	static uint8_t packet[65535 + 40];
	const struct zwg_seg seg = {packet, sizeof(packet)};
	struct zwg_chain chain = {&seg, 1, 0, sizeof(packet)};
	struct zwg_inner inner;
	enum zwg_drop why;

	make_ipv6(packet, 64, 0, 0xffff);
	CHECK(zwg_inner_parse(&chain, &inner, &why));
	CHECK_INT(inner.len, sizeof(packet));
	chain.len--;
	CHECK(!zwg_inner_parse(&chain, &inner, &why));
}

static void test_stubs_of_every_version(void)
{
	uint8_t packet[64];
	struct zwg_inner inner;
	struct zwg_addr dst;
	enum zwg_drop why;
	uint8_t tos;

	for (unsigned int version = 0; version < 16; version++) {
		for (size_t len = 0; len <= sizeof(packet); len++) {
			bool known = version == 4 || version == 6;
			bool want = known && len >= (version == 4 ? 20 : 40);
			enum zwg_drop reason =
				len == 0 || known ? ZWG_DROP_INNER_LENGTH : ZWG_DROP_INNER_VERSION;

			test_case("version %u, %zu bytes", version, len);
			memset(packet, 0, sizeof(packet));
			packet[0] = (uint8_t)(version << 4 | 5);
			zwg_put_be16(packet + 2, version == 4 ? (uint16_t)len : 0);
			CHECK_INT(parse(packet, len, len / 2, &inner, &why), want);
			CHECK(want || why == reason);
			CHECK_INT(route(packet, len, len / 2, &dst, &tos, &why), want);
			CHECK(want || why == reason);
		}
	}
}

static void test_header_length_is_the_stacks(void)
{
	uint8_t packet[32];
	struct zwg_inner inner;
	enum zwg_drop why;

	for (unsigned int ihl = 0; ihl < 16; ihl++) {
		make_ipv4(packet, sizeof(packet), 0, sizeof(packet));
		packet[0] = (uint8_t)(0x40 | ihl);
		test_case("IHL %u", ihl);
		CHECK(parse(packet, sizeof(packet), 0, &inner, &why));
	}
}

static void test_route_leaves_lengths_alone(void)
{
	uint8_t packet[40];
	struct zwg_addr dst;
	enum zwg_drop why;
	uint8_t tos;

	make_ipv4(packet, sizeof(packet), 0, 1000);
	CHECK(route(packet, sizeof(packet), 3, &dst, &tos, &why));
	make_ipv6(packet, sizeof(packet), 0, 1000);
	CHECK(route(packet, sizeof(packet), 3, &dst, &tos, &why));
}

static void test_ecn_encapsulate(void)
{
	for (unsigned int tos = 0; tos < 256; tos++) {
		static const uint8_t outer[4] = {0, 1, 2, 2};

		test_case("inner tos %u", tos);
		CHECK_INT(zwg_ecn_encapsulate((uint8_t)tos), outer[tos & 3]);
	}
}

#define DROP 0xff

/* RFC 6040, figure 4: rows are the inner mark, columns the outer, in the order of the bits. */
static const uint8_t figure_4[4][4] = {
	/* Not-ECT, ECT(1), ECT(0), CE */
	[0] = {0, 0, 0, DROP},
	[1] = {1, 1, 1, 3},
	[2] = {2, 1, 2, 3},
	[3] = {3, 3, 3, 3},
};

static void check_decapsulate(enum zwg_family family, unsigned int inner_tos,
			      unsigned int outer_tos, size_t cut)
{
	uint8_t want_ecn = figure_4[inner_tos & 3][outer_tos & 3];
	uint8_t want_tos = (uint8_t)((inner_tos & 0xfcU) | want_ecn);
	uint8_t packet[48], want[48], after[48];
	struct zwg_inner inner;
	struct split split;
	enum zwg_drop why;
	bool ok;

	if (family == ZWG_AF_INET) {
		make_ipv4(packet, sizeof(packet), (uint8_t)inner_tos, sizeof(packet));
	} else {
		make_ipv6(packet, sizeof(packet), (uint8_t)inner_tos, 8);
	}
	memcpy(want, packet, sizeof(want));
	if (want_ecn == DROP) {
		want_tos = (uint8_t)inner_tos;
	}
	if (family == ZWG_AF_INET) {
		want[1] = want_tos;
		zwg_put_be16(want + 10, checksum(want));
	} else {
		want[0] = (uint8_t)(0x60 | want_tos >> 4);
		want[1] = (uint8_t)((want[1] & 0x0f) | want_tos << 4);
	}
	split_make(&split, packet, sizeof(packet), cut, 1);
	REQUIRE(zwg_inner_parse(&split.chain, &inner, &why));
	ok = zwg_ecn_decapsulate(&split.chain, &inner, (uint8_t)outer_tos);
	split_join(&split, after);
	test_case("family %u, inner tos %u, outer tos %u, cut at %zu", family, inner_tos, outer_tos,
		  cut);
	CHECK_INT(ok, want_ecn != DROP);
	CHECK_MEM(after, want, sizeof(after));
}

static void test_ecn_decapsulate_table(void)
{
	for (unsigned int inner = 0; inner < 256; inner++) {
		for (unsigned int outer = 0; outer < 256; outer += outer < 4 ? 1 : 17) {
			check_decapsulate(ZWG_AF_INET, inner, outer, 24);
			check_decapsulate(ZWG_AF_INET6, inner, outer, 24);
		}
	}
}

static void test_ecn_decapsulate_splits(void)
{
	for (size_t cut = 0; cut <= 48; cut++) {
		for (unsigned int marks = 0; marks < 16; marks++) {
			check_decapsulate(ZWG_AF_INET, marks >> 2, marks & 3, cut);
			check_decapsulate(ZWG_AF_INET6, marks >> 2, marks & 3, cut);
		}
	}
}

/* The incremental update must give what a receiver accepts for every checksum there is. */
static void test_ecn_every_checksum(void)
{
	uint8_t packet[20];
	const struct zwg_seg seg = {packet, sizeof(packet)};
	const struct zwg_chain chain = {&seg, 1, 0, sizeof(packet)};

	for (unsigned int id = 0; id < 65536; id++) {
		uint32_t sum = 0;
		struct zwg_inner inner;
		enum zwg_drop why;

		memset(packet, 0, sizeof(packet));
		packet[0] = 0x45;
		packet[1] = 2;
		packet[3] = 20;
		zwg_put_be16(packet + 4, (uint16_t)id);
		zwg_put_be16(packet + 10, checksum(packet));
		REQUIRE(zwg_inner_parse(&chain, &inner, &why));
		CHECK(zwg_ecn_decapsulate(&chain, &inner, 3));
		for (size_t i = 0; i < 20; i += 2) {
			sum += zwg_get_be16(packet + i);
		}
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		test_case("id %u", id);
		CHECK_INT(sum, 0xffff);
		CHECK_INT(packet[1], 3);
	}
}

/* A header that was damaged before must not come out of here whole. */
static void test_ecn_keeps_a_wrong_checksum_wrong(void)
{
	uint8_t packet[20];
	const struct zwg_seg seg = {packet, sizeof(packet)};
	const struct zwg_chain chain = {&seg, 1, 0, sizeof(packet)};
	struct zwg_inner inner;
	enum zwg_drop why;

	make_ipv4(packet, sizeof(packet), 2, 20);
	packet[11] ^= 0x40;
	REQUIRE(zwg_inner_parse(&chain, &inner, &why));
	CHECK(zwg_ecn_decapsulate(&chain, &inner, 3));
	CHECK_INT(packet[1], 3);
	CHECK(zwg_get_be16(packet + 10) != checksum(packet));
}

static const struct test tests[] = {
	{"reads addresses, length and tos at every split", test_fields_at_every_split},
	{"IPv4 total length is from 20 to what is there", test_ipv4_total_length},
	{"IPv6 payload length is at most what is there", test_ipv6_payload_length},
	{"the longest IPv6 payload does not wrap", test_longest_ipv6},
	{"stubs of every version and length", test_stubs_of_every_version},
	{"IPv4 header lengths are left to the stack", test_header_length_is_the_stacks},
	{"the sender's lengths are left to the receiver", test_route_leaves_lengths_alone},
	{"ECN on the way out: the inner mark, CE as ECT(0)", test_ecn_encapsulate},
	{"ECN on the way in: RFC 6040 figure 4 for every tos", test_ecn_decapsulate_table},
	{"ECN on the way in: headers split at every place", test_ecn_decapsulate_splits},
	{"ECN on the way in: every checksum stays right", test_ecn_every_checksum},
	{"ECN on the way in: a wrong checksum stays wrong", test_ecn_keeps_a_wrong_checksum_wrong},
};
TEST_MAIN(tests)
