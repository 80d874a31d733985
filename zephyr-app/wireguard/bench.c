/* SPDX-License-Identifier: MIT */
/*
 * The shell command "wg bench": what the ciphers take on this very processor, with its flash and
 * caches. Cycles are those of DWT->CYCCNT (ARMv7-M Architecture Reference Manual, C1.8); where it
 * does not count, as in QEMU, those of the system's timer, and the output says so. The least of
 * several runs is the one that no interrupt has made longer.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/sys_io.h>

#include "bench.h"
#include "board/text.h"
#include "compat.h"
#include "crypto/crypto.h"
#include "segments.h"

#define RUNS	 10
#define RUNS_MAX 1000
#define TEXT_MAX 1420
#define SEGMENTS (TEXT_MAX / CONFIG_NET_BUF_DATA_SIZE + 2)

/* ARMv7-M, the same addresses on every processor. */
#define DEMCR	      0xe000edfc
#define DEMCR_TRCENA  BIT(24)
#define DWT_CTRL      0xe0001000
#define DWT_CYCCNTENA BIT(0)
#define DWT_CYCCNT    0xe0001004
#define DWT_LAR	      0xe0001fb0 /* Cortex-M7: locked until the key is written. */
#define DWT_LAR_KEY   0xc5acce55

/* RFC 7748 section 5.2, the first vector. */
static const uint8_t scalar[ZWG_KEY_LEN] = {0xa5, 0x46, 0xe3, 0x6b, 0xf0, 0x52, 0x7c, 0x9d,
					    0x3b, 0x16, 0x15, 0x4b, 0x82, 0x46, 0x5e, 0xdd,
					    0x62, 0x14, 0x4c, 0x0a, 0xc1, 0xfc, 0x5a, 0x18,
					    0x50, 0x6a, 0x22, 0x44, 0xba, 0x44, 0x9a, 0xc4};
static const uint8_t point[ZWG_KEY_LEN] = {0xe6, 0xdb, 0x68, 0x67, 0x58, 0x30, 0x30, 0xdb,
					   0x35, 0x94, 0xc1, 0xa4, 0x24, 0xb1, 0x5f, 0x7c,
					   0x72, 0x66, 0x24, 0xec, 0x26, 0xb3, 0x35, 0x3b,
					   0x10, 0xa9, 0x03, 0xa6, 0xd0, 0xab, 0x1c, 0x4c};
static const uint8_t product[ZWG_KEY_LEN] = {0xc3, 0xda, 0x55, 0x37, 0x9d, 0xe9, 0xc6, 0x90,
					     0x8e, 0x94, 0xea, 0x4d, 0xf2, 0x8d, 0x08, 0x4f,
					     0x32, 0xec, 0xcf, 0x03, 0x49, 0x1c, 0x71, 0xf7,
					     0x54, 0xb4, 0x07, 0x55, 0x77, 0xa2, 0x85, 0x52};

struct bench {
	const struct shell *sh;
	uint32_t runs;
	bool dwt;
	struct zwg_seg segs[SEGMENTS];
	struct zwg_chain text;
	uint8_t tag[ZWG_AEAD_TAG_LEN];
};

static bool dwt_start(void)
{
	uint32_t before;

	if (!IS_ENABLED(CONFIG_CPU_CORTEX_M_HAS_DWT))
		return false;
	sys_write32(sys_read32(DEMCR) | DEMCR_TRCENA, DEMCR);
	if (IS_ENABLED(CONFIG_CPU_CORTEX_M7))
		sys_write32(DWT_LAR_KEY, DWT_LAR);
	sys_write32(sys_read32(DWT_CTRL) | DWT_CYCCNTENA, DWT_CTRL);
	before = sys_read32(DWT_CYCCNT);
	k_busy_wait(1);
	return sys_read32(DWT_CYCCNT) != before;
}

static uint32_t now(const struct bench *b)
{
	return b->dwt ? sys_read32(DWT_CYCCNT) : k_cycle_get_32();
}

static int x25519(struct bench *b)
{
	uint8_t out[ZWG_KEY_LEN];
	int err = zwg_x25519(out, scalar, point);

	ARG_UNUSED(b);
	if (!err && memcmp(out, product, sizeof(out)) != 0)
		err = -EIO;
	return err;
}

static int blake2s(struct bench *b)
{
	uint8_t block[ZWG_BLAKE2S_BLOCK_LEN] = {0};
	uint8_t out[ZWG_HASH_LEN];

	ARG_UNUSED(b);
	return zwg_blake2s(out, sizeof(out), NULL, 0, block, sizeof(block));
}

static int seal(struct bench *b)
{
	return zwg_aead_seal(scalar, point, NULL, 0, &b->text, b->tag);
}

static int open(struct bench *b)
{
	return zwg_aead_open(scalar, point, NULL, 0, &b->text, b->tag);
}

/* Runs @a measured, and @a undo after it if there is one, and keeps the least time of the first. */
static int measure(struct bench *b, int (*measured)(struct bench *), int (*undo)(struct bench *),
		   uint32_t *least)
{
	*least = UINT32_MAX;
	for (uint32_t i = 0; i < b->runs; i++) {
		uint32_t start = now(b);
		int err = measured(b);

		*least = MIN(*least, now(b) - start);
		if (!err && undo)
			err = undo(b);
		if (err)
			return err;
	}
	return 0;
}

static int report(struct bench *b, const char *name, int (*measured)(struct bench *),
		  int (*undo)(struct bench *))
{
	uint32_t cycles;
	int err = measure(b, measured, undo, &cycles);

	if (err) {
		shell_print(b->sh, "error: %s: wrong result (%d)", name, err);
		return err;
	}
	shell_print(b->sh, "%-10s %9u cycles %9u us", name, cycles,
		    (uint32_t)((uint64_t)cycles * USEC_PER_SEC / sys_clock_hw_cycles_per_sec()));
	return 0;
}

static int report_aead(struct bench *b, size_t len)
{
	char name[] = "seal 1420";
	int err;

	b->text.len = len;
	(void)snprintk(name, sizeof(name), "seal %u", (unsigned int)len);
	err = report(b, name, seal, open);
	if (err)
		return err;
	(void)snprintk(name, sizeof(name), "open %u", (unsigned int)len);
	err = seal(b);
	return err ? err : report(b, name, open, seal);
}

static int report_all(struct bench *b)
{
	static const size_t lengths[] = {64, 256, TEXT_MAX};
	int err;

	shell_print(b->sh, "clock: %s, %u Hz, least of %u runs",
		    b->dwt ? "DWT->CYCCNT" : "system timer (the processor counts no cycles here)",
		    sys_clock_hw_cycles_per_sec(), b->runs);
	err = report(b, "x25519", x25519, NULL);
	for (size_t i = 0; !err && i < ARRAY_SIZE(lengths); i++)
		err = report_aead(b, lengths[i]);
	return err ? err : report(b, "blake2s 64", blake2s, NULL);
}

/* The text lies in network buffers, as a packet does. */
static struct net_buf *get_buffers(struct bench *b)
{
	struct net_buf *head = NULL;
	size_t have = 0;

	for (size_t i = 0; i < SEGMENTS && have < TEXT_MAX; i++) {
		struct net_buf *buf =
			net_pkt_get_reserve_tx_data(CONFIG_NET_BUF_DATA_SIZE, K_NO_WAIT);

		if (!buf) {
			net_buf_unref(head);
			return NULL;
		}
		(void)memset(net_buf_add(buf, net_buf_tailroom(buf)), 0, net_buf_tailroom(buf));
		have += buf->len;
		head = net_buf_frag_add(head, buf);
	}
	return head;
}

int zwg_cmd_bench(const struct shell *sh, size_t argc, char **argv)
{
	struct bench b = {.sh = sh};
	struct net_buf *buffers;
	uint64_t runs = RUNS;
	int err;

	if (argc > 2 ||
	    (argc == 2 && !zwg_number_parse(argv[1], strlen(argv[1]), 1, RUNS_MAX, &runs))) {
		shell_print(sh, "error: bench: '%s': expected a number of runs from 1 to %u",
			    argv[argc - 1], RUNS_MAX);
		return -EINVAL;
	}
	b.runs = (uint32_t)runs;
	buffers = get_buffers(&b);
	if (!buffers) {
		shell_print(sh, "error: bench: no network buffers left, try again");
		return -ENOBUFS;
	}
	b.text = (struct zwg_chain){.segs = b.segs,
				    .count = zwg_segments(buffers, b.segs, ARRAY_SIZE(b.segs))};
	b.dwt = dwt_start();
	err = report_all(&b);
	net_buf_unref(buffers);
	return err;
}
