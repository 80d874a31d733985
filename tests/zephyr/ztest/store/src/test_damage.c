/* SPDX-License-Identifier: MIT */
/* Bits of the flash that have changed: what is loaded was once saved, or is refused. */
#include <string.h>

#include <zephyr/ztest.h>

#include "flash.h"
#include "sample.h"
#include "tunnel.h"

#define USED 1100 /* Bytes of flash that two saves take, and some of those behind. */

ZTEST_SUITE(damage, NULL, NULL, NULL, NULL, NULL);

ZTEST(damage, test_one_bit_in_any_byte)
{
	static struct zwg_conf first, second, loaded;
	static uint8_t image[FLASH_SIZE];
	unsigned int refused = 0;

	flash_erase_all();
	sample_conf(&first, 1, 1, true);
	sample_conf(&second, 2, 1, true);
	zassert_ok(zwg_save(&zwg_tunnels[0], &first));
	zassert_ok(zwg_save(&zwg_tunnels[0], &second));
	memcpy(image, flash_bytes(), sizeof(image));
	for (size_t i = 0; i < USED; i++) {
		int err;

		memcpy(flash_bytes(), image, sizeof(image));
		flash_bytes()[i] ^= (uint8_t)(1 << i % 8);
		reboot();
		err = zwg_load(&zwg_tunnels[0], &loaded);
		zassert_true(err || same_conf(&loaded, &second) || same_conf(&loaded, &first),
			     "byte %u", (unsigned int)i);
		refused += err != 0;
	}
	TC_PRINT("%u refused\n", refused);
	zassert_true(refused > 0);
}
