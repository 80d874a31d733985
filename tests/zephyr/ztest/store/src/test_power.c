/* SPDX-License-Identifier: MIT */
/* The power fails at every write and every erasure of every save, sectors that fill up and are put
 * in order among them: then the configuration is the old or the new one whole, the mark is there,
 * and another save is possible. */
#include <string.h>

#include <zephyr/ztest.h>

#include "flash.h"
#include "sample.h"
#include "tunnel.h"

#define SAVES 10 /* Two sectors fill up meanwhile, so that one is put in order. */

static struct zwg_conf old, new, loaded;
static uint8_t image[FLASH_SIZE];
static unsigned int cuts, in_order;

ZTEST_SUITE(power, NULL, NULL, NULL, NULL, NULL);

static void restore(void)
{
	memcpy(flash_bytes(), image, sizeof(image));
	reboot();
}

static void fail_at(unsigned int save, unsigned int operation, unsigned int eighths)
{
	uint64_t before, mark;
	int err;

	restore();
	zassert_ok(zwg_store_load_mark(NULL, &before));
	flash_cut(operation, eighths);
	(void)zwg_save(&zwg_tunnels[0], &new);
	reboot();
	err = zwg_load(&zwg_tunnels[0], &loaded);
	zassert_ok(err, "save %u, operation %u, %u/8: %d", save, operation, eighths, err);
	zassert_true(same_conf(&loaded, &old) || same_conf(&loaded, &new),
		     "save %u, operation %u, %u/8", save, operation, eighths);
	cuts++;
	zassert_ok(zwg_store_load_mark(NULL, &mark));
	zassert_equal(mark, before);
	zassert_ok(zwg_save(&zwg_tunnels[0], &new), "save %u, operation %u, %u/8", save, operation,
		   eighths);
	reboot();
	zassert_ok(zwg_load(&zwg_tunnels[0], &loaded));
	zassert_true(same_conf(&loaded, &new));
}

ZTEST(power, test_a_save_is_done_or_not_done)
{
	flash_erase_all();
	zassert_ok(zwg_store_save_mark(NULL, 77));
	sample_conf(&old, 100, 1, true);
	zassert_ok(zwg_save(&zwg_tunnels[0], &old));
	for (unsigned int save = 0; save < SAVES; save++) {
		unsigned int operations, step;

		sample_conf(&new, 101 + save, 1, save % 4 != 1);
		memcpy(image, flash_bytes(), sizeof(image));
		flash_cut(UINT32_MAX, 0);
		zassert_ok(zwg_save(&zwg_tunnels[0], &new));
		operations = flash_power();
		/* Where a sector is put in order, more finely. */
		step = flash_erasures() ? 1 : EIGHTHS / 2;
		in_order += step == 1;
		zassert_true(operations > 10);
		for (unsigned int i = 0; i < operations; i++) {
			for (unsigned int part = 0; part < EIGHTHS; part += step)
				fail_at(save, i, part);
		}
		restore();
		zassert_ok(zwg_save(&zwg_tunnels[0], &new));
		old = new;
	}
	TC_PRINT("%u cuts\n", cuts);
	zassert_true(cuts > 500 && in_order > 0);
}
