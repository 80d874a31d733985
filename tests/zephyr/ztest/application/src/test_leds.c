/* SPDX-License-Identifier: MIT */
/* The LEDs: each lights for its reason, and for no other. */
#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/ztest.h>

#include <zwg/zephyr.h>

#include "underlay.h"

#define UPDATE_MS 150 /* They are set ten times a second. */

enum { LINK = 1, HANDSHAKE = 2, TRAFFIC = 4 };

static struct zwg_status status;

int __wrap_zwg_get_status(unsigned int number, struct zwg_status *out);

int __wrap_zwg_get_status(unsigned int number, struct zwg_status *out)
{
	*out = status;
	return number ? -ENODEV : 0;
}

static bool lit(const struct gpio_dt_spec *led)
{
	int level = gpio_emul_output_get(led->port, led->pin);

	zassert_true(level == 0 || level == 1, "pin %u is no output", led->pin);
	return led->dt_flags & GPIO_ACTIVE_LOW ? !level : level;
}

static int lights(void)
{
	static const struct gpio_dt_spec link = GPIO_DT_SPEC_GET(DT_ALIAS(led0), gpios);
	static const struct gpio_dt_spec handshake = GPIO_DT_SPEC_GET(DT_ALIAS(led1), gpios);
	static const struct gpio_dt_spec traffic = GPIO_DT_SPEC_GET(DT_ALIAS(led2), gpios);

	return (lit(&link) ? LINK : 0) | (lit(&handshake) ? HANDSHAKE : 0) |
	       (lit(&traffic) ? TRAFFIC : 0);
}

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	(void)net_if_down(underlay(0));
	status.sessions = 0;
	k_msleep(2 * UPDATE_MS);
	zassert_equal(lights(), 0, "%d", lights());
}

static void after(void *fixture)
{
	ARG_UNUSED(fixture);
	(void)net_if_up(underlay(0));
}

ZTEST_SUITE(leds, NULL, NULL, before, after, NULL);

ZTEST(leds, test_link_shows_whether_the_network_is_up)
{
	zassert_ok(net_if_up(underlay(0)));
	k_msleep(UPDATE_MS);
	zassert_equal(lights(), LINK, "%d", lights());
	zassert_ok(net_if_down(underlay(0)));
	k_msleep(UPDATE_MS);
	zassert_equal(lights(), 0, "%d", lights());
}

ZTEST(leds, test_handshake_shows_whether_a_peer_has_a_session)
{
	status.peers = 2;
	k_msleep(UPDATE_MS);
	zassert_equal(lights(), 0, "%d", lights());
	status.sessions = 1;
	k_msleep(UPDATE_MS);
	zassert_equal(lights(), HANDSHAKE, "%d", lights());
	status.sessions = 0;
	k_msleep(UPDATE_MS);
	zassert_equal(lights(), 0, "%d", lights());
}

static void check_traffic(uint64_t *bytes)
{
	for (int i = 0; i < 3; i++) {
		*bytes += 32;
		/* Between two settings: it was on for the one and is off after the other. */
		k_msleep(100);
		zassert_equal(lights(), TRAFFIC, "%d", lights());
	}
	k_msleep(2 * UPDATE_MS);
	zassert_equal(lights(), 0, "%d", lights());
}

ZTEST(leds, test_traffic_flashes_with_packets_both_ways)
{
	check_traffic(&status.rx_bytes);
	check_traffic(&status.tx_bytes);
}
