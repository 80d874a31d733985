/* SPDX-License-Identifier: MIT */
/* Neither the private key nor a preshared key is ever printed. */
#include <string.h>

#include <zephyr/ztest.h>

#include "console.h"
#include "tunnel.h"

#define SECRET "oKSopKikqKSopKikqKSopKikqKSopKikqKSopKikqGA="
#define PSK    "/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v4="

ZTEST_SUITE(secrets, NULL, NULL, console_before, NULL, NULL);

ZTEST(secrets, test_no_command_prints_one)
{
	static const char *const lines[] = {
		"wg show",
		"wg show staged",
		"wg show --machine",
		"wg showconf",
		"wg showconf staged",
		"wg stats",
		"wg pubkey",
		"wg pubkey staged",
		"wg port",
		"wg version",
		"wg help",
		"wg commit",
		"wg set private-key " SECRET "x",
		"wg set peer " KEY2 " preshared-key " PSK "x",
		"wg set private-key " SECRET " mtu 1",
		"wg private-key " SECRET,
	};

	ok("wg set private-key " SECRET " listen-port 51820");
	zassert_is_null(strstr(said(), SECRET));
	ok("wg set peer " KEY1 " preshared-key " PSK " allowed-ips 10.9.0.2/32");
	zassert_is_null(strstr(said(), PSK));
	ok("wg commit");
	ok("wg set mtu 1300");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		(void)run(lines[i]);
		zassert_is_null(strstr(said(), "oKSopKik"), "%s prints the private key", lines[i]);
		zassert_is_null(strstr(said(), "/v7+/v7+"), "%s prints a preshared key", lines[i]);
	}
	zassert_true(zwg_tunnels[0].running.has_private_key);
}
