"""``harness run``: one scenario over its homes, the verdict on stdout, the evidence in ``runs/``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from harness.commands.exits import OF_STATUS
from harness.commands.image import make_ready
from harness.commands.publish import publish
from harness.report.data import run_data
from harness.report.text import sandbox_lines, scenario_lines
from harness.sandbox.choose import choose
from harness.scenario import find_scenario, load_scenario
from harness.session_run import Options, profile_for, replay_for, run_loaded

_SHOW_AFTER = 2.0  # seconds; shorter runs need no progress


def options_of(arguments: argparse.Namespace) -> Options:
    """Returns the run options in parsed arguments."""
    return Options(
        seed=arguments.seed,
        cases=arguments.cases,
        profile=arguments.profile,
        sandbox=arguments.sandbox,
        home=getattr(arguments, "home", ""),
        user=getattr(arguments, "user", ""),
        runs=arguments.runs,
        scenarios=arguments.scenarios,
        every_fault=getattr(arguments, "every_fault", False),
        faults=tuple(filter(None, getattr(arguments, "fault", "").split(","))),
    )


class Meter:
    """Shows how far a run is, on stderr, once it takes more than two seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = self.shown = time.monotonic()

    def __call__(self, begun: int, wanted: int, failed: int, cases: int) -> None:
        """Takes note of a finished case."""
        now = time.monotonic()
        if now - self.began > _SHOW_AFTER and now - self.shown > 1.0:
            self.shown = now
            tail = f", {failed} failed: shrinking" if failed else ""
            each = f", {cases} cases" if cases > begun else ""
            print(f"  {self.name}: {begun} of {wanted} homes{each}{tail}", file=sys.stderr, flush=True)


def main(arguments: argparse.Namespace) -> int:
    """Runs the scenario and returns the exit status of its worst case."""
    options = options_of(arguments)
    path = find_scenario(arguments.scenario, Path(arguments.scenarios))
    options = replace(options, scenarios=str(path.parent))
    scenario = load_scenario(path)
    profile = profile_for(scenario.system, options.profile or scenario.profile)
    choice = choose(make_ready(options.sandbox, profile.image), profile.image)
    result = run_loaded(scenario, profile, options, choice, Meter(scenario.name))
    replay = replay_for(result, options)
    if arguments.json:
        print(json.dumps(run_data(result, replay), indent=2, default=repr))
    else:
        print(f"{scenario.name}: {scenario.summary}")
        print("\n".join([*sandbox_lines(choice), *scenario_lines(result, replay)]))
    publish([(result, replay)], {}, result.level, arguments.junit)
    return OF_STATUS[result.status]
