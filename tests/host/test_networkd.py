# SPDX-License-Identifier: MIT
"""config --format networkd: what wg-quick would do, in systemd-networkd's words, and who reads it.

The last tests have networkd itself read the files, in namespaces of its own.
"""

from __future__ import annotations

import grp
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.cli import in_pipe, invoke, json_end, json_lines
from wg_host import config, networkd
from wg_host.errors import UsageError
from wg_host.keys import PresharedKey, PrivateKey, write_secret

NETWORKD = Path("/lib/systemd/systemd-networkd")
OWN, OTHER = PrivateKey(bytes(range(1, 33))), PrivateKey(bytes(range(2, 34)))
PSK = PresharedKey(bytes(range(7, 39)))


def text(interface: str = "", allowed: str = "10.1.1.50/32, fd00::50/128", more: str = "") -> str:
    return f"""[Interface]
PrivateKey = {OWN.reveal_base64()}
Address = 10.1.1.200/24, fd00::200/64
ListenPort = 51820
{interface}

[Peer]
PublicKey = {OTHER.public}
PresharedKey = {PSK.reveal_base64()}
AllowedIPs = {allowed}
Endpoint = [2001:db8::1]:51820
PersistentKeepalive = 25
{more}
"""


def convert(interface: str = "", allowed: str = "10.1.1.50/32", more: str = "") -> networkd.Files:
    return networkd.convert(config.parse(text(interface, allowed, more)), "wg0")


def sections(file: str) -> list[tuple[str, list[str]]]:
    """The sections of a file: name, lines."""
    parts = [part.splitlines() for part in file.strip().split("\n\n")]
    return [(lines[0], lines[1:]) for lines in parts]


def section(file: str, name: str) -> list[str]:
    """The lines of the only section with this name."""
    (lines,) = (lines for called, lines in sections(file) if called == name)
    return lines


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    write_secret(tmp_path / "home.conf", text("MTU = 1400"))
    return tmp_path / "home.conf"


def test_the_whole_of_both_files() -> None:
    files = networkd.convert(config.parse(text("MTU = 1400")), "wg0")
    assert sections(files.netdev) == [
        ("[NetDev]", ["Name=wg0", "Kind=wireguard", "MTUBytes=1400"]),
        (
            "[WireGuard]",
            [f"PrivateKey={OWN.reveal_base64()}", "ListenPort=51820", "RouteTable=main"],
        ),
        (
            "[WireGuardPeer]",
            [
                f"PublicKey={OTHER.public}",
                f"PresharedKey={PSK.reveal_base64()}",
                "AllowedIPs=10.1.1.50/32",
                "AllowedIPs=fd00::50/128",
                "Endpoint=[2001:db8::1]:51820",
                "PersistentKeepalive=25",
            ],
        ),
    ]
    assert sections(files.network) == [
        ("[Match]", ["Name=wg0"]),
        ("[Network]", ["Address=10.1.1.200/24", "Address=fd00::200/64"]),
    ]
    assert files.remarks == ()


def test_secrets_are_in_the_netdev_alone_and_in_no_repr() -> None:
    files = convert()
    for secret in (OWN.reveal_base64(), PSK.reveal_base64()):
        assert f"Key={secret}\n" in files.netdev
        assert secret not in files.network
        assert secret not in repr(files)


# Marks and tables


@pytest.mark.parametrize(
    ("mark", "written"),
    [("51820", ["51820"]), ("0xca6c", ["51820"]), ("off", []), ("0", [])],
)
def test_fwmark(mark: str, written: list[str]) -> None:
    lines = section(convert(f"FwMark = {mark}").netdev, "[WireGuard]")
    assert [x for x in lines if x.startswith("FirewallMark")] == [
        f"FirewallMark={value}" for value in written
    ]


@pytest.mark.parametrize(
    ("table", "written"),
    [("auto", "main"), ("off", "off"), ("1234", "1234"), ("0x10", "16"), ("local", "local")],
)
def test_table(table: str, written: str) -> None:
    files = convert(f"Table = {table}")
    assert f"RouteTable={written}" in section(files.netdev, "[WireGuard]")
    assert files.netdev.count("RouteTable") == 1
    assert files.remarks == ()


@pytest.mark.parametrize("table", ["0", "4294967296", "-1"])
def test_a_table_that_cannot_be(table: str) -> None:
    with pytest.raises(UsageError, match="expected auto, off, a name, or 1 to 4294967295"):
        convert(f"Table = {table}")


def test_a_table_by_a_name_of_ones_own_is_remarked() -> None:
    files = convert("Table = office")
    assert "RouteTable=office" in section(files.netdev, "[WireGuard]")
    assert any("networkd.conf(5)" in remark for remark in files.remarks)


# Default routes


def rules(files: networkd.Files) -> list[list[str]]:
    return [lines for name, lines in sections(files.network) if name == "[RoutingPolicyRule]"]


@pytest.mark.parametrize(
    ("allowed", "family"),
    [("0.0.0.0/0", "ipv4"), ("::/0", "ipv6"), ("0.0.0.0/0, ::/0", "both")],
)
def test_a_default_route_has_a_mark_a_table_and_rules_as_with_wg_quick(
    allowed: str, family: str
) -> None:
    files = convert(allowed=allowed)
    own = section(files.netdev, "[WireGuard]")
    assert own[-2:] == ["FirewallMark=51820", "RouteTable=main"]
    assert "RouteTable=51820" in section(files.netdev, "[WireGuardPeer]")
    # Networks of main that are narrower than a default route are looked up first.
    main, tunnel = rules(files)
    assert main == [f"Family={family}", "Priority=32764", "Table=main", "SuppressPrefixLength=0"]
    assert tunnel == [
        *(f"Family={family}", "Priority=32765"),
        *("FirewallMark=51820", "InvertRule=yes", "Table=51820"),
    ]
    assert any("firewall" in remark for remark in files.remarks)
    assert any("src_valid_mark" in r for r in files.remarks) is (family != "ipv6")


def test_a_default_route_with_a_mark_of_its_own() -> None:
    files = convert("FwMark = 0x1234", "0.0.0.0/0")
    assert "FirewallMark=4660" in section(files.netdev, "[WireGuard]")
    assert "RouteTable=4660" in section(files.netdev, "[WireGuardPeer]")
    assert rules(files)[1][-3:] == ["FirewallMark=4660", "InvertRule=yes", "Table=4660"]


def test_a_mark_that_is_the_number_of_main_does_not_make_main_the_tunnels_table() -> None:
    files = convert("FwMark = 254", "0.0.0.0/0")
    assert "FirewallMark=254" in section(files.netdev, "[WireGuard]")
    assert "RouteTable=51820" in section(files.netdev, "[WireGuardPeer]")
    assert rules(files)[1][-3:] == ["FirewallMark=254", "InvertRule=yes", "Table=51820"]


def test_narrower_networks_beside_a_default_route_are_in_main() -> None:
    other = PrivateKey(bytes(range(3, 35))).public
    more = f"[Peer]\nPublicKey = {other}\nAllowedIPs = 10.8.0.0/16"
    files = convert(allowed="0.0.0.0/0, 10.7.0.0/16, fd07::/64", more=more)
    peers = [lines for name, lines in sections(files.netdev) if name == "[WireGuardPeer]"]
    assert ["RouteTable=51820" in lines for lines in peers] == [True, False]
    routes = [lines for name, lines in sections(files.network) if name == "[Route]"]
    assert routes == [["Destination=10.7.0.0/16"], ["Destination=fd07::/64"]]


@pytest.mark.parametrize("table", ["off", "1234"])
def test_a_default_route_in_a_table_that_was_named_has_no_rules(table: str) -> None:
    files = convert(f"Table = {table}", "0.0.0.0/0, ::/0, 10.7.0.0/16")
    assert rules(files) == []
    assert "FirewallMark" not in files.netdev
    assert [x for x in files.netdev.splitlines() if "RouteTable" in x] == [f"RouteTable={table}"]
    assert "[Route]" not in files.network
    assert files.remarks == ()


# DNS


def test_dns_servers_and_search_domains() -> None:
    files = convert("DNS = 10.1.1.1, fd00::1,lan\nDNS = home.example")
    assert section(files.network, "[Network]")[-3:] == [
        *("DNS=10.1.1.1", "DNS=fd00::1", "Domains=lan home.example ~."),
    ]


def test_search_domains_without_a_server_attract_no_queries() -> None:
    assert section(convert("DNS = lan").network, "[Network]")[-1] == "Domains=lan"


@pytest.mark.parametrize("value", ["10.1.1", "fd00::x"])
def test_dns_that_is_no_address(value: str) -> None:
    with pytest.raises(UsageError, match=f"DNS: '{value}': expected an address or a domain"):
        convert(f"DNS = {value}")


# What networkd has no words for


def test_hooks_and_saveconfig_are_named() -> None:
    files = convert("PostUp = iptables -A x\nPreDown = true\nPostUp = true\nSaveConfig = true")
    assert files.remarks == (
        "left out: PostUp, PreDown; networkd runs no commands",
        "left out: SaveConfig; networkd does not write its files",
    )
    assert convert("SaveConfig = false").remarks == ()


def test_remarks_are_warnings_on_standard_error(tmp_path: Path) -> None:
    write_secret(tmp_path / "x.conf", text("PostUp = true"))
    args = ("config", "-c", tmp_path / "x.conf", "--format", "networkd", "-o", tmp_path)
    done = in_pipe(*args)
    assert done.returncode == 0
    assert "warning: left out: PostUp; networkd runs no commands\n" in done.stderr
    assert done.stdout == f"{tmp_path}/x.netdev\n{tmp_path}/x.network\n"
    warnings = [x["text"] for x in json_lines(*args, "--force") if x["event"] == "warning"]
    assert "left out: PostUp; networkd runs no commands" in warnings


# The files


def test_both_files_are_written_and_the_folder_is_made(conf: Path, tmp_path: Path) -> None:
    args = ("config", "-c", conf, "--format", "networkd", "-o", tmp_path / "out", "--name", "wg3")
    end = json_end(*args)
    netdev, network = (Path(file) for file in end["result"]["files"])
    assert (netdev, network) == (tmp_path / "out/wg3.netdev", tmp_path / "out/wg3.network")
    files = networkd.convert(config.load(conf), "wg3")
    assert (netdev.read_text(), network.read_text()) == (files.netdev, files.network)
    assert mode(network) == 0o644


def test_their_name_is_the_files(conf: Path, tmp_path: Path) -> None:
    end = json_end("config", "-c", conf, "--format", "networkd", "-o", tmp_path)
    assert Path(end["result"]["files"][0]).name == "home.netdev"


def write(conf: Path, folder: Path) -> tuple[Path, list[str]]:
    paths, remarks = networkd.write(config.load(conf), "wg0", folder, overwrite=False)
    return paths[0], remarks


def test_networkds_group_may_read_the_secrets(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Path, int, int, int]] = []
    monkeypatch.setattr("grp.getgrnam", lambda name: SimpleNamespace(gr_gid=len(name)))
    monkeypatch.setattr(
        "os.chown", lambda path, user, group: given.append((path, user, group, mode(path)))
    )
    path, remarks = write(conf, tmp_path)
    assert given == [(path, -1, len("systemd-network"), 0o600)]
    assert mode(path) == 0o640
    assert remarks == []


def refuse(*unused: object) -> None:
    raise PermissionError


@pytest.mark.parametrize("lacking", ["group", "permission"])
def test_without_the_group_or_root_the_file_is_ours_alone_and_says_what_to_do(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    if lacking == "group":
        monkeypatch.setattr("grp.getgrnam", dict[str, object]().__getitem__)
    else:
        monkeypatch.setattr("grp.getgrnam", lambda name: SimpleNamespace(gr_gid=7))
        monkeypatch.setattr("os.chown", refuse)
    path, remarks = write(conf, tmp_path)
    assert mode(path) == 0o600
    assert len(remarks) == 1
    assert f"chown root:systemd-network {path} && chmod 640 {path}" in remarks[0]


@pytest.mark.parametrize("there", ["wg0.netdev", "wg0.network"])
def test_nothing_is_written_if_either_file_exists(conf: Path, tmp_path: Path, there: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / there).write_text("mine")
    args = ("config", "-c", conf, "--format", "networkd", "--name", "wg0", "-o", tmp_path / "out")
    assert json_end(*args)["error"]["kind"] == "FileExists"
    assert [(p.name, p.read_text()) for p in (tmp_path / "out").iterdir()] == [(there, "mine")]
    assert json_end(*args, "--force")["exit_code"] == 0


def test_a_folder_that_cannot_be(conf: Path, tmp_path: Path) -> None:
    for folder, said in ((conf, "not a directory"), (tmp_path / "a/b", "no such directory")):
        result = invoke("config", "-c", conf, "--format", "networkd", "-o", folder)
        assert result.exit_code == 2
        assert f"{folder}: {said}" in result.stderr


def test_a_name_that_linux_refuses(conf: Path, tmp_path: Path) -> None:
    args = ("config", "-c", conf, "--format", "networkd", "-o", tmp_path)
    result = invoke(*args, "--name", "much-too-long-for-linux")
    assert result.exit_code == 2
    assert "expected 1 to 15" in result.output
    assert invoke(*args, "--name", "a/b").exit_code == 2


# networkd itself


def why_not() -> str:
    if not NETWORKD.exists():
        return f"no {NETWORKD}"
    try:
        grp.getgrnam("systemd-network")
    except KeyError:
        return "no group systemd-network"
    missing = [tool for tool in ("ip", "unshare", "mount") if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "needs root for namespaces"
    if not Path("/dev/net/tun").exists():
        return "no /dev/net/tun"
    return ""


# Waits for a device only until udev has seen it, unless /sys is read-only as in a container.
INSIDE = """
mount --make-rprivate / && mount -t tmpfs none /run && mount --bind /sys /sys || exit 1
mount -o remount,bind,ro /sys || exit 1
mkdir -p /run/systemd/network /run/systemd/netif
chown systemd-network:systemd-network /run/systemd/netif
cp -rp "$1"/wg* /run/systemd/network/
"$2" -c '
import fcntl, struct, time
device = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", b"wg0", 0x1001))
print(flush=True)
time.sleep(60)
' > /run/tun & tun=$!
while ! test -s /run/tun; do sleep 0.01; done
"$3" & networkd=$!
link=/run/systemd/netif/links/$(ip -o link show wg0 | cut -d: -f1)
for try in $(seq 200); do
    grep -qsE "ADMIN_STATE=(configured|unmanaged|failed)" $link && break
    sleep 0.05
done
for family in -4 -6; do ip $family rule; ip $family route show table all dev wg0; done
cat $link
kill $networkd $tun
wait $networkd $tun
"""


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "available")
def test_networkd_does_as_it_is_told(tmp_path: Path) -> None:
    """The .network, with a TUN device for the tunnel, which needs no WireGuard in the kernel."""
    allowed = "0.0.0.0/0, ::/0, 10.7.0.0/16"
    c = config.parse(text("DNS = 10.1.1.1, lan", allowed))
    files = networkd.convert(c, "wg0")
    (tmp_path / "wg0.network").write_text(files.network)
    # As networkd does by itself with an interface of the kind wireguard.
    (tmp_path / "wg0.network.d").mkdir()
    (tmp_path / "wg0.network.d/tun.conf").write_text("[Network]\nLinkLocalAddressing=no\n")
    shown, said = run_networkd(tmp_path)
    assert said == []
    assert "ADMIN_STATE=configured" in shown
    assert shown.count("32764:\tfrom all lookup main suppress_prefixlength 0") == 2
    assert shown.count("32765:\tnot from all fwmark 0xca6c lookup 51820") == 2
    assert "10.7.0.0/16 proto static" in shown
    assert "local 10.1.1.200 table local" in shown
    assert "\nDNS=10.1.1.1\n" in shown
    assert "\nDOMAINS=lan\n" in shown
    assert "\nROUTE_DOMAINS=.\n" in shown


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "available")
def test_networkd_knows_every_key_of_the_netdev(tmp_path: Path) -> None:
    c = config.parse(text("MTU = 1400\nFwMark = 0x1234", "0.0.0.0/0, 10.7.0.0/16"))
    paths, remarks = networkd.write(c, "wgx", tmp_path, overwrite=False)
    assert not any("cannot read" in remark for remark in remarks)
    assert run_networkd(tmp_path)[1] == []
    # The same complains of what networkd does not know, cannot parse, or may not read.
    netdev = paths[0].read_text()
    paths[0].write_text(netdev + "RouteTabel=7\n")
    assert "Unknown key 'RouteTabel'" in "".join(run_networkd(tmp_path)[1])
    paths[0].write_text(netdev.replace("FirewallMark=4660", "FirewallMark=-1"))
    assert "Failed to parse unsigned value, ignoring: -1" in "".join(run_networkd(tmp_path)[1])
    os.chown(paths[0], 0, 0)
    assert "Permission denied" in "".join(run_networkd(tmp_path)[1])


def run_networkd(folder: Path) -> tuple[str, list[str]]:
    """What networkd makes of the files of a folder, and what it complains of in them."""
    done = subprocess.run(
        [
            *("unshare", "--net", "--mount", "sh", "-c", INSIDE, "sh"),
            *(folder, sys.executable, NETWORKD),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "notice", "SYSTEMD_LOG_TARGET": "console"},
    )
    assert "ADMIN_STATE" in done.stdout, done.stderr
    return done.stdout, [x for x in done.stderr.splitlines() if "/systemd/network/" in x]
