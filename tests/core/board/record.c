/* SPDX-License-Identifier: MIT */
/* Records: what was encoded comes back, and nothing else gets in. */
#include <errno.h>

#include "board/crc32.h"
#include "board/record.h"
#include "test.h"

static void random_prefix(struct zwg_prefix *prefix)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->addr.family = test_random_below(2) == 0 ? ZWG_AF_INET : ZWG_AF_INET6;
	test_random_bytes(prefix->addr.bytes, zwg_family_bits(prefix->addr.family) / 8);
	prefix->addr.bytes[0] = 10;
	prefix->bits = (uint8_t)(16 + test_random_below(17));
	zwg_prefix_mask(prefix);
}

static void random_peer(struct zwg_conf_peer *peer)
{
	static const char *const hosts[] = {"192.0.2.1:51820", "[2001:db8::1]:1", "vpn.example:9"};

	if (test_random_below(2) == 0) {
		test_random_bytes(peer->preshared_key, 32);
	}
	if (test_random_below(4) > 0) {
		const char *host = hosts[test_random_below(3)];

		REQUIRE(zwg_host_port_parse(host, strlen(host), &peer->endpoint) == 0);
	}
	peer->keepalive = (uint16_t)test_random();
	peer->allowed_ips_count = (uint8_t)test_random_below(4);
	for (uint8_t i = 0; i < peer->allowed_ips_count; i++) {
		random_prefix(&peer->allowed_ips[i]);
	}
}

static void random_conf(struct zwg_conf *conf)
{
	size_t peers = test_random_below(ZWG_MAX_PEERS + 1);
	struct zwg_conf_fault fault;

	do {
		zwg_conf_init(conf);
		conf->has_private_key = test_random_below(4) > 0;
		if (conf->has_private_key) {
			test_random_bytes(conf->private_key, 32);
		}
		conf->enabled = test_random_below(2) == 0;
		conf->listen_port = (uint16_t)(1 + test_random_below(65535));
		conf->mtu = (uint16_t)(1280 + test_random_below(141));
		if (test_random_below(2) == 0) {
			strcpy(conf->underlay, "eth0");
		}
		conf->address_count = (uint8_t)test_random_below(ZWG_CONF_ADDRESSES + 1);
		for (uint8_t i = 0; i < conf->address_count; i++) {
			random_prefix(&conf->addresses[i]);
		}
		for (size_t i = 0; i < peers; i++) {
			uint8_t key[32];

			test_random_bytes(key, sizeof(key));
			random_peer(zwg_conf_peer_add(conf, key));
		}
	} while (zwg_conf_validate(conf, &fault) != 0);
}

/* Everything as large as it gets. */
static void largest_conf(struct zwg_conf *conf)
{
	uint8_t byte = 1;

	zwg_conf_init(conf);
	test_random_bytes(conf->private_key, 32);
	conf->has_private_key = true;
	conf->listen_port = 65535;
	memset(conf->underlay, 'e', ZWG_CONF_UNDERLAY_MAX);
	conf->address_count = ZWG_CONF_ADDRESSES;
	for (uint8_t i = 0; i < ZWG_CONF_ADDRESSES; i++) {
		conf->addresses[i] = (struct zwg_prefix){
			.addr = {.family = ZWG_AF_INET6, .bytes = {0xfd, byte++}}, .bits = 64};
	}
	for (int i = 0; i < ZWG_MAX_PEERS; i++) {
		uint8_t key[32] = {(uint8_t)(i + 1)};
		struct zwg_conf_peer *peer = zwg_conf_peer_add(conf, key);

		memset(peer->preshared_key, 0xff, 32);
		memset(peer->endpoint.host, 'a', ZWG_HOST_MAX);
		peer->endpoint.host[32] = '.';
		peer->endpoint.port = 65535;
		peer->keepalive = 65535;
		peer->allowed_ips_count = ZWG_MAX_ALLOWED_IPS / ZWG_MAX_PEERS;
		for (uint8_t n = 0; n < peer->allowed_ips_count; n++) {
			peer->allowed_ips[n] = (struct zwg_prefix){
				.addr = {.family = ZWG_AF_INET6, .bytes = {0xfd, byte++}},
				.bits = 128};
		}
	}
}

static void check_empty(const struct zwg_conf *conf)
{
	struct zwg_conf empty;

	zwg_conf_init(&empty);
	CHECK_MEM(conf, &empty, sizeof(empty));
}

/* From a heap copy, so that a byte read behind the end is seen. */
static int decode(struct zwg_conf *conf, const uint8_t *buf, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int err;

	REQUIRE(copy != NULL);
	memcpy(copy, buf, len);
	memset(conf, 0xa5, sizeof(*conf));
	err = zwg_record_decode(conf, copy, len);
	free(copy);
	return err;
}

static void reseal(uint8_t *buf, size_t len)
{
	uint32_t crc;

	for (int i = 0; i < 4; i++) {
		buf[4 + i] = (uint8_t)(len >> 8 * i);
	}
	crc = zwg_crc32(0, buf, len - 4);
	for (int i = 0; i < 4; i++) {
		buf[len - 4 + (size_t)i] = (uint8_t)(crc >> 8 * i);
	}
}

static void round_trip(void)
{
	for (int i = 0; i < 150; i++) {
		struct zwg_conf conf, again;
		uint8_t buf[ZWG_RECORD_MAX];
		uint8_t second[ZWG_RECORD_MAX];
		int len;

		random_conf(&conf);
		len = zwg_record_encode(&conf, buf, sizeof(buf));
		CHECK(len > 0);
		CHECK_INT(decode(&again, buf, (size_t)len), 0);
		CHECK_INT(again.has_private_key, conf.has_private_key);
		CHECK_INT(again.enabled, conf.enabled);
		CHECK_INT(again.listen_port, conf.listen_port);
		CHECK_INT(again.mtu, conf.mtu);
		CHECK_MEM(again.private_key, conf.private_key, 32);
		CHECK_MEM(again.underlay, conf.underlay, sizeof(conf.underlay));
		CHECK_INT(again.address_count, conf.address_count);
		CHECK_MEM(again.addresses, conf.addresses, sizeof(conf.addresses));
		CHECK_INT(again.peer_count, conf.peer_count);
		CHECK_MEM(again.peers, conf.peers, sizeof(conf.peers));
		CHECK_INT(zwg_record_encode(&again, second, sizeof(second)), len);
		CHECK_MEM(second, buf, (size_t)len);
	}
}

static void empty_and_largest(void)
{
	struct zwg_conf conf, again;
	uint8_t buf[ZWG_RECORD_MAX];
	int len;

	zwg_conf_init(&conf);
	len = zwg_record_encode(&conf, buf, sizeof(buf));
	CHECK_INT(len, 21);
	CHECK_INT(decode(&again, buf, (size_t)len), 0);
	check_empty(&again);

	largest_conf(&conf);
	len = zwg_record_encode(&conf, buf, sizeof(buf));
	CHECK_INT(len, ZWG_RECORD_MAX - ZWG_MAX_PEERS * ZWG_RECORD_PREFIX_MAX *
						(ZWG_CONF_ALLOWED_IPS -
						 ZWG_MAX_ALLOWED_IPS / ZWG_MAX_PEERS));
	CHECK_INT(decode(&again, buf, (size_t)len), 0);
	CHECK_MEM(again.peers, conf.peers, sizeof(conf.peers));
	for (size_t size = 0; size < (size_t)len; size++) {
		uint8_t *small = malloc(size > 0 ? size : 1);

		REQUIRE(small != NULL);
		CHECK_INT(zwg_record_encode(&conf, small, size), -ENOSPC);
		CHECK_ZERO(small, size);
		free(small);
	}
}

static void every_truncation(void)
{
	struct zwg_conf conf;
	uint8_t buf[ZWG_RECORD_MAX + 8] = {0};
	size_t len;

	largest_conf(&conf);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	for (size_t cut = 0; cut < len + 8; cut++) {
		if (cut == len) {
			continue;
		}
		test_case("%zu bytes", cut);
		CHECK_INT(decode(&conf, buf, cut), -EBADMSG);
		check_empty(&conf);
	}
}

/* The same with a length and a CRC that are right: the content itself must end where it should. */
static void every_truncation_resealed(void)
{
	struct zwg_conf conf;
	uint8_t buf[ZWG_RECORD_MAX + 8];
	size_t len;

	largest_conf(&conf);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	for (size_t cut = 12; cut < len + 8; cut++) {
		uint8_t copy[ZWG_RECORD_MAX + 8] = {0};

		if (cut == len) {
			continue;
		}
		memcpy(copy, buf, len);
		reseal(copy, cut);
		test_case("%zu bytes", cut);
		CHECK_INT(decode(&conf, copy, cut), -EINVAL);
		check_empty(&conf);
	}
}

static void every_bit(void)
{
	struct zwg_conf conf;
	uint8_t buf[ZWG_RECORD_MAX];
	size_t len;

	largest_conf(&conf);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		test_case("bit %zu", bit);
		CHECK_INT(decode(&conf, buf, len), -EBADMSG);
		check_empty(&conf);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* A byte changed under a right CRC: refused, or another valid configuration, which encodes to
 * exactly these bytes. */
static void every_byte_resealed(void)
{
	struct zwg_conf conf, again;
	uint8_t buf[ZWG_RECORD_MAX];
	uint8_t second[ZWG_RECORD_MAX];
	size_t len;
	unsigned int refused = 0, taken = 0;

	zwg_conf_init(&conf);
	conf.listen_port = 1;
	REQUIRE(zwg_conf_peer_add(&conf, (const uint8_t[32]){5}) != NULL);
	strcpy(conf.underlay, "abc");
	strcpy(conf.peers[0].endpoint.host, "abc");
	conf.peers[0].endpoint.port = 3;
	conf.peers[0].preshared_key[9] = 1;
	random_prefix(&conf.peers[0].allowed_ips[0]);
	conf.peers[0].allowed_ips_count = 1;
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	for (size_t at = 8; at < len - 4; at++) {
		for (int value = 0; value < 256; value++) {
			uint8_t copy[ZWG_RECORD_MAX];
			int err;

			memcpy(copy, buf, len);
			copy[at] = (uint8_t)value;
			reseal(copy, len);
			test_case("byte %zu is %d", at, value);
			err = decode(&again, copy, len);
			if (err == 0) {
				CHECK_INT(zwg_record_encode(&again, second, sizeof(second)), len);
				CHECK_MEM(second, copy, len);
				taken++;
			} else {
				CHECK(err == -EINVAL || err == -ENOSPC);
				check_empty(&again);
				refused++;
			}
		}
	}
	CHECK(refused > 1000 && taken > 1000);
}

/* A right CRC does not make up for a wrong length. */
static void wrong_length(void)
{
	struct zwg_conf conf;
	uint8_t buf[64];
	size_t len;
	uint32_t crc;

	zwg_conf_init(&conf);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	buf[4]++;
	crc = zwg_crc32(0, buf, len - 4);
	for (size_t i = 0; i < 4; i++) {
		buf[len - 4 + i] = (uint8_t)(crc >> 8 * i);
	}
	CHECK_INT(decode(&conf, buf, len), -EBADMSG);
	check_empty(&conf);
}

/* What zwg_conf_validate() refuses does not come in through storage either. */
static void content_is_validated(void)
{
	struct zwg_conf good;

	zwg_conf_init(&good);
	good.listen_port = 1;
	REQUIRE(zwg_conf_peer_add(&good, (const uint8_t[32]){5}) != NULL);
	random_prefix(&good.peers[0].allowed_ips[0]);
	good.peers[0].allowed_ips_count = 1;
	for (int fault = 0; fault < 7; fault++) {
		struct zwg_conf conf = good;
		uint8_t buf[ZWG_RECORD_MAX];
		int len;

		switch (fault) {
		case 1:
			conf.mtu = 1279;
			break;
		case 2:
			conf.peers[0].allowed_ips[0].bits = 8;
			conf.peers[0].allowed_ips[0].addr.bytes[1] = 1;
			break;
		case 3:
			conf.peers[1] = conf.peers[0];
			conf.peer_count = 2;
			break;
		case 4:
			conf.has_private_key = true;
			conf.private_key[0] = 8;
			conf.listen_port = 0;
			break;
		case 5:
			strcpy(conf.peers[0].endpoint.host, "a b");
			conf.peers[0].endpoint.port = 1;
			break;
		case 6:
			memset(conf.peers[0].public_key, 0, 32);
			break;
		default:
			break;
		}
		test_case("fault %d", fault);
		len = zwg_record_encode(&conf, buf, sizeof(buf));
		CHECK_INT(decode(&conf, buf, (size_t)len), fault == 0 ? 0 : -EINVAL);
		if (fault != 0) {
			check_empty(&conf);
		}
	}
}

/* An endpoint that says it is there and is empty would have two encodings. */
static void empty_endpoint(void)
{
	struct zwg_conf conf;
	uint8_t buf[128];
	size_t len;

	zwg_conf_init(&conf);
	REQUIRE(zwg_conf_peer_add(&conf, (const uint8_t[32]){5}) != NULL);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	/* Behind the flags stand keepalive (2), the number of allowed IPs (1) and the CRC (4). */
	REQUIRE(buf[len - 8] == 0);
	buf[len - 8] = 2;
	memset(buf + len - 7, 0, 7 + 3);
	reseal(buf, len + 3);
	CHECK_INT(decode(&conf, buf, len + 3), -EINVAL);
	check_empty(&conf);
}

static void versions(void)
{
	struct zwg_conf conf;
	uint8_t buf[ZWG_RECORD_MAX];
	size_t len;

	zwg_conf_init(&conf);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	for (int version = 0; version < 256; version++) {
		buf[3] = (uint8_t)version;
		reseal(buf, len);
		CHECK_INT(decode(&conf, buf, len), version == 1 ? 0 : -ENOTSUP);
		check_empty(&conf);
	}
}

static void more_than_there_is_room_for(void)
{
	struct zwg_conf conf;
	uint8_t buf[64];
	size_t len;

	zwg_conf_init(&conf);
	len = (size_t)zwg_record_encode(&conf, buf, sizeof(buf));
	buf[len - 6] = ZWG_MAX_PEERS + 1;
	reseal(buf, len);
	CHECK_INT(decode(&conf, buf, len), -ENOSPC);
	check_empty(&conf);
}

static void random_bytes(void)
{
	for (int i = 0; i < 20000; i++) {
		struct zwg_conf conf;
		uint8_t buf[600];
		size_t len = 12 + test_random_below(sizeof(buf) - 12);
		int err;

		test_random_bytes(buf, len);
		memcpy(buf, "ZWG\1", 4);
		CHECK_INT(decode(&conf, buf, len), -EBADMSG);
		reseal(buf, len);
		err = decode(&conf, buf, len);
		if (err != 0) {
			check_empty(&conf);
		}
		CHECK(err == -EINVAL || err == -ENOSPC);
	}
}

static void marks(void)
{
	uint8_t buf[ZWG_MARK_LEN];
	uint64_t mark = 0;

	zwg_mark_encode(UINT64_C(0x0123456789abcdef), buf);
	CHECK_HEX(buf, "5a574d01efcdab8967452301d8193aa1");
	CHECK_INT(zwg_mark_decode(&mark, buf, sizeof(buf)), 0);
	CHECK(mark == UINT64_C(0x0123456789abcdef));
	mark = 7;
	for (size_t len = 0; len < sizeof(buf); len++) {
		CHECK_INT(zwg_mark_decode(&mark, buf, len), -EBADMSG);
	}
	for (size_t bit = 0; bit < 8 * sizeof(buf); bit++) {
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_INT(zwg_mark_decode(&mark, buf, sizeof(buf)), -EBADMSG);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	buf[3] = 2;
	for (int i = 0; i < 4; i++) {
		buf[12 + i] = (uint8_t)(zwg_crc32(0, buf, 12) >> 8 * i);
	}
	CHECK_INT(zwg_mark_decode(&mark, buf, sizeof(buf)), -ENOTSUP);
	CHECK_INT(mark, 7);
}

/* Bytes that give out after a while. */
struct passage {
	uint8_t bytes[ZWG_RECORD_MAX];
	size_t at;
	size_t end;
};

static int sink(void *ctx, const uint8_t *bytes, size_t len)
{
	struct passage *passage = ctx;

	if (len > passage->end - passage->at) {
		passage->end = passage->at; /* And nothing after it is tried. */
		return -EIO;
	}
	memcpy(passage->bytes + passage->at, bytes, len);
	passage->at += len;
	return 0;
}

static int source(void *ctx, uint8_t *bytes, size_t len)
{
	struct passage *passage = ctx;

	if (len > passage->end - passage->at) {
		passage->end = passage->at;
		return -EIO;
	}
	memcpy(bytes, passage->bytes + passage->at, len);
	passage->at += len;
	return 0;
}

static void piece_by_piece(void)
{
	struct passage passage = {.end = ZWG_RECORD_MAX};
	uint8_t whole[ZWG_RECORD_MAX];
	struct zwg_conf conf, again;
	int len;

	largest_conf(&conf);
	len = zwg_record_encode(&conf, whole, sizeof(whole));
	CHECK_INT(zwg_record_write(&conf, sink, &passage), len);
	CHECK_INT(passage.at, len);
	CHECK(memcmp(passage.bytes, whole, (size_t)len) == 0);
	passage.at = 0;
	CHECK_INT(zwg_record_read(&again, source, &passage, (size_t)len), 0);
	CHECK_INT(passage.at, len);
	CHECK(memcmp(&again, &conf, sizeof(conf)) == 0);
	for (size_t end = 0; end < (size_t)len; end++) {
		test_case("%zu bytes", end);
		passage.at = 0;
		passage.end = end;
		CHECK_INT(zwg_record_write(&conf, sink, &passage), -EIO);
		passage.at = 0;
		passage.end = end;
		CHECK_INT(zwg_record_read(&again, source, &passage, (size_t)len), -EIO);
		check_empty(&again);
	}
}

static const struct test tests[] = {
	{"round trip", round_trip},
	{"piece by piece, and only as far as it goes", piece_by_piece},
	{"empty and largest", empty_and_largest},
	{"every truncation", every_truncation},
	{"every truncation with a right CRC", every_truncation_resealed},
	{"every single bit", every_bit},
	{"every byte with a right CRC", every_byte_resealed},
	{"a wrong length with a right CRC", wrong_length},
	{"content is validated", content_is_validated},
	{"an empty endpoint", empty_endpoint},
	{"versions", versions},
	{"more peers than there is room for", more_than_there_is_room_for},
	{"random bytes", random_bytes},
	{"marks", marks},
};

TEST_MAIN(tests)
