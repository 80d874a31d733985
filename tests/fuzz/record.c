/* SPDX-License-Identifier: MIT */
/*
 * Settings as they are read from flash: any bytes are a valid configuration or an error. If the
 * first byte of the input is odd, length and CRC are made good first. What decodes encodes to the
 * same bytes, and can be put into a device.
 */
#include <errno.h>

#include "board/conf.h"
#include "board/crc32.h"
#include "board/record.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "fuzz.h"

static void mend(uint8_t *bytes, size_t len)
{
	if (len >= 12) {
		memcpy(bytes, "ZWG\x01", 4);
		zwg_put_le32(bytes + 4, (uint32_t)len);
		zwg_put_le32(bytes + len - 4, zwg_crc32(0, bytes, len - 4));
	}
}

static void wake_at(void *ctx, zwg_time when)
{
	(void)ctx, (void)when;
}

/* A keepalive may want to be sent and jobs made, but the device stays down. */
static void jobs_pending(void *ctx)
{
	(void)ctx;
}

static const struct zwg_port port = {.wake_at = wake_at, .jobs_pending = jobs_pending};

static void apply(const struct zwg_conf *conf)
{
	struct zwg_device *dev = calloc(1, sizeof(*dev));
	struct zwg_conf down = *conf;

	down.enabled = false;
	zwg_device_init(dev, &port, NULL);
	INVARIANT(zwg_conf_apply(dev, 1000, NULL, &down, NULL, NULL) == 0);
	INVARIANT(dev->peers_used == conf->peer_count);
	INVARIANT(zwg_conf_apply(dev, 1000, &down, &down, NULL, NULL) == 0);
	zwg_device_wipe(dev);
	free(dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	bool mended = input_u8(&in) & 1;
	size_t len;
	uint8_t *bytes = input_rest(&in, &len);
	struct zwg_conf conf;
	struct zwg_conf_fault fault;
	uint64_t mark;
	int err;

	if (mended) {
		mend(bytes, len);
	}
	memset(&conf, 0xaa, sizeof(conf));
	err = zwg_record_decode(&conf, bytes, len);
	if (err == 0) {
		uint8_t *again = malloc(ZWG_RECORD_MAX);

		INVARIANT(zwg_conf_validate(&conf, &fault) == 0);
		INVARIANT(zwg_record_encode(&conf, again, ZWG_RECORD_MAX) == (int)len);
		INVARIANT(memcmp(again, bytes, len) == 0);
		INVARIANT(zwg_record_encode(&conf, again, len - 1) == -ENOSPC);
		free(again);
		apply(&conf);
	} else {
		INVARIANT(err == -EBADMSG || err == -ENOTSUP || err == -ENOSPC || err == -EINVAL);
		INVARIANT(!conf.has_private_key && conf.peer_count == 0 &&
			  zwg_is_zero(conf.private_key, sizeof(conf.private_key)));
	}
	err = zwg_mark_decode(&mark, bytes, len);
	if (err == 0) {
		uint8_t again[ZWG_MARK_LEN];

		zwg_mark_encode(mark, again);
		INVARIANT(len == sizeof(again) && memcmp(again, bytes, len) == 0);
	}
	free(bytes);
	return 0;
}
