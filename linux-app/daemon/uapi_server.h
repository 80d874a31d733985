/* SPDX-License-Identifier: MIT */
/*
 * Serving the cross-platform interface (https://www.wireguard.com/xplatform/) in the program's
 * loop: connections that never block it, any number of requests on each.
 */
#ifndef ZWG_DAEMON_UAPI_SERVER_H
#define ZWG_DAEMON_UAPI_SERVER_H

#include "interface.h"
#include "port/loop.h"
#include "uapi_get.h"
#include "uapi_socket.h"

struct uapi_connection;

struct uapi_server {
	struct loop *loop;
	struct interface *iface;
	struct uapi_socket socket;
	struct loop_source listener;
	struct loop_source watch;
	struct uapi_epoch epoch;
	struct uapi_connection *newest; /**< A list from the one that was heard last. */
	unsigned int connections;
	void (*removed)(void *ctx); /**< The socket was removed: the program is to end. */
	void *ctx;
};

/** Serves @a iface under the name @a name. 0, -EADDRINUSE if another program does, or another
 *  negative errno; @a removed will be called with @a ctx when the socket is removed. */
int uapi_server_start(struct uapi_server *server, struct loop *loop, struct interface *iface,
		      const char *name, void (*removed)(void *ctx), void *ctx);

/** Closes every connection and removes the socket; harmless if it was not started. */
void uapi_server_stop(struct uapi_server *server);

#endif
