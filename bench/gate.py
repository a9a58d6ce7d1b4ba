#!/usr/bin/env python3
"""A release gate of 60 scenarios of 3 steps, as ratio to plain processes; targets: 2.0 times fresh, 1.1 times kept.

    python bench/gate.py [--scenarios 60] [--jobs 2] [--level embedded]

A step is a real command on a home of ten sessions: migrate, migrate again, roll back.  `plain` lays the home out
and starts the three processes, nothing else.  `fresh` opens a sandbox for each scenario, `kept` one for each job;
both lay the home out and observe it after each step.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Targets, parser, race, ratio, table

from harness.home import Home
from harness.sandbox.choose import Choice, choose
from harness.sandbox.inside import tree
from harness.sandbox.session import Session
from harness.systems.ao.drawing import draw
from harness.systems.ao.model import Shape
from harness.systems.ao.writer import write

STEPS = (["migrate"], ["migrate"], ["rollback"])


def home_at(root: str) -> Home:
    return write(draw(Shape(projects=2, sessions=5, user="u"), 7), root)


def plain(number: int, folder: Path) -> None:
    root = folder / str(number) / "u"
    home = home_at(str(root))
    root.parent.mkdir()
    tree.lay_out(str(root), home.manifest(), home.blobs)
    env = {**os.environ, "HOME": str(root), "TMPDIR": str(root.parent)}
    for words in STEPS:
        argv = [sys.executable, "-m", "migrator", "ao", *words]
        subprocess.run(argv, env=env, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(root.parent)


def in_session(session: Session) -> None:
    session.lay_out(home_at(session.root_for("u")))
    session.observe()
    for words in STEPS:
        ran = session.run(["python3", "-m", "migrator", "ao", *words], timeout=60)
        if ran.status:
            raise OSError(ran.stderr)
        session.observe()


def fresh(choice: Choice) -> None:
    with choice.open() as session:
        in_session(session)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--scenarios", type=int, default=60)
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--level", default="embedded")
    arguments.add_argument("--image", default="state-migrator:local")
    asked = arguments.parse_args()
    choice = choose(asked.level, asked.image)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # where an embedded sandbox has its homes
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=memory))
    numbers = range(asked.scenarios)

    def kept() -> None:
        def share(job: int) -> None:
            with choice.open() as session:
                for _ in numbers[job :: asked.jobs]:
                    in_session(session)

        list(workers.map(share, range(asked.jobs)))

    with ThreadPoolExecutor(asked.jobs) as workers:
        taken = race(
            {
                "plain processes": lambda: list(workers.map(lambda n: plain(n, folder), numbers)),
                f"{choice.level}, fresh": lambda: list(workers.map(lambda _: fresh(choice), numbers)),
                f"{choice.level}, kept": kept,
            },
            asked.runs,
        )
    shutil.rmtree(folder)
    print(f"{asked.scenarios} scenarios of {len(STEPS)} steps, {asked.jobs} at a time")
    table(taken, "plain processes")
    targets = Targets()
    targets.at_most("a fresh sandbox each", ratio(taken, f"{choice.level}, fresh", "plain processes"), 2.0)
    targets.at_most("one sandbox a job", ratio(taken, f"{choice.level}, kept", "plain processes"), 1.1)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
