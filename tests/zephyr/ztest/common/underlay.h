/* SPDX-License-Identifier: MIT */
/*
 * Two Ethernet interfaces that are not there: what the stack sends on them is kept for the test,
 * and what the test injects the stack receives. Neither asks for neighbours: frames go to
 * everybody.
 */
#ifndef ZWG_TEST_UNDERLAY_H
#define ZWG_TEST_UNDERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/net/net_if.h>
#include <zephyr/net/net_pkt.h>

#define FRAME_HEADER 14
#define FRAME_MAX    (FRAME_HEADER + 1500)

/** A frame as it left. */
struct frame {
	uint8_t interface; /**< 0 or 1: eth0 or eth1. */
	uint16_t len;
	uint8_t data[FRAME_MAX];
};

/** eth0, which carries the tunnel, and eth1, which must not. */
struct net_if *underlay(unsigned int number);

/** Takes the oldest frame that was sent. False: none was within @a timeout. */
bool underlay_sent(struct frame *frame, k_timeout_t timeout);

/** Forgets what was sent. */
void underlay_forget(void);

/** What the driver of eth0 returns for every frame from now on; 0: it sends. */
void underlay_fail(int err);

/** Was a frame too long, or lost because the test did not fetch it, or sent by an interrupt? */
bool underlay_faulty(void);

/** Writes the header of a frame to eth0 that holds IPv4, or IPv6. */
void underlay_header(uint8_t frame[FRAME_HEADER], bool v6);

/** eth0 receives a frame: the first @a front bytes in one buffer, the rest @a split bytes in each
 *  (0: as many as fit). NULL if there are no buffers; else the packet, which is the stack's, and of
 *  which the caller holds a reference if @a keep. */
struct net_pkt *underlay_receive(const uint8_t *frame, size_t len, size_t front, size_t split,
				 bool keep);

/** Gives eth0 the addresses 192.0.2.1/24 and fd00:1::1/64, or takes them away. */
void underlay_addresses(bool present);

#endif
