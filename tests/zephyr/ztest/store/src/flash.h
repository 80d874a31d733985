/* SPDX-License-Identifier: MIT */
/* The flash below the settings, whose power the test can cut at any write or erasure (--wrap). */
#ifndef ZWG_TEST_FLASH_H
#define ZWG_TEST_FLASH_H

#include <stddef.h>
#include <stdint.h>

#define EIGHTHS 8

/** Cuts the power after @a operations more, in the next one when so many eighths of its bytes are
 *  done. It returns -EIO, and so does all that follows, so that who writes stops. */
void flash_cut(unsigned int operations, unsigned int eighths);

/** Power again. The number of operations since flash_cut(). */
unsigned int flash_power(void);

/** How many of them were erasures. */
unsigned int flash_erasures(void);

/** Reads everything anew, as a start does: settings, and the mark of the stamps. */
void reboot(void);

/** The bytes of the settings' partition. */
#define FLASH_SIZE 0x2000
uint8_t *flash_bytes(void);

/** Erased flash, and a reboot. */
void flash_erase_all(void);

#endif
