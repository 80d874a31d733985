/* SPDX-License-Identifier: MIT */
/*
 * ChaCha20-Poly1305 (RFC 8439 section 2.8) by PSA Crypto, on a chain. The text is given run by run
 * where it lies; what comes out goes through a small buffer and is copied back, because an
 * implementation need not allow its output to be its input, and may hold some of it back.
 *
 * PSA Crypto decrypts before it verifies: a forged message's plaintext exists in place for the time
 * of the call, and is wiped before it returns. It is never given to anybody.
 */
#include <errno.h>
#include <string.h>

#include "../crypto.h"
#include "../secret.h"
#include "psa.h"

#define PIECE 128

/* Output is written behind the input that it was made of, never before. */
struct text {
	struct zwg_chain in;
	struct zwg_chain all;
	size_t written;
	uint8_t piece[PIECE + 64]; /* What PSA may have held back comes on top. */
};

static psa_status_t put(struct text *text, size_t len)
{
	if (!zwg_chain_write(&text->all, text->written, text->piece, len))
		return PSA_ERROR_GENERIC_ERROR;
	text->written += len;
	return PSA_SUCCESS;
}

static psa_status_t update(psa_aead_operation_t *op, struct text *text)
{
	uint8_t *run;
	size_t left;

	while ((left = zwg_chain_next(&text->in, &run)) > 0) {
		for (size_t n; left > 0; left -= n, run += n) {
			size_t len = 0;
			psa_status_t status;

			n = left < PIECE ? left : PIECE;
			status =
				psa_aead_update(op, run, n, text->piece, sizeof(text->piece), &len);
			if (status == PSA_SUCCESS)
				status = put(text, len);
			if (status != PSA_SUCCESS)
				return status;
		}
	}
	return text->in.len > 0 ? PSA_ERROR_INVALID_ARGUMENT : PSA_SUCCESS;
}

static psa_status_t start(psa_aead_operation_t *op, const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
			  const void *ad, size_t ad_len, size_t text_len)
{
	psa_status_t status = psa_aead_set_lengths(op, ad_len, text_len);

	if (status == PSA_SUCCESS)
		status = psa_aead_set_nonce(op, nonce, ZWG_AEAD_NONCE_LEN);
	if (status == PSA_SUCCESS && ad_len > 0)
		status = psa_aead_update_ad(op, ad, ad_len);
	return status;
}

static psa_status_t end(psa_aead_operation_t *op, struct text *text, bool sealing, uint8_t *tag,
			const uint8_t *expected)
{
	size_t len = 0, tag_len = 0;
	psa_status_t status;

	if (sealing)
		status = psa_aead_finish(op, text->piece, sizeof(text->piece), &len, tag,
					 ZWG_AEAD_TAG_LEN, &tag_len);
	else
		status = psa_aead_verify(op, text->piece, sizeof(text->piece), &len, expected,
					 ZWG_AEAD_TAG_LEN);
	if (status == PSA_SUCCESS)
		status = put(text, len);
	if (status == PSA_SUCCESS && text->written != text->all.len)
		status = PSA_ERROR_GENERIC_ERROR;
	return status;
}

static psa_status_t run(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
			const void *ad, size_t ad_len, struct text *text, uint8_t *tag,
			const uint8_t *expected)
{
	bool sealing = tag != NULL;
	psa_aead_operation_t op = PSA_AEAD_OPERATION_INIT;
	psa_key_id_t id = PSA_KEY_ID_NULL;
	psa_status_t status =
		zwg_psa_import(PSA_KEY_TYPE_CHACHA20, PSA_ALG_CHACHA20_POLY1305,
			       sealing ? PSA_KEY_USAGE_ENCRYPT : PSA_KEY_USAGE_DECRYPT, key, &id);

	if (status != PSA_SUCCESS)
		return status;
	status = sealing ? psa_aead_encrypt_setup(&op, id, PSA_ALG_CHACHA20_POLY1305)
			 : psa_aead_decrypt_setup(&op, id, PSA_ALG_CHACHA20_POLY1305);
	if (status == PSA_SUCCESS)
		status = start(&op, nonce, ad, ad_len, text->all.len);
	if (status == PSA_SUCCESS)
		status = update(&op, text);
	if (status == PSA_SUCCESS)
		status = end(&op, text, sealing, tag, expected);
	(void)psa_aead_abort(&op);
	(void)psa_destroy_key(id);
	return status;
}

static void wipe_text(const struct zwg_chain *text)
{
	struct zwg_chain rest = *text;
	uint8_t *at;
	size_t n;

	while ((n = zwg_chain_next(&rest, &at)) > 0)
		zwg_wipe(at, n);
}

static int crypt(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		 const void *ad, size_t ad_len, const struct zwg_chain *chain, uint8_t *tag,
		 const uint8_t *expected)
{
	struct text text = {.in = *chain, .all = *chain};
	psa_status_t status;

	/* RFC 8439 section 2.8: the blocks 1 to 2^32 - 1. */
	if ((uint64_t)chain->len > (uint64_t)UINT32_MAX * 64) {
		wipe_text(chain);
		return -EMSGSIZE;
	}
	zwg_psa_lock();
	status = run(key, nonce, ad, ad_len, &text, tag, expected);
	zwg_psa_unlock();
	zwg_wipe(text.piece, sizeof(text.piece));
	if (status == PSA_SUCCESS)
		return 0;
	wipe_text(chain);
	if (status == PSA_ERROR_INVALID_SIGNATURE)
		return -EBADMSG;
	return status == PSA_ERROR_INVALID_ARGUMENT ? -EINVAL : -EIO;
}

int zwg_aead_seal(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	uint8_t made[ZWG_AEAD_TAG_LEN] = {0};
	int err = crypt(key, nonce, ad, ad_len, text, made, NULL);

	if (err)
		memset(tag, 0, ZWG_AEAD_TAG_LEN);
	else
		memcpy(tag, made, ZWG_AEAD_TAG_LEN);
	return err;
}

int zwg_aead_open(const uint8_t key[ZWG_KEY_LEN], const uint8_t nonce[ZWG_AEAD_NONCE_LEN],
		  const void *ad, size_t ad_len, const struct zwg_chain *text,
		  const uint8_t tag[ZWG_AEAD_TAG_LEN])
{
	return crypt(key, nonce, ad, ad_len, text, NULL, tag);
}
