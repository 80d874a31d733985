/* SPDX-License-Identifier: MIT */
/*
 * Datagrams that are sent together arrive one by one: in order, each with its bytes and its type of
 * service, over loopback, whatever the kernel refuses on the way.
 */
#include "port/outbox.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/udp_message.h"
#include "test.h"

/* sendmmsg(2), counted, and refused where the test says so. */
static struct {
	int calls;
	int messages; /* That it took. */
	int large;    /* Of these, such with more than one datagram. */
	int error;    /* What it answers to large messages. */
	int fail_at;  /* The number of the one message that it answers so, from 1 on. */
	int seen;
} kernel;

int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);

static bool is_large(const struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((struct msghdr *)msg, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	return false;
}

static bool refuses(const struct msghdr *msg)
{
	return kernel.error && (kernel.fail_at ? kernel.seen + 1 == kernel.fail_at : is_large(msg));
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	unsigned int taken = 0;

	kernel.calls++;
	while (taken < count && !refuses(&messages[taken].msg_hdr)) {
		kernel.seen++;
		kernel.large += is_large(&messages[taken++].msg_hdr);
	}
	if (taken == 0) {
		kernel.seen++;
		errno = kernel.error;
		return -1;
	}
	kernel.messages += (int)taken;
	return __real_sendmmsg(fd, messages, taken, flags);
}

/* Two receivers of each family, and what sends to them. */
enum { RECEIVERS = 4 };

static struct {
	struct udp udp;
	struct packet_pool pool;
	struct outbox outbox;
	int receiver[RECEIVERS];
	struct zwg_endpoint to[RECEIVERS];
	union udp_address source; /* Of the datagram last received. */
} rig;

static uint32_t last_source(void)
{
	return ntohl(rig.source.in.sin_addr.s_addr);
}

static void set(int fd, int level, int option)
{
	int on = 1;

	REQUIRE(setsockopt(fd, level, option, &on, sizeof(on)) == 0);
}

/* False where there is no IPv6. */
static bool open_receiver(int i)
{
	struct zwg_endpoint *to = &rig.to[i];
	union udp_address sa;
	socklen_t len;

	*to = (struct zwg_endpoint){.addr = {.family = i % 2 ? ZWG_AF_INET6 : ZWG_AF_INET}};
	if (i % 2)
		to->addr.bytes[15] = 1;
	else
		memcpy(to->addr.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
	rig.receiver[i] = socket(i % 2 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	len = udp_sockaddr(to, &sa);
	if (rig.receiver[i] < 0 || bind(rig.receiver[i], &sa.any, len) < 0)
		return false;
	REQUIRE(getsockname(rig.receiver[i], &sa.any, &len) == 0);
	REQUIRE(udp_endpoint(&sa.any, to));
	set(rig.receiver[i], i % 2 ? IPPROTO_IPV6 : IPPROTO_IP,
	    i % 2 ? IPV6_RECVTCLASS : IP_RECVTOS);
	return true;
}

static void start(size_t fragment)
{
	memset(&kernel, 0, sizeof(kernel));
	REQUIRE(udp_open(&rig.udp, NULL, 0, 0) == 0);
	REQUIRE(packet_pool_init(&rig.pool, 256, fragment) == 0);
	rig.outbox = (struct outbox){.pool = &rig.pool};
	for (int i = 0; i < RECEIVERS; i++)
		REQUIRE(open_receiver(i));
}

static void stop(void)
{
	CHECK_INT(packets_available(&rig.pool), 256);
	for (int i = 0; i < RECEIVERS; i++)
		close(rig.receiver[i]);
	udp_close(&rig.udp);
	packet_pool_destroy(&rig.pool);
}

/* A datagram of @a len bytes that all are @a number. */
static void add(int to, uint8_t tos, size_t len, uint8_t number)
{
	struct zwg_packet *pkt = packet_get(&rig.pool);
	struct zwg_chain chain;
	uint8_t *bytes = malloc(len + 1);

	REQUIRE(pkt);
	pkt->len = len;
	chain = packet_chain(pkt);
	memset(bytes, number, len);
	REQUIRE(zwg_chain_write(&chain, 0, bytes, len));
	free(bytes);
	outbox_add(&rig.outbox, &rig.udp, &rig.to[to], tos, pkt);
}

static void flush(void)
{
	outbox_flush(&rig.outbox, &rig.udp);
}

static uint8_t tos_in(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_type == IP_TOS || c->cmsg_type == IPV6_TCLASS)
			return *CMSG_DATA(c);
	return 0xff;
}

static void check_next(int from, uint8_t tos, size_t len, uint8_t number)
{
	static uint8_t bytes[65536];
	char control[256];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {.msg_name = &rig.source,
			     .msg_namelen = sizeof(rig.source),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(rig.receiver[from], &msg, MSG_DONTWAIT);

	if (!CHECK_INT(n, len))
		return;
	CHECK_INT(tos_in(&msg), tos);
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != number) {
			CHECK_INT(bytes[i], number);
			break;
		}
}

static void check_no_more(void)
{
	for (int i = 0; i < RECEIVERS; i++) {
		struct pollfd fd = {.fd = rig.receiver[i], .events = POLLIN};

		CHECK_INT(poll(&fd, 1, 0), 0);
	}
}

static bool can_segment(void)
{
	if (udp_can_segment(&rig.udp, &rig.to[0]))
		return true;
	test_skip("the kernel has no UDP_SEGMENT (Linux 4.18)");
	stop();
	return false;
}

static void test_one_message(void)
{
	for (int to = 0; to < 2; to++) {
		start(0);
		if (!can_segment())
			return;
		for (uint8_t i = 0; i < 40; i++)
			add(to, 2, 1452, i);
		add(to, 2, 100, 40);
		check_no_more();
		flush();
		CHECK_INT(kernel.calls, 1);
		CHECK_INT(kernel.messages, 1);
		CHECK_INT(kernel.large, 1);
		for (uint8_t i = 0; i < 40; i++)
			check_next(to, 2, 1452, i);
		check_next(to, 2, 100, 40);
		check_no_more();
		flush();
		CHECK_INT(kernel.calls, 1);
		stop();
	}
}

/* What may not be in one message is not: other sizes, other marks, others. */
static void test_boundaries(void)
{
	static const struct {
		int to;
		uint8_t tos;
		size_t len;
	} list[] = {
		{0, 0, 500}, {0, 0, 500}, {0, 0, 501}, {0, 0, 400}, {0, 0, 400},
		{0, 1, 400}, {0, 2, 400}, {0, 3, 400}, {2, 3, 400}, {2, 3, 400},
		{0, 3, 400}, {1, 3, 400}, {1, 3, 400}, {3, 3, 400}, {3, 0, 400},
		{0, 0, 32},  {0, 0, 32},  {0, 0, 1},   {0, 0, 1},
	};
	/* 2 of 500; 501 and a shorter one; 400; three marks; 2 to 2; 0; 2 to 1; 3; 3 marked; 32, 32
	 * and 1; 1. */
	const int messages = 13;

	start(0);
	if (!can_segment())
		return;
	for (size_t i = 0; i < TEST_COUNT(list); i++)
		add(list[i].to, list[i].tos, list[i].len, (uint8_t)i);
	flush();
	CHECK_INT(kernel.messages, messages);
	CHECK_INT(kernel.large, 5);
	/* One call for each run of one family. */
	CHECK_INT(kernel.calls, 3);
	for (int to = 0; to < RECEIVERS; to++)
		for (size_t i = 0; i < TEST_COUNT(list); i++)
			if (list[i].to == to)
				check_next(to, list[i].tos, list[i].len, (uint8_t)i);
	check_no_more();
	stop();
}

/* A sticky source that differs makes another message. */
static void test_sources(void)
{
	start(0);
	if (!can_segment())
		return;
	add(0, 0, 100, 0);
	rig.to[0].src = rig.to[0].addr;
	add(0, 0, 100, 1);
	rig.to[0].src.bytes[3] = 2; /* 127.0.0.2 is this machine as well. */
	add(0, 0, 100, 2);
	rig.to[0].src_if = 1;
	add(0, 0, 100, 3);
	flush();
	CHECK_INT(kernel.messages, 4);
	for (uint8_t i = 0; i < 4; i++) {
		check_next(0, 0, 100, i);
		CHECK_INT(last_source(), i < 2 ? 0x7f000001 : 0x7f000002);
	}
	stop();
}

/* More than fits is sent before. */
static void test_room(void)
{
	start(0);
	if (!can_segment())
		return;
	for (uint8_t i = 0; i < OUTBOX_PACKETS + 6; i++)
		add(0, 0, 64, i);
	CHECK_INT(kernel.messages, 1);
	flush();
	CHECK_INT(kernel.messages, 2);
	for (uint8_t i = 0; i < OUTBOX_PACKETS + 6; i++)
		check_next(0, 0, 64, i);
	/* 65,507 bytes are the most that one message may have. */
	for (uint8_t i = 0; i < 3; i++)
		add(0, 0, 30000, i);
	flush();
	CHECK_INT(kernel.messages, 4);
	for (uint8_t i = 0; i < 3; i++)
		check_next(0, 0, 30000, i);
	stop();
}

/* Packets in fragments, at odd addresses. */
static void test_fragments(void)
{
	start(128);
	for (uint8_t i = 0; i < 20; i++)
		add(0, 0, i < 19 ? 1000 : 333, i);
	flush();
	for (uint8_t i = 0; i < 20; i++)
		check_next(0, 0, i < 19 ? 1000 : 333, i);
	/* 235 pieces each: five have more than one call takes. */
	for (uint8_t i = 0; i < 5; i++)
		add(0, 0, 30000, i);
	flush();
	for (uint8_t i = 0; i < 5; i++)
		check_next(0, 0, 30000, i);
	check_no_more();
	stop();
}

/* EIO: a device that computes no checksums. It is remembered, for this family. */
static void test_device_without_checksums(void)
{
	start(0);
	if (!can_segment())
		return;
	kernel.error = EIO;
	for (uint8_t i = 0; i < 10; i++)
		add(0, 1, 700, i);
	flush();
	for (uint8_t i = 0; i < 10; i++)
		check_next(0, 1, 700, i);
	CHECK(!udp_can_segment(&rig.udp, &rig.to[0]));
	CHECK(udp_can_segment(&rig.udp, &rig.to[1]));
	memset(&kernel, 0, sizeof(kernel));
	kernel.error = EIO;
	for (uint8_t i = 0; i < 10; i++)
		add(0, 1, 700, i);
	flush();
	CHECK_INT(kernel.calls, 1);
	CHECK_INT(kernel.messages, 10);
	CHECK_INT(kernel.large, 0);
	for (uint8_t i = 0; i < 10; i++)
		check_next(0, 1, 700, i);
	check_no_more();
	stop();
}

/* Larger than the way's MTU: the kernel cuts no such messages, but fragments single datagrams. */
static void test_refused_by_size(void)
{
	static const int errors[] = {EMSGSIZE, EINVAL};

	for (size_t e = 0; e < TEST_COUNT(errors); e++) {
		start(0);
		if (!can_segment())
			return;
		kernel.error = errors[e];
		for (uint8_t i = 0; i < 10; i++)
			add(i < 5 ? 0 : 2, 1, 700, i);
		add(0, 1, 700, 10);
		flush();
		for (uint8_t i = 0; i < 5; i++)
			check_next(0, 1, 700, i);
		check_next(0, 1, 700, 10);
		for (uint8_t i = 5; i < 10; i++)
			check_next(2, 1, 700, i);
		check_no_more();
		CHECK(udp_can_segment(&rig.udp, &rig.to[0]));
		stop();
	}
}

/* One message in the middle fails: those before and after it arrive once. */
static void test_failure_in_the_middle(void)
{
	start(0);
	kernel.error = EAGAIN;
	kernel.fail_at = 3;
	for (uint8_t i = 0; i < 6; i++)
		add(0, i, 100, i);
	flush();
	CHECK_INT(kernel.calls, 3);
	for (uint8_t i = 0; i < 6; i++)
		if (i != 2)
			check_next(0, i, 100, i);
	check_no_more();
	stop();
}

/* A sticky source that is no longer here: the kernel chooses, for large messages too. */
static void test_lost_source(void)
{
	start(0);
	rig.to[0].src = (struct zwg_addr){.family = ZWG_AF_INET, .bytes = {192, 0, 2, 77}};
	for (uint8_t i = 0; i < 5; i++)
		add(0, 0, 100, i);
	flush();
	for (uint8_t i = 0; i < 5; i++)
		check_next(0, 0, 100, i);
	check_no_more();
	stop();
}

static const struct test tests[] = {
	{"datagrams of one size are one message", test_one_message},
	{"datagrams that differ are not", test_boundaries},
	{"another source is another message", test_sources},
	{"what does not fit is sent before", test_room},
	{"packets in fragments", test_fragments},
	{"a device without checksums is remembered", test_device_without_checksums},
	{"what is too large to be cut goes singly", test_refused_by_size},
	{"a failure in the middle loses one message", test_failure_in_the_middle},
	{"a source that is lost is left out", test_lost_source},
};
TEST_MAIN(tests)
