/* SPDX-License-Identifier: MIT */
/* led0: link; led1: a peer has a session; led2: packets pass through the tunnel. */
#include <zephyr/drivers/gpio.h>
#include <zephyr/kernel.h>

#include <zwg/zephyr.h>

#include "network.h"

#define PERIOD K_MSEC(100)

enum led { LED_LINK, LED_HANDSHAKE, LED_TRAFFIC, LEDS };

static const struct gpio_dt_spec leds[LEDS] = {
	[LED_LINK] = GPIO_DT_SPEC_GET_OR(DT_ALIAS(led0), gpios, {0}),
	[LED_HANDSHAKE] = GPIO_DT_SPEC_GET_OR(DT_ALIAS(led1), gpios, {0}),
	[LED_TRAFFIC] = GPIO_DT_SPEC_GET_OR(DT_ALIAS(led2), gpios, {0}),
};

static void set(enum led led, bool on)
{
	if (leds[led].port)
		(void)gpio_pin_set_dt(&leds[led], on);
}

static void update(struct k_work *work)
{
	static uint64_t traffic_before;
	struct k_work_delayable *again = k_work_delayable_from_work(work);
	struct net_if *iface = network_if();
	struct zwg_status status;
	uint64_t traffic;

	(void)zwg_get_status(0, &status);
	traffic = status.rx_bytes + status.tx_bytes;
	set(LED_LINK, iface && net_if_is_up(iface));
	set(LED_HANDSHAKE, status.sessions > 0);
	set(LED_TRAFFIC, traffic != traffic_before);
	traffic_before = traffic;
	(void)k_work_reschedule(again, PERIOD);
}

static K_WORK_DELAYABLE_DEFINE(update_work, update);

static int leds_init(void)
{
	for (int i = 0; i < LEDS; i++)
		if (leds[i].port && gpio_is_ready_dt(&leds[i]))
			(void)gpio_pin_configure_dt(&leds[i], GPIO_OUTPUT_INACTIVE);
	(void)k_work_schedule(&update_work, PERIOD);
	return 0;
}

SYS_INIT(leds_init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
