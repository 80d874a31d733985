/* SPDX-License-Identifier: MIT */
/* Zephyr's dummy shell; see console.h. */
#include <string.h>

#include <zephyr/shell/shell.h>
#include <zephyr/shell/shell_dummy.h>
#include <zephyr/ztest.h>

#include "console.h"
#include "tunnel.h"
#include "underlay.h"

static char text[8192];

int run(const char *line)
{
	const struct shell *sh = shell_backend_dummy_get_ptr();
	const char *output;
	size_t size;
	int err;

	shell_backend_dummy_clear_output(sh);
	err = shell_execute_cmd(sh, line);
	output = shell_backend_dummy_get_output(sh, &size);
	size = MIN(size, sizeof(text) - 1);
	memcpy(text, output, size);
	text[size] = '\0';
	return err;
}

const char *said(void)
{
	return text;
}

void ok(const char *line)
{
	int err = run(line);

	zassert_ok(err, "%s: %d\n%s", line, err, text);
}

void console_before(void *fixture)
{
	ARG_UNUSED(fixture);
	WAIT_FOR(shell_ready(shell_backend_dummy_get_ptr()), 20000, k_msleep(1));
	underlay_addresses(true);
	ok("wg reset confirm");
	ok("wg commit");
	ok("wg1 reset confirm");
	ok("wg1 commit");
	underlay_forget();
}
