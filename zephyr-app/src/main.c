/* SPDX-License-Identifier: MIT */
/* The application: a network interface, an echo service and LEDs. The tunnel runs by itself. */
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include "echo.h"
#include "network.h"

LOG_MODULE_REGISTER(app, LOG_LEVEL_INF);

int main(void)
{
	network_start();
	LOG_INF("ready");
#if defined(CONFIG_ZWG_APP_ECHO)
	/* Below the tunnel's threads, see prj.conf. */
	k_thread_priority_set(k_current_get(), K_PRIO_PREEMPT(2));
	echo_run();
#endif
	return 0;
}
