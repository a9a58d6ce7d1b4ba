#!/usr/bin/env python3
"""Faults a second on two cores; targets: 50 kill points, 100 states after a loss of power.

    python bench/faults.py [--seconds 10] [--level embedded]

Each point is a crash, a run that settles it and a rollback, each tree observed and judged: with `small` a migrator of one
page that starts in some 20 ms, with `ao` our own, which takes most of the time to start and to read.  A *point* is an
operation before which a crash is decided; several that leave the same home are tried as one.  `states` is the building alone.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

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
        profile = msgspec.structs.replace(TOY_PROFILE, verbs=verbs, keeps=[".state"], timeout=30.0)
        asked = Scenario(summary="s", system="toy", shows=[], name="toy", steps=[])
    steps = [Step(do="migrate", **WAYS[way]), Step(do="migrate"), Step(do="rollback")]
    return system, msgspec.structs.replace(asked, steps=steps), profile, support


def work(name: str, way: str, level: str, seconds: float) -> tuple[int, int, float]:
    """Cases done in the time, operations decided by them, and seconds it took."""
    system, scenario, profile, support = subject(name, way)
    with choose(level).open(support=support) as session:
        home = (
            make_home(system, drawn(drafts(system, scenario), 0, 1)[0], session.root_for)[0]
            if name == "ao"
            else TOY.write([7, 8, 9], session.root_for("u"))
        )
        recording, _ = record(scenario.steps[0], profile, session, before=home)
        distinct = len(list(recording.kills()))
        began, done = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            branches = Branches(system, scenario, profile, session, Random(0), ALL)
            for events, _chosen in branches.cases(home):
                verdict = judge_history(system, profile, scenario, History(home, events))
                assert not verdict.failed, verdict.findings
                done += 1
                if time.monotonic() - began >= seconds:
                    break
        decided = done * len(recording.operations) // distinct if way == "kill" else done
        return done, decided, time.monotonic() - began


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
    asked = options.parse_args()
    targets = Targets()
    targets.at_least("states of a small home of ao built, one core", building(asked.level), 100, "a second")
    with ProcessPoolExecutor(2) as workers:
        for name in ("small", "ao"):
            for way in WAYS:
                found = list(workers.map(work, [name] * 2, [way] * 2, [asked.level] * 2, [asked.seconds] * 2))
                cases = sum(done / seconds for done, _, seconds in found)
                points = sum(decided / seconds for _, decided, seconds in found)
                what = f"{name}, {way}: points ({cases:.1f} cases) settled and judged, two cores"
                targets.at_least(what, points, 50 if way == "kill" else 100, "a second")
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
