#!/usr/bin/env python3
"""Cost of one case in each sandbox, as ratio to a plain subprocess on the same machine in the same run.

    python bench/sandboxes.py [--cases 40]

A case is: lay out a home of 40 files, run `python3 -c pass`, observe the home.  Levels take turns; medians.
`session` is what opening and closing the sandbox costs, once a scenario.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from harness.home import Home
from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import choose
from harness.sandbox.session import Session

LEVELS = ("container", "bubblewrap", "namespaces", "bare")


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def sample_home(root: str) -> Home:
    home = Home.empty(root)
    for number in range(40):
        home = home.with_file(f"folder-{number % 4}/file-{number}", b"%d" % number * 500)
    return home


def one_case(session: Session, home: Home) -> None:
    session.lay_out(home)
    session.run(["python3", "-c", "pass"], timeout=30)
    session.observe()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--image", default="state-migrator:local")
    asked = parser.parse_args()
    sessions: dict[str, Session] = {}
    opening: dict[str, float] = {}
    for level in LEVELS:
        try:
            choice = choose(level, asked.image)
        except SandboxError as error:
            print(f"{level:12} not measured: {error}")
            continue
        opening[level] = seconds(lambda choice=choice: choice.open().close())
        sessions[level] = choice.open()
    taken: dict[str, list[float]] = {level: [] for level in ["subprocess", *sessions]}
    homes = {level: sample_home(session.root_for("u")) for level, session in sessions.items()}
    for _ in range(asked.cases + 1):
        taken["subprocess"].append(
            seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
        )
        for level, session in sessions.items():
            taken[level].append(seconds(lambda level=level, session=session: one_case(session, homes[level])))
    plain = statistics.median(taken["subprocess"][1:])
    for level, times in taken.items():
        middle = statistics.median(times[1:])
        once = f"   session {opening[level] * 1e3:6.1f} ms" if level in opening else ""
        print(f"{level:12} {middle * 1e3:7.1f} ms a case   x{middle / plain:5.2f}{once}")
    for session in sessions.values():
        session.close()


if __name__ == "__main__":
    main()
