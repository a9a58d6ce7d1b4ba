#!/usr/bin/env python3
"""Faults a second on two cores; targets: 50 kill points, 100 states after a loss of power.

    python bench/faults.py [--seconds 10] [--level embedded] [--container 250]

Each point is a crash, a run that settles it and a rollback, each tree observed and judged: with `small` a migrator of one
page, with `ao` our own.  A *point* is an operation before which a crash is decided; several that leave the same home are
tried as one.  Each is measured with commands that start cold and with those that start warm, as profiles declare it.
The time of a case is told in parts: commands, laying out and observing, and judging.  By the processor the figure is what two
free cores would do: cases by the seconds of one core that they took, so that others at work count less.

The ratio is to one fresh container for each case; where no engine answers it is said so, and --container gives the
milliseconds of another measurement, as `bench/sandboxes.py` makes it.  `states` is the building alone.
"""

from __future__ import annotations

import compileall
import resource
import sys
import time
from argparse import Namespace
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/unit/core"))

import msgspec
from measure import Targets, parser
from toy import TOY, TOY_PROFILE

from harness.branching import ALL, Branches
from harness.case import record
from harness.draft import drafts, make_home
from harness.draws import drawn
from harness.history import History
from harness.power import state_of, survivors
from harness.replay import course_of
from harness.result import judge_history
from harness.sandbox.choose import choose
from harness.sandbox.image import engine_trouble
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step, load_scenario
from harness.session_run import profile_for
from harness.supervised import RECORD_DATA
from harness.sut import Profile
from harness.system import System
from harness.systems import pack

ROOT = Path(__file__).parents[1]
WAYS = {"kill": {"kill": "each-write"}, "ext4": {"power": "ext4"}, "strict": {"power": "strict"}}


def subject(name: str, way: str) -> tuple[System, Scenario, Profile, Path | None]:
    if name == "ao":
        asked = load_scenario(ROOT / "scenarios/ao-each-write-migrate.toml")
        system, profile, support = pack("ao"), profile_for("ao", ""), None
    else:
        verbs = {
            verb: ["python3", "-I", "-S", "{support}/five.py", "safe", verb]
            for verb in ("migrate", "rollback")
        }
        system, support = TOY, ROOT / "tests/variants"
        profile = msgspec.structs.replace(
            TOY_PROFILE, verbs=verbs, keeps=[".state"], timeout=30.0, warm=["json"]
        )
        asked = Scenario(summary="s", system="toy", shows=[], name="toy", steps=[])
    steps = [Step(do="migrate", **WAYS[way]), Step(do="migrate"), Step(do="rollback")]
    return system, msgspec.structs.replace(asked, steps=steps), profile, support


class Found(NamedTuple):
    """Cases done, points decided by them, seconds by the clock and of one core; and milliseconds of a case in parts."""

    cases: int
    points: int
    seconds: float
    processor: float
    parts: dict[str, float]


def work(name: str, way: str, level: str, seconds: float, start: str) -> Found:
    """Runs cases for so long and returns what became of them; `start` is ``cold`` or ``warm``."""
    system, scenario, profile, support = subject(name, way)
    used, done, judging = _processor(), 0, 0.0
    parts: Counter[str] = Counter()
    with choose(level).open(support=support) as session:
        home = (
            make_home(system, drawn(drafts(system, scenario), 0, 1)[0], session.root_for)[0]
            if name == "ao"
            else TOY.write([7, 8, 9], session.root_for("u"))
        )
        recording, _ = record(scenario.steps[0], profile, session, before=home)
        distinct = len(list(recording.kills()))
        _timed(session, parts)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            branches = Branches(system, scenario, profile, session, Random(0), ALL, lambda: start == "warm")
            for events, _chosen in branches.cases(home):
                since = time.perf_counter()
                verdict = judge_history(system, profile, scenario, History(home, events))
                judging += time.perf_counter() - since
                assert not verdict.failed, verdict.findings
                done += 1
                if time.monotonic() - began >= seconds:
                    break
        took = time.monotonic() - began
    decided = done * len(recording.operations) // distinct if way == "kill" else done
    parts["judging"] = judging
    return Found(
        done, decided, took, _processor() - used, {what: 1000 * of / done for what, of in parts.items()}
    )


def _processor() -> float:
    """Returns the seconds that this process and all that it has awaited have had of a core."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def _timed(session: Session, parts: Counter[str]) -> None:
    """What the session's requests take is added up in `parts`."""
    for name, what in {"run": "commands", "lay_out": "laying out", "observe": "observing"}.items():
        setattr(session, name, partial(_counted, parts, what, getattr(session, name)))


def _counted(parts: Counter[str], what: str, ask: Any, *given: Any, **more: Any) -> Any:
    since = time.perf_counter()
    try:
        return ask(*given, **more)
    finally:
        parts[what] += time.perf_counter() - since


def building(level: str) -> float:
    """States of a small home of ao that are built in a second."""
    system, scenario, profile, _ = subject("ao", "strict")
    with choose(level).open() as session:
        home, _ = make_home(system, drawn(drafts(system, scenario), 0, 1)[0], session.root_for)
        recording, _ = record(scenario.steps[0], profile, session, before=home, orders=RECORD_DATA)
        began, built = time.monotonic(), 0
        course = course_of(home, recording.operations, recording.contents)
        for one in survivors(course, len(recording.operations), "strict"):
            state_of(course, one, recording.pictures)
            built += 1
        return built / (time.monotonic() - began)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--level", default="embedded")
    options.add_argument("--container", type=float, default=0.0)
    asked = options.parse_args()
    targets = Targets()
    compileall.compile_dir(ROOT / "migrator", quiet=1)  # as in the image; a sandbox cannot keep it
    targets.at_least("states of a small home of ao built, one core", building(asked.level), 100, "a second")
    fresh = asked.container or fresh_container()
    with ProcessPoolExecutor(2) as workers:
        for name, way in product(("small", "ao"), WAYS):
            compare(workers, asked, targets, name=name, way=way, fresh=fresh)
    return targets.status()


def compare(
    workers: ProcessPoolExecutor, asked: Namespace, targets: Targets, *, name: str, way: str, fresh: float
) -> None:
    """Cold and warm starts stand side by side, and the warm ones against the target."""
    for start in ("cold", "warm"):
        words = ([name] * 2, [way] * 2, [asked.level] * 2, [asked.seconds] * 2, [start] * 2)
        found = list(workers.map(work, *words))
        points = sum(one.points for one in found)
        clock = sum(one.points / one.seconds for one in found)
        free = 2 * points / sum(one.processor for one in found)
        parts = {what: sum(one.parts[what] for one in found) / 2 for what in found[0].parts}
        told = ", ".join(f"{what} {taken:.1f}" for what, taken in parts.items())
        each = 1000 * sum(one.processor for one in found) / points
        ratio = f"; a container for each took {fresh / each:.1f} times as long" if fresh else ""
        print(f"{name}, {way}, {start}: a case in ms: {told}; a point takes {each:.1f} ms of one core{ratio}")
        what = f"{name}, {way}, {start}: points settled and judged, two cores, {clock:.1f} by the clock, by the processor"
        least = 50 if way == "kill" else 100
        if start == "warm":
            targets.at_least(what, free, least, "a second")
        else:
            print(f"        {what}: {free:.2f} a second")


def fresh_container() -> float:
    """Returns the milliseconds of opening and closing a container; 0 where no engine answers, which is said."""
    if trouble := engine_trouble():
        print(f"SKIPPED the ratio to a fresh container: {trouble}")
        return 0.0
    opener = choose("container", "state-migrator:local").open
    taken = []
    for _ in range(5):
        since = time.perf_counter()
        opener().close()
        taken.append(1000 * (time.perf_counter() - since))
    return sorted(taken)[2]


if __name__ == "__main__":
    sys.exit(main())
