/* SPDX-License-Identifier: MIT */
/*
 * Sealing with the core's ChaCha20-Poly1305 and with OpenSSL's libcrypto, in turn, in CPU time: the
 * comparison behind the choice of the daemon's back end. docs/guide/figures.rst has the command.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "crypto/crypto.h"

#define ROUNDS	5
#define SEALS	100000
#define LARGEST 1420

static uint8_t text[LARGEST];
static uint8_t tag[ZWG_AEAD_TAG_LEN];
static const uint8_t key[ZWG_KEY_LEN] = {1};
static const uint8_t nonce[ZWG_AEAD_NONCE_LEN] = {2};

static double now_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static void seal_core(size_t len)
{
	const struct zwg_seg seg = {.data = text, .len = len};
	const struct zwg_chain chain = {.segs = &seg, .count = 1, .len = len};

	if (zwg_aead_seal(key, nonce, NULL, 0, &chain, tag))
		exit(1);
}

/* The key is set once, as a session would; only the nonce changes. */
static EVP_CIPHER_CTX *libcrypto;

static void seal_libcrypto(size_t len)
{
	int out;

	if (!EVP_EncryptInit_ex(libcrypto, NULL, NULL, NULL, nonce) ||
	    !EVP_EncryptUpdate(libcrypto, text, &out, text, (int)len) ||
	    !EVP_EncryptFinal_ex(libcrypto, tag, &out) ||
	    !EVP_CIPHER_CTX_ctrl(libcrypto, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag))
		exit(1);
}

/* The best of the rounds, in nanoseconds a seal. */
static double measure(void (*seal)(size_t len), size_t len)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_ns(), spent;

		for (int i = 0; i < SEALS; i++)
			seal(len);
		spent = (now_ns() - begin) / SEALS;
		if (round == 0 || spent < best)
			best = spent;
	}
	return best;
}

/* Both must do the same, or the comparison means nothing. */
static int same_result(void)
{
	uint8_t first[LARGEST], first_tag[ZWG_AEAD_TAG_LEN];

	memset(text, 0, sizeof(text));
	seal_core(sizeof(text));
	memcpy(first, text, sizeof(text));
	memcpy(first_tag, tag, sizeof(tag));
	memset(text, 0, sizeof(text));
	seal_libcrypto(sizeof(text));
	return memcmp(first, text, sizeof(text)) == 0 && memcmp(first_tag, tag, sizeof(tag)) == 0;
}

int main(void)
{
	static const size_t sizes[] = {64, 512, LARGEST};
	struct rusage used;

	libcrypto = EVP_CIPHER_CTX_new();
	if (!libcrypto ||
	    !EVP_EncryptInit_ex(libcrypto, EVP_chacha20_poly1305(), NULL, key, nonce) ||
	    !same_result())
		return 1;
	puts("bytes   core ns   libcrypto ns   ratio");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double core = measure(seal_core, sizes[i]);
		double other = measure(seal_libcrypto, sizes[i]);

		printf("%5zu   %7.0f   %12.0f   %5.2f\n", sizes[i], core, other, other / core);
	}
	EVP_CIPHER_CTX_free(libcrypto);
	(void)getrusage(RUSAGE_SELF, &used);
	printf("%.1f MiB of memory in use at most\n", (double)used.ru_maxrss / 1024);
	return 0;
}
