/* SPDX-License-Identifier: MIT */
/*
 * What every handler of secrets needs: wiping that the compiler may not remove, and comparison that
 * takes the same time whatever differs.
 */
#ifndef ZWG_SECRET_H
#define ZWG_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of stack that a handshake step uses below its caller, at most: measured with GCC and Clang
 *  (docs/secrets.rst). More costs stack, less leaves secrets on it. */
#ifndef ZWG_STACK_WIPE
#if UINTPTR_MAX > UINT32_MAX
#define ZWG_STACK_WIPE 2048
#else
#define ZWG_STACK_WIPE 1280
#endif
#endif

/** Sets @a len bytes to zero in a way that no optimiser removes. */
void zwg_wipe(void *mem, size_t len);

/** Overwrites ZWG_STACK_WIPE bytes of stack below the caller's frame: what compilers put there of
 *  their own accord, copies of registers with secrets in them, no zwg_wipe() can name. */
void zwg_wipe_stack(void);

/** True if the @a len bytes at @a a and @a b are the same; time depends on @a len only. */
bool zwg_equal(const void *a, const void *b, size_t len);

/** True if all @a len bytes at @a a are zero; time depends on @a len only. */
bool zwg_is_zero(const void *a, size_t len);

#endif
