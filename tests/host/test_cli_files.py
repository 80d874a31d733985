# SPDX-License-Identifier: MIT
"""keygen, config, qr: what they write, print and refuse, in a pipe and on a terminal."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import segno

from fakes.cli import in_pipe, invoke, json_end, on_terminal
from wg_host import config
from wg_host.config import dump
from wg_host.keys import PresharedKey, PrivateKey, write_secret

TEXT = """[Interface]
PrivateKey = {private}
Address = 10.1.1.200/24, fd00::200/64
ListenPort = 51820
MTU = 1400

[Peer]
PublicKey = {public}
PresharedKey = {psk}
AllowedIPs = 10.1.1.50/32, fd00::50/128
Endpoint = [2001:db8::1]:51820
PersistentKeepalive = 25
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    text = TEXT.format(
        private=PrivateKey.generate().reveal_base64(),
        public=PrivateKey.generate().public,
        psk=PresharedKey.generate().reveal_base64(),
    )
    write_secret(tmp_path / "home.conf", text)
    return tmp_path / "home.conf"


def secrets(path: Path) -> list[str]:
    c = config.load(path)
    psk = c.peers[0].preshared_key
    assert psk is not None
    return [c.interface.private_key.reveal_base64(), psk.reveal_base64()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# keygen


def test_keygen_writes_the_private_and_prints_the_public_key(tmp_path: Path) -> None:
    done = in_pipe("keygen", tmp_path / "k")
    private = PrivateKey.from_file(tmp_path / "k")
    assert done.returncode == 0
    assert done.stdout == f"{private.public}\n"
    assert mode(tmp_path / "k") == 0o600
    assert private.reveal_base64() not in done.stdout + done.stderr


def test_keygen_does_not_overwrite_unless_forced(tmp_path: Path) -> None:
    invoke("keygen", tmp_path / "k")
    before = (tmp_path / "k").read_text()
    refused = invoke("keygen", tmp_path / "k")
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert "--force" in refused.stderr
    assert (tmp_path / "k").read_text() == before
    assert invoke("keygen", tmp_path / "k", "--force").exit_code == 0
    assert (tmp_path / "k").read_text() != before


def test_keygen_psk(tmp_path: Path) -> None:
    result = invoke("keygen", "--psk", tmp_path / "p")
    assert result.exit_code == 0
    assert result.stdout == ""
    PresharedKey.from_file(tmp_path / "p")
    assert mode(tmp_path / "p") == 0o600


def test_keygen_to_stdout_only_when_asked() -> None:
    result = invoke("keygen", "--stdout")
    PrivateKey.parse(result.stdout)
    assert result.exit_code == 0


@pytest.mark.parametrize("args", [(), ("x", "--stdout")])
def test_keygen_wants_a_file_or_stdout(args: tuple[str, ...]) -> None:
    result = invoke("keygen", *args)
    assert result.exit_code == 2
    assert "FILE or --stdout" in result.stderr


def test_keygen_json(tmp_path: Path) -> None:
    end = json_end("keygen", tmp_path / "k")
    private = PrivateKey.from_file(tmp_path / "k")
    assert end["result"] == {
        "file": str(tmp_path / "k"),
        "kind": "private key",
        "public_key": str(private.public),
    }
    assert json_end("keygen", tmp_path / "k")["error"]["kind"] == "FileExists"
    assert json_end("keygen", "--stdout", "--psk")["result"]["kind"] == "preshared key"


# config


def test_config_checks_a_file(conf: Path) -> None:
    result = invoke("config", "-c", conf)
    assert result.exit_code == 0
    assert "correct, 1 peer(s)" in result.stdout
    assert str(config.load(conf).interface.private_key.public) in result.stdout
    assert not any(secret in result.output for secret in secrets(conf))


def test_config_names_the_line_of_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_text("[Interface]\nAdress = 10.0.0.1\n")
    end = json_end("config", "-c", tmp_path / "x.conf")
    assert end["exit_code"] == 2
    assert f"{tmp_path}/x.conf:2: Adress: unknown" in end["error"]["message"]


def test_config_wg_quick_is_what_wg_takes(conf: Path, tmp_path: Path) -> None:
    end = json_end("config", "-c", conf, "--format", "wg-quick", "-o", tmp_path / "wg7.conf")
    assert end["result"]["files"] == [str(tmp_path / "wg7.conf")]
    assert mode(tmp_path / "wg7.conf") == 0o600
    assert config.load(tmp_path / "wg7.conf") == config.load(conf)
    if shutil.which("wg-quick") is None:
        pytest.skip("wg-quick is not installed; the file was compared by our own parser")
    strip = subprocess.run(
        ["wg-quick", "strip", str(tmp_path / "wg7.conf")],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert "ListenPort = 51820" in strip.stdout


def test_config_does_not_print_secrets(conf: Path) -> None:
    for form in ("wg-quick", "networkd"):
        result = invoke("config", "-c", conf, "--format", form)
        assert result.exit_code == 2
        assert "expected --output" in result.stderr


def test_config_does_not_overwrite_unless_forced(conf: Path, tmp_path: Path) -> None:
    args = ("config", "-c", conf, "--format", "wg-quick", "-o", tmp_path / "o")
    assert invoke(*args).exit_code == 0
    assert invoke(*args).exit_code == 2
    assert invoke(*args, "--force").exit_code == 0


@pytest.mark.parametrize(
    "args", [("config",), ("config", "--format=wg-quick", "-o=o"), ("qr",)], ids=" ".join
)
def test_an_exposed_file_is_warned_of(conf: Path, args: tuple[str, ...], tmp_path: Path) -> None:
    words = [word.replace("-o=o", f"-o{tmp_path}/o") for word in args]
    words += [str(conf)] if args[0] == "qr" else ["-c", str(conf)]
    assert invoke(*words).stderr == ""
    (tmp_path / "o").unlink(missing_ok=True)
    conf.chmod(0o644)
    result = invoke(*words)
    assert result.exit_code == 0
    said = f"{conf} holds a private key and can be read by others; chmod 600 {conf}"
    assert result.stderr == f"warning: {said}\n"
    assert "warning" not in result.stdout


# qr


def decode_terminal(drawn: str) -> list[list[bool]]:
    """The dark modules of a QR code drawn with half blocks that stand for light ones."""
    rows: list[list[bool]] = []
    for line in drawn.splitlines():
        rows.append([c not in "█▀" for c in line])
        rows.append([c not in "█▄" for c in line])
    return rows


@pytest.mark.parametrize("command", ["qr", "config"])
def test_qr_is_drawn_for_a_terminal(conf: Path, command: str) -> None:
    args = ("qr", conf) if command == "qr" else ("config", "-c", conf, "--format", "qr")
    code, shown = on_terminal(*args, COLUMNS="200")
    assert code == 0
    assert max(shown.count(c) for c in "█▀▄") > 100


def test_qr_holds_the_wg_quick_text(conf: Path) -> None:
    result = invoke("qr", conf)
    lines = [line for line in result.stdout.splitlines() if line]
    expected = segno.make(dump(config.load(conf)), error="l", micro=False)
    size = int(expected.symbol_size(border=4)[0])
    assert {len(line) for line in lines} == {size}
    dark = [[bool(m) for m in row] for row in expected.matrix_iter(border=4)]
    assert decode_terminal("\n".join(lines))[:size] == dark


def test_qr_to_a_file(conf: Path, tmp_path: Path) -> None:
    end = json_end("qr", conf, "-o", tmp_path / "q.svg")
    assert end["result"]["files"] == [str(tmp_path / "q.svg")]
    assert (tmp_path / "q.svg").read_text().startswith("<svg")
    assert mode(tmp_path / "q.svg") == 0o600
    assert json_end("qr", conf, "-o", tmp_path / "q.svg")["error"]["kind"] == "FileExists"
    assert json_end("qr", conf, "-o", tmp_path / "q.png")["exit_code"] == 2


@pytest.mark.parametrize("command", ["qr", "config"])
def test_qr_json_delivers_the_code(conf: Path, command: str) -> None:
    args = ("qr", conf) if command == "qr" else ("config", "-c", conf, "--format", "qr")
    code = json_end(*args)["result"]["code"]
    assert code["text"] == dump(config.load(conf))
    expected = segno.make(code["text"], error="l", micro=False)
    dark = [[bool(module) for module in row] for row in expected.matrix]
    assert [[module == "1" for module in row] for row in code["modules"]] == dark


@pytest.mark.parametrize("command", ["qr", "config"])
def test_json_of_a_file_holds_no_secret(conf: Path, tmp_path: Path, command: str) -> None:
    args = ("qr", conf) if command == "qr" else ("config", "-c", conf, "--format", "qr")
    result = invoke(*args, "-o", tmp_path / "q.svg", "--json")
    assert result.exit_code == 0
    assert not any(secret in result.output for secret in secrets(conf))


def test_qr_of_more_than_a_code_holds(conf: Path) -> None:
    addresses = ", ".join(f"10.{n // 256}.{n % 256}.0/24" for n in range(300))
    with conf.open("a") as f:
        f.write(f"AllowedIPs = {addresses}\n")
    result = invoke("qr", conf)
    assert result.exit_code == 2
    assert "does not fit into a QR code" in result.stderr


def test_qr_of_a_missing_file() -> None:
    assert invoke("qr", "/no/such/file").exit_code == 2
