/* SPDX-License-Identifier: MIT */
/* Flash that returns errors: a save that fails says so, and the old configuration is still there.
 */
#include <string.h>

#include <zephyr/ztest.h>

#include "flash.h"
#include "sample.h"
#include "tunnel.h"

ZTEST_SUITE(errors, NULL, NULL, NULL, NULL, NULL);

ZTEST(errors, test_a_save_that_fails_changes_nothing)
{
	static struct zwg_conf old, new, loaded;
	static uint8_t image[FLASH_SIZE];
	unsigned int operations, failed = 0;

	flash_erase_all();
	sample_conf(&old, 1, 2, true);
	sample_conf(&new, 2, 3, true);
	zassert_ok(zwg_save(&zwg_tunnels[0], &old));
	memcpy(image, flash_bytes(), sizeof(image));
	flash_cut(UINT32_MAX, 0);
	zassert_ok(zwg_save(&zwg_tunnels[0], &new));
	operations = flash_power();
	for (unsigned int i = 0; i < operations; i++) {
		int err;

		memcpy(flash_bytes(), image, sizeof(image));
		reboot();
		flash_cut(i, 0);
		err = zwg_save(&zwg_tunnels[0], &new);
		(void)flash_power();
		zassert_true(err < 0, "operation %u failed and the save did not", i);
		failed++;
		zassert_ok(zwg_load(&zwg_tunnels[0], &loaded), "operation %u", i);
		zassert_true(same_conf(&loaded, &old), "operation %u", i);
	}
	zassert_true(failed > 10);
}
