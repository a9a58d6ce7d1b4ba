#!/usr/bin/env python3
"""Cost of one case in each sandbox, as ratio to a plain subprocess in the same run; target: bubblewrap at most twice it.

    python bench/sandboxes.py [--cases 40]

A case is: lay out a home of 40 files, run `python3 -c pass`, observe the home.  Levels take turns; medians.
`session` is what opening and closing the sandbox costs, once a scenario.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Targets, parser, race, ratio, table

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


def plain() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--cases", type=int, default=40)
    arguments.add_argument("--image", default="state-migrator:local")
    asked = arguments.parse_args()
    sessions: dict[str, Session] = {}
    for level in LEVELS:
        try:
            choice = choose(level, asked.image)
        except SandboxError as error:
            print(f"  {level}: not measured: {error}")
            continue
        opening = seconds(lambda choice=choice: choice.open().close())
        print(f"  {level}: to open and close a session {opening * 1e3:.1f} ms")
        sessions[level] = choice.open()
    homes = {level: sample_home(session.root_for("u")) for level, session in sessions.items()}
    cases = {
        level: lambda session=session, home=homes[level]: one_case(session, home)
        for level, session in sessions.items()
    }
    try:
        taken = race({"subprocess": plain, **cases}, asked.cases)
    finally:
        for session in sessions.values():
            session.close()
    table(taken, "subprocess")
    targets = Targets()
    if "bubblewrap" in taken:
        targets.at_most("a case in bubblewrap / a process", ratio(taken, "bubblewrap", "subprocess"), 2)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
