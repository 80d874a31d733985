/* SPDX-License-Identifier: MIT */
/* One thread at a time uses PSA Crypto: Mbed TLS has neither a lock for its keys nor one for its
 * heap in Zephyr. */
#include <zephyr/kernel.h>

#include "crypto/psa/psa.h"

static K_MUTEX_DEFINE(lock);

void zwg_psa_lock(void)
{
	k_mutex_lock(&lock, K_FOREVER);
}

void zwg_psa_unlock(void)
{
	k_mutex_unlock(&lock);
}
