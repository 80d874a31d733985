/* SPDX-License-Identifier: MIT */
/* Random bytes from the operating system: getrandom(2). */
#ifndef ZWG_PORT_RANDOM_H
#define ZWG_PORT_RANDOM_H

#include <stddef.h>

/** Fills @a buf with @a len bytes. 0, or -EAGAIN while the kernel's source is not yet seeded, or
 *  another negative errno; @a buf is then all zeros. Never blocks. */
int random_bytes(void *buf, size_t len);

#endif
