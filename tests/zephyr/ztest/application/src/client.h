/* SPDX-License-Identifier: MIT */
/* Clients of the echo service, on the board itself. */
#ifndef ZWG_TEST_CLIENT_H
#define ZWG_TEST_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

/** Starts the service, once; its interface has an address then. */
void service_start(void);

/** A socket, SOCK_STREAM or SOCK_DGRAM, that is connected to the service over IPv4. */
int client_open(int type);

/** Sends as much of @a len bytes as goes without waiting: their number, 0 if none. */
unsigned int client_send(int fd, unsigned int len);

/** Receives @a len bytes of what was sent within @a ms. False: they did not come, or others. */
bool client_gets(int fd, unsigned int len, uint32_t ms);

/** Receives until nothing has come for @a ms: the number of bytes. */
unsigned int client_takes_all(int fd, uint32_t ms);

/** Is the connection closed by the service within @a ms? What comes before is thrown away. */
bool client_sees_the_end(int fd, uint32_t ms);

#endif
