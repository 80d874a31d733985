/* SPDX-License-Identifier: MIT */
/* A board whose flash cannot be read starts, has no tunnel, says so, and sends nothing. */
#include <errno.h>
#include <string.h>

#include <zephyr/shell/shell.h>
#include <zephyr/shell/shell_dummy.h>
#include <zephyr/ztest.h>

#include <zwg/zephyr.h>

#include "logged.h"
#include "tunnel.h"

static void *setup(void)
{
	while (!zwg_tunnels_ready() || !shell_ready(shell_backend_dummy_get_ptr()))
		k_msleep(1);
	return NULL;
}

ZTEST_SUITE(unreadable, NULL, setup, NULL, NULL, NULL);

static int run(const char *line, const char **said)
{
	const struct shell *sh = shell_backend_dummy_get_ptr();
	size_t size;
	int err;

	shell_backend_dummy_clear_output(sh);
	err = shell_execute_cmd(sh, line);
	*said = shell_backend_dummy_get_output(sh, &size);
	return err;
}

ZTEST(unreadable, test_it_starts_unprovisioned)
{
	for (unsigned int i = 0; i < CONFIG_ZWG_INSTANCES; i++) {
		struct zwg_status status;

		zassert_ok(zwg_get_status(i, &status));
		zassert_false(status.provisioned);
		zassert_false(status.up);
		zassert_false(net_if_is_up(zwg_net_if(i)));
	}
}

ZTEST(unreadable, test_it_says_so)
{
	static const char *const storage[] = {"flash cannot be read (-5)"};
	static const char *const values[] = {
		"zwg0: the saved configuration cannot be read",
		"zwg1: the saved configuration cannot be read",
	};
	bool is_storage = IS_ENABLED(CONFIG_TEST_UNREADABLE_STORAGE);
	const char *const *lines = is_storage ? storage : values;

	for (size_t i = 0; i < (is_storage ? ARRAY_SIZE(storage) : ARRAY_SIZE(values)); i++)
		zassert_not_null(strstr(logged(), lines[i]), "no \"%s\" in:\n%s", lines[i],
				 logged());
	zassert_not_null(strstr(logged(), "<err> zwg: the time-stamp mark cannot be read"), "%s",
			 logged());
}

ZTEST(unreadable, test_there_are_no_time_stamps)
{
	uint8_t stamp[ZWG_TAI64N_LEN];

	zassert_true(zwg_stamps_next(stamp) < 0);
}

ZTEST(unreadable, test_a_commit_is_refused_and_changes_nothing)
{
	const char *said;

	zassert_ok(run("wg genkey", &said));
	zassert_ok(run("wg set listen-port 51820", &said));
	zassert_true(run("wg commit", &said) < 0);
	zassert_not_null(strstr(said, "save: storage must accept the configuration, nothing has "
				      "changed"),
			 "%s", said);
	zassert_false(zwg_tunnels[0].running.has_private_key);
}
