/* SPDX-License-Identifier: MIT */
/*
 * A board without storage: nothing outlives a restart, the private key neither. Time stamps may
 * start anew with every key that is made here; a key that is set from outside must not be used
 * twice.
 */
#include <errno.h>

#include "tunnel.h"

int zwg_store_start(void)
{
	return 0;
}

int zwg_load(struct zwg_tunnel *tunnel, struct zwg_conf *conf)
{
	ARG_UNUSED(tunnel);
	ARG_UNUSED(conf);
	return -ENOENT;
}

int zwg_save(void *ctx, const struct zwg_conf *conf)
{
	ARG_UNUSED(ctx);
	ARG_UNUSED(conf);
	return 0;
}

int zwg_store_load_mark(void *ctx, uint64_t *mark)
{
	ARG_UNUSED(ctx);
	ARG_UNUSED(mark);
	return -ENOENT;
}

int zwg_store_save_mark(void *ctx, uint64_t mark)
{
	ARG_UNUSED(ctx);
	ARG_UNUSED(mark);
	return 0;
}
