/* SPDX-License-Identifier: MIT */
/* A board without a resolver: the console refuses names, so there is never one to look up. */
#include "tunnel.h"

void zwg_resolve_note(void *ctx, const uint8_t public_key[32], const struct zwg_host_port *name)
{
	ARG_UNUSED(ctx);
	ARG_UNUSED(public_key);
	ARG_UNUSED(name);
}

void zwg_resolve_again(struct zwg_tunnel *tunnel, const uint8_t public_key[32])
{
	ARG_UNUSED(tunnel);
	ARG_UNUSED(public_key);
}

void zwg_resolve_run(struct zwg_tunnel *tunnel)
{
	ARG_UNUSED(tunnel);
}

zwg_time zwg_resolve_due(void)
{
	return ZWG_NEVER;
}
