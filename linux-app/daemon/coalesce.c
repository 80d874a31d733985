/* SPDX-License-Identifier: MIT */
/* Receive offload in software; see coalesce.h. */
#include "coalesce.h"

#include <string.h>

#include "crypto/bytes.h"
#include "port/checksum.h"

#define LARGEST 65535 /* Bytes of an IP packet, either version. */

/* A packet and what of it is looked at. */
struct candidate {
	struct zwg_packet *pkt;
	uint8_t *bytes;
	struct headers headers;
	size_t payload; /* Bytes. */
};

static uint8_t *bytes_of(const struct zwg_packet *pkt)
{
	return pkt->segs[0].data + pkt->off;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t off, size_t len)
{
	return memcmp(a + off, b + off, len) == 0;
}

static bool same_flow(const struct coalesce_group *group, const struct candidate *c)
{
	const uint8_t *first = bytes_of(group->first);

	return group->known && group->headers.v6 == c->headers.v6 &&
	       group->headers.tcp == c->headers.tcp &&
	       same(first, c->bytes, c->headers.transport, 4) &&
	       (c->headers.v6 ? same(first, c->bytes, IPV6_SRC, 32)
			      : same(first, c->bytes, IPV4_SRC, 8));
}

/* May it be a part at all, first or later? */
static bool is_part(const struct coalescer *coalescer, const struct candidate *c)
{
	const uint8_t *transport = c->bytes + c->headers.transport;

	if (c->payload == 0)
		return false;
	if (c->headers.tcp)
		return coalescer->tcp &&
		       (transport[TCP_FLAGS] & (uint8_t)~TCP_FLAG_PSH) == TCP_FLAG_ACK &&
		       (transport[TCP_OFFSET] & 0xf) == 0;
	return coalescer->udp;
}

static bool same_ip(const struct coalesce_group *group, const struct candidate *c)
{
	const uint8_t *first = bytes_of(group->first);
	uint16_t id;

	if (c->headers.v6)
		return same(first, c->bytes, 0, 4) &&
		       first[IPV6_HOP_LIMIT] == c->bytes[IPV6_HOP_LIMIT];
	/* What may not be fragmented needs no identification, RFC 6864 section 4. */
	id = (uint16_t)(zwg_get_be16(first + IPV4_ID) + group->count);
	return first[1] == c->bytes[1] && same(first, c->bytes, IPV4_FRAGMENT, 2) &&
	       first[IPV4_TTL] == c->bytes[IPV4_TTL] &&
	       (zwg_get_be16(first + IPV4_FRAGMENT) == IPV4_DONT_FRAGMENT ||
		zwg_get_be16(c->bytes + IPV4_ID) == id);
}

static bool follows_tcp(const struct coalesce_group *group, const struct candidate *c)
{
	const uint8_t *first = bytes_of(group->first) + group->headers.transport;
	const uint8_t *tcp = c->bytes + c->headers.transport;
	uint32_t next = zwg_get_be32(first + TCP_SEQUENCE) + (uint32_t)group->payload;

	return zwg_get_be32(tcp + TCP_SEQUENCE) == next && same(first, tcp, TCP_ACK, 4) &&
	       same(first, tcp, TCP_WINDOW, 2) && same(first, tcp, TCP_URGENT, 2) &&
	       same(first, tcp, TCP_HEADER, c->headers.payload - c->headers.transport - TCP_HEADER);
}

static bool may_join(const struct coalesce_group *group, const struct candidate *c)
{
	return group->open && group->headers.payload == c->headers.payload &&
	       c->payload <= group->size && group->count < COALESCE_PACKETS &&
	       group->headers.payload + group->payload + c->payload <= LARGEST &&
	       same_ip(group, c) && (!c->headers.tcp || follows_tcp(group, c));
}

/* Only now, when it is needed: the kernel verifies what stays alone. */
static bool checksums_right(struct coalesce_group *group, const struct candidate *c)
{
	const struct zwg_packet *first = group->first;

	if (!group->verified)
		group->verified =
			headers_checksums_right(bytes_of(first), first->len, &group->headers);
	return group->verified && headers_checksums_right(c->bytes, c->pkt->len, &c->headers);
}

static bool has_push(const struct candidate *c)
{
	return c->headers.tcp && c->bytes[c->headers.transport + TCP_FLAGS] & TCP_FLAG_PSH;
}

static void join(struct coalesce_group *group, const struct candidate *c)
{
	group->last->next = c->pkt;
	group->last = c->pkt;
	group->count++;
	group->payload += c->payload;
	group->push = has_push(c);
	group->open = !group->push && c->payload == group->size;
}

static struct coalesce_group *new_group(struct coalescer *coalescer, struct zwg_packet *pkt)
{
	struct coalesce_group *group;

	if (coalescer->count == COALESCE_GROUPS)
		coalesce_flush(coalescer);
	group = &coalescer->groups[coalescer->count++];
	*group = (struct coalesce_group){.first = pkt, .last = pkt, .count = 1};
	return group;
}

void coalesce_add(struct coalescer *coalescer, struct zwg_packet *pkt)
{
	struct candidate c = {.pkt = pkt, .bytes = bytes_of(pkt)};
	struct coalesce_group *group = NULL;
	bool part;

	pkt->next = NULL;
	if (!headers_find(c.bytes, pkt->len, &c.headers)) {
		new_group(coalescer, pkt);
		return;
	}
	c.payload = pkt->len - c.headers.payload;
	part = is_part(coalescer, &c);
	for (size_t i = coalescer->count; i-- > 0 && !group;)
		if (same_flow(&coalescer->groups[i], &c))
			group = &coalescer->groups[i];
	if (group && part && may_join(group, &c) && checksums_right(group, &c)) {
		join(group, &c);
		return;
	}
	/* From now on this is the group that packets of the flow find: none overtakes. */
	group = new_group(coalescer, pkt);
	group->headers = c.headers;
	group->known = true;
	group->size = group->payload = c.payload;
	group->open = part && !has_push(&c);
}

static struct virtio_net_hdr large_header(const struct coalesce_group *group)
{
	const struct headers *headers = &group->headers;

	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !headers->tcp ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : headers->v6 ? VIRTIO_NET_HDR_GSO_TCPV6
					  : VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)headers->payload,
		.gso_size = (uint16_t)group->size,
		.csum_start = (uint16_t)headers->transport,
		.csum_offset = headers->tcp ? TCP_CHECK : UDP_CHECK,
	};
}

/* Makes the first packet's headers those of all together. The kernel completes the checksum from
 * the sum of the pseudo-header. */
static void set_headers(const struct coalesce_group *group)
{
	const struct headers *headers = &group->headers;
	uint8_t *bytes = bytes_of(group->first);
	uint8_t *transport = bytes + headers->transport;
	size_t len = headers->payload + group->payload;
	size_t left = len - headers->transport;
	uint16_t pseudo = checksum_fold(headers_pseudo_sum(bytes, headers, left));

	headers_set_length(bytes, len);
	if (headers->tcp) {
		if (group->push)
			transport[TCP_FLAGS] |= TCP_FLAG_PSH;
		zwg_put_be16(transport + TCP_CHECK, pseudo);
	} else {
		zwg_put_be16(transport + UDP_LENGTH, (uint16_t)left);
		zwg_put_be16(transport + UDP_CHECK, pseudo);
	}
}

static void write_group(const struct coalescer *coalescer, const struct coalesce_group *group)
{
	struct virtio_net_hdr header = {0};
	struct iovec iov[1 + COALESCE_PACKETS] = {
		{.iov_base = &header, .iov_len = sizeof(header)},
		{.iov_base = bytes_of(group->first), .iov_len = group->first->len},
	};
	size_t count = 2;

	if (group->count > 1) {
		header = large_header(group);
		set_headers(group);
	}
	for (const struct zwg_packet *pkt = group->first->next; pkt; pkt = pkt->next)
		iov[count++] = (struct iovec){
			.iov_base = bytes_of(pkt) + group->headers.payload,
			.iov_len = pkt->len - group->headers.payload,
		};
	coalescer->write(coalescer->ctx, iov, count);
}

void coalesce_flush(struct coalescer *coalescer)
{
	for (size_t i = 0; i < coalescer->count; i++)
		write_group(coalescer, &coalescer->groups[i]);
	coalescer->count = 0;
}
