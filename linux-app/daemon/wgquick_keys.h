/* SPDX-License-Identifier: MIT */
/* The keys of a wg-quick file: what each of them means and expects. */
#ifndef ZWG_DAEMON_WGQUICK_KEYS_H
#define ZWG_DAEMON_WGQUICK_KEYS_H

#include "wgquick.h"

#define WGQUICK_ERROR_SIZE 256

/**
 * Puts the value @a value of the key @a key (compared without case, as wg does) of the interface
 * (@a peer NULL) or of a peer into @a conf. False, and the reason in @a error, if it is refused.
 */
bool wgquick_set(struct wgquick *conf, struct wgquick_peer *peer, const char *key,
		 const char *value, char error[WGQUICK_ERROR_SIZE]);

/** Appends to the list. False if there is no memory. */
bool wgquick_prefixes_add(struct wgquick_prefixes *prefixes, const struct zwg_prefix *prefix);

#endif
