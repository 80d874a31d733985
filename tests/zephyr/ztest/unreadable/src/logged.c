/* SPDX-License-Identifier: MIT */
/* A backend of Zephyr's log that keeps what it gets; see logged.h. */
#include <string.h>

#include <zephyr/logging/log_backend.h>
#include <zephyr/logging/log_output.h>
#include <zephyr/sys/util.h>

#include "logged.h"

static char text[4096];
static size_t text_len;
static uint8_t chunk[64];

static int keep(uint8_t *data, size_t len, void *ctx)
{
	size_t take = MIN(len, sizeof(text) - 1 - text_len);

	ARG_UNUSED(ctx);
	memcpy(text + text_len, data, take);
	text_len += take;
	return (int)len;
}

LOG_OUTPUT_DEFINE(output, keep, chunk, sizeof(chunk));

static void process(const struct log_backend *const backend, union log_msg_generic *msg)
{
	ARG_UNUSED(backend);
	log_format_func_t_get(LOG_OUTPUT_TEXT)(&output, &msg->log, LOG_OUTPUT_FLAG_LEVEL);
}

static void panic(const struct log_backend *const backend)
{
	ARG_UNUSED(backend);
}

static const struct log_backend_api api = {.process = process, .panic = panic};

LOG_BACKEND_DEFINE(keeper, api, true);

const char *logged(void)
{
	return text;
}
