/* SPDX-License-Identifier: MIT */
/*
 * The simulated board: WireGuard core, settings, stamps, inner host and console, wired together as
 * firmware wires them, but on a UDP socket, a file and a pseudo-terminal.
 */
#ifndef ZWG_SIM_BOARD_H
#define ZWG_SIM_BOARD_H

#include <zwg/device.h>

#include "board/conf.h"
#include "board/console.h"
#include "board/serial.h"
#include "board/stamp.h"
#include "flash.h"
#include "inner_host.h"
#include "line.h"
#include "port/loop.h"
#include "port/tunnel.h"

struct board {
	struct loop loop;
	struct flash flash;
	struct line line;
	struct tunnel tunnel;
	struct inner_host inner;
	struct zwg_stamp stamp;
	struct zwg_addr underlay;
	uint16_t default_port; /**< While the settings have none. */
	zwg_time started;
	struct zwg_conf running;
	struct zwg_console console;
	struct zwg_serial serial;
	struct zwg_device device;
};

/**
 * Starts a board whose loop, flash and line are open: reads its settings, puts them in force and
 * listens. @a udp is its address outside the tunnel and the UDP port it has until its settings say
 * another, 0 for one that is free. 0, or a negative errno; the reason has been logged.
 */
int board_start(struct board *board, const struct zwg_endpoint *udp);

/** Stops it and wipes every secret. */
void board_stop(struct board *board);

/** For struct line: a reader has come. */
void board_console_start(void *board);

/** For struct line: bytes for the console. */
void board_console_input(void *board, const uint8_t *bytes, size_t len);

#endif
