# SPDX-License-Identifier: MIT
"""The documentation builds without a warning, and its generated parts are complete."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from wg_host.cli import COMMANDS, main

import c_api
import commands
import kconfig
from pages import ROOT


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("no Sphinx (pip install -r docs/requirements.txt)")
    out = tmp_path_factory.mktemp("docs")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"),
            *("-d", str(out / "cache"), str(ROOT / "docs"), str(out / "html")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


def plain(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text())


def test_documentation_builds_without_warnings(html: Path) -> None:
    assert (html / "index.html").is_file()


def headers() -> list[Path]:
    named = re.findall(r"zwg-c-api:: (\S+)", (ROOT / "docs/reference/c-api.rst").read_text())
    return [ROOT / name for name in named]


def test_every_public_header_is_in_the_reference() -> None:
    public = {*(ROOT / "core/include/zwg").glob("*.h")} - {ROOT / "core/include/zwg/state.h"}
    public |= {ROOT / "zephyr-app/wireguard/include/zwg/zephyr.h"}
    assert public <= set(headers())


def test_every_function_of_a_header_is_in_the_reference(html: Path) -> None:
    """Counted by another way than the generator's: every name that is followed by a parenthesis
    at the level of the file."""
    page = plain(html / "reference/c-api.html")
    missing = []
    for header in headers():
        source = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        names = re.findall(r"^\w[^\n;{}=]*?\b(zwg_\w+)\([^;{]*[;{]?$", source, re.M)
        missing += [f"{header.name}: {name}" for name in names if f"{name}(" not in page]
    assert not missing


def test_every_option_is_in_the_reference(html: Path) -> None:
    page = plain(html / "reference/kconfig.html")
    for file in ("zephyr/Kconfig", "zephyr-app/src/Kconfig"):
        names = re.findall(r"^(?:menu)?config (ZWG\w*)", (ROOT / file).read_text(), re.M)
        assert len(names) > 5
        assert [name for name in names if f"CONFIG_{name}" not in page] == []


def test_every_command_is_in_the_reference(html: Path) -> None:
    page = plain(html / "reference/wg-host.html")
    for name in COMMANDS:
        assert f"wg-host {name}" in page
    options = [
        opt
        for _, command in commands.click_commands(main)
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for opt in parameter.opts
    ]
    assert [opt for opt in options if opt not in page] == []


def test_every_console_command_is_in_the_reference(html: Path) -> None:
    page = plain(html / "reference/shell.html")
    table = (ROOT / "board/console.c").read_text()
    names = re.findall(r"zwg_command_(\w+)\}", table)
    assert len(names) > 10
    assert [name for name in names if f"wg {name}" not in page] == []
    assert "wg port" in page


def test_every_page_of_help_is_in_the_reference(html: Path) -> None:
    page = plain(html / "reference/programs.html")
    assert "Usage: zwg-linux" in page
    assert "Usage: zwg-sim" in page


def test_every_key_of_the_cross_platform_interface_is_in_the_reference(html: Path) -> None:
    """Those that the standard names (https://www.wireguard.com/xplatform/)."""
    keys = """private_key listen_port fwmark replace_peers public_key remove update_only
        preshared_key endpoint persistent_keepalive_interval replace_allowed_ips allowed_ip
        protocol_version rx_bytes tx_bytes last_handshake_time_sec last_handshake_time_nsec"""
    page = plain(html / "reference/uapi.html").split()
    assert [key for key in keys.split() if key not in page] == []


# The generators themselves


def test_c_declarations_are_read() -> None:
    source = """\
/* SPDX-License-Identifier: MIT */
/* What it is. */
#define ZWG_A 3 /**< Three. */

/** Adds @a n to *p, see zwg_sub(). */
int zwg_add(int n,
            int *p);
int zwg_undocumented(void);

/** A pair. */
struct zwg_pair {
    /** Called with @a ctx. */
    int (*call)(void *ctx, int n);
    int b; /**< The second. */
};

/** Which. */
enum zwg_which {
    ZWG_ONE, /**< The first. */
    ZWG_TWO
};
"""
    entries = list(c_api.entries(source))
    assert [(e.kind, e.declaration) for e in entries] == [
        ("text", "What it is."),
        ("macro", "ZWG_A"),
        ("function", "int zwg_add(int n, int *p)"),
        ("function", "int zwg_undocumented(void)"),
        ("struct", "zwg_pair"),
        ("enum", "zwg_which"),
    ]
    assert entries[1].doc == "Three."
    assert [(m.declaration, m.doc) for m in entries[4].members] == [
        ("int (*call)(void *ctx, int n)", "Called with @a ctx."),
        ("int b", "The second."),
    ]
    assert [(m.declaration, m.doc) for m in entries[5].members] == [
        ("ZWG_ONE", "The first."),
        ("ZWG_TWO", ""),
    ]
    text = "\n".join(c_api.document(source))
    assert "Adds *n*\\  to \\*p, see :c:func:`zwg_sub`." in text


def test_kconfig_is_read() -> None:
    source = """\
menuconfig ZWG
    bool "Interface"
    depends on NET_UDP
    depends on NET_IPV4 || NET_IPV6
    select NET_MGMT
    help
      Two lines
      of help.

choice ZWG_CRYPTO
    prompt "Ciphers"
    default ZWG_C

config ZWG_C
    bool "Portable C"

endchoice

config ZWG_N
    int "Number"
    default 4 if ARM
    default 8
    range 1 9
"""
    found = {option.name: option for option in kconfig.options(source)}
    assert list(found) == ["ZWG", "ZWG_CRYPTO", "ZWG_C", "ZWG_N"]
    assert found["ZWG"].help == "Two lines\nof help."
    assert found["ZWG"].depends == ["NET_UDP", "NET_IPV4 || NET_IPV6"]
    assert "   Depends on ``NET_UDP && (NET_IPV4 || NET_IPV6)``." in kconfig.document(source)
    assert found["ZWG"].selects == ["NET_MGMT"]
    assert found["ZWG_C"].choice == "ZWG_CRYPTO"
    assert found["ZWG_N"].defaults == ["4 if ARM", "8"]
    assert found["ZWG_N"].range == "1 9"
