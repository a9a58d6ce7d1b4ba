"""Cases that were found once: today's migrator passes each, and the one that it was found with still fails on it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.corpus import Entry, load_corpus, try_again
from harness.sandbox.choose import Choice, choose
from harness.sandbox.inside.tracing import known_here
from harness.session_run import profile_for
from harness.systems import pack
from harness.verdict import Status

ROOT = Path(__file__).parents[2]
ENTRIES = load_corpus(ROOT / "corpus")


@pytest.fixture(scope="module")
def sandbox() -> Choice:
    choice = choose("embedded", "")
    if choice.level == "bare" or not known_here():
        pytest.skip(
            "homes that are kept lie at their place only where programs can be supervised in namespaces"
        )
    return choice


@pytest.mark.quality
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_todays_migrator_passes_what_was_found(entry: Entry, sandbox: Choice) -> None:
    right = profile_for(entry.scenario.system, entry.scenario.profile)
    with sandbox.open(support=None) as session:
        tried = try_again(entry, pack(entry.scenario.system), right, session, ROOT / "scenarios")
    assert not tried.void, "its fault does not come about any more: find it anew, or remove the entry"
    assert tried.status is Status.PASS, [verdict.findings for verdict in tried.verdicts]


@pytest.mark.quality
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_the_migrator_that_it_was_found_with_still_fails(entry: Entry, sandbox: Choice) -> None:
    wrong = ROOT / entry.wrong
    right = profile_for(entry.scenario.system, entry.scenario.profile)
    verbs = {
        verb: ["python3", f"{{support}}/{wrong.name}", *argv[3:]] if argv[0] == "python3" else argv
        for verb, argv in right.verbs.items()
    }
    profile = msgspec.structs.replace(right, name=wrong.stem, verbs=verbs, support=str(wrong.parent))
    with sandbox.open(support=wrong.parent) as session:
        tried = try_again(entry, pack(entry.scenario.system), profile, session, ROOT / "scenarios")
    assert entry.claim in {name for verdict in tried.verdicts for name in verdict.failed}
