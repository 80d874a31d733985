# SPDX-License-Identifier: MIT
"""The scenarios of the Linux kernel's netns.sh that fit one machine, with wg(8) on zwg-linux."""

from __future__ import annotations

import base64
import shutil
import time

import pytest
from wg_host.keys import PrivateKey

from rig.netns import iperf3, ping, run
from rig.programs import Process, wait_for
from rig.trio import Trio

V4 = ("10.98.0.1", "10.98.0.2")
V6 = ("fd98::1", "fd98::2")


def assert_joined(trio: Trio) -> None:
    """Pings both ways, both families."""
    one, two = trio.machines
    for machine, address in ((one, V4[1]), (one, V6[1]), (two, V4[0]), (two, V6[0])):
        result = ping(machine, address, count=3)
        assert result.lost == 0, result.output


def set_mtu(trio: Trio, mtu: int) -> None:
    for machine, device in zip(trio.machines, (trio.one, trio.two), strict=True):
        machine.ip("link", "set", device.interface, "mtu", str(mtu))


@pytest.mark.parametrize("outer", [4, 6])
@pytest.mark.parametrize("mtu", [1420, 34748])
def test_ping_tcp_udp(trio: Trio, outer: int, mtu: int) -> None:
    """Both inner families over each outer one; 34748 crosses loopback's 65536 in one piece."""
    if shutil.which("iperf3") is None:
        pytest.skip("no iperf3 (Debian: apt install iperf3)")
    trio.meet(outer)
    set_mtu(trio, mtu)
    assert_joined(trio)
    one, two = trio.machines
    for address in (V4[1], V6[1]):
        result = ping(one, address, "-s", str(mtu - 48), "-M", "do", count=3)
        assert result.lost == 0, result.output
        assert iperf3(two, one, address)["end"]["sum_received"]["bytes"] > 1 << 20
        assert iperf3(two, one, address, "-u", "-b", "8M")["end"]["sum"]["bytes"] > 1 << 19
    assert iperf3(two, one, V4[1], "-P", "4")["end"]["sum_received"]["bytes"] > 1 << 20


def test_statistics(trio: Trio) -> None:
    """A ping of 84 bytes is 128 on the wire: 16 of header, 96 padded, 16 of tag. Ten of them, a
    handshake of 148 and 92, and no keepalive: both have said something within its time."""
    trio.meet()
    before = int(time.time())
    result = ping(trio.machines[0], V4[1], count=10)
    assert result.lost == 0
    for device, sent, received in ((trio.one, 148, 92), (trio.two, 92, 148)):
        key, rx, tx = device.show("transfer").split()
        assert (int(rx), int(tx)) == (1280 + received, 1280 + sent), key
        latest = int(device.show("latest-handshakes").split()[1])
        assert before <= latest <= int(time.time())
        assert latest == int(device.show("latest-handshakes").split()[1]), "it does not wander"


@pytest.mark.parametrize("outer", [4, 6])
def test_roaming_to_a_new_port(trio: Trio, outer: int) -> None:
    trio.meet(outer)
    assert_joined(trio)
    trio.one.wg_set("listen-port", "9997")
    assert ping(trio.machines[0], V4[1]).lost == 0
    assert trio.two.show("endpoints").endswith(":9997")
    assert ping(trio.machines[1], V4[0]).lost == 0


def test_roaming_between_outer_families(trio: Trio) -> None:
    trio.meet(4)
    assert_joined(trio)
    trio.one.wg_set("peer", str(trio.two.key.public), "endpoint", "[::1]:2")
    assert ping(trio.machines[0], V4[1]).lost == 0
    assert "[::1]:1" in trio.two.show("endpoints")
    assert_joined(trio)


def test_only_the_sources_of_a_peer_come_in(trio: Trio) -> None:
    """Cryptokey routing: what comes from another address than the peer's is dropped."""
    trio.meet()
    assert_joined(trio)
    one, two = trio.machines
    two.ip("addr", "add", "10.98.0.77/32", "dev", trio.two.interface)
    trio.two.wg_set("peer", str(trio.one.key.public), "allowed-ips", "10.98.0.0/24")
    result = ping(two, V4[0], "-I", "10.98.0.77", "-W", "1", count=2)
    assert result.received == 0
    trio.one.wg_set("peer", str(trio.two.key.public), "allowed-ips", "10.98.0.2/32,10.98.0.77/32")
    assert ping(two, V4[0], "-I", "10.98.0.77").lost == 0
    assert ping(one, V4[1]).lost == 0


def test_a_more_specific_peer_takes_the_traffic(trio: Trio) -> None:
    trio.meet()
    assert_joined(trio)
    other = str(PrivateKey.generate().public)
    trio.one.wg_set("peer", str(trio.two.key.public), "allowed-ips", "10.98.0.0/24")
    assert ping(trio.machines[0], V4[1]).lost == 0
    trio.one.wg_set("peer", other, "allowed-ips", "10.98.0.2/32")
    assert ping(trio.machines[0], V4[1], "-W", "1", count=1).received == 0
    trio.one.wg_set("peer", other, "remove")
    assert ping(trio.machines[0], V4[1]).lost == 0


def test_a_prefix_moves_to_the_peer_that_was_given_it_last(trio: Trio) -> None:
    other = str(PrivateKey.generate().public)
    trio.one.wg_set("peer", other, "allowed-ips", "10.98.0.2/32")
    shown = dict(line.split("\t") for line in trio.one.show("allowed-ips").splitlines())
    assert shown == {str(trio.two.key.public): "fd98::2/128", other: "10.98.0.2/32"}


def test_private_key_change(trio: Trio) -> None:
    """The old key's peer is no longer answered; with the new one all is well again."""
    trio.meet()
    assert_joined(trio)
    new = PrivateKey.generate()
    trio.one.wg_set("private-key", new)
    assert ping(trio.machines[0], V4[1], "-W", "1", count=1).received == 0
    trio.two.wg_set("peer", str(trio.one.key.public), "remove")
    trio.two.wg_set("peer", str(new.public), "preshared-key", trio.psk,
                    "allowed-ips", "10.98.0.1/32,fd98::1/128")  # fmt: skip
    wait_for(
        lambda: ping(trio.machines[0], V4[1], "-W", "1", count=1).received, 20, "a new session"
    )
    assert_joined(trio)


def test_another_preshared_key_does_not_shake_hands(trio: Trio) -> None:
    trio.meet()
    trio.one.wg_set("peer", str(trio.two.key.public), "preshared-key", PrivateKey.generate())
    assert ping(trio.machines[0], V4[1], "-W", "1", count=1).received == 0
    assert trio.one.show("latest-handshakes").split()[1] == "0"


def test_a_peer_with_the_own_key_is_ignored(trio: Trio) -> None:
    """Added, and when the key that is set is that of a peer."""
    peers = trio.one.show("peers")
    trio.one.wg_set("peer", str(trio.one.key.public), "allowed-ips", "10.0.0.0/8")
    assert trio.one.show("peers") == peers
    trio.one.wg_set("private-key", trio.two.key)
    assert trio.one.show("peers") == ""


LOW_ORDER = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)


def test_nothing_is_sent_to_peers_of_low_order(trio: Trio) -> None:
    """RFC 7748 section 6.1: their shared secret is all zeros."""
    for number, key in enumerate(LOW_ORDER):
        answer = trio.one.set(
            "replace_peers=true", f"public_key={key}", "endpoint=127.0.0.1:2",
            "allowed_ip=0.0.0.0/0", "persistent_keepalive_interval=1",
        )  # fmt: skip
        assert answer == "errno=0\n\n", number
        assert ping(trio.machines[0], V4[1], "-W", "1", count=1).received == 0
        assert trio.one.show("transfer").split()[1:] == ["0", "0"], key


def test_a_keepalive_when_the_interface_comes_up(trio: Trio) -> None:
    """Without any packet: the peer that is to be kept alive is called at once."""
    one = trio.machines[0]
    trio.meet()
    one.ip("link", "set", trio.one.interface, "down")
    trio.one.wg_set("peer", str(trio.two.key.public), "persistent-keepalive", "10")
    time.sleep(0.5)
    assert trio.one.show("latest-handshakes").split()[1] == "0"
    one.ip("link", "set", trio.one.interface, "up")
    wait_for(lambda: trio.two.show("transfer").split()[1] != "0", 5, "a keepalive came")


def test_down_ends_the_session_and_closes_the_sockets(trio: Trio) -> None:
    one, two = trio.machines
    trio.meet()
    assert_joined(trio)
    one.ip("link", "set", trio.one.interface, "down")
    wait_for(lambda: ":1 " not in trio.outer.run("ss", "-lun"), 5, "the sockets are closed")
    sent = int(trio.one.show("transfer").split()[2])
    one.ip("link", "set", trio.one.interface, "up")
    one.ip("addr", "replace", f"{V6[0]}/64", "dev", trio.one.interface, "nodad")
    wait_for(lambda: ":1 " in trio.outer.run("ss", "-lun"), 5, "the sockets are open")
    result = ping(one, V4[1], count=1)
    assert result.lost == 0, result.output
    after = int(trio.one.show("transfer").split()[2])
    assert after - sent >= 148 + 128, "a new handshake"
    assert ping(two, V4[0]).lost == 0


def test_a_listen_port_of_0_gets_one_and_keeps_it(trio: Trio) -> None:
    trio.one.wg_set("listen-port", "0")
    port = trio.one.show("listen-port")
    assert port not in ("0", "1") and f":{port} " in trio.outer.run("ss", "-lun")
    trio.machines[0].ip("link", "set", trio.one.interface, "down")
    assert trio.one.show("listen-port") == port


def test_a_routing_loop_comes_to_an_end(trio: Trio) -> None:
    """The tunnel's own endpoint is routed into the tunnel: under 70 kB go round."""
    device = trio.one
    # Back to where its sockets are, so that they can loop at all.
    trio.machines[0].ip("link", "set", device.interface, "netns", trio.outer.name)
    trio.outer.ip("addr", "add", "10.98.0.1/24", "dev", device.interface)
    trio.outer.ip("link", "set", device.interface, "up")
    device.wg_set("peer", str(trio.two.key.public), "endpoint", "10.98.0.2:7",
                  "allowed-ips", "10.98.0.2/32")  # fmt: skip
    wait_for(lambda: ":1 " in trio.outer.run("ss", "-lun"), 5, "it is up again")
    ping(trio.outer, "10.98.0.2", "-W", "1", "-f", count=50)
    assert int(device.show("transfer").split()[2]) < 70000


def test_fwmark_steers_the_outer_packets(trio: Trio) -> None:
    """At run time: marked, they are thrown away by a rule; without the mark they pass."""
    trio.meet()
    assert_joined(trio)
    # Loopback is looked up in the local table, which goes before all rules by itself.
    trio.outer.ip("rule", "add", "lookup", "local", "priority", "2")
    trio.outer.ip("rule", "del", "lookup", "local", "priority", "0")
    trio.outer.ip("rule", "add", "fwmark", "1", "blackhole", "priority", "1")
    assert ping(trio.machines[0], V4[1]).lost == 0
    trio.one.wg_set("fwmark", "1")
    assert trio.one.show("fwmark") == "0x1"
    assert ping(trio.machines[0], V4[1], "-W", "1", count=1).received == 0
    trio.one.wg_set("fwmark", "0")
    assert ping(trio.machines[0], V4[1]).lost == 0


def test_an_endpoint_behind_nat_is_kept_open(trio: Trio) -> None:
    """A keepalive every second against a NAT that forgets after two."""
    if shutil.which("nft") is None:
        pytest.skip("no nft (Debian: apt install nftables)")
    rules = (
        "add table ip nat\n"
        "add chain ip nat out { type nat hook postrouting priority 100; }\n"
        "add rule ip nat out udp sport 1 udp dport 2 masquerade to :12345\n"
    )
    try:
        trio.outer.run("nft", "-f", "-", stdin=rules)
        trio.outer.run("sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=2",
                       "net.netfilter.nf_conntrack_udp_timeout_stream=2")  # fmt: skip
    except AssertionError as error:
        pytest.skip(f"the kernel has no NAT: {str(error).splitlines()[0][:120]}")
    trio.one.wg_set("peer", str(trio.two.key.public), "endpoint", "127.0.0.1:2",
                    "persistent-keepalive", "1")  # fmt: skip
    wait_for(lambda: trio.two.show("endpoints").endswith(":12345"), 5, "seen through NAT")
    time.sleep(4)
    assert ping(trio.machines[1], V4[0], "-W", "1", count=1).lost == 0


def test_a_better_route_takes_the_sticky_source_away(trio: Trio) -> None:
    """Both can reach the other by two wires; the better one comes and goes."""
    outer = trio.outer
    far = trio.machines[1]
    # Two wires from the middle to a machine where the second daemon's peer is reached by an alias.
    for n in (1, 2):
        outer.ip("link", "add", f"v{n}", "type", "veth", "peer", "name", f"w{n}", "netns", far.name)
        outer.ip("addr", "add", f"10.97.{n}.1/24", "dev", f"v{n}")
        far.ip("addr", "add", f"10.97.{n}.2/24", "dev", f"w{n}")
        outer.ip("link", "set", f"v{n}", "up")
        far.ip("link", "set", f"w{n}", "up")
    far.ip("addr", "add", "10.96.0.1/32", "dev", "lo")
    outer.ip("route", "add", "10.96.0.1/32", "via", "10.97.1.2", "metric", "20")
    for path in ("all", "w1", "w2", "default"):
        far.run("sysctl", "-qw", f"net.ipv4.conf.{path}.rp_filter=0")
    # What is said to port 2 over there comes back to the daemon's port 2 in the middle.
    code = (
        "import socket, select\n"
        "out = socket.socket(type=socket.SOCK_DGRAM); out.bind(('10.96.0.1', 2))\n"
        "back = socket.socket(type=socket.SOCK_DGRAM); back.bind(('10.97.1.2', 0))\n"
        "who = None; print(flush=True)\n"
        "while True:\n"
        "    for s in select.select([out, back], [], [])[0]:\n"
        "        data, source = s.recvfrom(65535)\n"
        "        if s is out: who = source; print(source[0], flush=True); "
        "back.sendto(data, ('10.97.1.1', 2))\n"
        "        else: out.sendto(data, who)\n"
    )
    relay = Process(far.command("python3", "-u", "-c", code), trio.one.process.log.parent / "relay")
    assert relay.popen.stdout is not None and relay.popen.stdout.readline()
    seen: list[str] = []

    def sources() -> str:
        """Where the last packet to the relay came from."""
        assert relay.popen.stdout is not None
        line = relay.popen.stdout.readline().strip()
        seen.append(line)
        return line

    try:
        trio.one.wg_set("peer", str(trio.two.key.public), "endpoint", "10.96.0.1:2")
        assert ping(trio.machines[0], V4[1], count=2).lost == 0
        assert sources() == "10.97.1.1"
        outer.ip("route", "add", "10.96.0.1/32", "via", "10.97.2.2", "metric", "10")
        time.sleep(0.2)
        assert ping(trio.machines[0], V4[1], count=2).lost == 0
        wait_for(lambda: sources() == "10.97.2.1", 5, "the better route's address")
    finally:
        relay.kill()


def test_dumps_of_many_prefixes(trio: Trio) -> None:
    """65,536 of one peer, 40 peers with 52 each, and then all but a few are taken away."""
    device = trio.one
    key = str(trio.two.key.public)
    prefixes = [f"10.{n >> 8}.{n & 255}.0/24" for n in range(0x10000)]
    conf = f"[Interface]\nListenPort = 1\n[Peer]\nPublicKey = {key}\nAllowedIPs = "
    device.wg("setconf", "/dev/stdin", stdin=conf + ",".join(prefixes) + "\n")
    assert set(device.show("allowed-ips").split()[1:]) == set(prefixes)
    peers = [str(PrivateKey.generate().public) for _ in range(40)]
    conf = "[Interface]\nListenPort = 1\n" + "".join(
        f"[Peer]\nPublicKey = {peer}\nAllowedIPs = "
        + ",".join(f"10.{p}.{n}.0/24" for n in range(52)) + "\n"
        for p, peer in enumerate(peers)
    )  # fmt: skip
    device.wg("setconf", "/dev/stdin", stdin=conf)
    lines = [line.split() for line in device.show("allowed-ips").splitlines()]
    assert {line[0] for line in lines} == set(peers) and {len(line) for line in lines} == {53}
    # With a minus before it a prefix goes alone; this wg may be older than that.
    removed = [f"allowed_ip=-10.3.{n}.0/24" for n in range(3, 52)]
    public = f"public_key={base64.b64decode(peers[3]).hex()}"
    assert device.set(public, "allowed_ip=-11.0.0.0/8", *removed) == "errno=0\n\n"
    shown = (line.split() for line in device.show("allowed-ips").splitlines())
    left = {peer: prefixes for peer, *prefixes in shown}
    assert set(left[peers[3]]) == {"10.3.0.0/24", "10.3.1.0/24", "10.3.2.0/24"}
    assert sum(map(len, left.values())) == 39 * 52 + 3


def test_a_namespace_goes_with_its_interface(trio: Trio) -> None:
    """Teardown: the namespace is deleted while the tunnel runs; the daemon ends, cleanly."""
    trio.meet()
    assert_joined(trio)
    run("ip", "netns", "del", trio.machines[0].name)
    assert trio.one.process.popen.wait(20) == 0, trio.one.process.errors()
