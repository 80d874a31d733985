/* SPDX-License-Identifier: MIT */
/* Datagrams that come back; see returned.h. */
#include "returned.h"

#include <netinet/in.h>
#include <string.h>

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "packets.h"

#define IPV4_HEADER	20
#define IPV4_OFFSET	0x1fff /* Of a fragment. */
#define IPV6_HEADER	40
#define FRAGMENT_HEADER 8
#define UDP_HEADER	8
#define LAST_MESSAGE	4 /* Message types are 1 to 4, and three zeros. */

/* The UDP header and what follows it, if the packet has one. */
struct datagram {
	struct zwg_addr to;
	uint16_t from_port;
	uint16_t to_port;
	uint32_t type;
};

static bool find_udp(const struct zwg_chain *bytes, struct zwg_addr *to, size_t *at)
{
	uint8_t header[IPV6_HEADER + FRAGMENT_HEADER] = {0};

	zwg_chain_read(bytes, 0, header, bytes->len < sizeof(header) ? bytes->len : sizeof(header));
	if (header[0] >> 4 == 4) {
		to->family = ZWG_AF_INET;
		memcpy(to->bytes, header + 16, 4);
		*at = (size_t)(header[0] & 0xf) * 4;
		return header[9] == IPPROTO_UDP && (zwg_get_be16(header + 6) & IPV4_OFFSET) == 0;
	}
	to->family = ZWG_AF_INET6;
	memcpy(to->bytes, header + 24, 16);
	*at = IPV6_HEADER;
	if (header[6] == IPPROTO_FRAGMENT && zwg_get_be16(header + IPV6_HEADER + 2) >> 3 == 0) {
		*at += FRAGMENT_HEADER;
		return header[IPV6_HEADER] == IPPROTO_UDP;
	}
	return header[6] == IPPROTO_UDP;
}

static bool read_datagram(const struct zwg_packet *pkt, struct datagram *datagram)
{
	struct zwg_chain bytes = packet_chain(pkt);
	uint8_t udp[UDP_HEADER + 4];
	size_t at;

	*datagram = (struct datagram){0};
	if (!find_udp(&bytes, &datagram->to, &at) || !zwg_chain_read(&bytes, at, udp, sizeof(udp)))
		return false;
	datagram->from_port = zwg_get_be16(udp);
	datagram->to_port = zwg_get_be16(udp + 2);
	datagram->type = zwg_get_le32(udp + UDP_HEADER);
	return true;
}

bool packet_returned(struct zwg_device *dev, zwg_time now, uint16_t port,
		     const struct zwg_packet *pkt)
{
	struct zwg_peer_info info;
	struct datagram datagram;
	struct zwg_peer *peer;
	bool same;

	if (!read_datagram(pkt, &datagram) || datagram.from_port != port || datagram.type == 0 ||
	    datagram.type > LAST_MESSAGE)
		return false;
	peer = zwg_route(dev, &datagram.to);
	if (!peer)
		return false;
	zwg_peer_get_info(peer, now, &info);
	same = info.endpoint.port == datagram.to_port &&
	       zwg_addr_equal(&info.endpoint.addr, &datagram.to);
	zwg_wipe(&info, sizeof(info));
	return same;
}
