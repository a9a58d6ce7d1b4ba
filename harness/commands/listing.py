"""``harness list``: scenarios, claims, corruptions or actors, a line each."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from harness.claims import CLAIMS
from harness.scenario import ScenarioError, load_scenario, scenario_paths
from harness.systems import PACKS, pack


def main(arguments: argparse.Namespace) -> int:
    """Prints the list that was asked for and returns 0."""
    lines = {"scenarios": _scenarios, "claims": _claims, "corruptions": _corruptions, "actors": _actors}
    for name, text in lines[arguments.what](arguments):
        print(f"{name:34} {text}")
    return 0


def _scenarios(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    paths = scenario_paths(Path(arguments.scenarios))
    if not paths:
        raise ScenarioError(f"no scenarios in {arguments.scenarios}/; name their folder with --scenarios")
    for path in paths:
        scenario = load_scenario(path)
        yield scenario.name, f"{scenario.summary}  [{' '.join(scenario.shows)}]"


def _claims(_: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for claim in CLAIMS.values():
        yield claim.name, claim.sentence


def _corruptions(_: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for system in sorted(PACKS):
        for corruption in pack(system).CORRUPTIONS.values():
            yield f"{system} {corruption.name}", corruption.summary


def _actors(_: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for system in sorted(PACKS):
        for name, actor in pack(system).ACTORS.items():
            yield f"{system} {name}", actor.summary
