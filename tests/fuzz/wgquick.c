/* SPDX-License-Identifier: MIT */
/*
 * wg-quick files. Names resolve without a network: to 192.0.2.7, and one that begins with "x" to
 * nothing (getaddrinfo() is wrapped). What is read is consistent; a mistake leaves an empty
 * structure and one line of log.
 */
#include <netdb.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zwg/config.h>

#include "crypto/secret.h"
#include "daemon/wgquick.h"
#include "fuzz.h"
#include "port/log.h"

static unsigned int errors;

/* In place of port/log.c. */
static void log_line(const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(format, args);
	va_end(args);
	errors++;
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(format, args);
	va_end(args);
}

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **found);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **found);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **found)
{
	struct addrinfo numeric = *hints;

	numeric.ai_flags |= AI_NUMERICHOST;
	if (__real_getaddrinfo(host, port, &numeric, found) == 0) {
		return 0;
	}
	if (host[0] == 'x') {
		return EAI_NONAME;
	}
	return __real_getaddrinfo("192.0.2.7", port, &numeric, found);
}

static void check(const struct wgquick *conf)
{
	size_t peers = 0, prefixes = 0;

	INVARIANT(conf->has_private_key);
	for (const struct wgquick_peer *peer = conf->peers; peer != NULL; peer = peer->next) {
		INVARIANT(peer->has_public_key && (peer->next != NULL || peer == conf->last));
		INVARIANT(peer->endpoint.addr.family == ZWG_AF_NONE || peer->endpoint.port > 0);
		for (size_t i = 0; i < peer->allowed_ips.count; i++) {
			struct zwg_prefix prefix = peer->allowed_ips.list[i];

			INVARIANT(zwg_prefix_mask(&prefix));
		}
		prefixes += peer->allowed_ips.count;
		peers++;
	}
	INVARIANT(peers == conf->peer_count && peers <= ZWG_MAX_PEERS);
	INVARIANT(prefixes <= ZWG_MAX_ALLOWED_IPS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	struct wgquick conf;
	char path[64];

	INVARIANT(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	errors = 0;
	if (wgquick_read(path, &conf)) {
		INVARIANT(errors == 0);
		check(&conf);
	} else {
		INVARIANT(errors == 1 && zwg_is_zero(&conf, sizeof(conf)));
	}
	wgquick_free(&conf);
	close(fd);
	return 0;
}
