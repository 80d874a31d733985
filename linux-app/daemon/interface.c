/* SPDX-License-Identifier: MIT */
/* Port, mark, key, up and down; see interface.h. */
#include "interface.h"

#include <string.h>

#include "crypto/secret.h"
#include "port/clock.h"

void interface_set_private_key(struct interface *iface, const uint8_t key[32])
{
	bool none = zwg_is_zero(key, sizeof(iface->private_key));

	if (zwg_set_private_key(iface->tunnel->device, clock_now(), none ? NULL : key))
		return;
	memcpy(iface->private_key, key, sizeof(iface->private_key));
	if (none)
		return;
	/* RFC 7748 section 5: what wg shows is the scalar that is used. */
	iface->private_key[0] &= 248;
	iface->private_key[31] = (uint8_t)((iface->private_key[31] & 127) | 64);
}

static int open_sockets(struct interface *iface, uint16_t port, uint32_t fwmark)
{
	int err = tunnel_listen(iface->tunnel, NULL, port, fwmark);

	if (err)
		return err;
	iface->listen_port = iface->tunnel->udp.port;
	iface->fwmark = fwmark;
	iface->up = true;
	tunnel_lock(iface->tunnel);
	zwg_device_up(iface->tunnel->device, clock_now());
	tunnel_unlock(iface->tunnel);
	return 0;
}

int interface_listen(struct interface *iface, uint16_t port, uint32_t fwmark)
{
	int err;

	if (iface->wanted_up && (!iface->up || port != iface->listen_port || port == 0))
		return open_sockets(iface, port, fwmark);
	if (iface->up && fwmark != iface->fwmark) {
		err = tunnel_set_fwmark(iface->tunnel, fwmark);
		if (err)
			return err;
	}
	iface->listen_port = port;
	iface->fwmark = fwmark;
	return 0;
}

int interface_up(struct interface *iface)
{
	if (iface->up)
		return 0;
	iface->wanted_up = true;
	return open_sockets(iface, iface->listen_port, iface->fwmark);
}

void interface_down(struct interface *iface)
{
	iface->wanted_up = false;
	if (!iface->up)
		return;
	iface->up = false;
	tunnel_lock(iface->tunnel);
	zwg_device_down(iface->tunnel->device);
	tunnel_unlock(iface->tunnel);
	tunnel_close(iface->tunnel);
}
