/* SPDX-License-Identifier: MIT */
/* The answer to "get=1" of the cross-platform interface. */
#ifndef ZWG_DAEMON_UAPI_GET_H
#define ZWG_DAEMON_UAPI_GET_H

#include "interface.h"
#include "text_buffer.h"

/** Wall-clock time of the core's zero. The same for all answers unless the clock was set, so that
 *  the time of a handshake does not wander. All zeros at first. */
struct uapi_epoch {
	int64_t nanoseconds;
};

/** Writes the whole configuration and state, keys included, to the end of @a out, without the last
 *  line, errno. 0 or -ENOMEM. */
int uapi_get(struct interface *iface, struct uapi_epoch *epoch, struct text_buffer *out);

#endif
