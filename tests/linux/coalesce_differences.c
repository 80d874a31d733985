/* SPDX-License-Identifier: MIT */
/* Coalescing: packets that differ in anything but what a cut would make again stay apart. */
#include "coalesce_rig.h"

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

static const struct test tests[] = {
	{"what differs stays apart, and nothing overtakes", test_differences},
};
TEST_MAIN(tests)
