/* SPDX-License-Identifier: MIT */
/* The socket by which wg(8) finds an interface: /var/run/wireguard/NAME.sock. */
#ifndef ZWG_DAEMON_UAPI_SOCKET_H
#define ZWG_DAEMON_UAPI_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

struct uapi_socket {
	int fd;	      /**< Listens; -1: not there. */
	int watch_fd; /**< Readable when something in its directory has changed. */
	struct sockaddr_un at;
	dev_t dev; /**< The file that is ours. */
	ino_t ino;
};

/** Makes the directory (mode 0755) if need be and listens there, for root alone (mode 0700). A
 *  socket that nobody serves any more is replaced. 0, -EADDRINUSE if somebody does, or another
 *  negative errno. */
int uapi_socket_open(struct uapi_socket *sock, const char *interface);

/** Reads what the watch has to say. Is the file still ours? */
bool uapi_socket_there(const struct uapi_socket *sock);

/** Closes and removes it. */
void uapi_socket_close(struct uapi_socket *sock);

#endif
