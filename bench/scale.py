#!/usr/bin/env python3
"""What a migration of ao costs as homes grow: time and memory of every verb; target: ten times takes at most 11 times.

    python bench/scale.py [--sessions 10000] [--folder /dev/shm]

A home of SESSIONS sessions and one of ten times as many, fifty to a project, are made, written out, and taken
through plan, migrate, migrate again, verify and rollback, each in a process of its own.  CPU seconds are told, as
others may use the machine; memory is the peak resident size of the process, at most 64 MiB at either size.  Ten times
10,000 sessions are 310,000 files: about 2 GB of memory disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Targets, parser

A_PROJECT = 50  # sessions
VERBS = (["plan"], ["migrate", "--dry-run"], ["migrate"], ["migrate"], ["verify"], ["rollback"])
MIB = 64  # of memory, whatever the home's size


class Cost(NamedTuple):
    """CPU seconds and peak MiB."""

    seconds: float
    mib: float


def make(root: str, sessions: int) -> None:
    """Makes the home; in a process of its own, for whatever is held here counts as its children's memory."""
    from harness.sandbox.inside import tree  # noqa: PLC0415 - as above
    from harness.systems.ao.drawing import draw  # noqa: PLC0415
    from harness.systems.ao.model import Shape  # noqa: PLC0415
    from harness.systems.ao.writer import write  # noqa: PLC0415

    home = write(draw(Shape(projects=sessions // A_PROJECT, sessions=A_PROJECT, user="u"), 7), root)
    tree.lay_out(root, home.manifest(), home.blobs)


def of_verb(root: str, words: list[str]) -> Cost:
    return cost(root, ["-m", "migrator", "ao", *words, "--home", root])


def cost(root: str, words: list[str]) -> Cost:
    argv = [sys.executable, *words]
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
    arguments.add_argument("--make", metavar="HOME", help="make a home there, and end")
    asked = arguments.parse_args()
    if asked.make:
        make(asked.make, asked.sessions)
        return 0
    folder, targets = Path(tempfile.mkdtemp(prefix="bench-", dir=asked.folder)), Targets()
    try:
        costs = []
        for times in (1, 10):
            root = str(folder / f"{times}" / "u")
            os.mkdir(os.path.dirname(root))
            made = cost(root, [__file__, "--make", root, "--sessions", str(asked.sessions * times)])
            costs.append([made, *(of_verb(root, words) for words in VERBS)])
    finally:
        shutil.rmtree(folder)
    names = ["generate and write out", *(" ".join(words) for words in VERBS)]
    names[4] += " again"
    print(f"{asked.sessions} sessions, and ten times as many: CPU seconds, peak MiB")
    for name, one, ten in zip(names, *costs, strict=True):
        ratio = ten.seconds / one.seconds
        print(
            f"  {name:24} {one.seconds:7.2f} {ten.seconds:7.2f}  x {ratio:5.2f}  {one.mib:6.0f} {ten.mib:6.0f}"
        )
    for name, one, ten in zip(names, *costs, strict=True):
        targets.at_most(f"{name}: ten times the sessions", ten.seconds / one.seconds, 11)
    for name, *of_sizes in list(zip(names, *costs, strict=True))[1:]:
        targets.at_most(f"memory of {name}", max(cost.mib for cost in of_sizes), MIB, "MiB")
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
