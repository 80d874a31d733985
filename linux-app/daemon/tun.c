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

static bool has_vnet(int fd)
{
	unsigned int features;

	return ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0;
}

/* From all that there is to nothing, as far as the kernel goes along. */
static void offload(struct tun *tun)
{
	const unsigned int tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	const unsigned int udp = TUN_F_USO4 | TUN_F_USO6;

	tun->udp = tun->vnet && ioctl(tun->fd, TUNSETOFFLOAD, tcp | udp) == 0;
	tun->tcp = tun->udp || (tun->vnet && ioctl(tun->fd, TUNSETOFFLOAD, tcp) == 0);
}

int tun_open(struct tun *tun, const char *name)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL)};
	int err = 0;

	*tun = (struct tun){.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
	if (tun->fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	tun->vnet = has_vnet(tun->fd);
	if (tun->vnet)
		request.ifr_flags = (short)(request.ifr_flags | IFF_VNET_HDR);
	if (ioctl(tun->fd, TUNSETIFF, &request) < 0)
		err = -errno;
	if (!err) {
		offload(tun);
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

int tun_read(const struct tun *tun, struct virtio_net_hdr *header, uint8_t *packet, size_t *len)
{
	struct iovec iov[] = {
		{.iov_base = header, .iov_len = tun->vnet ? sizeof(*header) : 0},
		{.iov_base = packet, .iov_len = TUN_LARGEST},
	};
	ssize_t n;

	*header = (struct virtio_net_hdr){0};
	do {
		n = readv(tun->fd, iov, 2);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < iov[0].iov_len)
		return -EIO;
	*len = (size_t)n - iov[0].iov_len;
	return 0;
}

int tun_write(const struct tun *tun, const struct iovec *iov, size_t count)
{
	size_t without = tun->vnet ? 0 : 1;
	ssize_t n;

	do {
		n = writev(tun->fd, iov + without, (int)(count - without));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
