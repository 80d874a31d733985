/* SPDX-License-Identifier: MIT */
/* Random bytes; see random.h. */
#include "random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "crypto/secret.h"

int random_bytes(void *buf, size_t len)
{
	uint8_t *at = buf;
	size_t left = len;

	while (left > 0) {
		ssize_t n = getrandom(at, left, GRND_NONBLOCK);

		if (n < 0) {
			int err = errno;

			if (err == EINTR)
				continue;
			zwg_wipe(buf, len);
			return -err;
		}
		at += n;
		left -= (size_t)n;
	}
	return 0;
}
