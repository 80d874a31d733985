/* SPDX-License-Identifier: MIT */
/*
 * RFC 8439: the examples of sections 2.3 to 2.8 and the test vectors of appendices A.1 to A.5, for
 * the stream, the one-time authenticator, its key and the AEAD.
 */
#include "test.h"

#include "crypto/crypto.h"
#include "crypto/chacha20.h"
#include "crypto/poly1305.h"

#define KEY_0	  "0000000000000000000000000000000000000000000000000000000000000000"
#define KEY_1	  "0000000000000000000000000000000000000000000000000000000000000001"
#define KEY_2	  "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"
#define KEY_COUNT "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_80	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define ZEROS_64                                                                                   \
	"000000000000000000000000000000000000000000000000000000000000000000000000"                 \
	"00000000000000000000000000000000000000000000000000000000"

/* "Ladies and Gentlemen of the class of '99: ..." */
#define SUNSCREEN                                                                                  \
	"4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66"                 \
	"202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e6520"                 \
	"74697020666f7220746865206675747572652c2073756e73637265656e20776f756c6420"                 \
	"62652069742e"

/* "Any submission to the IETF intended by the Contributor ..." */
#define CONTRIBUTION                                                                               \
	"416e79207375626d697373696f6e20746f20746865204945544620696e74656e64656420"                 \
	"62792074686520436f6e7472696275746f7220666f72207075626c69636174696f6e2061"                 \
	"7320616c6c206f722070617274206f6620616e204945544620496e7465726e65742d4472"                 \
	"616674206f722052464320616e6420616e792073746174656d656e74206d616465207769"                 \
	"7468696e2074686520636f6e74657874206f6620616e2049455446206163746976697479"                 \
	"20697320636f6e7369646572656420616e20224945544620436f6e747269627574696f6e"                 \
	"222e20537563682073746174656d656e747320696e636c756465206f72616c2073746174"                 \
	"656d656e747320696e20494554462073657373696f6e732c2061732077656c6c20617320"                 \
	"7772697474656e20616e6420656c656374726f6e696320636f6d6d756e69636174696f6e"                 \
	"73206d61646520617420616e792074696d65206f7220706c6163652c2077686963682061"                 \
	"72652061646472657373656420746f"

/* "'Twas brillig, and the slithy toves ..." */
#define BRILLIG                                                                                    \
	"2754776173206272696c6c69672c20616e642074686520736c6974687920746f7665730a"                 \
	"446964206779726520616e642067696d626c6520696e2074686520776162653a0a416c6c"                 \
	"206d696d737920776572652074686520626f726f676f7665732c0a416e6420746865206d"                 \
	"6f6d65207261746873206f757467726162652e"

static const struct {
	const char *name;
	uint32_t counter;
	const char *key, *nonce, *text, *result;
} streams[] = {
	{"2.3.2", 1, KEY_COUNT, "000000090000004a00000000", ZEROS_64,
	 "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446"
	 "079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"},
	{"2.4.2", 1, KEY_COUNT, "000000000000004a00000000", SUNSCREEN,
	 "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5"
	 "524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d807ca0dbf500d6a61"
	 "56a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eed"
	 "f2785e42874d"},
	{"A.1 #1", 0, KEY_0, "000000000000000000000000", ZEROS_64,
	 "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c"
	 "5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
	{"A.1 #2", 1, KEY_0, "000000000000000000000000", ZEROS_64,
	 "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b72176"
	 "9ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
	{"A.1 #3", 1, KEY_1, "000000000000000000000000", ZEROS_64,
	 "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bb"
	 "b4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
	{"A.1 #4", 2, "00ff000000000000000000000000000000000000000000000000000000000000",
	 "000000000000000000000000", ZEROS_64,
	 "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca13b25aa2"
	 "6cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
	{"A.1 #5", 0, KEY_0, "000000000000000000000002", ZEROS_64,
	 "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c78a970e0e"
	 "955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d"},
	{"A.2 #1", 0, KEY_0, "000000000000000000000000", ZEROS_64,
	 "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c"
	 "5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
	{"A.2 #2", 1, KEY_1, "000000000000000000000002", CONTRIBUTION,
	 "a3fbf07df3fa2fde4f376ca23e82737041605d9f4f4f57bd8cff2c1d4b7955ec2a97948b"
	 "d3722915c8f3d337f7d370050e9e96d647b7c39f56e031ca5eb6250d4042e02785ececfa"
	 "4b4bb5e8ead0440e20b6e8db09d881a7c6132f420e52795042bdfa7773d8a9051447b329"
	 "1ce1411c680465552aa6c405b7764d5e87bea85ad00f8449ed8f72d0d662ab052691ca66"
	 "424bc86d2df80ea41f43abf937d3259dc4b2d0dfb48a6c9139ddd7f76966e928e635553b"
	 "a76c5c879d7b35d49eb2e62b0871cdac638939e25e8a1e0ef9d5280fa8ca328b351c3c76"
	 "5989cbcf3daa8b6ccc3aaf9f3979c92b3720fc88dc95ed84a1be059c6499b9fda236e7e8"
	 "18b04b0bc39c1e876b193bfe5569753f88128cc08aaa9b63d1a16f80ef2554d7189c411f"
	 "5869ca52c5b83fa36ff216b9c1d30062bebcfd2dc5bce0911934fda79a86f6e698ced759"
	 "c3ff9b6477338f3da4f9cd8514ea9982ccafb341b2384dd902f3d1ab7ac61dd29c6f21ba"
	 "5b862f3730e37cfdc4fd806c22f221"},
	{"A.2 #3", 42, KEY_2, "000000000000000000000002", BRILLIG,
	 "62e6347f95ed87a45ffae7426f27a1df5fb69110044c0d73118effa95b01e5cf166d3df2"
	 "d721caf9b21e5fb14c616871fd84c54f9d65b283196c7fe4f60553ebf39c6402c42234e3"
	 "2a356b3e764312a61a5532055716ead6962568f87d3f3f7704c6a8d1bcd1bf4d50d6154b"
	 "6da731b187b58dfd728afa36757a797ac188d1"},
};

static const struct {
	const char *name;
	const char *key, *text, *tag;
} macs[] = {
	{"2.5.2", "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
	 "43727970746f6772617068696320466f72756d2052657365617263682047726f7570",
	 "a8061dc1305136c6c22b8baf0c0127a9"},
	{"A.3 #1", KEY_0, ZEROS_64, "00000000000000000000000000000000"},
	{"A.3 #2", "0000000000000000000000000000000036e5f6b5c5e06070f0efca96227a863e", CONTRIBUTION,
	 "36e5f6b5c5e06070f0efca96227a863e"},
	{"A.3 #3", "36e5f6b5c5e06070f0efca96227a863e00000000000000000000000000000000", CONTRIBUTION,
	 "f3477e7cd95417af89a6b8794c310cf0"},
	{"A.3 #4", KEY_2, BRILLIG, "4541669a7eaaee61e708dc7cbcc5eb62"},
	{"A.3 #5", "0200000000000000000000000000000000000000000000000000000000000000",
	 "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000"},
	{"A.3 #6", "02000000000000000000000000000000ffffffffffffffffffffffffffffffff",
	 "02000000000000000000000000000000", "03000000000000000000000000000000"},
	{"A.3 #7", "0100000000000000000000000000000000000000000000000000000000000000",
	 "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000"
	 "000000000000000000000000",
	 "05000000000000000000000000000000"},
	{"A.3 #8", "0100000000000000000000000000000000000000000000000000000000000000",
	 "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101"
	 "010101010101010101010101",
	 "00000000000000000000000000000000"},
	{"A.3 #9", "0200000000000000000000000000000000000000000000000000000000000000",
	 "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff"},
	{"A.3 #10", "0100000000000000040000000000000000000000000000000000000000000000",
	 "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000"
	 "00000000000000000000000001000000000000000000000000000000",
	 "14000000000000005500000000000000"},
	{"A.3 #11", "0100000000000000040000000000000000000000000000000000000000000000",
	 "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000"
	 "000000000000000000000000",
	 "13000000000000000000000000000000"},
};

static const struct {
	const char *name;
	const char *key, *nonce, *mac_key;
} mac_keys[] = {
	{"2.6.2", KEY_80, "000000000001020304050607",
	 "8ad5a08b905f81cc815040274ab29471a833b637e3fd0da508dbb8e2fdd1a646"},
	{"2.8.2", KEY_80, "070000004041424344454647",
	 "7bac2b252db447af09b67a55a4e955840ae1d6731075d9eb2a9375783ed553ff"},
	{"A.4 #1", KEY_0, "000000000000000000000000",
	 "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"},
	{"A.4 #2", KEY_1, "000000000000000000000002",
	 "ecfa254f845f647473d3cb140da9e87606cb33066c447b87bc2666dde3fbb739"},
	{"A.4 #3", KEY_2, "000000000000000000000002",
	 "965e3bc6f9ec7ed9560808f4d229f94b137ff275ca9b3fcbdd59deaad23310ae"},
	{"A.5", KEY_2, "000000000102030405060708",
	 "bdf04aa95ce4de8995b14bb6a18fecaf26478f50c054f563dbc0a21e261572aa"},
};

static const struct {
	const char *name;
	const char *key, *nonce, *ad, *plaintext, *ciphertext, *tag;
} aeads[] = {
	{"2.8.2", KEY_80, "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7", SUNSCREEN,
	 "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e"
	 "8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c"
	 "9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d265"
	 "86cec64b6116",
	 "1ae10b594f09e26a7e902ecbd0600691"},
	{"A.5", KEY_2, "000000000102030405060708", "f33388860000000000004e91",
	 "496e7465726e65742d4472616674732061726520647261667420646f63756d656e747320"
	 "76616c696420666f722061206d6178696d756d206f6620736978206d6f6e74687320616e"
	 "64206d617920626520757064617465642c207265706c616365642c206f72206f62736f6c"
	 "65746564206279206f7468657220646f63756d656e747320617420616e792074696d652e"
	 "20497420697320696e617070726f70726961746520746f2075736520496e7465726e6574"
	 "2d447261667473206173207265666572656e6365206d6174657269616c206f7220746f20"
	 "63697465207468656d206f74686572207468616e206173202fe2809c776f726b20696e20"
	 "70726f67726573732e2fe2809d",
	 "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18"
	 "755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce"
	 "98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e"
	 "2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9"
	 "9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04"
	 "b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a10"
	 "73a6727627097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d"
	 "6c6f2c29a6ad5cb4022b02709b",
	 "eead9d67890cbb22392336fea1851f38"},
};

static void stream_vectors(void)
{
	for (size_t i = 0; i < TEST_COUNT(streams); i++) {
		struct zwg_chacha20 state;
		uint8_t key[32], nonce[12], text[512];
		size_t len = test_unhex(text, sizeof(text), streams[i].text);

		test_case("%s", streams[i].name);
		CHECK_INT(test_unhex(key, 32, streams[i].key), 32);
		CHECK_INT(test_unhex(nonce, 12, streams[i].nonce), 12);
		zwg_chacha20_init(&state, key, nonce, streams[i].counter);
		zwg_chacha20_xor(&state, text, len);
		CHECK_HEX(text, streams[i].result);
	}
}

static void stream_in_pieces(void)
{
	for (size_t piece = 1; piece <= 130; piece++) {
		for (size_t i = 0; i < TEST_COUNT(streams); i++) {
			struct zwg_chacha20 state;
			uint8_t key[32], nonce[12], text[512];
			size_t len = test_unhex(text, sizeof(text), streams[i].text);

			test_case("%s in pieces of %zu", streams[i].name, piece);
			test_unhex(key, 32, streams[i].key);
			test_unhex(nonce, 12, streams[i].nonce);
			zwg_chacha20_init(&state, key, nonce, streams[i].counter);
			for (size_t at = 0; at < len; at += piece) {
				zwg_chacha20_xor(&state, text + at,
						 piece < len - at ? piece : len - at);
			}
			CHECK_HEX(text, streams[i].result);
		}
	}
}

static void mac_vectors(void)
{
	for (size_t i = 0; i < TEST_COUNT(macs); i++) {
		struct zwg_poly1305 state;
		uint8_t key[32], text[512], tag[16];
		size_t len = test_unhex(text, sizeof(text), macs[i].text);

		test_case("%s", macs[i].name);
		CHECK_INT(test_unhex(key, 32, macs[i].key), 32);
		zwg_poly1305_init(&state, key);
		zwg_poly1305_update(&state, text, len);
		zwg_poly1305_final(&state, tag);
		CHECK_HEX(tag, macs[i].tag);
		CHECK_ZERO(&state, sizeof(state));
	}
}

static void mac_in_pieces(void)
{
	for (size_t piece = 1; piece <= 40; piece++) {
		for (size_t i = 0; i < TEST_COUNT(macs); i++) {
			struct zwg_poly1305 state;
			uint8_t key[32], text[512], tag[16];
			size_t len = test_unhex(text, sizeof(text), macs[i].text);

			test_case("%s in pieces of %zu", macs[i].name, piece);
			test_unhex(key, 32, macs[i].key);
			zwg_poly1305_init(&state, key);
			for (size_t at = 0; at < len; at += piece) {
				zwg_poly1305_update(&state, text + at,
						    piece < len - at ? piece : len - at);
			}
			zwg_poly1305_final(&state, tag);
			CHECK_HEX(tag, macs[i].tag);
		}
	}
}

static void mac_key_vectors(void)
{
	for (size_t i = 0; i < TEST_COUNT(mac_keys); i++) {
		struct zwg_chacha20 state;
		uint8_t key[32], nonce[12], mac_key[32] = {0};

		test_case("%s", mac_keys[i].name);
		CHECK_INT(test_unhex(key, 32, mac_keys[i].key), 32);
		CHECK_INT(test_unhex(nonce, 12, mac_keys[i].nonce), 12);
		zwg_chacha20_init(&state, key, nonce, 0);
		zwg_chacha20_xor(&state, mac_key, sizeof(mac_key));
		CHECK_HEX(mac_key, mac_keys[i].mac_key);
	}
}

static void aead_vectors(void)
{
	for (size_t i = 0; i < TEST_COUNT(aeads); i++) {
		uint8_t key[32], nonce[12], ad[16], text[512], tag[16];
		size_t ad_len = test_unhex(ad, sizeof(ad), aeads[i].ad);
		size_t len = test_unhex(text, sizeof(text), aeads[i].plaintext);
		struct zwg_seg seg = {text, len};
		struct zwg_chain chain = {&seg, 1, 0, len};

		test_case("%s", aeads[i].name);
		CHECK_INT(test_unhex(key, 32, aeads[i].key), 32);
		CHECK_INT(test_unhex(nonce, 12, aeads[i].nonce), 12);
		CHECK_INT(zwg_aead_seal(key, nonce, ad, ad_len, &chain, tag), 0);
		CHECK_HEX(text, aeads[i].ciphertext);
		CHECK_HEX(tag, aeads[i].tag);
		CHECK_INT(zwg_aead_open(key, nonce, ad, ad_len, &chain, tag), 0);
		CHECK_HEX(text, aeads[i].plaintext);
	}
}

static const struct test tests[] = {
	{"ChaCha20, RFC 8439 2.3.2, 2.4.2, A.1, A.2", stream_vectors},
	{"ChaCha20 in pieces of 1 to 130 bytes", stream_in_pieces},
	{"Poly1305, RFC 8439 2.5.2, A.3", mac_vectors},
	{"Poly1305 in pieces of 1 to 40 bytes", mac_in_pieces},
	{"Poly1305 keys, RFC 8439 2.6.2, 2.8.2, A.4, A.5", mac_key_vectors},
	{"ChaCha20-Poly1305, RFC 8439 2.8.2, A.5", aead_vectors},
};

TEST_MAIN(tests)
