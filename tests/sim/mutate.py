#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Takes rules out of the core one at a time, and says which the simulator misses.

Works in a copy of the tree. Each mutation must make the seeds of `make test` fail: by a rule that
is broken, or because something that they must show was not seen. The exit status is 1 if one of
them passes.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Mutation:
    """What is no longer so, and how: `old`, which `file` has once, becomes `new`."""

    what: str
    file: str
    old: str
    new: str


MUTATIONS = (
    Mutation(
        "an inner source counts only if it is the sender's",
        "core/receive.c", "inner.src.bytes) != peer->id)", "inner.src.bytes) == ZWG_NO_PEER)",
    ),
    Mutation(
        "an outer congestion mark that the inner packet cannot carry drops it",
        "core/receive.c", "if (!zwg_ecn_decapsulate(&plain, &inner, tos))",
        "if (!zwg_ecn_decapsulate(&plain, &inner, tos) && false)",
    ),
    Mutation(
        "under load, mac2 is asked for",
        "core/receive.c", "if (!zwg_mac2_valid(dev, now, msg, len, from)) {", "if (false) {",
    ),
    Mutation(
        "under load, sources are limited",
        "core/receive.c", "if (!rate_allows(dev, now, from))",
        "if (!rate_allows(dev, now, from) && false)",
    ),
    Mutation(
        "the handshake queue is bounded",
        "core/receive.c", "if (dev->queue_count == ZWG_HANDSHAKE_QUEUE)", "if (false)",
    ),
    Mutation(
        "a counter is accepted once",
        "core/receive.c",
        "if (!zwg_replay_accept(&keypair->replay, zwg_get_le64(header + ZWG_DATA_COUNTER))) {",
        "if (!zwg_replay_accept(&keypair->replay, zwg_get_le64(header + ZWG_DATA_COUNTER)) &&\n"
        "\t    false) {",
    ),
    Mutation(
        "a timestamp is accepted once",
        "core/jobs.c",
        "if (memcmp(job->stamp, peer->last_received_stamp, ZWG_TAI64N_LEN) <= 0) {",
        "if (memcmp(job->stamp, peer->last_received_stamp, ZWG_TAI64N_LEN) < 0) {",
    ),
    Mutation(
        "a cookie ends with the device's going down",
        "core/peer.c", "zwg_wipe(&peer->cookie, sizeof(peer->cookie));", "(void)0;",
    ),
    Mutation(
        "a handshake's state ends with it",
        "core/peer.c", "zwg_wipe(&peer->initiation, sizeof(peer->initiation));",
        "peer->initiation.sent = false;",
    ),
    Mutation(
        "a removed peer is wiped",
        "core/peer.c", "zwg_wipe(peer, sizeof(*peer));", "peer->used = false;",
    ),
    Mutation(
        "a session that ends is wiped",
        "core/keypair.c", "zwg_wipe(keypair, sizeof(*keypair));", "(void)0;",
    ),
    Mutation(
        "a private key that is taken away is wiped",
        "core/device.c", "\t\tdev->identity = identity;\n",
        "\t\tif (key)\n\t\t\tdev->identity = identity;\n"
        "\t\tdev->identity.set = key != NULL;\n"
        "\t\tdev->identity.generation = identity.generation;\n",
    ),
    Mutation(
        "the secret behind cookies ends with the device's going down",
        "core/device.c", "zwg_wipe(dev->cookie_secret, sizeof(dev->cookie_secret));", "(void)0;",
    ),
    Mutation(
        "a stamp is used only if its block was stored",
        "board/stamp.c", "err = stamp->store->store(stamp->ctx, mark);\n\tif (err != 0) {",
        "err = stamp->store->store(stamp->ctx, mark);\n\tif (false) {",
    ),
    Mutation(
        "a restart goes on at the stored mark",
        "board/stamp.c", "stamp->reserved = stamp->fresh ? 0 : mark;", "stamp->reserved = 0;",
    ),
    Mutation(
        "an endpoint moves only for what is fresh",
        "core/receive.c", "\tif (!open(dev, keypair, datagram, header, &plain))\n",
        "\tzwg_peer_seen_at(dev, peer, from);\n"
        "\tif (!open(dev, keypair, datagram, header, &plain))\n",
    ),
    Mutation(
        "a job that has ended is wiped",
        "core/jobs.c", "if (!more)\n\t\tzwg_wipe(job, sizeof(*job));", "(void)more;",
    ),
)  # fmt: skip


def shell(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command; its output is captured."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=1800)


def run(build: Path, seeds: int, jobs: int) -> str:
    """Builds and runs the simulator; how it failed, or nothing."""
    done = shell("cmake", "--build", build, "-j", str(jobs), "--target", "sim")
    if done.returncode:
        sys.exit(f"does not compile:\n{done.stderr}")
    done = shell(build / "sim" / "sim", "--seeds", str(seeds), "--complete")
    if not done.returncode:
        return ""
    words = [line for line in (done.stderr or done.stdout).splitlines() if line]
    said = [line for line in words if line.startswith(("seed ", "not seen"))]
    return said[0] if said else f"exit status {done.returncode}"


def mutate(tree: Path, mutation: Mutation, seeds: int, jobs: int) -> str:
    """Makes the mutation in the copy, sees how the simulator fails, and takes it back."""
    path = tree / mutation.file
    original = path.read_text()
    if original.count(mutation.old) != 1:
        sys.exit(f"{mutation.file} has not once: {mutation.old}")
    path.write_text(original.replace(mutation.old, mutation.new))
    try:
        return run(tree / "build", seeds, jobs)
    finally:
        path.write_text(original)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=2000)
    args = parser.parse_args()
    survivors = 0
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        for part in ("core", "board", "linux-app", "tests"):
            shutil.copytree(ROOT / part, tree / part)
        shell(
            "cmake", "-S", tree / "tests/core", "-B", tree / "build",
            "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        )  # fmt: skip
        failed = run(tree / "build", args.seeds, args.jobs)
        if failed:
            sys.exit(f"without a mutation: {failed}")
        for mutation in MUTATIONS:
            failed = mutate(tree, mutation, args.seeds, args.jobs)
            survivors += not failed
            print(f"{mutation.what}\n    {failed or 'SURVIVED'}", flush=True)
    print(f"{len(MUTATIONS) - survivors} of {len(MUTATIONS)} mutations are noticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
