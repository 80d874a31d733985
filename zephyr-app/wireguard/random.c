/* SPDX-License-Identifier: MIT */
/*
 * Keys are only as good as the random source. The build fails where there is none but the test
 * generator; the emulated boards, which have none, say at every start what their keys are worth.
 */
#include <zephyr/logging/log.h>
#include <zephyr/random/random.h>

#include "tunnel.h"

LOG_MODULE_DECLARE(zwg, CONFIG_ZWG_LOG_LEVEL);

/* On native_sim what passes for an entropy driver is the C library's random(), with the same seed
 * every time; in 4.x its option has another name. */
#if !defined(CONFIG_ZWG_TEST_RANDOM) &&                                                            \
	(!defined(CONFIG_CSPRNG_ENABLED) || defined(CONFIG_TEST_RANDOM_GENERATOR) ||               \
	 defined(CONFIG_FAKE_ENTROPY_NATIVE_POSIX) || defined(CONFIG_FAKE_ENTROPY_NATIVE_SIM))
#error "zwg: this build has no cryptographic random source (CONFIG_ENTROPY_GENERATOR with a driver that \
is not native_sim's, and no CONFIG_TEST_RANDOM_GENERATOR): the keys it makes would be predictable"
#endif

int zwg_random(void *ctx, void *buf, size_t len)
{
	ARG_UNUSED(ctx);
#if defined(CONFIG_CSPRNG_ENABLED)
	return sys_csrand_get(buf, len);
#else
	sys_rand_get(buf, len);
	return 0;
#endif
}

const char *zwg_random_source(void)
{
	return IS_ENABLED(CONFIG_ZWG_TEST_RANDOM) ? "test" : "hardware";
}

void zwg_random_announce(void)
{
	if (!IS_ENABLED(CONFIG_ZWG_TEST_RANDOM))
		return;
	LOG_ERR("***********************************************************************");
	LOG_ERR("* This board has no random source: its keys are PREDICTABLE and WORTHLESS *");
	LOG_ERR("***********************************************************************");
}
