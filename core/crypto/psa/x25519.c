/* SPDX-License-Identifier: MIT */
/*
 * X25519 (RFC 7748 section 5) by PSA Crypto: key agreement in the Montgomery family with 255 bits,
 * whose keys are little-endian as on the wire. How constant its time is, is the implementation's.
 */
#include <errno.h>
#include <string.h>

#include "../crypto.h"
#include "../secret.h"
#include "psa.h"

#define KEY_PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY)

/* Implementations may refuse a scalar that is not clamped. */
static void clamp(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN])
{
	memcpy(out, scalar, ZWG_KEY_LEN);
	out[0] &= 248;
	out[31] &= 127;
	out[31] |= 64;
}

static psa_status_t agree(uint8_t out[ZWG_KEY_LEN], const uint8_t clamped[ZWG_KEY_LEN],
			  const uint8_t point[ZWG_KEY_LEN])
{
	size_t len = 0;
	psa_key_id_t key = PSA_KEY_ID_NULL;
	psa_status_t status =
		zwg_psa_import(KEY_PAIR, PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE, clamped, &key);

	if (status != PSA_SUCCESS)
		return status;
	status = psa_raw_key_agreement(PSA_ALG_ECDH, key, point, ZWG_KEY_LEN, out, ZWG_KEY_LEN,
				       &len);
	(void)psa_destroy_key(key);
	return status == PSA_SUCCESS && len != ZWG_KEY_LEN ? PSA_ERROR_GENERIC_ERROR : status;
}

int zwg_x25519(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN],
	       const uint8_t point[ZWG_KEY_LEN])
{
	uint8_t clamped[ZWG_KEY_LEN];
	uint8_t shared[ZWG_KEY_LEN];
	psa_status_t status;
	int err;

	clamp(clamped, scalar);
	zwg_psa_lock();
	status = agree(shared, clamped, point);
	zwg_psa_unlock();
	/* Of a point of low order some implementations give zeros, others an error. */
	if (status == PSA_ERROR_INVALID_ARGUMENT ||
	    (status == PSA_SUCCESS && zwg_is_zero(shared, sizeof(shared))))
		err = -EINVAL;
	else
		err = status == PSA_SUCCESS ? 0 : -EIO;
	if (err)
		zwg_wipe(out, ZWG_KEY_LEN);
	else
		memcpy(out, shared, sizeof(shared));
	zwg_wipe(clamped, sizeof(clamped));
	zwg_wipe(shared, sizeof(shared));
	return err;
}

int zwg_x25519_base(uint8_t out[ZWG_KEY_LEN], const uint8_t scalar[ZWG_KEY_LEN])
{
	static const uint8_t base[ZWG_KEY_LEN] = {9};

	return zwg_x25519(out, scalar, base);
}
