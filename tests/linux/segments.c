/* SPDX-License-Identifier: MIT */
/* Segmentation: what comes out is what the sender would have sent by itself, packet by packet. */
#include "daemon/segments.h"

#include <errno.h>

#include "flow.h"

#define SYN 0x02
#define FIN 0x01
#define PSH 0x08
#define CWR 0x80

/* A packet that the kernel leaves to be cut, in memory that ends where it ends. */
static uint8_t *large(const struct flow *flow, size_t size, size_t *len,
		      struct virtio_net_hdr *header, uint16_t gso_size)
{
	uint8_t *packet = malloc(FLOW_PACKET_MAX);

	*len = flow_make(flow, packet, size, 0);
	packet = realloc(packet, *len);
	*header = (struct virtio_net_hdr){
		.flags = flow->no_checksum ? 0 : VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !flow->tcp ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : flow->v6 ? VIRTIO_NET_HDR_GSO_TCPV6
				       : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = gso_size,
		.csum_start = (uint16_t)flow_ip_len(flow),
		.csum_offset = flow->tcp ? 16 : 6,
	};
	if (!flow->no_checksum)
		flow_put16(flow_check(flow, packet),
			   flow_pseudo(flow, packet, *len - flow_ip_len(flow)));
	return packet;
}

static void check_segments(const struct flow *flow, size_t size, uint16_t gso_size)
{
	static uint8_t want[FLOW_PACKET_MAX];
	struct virtio_net_hdr header;
	struct segments segments;
	size_t len, done = 0;
	uint8_t *packet = large(flow, size, &len, &header, gso_size);
	uint8_t *out = malloc(len);

	CHECK_INT(segments_begin(&segments, &header, packet, len), 0);
	for (size_t n = 0; done < size; n++) {
		size_t take = size - done < gso_size ? size - done : gso_size;
		struct flow one = *flow;
		size_t want_len;

		one.id = (uint16_t)(flow->id + n);
		one.sequence += (uint32_t)done;
		if (done + take < size)
			one.flags &= (uint8_t) ~(FIN | PSH);
		if (n > 0)
			one.flags &= (uint8_t)~CWR;
		want_len = flow_make(&one, want, take, (uint8_t)(done * 7));
		test_case("%s%d, %zu of %zu, extra %zu, segment %zu", flow->tcp ? "TCP" : "UDP",
			  flow->v6 ? 6 : 4, size, (size_t)gso_size, flow->ip_extra, n);
		if (!CHECK_INT(segments_next(&segments, out), want_len) ||
		    !CHECK_MEM(out, want, want_len))
			break;
		done += take;
	}
	CHECK_INT(segments_next(&segments, out), 0);
	CHECK_INT(segments_next(&segments, out), 0);
	free(out);
	free(packet);
}

static void test_segments(void)
{
	static const struct {
		size_t size;
		uint16_t gso_size;
	} sizes[] = {{1, 1},	   {2, 1},	  {7, 3},	  {1368, 1368}, {1369, 1368},
		     {2736, 1368}, {65000, 1368}, {65000, 65000}, {100, 65535}, {60001, 100}};

	for (int kind = 0; kind < 4; kind++) {
		struct flow flow = flow_default(kind & 1, kind & 2);

		for (size_t i = 0; i < TEST_COUNT(sizes); i++)
			check_segments(&flow, sizes[i].size, sizes[i].gso_size);
		flow.ip_extra = 40;
		check_segments(&flow, 5000, 1400);
		flow.ip_extra = 8;
		flow.tcp_extra = flow.tcp ? 40 : 0;
		flow.tos = 0x2b;
		check_segments(&flow, 5000, 1400);
	}
}

static void test_flags(void)
{
	struct flow flow = flow_default(false, true);

	flow.flags |= FIN | PSH | CWR;
	check_segments(&flow, 4000, 1000);
	flow.flags |= 0x20 | 0x40; /* URG, ECE. */
	check_segments(&flow, 4000, 1000);
}

static void test_udp_without_checksum(void)
{
	struct flow flow = flow_default(false, false);
	struct virtio_net_hdr header;
	struct segments segments;
	uint8_t *packet;
	size_t len;

	flow.no_checksum = true;
	check_segments(&flow, 4000, 1000);
	/* One that has a checksum, but whose segments' cannot be known. */
	packet = large(&flow, 4000, &len, &header, 1000);
	flow_put16(flow_check(&flow, packet), 1);
	CHECK_INT(segments_begin(&segments, &header, packet, len), -EINVAL);
	free(packet);
}

/* A packet of one piece stays as it is, but for a checksum that is missing. */
static void test_whole(void)
{
	for (int kind = 0; kind < 4; kind++) {
		struct flow flow = flow_default(kind & 1, kind & 2);
		uint8_t want[1500], out[1500], packet[1500];
		size_t len = flow_make(&flow, want, 777, 3);
		struct virtio_net_hdr header = {0};
		struct segments segments;

		memcpy(packet, want, len);
		CHECK_INT(segments_begin(&segments, &header, packet, len), 0);
		CHECK_INT(segments_next(&segments, out), len);
		CHECK_MEM(out, want, len);
		CHECK_INT(segments_next(&segments, out), 0);

		flow_put16(flow_check(&flow, packet),
			   flow_pseudo(&flow, packet, len - flow_ip_len(&flow)));
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.csum_start = (uint16_t)flow_ip_len(&flow);
		header.csum_offset = flow.tcp ? 16 : 6;
		CHECK_INT(segments_begin(&segments, &header, packet, len), 0);
		CHECK_INT(segments_next(&segments, out), len);
		CHECK_MEM(out, want, len);
	}
}

/* A sum of all ones would be a checksum of zero, which for UDP means that there is none. */
static void test_checksum_of_zero(void)
{
	struct flow flow = flow_default(true, false);
	uint8_t packet[100], out[100];
	size_t len = flow_make(&flow, packet, 2, 0);
	struct virtio_net_hdr header = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 40,
		.csum_offset = 6,
	};
	struct segments segments;
	uint16_t sum;

	flow_put16(packet + 46, 0);
	flow_put16(packet + 48, 0);
	sum = flow_sum(flow_pseudo(&flow, packet, 10), packet + 40, 10);
	flow_put16(packet + 48, (uint16_t)~sum);
	flow_put16(packet + 46, flow_pseudo(&flow, packet, 10));
	CHECK_INT(segments_begin(&segments, &header, packet, len), 0);
	CHECK_INT(segments_next(&segments, out), len);
	CHECK_INT(flow_get16(out + 46), 0xffff);
}

enum mistake {
	NO_SIZE,
	START_BEHIND,
	START_IN_IP,
	START_PAST_IP,
	OFFSET_OF_OTHER,
	OTHER_VERSION,
	TYPE_OF_OTHER,
	NO_HEADER,
	NO_IP,
	UNKNOWN_TYPE,
	UFO,
	CUT_IN_IP,
	CUT_IN_TRANSPORT,
	NO_PAYLOAD,
	OPTIONS_TOO_SHORT,
	OPTIONS_TOO_LONG,
	NO_CHECKSUM_WANTED,
	EMPTY,
	MISTAKES,
};

static void make_mistake(enum mistake mistake, const struct flow *flow, uint8_t *packet,
			 size_t *len, struct virtio_net_hdr *header)
{
	switch (mistake) {
	case NO_SIZE:
		header->gso_size = 0;
		break;
	case START_BEHIND:
		header->csum_start = (uint16_t)*len;
		break;
	case START_IN_IP:
		header->csum_start = (uint16_t)(flow_ip_len(flow) - 4);
		break;
	case START_PAST_IP:
		/* Where IPv6's extension headers end only the kernel knows. */
		header->csum_start = flow->v6 ? 65535 : (uint16_t)(flow_ip_len(flow) + 4);
		break;
	case OFFSET_OF_OTHER:
		header->csum_offset = flow->tcp ? 6 : 16;
		break;
	case OTHER_VERSION:
		packet[0] ^= 0x20;
		break;
	case TYPE_OF_OTHER:
		header->gso_type = flow->v6 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		break;
	case NO_HEADER:
		packet[0] = 0x44;
		header->csum_start = 16;
		break;
	case NO_IP:
		packet[0] = 0x55;
		break;
	case UNKNOWN_TYPE:
		header->gso_type = 77;
		break;
	case UFO:
		header->gso_type = VIRTIO_NET_HDR_GSO_UDP;
		break;
	case CUT_IN_IP:
		*len = 19;
		break;
	case CUT_IN_TRANSPORT:
		*len = flow_ip_len(flow) + 7;
		break;
	case NO_PAYLOAD:
		*len = flow_headers_len(flow);
		break;
	case OPTIONS_TOO_SHORT:
		packet[flow_ip_len(flow) + 12] = 0x40;
		break;
	case OPTIONS_TOO_LONG:
		*len = flow_headers_len(flow) + 4;
		packet[flow_ip_len(flow) + 12] = 0xf0;
		break;
	case NO_CHECKSUM_WANTED:
		header->flags = 0;
		break;
	case EMPTY:
	case MISTAKES:
		*len = 0;
		break;
	}
}

static void test_mistakes(void)
{
	for (int kind = 0; kind < 4; kind++) {
		const struct flow flow = flow_default(kind & 1, kind & 2);

		for (enum mistake mistake = 0; mistake < MISTAKES; mistake++) {
			struct virtio_net_hdr header;
			struct segments segments;
			uint8_t *exact;
			size_t len;
			uint8_t *packet = large(&flow, 3000, &len, &header, 1000);

			if (!flow.tcp &&
			    (mistake == OPTIONS_TOO_SHORT || mistake == OPTIONS_TOO_LONG)) {
				free(packet);
				continue;
			}
			test_case("kind %d, mistake %d", kind, mistake);
			make_mistake(mistake, &flow, packet, &len, &header);
			/* What is read beyond its end is found by the sanitizer. */
			exact = malloc(len);
			memcpy(exact, packet, len);
			CHECK_INT(segments_begin(&segments, &header, exact, len), -EINVAL);
			free(exact);
			free(packet);
		}
	}
}

static void test_checksum_beyond_the_end(void)
{
	uint8_t packet[40] = {0x45};
	struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM};
	struct segments segments;

	for (uint32_t start = 0; start < 65536; start += 13) {
		header.csum_start = (uint16_t)start;
		for (size_t offset = 0; offset < 45; offset++) {
			int want = start + offset + 2 <= sizeof(packet) ? 0 : -EINVAL;

			header.csum_offset = (uint16_t)offset;
			if (segments_begin(&segments, &header, packet, sizeof(packet)) != want) {
				test_case("start %u, offset %zu", start, offset);
				CHECK(false);
			}
		}
	}
	header = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 65535, .csum_offset = 65535};
	CHECK_INT(segments_begin(&segments, &header, packet, sizeof(packet)), -EINVAL);
}

/* Whatever the header says of whatever bytes: nothing outside is touched, and it comes to an end.
 */
static void test_anything(void)
{
	size_t begun = 0;

	for (int i = 0; i < 100000; i++) {
		const struct flow flow = flow_default(i & 1, i & 2);
		struct virtio_net_hdr header;
		struct segments segments;
		size_t len, out_len, all = 0;
		uint8_t *packet = large(&flow, 1 + test_random_below(300), &len, &header,
					(uint16_t)(1 + test_random_below(400)));
		uint8_t *out;

		for (size_t n = test_random_below(4); n > 0; n--)
			((uint8_t *)&header)[test_random_below(sizeof(header))] =
				(uint8_t)test_random();
		for (size_t n = test_random_below(4); n > 0; n--)
			packet[test_random_below(len < 60 ? len : 60)] = (uint8_t)test_random();
		len = test_random_below(8) ? len : test_random_below(len);
		packet = realloc(packet, len + 1);
		out = malloc(len + 1);
		packet[len] = out[len] = 0xa5;
		if (segments_begin(&segments, &header, packet, len) == 0) {
			begun++;
			while ((out_len = segments_next(&segments, out)) > 0)
				all += out_len;
			if (all < len)
				CHECK(!"everything is sent");
		}
		if (packet[len] != 0xa5 || out[len] != 0xa5)
			CHECK(!"nothing outside is touched");
		free(out);
		free(packet);
	}
	CHECK(begun > 10000);
}

static const struct test tests[] = {
	{"segments are what the sender would have sent", test_segments},
	{"FIN and PSH are the last segment's, CWR the first's", test_flags},
	{"UDP without a checksum stays without", test_udp_without_checksum},
	{"a small packet stays as it is, with its checksum completed", test_whole},
	{"a UDP checksum of zero is sent as all ones", test_checksum_of_zero},
	{"a header that does not fit its packet is refused", test_mistakes},
	{"a checksum outside the packet is refused", test_checksum_beyond_the_end},
	{"no input reaches beyond its end", test_anything},
};
TEST_MAIN(tests)
