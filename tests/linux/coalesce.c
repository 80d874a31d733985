/* SPDX-License-Identifier: MIT */
/* Coalescing: what is put together can be cut again into the same packets, and nothing else is. */
#include "daemon/coalesce.h"

#include "daemon/segments.h"
#include "flow.h"

#define MAX_PACKETS 400

/* Packets that were given to the kernel, and those that it would see of them. */
static struct {
	struct coalescer coalescer;
	size_t writes;
	size_t count[MAX_PACKETS]; /* Of each write. */
	size_t seen;
	uint8_t *packet[MAX_PACKETS];
	size_t len[MAX_PACKETS];
} kernel;

static void see(const uint8_t *bytes, size_t len)
{
	REQUIRE(kernel.seen < MAX_PACKETS);
	kernel.packet[kernel.seen] = malloc(len);
	memcpy(kernel.packet[kernel.seen], bytes, len);
	kernel.len[kernel.seen++] = len;
}

/* As the kernel does where a large packet leaves by a device that knows none. */
static void take(void *ctx, const struct iovec *iov, size_t count)
{
	static uint8_t all[1 << 17], out[FLOW_PACKET_MAX];
	struct virtio_net_hdr header;
	struct segments segments;
	size_t len = 0, out_len, before = kernel.seen;

	(void)ctx;
	CHECK_INT(iov[0].iov_len, sizeof(header));
	memcpy(&header, iov[0].iov_base, sizeof(header));
	for (size_t i = 1; i < count; i++) {
		memcpy(all + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	CHECK(len <= FLOW_PACKET_MAX);
	if (count > 2) {
		struct headers headers;

		/* The lengths are those of the whole. */
		CHECK(headers_find(all, len, &headers));
		CHECK(headers.v6 || flow_sum(0, all, 20) == 0xffff);
	}
	CHECK_INT(segments_begin(&segments, &header, all, len), 0);
	while ((out_len = segments_next(&segments, out)) > 0)
		see(out, out_len);
	CHECK_INT(kernel.seen - before, count - 1);
	kernel.count[kernel.writes++] = count - 1;
}

static void reset(bool tcp, bool udp)
{
	for (size_t i = 0; i < kernel.seen; i++)
		free(kernel.packet[i]);
	memset(&kernel, 0, sizeof(kernel));
	kernel.coalescer = (struct coalescer){.tcp = tcp, .udp = udp, .write = take};
}

/* What came from peers. */
struct sent {
	struct zwg_packet pkt;
	struct zwg_seg seg;
	uint8_t *copy;
};

static struct {
	size_t count;
	struct sent packet[MAX_PACKETS];
} peers;

static uint8_t *add_bytes(const uint8_t *bytes, size_t len)
{
	struct sent *sent = &peers.packet[peers.count++];

	REQUIRE(peers.count <= MAX_PACKETS);
	/* The packet does not begin where its memory does; what is behind it is not its own. */
	sent->seg = (struct zwg_seg){.data = malloc(len + 16), .len = len + 16};
	sent->pkt = (struct zwg_packet){.segs = &sent->seg, .count = 1, .off = 16, .len = len};
	memcpy(sent->seg.data + 16, bytes, len);
	sent->copy = malloc(len);
	memcpy(sent->copy, bytes, len);
	return sent->seg.data + 16;
}

static void add(const struct flow *flow, size_t size)
{
	static uint8_t packet[FLOW_PACKET_MAX];

	add_bytes(packet, flow_make(flow, packet, size, (uint8_t)flow->sequence));
}

/* The next packet of the flow. */
static void advance(struct flow *flow, size_t size)
{
	flow->sequence += (uint32_t)size;
	flow->id++;
}

static void deliver(void)
{
	for (size_t i = 0; i < peers.count; i++)
		coalesce_add(&kernel.coalescer, &peers.packet[i].pkt);
	coalesce_flush(&kernel.coalescer);
}

static void forget(void)
{
	for (size_t i = 0; i < peers.count; i++) {
		free(peers.packet[i].seg.data);
		free(peers.packet[i].copy);
	}
	memset(&peers, 0, sizeof(peers));
}

/* Everything arrived, in order. */
static void check_all_seen(void)
{
	if (!CHECK_INT(kernel.seen, peers.count))
		return;
	for (size_t i = 0; i < kernel.seen; i++)
		if (CHECK_INT(kernel.len[i], peers.packet[i].pkt.len))
			CHECK_MEM(kernel.packet[i], peers.packet[i].copy, kernel.len[i]);
}

static void test_together(void)
{
	for (int kind = 0; kind < 4; kind++) {
		struct flow flow = flow_default(kind & 1, kind & 2);

		test_case("kind %d", kind);
		reset(true, true);
		for (int i = 0; i < 40; i++, advance(&flow, 1368))
			add(&flow, 1368);
		flow.flags |= flow.tcp ? 0x08 : 0;
		add(&flow, 100);
		deliver();
		check_all_seen();
		CHECK_INT(kernel.writes, 1);
		CHECK_INT(kernel.count[0], 41);
		forget();
	}
}

/* Something about the second of three packets. */
struct difference {
	const char *what;
	void (*differ)(struct flow *flow);
	void (*spoil)(uint8_t *packet, const struct flow *flow); /* When it is made. */
	bool udp;						 /* UDP has it too. */
	bool v4, v6;						 /* In these versions. */
	size_t joined; /* Packets in the first write: 1, unless it ends a run. */
};

static void differ_sequence(struct flow *flow)
{
	flow->sequence++;
}

static void differ_ack(struct flow *flow)
{
	flow->ack++;
}

static void differ_window(struct flow *flow)
{
	flow->window++;
}

static void differ_ttl(struct flow *flow)
{
	flow->ttl--;
}

static void differ_tos(struct flow *flow)
{
	flow->tos = 3; /* Congestion experienced. */
}

static void differ_port(struct flow *flow)
{
	flow->port++;
}

static void differ_options(struct flow *flow)
{
	flow->tcp_extra += 4;
}

static void differ_fragment(struct flow *flow)
{
	flow->fragment = 0x2000;
}

static void differ_may_fragment(struct flow *flow)
{
	flow->fragment = 0;
}

static void differ_ip_options(struct flow *flow)
{
	flow->ip_extra = 8;
}

static void differ_fin(struct flow *flow)
{
	flow->flags |= 0x01;
}

static void differ_syn(struct flow *flow)
{
	flow->flags |= 0x02;
}

static void differ_rst(struct flow *flow)
{
	flow->flags |= 0x04;
}

static void differ_urgent(struct flow *flow)
{
	flow->flags |= 0x20;
}

static void differ_ece(struct flow *flow)
{
	flow->flags |= 0x40;
}

static void differ_cwr(struct flow *flow)
{
	flow->flags |= 0x80;
}

static void differ_no_ack(struct flow *flow)
{
	flow->flags = 0;
}

static void differ_push(struct flow *flow)
{
	flow->flags |= 0x08;
}

static void spoil_payload(uint8_t *packet, const struct flow *flow)
{
	packet[flow_headers_len(flow)] ^= 1;
}

static void spoil_check(uint8_t *packet, const struct flow *flow)
{
	flow_check(flow, packet)[1] ^= 1;
}

static void spoil_ip_check(uint8_t *packet, const struct flow *flow)
{
	(void)flow;
	packet[10] ^= 1;
}

static void spoil_option(uint8_t *packet, const struct flow *flow)
{
	packet[flow_ip_len(flow) + 20] = 0;
	flow_finish(flow, packet, flow_headers_len(flow) + 1000);
}

static void spoil_urgent_pointer(uint8_t *packet, const struct flow *flow)
{
	packet[flow_ip_len(flow) + 19] = 1;
	flow_finish(flow, packet, flow_headers_len(flow) + 1000);
}

static void spoil_reserved(uint8_t *packet, const struct flow *flow)
{
	packet[flow_ip_len(flow) + 12] |= 1;
	flow_finish(flow, packet, flow_headers_len(flow) + 1000);
}

static void spoil_flow_label(uint8_t *packet, const struct flow *flow)
{
	(void)flow;
	packet[3] = 1;
}

static void spoil_no_checksum(uint8_t *packet, const struct flow *flow)
{
	flow_put16(flow_check(flow, packet), 0);
}

static void spoil_length(uint8_t *packet, const struct flow *flow)
{
	if (flow->v6)
		packet[5]++;
	else
		packet[3]++;
}

static void spoil_length_less(uint8_t *packet, const struct flow *flow)
{
	if (flow->v6)
		packet[5]--;
	else
		packet[3]--;
}

static void spoil_udp_length(uint8_t *packet, const struct flow *flow)
{
	packet[flow_ip_len(flow) + 5]--;
}

static const struct difference differences[] = {
	{"a gap", differ_sequence, NULL, false, true, true, 1},
	{"another acknowledgement", differ_ack, NULL, false, true, true, 1},
	{"another window", differ_window, NULL, false, true, true, 1},
	{"another TTL", differ_ttl, NULL, true, true, true, 1},
	{"another type of service", differ_tos, NULL, true, true, true, 1},
	{"another port", differ_port, NULL, true, true, true, 2},
	{"more TCP options", differ_options, NULL, false, true, true, 1},
	{"a fragment", differ_fragment, NULL, true, true, false, 2},
	{"fragmentation allowed", differ_may_fragment, NULL, true, true, false, 1},
	{"IP options", differ_ip_options, NULL, true, true, true, 2},
	{"FIN", differ_fin, NULL, false, true, true, 1},
	{"SYN", differ_syn, NULL, false, true, true, 1},
	{"RST", differ_rst, NULL, false, true, true, 1},
	{"URG", differ_urgent, NULL, false, true, true, 1},
	{"ECE", differ_ece, NULL, false, true, true, 1},
	{"CWR", differ_cwr, NULL, false, true, true, 1},
	{"no ACK", differ_no_ack, NULL, false, true, true, 1},
	{"PSH", differ_push, NULL, false, true, true, 2},
	{"a wrong payload", NULL, spoil_payload, true, true, true, 1},
	{"a wrong checksum", NULL, spoil_check, true, true, true, 1},
	{"a wrong IPv4 checksum", NULL, spoil_ip_check, true, true, false, 1},
	{"another TCP option", NULL, spoil_option, false, true, true, 1},
	{"an urgent pointer", NULL, spoil_urgent_pointer, false, true, true, 1},
	{"a reserved bit", NULL, spoil_reserved, false, true, true, 1},
	{"another flow label", NULL, spoil_flow_label, true, false, true, 1},
	{"no UDP checksum", NULL, spoil_no_checksum, true, true, true, 1},
	{"an IP length past the end", NULL, spoil_length, true, true, true, 2},
	{"an IP length before the end", NULL, spoil_length_less, true, true, true, 2},
	{"a UDP length that is not the packet's", NULL, spoil_udp_length, true, true, true, 2},
};

/* The second packet is different: if it is one of the flow nothing may overtake it, otherwise the
 * third, which goes on where the first ended, may join that. */
static void check_difference(const struct difference *d, bool v6, bool tcp)
{
	struct flow flow = flow_default(v6, tcp), other = flow;
	size_t expected = d->joined;
	size_t len;
	uint8_t packet[2000];

	reset(true, true);
	test_case("%s, %s%d", d->what, tcp ? "TCP" : "UDP", v6 ? 6 : 4);
	add(&flow, 1000);
	if (expected == 1 || d->differ == differ_push) {
		advance(&flow, 1000);
		other = flow;
	}
	if (d->differ)
		d->differ(&other);
	len = flow_make(&other, packet, 1000, 9);
	if (d->spoil)
		d->spoil(packet, &other);
	add_bytes(packet, len);
	advance(&flow, 1000);
	add(&flow, 1000);
	deliver();
	CHECK_INT(kernel.count[0], expected);
	CHECK_INT(kernel.seen, 3);
	/* What stands alone is written as it came, mistakes included. */
	if (expected == 1)
		check_all_seen();
	else
		CHECK_MEM(kernel.packet[d->differ == differ_push ? 1 : 2], peers.packet[1].copy,
			  len);
	forget();
}

static void test_differences(void)
{
	for (size_t i = 0; i < TEST_COUNT(differences); i++) {
		const struct difference *d = &differences[i];

		for (int kind = 0; kind < 4; kind++) {
			bool v6 = kind & 1, tcp = kind & 2;
			bool udp_only =
				d->spoil == spoil_no_checksum || d->spoil == spoil_udp_length;

			if ((tcp ? !udp_only : d->udp) && (v6 ? d->v6 : d->v4))
				check_difference(d, v6, tcp);
		}
	}
}

/* A first packet with a wrong checksum may not be made right by those that follow. */
static void test_wrong_first(void)
{
	for (int kind = 0; kind < 4; kind++) {
		struct flow flow = flow_default(kind & 1, kind & 2);

		test_case("kind %d", kind);
		reset(true, true);
		add(&flow, 1000);
		peers.packet[0].seg.data[16 + flow_headers_len(&flow)] ^= 1;
		peers.packet[0].copy[flow_headers_len(&flow)] ^= 1;
		advance(&flow, 1000);
		add(&flow, 1000);
		advance(&flow, 1000);
		add(&flow, 1000);
		deliver();
		CHECK_INT(kernel.count[0], 1);
		CHECK_INT(kernel.count[1], 2);
		check_all_seen();
		forget();
	}
}

/* A first packet that ends a run by itself, and one that can be no part of any. */
static void test_unfit_first(void)
{
	for (int reserved = 0; reserved < 2; reserved++) {
		struct flow flow = flow_default(false, true);
		uint8_t packet[2000];

		reset(true, true);
		flow.flags |= reserved ? 0 : 0x08;
		for (int i = 0; i < 3; i++, advance(&flow, 1000)) {
			size_t len = flow_make(&flow, packet, 1000, 0);

			packet[32] |= (uint8_t)reserved;
			flow_finish(&flow, packet, len);
			add_bytes(packet, len);
		}
		deliver();
		CHECK_INT(kernel.writes, 3);
		check_all_seen();
		forget();
	}
}

/* TCP and UDP between the same ports are two flows. */
static void test_same_ports(void)
{
	struct flow tcp = flow_default(true, true), udp = flow_default(true, false);

	reset(true, true);
	for (int i = 0; i < 3; i++, advance(&tcp, 1000)) {
		add(&tcp, 1000);
		add(&udp, 1000);
	}
	deliver();
	CHECK_INT(kernel.writes, 2);
	CHECK_INT(kernel.seen, 6);
	forget();
}

/* What looks like UDP under another number stays what it is. */
static void test_other_protocol(void)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct flow flow = flow_default(v6, false);
		uint8_t packet[2000];

		reset(true, true);
		for (int i = 0; i < 2; i++, advance(&flow, 1000)) {
			size_t len = flow_make(&flow, packet, 1000, 0);

			packet[v6 ? 6 : 9] = IPPROTO_UDPLITE;
			flow_put16(packet + 10, v6 ? 0 : flow_get16(packet + 10) - (136 - 17));
			add_bytes(packet, len);
		}
		deliver();
		CHECK_INT(kernel.writes, 2);
		check_all_seen();
		forget();
	}
}

/* Headers that their packet has no room for, though IP says that it is whole. */
static void test_no_room(void)
{
	for (int kind = 0; kind < 4; kind++) {
		struct flow flow = flow_default(kind & 1, kind & 2);
		size_t ip = flow_ip_len(&flow);

		for (size_t room = 0; room < 40; room++) {
			uint8_t packet[200];

			test_case("kind %d, %zu bytes", kind, room);
			reset(true, true);
			for (int i = 0; i < 2; i++) {
				/* As if the second followed by what the first says of itself. */
				size_t own = room % 2 ? 60 : 16;
				struct flow one = flow;

				one.sequence += (uint32_t)i * (uint32_t)(room - own);
				flow_make(&one, packet, 40, 0);
				flow_put16(packet + (flow.v6 ? 4 : 2), flow.v6 ? room : ip + room);
				if (!flow.v6) {
					flow_put16(packet + 10, 0);
					flow_put16(packet + 10, (uint16_t)~flow_sum(0, packet, 20));
				}
				if (flow.tcp)
					packet[ip + 12] = (uint8_t)(own / 4 << 4);
				if (room >= 20)
					flow_finish(&flow, packet, ip + room);
				add_bytes(packet, ip + room);
			}
			deliver();
			CHECK_INT(kernel.writes, 2);
			check_all_seen();
			forget();
		}
	}
}

static void test_sizes(void)
{
	struct flow flow = flow_default(false, true);

	/* A longer one does not join, a shorter one is the last. */
	reset(true, true);
	add(&flow, 1000);
	advance(&flow, 1000);
	add(&flow, 1001);
	advance(&flow, 1001);
	add(&flow, 500);
	advance(&flow, 500);
	add(&flow, 500);
	deliver();
	CHECK_INT(kernel.writes, 3);
	CHECK_INT(kernel.count[1], 2);
	check_all_seen();
	forget();
	/* A packet without payload stays alone, before and after. */
	reset(true, true);
	add(&flow, 0);
	add(&flow, 800);
	advance(&flow, 800);
	add(&flow, 0);
	add(&flow, 800);
	deliver();
	CHECK_INT(kernel.writes, 4);
	check_all_seen();
	forget();
	/* 65,535 bytes with all headers are the limit, then 128 packets. */
	for (int limit = 0; limit < 2; limit++) {
		size_t size = limit ? 10 : 20000;

		reset(true, true);
		for (int i = 0; i < (limit ? 130 : 5); i++, advance(&flow, size))
			add(&flow, size);
		deliver();
		CHECK_INT(kernel.writes, 2);
		CHECK_INT(kernel.count[0], limit ? COALESCE_PACKETS : 3);
		check_all_seen();
		forget();
	}
}

/* Identifications that go up by one need no DF, others need it. */
static void test_identification(void)
{
	for (int fragment = 0; fragment < 2; fragment++) {
		for (uint16_t step = 0; step < 3; step++) {
			struct flow flow = flow_default(false, true);

			test_case("DF %d, step %u", !fragment, step);
			flow.fragment = fragment ? 0 : 0x4000;
			reset(true, true);
			for (int i = 0; i < 3; i++) {
				add(&flow, 1000);
				flow.sequence += 1000;
				flow.id = (uint16_t)(flow.id + step);
			}
			deliver();
			CHECK_INT(kernel.writes, step == 1 || !fragment ? 1 : 3);
			if (step == 1)
				check_all_seen();
			forget();
		}
	}
}

static void test_only_what_the_kernel_takes(void)
{
	for (int offers = 0; offers < 4; offers++) {
		for (int kind = 0; kind < 4; kind++) {
			struct flow flow = flow_default(kind & 1, kind & 2);
			bool taken = flow.tcp ? offers & 1 : offers & 2;

			reset(offers & 1, offers & 2);
			for (int i = 0; i < 3; i++, advance(&flow, 900))
				add(&flow, 900);
			deliver();
			CHECK_INT(kernel.writes, taken ? 1 : 3);
			check_all_seen();
			forget();
		}
	}
}

/* Anything that is no TCP or UDP, down to a single byte, goes as it came. */
static void test_others(void)
{
	static const size_t sizes[] = {1, 19, 20, 27, 39, 40, 47, 59, 60};

	for (size_t i = 0; i < TEST_COUNT(sizes); i++) {
		for (int kind = 0; kind < 4; kind++) {
			struct flow flow = flow_default(kind & 1, kind & 2);
			uint8_t packet[1500];

			reset(true, true);
			flow_make(&flow, packet, 1000, 0);
			add_bytes(packet, sizes[i]);
			deliver();
			check_all_seen();
			forget();
		}
	}
}

/* Many flows at once, more than can grow at a time: within each the order stays, and each packet
 * comes out once. */
static void test_many_flows(void)
{
	enum { FLOWS = 40 };
	struct flow flows[FLOWS];
	size_t joined = 0;

	for (int round = 0; round < 200; round++) {
		size_t count = 1 + test_random_below(FLOWS);

		reset(true, true);
		for (size_t i = 0; i < count; i++) {
			flows[i] = flow_default(i & 1, i & 2);
			flows[i].port = (uint16_t)(1000 + i);
			flows[i].ack = (uint32_t)i;
		}
		for (size_t i = 0; i < 150; i++) {
			struct flow *flow = &flows[test_random_below(count)];
			size_t size = test_random_below(6) ? 100 : test_random_below(100);

			flow->ack += test_random_below(20) == 0;
			add(flow, size);
			advance(flow, size);
			if (test_random_below(30) == 0)
				flow->sequence += 10;
		}
		deliver();
		CHECK_INT(kernel.seen, peers.count);
		joined += peers.count - kernel.writes;
		for (size_t f = 0; f < count; f++) {
			size_t at = 0;

			for (size_t i = 0; i < peers.count; i++) {
				const uint8_t *copy = peers.packet[i].copy;
				size_t port = copy[0] >> 4 == 6 ? 40 : 20;

				if (flow_get16(copy + port) != 1000 + f)
					continue;
				for (; at < kernel.seen; at++)
					if (kernel.len[at] == peers.packet[i].pkt.len &&
					    memcmp(kernel.packet[at], copy, kernel.len[at]) == 0)
						break;
				test_case("round %d, flow %zu, packet %zu", round, f, i);
				CHECK(at++ < kernel.seen);
			}
		}
		forget();
	}
	CHECK(joined > 5000);
}

static const struct test tests[] = {
	{"packets that follow one another become one", test_together},
	{"what differs stays apart, and nothing overtakes", test_differences},
	{"a first packet with a wrong checksum stays alone", test_wrong_first},
	{"a first packet that is no part stays alone", test_unfit_first},
	{"TCP and UDP do not mix", test_same_ports},
	{"another protocol is left alone", test_other_protocol},
	{"headers that do not fit", test_no_room},
	{"sizes", test_sizes},
	{"identifications", test_identification},
	{"nothing large is made that the kernel does not take", test_only_what_the_kernel_takes},
	{"what is neither TCP nor UDP goes as it came", test_others},
	{"many flows keep their order", test_many_flows},
};
TEST_MAIN(tests)
