/* SPDX-License-Identifier: MIT */
/* Coalescing: what is put together can be cut again into the same packets, and nothing else is. */
#include "coalesce_rig.h"

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
