/* SPDX-License-Identifier: MIT */
/*
 * Requests of the cross-platform interface, as lines. A request that is refused changes nothing;
 * what "get" says of a device makes the same device when it is set. Port 1 is taken, mark 1 is
 * forbidden.
 */
#include <errno.h>

#include <zwg/device.h>

#include "daemon/uapi_apply.h"
#include "daemon/uapi_get.h"
#include "daemon/uapi_set.h"
#include "fuzz.h"

static struct zwg_device device;
static struct tunnel tunnel = {.device = &device};

/* In place of port/tunnel.c. */
void tunnel_lock(struct tunnel *t)
{
	(void)t;
}

void tunnel_unlock(struct tunnel *t)
{
	(void)t;
}

void tunnel_close(struct tunnel *t)
{
	t->udp.port = 0;
}

int tunnel_set_fwmark(struct tunnel *t, uint32_t fwmark)
{
	(void)t;
	return fwmark == 1 ? -EPERM : 0;
}

int tunnel_listen(struct tunnel *t, const struct zwg_addr *local, uint16_t port, uint32_t fwmark)
{
	(void)local;
	if (port == 1 || fwmark == 1) {
		return port == 1 ? -EADDRINUSE : -EPERM;
	}
	t->udp.port = port != 0 ? port : 40000;
	return 0;
}

static int port_send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			     size_t len)
{
	(void)ctx, (void)to, (void)tos, (void)msg, (void)len;
	return 0;
}

static int port_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	memset(buf, 7, len);
	return 0;
}

static void port_wake_at(void *ctx, zwg_time when)
{
	(void)ctx, (void)when;
}

static void port_jobs_pending(void *ctx)
{
	(void)ctx;
}

/* Jobs are never run and packets never given: the rest is not called. */
static const struct zwg_port port = {
	.send_message = port_send_message,
	.random = port_random,
	.wake_at = port_wake_at,
	.jobs_pending = port_jobs_pending,
};

/* Takes lines up to an empty one or the end. */
static const char *read_lines(struct uapi_set *set, const char *at, const char *end, int *err)
{
	*err = 0;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline != NULL ? (size_t)(newline - at) : (size_t)(end - at);
		char *line = malloc(len > 0 ? len : 1);

		memcpy(line, at, len);
		if (*err == 0 && len > 0) {
			*err = uapi_set_line(set, line, len);
		}
		free(line);
		at = newline != NULL ? newline + 1 : end;
		if (len == 0) {
			break;
		}
	}
	return at;
}

static struct text_buffer get(struct interface *iface)
{
	struct uapi_epoch epoch = {0};
	struct text_buffer text = {0};

	INVARIANT(uapi_get(iface, &epoch, &text) == 0);
	return text;
}

/* The lines of an answer that are not state. */
static struct text_buffer only_settings(const struct text_buffer *answer)
{
	static const char *const state[] = {"last_handshake_time_", "tx_bytes=", "rx_bytes="};
	struct text_buffer out = {0};

	for (const char *at = answer->text, *end; at < answer->text + answer->len; at = end + 1) {
		bool keep = true;

		end = memchr(at, '\n', answer->len - (size_t)(at - answer->text));
		for (size_t i = 0; i < 3; i++) {
			keep = keep && strncmp(at, state[i], strlen(state[i])) != 0;
		}
		if (keep) {
			text_append(&out, at, (size_t)(end - at) + 1);
		}
	}
	return out;
}

static void check_round_trip(struct interface *iface)
{
	struct text_buffer before = get(iface);
	struct text_buffer settings = only_settings(&before);
	struct uapi_set set = {.replace_peers = true};
	struct text_buffer after;
	int err;

	read_lines(&set, settings.text, settings.text + settings.len, &err);
	INVARIANT(err == 0 && uapi_apply(iface, &set) == 0);
	after = get(iface);
	INVARIANT(after.len == before.len);
	uapi_set_clear(&set);
	text_clear(&before);
	text_clear(&settings);
	text_clear(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct interface iface = {.tunnel = &tunnel};
	const char *at = (const char *)data, *end = at + size;

	zwg_device_init(&device, &port, NULL);
	if (size > 0 && data[0] % 2 == 0) {
		INVARIANT(interface_up(&iface) == 0);
	}
	while (at < end) {
		struct text_buffer before = get(&iface), after;
		struct uapi_set set = {0};
		int err;

		at = read_lines(&set, at, end, &err);
		if (err == 0) {
			err = uapi_apply(&iface, &set);
		}
		after = get(&iface);
		if (err != 0) {
			INVARIANT(after.len == before.len &&
				  memcmp(after.text, before.text, after.len) == 0);
		} else if (iface.listen_port != 1 && iface.fwmark != 1) {
			check_round_trip(&iface);
		}
		uapi_set_clear(&set);
		text_clear(&before);
		text_clear(&after);
	}
	interface_down(&iface);
	zwg_device_wipe(&device);
	return 0;
}
