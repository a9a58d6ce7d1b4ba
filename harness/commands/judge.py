"""``harness judge``: today's claims on a run that is already on disk; nothing is run again."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from harness.commands.exits import OF_STATUS
from harness.report.text import verdict_lines
from harness.result import unknown
from harness.run import judge_again
from harness.scenario import Scenario, ScenarioError, scenario_paths
from harness.store import RunFolder
from harness.sut import Profile
from harness.systems import pack
from harness.verdict import Status, worst


def _lacking(folder: RunFolder, stored: int) -> str:
    """Returns why the stored cases are not the whole run; empty when they are."""
    try:
        said = folder.read_json("verdict.json")
    except (OSError, ValueError):
        return "the run was not finished: it has no verdict"
    tried = len(said["cases"]) + (said["smallest"] is not None)
    return "; ".join(said["notes"]) or "not all cases were stored" if stored < tried else ""


def _story_here(name: str, folder: str) -> Path:
    """Returns the story's file; a path in a stored run is not followed, for a story is a program."""
    for path in scenario_paths(Path(folder)):
        if path.stem == name and path.suffix == ".py":
            return path
    raise ScenarioError(f"{folder}/{name}.py: no such story; name its folder with --scenarios")


def main(arguments: argparse.Namespace) -> int:
    """Judges the stored run and returns the exit status of its worst case."""
    folder = RunFolder.open(Path(arguments.run))
    try:
        scenario = msgspec.json.decode((folder.path / "scenario.json").read_bytes(), type=Scenario)
        profile = msgspec.json.decode((folder.path / "profile.json").read_bytes(), type=Profile)
    except msgspec.DecodeError as error:
        raise ScenarioError(f"{folder.path}: was stored by another version: {error}") from error
    if scenario.story:
        scenario = msgspec.structs.replace(
            scenario, story=str(_story_here(scenario.name, arguments.scenarios))
        )
    verdicts = judge_again(pack(scenario.system), profile, scenario, folder)
    lacking = _lacking(folder, len(verdicts))
    folder.close()
    if lacking:
        verdicts["(not stored)"] = unknown(lacking)
    for name, verdict in verdicts.items():
        if verdict.status is not Status.PASS:
            print(f"{verdict.status.name:8}{scenario.name} {name}")
            print("\n".join(verdict_lines(verdict)))
    status = worst(verdict.status for verdict in verdicts.values())
    print(f"{status.name:8}{scenario.name}  ({len(verdicts)} stored cases judged again)")
    return OF_STATUS[status]
