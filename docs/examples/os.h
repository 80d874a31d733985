/* SPDX-License-Identifier: MIT */
/* What the worked example of a port (docs/guide/porting.rst) takes an operating system to offer. */
#ifndef EXAMPLE_OS_H
#define EXAMPLE_OS_H

#include <stddef.h>
#include <stdint.h>

struct os;
struct os_peer_address {
	uint8_t bytes[16];
	uint8_t length; /**< 4 or 16. */
	uint16_t port;
};

/** Milliseconds since the start; never wraps. */
uint64_t os_uptime(struct os *os);

/** One mutex. */
void os_lock(struct os *os);
void os_unlock(struct os *os);

/** Has port_timer() called once, at @a when; an earlier request is replaced. */
void os_call_at(struct os *os, uint64_t when);
/** Has port_work() called soon, in a thread of low priority. */
void os_wake_worker(struct os *os);

/** From a cryptographic source. 0, or a negative errno while it is not seeded. */
int os_random(struct os *os, void *buf, size_t len);

/** From the port's one UDP socket; the bytes are copied. 0 or a negative errno. */
int os_udp_send(struct os *os, const struct os_peer_address *to, uint8_t tos, const void *data,
		size_t len);

/** Gives the IP stack a packet, as if it came from the tunnel's network interface. It may answer
 *  within the call. */
void os_ip_input(struct os *os, const void *packet, size_t len);

/** A number in flash that survives power cuts: 0, or a negative errno; -ENOENT if none was written.
 */
int os_number_read(struct os *os, uint64_t *number);
int os_number_write(struct os *os, uint64_t number);

#endif
