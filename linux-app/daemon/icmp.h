/* SPDX-License-Identifier: MIT */
/* ICMP and ICMPv6 "unreachable" for packets that the tunnel cannot carry. */
#ifndef ZWG_DAEMON_ICMP_H
#define ZWG_DAEMON_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICMP_UNREACHABLE_MAX 1280 /**< RFC 4443 2.4 (c); for IPv4 576, RFC 1812 4.3.2.3. */

/**
 * Writes the error for the @a len bytes of the IP packet at @a pkt (its first ICMP_UNREACHABLE_MAX
 * suffice): host unreachable (RFC 792, code 1) or address unreachable (RFC 4443 section 3.1, code
 * 3), as the Linux kernel's WireGuard does. The error comes from the address that is unreachable:
 * from an address of this machine the kernel would not take it.
 *
 * @return Its length; 0 if there must be none: for another ICMP error, a later fragment, or a
 *         packet to or from an address that does not name one host (RFC 1122 3.2.2, RFC 4443 2.4
 * (e)).
 */
size_t icmp_unreachable(const uint8_t *pkt, size_t len, uint8_t out[ICMP_UNREACHABLE_MAX]);

#endif
