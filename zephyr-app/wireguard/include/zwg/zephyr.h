/* SPDX-License-Identifier: MIT */
/*
 * What an application may use of the WireGuard interfaces. Everything else is the network stack's:
 * zwg0 is a network interface like others, and sockets need not know of it.
 */
#ifndef ZWG_ZEPHYR_H
#define ZWG_ZEPHYR_H

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/net/net_if.h>
#include <zephyr/net/net_mgmt.h>

/* Events of net_mgmt, raised on the interface. Their information is the peer's public key, 32
 * bytes, where the stack's NET_EVENT_INFO_MAX_SIZE allows. The layer code is the first that Zephyr
 * leaves to users. */
#define ZWG_MGMT_LAYER_CODE 0x7C
#define ZWG_MGMT_EVENT(bit)                                                                        \
	(NET_MGMT_EVENT_BIT | NET_MGMT_IFACE_BIT | NET_MGMT_LAYER(NET_MGMT_LAYER_L3) |             \
	 NET_MGMT_LAYER_CODE(ZWG_MGMT_LAYER_CODE) | BIT(bit))

/** A handshake has ended and a new session may carry data. */
#define NET_EVENT_ZWG_HANDSHAKE_COMPLETE ZWG_MGMT_EVENT(0)
/** The first handshake since the peer was added or went quiet. */
#define NET_EVENT_ZWG_PEER_UP ZWG_MGMT_EVENT(1)
/** The peer has not answered for 90 seconds. */
#define NET_EVENT_ZWG_PEER_QUIET ZWG_MGMT_EVENT(2)

/** The interface zwg0, zwg1 and so on; NULL if there is none of this number. */
struct net_if *zwg_net_if(unsigned int number);

/** What an interface is doing. */
struct zwg_status {
	bool provisioned;      /**< It has a private key. */
	bool up;	       /**< Attached, started and able to send and receive. */
	unsigned int peers;    /**< Peers in force. */
	unsigned int sessions; /**< Peers with a session that may carry data now. */
	uint64_t rx_bytes;     /**< UDP payloads of authenticated packets, over all peers. */
	uint64_t tx_bytes;
};

/** -ENODEV if there is no interface of this number. */
int zwg_get_status(unsigned int number, struct zwg_status *status);

/**
 * Tells the time of a clock that is trusted: battery-backed, or set from an authenticated source;
 * plain SNTP is neither. It is never needed, only moves the handshakes' time stamps forward, and at
 * most by the step of board/stamp.h, so that a wrong clock cannot spend a key's future.
 */
void zwg_trusted_time(uint64_t unix_seconds);

#endif
