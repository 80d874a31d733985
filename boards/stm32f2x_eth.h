/* SPDX-License-Identifier: MIT */
/*
 * Included before everything in Zephyr's Ethernet drivers for an STM32F2: how many frames the
 * controller may have waiting to be sent. ST's HAL fixes it at four, 1524 bytes each, and no option
 * changes it. The driver copies into one while the wire has another, and waits if there is a third;
 * but to encrypt a full frame takes three times as long as to send it.
 */
#include <soc.h>

#undef ETH_TXBUFNB
#define ETH_TXBUFNB 2U
