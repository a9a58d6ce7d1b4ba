"""The *corpus*: cases that were found once, each with its own small home, tried again on every change.

An entry is one JSON file.  It names its faults by what happened and by the likeness of the operation, for operations change
their numbers with every change of a migrator; all that are alike are tried.  Where there is none any more, the entry is *void*.
What a loss of power may leave hangs on all that a migrator forces to the disk: where the very state cannot be left any more, the
scenario's sample of the others is tried.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from harness.branching import ALL, Branches, Choice, Chosen
from harness.fault import fault_of
from harness.history import History
from harness.home import Blobs, Home
from harness.mishap import Known
from harness.result import judge_history
from harness.sandbox.session import Session
from harness.scenario import Scenario, ScenarioError, load_scenario
from harness.story import Story, as_rows, load_story, told_again
from harness.sut import Profile
from harness.system import System
from harness.verdict import Status, Verdict, worst
from harness.world import World, tell

_TURNS = 6  # operations that are alike, tried for a story


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One found case: the scenario and what it tried, the home, and what that showed.

    `likenesses` maps each fault to what its operation has in common with the same one in another run, see
    `harness.fault`.  `told` are the steps of a story; of a plain scenario there are none.  `claim` and `finding` are what
    failed, `wrong` the path of a migrator that makes the mistake, below the folder of the entry's own, if there is one.
    """

    scenario: Scenario
    claim: str
    finding: str
    root: str
    rows: list[list[Any]]
    contents: dict[str, str]  # of files, by digest: compressed, base64
    likenesses: dict[str, str]
    told: list[tuple[str, dict[str, Any]]] = []
    wrong: str = ""
    name: str = ""

    @property
    def home(self) -> Home:
        """The home as it lay."""
        held = {digest: zlib.decompress(b64decode(text)) for digest, text in self.contents.items()}
        return Home.from_manifest(self.root, self.rows, Blobs(held))


@dataclass(frozen=True, slots=True)
class Tried:
    """What an entry came to: the verdicts on its cases in which every fault came about, and how many there were in all."""

    verdicts: tuple[Verdict, ...]
    cases: int

    @property
    def void(self) -> bool:
        """Tells whether nothing was shown, as no fault of the entry came about."""
        return not self.verdicts

    @property
    def status(self) -> Status:
        """The worst verdict; unknown where nothing was shown."""
        return worst(verdict.status for verdict in self.verdicts)


def entry_of(scenario: Scenario, history: History, verdict: Verdict, *, wrong: str = "") -> Entry:
    """Returns the entry for a failing case; of a story its name is kept, and no path.

    Raises:
        ScenarioError: the case has not failed, or a file of its home is too large to be held.
    """
    failed = next((result for result in verdict.results if result.status is Status.FAIL), None)
    if failed is None:
        raise ScenarioError(f"{scenario.name}: the case does not fail; only found mistakes are kept")
    home, found = history.home, failed.findings[0]
    digests = {entry.digest for entry in home.entries.values() if entry.digest}
    if not all(digest in home.blobs for digest in digests):
        raise ScenarioError(f"{scenario.name}: a file of the home is too large to be kept")
    return Entry(
        scenario=msgspec.structs.replace(scenario, story=Path(scenario.story).name),
        claim=failed.claim,
        finding=f"{found.subject}: {found.found}",
        root=home.root,
        rows=home.manifest(),
        contents={
            digest: b64encode(zlib.compress(home.blobs[digest], 9)).decode() for digest in sorted(digests)
        },
        likenesses=dict(history.draft.get("likenesses", {})),
        told=[(name, dict(arguments)) for name, arguments in history.draft.get("steps", ())],
        wrong=wrong,
    )


def save_entry(entry: Entry, path: Path) -> None:
    """The entry is in a file."""
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in msgspec.to_builtins(entry).items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")


def load_entry(path: Path) -> Entry:
    """Returns the entry in a file, named after it.

    Raises:
        ScenarioError: the file is missing or holds no entry.
    """
    try:
        data = json.loads(path.read_text(encoding="ascii"))
        return msgspec.structs.replace(msgspec.convert(data, Entry), name=path.stem)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{path}: no entry of the corpus ({error})") from error


def load_corpus(folder: Path) -> list[Entry]:
    """Returns the entries of a folder, by name.

    Raises:
        ScenarioError: a file holds none.
    """
    return [load_entry(path) for path in sorted(folder.glob("*.json"))]


def try_again(
    entry: Entry, system: System, profile: Profile, session: Session, scenarios: Path = Path("scenarios")
) -> Tried:
    """Returns what the entry comes to with a migrator.

    Raises:
        ScenarioError: the home cannot lie in this sandbox, or the story is gone.
        SandboxError: the sandbox failed.
    """
    here = session.root_for(Path(entry.root).name)
    if entry.root != here:
        raise ScenarioError(
            f"{entry.name}: its home lies at {entry.root}, and this sandbox puts homes at {here}"
        )
    scenario, story = entry.scenario, None
    if entry.told:
        story = load_story(scenarios / scenario.story)[1]
    cases, verdicts = 0, list[Verdict]()
    for history in _histories(entry, story, system, profile, session):
        cases += 1
        if _came_about(history, entry):
            verdicts.append(judge_history(system, profile, scenario, history, story))
    return Tried(tuple(verdicts), cases)


def _came_about(history: History, entry: Entry) -> bool:
    landed = [event for event in history.events if event.kill and event.kill.landed]
    return len(landed) >= len(entry.likenesses)


def _histories(
    entry: Entry, story: Story | None, system: System, profile: Profile, session: Session
) -> Iterator[History]:
    if story is None:
        chosen = tuple(Chosen(fault_of(label), like) for label, like in entry.likenesses.items())
        random = Random(entry.name)  # noqa: S311 - not for secrets
        found = False
        for choice in (Choice(chosen), ALL):
            for events, met in Branches(system, entry.scenario, profile, session, random, choice).cases(
                entry.home
            ):
                if choice is not ALL and [one.likeness for one in met] != list(entry.likenesses.values()):
                    continue  # another operation that happens to have the number
                found = True
                yield History(entry.home, events, {"damage": []})
            if found or any(one.fault.kind != "power" for one in chosen):
                return
        return
    for turn in range(_TURNS):
        known = Known(entry.likenesses, turn)
        world = World(system, profile, session, entry.home, random=Random(turn), known=known)  # noqa: S311
        rows = as_rows(tell(story, world, told_again(entry.told)))
        yield History(entry.home, tuple(world.events), {"damage": [], "steps": rows})


def scenario_of(stored: Mapping[str, Any], scenarios: Path) -> Scenario:
    """Returns the scenario of a stored run; that of a story is read anew from its file among `scenarios`.

    Raises:
        ScenarioError: there is no such story any more.
    """
    scenario = msgspec.convert(stored, Scenario)
    return load_scenario(scenarios / Path(scenario.story).name) if scenario.story else scenario
