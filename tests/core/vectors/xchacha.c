/* SPDX-License-Identifier: MIT */
/*
 * draft-irtf-cfrg-xchacha-03: HChaCha20 (section 2.2.1), XChaCha20-Poly1305 (A.3.1) and XChaCha20
 * (A.3.2), the last put together here as section 2.3 says from HChaCha20 and ChaCha20.
 */
#include "test.h"

#include "crypto/crypto.h"
#include "crypto/chacha20.h"

#define KEY "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"

/* "The dhole (pronounced "dole") is also known as the Asiatic wild dog, ..." */
#define DHOLE                                                                                      \
	"5468652064686f6c65202870726f6e6f756e6365642022646f6c65222920697320616c73"                 \
	"6f206b6e6f776e2061732074686520417369617469632077696c6420646f672c20726564"                 \
	"20646f672c20616e642077686973746c696e6720646f672e2049742069732061626f7574"                 \
	"207468652073697a65206f662061204765726d616e20736865706865726420627574206c"                 \
	"6f6f6b73206d6f7265206c696b652061206c6f6e672d6c656767656420666f782e205468"                 \
	"697320686967686c7920656c757369766520616e6420736b696c6c6564206a756d706572"                 \
	"20697320636c6173736966696564207769746820776f6c7665732c20636f796f7465732c"                 \
	"206a61636b616c732c20616e6420666f78657320696e20746865207461786f6e6f6d6963"                 \
	"2066616d696c792043616e696461652e"

static const struct {
	const char *name;
	uint32_t counter;
	const char *keystream, *ciphertext;
} streams[] = {
	{"A.3.2.1", 0,
	 "1131ce9a2a20ae0d67c8935c7789fa1025c9e5bb720fb96f11354fb97af0bd9aadec0863"
	 "ba60cac8582c48f86cdfc48edd46a48642c5de62ccf11c7b21bf337d29624b4b1b140ace"
	 "53740e405b2168540fd7d630c1f536fecd722fc3cddba7f4cca98cf9e47e5e64d115450f"
	 "9b125b54449ff76141ca620a1f9cfcab2a1a8a255e766a5266b878846120ea64ad99aa47"
	 "9471e63befcbd37cd1c22a221fe462215cf32c74895bf505863ccddd48f62916dc6521f1"
	 "ec50a5ae08903aa259d9bf607cd8026fba548604f1b6072d91bc91243a5b845f7fd171b0"
	 "2edc5a0a84cf28dd241146bc376e3f48df5e7fee1d11048c190a3d3deb0feb64b42d9c6f"
	 "deee290fa0e6ae2c26c0249ea8c181f7e2ffd100cbe5fd3c4f8271d62b15330cb8fdcf00"
	 "b3df507ca8c924f7017b7e712d15a2eb",
	 "4559abba4e48c16102e8bb2c05e6947f50a786de162f9b0b7e592a9b53d0d4e98d8d6410"
	 "d540a1a6375b26d80dace4fab52384c731acbf16a5923c0c48d3575d4d0d2c673b666faa"
	 "731061277701093a6bf7a158a8864292a41c48e3a9b4c0daece0f8d98d0d7e05b37a307b"
	 "bb66333164ec9e1b24ea0d6c3ffddcec4f68e7443056193a03c810e11344ca06d8ed8a2b"
	 "fb1e8d48cfa6bc0eb4e2464b748142407c9f431aee769960e15ba8b96890466ef2457599"
	 "852385c661f752ce20f9da0c09ab6b19df74e76a95967446f8d0fd415e7bee2a12a114c2"
	 "0eb5292ae7a349ae577820d5520a1f3fb62a17ce6a7e68fa7c79111d8860920bc048ef43"
	 "fe84486ccb87c25f0ae045f0cce1e7989a9aa220a28bdd4827e751a24a6d5c62d790a663"
	 "93b93111c1a55dd7421a10184974c7c5"},
	{"A.3.2.2", 1,
	 "29624b4b1b140ace53740e405b2168540fd7d630c1f536fecd722fc3cddba7f4cca98cf9"
	 "e47e5e64d115450f9b125b54449ff76141ca620a1f9cfcab2a1a8a255e766a5266b87884"
	 "6120ea64ad99aa479471e63befcbd37cd1c22a221fe462215cf32c74895bf505863ccddd"
	 "48f62916dc6521f1ec50a5ae08903aa259d9bf607cd8026fba548604f1b6072d91bc9124"
	 "3a5b845f7fd171b02edc5a0a84cf28dd241146bc376e3f48df5e7fee1d11048c190a3d3d"
	 "eb0feb64b42d9c6fdeee290fa0e6ae2c26c0249ea8c181f7e2ffd100cbe5fd3c4f8271d6"
	 "2b15330cb8fdcf00b3df507ca8c924f7017b7e712d15a2eb5c50484451e54e1b4b995bd8"
	 "fdd94597bb94d7af0b2c04df10ba0890899ed9293a0f55b8bafa999264035f1d4fbe7fe0"
	 "aafa109a62372027e50e10cdfecca127",
	 "7d0a2e6b7f7c65a236542630294e063b7ab9b555a5d5149aa21e4ae1e4fbce87ecc8e08a"
	 "8b5e350abe622b2ffa617b202cfad72032a3037e76ffdcdc4376ee053a190d7e46ca1de0"
	 "4144850381b9cb29f051915386b8a710b8ac4d027b8b050f7cba5854e028d564e453b8a9"
	 "68824173fc16488b8970cac828f11ae53cabd20112f87107df24ee6183d2274fe4c8b148"
	 "5534ef2c5fbc1ec24bfc3663efaa08bc047d29d25043532db8391a8a3d776bf4372a6955"
	 "827ccb0cdd4af403a7ce4c63d595c75a43e045f0cce1f29c8b93bd65afc5974922f214a4"
	 "0b7c402cdb91ae73c0b63615cdad0480680f16515a7ace9d39236464328a37743ffc28f4"
	 "ddb324f4d0f5bbdc270c65b1749a6efff1fbaa09536175ccd29fb9e6057b307320d31683"
	 "8a9c71f70b5b5907a66f7ea49aadc409"},
};

static const char aead_plaintext[] =
	"4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66"
	"202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e6520"
	"74697020666f7220746865206675747572652c2073756e73637265656e20776f756c6420"
	"62652069742e";
static const char aead_ciphertext[] =
	"bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b"
	"0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945"
	"b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f6"
	"15c68b13b52e";

static void hchacha20_vector(void)
{
	uint8_t key[32], nonce[16];

	test_unhex(key, 32, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	test_unhex(nonce, 16, "000000090000004a0000000031415927");
	zwg_hchacha20(key, key, nonce);
	CHECK_HEX(key, "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");
}

static void xchacha20_vectors(void)
{
	for (size_t i = 0; i < TEST_COUNT(streams); i++) {
		uint8_t key[32], nonce[24], subkey[32], subnonce[12] = {0}, text[512];
		uint8_t stream[512] = {0};
		struct zwg_chacha20 state;
		size_t len = test_unhex(text, sizeof(text), DHOLE);

		test_case("%s", streams[i].name);
		CHECK_INT(len, 304);
		test_unhex(key, 32, KEY);
		test_unhex(nonce, 24, "404142434445464748494a4b4c4d4e4f5051525354555658");
		zwg_hchacha20(subkey, key, nonce);
		memcpy(subnonce + 4, nonce + 16, 8);
		zwg_chacha20_init(&state, subkey, subnonce, streams[i].counter);
		zwg_chacha20_xor(&state, stream, len);
		CHECK_HEX(stream, streams[i].keystream);
		zwg_chacha20_init(&state, subkey, subnonce, streams[i].counter);
		zwg_chacha20_xor(&state, text, len);
		CHECK_HEX(text, streams[i].ciphertext);
	}
}

static void xaead_vector(void)
{
	uint8_t key[32], nonce[24], ad[12], text[128], tag[16];
	size_t len = test_unhex(text, sizeof(text), aead_plaintext);
	struct zwg_seg seg = {text, len};
	struct zwg_chain chain = {&seg, 1, 0, len};

	test_unhex(key, 32, KEY);
	test_unhex(nonce, 24, "404142434445464748494a4b4c4d4e4f5051525354555657");
	test_unhex(ad, 12, "50515253c0c1c2c3c4c5c6c7");
	CHECK_INT(zwg_xaead_seal(key, nonce, ad, sizeof(ad), &chain, tag), 0);
	CHECK_HEX(text, aead_ciphertext);
	CHECK_HEX(tag, "c0875924c1c7987947deafd8780acf49");
	CHECK_INT(zwg_xaead_open(key, nonce, ad, sizeof(ad), &chain, tag), 0);
	CHECK_HEX(text, aead_plaintext);
}

static const struct test tests[] = {
	{"HChaCha20, draft 2.2.1, in place", hchacha20_vector},
	{"XChaCha20, draft A.3.2.1, A.3.2.2", xchacha20_vectors},
	{"XChaCha20-Poly1305, draft A.3.1", xaead_vector},
};

TEST_MAIN(tests)
