/* SPDX-License-Identifier: MIT */
/* A port of zwg in as few lines as it takes: the worked example of docs/guide/porting.rst. */
#ifndef EXAMPLE_PORT_H
#define EXAMPLE_PORT_H

#include <stdbool.h>

#include <zwg/device.h>

#include "board/conf.h"
#include "board/stamp.h"
#include "os.h"

#define PORT_MTU     1420
#define PORT_PACKETS (ZWG_MAX_STAGED + 2)

/** A packet on its way out, in one piece; the core needs no such thing, this example likes it. */
struct port_packet {
	struct zwg_packet packet;
	struct zwg_seg seg;
	bool used;
	uint8_t bytes[ZWG_HEADROOM + PORT_MTU + ZWG_TAILROOM];
};

struct port {
	struct os *os;
	struct zwg_device device; /**< Only with the lock held. */
	struct zwg_stamp stamp;	  /**< Only in port_work(). */
	struct port_packet packets[PORT_PACKETS];
};

/** Prepares @a port, which must be all zeros. */
void port_start(struct port *port, struct os *os);

/** Puts a valid configuration in force. 0 or a negative errno. */
int port_configure(struct port *port, const struct zwg_conf *conf);

/** The IP stack routes a packet to the tunnel. 0, or the negative errno to tell it. */
int port_send(struct port *port, const void *packet, size_t len);

/** A datagram has come to the UDP socket; its bytes are overwritten. */
void port_datagram(struct port *port, const struct os_peer_address *from, uint8_t tos, void *data,
		   size_t len);

/** See os_call_at() and os_wake_worker(). */
void port_timer(struct port *port);
void port_work(struct port *port);

/** Forgets every key. */
void port_stop(struct port *port);

#endif
