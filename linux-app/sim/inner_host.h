/* SPDX-License-Identifier: MIT */
/*
 * The host inside the tunnel of the simulated board, as small as can be: it answers ICMP and ICMPv6
 * echo requests (RFC 792, RFC 4443) and returns every UDP datagram that comes to port 4242. It
 * verifies and makes every checksum (RFC 1071); what is wrong, fragmented, or not for one of its
 * addresses is dropped.
 */
#ifndef ZWG_SIM_INNER_HOST_H
#define ZWG_SIM_INNER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/addr.h>
#include <zwg/port.h>

#define INNER_HOST_ECHO_PORT 4242
#define INNER_HOST_ADDRESSES 4

struct inner_host {
	uint8_t address_count;
	struct zwg_addr addresses[INNER_HOST_ADDRESSES];
	uint16_t mtu; /**< Longer answers are dropped. */
};

/**
 * Writes the answer to @a request into @a answer, from its off on, and sets its len. False, and
 * nothing to be sent, if there is no answer.
 */
bool inner_host_answer(const struct inner_host *host, const struct zwg_packet *request,
		       struct zwg_packet *answer);

#endif
