/* SPDX-License-Identifier: MIT */
/*
 * What PSA Crypto may report and Mbed TLS does not with good arguments: each call that the back end
 * makes fails once, and some succeed with another length than they should. The primitive fails, its
 * output is zeros, and no key is left in PSA's table. Link with PSA_WRAPS (CMakeLists.txt).
 */
#include <errno.h>

#include "crypto/crypto.h"
#include "crypto/psa/psa.h"
#include "crypto/secret.h"
#include "test.h"

static long fails_at; /* Which call fails: 0 the next; below 0 none. */
static psa_status_t failure;
static long keys;	/* Imported and not destroyed. */
static long length_off; /* Added to the length of what is made. */
static bool zeros;	/* An agreement gives zeros. */

static bool fails(void)
{
	return fails_at >= 0 && fails_at-- == 0;
}

#define WRAP(name, parameters, arguments)                                                          \
	psa_status_t __real_##name parameters;                                                     \
	psa_status_t __wrap_##name parameters;                                                     \
	psa_status_t __wrap_##name parameters                                                      \
	{                                                                                          \
		return fails() ? failure : __real_##name arguments;                                \
	}

WRAP(psa_crypto_init, (void), ())
WRAP(psa_aead_encrypt_setup, (psa_aead_operation_t * op, psa_key_id_t key, psa_algorithm_t alg),
     (op, key, alg))
WRAP(psa_aead_decrypt_setup, (psa_aead_operation_t * op, psa_key_id_t key, psa_algorithm_t alg),
     (op, key, alg))
WRAP(psa_aead_set_lengths, (psa_aead_operation_t * op, size_t ad, size_t text), (op, ad, text))
WRAP(psa_aead_set_nonce, (psa_aead_operation_t * op, const uint8_t *nonce, size_t len),
     (op, nonce, len))
WRAP(psa_aead_update_ad, (psa_aead_operation_t * op, const uint8_t *ad, size_t len), (op, ad, len))
WRAP(psa_aead_finish,
     (psa_aead_operation_t * op, uint8_t *out, size_t size, size_t *len, uint8_t *tag,
      size_t tag_size, size_t *tag_len),
     (op, out, size, len, tag, tag_size, tag_len))
WRAP(psa_aead_verify,
     (psa_aead_operation_t * op, uint8_t *out, size_t size, size_t *len, const uint8_t *tag,
      size_t tag_len),
     (op, out, size, len, tag, tag_len))

psa_status_t __real_psa_import_key(const psa_key_attributes_t *, const uint8_t *, size_t,
				   psa_key_id_t *);
psa_status_t __wrap_psa_import_key(const psa_key_attributes_t *, const uint8_t *, size_t,
				   psa_key_id_t *);
psa_status_t __wrap_psa_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
				   size_t len, psa_key_id_t *key)
{
	psa_status_t status = fails() ? failure : __real_psa_import_key(attributes, data, len, key);

	keys += status == PSA_SUCCESS;
	return status;
}

psa_status_t __real_psa_destroy_key(psa_key_id_t);
psa_status_t __wrap_psa_destroy_key(psa_key_id_t);
psa_status_t __wrap_psa_destroy_key(psa_key_id_t key)
{
	keys -= key != PSA_KEY_ID_NULL;
	return __real_psa_destroy_key(key);
}

psa_status_t __real_psa_aead_update(psa_aead_operation_t *, const uint8_t *, size_t, uint8_t *,
				    size_t, size_t *);
psa_status_t __wrap_psa_aead_update(psa_aead_operation_t *, const uint8_t *, size_t, uint8_t *,
				    size_t, size_t *);
psa_status_t __wrap_psa_aead_update(psa_aead_operation_t *op, const uint8_t *in, size_t in_len,
				    uint8_t *out, size_t size, size_t *len)
{
	psa_status_t status =
		fails() ? failure : __real_psa_aead_update(op, in, in_len, out, size, len);

	*len = (size_t)((long)*len + length_off);
	return status;
}

psa_status_t __real_psa_raw_key_agreement(psa_algorithm_t, psa_key_id_t, const uint8_t *, size_t,
					  uint8_t *, size_t, size_t *);
psa_status_t __wrap_psa_raw_key_agreement(psa_algorithm_t, psa_key_id_t, const uint8_t *, size_t,
					  uint8_t *, size_t, size_t *);
psa_status_t __wrap_psa_raw_key_agreement(psa_algorithm_t alg, psa_key_id_t key,
					  const uint8_t *peer, size_t peer_len, uint8_t *out,
					  size_t size, size_t *len)
{
	psa_status_t status =
		fails() ? failure
			: __real_psa_raw_key_agreement(alg, key, peer, peer_len, out, size, len);

	if (zeros)
		memset(out, 0, size);
	*len = (size_t)((long)*len + length_off);
	return status;
}

static void reset(void)
{
	fails_at = -1;
	failure = PSA_ERROR_GENERIC_ERROR;
	length_off = 0;
	zeros = false;
}

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t nonce[12] = {4, 5, 6};
static const uint8_t ad[16] = {7, 8, 9};

/* Seals or opens 200 bytes. On failure the text, and the tag that would be made, are zeros. */
static int crypt(bool open)
{
	uint8_t text[200], tag[16];
	struct zwg_seg seg = {text, sizeof(text)};
	struct zwg_chain chain = {&seg, 1, 0, sizeof(text)};
	long at = fails_at, off = length_off;
	int err;

	memset(text, 0x5a, sizeof(text));
	memset(tag, 0x5a, sizeof(tag));
	if (open) {
		fails_at = -1;
		length_off = 0;
		CHECK_INT(zwg_aead_seal(key, nonce, ad, sizeof(ad), &chain, tag), 0);
		fails_at = at;
		length_off = off;
		err = zwg_aead_open(key, nonce, ad, sizeof(ad), &chain, tag);
	} else {
		err = zwg_aead_seal(key, nonce, ad, sizeof(ad), &chain, tag);
	}
	if (err) {
		CHECK_ZERO(text, sizeof(text));
		CHECK(open || zwg_is_zero(tag, sizeof(tag)));
	}
	CHECK_INT(keys, 0);
	return err;
}

static void each_call_of_an_aead_fails(void)
{
	for (int open = 0; open < 2; open++) {
		bool reached = true;
		long call;

		for (call = 0; reached; call++) {
			int err;

			reset();
			test_case("%s, call %ld", open ? "open" : "seal", call);
			fails_at = call;
			err = crypt(open);
			reached = fails_at < 0;
			CHECK_INT(err, reached ? -EIO : 0);
		}
		/* init, import, setup, lengths, nonce, ad, two pieces, the end; and then none. */
		CHECK_INT(call, 10);
	}
	reset();
	fails_at = 3;
	failure = PSA_ERROR_INVALID_ARGUMENT;
	CHECK_INT(crypt(false), -EINVAL);
	reset();
}

static void an_aead_of_another_length_is_a_failure(void)
{
	for (int open = 0; open < 2; open++) {
		for (long off = -3; off <= 3; off += 6) {
			reset();
			test_case("%s, %ld", open ? "open" : "seal", off);
			length_off = off;
			CHECK_INT(crypt(open), -EIO);
		}
	}
	reset();
}

static int agree(void)
{
	static const uint8_t base[32] = {9};
	uint8_t out[32];
	int err;

	memset(out, 0x5a, sizeof(out));
	err = zwg_x25519(out, key, base);
	CHECK(!err != zwg_is_zero(out, sizeof(out)));
	CHECK_INT(keys, 0);
	return err;
}

static void each_call_of_x25519_fails(void)
{
	for (long call = 0; call < 3; call++) {
		reset();
		test_case("call %ld", call);
		fails_at = call;
		CHECK_INT(agree(), -EIO);
		fails_at = call;
		failure = PSA_ERROR_INVALID_ARGUMENT;
		CHECK_INT(agree(), -EINVAL);
	}
	reset();
	fails_at = 3;
	CHECK_INT(agree(), 0);
	CHECK_INT(fails_at, 0);
	reset();
	test_case("a short result");
	length_off = -1;
	CHECK_INT(agree(), -EIO);
	reset();
	test_case("zeros");
	zeros = true;
	CHECK_INT(agree(), -EINVAL);
	reset();
}

static const struct test tests[] = {
	{"each call of an AEAD fails", each_call_of_an_aead_fails},
	{"an AEAD of another length is a failure", an_aead_of_another_length_is_a_failure},
	{"each call of X25519 fails", each_call_of_x25519_fails},
};

TEST_MAIN(tests)
