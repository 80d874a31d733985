/* SPDX-License-Identifier: MIT */
/*
 * What every handler of secrets needs: wiping that the compiler may not remove, and comparison that
 * takes the same time whatever differs.
 */
#ifndef ZWG_SECRET_H
#define ZWG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** Sets @a len bytes to zero in a way that no optimiser removes. */
void zwg_wipe(void *mem, size_t len);

/** True if the @a len bytes at @a a and @a b are the same; time depends on @a len only. */
bool zwg_equal(const void *a, const void *b, size_t len);

/** True if all @a len bytes at @a a are zero; time depends on @a len only. */
bool zwg_is_zero(const void *a, size_t len);

#endif
