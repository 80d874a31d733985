/* SPDX-License-Identifier: MIT */
/* The network interface outside the tunnel. */
#ifndef APP_NETWORK_H
#define APP_NETWORK_H

#include <zephyr/net/net_if.h>

/** The first interface that is not a tunnel; NULL if there is none. */
struct net_if *network_if(void);

/** Gives it its addresses, or asks for them. */
void network_start(void);

#endif
