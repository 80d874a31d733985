# SPDX-License-Identifier: MIT
# What differs between the lines of Zephyr and cannot be asked of the preprocessor. Features are
# looked for, never version numbers. The rest is in zephyr-app/wireguard/compat.h.
set(ZWG_PROBE_DEFINITIONS)

# net_ipv4_input() and net_ipv6_input() lose their second argument, is_loopback, in some version.
file(STRINGS ${ZEPHYR_BASE}/subsys/net/ip/net_private.h zwg_probe
     REGEX "net_ipv4_input\\(struct net_pkt \\*pkt, *bool")
if(zwg_probe)
  list(APPEND ZWG_PROBE_DEFINITIONS ZWG_IP_INPUT_HAS_LOOPBACK)
endif()

# The enumerator by which an interface says that it is a VPN.
file(STRINGS ${ZEPHYR_BASE}/include/zephyr/net/virtual.h zwg_probe REGEX "VIRTUAL_INTERFACE_VPN")
if(zwg_probe)
  list(APPEND ZWG_PROBE_DEFINITIONS ZWG_VIRTUAL_HAS_VPN)
endif()
