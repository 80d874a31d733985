# SPDX-License-Identifier: MIT
"""Programs under test: where they are, and what it means that one ended well."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SANITIZER = (
    "ERROR: AddressSanitizer",
    "ERROR: LeakSanitizer",
    "WARNING: ThreadSanitizer",
    "runtime error:",
)


def build_directory() -> Path:
    """Where the programs are: $ZWG_BUILD, or build/linux of the repository."""
    return Path(os.environ.get("ZWG_BUILD", ROOT / "build" / "linux"))


def program(name: str) -> Path:
    """The path of a program under test."""
    return build_directory() / name


def thread_sanitized(directory: Path) -> Path | str:
    """zwg-linux built with ThreadSanitizer, beside the other programs; or why it cannot be had."""
    if (cmake := shutil.which("cmake")) is None:
        return "no cmake"
    probe = directory / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    compile_probe = ["cc", "-fsanitize=thread", "-o", str(directory / "probe"), str(probe)]
    if subprocess.run(compile_probe, capture_output=True, check=False).returncode != 0:
        return "the compiler has no ThreadSanitizer"
    # It ends at once where the kernel places a program's memory too much at random for it.
    ran = subprocess.run([directory / "probe"], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        return f"ThreadSanitizer does not run on this machine: {ran.stderr.strip()}"
    build = build_directory().with_name("linux-tsan")
    for words in (
        [cmake, "-S", str(ROOT / "linux-app"), "-B", str(build), "-DZWG_SANITIZE_THREAD=ON"],
        [cmake, "--build", str(build), "--parallel", "2", "--target", "zwg-linux"],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return build / "zwg-linux"


def wait_for(true: Callable[[], object], seconds: float, what: str) -> None:
    """Polls until it is true; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)


def find_daemon(word: str | Path) -> int | None:
    """The zwg-linux that has @p word, an interface or a file, in its command."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(word).encode() in words and words[0].endswith(b"zwg-linux"):
                return int(entry.name)
    return None


class Process:
    """A program in the background, its standard error in a file."""

    def __init__(self, command: Sequence[str | Path], log: Path, **env: str) -> None:
        self.command = [str(word) for word in command]
        self.log = log
        with log.open("ab") as stderr:
            self.popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **env},
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def errors(self) -> str:
        """What it has written to standard error."""
        return self.log.read_text(errors="replace")

    def running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """As a power failure: SIGKILL, at once."""
        self.popen.kill()
        self._reap()

    def stop(self, seconds: float = 10.0) -> int:
        """SIGTERM; the exit status, which is negative for a signal."""
        if self.running():
            self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.command[0]} did not end on SIGTERM") from None
        self._reap()
        return self.popen.returncode

    def _reap(self) -> None:
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()

    def assert_clean(self) -> None:
        """No sanitizer has complained."""
        text = self.errors()
        assert not any(word in text for word in SANITIZER), text
