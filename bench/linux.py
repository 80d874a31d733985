#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares zwg-linux with wireguard-go: throughput, CPU seconds a gigabyte, resident memory.

Each program stands at both ends of a tunnel between two network namespaces on this machine; iperf3
runs through it. All of one run is measured in turn, `--rounds` times, and the medians are printed
with their ratios: the ratios are what counts, the figures are this machine's. The CPU time is that
of both daemons together (user and system, /proc/PID/stat), a gigabyte is 10^9 bytes of payload.

Needs root, iperf3, iproute2, wireguard-tools and wireguard-go. Example:

    cmake -S linux-app -B build/linux && cmake --build build/linux
    sudo python3 bench/linux.py --program build/linux/zwg-linux

With other versions of wireguard-go, each compared by itself:

    GOBIN=/tmp/newest go install golang.zx2c4.com/wireguard@latest
    sudo python3 bench/linux.py --other wireguard-go --other /tmp/newest/wireguard
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "guide" / "figures-linux.inc"
TAG = f"zb{os.getpid() % 100000}"
PORTS = (51101, 51102)
CASES = {
    "TCP, 1 stream": (),
    "TCP, 4 streams": ("-P", "4"),
    "UDP, 1 stream": ("-u", "-b", "150M", "-l", "1392"),
    "UDP, 4 streams": ("-u", "-b", "37M", "-l", "1392", "-P", "4"),
}


@dataclass(frozen=True)
class Measured:
    """One case of one program."""

    mbit_per_s: float
    cpu_s_per_gb: float
    resident_kb: float


def run(*words: str | Path, stdin: str | None = None) -> str:
    """Runs a command; an error ends the program with what it said."""
    done = subprocess.run(
        [str(word) for word in words],
        input=stdin, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"zwg: {' '.join(map(str, words))}: {done.stderr}{done.stdout}")
    return done.stdout


def inside(end: int, *words: str | Path) -> list[str]:
    """The command in the namespace of an end, 0 or 1."""
    return ["ip", "netns", "exec", f"{TAG}n{end}", *map(str, words)]


def interface(end: int) -> str:
    return f"{TAG}w{end}"


class Tunnel:
    """Two namespaces, a wire, and the same program at both ends."""

    def __init__(self, program: str) -> None:
        for end in (0, 1):
            run("ip", "netns", "add", f"{TAG}n{end}")
        run("ip", "link", "add", "wire", "netns", f"{TAG}n0",
            "type", "veth", "peer", "name", "wire", "netns", f"{TAG}n1")  # fmt: skip
        keys = [run("wg", "genkey").strip() for _ in (0, 1)]
        public = [run("wg", "pubkey", stdin=key).strip() for key in keys]
        self.daemons = []
        for end in (0, 1):
            run(*inside(end, "ip", "addr", "add", f"192.0.2.{end + 1}/24", "dev", "wire"))
            run(*inside(end, "ip", "link", "set", "wire", "up"))
            self.daemons.append(
                subprocess.Popen(
                    inside(end, program, "-f", interface(end)),
                    env={**os.environ, "LOG_LEVEL": "error"},
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
            self._wait_for_socket(end)
            run("wg", "set", interface(end), "listen-port", str(PORTS[end]),
                "private-key", "/dev/stdin", "peer", public[1 - end],
                "allowed-ips", "10.95.0.0/24", "endpoint", f"192.0.2.{2 - end}:{PORTS[1 - end]}",
                stdin=keys[end])  # fmt: skip
            run(*inside(end, "ip", "addr", "add", f"10.95.0.{end + 1}/24", "dev", interface(end)))
            run(*inside(end, "ip", "link", "set", interface(end), "mtu", "1420", "up"))
        run(*inside(0, "ping", "-q", "-c", "1", "-W", "10", "10.95.0.2"))

    def _wait_for_socket(self, end: int) -> None:
        for _ in range(500):
            if Path(f"/var/run/wireguard/{interface(end)}.sock").exists():
                return
            time.sleep(0.02)
        sys.exit(f"zwg: {self.daemons[end].args}: does not start")

    def cpu(self) -> float:
        """CPU seconds of both daemons so far."""
        ticks = 0
        for daemon in self.daemons:
            words = Path(f"/proc/{daemon.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """KiB of the larger daemon."""
        sizes = []
        for daemon in self.daemons:
            status = Path(f"/proc/{daemon.pid}/status").read_text()
            sizes.append(int(status.partition("VmRSS:")[2].split()[0]))
        return float(max(sizes))

    def measure(self, options: tuple[str, ...], seconds: int) -> Measured:
        """One run of iperf3."""
        server = subprocess.Popen(
            inside(1, "iperf3", "-s", "-1", "--forceflush"), stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if "listening" in line:
                    break
            before = self.cpu()
            words = ("iperf3", "-c", "10.95.0.2", "-t", str(seconds), "-J", *options)
            end = json.loads(run(*inside(0, *words)))["end"]
            spent = self.cpu() - before
            server.communicate(timeout=20)
        finally:
            server.kill()
            server.wait()
        received = end.get("sum_received") or end["sum"]
        # What is lost has cost as well, but a gigabyte is one that arrived.
        arrived = received["bytes"] * (1 - received.get("lost_percent", 0) / 100)
        return Measured(
            received["bits_per_second"] * (arrived / max(received["bytes"], 1)) / 1e6,
            spent / (arrived / 1e9),
            self.resident(),
        )

    def remove(self) -> None:
        for daemon in self.daemons:
            daemon.terminate()
            daemon.wait(10)
        for end in (0, 1):
            run("ip", "netns", "del", f"{TAG}n{end}")


def median(results: list[Measured]) -> Measured:
    return Measured(
        *(statistics.median(getattr(r, name) for r in results) for name in asdict(results[0]))
    )


HEADINGS = ("", "Mbit/s", "Mbit/s", "CPU s/GB", "CPU s/GB", "MiB", "MiB",
            "throughput", "per CPU s", "memory")  # fmt: skip
Medians = dict[str, Measured]


def rows(zwg: Medians, other: Medians) -> list[tuple[str, ...]]:
    """A row of text for each case: zwg-linux, the other, three times; then three ratios."""
    table = []
    for case, ours in zwg.items():
        theirs = other[case]
        table.append(
            (
                case,
                f"{ours.mbit_per_s:.0f}", f"{theirs.mbit_per_s:.0f}",
                f"{ours.cpu_s_per_gb:.1f}", f"{theirs.cpu_s_per_gb:.1f}",
                f"{ours.resident_kb / 1024:.1f}", f"{theirs.resident_kb / 1024:.1f}",
                f"{ours.mbit_per_s / theirs.mbit_per_s:.2f}",
                f"{theirs.cpu_s_per_gb / ours.cpu_s_per_gb:.2f}",
                f"{ours.resident_kb / theirs.resident_kb:.3f}",
            )
        )  # fmt: skip
    return table


def text_table(table: list[tuple[str, ...]]) -> str:
    """The rows in aligned columns."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in table
    )


def version(program: str) -> str:
    """What the program calls itself, in one line."""
    return run(program, "--version").splitlines()[0].strip()


def document(tables: dict[str, list[tuple[str, ...]]], command: str) -> str:
    """The part of the documentation that holds the figures; @p tables by the other's version."""
    kernel = os.uname()
    parts = [
        ".. Written by bench/linux.py --update; not by hand.", "",
        "::", "", f"   {command}", "",
        f"On Linux {kernel.release.partition('-')[0]}, {kernel.machine}, "
        f"{os.cpu_count()} processors.",
    ]  # fmt: skip
    for other, table in tables.items():
        title = f"zwg-linux and {other}"
        parts += ["", title, "." * len(title), "", ".. list-table::", "   :header-rows: 1", ""]
        for row in [(HEADINGS[0], "zwg: Mbit/s", "other", "zwg: CPU s/GB", "other", "zwg: MiB",
                     "other", "throughput", "per CPU s", "memory"), *table]:  # fmt: skip
            parts += [f"   {'* -' if i == 0 else '  -'} {cell}".rstrip()
                      for i, cell in enumerate(row)]  # fmt: skip
    return "\n".join(parts) + "\n"


def missing(programs: list[str]) -> str | None:
    """Why it cannot run here; None if it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for name in ("ip", "ping", "iperf3", "wg", *programs):
        if shutil.which(name) is None:
            return f"{name} is not there"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is not there"
    return None


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", type=Path, default=Path("build/linux/zwg-linux"))
    parser.add_argument("--other", action="append", help="may be repeated (wireguard-go)")
    parser.add_argument("--seconds", type=int, default=4, help="of each run of iperf3 (4)")
    parser.add_argument("--rounds", type=int, default=2, help="of all runs (2)")
    parser.add_argument("--json", type=Path, help="write the medians there as well")
    parser.add_argument(
        "--update", action="store_true", help="write the table in docs/ from this run"
    )
    parser.add_argument(
        "--if-possible", action="store_true", help="where it cannot run, say why, and succeed"
    )
    return parser.parse_args()


def main() -> int:
    args = parse()
    others: list[str] = args.other or ["wireguard-go"]
    programs = [str(args.program.absolute()), *others]
    if reason := missing(programs):
        if args.if_possible:
            print(f"bench/linux.py: skipped: {reason}")
            return 0
        sys.exit(f"zwg: {reason}")
    results: dict[str, dict[str, list[Measured]]] = {p: {c: [] for c in CASES} for p in programs}
    for _ in range(args.rounds):
        for program in programs:
            tunnel = Tunnel(program)
            try:
                for case, options in CASES.items():
                    results[program][case].append(tunnel.measure(options, args.seconds))
            finally:
                tunnel.remove()
    medians = {n: {c: median(r) for c, r in by_case.items()} for n, by_case in results.items()}
    tables = {version(o): rows(medians[programs[0]], medians[o]) for o in others}
    for other, table in tables.items():
        print(f"zwg-linux, then {other}; ratios of throughput, throughput per CPU second, memory")
        print(text_table([HEADINGS, *table]), flush=True)
    if args.json:
        plain = {n: {c: asdict(m) for c, m in by.items()} for n, by in medians.items()}
        args.json.write_text(json.dumps(plain, indent=1) + "\n")
    if args.update:
        words = " ".join(f"--other {other}" for other in others)
        DOCUMENT.write_text(document(tables, f"sudo python3 bench/linux.py {words}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
