#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the fuzz targets with clang and runs them one after the other, each for so many seconds.

A target starts from tests/fuzz/corpus and keeps what it finds in the build directory, so that the
next run goes on from there. `--merge` writes back to the tree the smallest set of inputs that
covers as much, within a limit of bytes for each target. The exit status is 1 if any target found
something.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Two programs, one format of input: the corpus bears the name of the source.
SHARED = {"receive_real": "receive", "steps_real": "steps"}
MAX_LEN = {"receive": 1024, "receive_real": 1024, "console": 2048, "wgquick": 1024, "steps": 512}


def corpus_of(target: str) -> Path:
    """Where the inputs of a target are in the tree."""
    return HERE / "corpus" / SHARED.get(target, target)


def build(directory: Path, jobs: int) -> list[str]:
    """Builds all targets; their names."""
    quiet = {"stdout": subprocess.DEVNULL}
    subprocess.run(
        ["cmake", "-S", HERE, "-B", directory, "-DCMAKE_C_COMPILER=clang"], check=True, **quiet
    )
    subprocess.run(["cmake", "--build", directory, "--parallel", str(jobs)], check=True, **quiet)
    names = re.findall(r"^zwg_fuzz\((\w+)", (HERE / "CMakeLists.txt").read_text(), re.MULTILINE)
    return [name for name in names if name != "target"]


def run(target: str, directory: Path, seconds: int) -> bool:
    """Runs one target; True if it found nothing. Prints libFuzzer's own last words."""
    work = directory / "found" / SHARED.get(target, target)
    work.mkdir(parents=True, exist_ok=True)
    artifacts = directory / "failures"
    artifacts.mkdir(exist_ok=True)
    command = [
        directory / f"fuzz_{target}",
        f"-max_total_time={seconds}",
        f"-max_len={MAX_LEN.get(target, 4096)}",
        f"-artifact_prefix={artifacts}/{target}-",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        work,
        corpus_of(target),
    ]
    log = directory / f"{target}.log"
    with log.open("w") as out:
        done = subprocess.run(
            [str(word) for word in command], stdout=out, stderr=subprocess.STDOUT, check=False
        )
    text = log.read_text(errors="replace")
    executed = re.search(r"number_of_executed_units: (\d+)", text)
    covered = re.findall(r"cov: (\d+)", text)
    print(
        f"{'ok' if done.returncode == 0 else 'FAILED':7} {target:14} {seconds} s,"
        f" {executed[1] if executed else '?'} inputs, {covered[-1] if covered else '?'} edges",
        flush=True,
    )
    if done.returncode:
        print(f"        see {log} and {artifacts}", flush=True)
    return done.returncode == 0


def merge(target: str, directory: Path, limit: int) -> None:
    """Minimises what was found and what is in the tree into the tree."""
    corpus = corpus_of(target)
    found = directory / "found" / SHARED.get(target, target)
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as new:
        subprocess.run(
            [
                str(directory / f"fuzz_{target}"),
                "-set_cover_merge=1",
                f"-max_len={MAX_LEN.get(target, 4096)}",
                new,
                str(corpus),
                str(found),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        left = limit
        for old in corpus.iterdir():
            if not old.name.startswith(("seed-", "found-")):
                old.unlink()
        seeds = {seed.read_bytes() for seed in corpus.iterdir()}
        left -= sum(len(seed) for seed in seeds)
        for path in sorted(Path(new).iterdir(), key=lambda path: path.stat().st_size):
            data = path.read_bytes()
            if data not in seeds and len(data) <= left:
                left -= len(data)
                shutil.copyfile(path, corpus / path.name[:16])
    count = sum(1 for _ in corpus.iterdir())
    print(f"{target:14} {count} inputs, {limit - left} bytes", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--merge", action="store_true", help="minimise into the tree, do not run")
    parser.add_argument("--limit", type=int, default=28000, help="bytes of a corpus in the tree")
    parser.add_argument("--only", action="append", help="this target; may be repeated")
    args = parser.parse_args()
    if not shutil.which("clang"):
        print("fuzzing needs clang (Debian: apt install clang)", file=sys.stderr)
        return 2
    args.build.mkdir(parents=True, exist_ok=True)
    targets = build(args.build, args.jobs)
    unknown = set(args.only or []) - set(targets)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {targets}")
    chosen = args.only or targets
    if args.merge:
        for target in chosen:
            if target not in SHARED:
                merge(target, args.build, args.limit)
        return 0
    failed = [target for target in chosen if not run(target, args.build, args.seconds)]
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
