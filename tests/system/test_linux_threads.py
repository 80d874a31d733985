# SPDX-License-Identifier: MIT
"""wireguard-go's TestUpDown and TestConcurrencySafety: all that can happen at once, at once."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from wg_host.keys import PresharedKey, PrivateKey

from rig.netns import Machine, Ping, ping
from rig.programs import wait_for
from rig.trio import Trio
from rig.uapi import Device, fields, hex_key

# TestUpDown has ten pairs of devices, and fifty rounds for each.
ROUNDS = 500
# Seconds, of each pause at most.
PAUSE = 0.002
INITIATION_BYTES = 148
# Seconds in which races are looked for, and how many of them nobody goes down.
WATCHED, STEADY = 10.0, 4.0

Going = Callable[[], bool]


def together(*jobs: Callable[[], None]) -> None:
    """Runs them at once; raises the first of their failures."""
    failures: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def times(number: int) -> Going:
    """True so many times."""
    left = iter(range(number))
    return lambda: next(left, None) is not None


def devices(trio: Trio) -> tuple[Device, Device]:
    return trio.one, trio.two


def files_and_threads(device: Device) -> tuple[int, int]:
    """How many the daemon has."""
    process = Path(f"/proc/{device.process.pid}")
    return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))


def has(device: Device, files_threads: tuple[int, int]) -> bool:
    return files_and_threads(device) == files_threads


def sent(device: Device) -> int:
    """Bytes to its peer."""
    return int(fields(device.get(), "tx_bytes")[0])


def joined(trio: Trio) -> bool:
    """In IPv4: an interface that goes down loses its IPv6 addresses."""
    return ping(trio.machines[0], "10.98.0.2", count=1).lost == 0


def call_when_up(trio: Trio) -> None:
    """A keepalive every second: who comes up calls the other."""
    for device, other in (devices(trio), devices(trio)[::-1]):
        device.wg_set("peer", str(other.key.public), "persistent-keepalive", "1")
    trio.meet()


def up_and_down(machine: Machine, interface: str, pause: float, going: Going) -> None:
    """As fast as ip(8) does it; at the end it is up."""
    words = ["ip", "-n", machine.name, "-batch", "-"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ip:
        assert ip.stdin is not None and ip.stderr is not None
        while going():
            for state in ("down", "up"):
                ip.stdin.write(f"link set dev {interface} {state}\n")
                ip.stdin.flush()
                time.sleep(random.uniform(0, pause))
        ip.stdin.close()
        assert ip.wait(30) == 0, ip.stderr.read()


def test_up_and_down(trio: Trio) -> None:
    """Both ends at once. That an interface comes up shows in its calling the peer, which the next
    down may overtake, but not often."""
    call_when_up(trio)
    assert joined(trio)
    before = [(files_and_threads(device), sent(device)) for device in devices(trio)]
    together(
        *(
            partial(up_and_down, machine, device.interface, PAUSE, times(ROUNDS))
            for machine, device in zip(trio.machines, devices(trio), strict=True)
        )
    )
    wait_for(lambda: joined(trio), 20, "the tunnel carries packets again")
    for device, (had, had_sent) in zip(devices(trio), before, strict=True):
        assert sent(device) - had_sent > ROUNDS // 2 * INITIATION_BYTES
        wait_for(partial(has, device, had), 5, f"it has {had} files and threads, and no more")


# What is done to a daemon while it carries packets. Each goes on until it is told to end.


def get_all(device: Device, going: Going) -> None:
    while going():
        assert "errno=0" in device.get()


def set_all(device: Device, other: Device, psk: PresharedKey, going: Going) -> None:
    """What can be set of an interface and its peer without an end to their session."""
    port = int(fields(device.get(), "listen_port")[0])
    for number in count():
        if number % 2 == 0 and not going():
            return
        answer = device.set(
            f"private_key={hex_key(device.key)}",
            f"listen_port={port + (number + 1) % 2 * 10}",
            f"fwmark={number % 2}",
            f"public_key={other.key.public.raw.hex()}",
            "update_only=true",
            f"preshared_key={hex_key(psk)}",
            f"persistent_keepalive_interval={1 + number % 2}",
            "allowed_ip=10.96.0.0/16",
        )
        assert answer == "errno=0\n\n"
        time.sleep(0.05)


def come_and_go(device: Device, going: Going) -> None:
    """Peers that are called as soon as they are there, so that handshakes are computed."""
    while going():
        keys = [PrivateKey.generate().public.raw.hex() for _ in range(20)]
        for number, key in enumerate(keys):
            answer = device.set(
                f"public_key={key}",
                f"preshared_key={hex_key(PresharedKey.generate())}",
                f"endpoint=127.0.0.1:{20000 + number}",
                f"allowed_ip=10.97.0.{number}/32",
                "persistent_keepalive_interval=1",
            )
            assert answer == "errno=0\n\n"
        for key in keys:
            assert device.set(f"public_key={key}", "remove=true") == "errno=0\n\n"


def carry(machine: Machine, address: str) -> None:
    """Large packets one after the other, each as soon as the last was answered."""
    words = ["ping", "-n", "-f", "-s", "1300", "-w", str(int(WATCHED)), address]
    result = Ping(machine.run(*words, check=False))
    assert result.received > 50, result.output


def test_no_race_between_threads(watched_trio: Trio) -> None:
    """Both daemons under ThreadSanitizer, which ends them with an error if it has seen a race:
    packets both ways, while each is asked, told, given peers to call, and taken down and up."""
    trio = watched_trio
    call_when_up(trio)
    assert joined(trio)
    end = time.monotonic() + WATCHED

    def going() -> bool:
        return time.monotonic() < end

    def later() -> None:
        time.sleep(STEADY)
        up_and_down(trio.machines[1], trio.two.interface, 0.1, going)

    together(
        partial(carry, trio.machines[0], "10.98.0.2"),
        partial(carry, trio.machines[1], "10.98.0.1"),
        *(partial(get_all, device, going) for device in devices(trio)),
        *(partial(come_and_go, device, going) for device in devices(trio)),
        partial(set_all, trio.one, trio.two, trio.psk, going),
        later,
    )
    # Whoever moved without a session is found again.
    trio.meet()
    wait_for(lambda: joined(trio), 20, "the tunnel carries packets again")
    for device in devices(trio):
        device.stop()
