/* SPDX-License-Identifier: MIT */
/* TCP and UDP packets by their headers; see headers.h. */
#include "headers.h"

#include <netinet/in.h>

#include "crypto/bytes.h"
#include "port/checksum.h"

#define IPV4_NOT_WHOLE 0x3fff /* More fragments, or an offset. */

static bool find_transport(const uint8_t *packet, size_t len, struct headers *headers,
			   uint8_t *proto)
{
	if (len >= IPV4_HEADER && packet[0] == 0x45) {
		*headers = (struct headers){.transport = IPV4_HEADER};
		*proto = packet[IPV4_PROTO];
		return zwg_get_be16(packet + IPV4_TOTAL) == len &&
		       (zwg_get_be16(packet + IPV4_FRAGMENT) & IPV4_NOT_WHOLE) == 0;
	}
	if (len >= IPV6_HEADER && packet[0] >> 4 == 6) {
		*headers = (struct headers){.v6 = true, .transport = IPV6_HEADER};
		*proto = packet[IPV6_NEXT];
		return IPV6_HEADER + (size_t)zwg_get_be16(packet + IPV6_PAYLOAD) == len;
	}
	return false;
}

bool headers_find(const uint8_t *packet, size_t len, struct headers *headers)
{
	const uint8_t *transport;
	size_t left, own;
	uint8_t proto;

	if (!find_transport(packet, len, headers, &proto))
		return false;
	transport = packet + headers->transport;
	left = len - headers->transport;
	if (proto == IPPROTO_TCP && left >= TCP_HEADER) {
		headers->tcp = true;
		own = (size_t)(transport[TCP_OFFSET] >> 4) * 4;
		headers->payload = headers->transport + own;
		return own >= TCP_HEADER && own <= left;
	}
	headers->payload = headers->transport + UDP_HEADER;
	return proto == IPPROTO_UDP && left >= UDP_HEADER &&
	       zwg_get_be16(transport + UDP_LENGTH) == left;
}

uint32_t headers_pseudo_sum(const uint8_t *packet, const struct headers *headers, size_t len)
{
	uint32_t sum = (uint32_t)len + (headers->tcp ? IPPROTO_TCP : IPPROTO_UDP);

	return headers->v6 ? checksum_sum(sum, packet + IPV6_SRC, 32)
			   : checksum_sum(sum, packet + IPV4_SRC, 8);
}

bool headers_checksums_right(const uint8_t *packet, size_t len, const struct headers *headers)
{
	const uint8_t *transport = packet + headers->transport;
	size_t left = len - headers->transport;
	uint32_t pseudo = headers_pseudo_sum(packet, headers, left);

	if (!headers->v6 && checksum_fold(checksum_sum(0, packet, IPV4_HEADER)) != 0xffff)
		return false;
	if (!headers->tcp && zwg_get_be16(transport + UDP_CHECK) == 0)
		return false;
	return checksum_fold(checksum_sum(pseudo, transport, left)) == 0xffff;
}

void headers_set_length(uint8_t *packet, size_t len)
{
	size_t header;

	if (packet[0] >> 4 == 6) {
		zwg_put_be16(packet + IPV6_PAYLOAD, (uint16_t)(len - IPV6_HEADER));
		return;
	}
	header = (size_t)(packet[0] & 0xf) * 4;
	zwg_put_be16(packet + IPV4_TOTAL, (uint16_t)len);
	zwg_put_be16(packet + IPV4_CHECK, 0);
	zwg_put_be16(packet + IPV4_CHECK,
		     (uint16_t)~checksum_fold(checksum_sum(0, packet, header)));
}
