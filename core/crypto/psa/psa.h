/* SPDX-License-Identifier: MIT */
/*
 * What the back end on PSA Crypto (PSA Certified Crypto API 1.1) needs beside <psa/crypto.h>. Its
 * calls are made between zwg_psa_lock() and zwg_psa_unlock(), because implementations may keep keys
 * in a table and take memory from a heap without a lock of their own.
 */
#ifndef ZWG_PSA_H
#define ZWG_PSA_H

#include <psa/crypto.h>

/** Of the port: one thread at a time uses PSA Crypto. */
void zwg_psa_lock(void);
void zwg_psa_unlock(void);

/** Imports a volatile key that may do one thing. The caller destroys it. */
static inline psa_status_t zwg_psa_import(psa_key_type_t type, psa_algorithm_t alg,
					  psa_key_usage_t usage, const uint8_t key[32],
					  psa_key_id_t *id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status = psa_crypto_init();

	if (status != PSA_SUCCESS)
		return status;
	psa_set_key_type(&attributes, type);
	psa_set_key_bits(&attributes, type == PSA_KEY_TYPE_CHACHA20 ? 256 : 255);
	psa_set_key_algorithm(&attributes, alg);
	psa_set_key_usage_flags(&attributes, usage);
	return psa_import_key(&attributes, key, 32, id);
}

#endif
