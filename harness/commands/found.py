"""``harness found``: every case of the corpus is tried again; one whose fault does not come about any more is void."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.commands.exits import OF_STATUS
from harness.commands.image import make_ready
from harness.corpus import Entry, load_corpus, try_again
from harness.report.text import verdict_lines
from harness.sandbox.choose import choose
from harness.scenario import ScenarioError
from harness.session_run import profile_for
from harness.systems import pack
from harness.verdict import Status, worst


def main(arguments: argparse.Namespace) -> int:
    """Tries the entries, prints a line each, and returns the exit status of the worst; void ones are unknown."""
    entries = load_corpus(Path(arguments.corpus))
    if not entries:
        raise ScenarioError(f"{arguments.corpus}: holds no entries; `harness keep` makes one of a stored run")
    return OF_STATUS[worst([_tried(entry, arguments) for entry in entries])]


def _tried(entry: Entry, arguments: argparse.Namespace) -> Status:
    system = entry.scenario.system
    profile = profile_for(system, arguments.profile or entry.scenario.profile)
    support = Path(profile.support) if profile.support else None
    choice = choose(make_ready(arguments.sandbox, profile.image), profile.image)
    with choice.open(support=support) as session:
        tried = try_again(entry, pack(system), profile, session, Path(arguments.scenarios))
    word = "VOID" if tried.void else tried.status.name
    print(
        f"{word:8}{entry.name}  ({len(tried.verdicts)} of {tried.cases} cases; {', '.join(entry.likenesses)})"
    )
    for verdict in tried.verdicts:
        if verdict.status is not Status.PASS:
            print("\n".join(verdict_lines(verdict)))
            break
    return tried.status
