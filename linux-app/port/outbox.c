/* SPDX-License-Identifier: MIT */
/* Datagrams sent together; see outbox.h. */
#include "outbox.h"

#include <errno.h>
#include <stdbool.h>

#include "udp_message.h"

static size_t pieces_before(const struct outbox *outbox, size_t packet)
{
	return packet == 0 ? 0 : outbox->piece_end[packet - 1];
}

static bool same_way(const struct zwg_endpoint *a, const struct zwg_endpoint *b)
{
	return zwg_endpoint_equal(a, b) && zwg_addr_equal(&a->src, &b->src) &&
	       a->src_if == b->src_if;
}

/* A run ends with the first packet that is shorter. */
static bool may_join(const struct outbox_run *run, const struct udp *udp,
		     const struct zwg_endpoint *to, uint8_t tos, size_t len)
{
	return udp_can_segment(udp, to) && run->bytes == run->count * run->size &&
	       len <= run->size && run->bytes + len <= OUTBOX_BYTES && run->tos == tos &&
	       same_way(&run->to, to);
}

static void assign(struct outbox *outbox, const struct udp *udp, const struct zwg_endpoint *to,
		   uint8_t tos, size_t len)
{
	struct outbox_run *run = outbox->runs > 0 ? &outbox->run[outbox->runs - 1] : NULL;

	if (run && may_join(run, udp, to, tos, len)) {
		run->count++;
		run->bytes += len;
		return;
	}
	outbox->run[outbox->runs++] = (struct outbox_run){
		.to = *to,
		.tos = tos,
		.first = (uint8_t)outbox->packets,
		.count = 1,
		.size = len,
		.bytes = len,
	};
}

void outbox_add(struct outbox *outbox, struct udp *udp, const struct zwg_endpoint *to, uint8_t tos,
		struct zwg_packet *pkt)
{
	if (outbox->packets == OUTBOX_PACKETS || outbox->pieces + pkt->count > PACKET_MAX_SEGS)
		outbox_flush(outbox, udp);
	assign(outbox, udp, to, tos, pkt->len);
	outbox->pieces += packet_iov(pkt, outbox->iov + outbox->pieces);
	outbox->piece_end[outbox->packets] = (uint16_t)outbox->pieces;
	outbox->packet[outbox->packets++] = pkt;
}

static void send_singly(const struct outbox *outbox, const struct udp *udp,
			const struct outbox_run *run)
{
	for (size_t i = run->first; i < (size_t)run->first + run->count; i++) {
		size_t begin = pieces_before(outbox, i);

		udp_send(udp, &run->to, run->tos, &outbox->iov[begin],
			 outbox->piece_end[i] - begin);
	}
}

/* What became of a run that was not sent: @a err. */
static void refused(const struct outbox *outbox, struct udp *udp, const struct outbox_run *run,
		    int err)
{
	/* A full queue drops; single datagrams would fare no better. */
	if (err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM)
		return;
	if (err == -EIO && run->count > 1)
		udp_cannot_segment(udp, &run->to);
	send_singly(outbox, udp, run);
}

/* Sends @a count runs, all by the socket @a fd. */
static void send_runs(struct outbox *outbox, struct udp *udp, int fd, struct outbox_run *runs,
		      size_t count)
{
	union udp_control control[OUTBOX_PACKETS];
	union udp_address sa[OUTBOX_PACKETS];
	struct mmsghdr messages[OUTBOX_PACKETS];

	for (size_t i = 0; i < count; i++) {
		const struct outbox_run *run = &runs[i];
		size_t begin = pieces_before(outbox, run->first);
		size_t end = outbox->piece_end[run->first + run->count - 1];

		messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &outbox->iov[begin],
			.msg_iovlen = end - begin,
		};
		udp_message_to(&messages[i].msg_hdr, &sa[i], &control[i], &run->to, run->tos,
			       udp_is_sticky(&run->to), run->count > 1 ? (uint16_t)run->size : 0);
	}
	for (size_t i = 0; i < count;) {
		int sent = sendmmsg(fd, &messages[i], (unsigned int)(count - i), 0);

		if (sent > 0)
			i += (size_t)sent;
		else if (errno != EINTR)
			refused(outbox, udp, &runs[i++], -errno);
	}
}

void outbox_flush(struct outbox *outbox, struct udp *udp)
{
	for (size_t i = 0, same; i < outbox->runs; i += same) {
		int fd = udp_socket(udp, &outbox->run[i].to);

		for (same = 1; i + same < outbox->runs; same++)
			if (udp_socket(udp, &outbox->run[i + same].to) != fd)
				break;
		if (fd >= 0)
			send_runs(outbox, udp, fd, &outbox->run[i], same);
	}
	for (size_t i = 0; i < outbox->packets; i++)
		packet_put(outbox->pool, outbox->packet[i]);
	outbox->packets = outbox->pieces = outbox->runs = 0;
}
