# SPDX-License-Identifier: MIT
"""Builds the firmware with west, and runs it on the Cortex-M3 that QEMU emulates (mps2-an385)."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wg_host.zephyr import Tree

ROOT = Path(__file__).resolve().parent.parent
EMULATED = "mps2/an385"
EMULATED_ADDRESS = "10.0.2.15"  # What QEMU's user network gives by DHCP;
EMULATED_HOST = "10.0.2.2"  # and how the board sees this machine there.
LISTEN_PORT = 51820
ICOUNT = "shift=3,align=off,sleep=on"
"""QEMU's -icount: 8 ns an instruction, 125 million a second, the nearest to 120 that there is."""
FLASH_ADDRESS, FLASH_SIZE = 0x21000000, 0x40000  # As boards/mps2_an385.overlay has them.


class FirmwareError(Exception):
    """The firmware could not be built or started; the text says why."""


def missing(*programs: str) -> str | None:
    """Why firmware cannot be built, and run if QEMU is among `programs`; None if it can."""
    packages = {
        "arm-none-eabi-gcc": "gcc-arm-none-eabi",
        "qemu-system-arm": "qemu-system-arm",
        "ninja": "ninja-build",
        "dtc": "device-tree-compiler",
    }
    wanted = ["ninja", "dtc", *programs]
    if "ZEPHYR_SDK_INSTALL_DIR" not in os.environ:
        wanted.append("arm-none-eabi-gcc")
    for name in wanted:
        if shutil.which(name) is None:
            return f"no {name} (Debian: apt install {packages.get(name, name)})"
    return None


def environment(tree: Tree) -> dict[str, str]:
    """The environment for west: this Zephyr, and Debian's compiler if nothing else is named."""
    env = {**os.environ, "ZEPHYR_BASE": str(tree.base)}
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc and "ZEPHYR_TOOLCHAIN_VARIANT" not in env and "ZEPHYR_SDK_INSTALL_DIR" not in env:
        env["ZEPHYR_TOOLCHAIN_VARIANT"] = "gnuarmemb"
        env["GNUARMEMB_TOOLCHAIN_PATH"] = str(Path(gcc).parent.parent)
    return env


@dataclass(frozen=True)
class Image:
    """A built firmware: the ELF file, what the build said, and what the one said that linked it."""

    elf: Path
    output: str
    linked: str

    @property
    def used(self) -> dict[str, int]:
        """Bytes used of each memory region, as the linker counts them."""
        units = {"B": 1, "KB": 1024, "MB": 1024 * 1024}
        rows = re.findall(r"^\s*(\w+):\s+(\d+) ([KM]?B)\s+\d+ [KMG]?B", self.linked, re.MULTILINE)
        return {region: int(number) * units[unit] for region, number, unit in rows}

    @property
    def warnings(self) -> list[str]:
        """Compiler and CMake warnings that name a file of ours."""
        found = re.findall(r"^.*\bwarning: .*$", self.output, re.MULTILINE)
        ours = re.compile(rf"{re.escape(str(ROOT))}/(?!build)")
        return [line for line in found if ours.search(line)]


def build(
    tree: Tree, board: str, directory: Path, *options: str, source: Path = ROOT, jobs: int = 2
) -> Image:
    """Builds the application for a board; `options` go to CMake. What is unchanged since an earlier
    build in `directory` is not compiled again, and gives no warnings again."""
    command = [sys.executable, "-m", "west", "build", "--pristine=auto", "--board", board]
    command += ["--build-dir", str(directory), f"--build-opt=-j{jobs}", str(source)]
    command += ["--", *options] if options else []
    done = subprocess.run(
        command,
        cwd=tree.base.parent,
        env=environment(tree),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FirmwareError(f"{' '.join(command)}:\n{done.stdout[-6000:]}")
    log = directory / "linked.log"
    if "Memory region" in done.stdout:
        log.write_text(done.stdout)
    # The linker of native_sim, which has no memory regions, says nothing.
    linked = log.read_text() if log.exists() else ""
    return Image(directory / "zephyr" / "zephyr.elf", done.stdout, linked)


class Emulator:
    """A running board. `nic` is QEMU's -nic; `prefix` runs it elsewhere, as `ip netns exec`.

    The console is a pseudo-terminal. The clock of the emulated machine is this machine's, and an
    instruction takes no fixed time (on a busy machine the clock even stands still until QEMU comes
    to serve its timer), unless `icount` is given, QEMU's -icount. The flash is empty, or what
    save_flash() kept of another board.
    """

    def __init__(
        self,
        elf: Path,
        log: Path,
        nic: str,
        prefix: Sequence[str] = (),
        flash: Path | None = None,
        icount: str = "",
    ) -> None:
        self.log = log
        self._command = [*prefix, "qemu-system-arm", "-machine", "mps2-an385", "-display", "none"]
        # The ELF file has an empty segment over the flash; the binary has none.
        kernel = elf.with_suffix(".bin") if flash else elf
        self._command += ["-monitor", "stdio", "-serial", "pty", "-nic", nic]
        self._command += ["-kernel", str(kernel)]
        self._command += ["-icount", icount] if icount else []
        if flash:
            loaded = f"loader,file={flash},addr={FLASH_ADDRESS:#x},force-raw=on"
            self._command += ["-device", loaded]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                bufsize=1,
            )
        assert self._process.stdout is not None
        self.console = self._find_console(self._process.stdout.fileno())

    def _find_console(self, output: int, seconds: float = 20.0) -> str:
        deadline = time.monotonic() + seconds
        said = b""
        while (left := deadline - time.monotonic()) > 0 and select.select([output], [], [], left)[
            0
        ]:
            if not (more := os.read(output, 4096)):
                break
            said += more
            if found := re.search(rb"redirected to (/dev/\S+)\s", said):
                return found[1].decode()
        self.stop()
        raise FirmwareError(f"QEMU did not start: {self.log.read_text()}")

    def monitor(self, command: str) -> None:
        """A command for QEMU's monitor; what it answers is not read."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")

    def reset(self) -> None:
        """The board's reset button: memory stays as it is, everything starts again."""
        self.monitor("system_reset")

    def save_flash(self, path: Path) -> None:
        """Writes what is in the board's flash to a file."""
        assert self._process.stdin is not None
        self._process.stdin.write(f'pmemsave {FLASH_ADDRESS:#x} {FLASH_SIZE:#x} "{path}"\n')
        deadline = time.monotonic() + 10
        while not path.exists() or path.stat().st_size < FLASH_SIZE:
            if time.monotonic() > deadline:
                raise FirmwareError(f"QEMU did not write {path}: {self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Switches it off."""
        self._process.terminate()
        self._process.communicate(timeout=10)


def user_network(udp_port: int) -> str:
    """A network that needs no privileges: 127.0.0.1:udp_port is the board's WireGuard port."""
    forward = f"hostfwd=udp:127.0.0.1:{udp_port}-{EMULATED_ADDRESS}:{LISTEN_PORT}"
    return f"user,model=lan9118,{forward}"
