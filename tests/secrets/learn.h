/* SPDX-License-Identifier: MIT */
/*
 * What secrets there are: the primitives and the Noise functions are wrapped (link with LEARN_WRAPS
 * of CMakeLists.txt), and everything secret that goes through them while learning is on is noted. A
 * call of a primitive can be made to fail.
 */
#ifndef ZWG_SECRETS_LEARN_H
#define ZWG_SECRETS_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zwg/device.h>

/** Bytes in a row of a secret that count as finding it. */
#define LEARN_WINDOW 8

/** Forgets all secrets, and learns from now on, or not. */
void learn(bool on);

/** Notes a secret of @a len bytes, at most 64; @a what it is must outlive it. */
void learn_secret(const char *what, const void *bytes, size_t len);

/** How many are known. */
size_t learned(void);

/** How many of the secrets known have a part in the @a len bytes at @a mem; prints each as @a
 * where, with its name, the place and how many bytes in a row, unless @a where is NULL. */
unsigned int learn_find(const char *where, const void *mem, size_t len);

/** The same for a device, leaving out what must be there: its private key, preshared keys, the keys
 *  of sessions alive, the state of an initiation that waits for its answer, cookies. */
unsigned int learn_find_in_device(const char *where, const struct zwg_device *dev);

/** The call to a primitive that fails next, if it is made while learn_may_fail: 0 the next, ...,
 *  below 0 none. */
extern long learn_fails_at;
extern bool learn_may_fail;

#endif
