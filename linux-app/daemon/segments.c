/* SPDX-License-Identifier: MIT */
/*
 * Segmentation in the device; see segments.h. A packet that wants its checksum completed has the
 * sum of its pseudo-header in the checksum's place. The segments' sums follow from that one, so
 * options and extension headers before it need not be understood.
 */
#include "segments.h"

#include <errno.h>
#include <string.h>

#include "crypto/bytes.h"
#include "headers.h"
#include "port/checksum.h"

/* RFC 768: a sum that computes to zero is sent as all ones; TCP and ICMP read that as zero too. */
static void put_checksum(uint8_t *at, uint32_t sum)
{
	uint16_t check = (uint16_t)~checksum_fold(sum);

	zwg_put_be16(at, check ? check : 0xffff);
}

static int complete_checksum(const struct virtio_net_hdr *header, uint8_t *packet, size_t len)
{
	size_t start = header->csum_start;
	size_t at = start + header->csum_offset;

	if (at + 2 > len)
		return -EINVAL;
	put_checksum(packet + at, checksum_sum(0, packet + start, len - start));
	return 0;
}

static bool ip_header_fits(const uint8_t *packet, size_t len, size_t transport)
{
	if (len < IPV4_HEADER)
		return false;
	if (packet[0] >> 4 == 4) {
		size_t header = (size_t)(packet[0] & 0xf) * 4;

		return header >= IPV4_HEADER && header == transport;
	}
	return packet[0] >> 4 == 6 && transport >= IPV6_HEADER;
}

/* Where the TCP or UDP header begins; 0 if it cannot be known. */
static size_t find_transport(const struct virtio_net_hdr *header, const struct segments *segments)
{
	struct headers headers;

	if (segments->checksummed) {
		size_t check = segments->tcp ? TCP_CHECK : UDP_CHECK;

		return header->csum_offset == check &&
				       ip_header_fits(segments->packet, segments->len,
						      header->csum_start)
			       ? header->csum_start
			       : 0;
	}
	/* UDP may do without a checksum, RFC 768. */
	if (segments->tcp || !headers_find(segments->packet, segments->len, &headers) ||
	    headers.tcp || zwg_get_be16(segments->packet + headers.transport + UDP_CHECK) != 0)
		return 0;
	return headers.transport;
}

static int begin_cutting(struct segments *segments, const struct virtio_net_hdr *header)
{
	size_t transport = find_transport(header, segments);
	size_t least = segments->tcp ? TCP_HEADER : UDP_HEADER;
	const uint8_t *at = segments->packet + transport;
	size_t own = UDP_HEADER;

	if (transport == 0 || transport + least > segments->len || header->gso_size == 0)
		return -EINVAL;
	if (segments->tcp)
		own = (size_t)(at[TCP_OFFSET] >> 4) * 4;
	if (own < least || transport + own >= segments->len)
		return -EINVAL;
	segments->transport = transport;
	segments->payload = segments->done = transport + own;
	segments->size = header->gso_size;
	if (segments->checksummed) {
		/* In one's complement the length is taken away by adding its complement. */
		uint16_t sum = zwg_get_be16(at + (segments->tcp ? TCP_CHECK : UDP_CHECK));
		uint16_t len = (uint16_t)(segments->len - transport);

		segments->pseudo = (uint32_t)sum + (uint16_t)~len;
	}
	return 0;
}

int segments_begin(struct segments *segments, const struct virtio_net_hdr *header, uint8_t *packet,
		   size_t len)
{
	bool checksum = (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
	bool v4 = len > 0 && packet[0] >> 4 == 4;

	*segments = (struct segments){.packet = packet, .len = len, .checksummed = checksum};
	switch (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		segments->whole = true;
		return checksum ? complete_checksum(header, packet, len) : 0;
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		segments->tcp = true;
		if (v4 !=
		    ((header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV4))
			return -EINVAL;
		return begin_cutting(segments, header);
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return begin_cutting(segments, header);
	default:
		return -EINVAL;
	}
}

/* FIN and PSH belong to the last segment, CWR to the first (RFC 3168 section 6.1.2). */
static void set_tcp(const struct segments *segments, uint8_t *tcp, bool last)
{
	uint32_t sent = (uint32_t)(segments->done - segments->payload);

	zwg_put_be32(tcp + TCP_SEQUENCE, zwg_get_be32(tcp + TCP_SEQUENCE) + sent);
	if (!last)
		tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
	if (segments->number > 0)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_FLAG_CWR;
}

static void set_headers(const struct segments *segments, uint8_t *out, size_t len, bool last)
{
	uint8_t *transport = out + segments->transport;
	size_t left = len - segments->transport;
	uint8_t *check = transport + (segments->tcp ? TCP_CHECK : UDP_CHECK);

	if (out[0] >> 4 == 4)
		zwg_put_be16(out + IPV4_ID,
			     (uint16_t)(zwg_get_be16(out + IPV4_ID) + segments->number));
	headers_set_length(out, len);
	if (segments->tcp)
		set_tcp(segments, transport, last);
	else
		zwg_put_be16(transport + UDP_LENGTH, (uint16_t)left);
	if (!segments->checksummed)
		return;
	zwg_put_be16(check, 0);
	put_checksum(check, checksum_sum(segments->pseudo + (uint32_t)left, transport, left));
}

size_t segments_next(struct segments *segments, uint8_t *out)
{
	size_t left = segments->len - segments->done;
	size_t take = left < segments->size ? left : segments->size;

	if (left == 0)
		return 0;
	if (segments->whole) {
		memcpy(out, segments->packet, segments->len);
		segments->done = segments->len;
		return segments->len;
	}
	memcpy(out, segments->packet, segments->payload);
	memcpy(out + segments->payload, segments->packet + segments->done, take);
	set_headers(segments, out, segments->payload + take, take == left);
	segments->done += take;
	segments->number++;
	return segments->payload + take;
}
