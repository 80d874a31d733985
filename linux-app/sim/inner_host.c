/* SPDX-License-Identifier: MIT */
/* A tiny host; see inner_host.h. The packet is copied out of its fragments, answered in one piece
 * and copied into the answer's: this is the far end, not the path that must be fast. */
#include "inner_host.h"

#include <string.h>

#include "crypto/bytes.h"
#include "port/checksum.h"
#include "port/packets.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define HOP_LIMIT   64

#define PROTO_ICMP   1
#define PROTO_UDP    17
#define PROTO_ICMPV6 58

#define ICMP_ECHO_REQUEST   8
#define ICMP_ECHO_REPLY	    0
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY   129

#define UDP_HEADER  8
#define ICMP_HEADER 8

/* The sum over the pseudo-header of RFC 768 or RFC 8200 section 8.1 and the payload. */
static uint16_t transport_sum(const struct zwg_addr *src, const struct zwg_addr *dst, uint8_t proto,
			      const uint8_t *payload, size_t len)
{
	size_t addr_len = src->family == ZWG_AF_INET ? 4 : 16;
	uint32_t total = proto + (uint32_t)len;

	if (proto != PROTO_ICMP) {
		total = checksum_sum(total, src->bytes, addr_len);
		total = checksum_sum(total, dst->bytes, addr_len);
	} else {
		total = 0; /* ICMP for IPv4 has no pseudo-header. */
	}
	return checksum_fold(checksum_sum(total, payload, len));
}

struct request {
	struct zwg_addr src;
	struct zwg_addr dst;
	uint8_t traffic_class;
	uint8_t proto;
	uint8_t *payload;
	size_t len;
};

static bool parse_ipv4(uint8_t *pkt, size_t len, struct request *req)
{
	size_t header, total;

	if (len < IPV4_HEADER)
		return false;
	header = (size_t)(pkt[0] & 0xf) * 4;
	total = zwg_get_be16(pkt + 2);
	if (header < IPV4_HEADER || total < header || total > len)
		return false;
	if (checksum_fold(checksum_sum(0, pkt, header)) != 0xffff)
		return false;
	if (zwg_get_be16(pkt + 6) & 0x3fff) /* More fragments, or an offset. */
		return false;
	req->src.family = req->dst.family = ZWG_AF_INET;
	memcpy(req->src.bytes, pkt + 12, 4);
	memcpy(req->dst.bytes, pkt + 16, 4);
	req->traffic_class = pkt[1];
	req->proto = pkt[9];
	req->payload = pkt + header;
	req->len = total - header;
	return req->src.bytes[0] != 0 && req->src.bytes[0] < 224;
}

static bool parse_ipv6(uint8_t *pkt, size_t len, struct request *req)
{
	static const struct zwg_addr unspecified = {.family = ZWG_AF_INET6};
	size_t payload;

	if (len < IPV6_HEADER)
		return false;
	payload = zwg_get_be16(pkt + 4);
	if (payload > len - IPV6_HEADER)
		return false;
	req->src.family = req->dst.family = ZWG_AF_INET6;
	memcpy(req->src.bytes, pkt + 8, 16);
	memcpy(req->dst.bytes, pkt + 24, 16);
	req->traffic_class = (uint8_t)(zwg_get_be16(pkt) >> 4);
	req->proto = pkt[6];
	req->payload = pkt + IPV6_HEADER;
	req->len = payload;
	/* Neither multicast nor unspecified. */
	return req->src.bytes[0] != 0xff && !zwg_addr_equal(&req->src, &unspecified);
}

static bool is_ours(const struct inner_host *host, const struct zwg_addr *addr)
{
	for (uint8_t i = 0; i < host->address_count; i++)
		if (zwg_addr_equal(&host->addresses[i], addr))
			return true;
	return false;
}

static bool answer_echo(struct request *req)
{
	bool v4 = req->src.family == ZWG_AF_INET;

	if (req->proto != (v4 ? PROTO_ICMP : PROTO_ICMPV6) || req->len < ICMP_HEADER)
		return false;
	if (transport_sum(&req->src, &req->dst, req->proto, req->payload, req->len) != 0xffff)
		return false;
	if (req->payload[0] != (v4 ? ICMP_ECHO_REQUEST : ICMPV6_ECHO_REQUEST) ||
	    req->payload[1] != 0)
		return false;
	req->payload[0] = v4 ? ICMP_ECHO_REPLY : ICMPV6_ECHO_REPLY;
	zwg_put_be16(req->payload + 2, 0);
	zwg_put_be16(req->payload + 2, (uint16_t)~transport_sum(&req->dst, &req->src, req->proto,
								req->payload, req->len));
	return true;
}

static bool answer_udp(struct request *req)
{
	uint8_t *udp = req->payload;
	uint16_t source, checksum;

	if (req->proto != PROTO_UDP || req->len < UDP_HEADER)
		return false;
	if (zwg_get_be16(udp + 4) < UDP_HEADER || zwg_get_be16(udp + 4) > req->len)
		return false;
	req->len = zwg_get_be16(udp + 4);
	if (zwg_get_be16(udp + 6) == 0) {
		/* "No checksum" is for IPv4 alone, RFC 768 and RFC 8200 section 8.1. */
		if (req->src.family != ZWG_AF_INET)
			return false;
	} else if (transport_sum(&req->src, &req->dst, PROTO_UDP, udp, req->len) != 0xffff) {
		return false;
	}
	source = zwg_get_be16(udp);
	if (zwg_get_be16(udp + 2) != INNER_HOST_ECHO_PORT || source == 0)
		return false;
	zwg_put_be16(udp, INNER_HOST_ECHO_PORT);
	zwg_put_be16(udp + 2, source);
	zwg_put_be16(udp + 6, 0);
	checksum = (uint16_t)~transport_sum(&req->dst, &req->src, PROTO_UDP, udp, req->len);
	zwg_put_be16(udp + 6, checksum ? checksum : 0xffff);
	return true;
}

static size_t write_header(const struct request *req, uint8_t *out)
{
	if (req->src.family == ZWG_AF_INET) {
		memset(out, 0, IPV4_HEADER);
		out[0] = 0x45;
		out[1] = req->traffic_class;
		zwg_put_be16(out + 2, (uint16_t)(IPV4_HEADER + req->len));
		zwg_put_be16(out + 6, 0x4000); /* Do not fragment: no identification needed. */
		out[8] = HOP_LIMIT;
		out[9] = req->proto;
		memcpy(out + 12, req->dst.bytes, 4);
		memcpy(out + 16, req->src.bytes, 4);
		zwg_put_be16(out + 10, (uint16_t)~checksum_fold(checksum_sum(0, out, IPV4_HEADER)));
		return IPV4_HEADER;
	}
	zwg_put_be32(out, 6u << 28 | (uint32_t)req->traffic_class << 20);
	zwg_put_be16(out + 4, (uint16_t)req->len);
	out[6] = req->proto;
	out[7] = HOP_LIMIT;
	memcpy(out + 8, req->dst.bytes, 16);
	memcpy(out + 24, req->src.bytes, 16);
	return IPV6_HEADER;
}

bool inner_host_answer(const struct inner_host *host, const struct zwg_packet *request,
		       struct zwg_packet *answer)
{
	uint8_t bytes[PACKET_CAPACITY], header[IPV6_HEADER];
	struct zwg_chain from = packet_chain(request), to = packet_chain(answer);
	struct request req = {0};
	size_t header_len;
	bool parsed;

	if (request->len == 0 || request->len > sizeof(bytes) ||
	    !zwg_chain_read(&from, 0, bytes, request->len))
		return false;
	parsed = bytes[0] >> 4 == 4 ? parse_ipv4(bytes, request->len, &req)
				    : bytes[0] >> 4 == 6 && parse_ipv6(bytes, request->len, &req);
	if (!parsed || !is_ours(host, &req.dst))
		return false;
	if (!answer_echo(&req) && !answer_udp(&req))
		return false;
	header_len = write_header(&req, header);
	if (header_len + req.len > host->mtu)
		return false;
	answer->len = header_len + req.len;
	return zwg_chain_write(&to, 0, header, header_len) &&
	       zwg_chain_write(&to, header_len, req.payload, req.len);
}
