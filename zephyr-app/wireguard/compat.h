/* SPDX-License-Identifier: MIT */
/*
 * What differs between the lines of Zephyr, 3.7 to 4.x, and can be asked of the preprocessor; the
 * rest is looked for by zephyr/probe.cmake. Features, never version numbers.
 */
#ifndef ZWG_COMPAT_H
#define ZWG_COMPAT_H

#if __has_include(<zephyr/net_buf.h>)
#include <zephyr/net_buf.h>
#else
#include <zephyr/net/buf.h>
#endif

#include <zephyr/net/net_mgmt.h>
#include <zephyr/net/virtual.h>

/* An event of net_mgmt: 32 bits, later 64. Compare whole events: masks match neighbours in 3.7. */
typedef __typeof__(((struct net_mgmt_event_callback *)0)->event_mask) zwg_mgmt_event;

#ifdef ZWG_VIRTUAL_HAS_VPN
#define ZWG_VIRTUAL_CAPS VIRTUAL_INTERFACE_VPN
#else
/* A bit that no kind of virtual interface of Zephyr 3.7 has. */
#define ZWG_VIRTUAL_CAPS ((enum virtual_interface_caps)BIT(4))
#endif

#endif
