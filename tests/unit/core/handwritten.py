"""Small homes, events and histories, written by hand, and an oracle that is a plain dict.

A home's `legacy` file names what the dict says about it, `target.json` is its store, and `problems` lists what is
wrong with that store, a line each.  A store's `shape` is the text of that file, its counters are those of the file `counters`, and in it a remark refers to its note.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.evidence import Evidence
from harness.expectation import Expectation, Fate, TargetUnreadableError
from harness.history import Event, History
from harness.home import Home
from harness.records import Tables
from harness.stored import Reference, Stored
from harness.sut import Outcome, Profile, Verb

ROOT = "/home/u"
BORN = 1_000_000_000  # ns; the mtime of all that a test does not date itself
STATUS: Mapping[str, int | None] = {
    "done": 0,
    "refused": 3,
    "partial": 4,
    "failed": 5,
    "attention": 6,
    "unknown": None,
}

PROFILE = Profile(
    system="toy",
    name="by-hand",
    verbs={"migrate": ["m"], "dry_run": ["m", "-n"], "rollback": ["m", "back"], "verify": ["m", "verify"]},
    exit={"done": [0], "refused": [3], "partial": [4], "failed": [5], "attention": [6]},
    keeps=[".local/state/m"],
    reports=True,
)


def home(files: Mapping[str, str | bytes] | None = None, root: str = ROOT) -> Home:
    """Returns a home with these files."""
    made = Home.empty(root, mtime_ns=BORN)
    for path, text in (files or {}).items():
        made = made.with_file(path, text.encode() if isinstance(text, str) else text)
    return made


def stored(tables: Tables) -> str:
    """Returns the text of a `target.json` that holds the tables."""
    return json.dumps(tables)


def event(
    before: Home,
    after: Home | None = None,
    *,
    do: Verb = "migrate",
    outcome: Outcome = "done",
    step: int = 0,
    **more: Any,
) -> Event:
    """Returns an event; without `after` the step changed nothing."""
    status = more.pop("status", STATUS[outcome])
    after = before if after is None else after
    return Event(step=step, do=do, outcome=outcome, before=before, after=after, status=status, **more)


def evidence(
    *events: Event, oracle: Mapping[str, Expectation] | None = None, profile: Profile = PROFILE
) -> Evidence:
    """Returns the events, numbered in order, with the answers of an oracle that knows homes by their `legacy` file.

    With conditions, the key has them behind a plus sign: ``one+locked``.
    """
    known = oracle or {}
    first = events[0].before if events else home()

    def expect(asked: Home, conditions: frozenset[str]) -> Expectation:
        name = asked.content("legacy").decode() if asked.get("legacy") else ""
        return known.get("+".join([name, *sorted(conditions)]), Expectation())

    numbered = tuple(
        Event(**{name: getattr(given, name) for name in Event.__slots__ if name != "step"}, step=number)
        for number, given in enumerate(events)
    )
    answers = (expect, read_target, problems_of, read_stored, damage_of)
    return Evidence(History(first, numbered), profile, *answers, written_back=written_back)


def read_target(asked: Home) -> Tables:
    """Returns the tables of `target.json`, none where it is absent."""
    if asked.get("target.json") is None:
        return {}
    try:
        tables: Tables = json.loads(asked.content("target.json"))
    except ValueError as error:
        raise TargetUnreadableError(f"target.json: {error}") from error
    return tables


def read_stored(asked: Home) -> Stored:
    """Returns the same tables as they stand: their values are plain already."""
    shape = asked.content("shape").decode() if asked.get("shape") else ""
    references = (Reference("remarks", "of", "notes", "id"),)
    counters = json.loads(asked.content("counters")) if asked.get("counters") else {}
    files = frozenset({"target.json", "counters"})
    return Stored(read_target(asked), references, counters, shape, files)


def written_back(left: Home, start: Home, after: Home) -> Iterator[tuple[str, object, object]]:
    """Yields each row that others added to the target and that is no file below `notes`."""
    for name in read_target(start).get("notes", {}).keys() - read_target(left).get("notes", {}).keys():
        if after.get(f"notes/{name}.txt") is None:
            yield f"notes/{name}.txt", "a file", "no such file"


def problems_of(asked: Home) -> list[str]:
    """Returns the lines of `problems`; a store that is no JSON cannot be looked at."""
    read_target(asked)
    return asked.content("problems").decode().splitlines() if asked.get("problems") else []


def damage_of(asked: Home) -> list[str]:
    """Returns the lines of `damage`."""
    return asked.content("damage").decode().splitlines() if asked.get("damage") else []


def fate(name: str, disposition: Any = "migrated", reason: str | None = None) -> Fate:
    """Returns the fate of a note, which is the one kind of record of these homes."""
    return Fate("note", f"notes/{name}.txt", name, disposition, reason)
