/* SPDX-License-Identifier: MIT */
/* Datagrams received together come out one by one, each with where it came from and its mark. */
#include "port/inbox.h"

#include <errno.h>
#include <unistd.h>

#include "port/udp.h"
#include "test.h"

/* recvmmsg(2): the kernel's, or what the test says. */
static struct {
	bool scripted;
	int count;
	int error;
	struct {
		unsigned int len;
		int segment;
		int flags;
		sa_family_t family;
	} message[INBOX_MESSAGES];
} kernel;

int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout);

static void put_segment(struct msghdr *msg, int segment)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_GRO;
	c->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(c), &segment, sizeof(segment));
	msg->msg_controllen = CMSG_SPACE(sizeof(segment));
}

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout)
{
	if (!kernel.scripted)
		return __real_recvmmsg(fd, messages, count, flags, timeout);
	CHECK_INT(count, INBOX_MESSAGES);
	for (int i = 0; i < kernel.count; i++) {
		struct msghdr *msg = &messages[i].msg_hdr;
		struct sockaddr_in *in = msg->msg_name;

		memset(msg->msg_iov->iov_base, i + 1, kernel.message[i].len);
		messages[i].msg_len = kernel.message[i].len;
		msg->msg_flags = kernel.message[i].flags;
		*in = (struct sockaddr_in){.sin_family = kernel.message[i].family,
					   .sin_port = htons((uint16_t)(1000 + i))};
		if (kernel.message[i].segment)
			put_segment(msg, kernel.message[i].segment);
		else
			msg->msg_controllen = 0;
	}
	errno = kernel.error;
	return kernel.error ? -1 : kernel.count;
}

static struct inbox inbox;

static void script(unsigned int len, int segment, int flags, sa_family_t family)
{
	kernel.scripted = true;
	kernel.message[kernel.count].len = len;
	kernel.message[kernel.count].segment = segment;
	kernel.message[kernel.count].flags = flags;
	kernel.message[kernel.count++].family = family;
}

static void start(void)
{
	memset(&kernel, 0, sizeof(kernel));
	REQUIRE(inbox_init(&inbox) == 0);
}

static void check_next(size_t want, uint16_t port, uint8_t first)
{
	const struct udp_origin *origin;
	size_t len;
	const uint8_t *at = inbox_next(&inbox, &len, &origin);

	if (!CHECK(at != NULL))
		return;
	CHECK_INT(len, want);
	CHECK_INT(origin->from.port, port);
	if (len > 0)
		CHECK_INT(at[0], first);
}

static void check_end(void)
{
	const struct udp_origin *origin;
	size_t len;

	CHECK(inbox_next(&inbox, &len, &origin) == NULL);
	CHECK(inbox_next(&inbox, &len, &origin) == NULL);
}

static void test_sizes(void)
{
	start();
	script(3000, 1000, 0, AF_INET); /* Three. */
	script(2500, 1000, 0, AF_INET); /* The last is shorter. */
	script(700, 1000, 0, AF_INET);	/* One. */
	script(700, 700, 0, AF_INET);
	CHECK(inbox_receive(&inbox, -1));
	for (int i = 0; i < 3; i++)
		check_next(1000, 1000, 1);
	for (int i = 0; i < 3; i++)
		check_next(i < 2 ? 1000 : 500, 1001, 2);
	check_next(700, 1002, 3);
	check_next(700, 1003, 4);
	check_end();
	kernel.count = 0;
	script(700, 0, 0, AF_INET);
	script(0, 0, 0, AF_INET); /* Empty datagrams there are. */
	script(0, 700, 0, AF_INET);
	script(5, 1, 0, AF_INET);
	CHECK(inbox_receive(&inbox, -1));
	check_next(700, 1000, 1);
	check_next(0, 1001, 0);
	check_next(0, 1002, 0);
	for (int i = 0; i < 5; i++)
		check_next(1, 1003, 4);
	check_end();
	inbox_destroy(&inbox);
}

/* Nothing is taken of what is cut short or of another family; the rest is. */
static void test_unusable(void)
{
	start();
	script(3000, 1000, MSG_TRUNC, AF_INET);
	script(100, 0, 0, AF_UNIX);
	script(200, -1, 0, AF_INET); /* No size that a kernel would give. */
	script(300, 0, 0, AF_INET);
	CHECK(inbox_receive(&inbox, -1));
	check_next(200, 1002, 3);
	check_next(300, 1003, 4);
	check_end();
	inbox_destroy(&inbox);
}

static void test_nothing(void)
{
	start();
	script(100, 0, 0, AF_INET);
	CHECK(inbox_receive(&inbox, -1));
	kernel.error = EAGAIN;
	CHECK(!inbox_receive(&inbox, -1));
	check_end();
	inbox_destroy(&inbox);
}

/* Over loopback, by the kernel's own hand: a large message in, single datagrams out. */
static void test_kernel(void)
{
	enum { COUNT = 20, SIZE = 1452, LAST = 99 };
	static uint8_t bytes[COUNT * SIZE + LAST];
	struct iovec iov = {bytes, sizeof(bytes)};
	union udp_control control;
	union udp_address sa;
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct udp receiver, sender;
	struct zwg_endpoint to = {.addr = {.family = ZWG_AF_INET, .bytes = {127, 0, 0, 1}}};
	const struct udp_origin *origin;
	size_t len, n = 0;

	start();
	REQUIRE(udp_open(&receiver, NULL, 0, 0) == 0 && udp_open(&sender, NULL, 0, 0) == 0);
	if (!udp_can_segment(&sender, &to)) {
		test_skip("the kernel has no UDP_SEGMENT (Linux 4.18)");
		return;
	}
	to.port = receiver.port;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / SIZE);
	udp_message_to(&msg, &sa, &control, &to, 2, false, SIZE);
	REQUIRE(sendmsg(sender.fd[UDP_INET], &msg, 0) == sizeof(bytes));
	udp_message_to(&msg, &sa, &control, &to, 1, false, 0);
	iov.iov_len = 10;
	REQUIRE(sendmsg(sender.fd[UDP_INET], &msg, 0) == 10);
	CHECK(inbox_receive(&inbox, receiver.fd[UDP_INET]));
	CHECK(inbox.count < COUNT);
	for (const uint8_t *at; (at = inbox_next(&inbox, &len, &origin)); n++) {
		test_case("datagram %zu", n);
		CHECK_INT(len, n < COUNT ? SIZE : n == COUNT ? LAST : 10);
		CHECK_INT(at[0], n <= COUNT ? n : 0);
		CHECK_INT(at[len - 1], n <= COUNT ? n : 0);
		CHECK_INT(origin->tos, n <= COUNT ? 2 : 1);
		CHECK_INT(origin->from.port, sender.port);
		CHECK_MEM(origin->from.src.bytes, to.addr.bytes, 4);
	}
	CHECK_INT(n, COUNT + 2);
	CHECK(!inbox_receive(&inbox, receiver.fd[UDP_INET]));
	udp_close(&receiver);
	udp_close(&sender);
	inbox_destroy(&inbox);
}

static const struct test tests[] = {
	{"a message is cut where the kernel says", test_sizes},
	{"what cannot be used is left out", test_unusable},
	{"nothing is there when nothing came", test_nothing},
	{"what the kernel has put together comes apart", test_kernel},
};
TEST_MAIN(tests)
