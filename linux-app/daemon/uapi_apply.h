/* SPDX-License-Identifier: MIT */
/* Putting a "set" request in force: all of it, or nothing. */
#ifndef ZWG_DAEMON_UAPI_APPLY_H
#define ZWG_DAEMON_UAPI_APPLY_H

#include "interface.h"
#include "uapi_set.h"

/**
 * Puts @a set in force. 0, or -ENOSPC (it does not fit into the device's tables), -EADDRINUSE (the
 * port), -EPERM (the mark), -ENOMEM, or another negative errno; nothing has then changed.
 *
 * As the Linux kernel's WireGuard does: a peer with the interface's own public key, an update of a
 * peer that is not there, the removal of a prefix that a peer does not have are passed over.
 */
int uapi_apply(struct interface *iface, const struct uapi_set *set);

#endif
