/* SPDX-License-Identifier: MIT */
/*
 * Wycheproof's vectors for X25519, ChaCha20-Poly1305 and XChaCha20-Poly1305, which wycheproof.py
 * writes to standard input; the argument names the algorithm. The numbers of cases are asserted, so
 * that no part of a file is passed over in silence.
 */
#include <errno.h>

#include "test.h"

#include "crypto/crypto.h"

#define MAX_WORDS 9
#define MAX_BYTES 2048

/* What a file holds. */
struct expected {
	const char *algorithm;
	size_t words;
	void (*run)(const struct expected *self, char **words);
	size_t nonce_len;
	unsigned int cases;
	unsigned int zero_shared;    /* Products of zero, which must be refused. */
	unsigned int not_applicable; /* Nonces of another size. */
};

static struct {
	unsigned int cases;
	unsigned int zero_shared;
	unsigned int not_applicable;
} seen;

static const struct expected *subject;

static size_t word_bytes(uint8_t *out, const char *word)
{
	return strcmp(word, "-") == 0 ? 0 : test_unhex(out, MAX_BYTES, word);
}

static void run_x25519(const struct expected *self, char **words)
{
	uint8_t scalar[MAX_BYTES], point[MAX_BYTES], shared[MAX_BYTES], out[32];
	bool zero = strstr(words[2], "ZeroSharedSecret") != NULL;

	(void)self;
	REQUIRE(word_bytes(scalar, words[3]) == 32);
	REQUIRE(word_bytes(point, words[4]) == 32);
	REQUIRE(word_bytes(shared, words[5]) == 32);
	memset(out, 0xa5, sizeof(out));
	CHECK_INT(zwg_x25519(out, scalar, point), zero ? -EINVAL : 0);
	CHECK_MEM(out, shared, 32);
	seen.zero_shared += zero;
}

static void run_aead(const struct expected *self, char **words)
{
	uint8_t key[MAX_BYTES], nonce[MAX_BYTES], ad[MAX_BYTES], plain[MAX_BYTES],
		sealed[MAX_BYTES];
	uint8_t tag[MAX_BYTES], text[MAX_BYTES], got[16];
	bool extended = self->nonce_len == ZWG_XAEAD_NONCE_LEN;
	bool valid = strcmp(words[1], "valid") == 0;
	size_t ad_len = word_bytes(ad, words[5]);
	size_t len = word_bytes(plain, words[6]);
	struct zwg_seg seg = {text, len};
	struct zwg_chain chain = {&seg, 1, 0, len};
	int err;

	REQUIRE(word_bytes(key, words[3]) == 32);
	if (word_bytes(nonce, words[4]) != self->nonce_len) {
		CHECK(!valid);
		seen.not_applicable++;
		return;
	}
	REQUIRE(word_bytes(sealed, words[7]) == len);
	REQUIRE(word_bytes(tag, words[8]) == 16);

	memcpy(text, plain, len);
	err = extended ? zwg_xaead_seal(key, nonce, ad, ad_len, &chain, got)
		       : zwg_aead_seal(key, nonce, ad, ad_len, &chain, got);
	CHECK_INT(err, 0);
	CHECK_INT(memcmp(text, sealed, len) == 0 && memcmp(got, tag, 16) == 0, valid);

	memcpy(text, sealed, len);
	err = extended ? zwg_xaead_open(key, nonce, ad, ad_len, &chain, tag)
		       : zwg_aead_open(key, nonce, ad, ad_len, &chain, tag);
	CHECK_INT(err, valid ? 0 : -EBADMSG);
	if (valid) {
		CHECK_MEM(text, plain, len);
	} else {
		CHECK_ZERO(text, len);
	}
}

static const struct expected files[] = {
	{"x25519", 6, run_x25519, 0, 518, 31, 0},
	{"chacha20-poly1305", 9, run_aead, ZWG_AEAD_NONCE_LEN, 325, 0, 9},
	{"xchacha20-poly1305", 9, run_aead, ZWG_XAEAD_NONCE_LEN, 315, 0, 9},
};

static void all_cases(void)
{
	static char line[8 * MAX_BYTES];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *words[MAX_WORDS];
		size_t count = 0;

		REQUIRE(strchr(line, '\n') != NULL);
		for (char *w = strtok(line, " \n"); w != NULL; w = strtok(NULL, " \n")) {
			REQUIRE(count < MAX_WORDS);
			words[count++] = w;
		}
		REQUIRE(count == subject->words);
		test_case("case %s (%s, %s)", words[0], words[1], words[2]);
		subject->run(subject, words);
		seen.cases++;
	}
	test_case("numbers");
	CHECK_INT(seen.cases, subject->cases);
	CHECK_INT(seen.zero_shared, subject->zero_shared);
	CHECK_INT(seen.not_applicable, subject->not_applicable);
	printf("# %u cases, %u refused for a product of zero, %u not applicable: nonce size\n",
	       seen.cases, seen.zero_shared, seen.not_applicable);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < TEST_COUNT(files); i++) {
		if (strcmp(argv[1], files[i].algorithm) == 0) {
			const struct test test = {files[i].algorithm, all_cases};

			subject = &files[i];
			return test_main(&test, 1, 1, argv);
		}
	}
	fprintf(stderr,
		"usage: wycheproof.py PROGRAM x25519|chacha20-poly1305|xchacha20-poly1305\n");
	return 2;
}
