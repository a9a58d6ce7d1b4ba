#!/usr/bin/env python3
"""What a migration of ao costs as homes grow: time and memory of every verb; target: ten times takes at most 11 times.

    python bench/scale.py [--sessions 10000] [--folder /dev/shm]

A home of SESSIONS sessions and one of ten times as many, fifty to a project, are made, written out, and taken
through plan, migrate, migrate again, verify and rollback, each in a process of its own.  CPU seconds are told, as
others may use the machine; memory is the peak resident size of the process.  Ten times 10,000 sessions are
310,000 files: about 2 GB of memory disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Targets, parser

from harness.sandbox.inside import tree
from harness.systems.ao.drawing import draw
from harness.systems.ao.model import Shape
from harness.systems.ao.writer import write

A_PROJECT = 50  # sessions
VERBS = (["plan"], ["migrate", "--dry-run"], ["migrate"], ["migrate"], ["verify"], ["rollback"])
MIB_A_SESSION = 2.5e3 / (1 << 20)  # what a plan holds of each
MIB_AT_START = 40.0


class Cost(NamedTuple):
    """CPU seconds and peak MiB."""

    seconds: float
    mib: float


def make(root: str, sessions: int) -> float:
    """Makes the home and gives the CPU seconds that took."""
    began = time.process_time()
    home = write(draw(Shape(projects=sessions // A_PROJECT, sessions=A_PROJECT, user="u"), 7), root)
    tree.lay_out(root, home.manifest(), home.blobs)
    return time.process_time() - began


def cost(root: str, words: list[str]) -> Cost:
    argv = [sys.executable, "-m", "migrator", "ao", *words, "--home", root]
    environment = {**os.environ, "HOME": root, "MIGRATION_REPORT": f"{root}.report"}
    child = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in {0, 4}:
        raise OSError(f"{words} ended with {child.returncode}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--sessions", type=int, default=10_000)
    arguments.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    asked = arguments.parse_args()
    folder, targets = Path(tempfile.mkdtemp(prefix="bench-", dir=asked.folder)), Targets()
    try:
        made, costs = [], []
        for times in (1, 10):
            root = str(folder / f"{times}" / "u")
            os.mkdir(os.path.dirname(root))
            made.append(make(root, asked.sessions * times))
            costs.append([cost(root, words) for words in VERBS])
    finally:
        shutil.rmtree(folder)
    names = [" ".join(words) for words in VERBS]
    names[3] += " again"
    print(f"{asked.sessions} sessions, and ten times as many: CPU seconds, peak MiB")
    print(f"  {'generate and write out':24} {made[0]:7.2f} {made[1]:7.2f}  x {made[1] / made[0]:5.2f}")
    for name, one, ten in zip(names, *costs, strict=True):
        ratio = ten.seconds / one.seconds
        print(
            f"  {name:24} {one.seconds:7.2f} {ten.seconds:7.2f}  x {ratio:5.2f}  {one.mib:6.0f} {ten.mib:6.0f}"
        )
    targets.at_most("generate: ten times the sessions", made[1] / made[0], 11)
    for name, one, ten in zip(names, *costs, strict=True):
        targets.at_most(f"{name}: ten times the sessions", ten.seconds / one.seconds, 11)
    most = MIB_AT_START + MIB_A_SESSION * asked.sessions * 10
    targets.at_most("memory of migrate", costs[1][2].mib, most, "MiB")
    targets.at_most("memory of verify and rollback", max(costs[1][4].mib, costs[1][5].mib), 64, "MiB")
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
