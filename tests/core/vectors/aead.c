/* SPDX-License-Identifier: MIT */
/*
 * The AEADs on chains: the same result at any split and alignment, nothing touched beside the text,
 * every bit authenticated, outputs zero after every failure, lengths beyond RFC 8439 refused.
 */
#include <errno.h>

#include "test.h"

#include "crypto/crypto.h"

#define MAX_LEN	  1500
#define MAX_SEGS  20
#define GUARD	  0xa5
#define ARENA_LEN (MAX_LEN + MAX_SEGS * 32)

/* One of the two constructions, so that each test runs on both. */
struct construction {
	const char *name;
	size_t nonce_len;
	int (*seal)(const uint8_t *key, const uint8_t *nonce, const void *ad, size_t ad_len,
		    const struct zwg_chain *text, uint8_t *tag);
	int (*open)(const uint8_t *key, const uint8_t *nonce, const void *ad, size_t ad_len,
		    const struct zwg_chain *text, const uint8_t *tag);
};

static const struct construction constructions[] = {
	{"ChaCha20-Poly1305", ZWG_AEAD_NONCE_LEN, zwg_aead_seal, zwg_aead_open},
	{"XChaCha20-Poly1305", ZWG_XAEAD_NONCE_LEN, zwg_xaead_seal, zwg_xaead_open},
};

/* A text scattered over an arena whose other bytes are all GUARD. */
struct scattered {
	uint8_t arena[ARENA_LEN];
	struct zwg_seg segs[MAX_SEGS];
	struct zwg_chain chain;
};

static struct zwg_chain one_piece(struct zwg_seg *seg, uint8_t *data, size_t len)
{
	*seg = (struct zwg_seg){data, len};
	return (struct zwg_chain){seg, 1, 0, len};
}

/* Cuts @a len bytes into @a count fragments at random places, some of them empty, each at a random
 * alignment. The chain begins and ends inside a fragment when @a inside is set. */
static void scatter(struct scattered *s, const uint8_t *text, size_t len, size_t count, bool inside)
{
	uint8_t *at = s->arena;
	size_t left = len;

	memset(s->arena, GUARD, sizeof(s->arena));
	for (size_t i = 0; i < count; i++) {
		size_t n = i + 1 == count ? left : test_random_below(left + 1);

		if (test_random_below(4) == 0 && i + 1 < count) {
			n = 0;
		}
		at += 8 - (uintptr_t)at % 8 + test_random_below(8);
		s->segs[i] = (struct zwg_seg){at, n};
		at += n;
		left -= n;
	}
	s->chain = (struct zwg_chain){s->segs, count, 0, len};
	if (inside) {
		s->segs[0].data -= 1;
		s->segs[0].len += 1;
		s->segs[count - 1].len += 1;
		s->chain.off = 1;
	}
	REQUIRE(at + 1 <= s->arena + sizeof(s->arena));
	REQUIRE(zwg_chain_write(&s->chain, 0, text, len));
}

/* Checks that the text is @a want and that nothing around it has changed. */
static void check_scattered(struct scattered *s, const uint8_t *want)
{
	uint8_t text[MAX_LEN], guard[ARENA_LEN];

	REQUIRE(zwg_chain_read(&s->chain, 0, text, s->chain.len));
	CHECK_MEM(text, want, s->chain.len);
	memset(text, GUARD, s->chain.len);
	zwg_chain_write(&s->chain, 0, text, s->chain.len);
	memset(guard, GUARD, sizeof(guard));
	CHECK_MEM(s->arena, guard, sizeof(guard));
}

static void splits_of(const struct construction *c, size_t len, size_t count)
{
	uint8_t key[32], nonce[24], ad_room[40], plain[MAX_LEN], sealed[MAX_LEN];
	uint8_t tag[16], tag_room[24];
	uint8_t *ad = ad_room + test_random_below(8);
	uint8_t *tag_at = tag_room + test_random_below(8);
	size_t ad_len = test_random_below(33);
	bool inside = test_random_below(2) == 1;
	static struct scattered s;
	struct zwg_seg seg;
	struct zwg_chain flat;

	test_case("%s, %zu bytes, %zu fragments", c->name, len, count);
	test_random_bytes(key, sizeof(key));
	test_random_bytes(nonce, sizeof(nonce));
	test_random_bytes(ad_room, sizeof(ad_room));
	test_random_bytes(plain, len);

	memcpy(sealed, plain, len);
	flat = one_piece(&seg, sealed, len);
	CHECK_INT(c->seal(key, nonce, ad, ad_len, &flat, tag), 0);

	scatter(&s, plain, len, count, inside);
	CHECK_INT(c->seal(key, nonce, ad, ad_len, &s.chain, tag_at), 0);
	CHECK_MEM(tag_at, tag, 16);
	check_scattered(&s, sealed);

	scatter(&s, sealed, len, count, inside);
	CHECK_INT(c->open(key, nonce, ad, ad_len, &s.chain, tag_at), 0);
	check_scattered(&s, plain);
}

static void any_split(void)
{
	for (size_t i = 0; i < 4000; i++) {
		size_t len = i % 8 == 0 ? MAX_LEN - test_random_below(100) : test_random_below(400);

		splits_of(&constructions[i % 2], len, 1 + test_random_below(MAX_SEGS));
	}
}

static void every_cut_in_three(void)
{
	uint8_t key[32], nonce[12], plain[150], sealed[150], text[150], tag[16], got[16];
	const size_t len = sizeof(text);
	struct zwg_seg seg, segs[3];
	struct zwg_chain flat = one_piece(&seg, sealed, len);
	struct zwg_chain cut = {segs, 3, 0, len};

	test_random_bytes(key, sizeof(key));
	test_random_bytes(nonce, sizeof(nonce));
	test_random_bytes(plain, len);
	memcpy(sealed, plain, len);
	REQUIRE(zwg_aead_seal(key, nonce, "ad", 2, &flat, tag) == 0);
	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			test_case("cut at %zu and %zu", a, b);
			segs[0] = (struct zwg_seg){text, a};
			segs[1] = (struct zwg_seg){text + a, b - a};
			segs[2] = (struct zwg_seg){text + b, len - b};
			memcpy(text, plain, len);
			CHECK_INT(zwg_aead_seal(key, nonce, "ad", 2, &cut, got), 0);
			CHECK_MEM(text, sealed, len);
			CHECK_MEM(got, tag, 16);
			CHECK_INT(zwg_aead_open(key, nonce, "ad", 2, &cut, got), 0);
			CHECK_MEM(text, plain, len);
		}
	}
}

/* One message; each input may be changed by one bit before it is opened. */
struct message {
	uint8_t key[32], nonce[24], ad[20], text[100], tag[16];
};

static void open_changed(const struct construction *c, const struct message *sealed, size_t field,
			 size_t bit, const char *what)
{
	struct message m = *sealed;
	uint8_t *bytes = (uint8_t *)&m + field;
	struct zwg_seg segs[3] = {
		{m.text, 17}, {m.text + 17, 0}, {m.text + 17, sizeof(m.text) - 17}};
	struct zwg_chain chain = {segs, 3, 0, sizeof(m.text)};

	test_case("%s, bit %zu of %s", c->name, bit, what);
	bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	CHECK_INT(c->open(m.key, m.nonce, m.ad, sizeof(m.ad), &chain, m.tag), -EBADMSG);
	CHECK_ZERO(m.text, sizeof(m.text));
}

static void every_bit_counts(void)
{
	static const struct {
		const char *name;
		size_t field, len;
	} fields[] = {
		{"key", offsetof(struct message, key), 32},
		{"ad", offsetof(struct message, ad), 20},
		{"text", offsetof(struct message, text), 100},
		{"tag", offsetof(struct message, tag), 16},
	};

	for (size_t i = 0; i < TEST_COUNT(constructions); i++) {
		const struct construction *c = &constructions[i];
		struct message m, plain;
		struct zwg_seg seg;
		struct zwg_chain chain = one_piece(&seg, m.text, sizeof(m.text));

		test_random_bytes(&m, sizeof(m));
		plain = m;
		REQUIRE(c->seal(m.key, m.nonce, m.ad, sizeof(m.ad), &chain, m.tag) == 0);
		for (size_t f = 0; f < TEST_COUNT(fields); f++) {
			for (size_t bit = 0; bit < 8 * fields[f].len; bit++) {
				open_changed(c, &m, fields[f].field, bit, fields[f].name);
			}
		}
		for (size_t bit = 0; bit < 8 * c->nonce_len; bit++) {
			open_changed(c, &m, offsetof(struct message, nonce), bit, "nonce");
		}
		CHECK_INT(c->open(m.key, m.nonce, m.ad, sizeof(m.ad), &chain, m.tag), 0);
		CHECK_MEM(m.text, plain.text, sizeof(m.text));
	}
}

/* Bytes that move between ad and text, or that are cut off, must not go unnoticed. */
static void lengths_count(void)
{
	for (size_t i = 0; i < TEST_COUNT(constructions); i++) {
		const struct construction *c = &constructions[i];
		uint8_t key[32] = {1}, nonce[24] = {2}, sealed[64] = {0}, text[64], tag[16];
		struct zwg_seg seg;
		struct zwg_chain chain = one_piece(&seg, sealed + 16, 32);

		REQUIRE(c->seal(key, nonce, sealed, 16, &chain, tag) == 0);
		for (size_t from = 0; from <= 32; from++) {
			for (size_t to = from; to <= 64; to++) {
				int want = from == 16 && to == 48 ? 0 : -EBADMSG;

				test_case("%s, text from %zu to %zu", c->name, from, to);
				memcpy(text, sealed, sizeof(text));
				chain = one_piece(&seg, text + from, to - from);
				CHECK_INT(c->open(key, nonce, sealed, from, &chain, tag), want);
				CHECK_ZERO(text + from, to - from);
			}
		}
	}
}

static void empty_text(void)
{
	for (size_t i = 0; i < TEST_COUNT(constructions); i++) {
		const struct construction *c = &constructions[i];
		uint8_t key[32] = {1}, nonce[24] = {2}, tag[16], other[16];
		struct zwg_seg none = {NULL, 0};
		struct zwg_chain no_segs = {NULL, 0, 0, 0};
		struct zwg_chain empty_seg = {&none, 1, 0, 0};

		test_case("%s", c->name);
		CHECK_INT(c->seal(key, nonce, NULL, 0, &no_segs, tag), 0);
		CHECK_INT(c->seal(key, nonce, NULL, 0, &empty_seg, other), 0);
		CHECK_MEM(tag, other, 16);
		CHECK_INT(c->open(key, nonce, NULL, 0, &no_segs, tag), 0);
		CHECK_INT(c->open(key, nonce, NULL, 0, &empty_seg, tag), 0);
		tag[15] ^= 0x80;
		CHECK_INT(c->open(key, nonce, NULL, 0, &no_segs, tag), -EBADMSG);
	}
}

/* A chain that claims more than its fragments hold gets no tag, and what it holds is wiped. */
static void short_chain(void)
{
	for (size_t i = 0; i < TEST_COUNT(constructions); i++) {
		const struct construction *c = &constructions[i];
		uint8_t key[32] = {1}, nonce[24] = {2}, text[80], tag[16];
		struct zwg_seg seg = {text, sizeof(text)};
		struct zwg_chain chain = {&seg, 1, 0, sizeof(text) + 1};

		test_case("%s", c->name);
		memset(text, 0xa5, sizeof(text));
		memset(tag, 0xa5, sizeof(tag));
		CHECK_INT(c->seal(key, nonce, NULL, 0, &chain, tag), -EINVAL);
		CHECK_ZERO(text, sizeof(text));
		CHECK_ZERO(tag, sizeof(tag));
		memset(text, 0xa5, sizeof(text));
		CHECK_INT(c->open(key, nonce, NULL, 0, &chain, tag), -EINVAL);
		CHECK_ZERO(text, sizeof(text));
	}
}

/* The greatest legal length gets as far as the missing fragments, one byte more does not. */
static void too_long_text(void)
{
#if SIZE_MAX > UINT32_MAX
	const size_t limit = (size_t)UINT32_MAX * 64;

	for (size_t i = 0; i < TEST_COUNT(constructions); i++) {
		const struct construction *c = &constructions[i];
		uint8_t key[32] = {1}, nonce[24] = {2}, text[80], tag[16];
		struct zwg_seg seg = {text, sizeof(text)};
		struct zwg_chain chain = {&seg, 1, 0, limit};

		test_case("%s", c->name);
		memset(tag, 0xa5, sizeof(tag));
		CHECK_INT(c->seal(key, nonce, NULL, 0, &chain, tag), -EINVAL);
		CHECK_INT(c->open(key, nonce, NULL, 0, &chain, tag), -EINVAL);
		chain.len = limit + 1;
		memset(text, 0xa5, sizeof(text));
		memset(tag, 0xa5, sizeof(tag));
		CHECK_INT(c->seal(key, nonce, NULL, 0, &chain, tag), -EMSGSIZE);
		CHECK_ZERO(text, sizeof(text));
		CHECK_ZERO(tag, sizeof(tag));
		memset(text, 0xa5, sizeof(text));
		CHECK_INT(c->open(key, nonce, NULL, 0, &chain, tag), -EMSGSIZE);
		CHECK_ZERO(text, sizeof(text));
	}
#else
	test_skip("a size_t of 32 bits cannot hold such a length");
#endif
}

static const struct test tests[] = {
	{"any split at any alignment gives the result of one piece", any_split},
	{"every cut of 150 bytes in three gives the same result", every_cut_in_three},
	{"every bit of key, nonce, ad, text and tag is authenticated", every_bit_counts},
	{"the lengths of ad and text are authenticated", lengths_count},
	{"an empty text has a tag too", empty_text},
	{"a chain shorter than it claims is refused and wiped", short_chain},
	{"a text beyond RFC 8439's limit is refused and wiped", too_long_text},
};

TEST_MAIN(tests)
