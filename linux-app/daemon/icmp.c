/* SPDX-License-Identifier: MIT */
/* ICMP errors; see icmp.h. */
#include "icmp.h"

#include <string.h>

#include "crypto/bytes.h"
#include "port/checksum.h"

#define IPV4_HEADER  20
#define IPV6_HEADER  40
#define ICMP_HEADER  8
#define IPV4_MAX     576
#define HOP_LIMIT    64
#define PROTO_ICMP   1
#define PROTO_ICMPV6 58

static bool is_icmp_error(uint8_t type)
{
	/* Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool names_one_host4(const uint8_t *addr)
{
	return addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
}

static size_t unreachable4(const uint8_t *pkt, size_t len, uint8_t *out)
{
	size_t header, total;

	if (len < IPV4_HEADER)
		return 0;
	header = (size_t)(pkt[0] & 0xf) * 4;
	if (header < IPV4_HEADER || header > len)
		return 0;
	if (!names_one_host4(pkt + 12) || !names_one_host4(pkt + 16))
		return 0;
	if (zwg_get_be16(pkt + 6) & 0x1fff)
		return 0;
	if (pkt[9] == PROTO_ICMP && (len <= header || is_icmp_error(pkt[header])))
		return 0;
	if (len > IPV4_MAX - IPV4_HEADER - ICMP_HEADER)
		len = IPV4_MAX - IPV4_HEADER - ICMP_HEADER;
	total = IPV4_HEADER + ICMP_HEADER + len;
	memset(out, 0, IPV4_HEADER + ICMP_HEADER);
	out[0] = 0x45;
	out[1] = 0xc0; /* Internetwork control, RFC 1812 section 4.3.2.5. */
	zwg_put_be16(out + 2, (uint16_t)total);
	out[8] = HOP_LIMIT;
	out[9] = PROTO_ICMP;
	memcpy(out + 12, pkt + 16, 4);
	memcpy(out + 16, pkt + 12, 4);
	zwg_put_be16(out + 10, (uint16_t)~checksum_fold(checksum_sum(0, out, IPV4_HEADER)));
	out[IPV4_HEADER] = 3;
	out[IPV4_HEADER + 1] = 1;
	memcpy(out + IPV4_HEADER + ICMP_HEADER, pkt, len);
	zwg_put_be16(out + IPV4_HEADER + 2, (uint16_t)~checksum_fold(checksum_sum(
						    0, out + IPV4_HEADER, total - IPV4_HEADER)));
	return total;
}

static size_t unreachable6(const uint8_t *pkt, size_t len, uint8_t *out)
{
	static const uint8_t unspecified[16];
	size_t payload;
	uint32_t sum;

	if (len < IPV6_HEADER)
		return 0;
	if (pkt[8] == 0xff || pkt[24] == 0xff || memcmp(pkt + 8, unspecified, 16) == 0)
		return 0;
	/* ICMPv6 errors are the types below 128. */
	if (pkt[6] == PROTO_ICMPV6 && (len <= IPV6_HEADER || pkt[IPV6_HEADER] < 128))
		return 0;
	if (len > ICMP_UNREACHABLE_MAX - IPV6_HEADER - ICMP_HEADER)
		len = ICMP_UNREACHABLE_MAX - IPV6_HEADER - ICMP_HEADER;
	payload = ICMP_HEADER + len;
	memset(out, 0, IPV6_HEADER + ICMP_HEADER);
	out[0] = 0x60;
	zwg_put_be16(out + 4, (uint16_t)payload);
	out[6] = PROTO_ICMPV6;
	out[7] = HOP_LIMIT;
	memcpy(out + 8, pkt + 24, 16);
	memcpy(out + 24, pkt + 8, 16);
	out[IPV6_HEADER] = 1;
	out[IPV6_HEADER + 1] = 3;
	memcpy(out + IPV6_HEADER + ICMP_HEADER, pkt, len);
	sum = checksum_sum(PROTO_ICMPV6 + (uint32_t)payload, out + 8, 32);
	sum = checksum_sum(sum, out + IPV6_HEADER, payload);
	zwg_put_be16(out + IPV6_HEADER + 2, (uint16_t)~checksum_fold(sum));
	return IPV6_HEADER + payload;
}

size_t icmp_unreachable(const uint8_t *pkt, size_t len, uint8_t out[ICMP_UNREACHABLE_MAX])
{
	if (len == 0)
		return 0;
	return pkt[0] >> 4 == 4	  ? unreachable4(pkt, len, out)
	       : pkt[0] >> 4 == 6 ? unreachable6(pkt, len, out)
				  : 0;
}
