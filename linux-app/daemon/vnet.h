/* SPDX-License-Identifier: MIT */
/*
 * The header that a TUN device with IFF_VNET_HDR puts before each packet: struct virtio_net_hdr in
 * the machine's byte order (Virtio 1.2 section 5.1.6; the kernel's tuntap.rst). What came into it
 * after the headers of older systems has its numbers here.
 */
#ifndef ZWG_DAEMON_VNET_H
#define ZWG_DAEMON_VNET_H

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

/* UDP segmentation: Linux 6.2. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#endif
#ifndef TUN_F_USO6
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#endif
