# SPDX-License-Identifier: MIT
"""The scenarios of netns.sh with a router in between, and those of one tunnel inside another.

What became of each scenario of the Linux kernel's netns.sh:

ping, TCP, UDP, in parallel, two MTUs  test_uapi_netns: test_ping_tcp_udp
counters, time of the last handshake   test_uapi_netns: test_statistics
padding and the route's MTU            test_padding_stays_within_the_mtu, for the interface's MTU.
                                       With a route of a smaller one the kernel pads up to that;
                                       a TUN device does not say by which route a packet came
roaming, IPv4 and IPv6                 test_uapi_netns: test_roaming_*; test_linux_roaming
cryptokey routing of what comes in     test_uapi_netns: test_only_the_sources_of_a_peer_come_in,
                                       test_a_more_specific_peer_takes_the_traffic
change of private keys                 test_uapi_netns: test_private_key_change
WireGuard in WireGuard                 test_wireguard_in_wireguard
a loop over two namespaces             test_two_tunnels_in_each_other_stay_within_their_memory; the
                                       kernel's own result is a warning on most architectures
a routing loop of one interface        test_uapi_netns: test_a_routing_loop_comes_to_an_end
NAT with keepalives                    test_nat, test_uapi_netns: test_an_endpoint_behind_nat_...
a bound socket, and a mark             test_a_socket_bound_to_the_tunnel; outer packets by mark:
                                       test_uapi_netns: test_fwmark_steers_the_outer_packets
an onion, and one that loops           test_an_onion_and_its_loop
the default route by policy            test_wg_quick: test_the_default_route_by_policy;
                                       test_linux_life: test_default_routes_go_by_policy_...
an ICMP error through NAT              test_an_icmp_error_goes_back_through_nat; the kernel's comes
                                       from the router's address, a TUN device cannot lend that
sticky source: address taken away      test_linux_roaming: test_it_moves_and_its_peer_follows,
                                       test_it_answers_from_the_address_that_was_called
sticky source: reply to sender         test_linux_roaming: the same
sticky source: foreign interface       test_linux_roaming: test_it_answers_from_an_address_of_...
sticky source: a better route          test_uapi_netns: test_a_better_route_takes_the_...
keepalive when the interface comes up  test_uapi_netns: test_a_keepalive_when_...;
                                       test_a_keepalive_when_the_key_comes_last
dumps of many prefixes                 test_uapi_netns: test_dumps_of_many_prefixes;
                                       test_dumps_of_many_peers_and_of_197_prefixes
no such interface                      test_wg_says_that_there_is_no_such_interface
keys: get, set, clear, clamp           test_uapi_wg; test_uapi: test_the_private_key_is_clamped
a peer with the own key                test_uapi_netns: test_a_peer_with_the_own_key_is_ignored
peer keys of low order                 test_uapi_netns: test_nothing_is_sent_to_peers_of_low_order
a namespace that goes                  test_uapi_netns: test_a_namespace_goes_with_its_interface
interfaces in each other's namespace   does not apply: what keeps a namespace alive is a kernel
                                       socket; here it is a process, which can be seen and ended
objects created and destroyed          does not apply to a process; LeakSanitizer looks at its
                                       memory when it ends, in every test
"""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wg_host.keys import PrivateKey

from rig.needs import missing
from rig.netns import Wire, iperf3, ping, run
from rig.programs import wait_for
from rig.routed import Routed
from rig.trio import Trio
from rig.uapi import Device

V4 = ("10.98.0.1", "10.98.0.2")
V6 = ("fd98::1", "fd98::2")
IN_V4 = ("10.97.0.1", "10.97.0.2")
IN_V6 = ("fd97::1", "fd97::2")


@pytest.fixture
def routed(wire: Wire, tmp_path: Path) -> Iterator[Routed]:
    if reason := missing("wg"):
        pytest.skip(reason)
    routed = Routed(wire, tmp_path)
    yield routed
    routed.remove()


def resident(device: Device) -> int:
    """KiB."""
    status = Path(f"/proc/{device.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def processor_seconds(device: Device) -> float:
    words = Path(f"/proc/{device.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def sent(device: Device, key: str) -> int:
    lines = (line.split() for line in device.show("transfer").splitlines())
    return next(int(tx) for peer, _, tx in lines if peer == key)


@pytest.mark.parametrize(
    ("size", "padded"), [(1200, 1200), (1279, 1280), (1285, 1296), (1297, 1300), (1300, 1300)]
)
def test_padding_stays_within_the_mtu(trio: Trio, size: int, padded: int) -> None:
    """To a multiple of 16, but not past the MTU of 1300: of 1297 bytes 1300 are sent, not 1312."""
    trio.meet()
    for machine, device in zip(trio.machines, (trio.one, trio.two), strict=True):
        machine.ip("link", "set", device.interface, "mtu", "1300")
    assert ping(trio.machines[0], V4[1], count=1).lost == 0
    before = sent(trio.one, str(trio.two.key.public))
    assert ping(trio.machines[0], V4[1], "-M", "do", "-s", str(size - 28), count=1).lost == 0
    assert sent(trio.one, str(trio.two.key.public)) - before == padded + 32


def nest(trio: Trio) -> tuple[Device, Device]:
    """A second tunnel, whose sockets reach each other through the first; with sessions."""
    inner = []
    for n, machine in enumerate(trio.machines):
        device = Device(machine, f"{trio.outer.name}i{n}", trio.one.process.log.parent)
        inner.append(device)
        machine.ip("addr", "add", f"{IN_V4[n]}/24", "dev", device.interface)
        machine.ip("addr", "add", f"{IN_V6[n]}/64", "dev", device.interface, "nodad")
        machine.ip("link", "set", device.interface, "mtu", "1340", "up")
    one, two = inner
    for n, (device, peer) in enumerate(((one, two), (two, one))):
        device.wg_set("private-key", device.key, "listen-port", "5", "peer", str(peer.key.public),
                      "allowed-ips", f"{IN_V4[1 - n]}/32,{IN_V6[1 - n]}/128",
                      "endpoint", f"[{V6[1 - n]}]:5")  # fmt: skip
    return one, two


def test_wireguard_in_wireguard(trio: Trio) -> None:
    if shutil.which("iperf3") is None:
        pytest.skip("no iperf3 (Debian: apt install iperf3)")
    trio.meet()
    inner = nest(trio)
    one, two = trio.machines
    for outer, within in ((V4[1], IN_V4[1]), (V6[1], IN_V6[1])):
        assert ping(one, outer).lost == 0
        result = ping(one, within, "-s", "1292", "-M", "do")
        assert result.lost == 0, result.output
        assert iperf3(two, one, within)["end"]["sum_received"]["bytes"] > 1 << 20
        assert iperf3(two, one, within, "-u", "-b", "8M")["end"]["sum"]["bytes"] > 1 << 19
    assert sent(inner[0], str(inner[1].key.public)) > 1 << 20
    for device in inner:
        device.stop()


def test_two_tunnels_in_each_other_stay_within_their_memory(trio: Trio) -> None:
    """Each carries the other's packets, for good: no packet shows that it has been here before. It
    ends with the sessions; until then no daemon grows, and each still does as it is told."""
    trio.meet()
    inner = nest(trio)
    one, outer = trio.machines[0], trio.outer
    assert ping(one, IN_V4[1]).lost == 0
    one.ip("link", "set", inner[0].interface, "netns", outer.name)
    outer.ip("addr", "add", f"{IN_V4[0]}/24", "dev", inner[0].interface)
    outer.ip("link", "set", inner[0].interface, "up")
    assert ping(outer, IN_V4[1], count=2).lost == 0
    before = [resident(device) for device in (trio.one, inner[0])]
    trio.one.wg_set("peer", str(trio.two.key.public), "endpoint", f"{IN_V4[1]}:7")
    ping(outer, IN_V4[1], "-W", "1", count=5)
    time.sleep(1)
    # A megabyte, for pages that full queues touch for the first time; twenty under a sanitizer.
    for device, kib in zip((trio.one, inner[0]), before, strict=True):
        assert resident(device) - kib < 20 << 10
    trio.one.wg_set("peer", str(trio.two.key.public), "remove")
    wait_for(lambda: quiet(inner[0]), 10, "the loop is cut")
    for device in inner:
        device.stop()


def quiet(device: Device) -> bool:
    """It does nothing for half a second."""
    before = processor_seconds(device)
    time.sleep(0.5)
    return processor_seconds(device) - before < 0.05


def test_nat(routed: Routed) -> None:
    """The router forgets after two seconds; a keepalive a second reminds it."""
    routed.nat()
    one, two = routed.machines
    routed.outer.run("sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=2",
                     "net.netfilter.nf_conntrack_udp_timeout_stream=2")  # fmt: skip
    routed.one.wg_set("peer", str(routed.two.key.public), "persistent-keepalive", "1")
    assert ping(one, V4[1], count=1).lost == 0
    assert ping(two, V4[0], count=1).lost == 0
    assert "10.0.0.1:" in routed.two.show("endpoints")
    time.sleep(4)
    assert ping(two, V4[0], "-W", "1", count=1).lost == 0


def test_a_socket_bound_to_the_tunnel(routed: Routed) -> None:
    """SO_BINDTODEVICE inside, also where a mark makes the kernel route the packet once more."""
    one = routed.machines[0]
    assert ping(one, V4[1], "-I", routed.one.interface, count=2).lost == 0
    routed.nft(one, "add table inet again",
               "add chain inet again out { type route hook output priority -150; }",
               "add rule inet again out meta mark set 1")  # fmt: skip
    assert ping(one, V4[1], count=2).lost == 0
    assert ping(one, V4[1], "-I", routed.one.interface, count=2).lost == 0


def test_an_onion_and_its_loop(routed: Routed) -> None:
    """A peer that is reached through another peer of the same interface; then through itself, with
    a session that would carry its own packets round and round."""
    one, two = routed.machines
    third = routed.device(1)
    key = str(third.key.public)
    third.wg_set("private-key", third.key, "listen-port", "5",
                 "peer", str(routed.one.key.public), "allowed-ips", f"{IN_V4[0]}/32")  # fmt: skip
    routed.up(1, third, f"{IN_V4[1]}/24")
    routed.one.wg_set("peer", key, "allowed-ips", f"{IN_V4[1]}/32", "endpoint", f"{V4[1]}:5")
    one.ip("addr", "add", f"{IN_V4[0]}/24", "dev", routed.one.interface)
    assert ping(one, IN_V4[1], count=3).lost == 0
    two.ip("link", "set", third.interface, "down")
    before, spent = sent(routed.one, key), processor_seconds(routed.one)
    routed.one.wg_set("peer", key, "endpoint", f"{IN_V4[1]}:5")
    for size in ("56", "1392", "4000"):
        assert ping(one, IN_V4[1], "-W", "1", "-s", size, count=3).received == 0
    assert sent(routed.one, key) - before < 70000
    assert quiet(routed.one), processor_seconds(routed.one) - spent
    assert ping(one, V4[1], count=2).lost == 0, "the other peer is as before"


def test_an_icmp_error_goes_back_through_nat(routed: Routed) -> None:
    """The router pings through "two", which hides it behind its own address inside the tunnel, and
    learns that nobody is there any more."""
    two, outer = routed.machines[1], routed.outer
    routed.nft(
        two,
        "add table ip nat",
        "add chain ip nat out { type nat hook postrouting priority 100; }",
        f"add rule ip nat out ip saddr 10.0.0.0/24 ip daddr 10.98.0.0/24 snat to {V4[1]}",
    )
    two.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    outer.ip("route", "add", f"{V4[0]}/32", "via", "10.0.0.100")
    assert ping(routed.machines[0], V4[1], count=1).lost == 0
    assert ping(outer, V4[0], count=1).lost == 0
    routed.two.wg_set("peer", str(routed.one.key.public), "remove")
    result = ping(outer, V4[0], "-W", "1", count=1)
    assert "Destination Host Unreachable" in result.output, result.output


def test_a_keepalive_when_the_key_comes_last(trio: Trio) -> None:
    """Up, with a peer to be kept alive, but no key: silent until it has one."""
    device, key = trio.one, str(trio.two.key.public)
    trio.meet()
    device.wg_set("private-key", PrivateKey.generate())
    device.wg("set", "private-key", "/dev/null")
    before = sent(device, key)
    device.wg_set("peer", key, "persistent-keepalive", "1")
    time.sleep(1.5)
    assert sent(device, key) == before
    device.wg_set("private-key", device.key)
    wait_for(lambda: sent(device, key) > before, 5, "it calls")


def test_dumps_of_many_peers_and_of_197_prefixes(trio: Trio) -> None:
    """Sizes at which the kernel's answer is split; here one answer holds them."""
    device, listen = trio.one, "[Interface]\nListenPort = 1\n"
    keys = [str(PrivateKey.generate().public) for _ in range(30)]
    conf = listen + "".join(f"[Peer]\nPublicKey = {key}\n" for key in keys)
    conf += "AllowedIPs = 255.2.3.4/32, abcd::255/128\n"
    device.wg("setconf", "/dev/stdin", stdin=conf)
    shown = device.wg("showconf")
    assert shown.count("[Peer]") == 30
    assert device.show("allowed-ips").splitlines().count(f"{keys[-1]}\t255.2.3.4/32 abcd::255/128")
    first, second = keys[:2]
    device.wg("setconf", "/dev/stdin", stdin=f"{listen}[Peer]\nPublicKey = {first}\n")
    many = [f"abcd::{n}/128" for n in range(1, 198)]
    device.wg_set("peer", second, "allowed-ips", ",".join(many))
    lists = dict(line.split("\t") for line in device.show("allowed-ips").splitlines())
    assert lists[first] == "(none)" and set(lists[second].split()) == set(many)
    # Both families, and six taken away again, each by itself: 388 are left.
    device.wg_set("peer", second, "allowed-ips",
                  ",".join([f"192.168.0.{n}/32" for n in range(1, 198)] + many))  # fmt: skip
    gone = {f"{base}{n}" for base in ("192.168.0.", "abcd::") for n in (1, 20, 100)}
    words = [f"allowed_ip=-{one}/{128 if ':' in one else 32}" for one in gone]
    public = base64.b64decode(second).hex()
    assert device.set(f"public_key={public}", *words) == "errno=0\n\n"
    lists = dict(line.split("\t") for line in device.show("allowed-ips").splitlines())
    left = {prefix.partition("/")[0] for prefix in lists[second].split()}
    assert len(left) == 388 and not left & gone


def test_wg_says_that_there_is_no_such_interface(trio: Trio) -> None:
    with pytest.raises(AssertionError, match="Unable to access interface"):
        run("wg", "show", f"{trio.one.interface}x")
