# SPDX-License-Identifier: MIT
"""The Linux kernel's own WireGuard, in a guest made of the machine's Debian packages.

The guest has one network card, whose other end is a TAP device in a namespace, and a shell on its
serial port. It holds any number of WireGuard interfaces, each a peer of its own.
"""

from __future__ import annotations

import re
import select
import shutil
import subprocess
import threading
import time
from pathlib import Path

from live.initramfs import Archive, add_modules
from live.netns import Namespace
from live.programs import guarded, missing

HOST_V4, GUEST_V4 = "10.99.0.1", "10.99.0.2"
HOST_V6, GUEST_V6 = "fd99::1", "fd99::2"
PROGRAMS = ("busybox", "wg", "qemu-system-x86_64", "setpriv")
DONE = re.compile(rb"@done (\d+)\r?\n")
INIT = """#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
echo 0 > /proc/sys/kernel/printk
{modules}
echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
ip link set lo up
ip link set eth0 up
ip address add {v4}/24 dev eth0
ip address add {v6}/64 dev eth0
stty raw -echo
echo @done 0
cat | sh 2>&1
"""


def kernel() -> tuple[Path, Path] | None:
    """A kernel image and its modules, WireGuard among them."""
    for image in sorted(Path("/boot").glob("vmlinuz-*"), reverse=True):
        modules = Path("/lib/modules") / image.name.removeprefix("vmlinuz-")
        if list(modules.glob("kernel/drivers/net/wireguard/wireguard.ko*")):
            return image, modules
    return None


def lacks() -> list[str]:
    """What a guest needs and the machine does not have."""
    names = missing(*PROGRAMS)
    if kernel() is None:
        names.append("a kernel in /boot with WireGuard in /lib/modules (linux-image-amd64)")
    return names


class Guest:
    """One guest for all tests of a session; get() starts it."""

    _one: Guest | None = None
    _starting = threading.Lock()

    @classmethod
    def get(cls, directory: Path) -> Guest:
        """The guest, which the first caller starts in its directory."""
        with cls._starting:
            if cls._one is None:
                cls._one = cls(directory)
            return cls._one

    def __init__(self, directory: Path) -> None:
        self.ns = Namespace()
        self.ns.ip("tuntap", "add", "tap0", "mode", "tap")
        self.ns.ip("address", "add", f"{HOST_V4}/24", "dev", "tap0")
        self.ns.ip("address", "add", f"{HOST_V6}/64", "dev", "tap0", "nodad")
        self.ns.ip("link", "set", "tap0", "up")
        self._lock = threading.Lock()
        self._ready = threading.Event()
        # The program dies with the thread that started it, so that thread stays.
        threading.Thread(target=self._keep, args=(directory,), daemon=True).start()
        assert self._ready.wait(30), "qemu did not start"
        with self._lock:
            self._answer("the guest's start", 180)

    def _keep(self, directory: Path) -> None:
        found = kernel()
        assert found is not None
        image, modules = found
        initrd = directory / "initramfs"
        archive = Archive()
        for name in ("busybox", "wg"):
            at = shutil.which(name)
            assert at is not None
            archive.program(Path(at).resolve(), f"bin/{name}")
        archive.link("bin/sh", "busybox")
        order = add_modules(archive, modules, ("virtio_pci", "virtio_net", "wireguard"))
        lines = "\n".join(f"insmod /modules/{name}" for name in order)
        archive.add("init", INIT.format(modules=lines, v4=GUEST_V4, v6=GUEST_V6).encode())
        for empty in ("proc", "sys", "dev"):
            archive.add(f"{empty}/.keep", b"")
        archive.write(initrd)
        command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "384"]
        command += ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
        command += ["-kernel", str(image), "-initrd", str(initrd), "-serial", "stdio"]
        command += ["-append", "console=ttyS0 quiet panic=-1 no_timer_check"]
        command += ["-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no"]
        command += ["-device", "virtio-net-pci,netdev=net"]
        with self.ns.entered(), (directory / "qemu.log").open("wb") as log:
            self._qemu = subprocess.Popen(
                guarded(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
            )
        self._ready.set()
        self._qemu.wait()

    def run(self, command: str, seconds: float = 60.0) -> str:
        """A command of the guest's shell; it must succeed. What it printed."""
        with self._lock:
            assert self._qemu.stdin is not None
            self._qemu.stdin.write(f"{{ {command}\n}}; echo @done $?\n".encode())
            return self._answer(command, seconds)

    def _answer(self, to: str, seconds: float) -> str:
        assert self._qemu.stdin is not None and self._qemu.stdout is not None
        heard = b""
        deadline = time.monotonic() + seconds
        while (done := DONE.search(heard)) is None:
            assert time.monotonic() < deadline, f"{to}: {heard!r}"
            if not select.select([self._qemu.stdout], [], [], 0.2)[0]:
                # The emulated port can leave its input lying until more of it comes.
                self._qemu.stdin.write(b"\n")
                continue
            more = self._qemu.stdout.read(4096)
            assert more, f"the guest ended: {heard!r}"
            heard += more
        text = heard[: done.start()].decode(errors="replace")
        assert done[1] == b"0", f"{to}: {text}"
        return text
