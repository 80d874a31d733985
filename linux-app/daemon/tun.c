/* SPDX-License-Identifier: MIT */
/* The TUN device; see tun.h and the kernel's Documentation/networking/tuntap.rst. */
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netlink.h"
#include "port/packets.h"

static int set_default_mtu(const struct tun *tun)
{
	struct netlink nl;
	int err = netlink_open(&nl);

	if (err)
		return err;
	err = netlink_set_mtu(&nl, tun->index, TUN_DEFAULT_MTU);
	netlink_close(&nl);
	return err;
}

int tun_open(struct tun *tun, const char *name)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL)};
	int err = 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	tun->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun->fd < 0)
		return -errno;
	if (ioctl(tun->fd, TUNSETIFF, &request) < 0)
		err = -errno;
	if (!err) {
		snprintf(tun->name, sizeof(tun->name), "%s", request.ifr_name);
		tun->index = if_nametoindex(tun->name);
		err = tun->index == 0 ? -errno : set_default_mtu(tun);
	}
	if (err)
		tun_close(tun);
	return err;
}

void tun_close(struct tun *tun)
{
	if (tun->fd >= 0)
		close(tun->fd);
	tun->fd = -1;
}

int tun_read(const struct tun *tun, struct zwg_packet *pkt)
{
	struct iovec iov[PACKET_MAX_SEGS];
	ssize_t n;

	do {
		n = readv(tun->fd, iov, (int)packet_iov(pkt, iov));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	pkt->len = (size_t)n;
	return 0;
}

int tun_write(const struct tun *tun, const struct zwg_packet *pkt)
{
	struct iovec iov[PACKET_MAX_SEGS];
	ssize_t n;

	do {
		n = writev(tun->fd, iov, (int)packet_iov(pkt, iov));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
