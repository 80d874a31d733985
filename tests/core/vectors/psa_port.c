/* SPDX-License-Identifier: MIT */
/* What PSA Crypto and the back end on it ask of a port, for programs of one thread on a host. */
#include <sys/random.h>

#include "crypto/psa/psa.h"

void zwg_psa_lock(void)
{
}

void zwg_psa_unlock(void)
{
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
					     uint8_t *output, size_t size, size_t *length)
{
	ssize_t got = getrandom(output, size, 0);

	(void)context;
	*length = got < 0 ? 0 : (size_t)got;
	return *length == size ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}
