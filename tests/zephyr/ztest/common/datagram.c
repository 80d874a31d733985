/* SPDX-License-Identifier: MIT */
/* IP, UDP and ICMP by hand; see datagram.h. */
#include <string.h>

#include "board/text.h"
#include "datagram.h"

#define ICMP   1
#define UDP    17
#define ICMPV6 58

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		start += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return start;
}

static uint16_t fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

uint16_t ip_checksum(const uint8_t *packet, uint8_t family, uint8_t protocol, size_t len)
{
	bool v6 = family == ZWG_AF_INET6;
	uint32_t pseudo = 0;

	if (protocol != ICMP)
		pseudo = sum(protocol + (uint32_t)len, packet + (v6 ? 8 : 12), v6 ? 32 : 8);
	return fold(sum(pseudo, packet + IP_HEADER(family), len));
}

void ip_write(uint8_t *packet, const struct zwg_addr *src, const struct zwg_addr *dst, uint8_t tos,
	      uint8_t protocol, size_t len)
{
	if (src->family == ZWG_AF_INET6) {
		memset(packet, 0, 40);
		packet[0] = (uint8_t)(0x60 | tos >> 4);
		packet[1] = (uint8_t)(tos << 4);
		put16(packet + 4, len);
		packet[6] = protocol;
		packet[7] = 64;
		memcpy(packet + 8, src->bytes, 16);
		memcpy(packet + 24, dst->bytes, 16);
		return;
	}
	memset(packet, 0, 20);
	packet[0] = 0x45;
	packet[1] = tos;
	put16(packet + 2, 20 + len);
	packet[8] = 64;
	packet[9] = protocol;
	memcpy(packet + 12, src->bytes, 4);
	memcpy(packet + 16, dst->bytes, 4);
	put16(packet + 10, fold(sum(0, packet, 20)));
}

size_t datagram_write(const struct datagram *datagram, uint8_t *packet)
{
	uint8_t family = datagram->src.family;
	uint8_t *udp = packet + IP_HEADER(family);
	size_t len = UDP_HEADER_LEN + datagram->len;
	uint16_t check;

	if (datagram->payload)
		memmove(udp + UDP_HEADER_LEN, datagram->payload, datagram->len);
	ip_write(packet, &datagram->src, &datagram->dst, datagram->tos, UDP, len);
	put16(udp, datagram->src_port);
	put16(udp + 2, datagram->dst_port);
	put16(udp + 4, len);
	put16(udp + 6, 0);
	check = ip_checksum(packet, family, UDP, len);
	put16(udp + 6, check ? check : 0xffff);
	return IP_HEADER(family) + len;
}

bool datagram_parse(struct datagram *datagram, uint8_t *packet, size_t len)
{
	uint8_t family = len ? packet[0] >> 4 : 0;
	bool v6 = family == ZWG_AF_INET6;
	uint8_t *udp = packet + IP_HEADER(family);
	size_t rest = len - IP_HEADER(family);

	if ((!v6 && packet[0] != 0x45) || len < IP_HEADER(family) + UDP_HEADER_LEN ||
	    packet[v6 ? 6 : 9] != UDP || get16(udp + 4) != rest ||
	    get16(packet + (v6 ? 4 : 2)) != (v6 ? rest : len) ||
	    ip_checksum(packet, family, UDP, rest) || (!v6 && fold(sum(0, packet, 20))))
		return false;
	*datagram = (struct datagram){
		.src.family = family,
		.dst.family = family,
		.src_port = get16(udp),
		.dst_port = get16(udp + 2),
		.tos = v6 ? (uint8_t)(packet[0] << 4 | packet[1] >> 4) : packet[1],
		.len = rest - UDP_HEADER_LEN,
		.payload = udp + UDP_HEADER_LEN,
	};
	memcpy(datagram->src.bytes, packet + (v6 ? 8 : 12), v6 ? 16 : 4);
	memcpy(datagram->dst.bytes, packet + (v6 ? 24 : 16), v6 ? 16 : 4);
	return true;
}

size_t echo_write(uint8_t *packet, const struct zwg_addr *src, const struct zwg_addr *dst,
		  size_t len, bool reply)
{
	bool v6 = src->family == ZWG_AF_INET6;
	uint8_t *icmp = packet + IP_HEADER(src->family);
	size_t rest = len - IP_HEADER(src->family);

	pattern(icmp, rest, (uint32_t)len);
	ip_write(packet, src, dst, 0, v6 ? ICMPV6 : ICMP, rest);
	icmp[0] = v6 ? (reply ? 129 : 128) : (reply ? 0 : 8);
	icmp[1] = 0;
	put16(icmp + 2, 0);
	put16(icmp + 2, ip_checksum(packet, src->family, v6 ? ICMPV6 : ICMP, rest));
	return len;
}

void pattern(uint8_t *bytes, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)x;
	}
}

struct zwg_addr addr_of(const char *text)
{
	struct zwg_addr addr = {0};

	(void)zwg_addr_parse(text, strlen(text), &addr);
	return addr;
}
