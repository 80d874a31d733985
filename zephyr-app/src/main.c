/* SPDX-License-Identifier: MIT */
/* The application: a network interface, an echo service and LEDs. The tunnel runs by itself. */
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include "network.h"

LOG_MODULE_REGISTER(app, LOG_LEVEL_INF);

int main(void)
{
	network_start();
	LOG_INF("ready");
	return 0;
}
