"""``harness keep``: the smallest failing case of a stored run becomes an entry of the corpus."""

from __future__ import annotations

import argparse
import re
from contextlib import closing
from pathlib import Path

import msgspec

from harness.commands.exits import PASS
from harness.corpus import entry_of, save_entry, scenario_of
from harness.result import judge_history
from harness.scenario import ScenarioError, story_of
from harness.store import RunFolder
from harness.sut import Profile
from harness.systems import pack


def main(arguments: argparse.Namespace) -> int:
    """Writes the entry and prints where it is."""
    with closing(RunFolder.open(Path(arguments.run).resolve())) as folder:
        smallest = dict(folder.histories()).get("smallest")
        if smallest is None:
            raise ScenarioError(f"{folder.path}: no case of this run failed, so there is nothing to keep")
        scenario = scenario_of(folder.read_json("scenario.json"), Path(arguments.scenarios))
        profile = msgspec.json.decode((folder.path / "profile.json").read_bytes(), type=Profile)
        verdict = judge_history(pack(scenario.system), profile, scenario, smallest, story_of(scenario))
        entry = entry_of(scenario, smallest, verdict, wrong=arguments.wrong)
    faults = re.sub(r"[^a-z0-9]+", "-", "-".join(entry.likenesses).lower()).strip("-")
    path = Path(arguments.corpus) / f"{arguments.name or f'{scenario.name}-{faults}'}.json"
    if path.exists():
        raise ScenarioError(f"{path}: is there already; give the entry another --name")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_entry(entry, path)
    print(f"{path}: {entry.claim}: {entry.finding}")
    return PASS
