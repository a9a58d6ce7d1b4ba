"""A *scenario* is a declarative file: which homes, which steps, which claims.  Where its steps are drawn, it is a story."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Literal

import msgspec

from harness.claims import CLAIMS
from harness.fault import ERRORS, fault_of
from harness.story import Story, StoryError, load_story
from harness.sut import Verb

_BEFALL = ("kill", "error", "short", "power", "during", "disk", "inodes", "memory", "clock", "fault")


class ScenarioError(ValueError):
    """A scenario file cannot be used; the message names the file, the place and what to do."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step: the migrator's verb, and an actor of the pack that was at work just before, or is meanwhile.

    With `kill` ``random``, all its processes get SIGKILL at a moment that the case's seed stands for; with
    ``each-write`` just before an operation that may change the home, each one in turn, and the steps that follow are
    taken anew each time.  With `error` ``each`` operations fail instead, with each error in turn (or with the one it names), once and from there on;
    with `short` ``each`` writes are cut in half.  With `power` the machine loses its power before an operation, and what is
    left is a state that the file system ``strict`` or ``ext4`` allows, see `harness.power`.  With `during` an actor of the pack writes while the step is at work, just
    before one of its operations; with ``another-run`` the same command is begun once more there.  With `disk` ``sweep`` there is
    too little room from the start, each amount in turn, and with ``fills`` others fill the disk up just before one of the
    operations; `inodes` and `memory` ``sweep`` likewise, see `harness.scarcity`.  With `clock` ``each`` the wall clock is stepped back or ahead just before an operation.  Of these faults `points` are tried on a home, chosen by the case's
    seed; 0 means all.  `fault` names a single one, see `harness.fault`.

    In a step of ``store`` so many `clients` have so many `operations` each; there a kill is that of one client, and with
    ``cut`` its input breaks off in the middle of a request.  In a step of ``query`` one client has `operations` questions.
    """

    do: Verb
    meanwhile: str = ""
    kill: Literal["", "random", "each-write", "cut"] = ""
    error: str = ""
    short: Literal["", "each"] = ""
    power: Literal["", "strict", "ext4"] = ""
    during: str = ""
    disk: Literal["", "sweep", "fills"] = ""
    inodes: Literal["", "sweep"] = ""
    memory: Literal["", "sweep"] = ""
    clock: Literal["", "each"] = ""
    fault: str = ""
    points: int = 0
    clients: int = 1
    operations: int = 6

    @property
    def branches(self) -> bool:
        """Tells whether the step is taken again and again, each time with another fault."""
        lacks = self.disk or self.inodes or self.memory
        return self.kill == "each-write" or bool(
            self.error or self.short or self.power or self.during or self.clock or lacks
        )

    @property
    def supervised(self) -> bool:
        """Tells whether faults have to be placed at its operations."""
        if self.fault:
            return not fault_of(self.fault).lack
        return self.branches and "sweep" not in {self.disk, self.inodes, self.memory}

    def undisturbed(self) -> Step:
        """Returns the same step with nothing that befalls it."""
        return msgspec.structs.replace(self, points=0, **dict.fromkeys(_BEFALL, ""))

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be had together."""
        befalls = [name for name in _BEFALL if getattr(self, name)]
        if len(befalls) > 1:
            raise ValueError(f"a step of {self.do} has {' and '.join(befalls)}; use a scenario for each")
        if self.points < 0 or (self.points and not self.branches):
            raise ValueError(
                f"a step of {self.do} has points = {self.points}; it is a number from 1 up beside kill = 'each-write', "
                "error, short, power, during, disk, inodes, memory or clock"
            )
        if self.fault:
            fault_of(self.fault)
        if self.error not in {"", "each", *ERRORS}:
            raise ValueError(f"error is {self.error!r}; it may be 'each' or one of {', '.join(ERRORS)}")
        if befalls and befalls != ["kill"] and self.meanwhile:
            raise ValueError(f"a step of {self.do} has both {befalls[0]} and meanwhile; use two steps")
        if self.do == "store":
            self._check_clients()
            return
        if self.do == "query" and self.clients == 1 and 1 <= self.operations <= 100 and not self.kill:
            return
        if self.kill == "cut" or (self.clients, self.operations) != (1, 6):
            raise ValueError(f"a step of {self.do} has clients, operations or a cut, which only store has")
        if self.kill and self.meanwhile:
            raise ValueError(
                f"a step of {self.do} has both kill and meanwhile; use two steps, as nobody else is at work when one is killed"
            )

    def _check_clients(self) -> None:
        if not (1 <= self.clients <= 4 and 1 <= self.operations <= 100):
            raise ValueError("a step of store has from 1 to 4 clients with from 1 to 100 operations each")
        if self.branches or self.fault:
            raise ValueError("a step of store can have kill = 'random' or 'cut', and no other faults")


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a file in ``scenarios/`` says.

    `shows` are the requirements that a pass shows.  `home` is the pack's shape.  `generator` is ``fields``
    (Hypothesis draws small homes field by field) or ``pool`` (one seed makes a home of any size).  `cases` is the
    number of homes tried; `claims` names the claims judged, all of them when empty.  `profile` names one of the pack's
    profiles that the scenario is about, such as the migrator with an option; a gate over another migrator leaves it out.  `story` is the path of the
    Python file that draws the steps; then `steps` is empty.
    """

    summary: str
    system: str
    steps: list[Step]
    shows: list[str]
    home: dict[str, str | int | bool | list[str]] = {}
    generator: str = "fields"
    cases: int = 10
    claims: list[str] = []
    profile: str = ""
    name: str = ""
    story: str = ""

    def with_every_fault(self) -> Scenario:
        """Returns the scenario with every fault of its first step that has any.

        The faults of later steps, which multiply with them, are still sampled, anew for each of the first.
        """
        first = next((number for number, step in enumerate(self.steps) if step.branches), -1)
        steps = [
            msgspec.structs.replace(step, points=0) if number == first else step
            for number, step in enumerate(self.steps)
        ]
        return msgspec.structs.replace(self, steps=steps)


def load_scenario(path: Path) -> Scenario:
    """Returns the scenario in a TOML file, or in the Python file of a story, named after the file.

    Raises:
        ScenarioError: the file is missing, not TOML or a story, or has a wrong, misspelt or empty value.
    """
    scenario = _of_story(path) if path.suffix == ".py" else _of_data(path)
    unknown = sorted(set(scenario.claims) - CLAIMS.keys())
    if unknown:
        raise ScenarioError(
            f"{path}: no such claim: {', '.join(unknown)}; known are {', '.join(sorted(CLAIMS))}"
        )
    if not scenario.steps and not scenario.story:
        raise ScenarioError(f"{path}: steps is empty; a scenario needs at least one step")
    if scenario.generator not in {"fields", "pool"}:
        raise ScenarioError(f"{path}: generator is {scenario.generator!r}; it may be 'fields' or 'pool'")
    if scenario.cases < 1:
        raise ScenarioError(f"{path}: cases is {scenario.cases}; at least one home must be tried")
    return msgspec.structs.replace(scenario, name=path.stem)


def _of_data(path: Path) -> Scenario:
    try:
        scenario = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except OSError as error:
        raise ScenarioError(
            f"{path}: cannot be read ({error.strerror}); `harness list` shows what there is"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    if scenario.story:
        raise ScenarioError(f"{path}: story names another file; a story is run by its own name")
    return scenario


def _of_story(path: Path) -> Scenario:
    try:
        summary, story = load_story(path)
        said = {
            name: getattr(story, name) for name in ("system", "shows", "home", "cases", "generator", "claims")
        }
        return msgspec.convert({"summary": summary, "steps": [], "story": str(path), **said}, Scenario)
    except StoryError as error:
        raise ScenarioError(str(error)) from error
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{path}: {error}") from error


def story_of(scenario: Scenario) -> Story | None:
    """Returns the story that draws the scenario's steps, or None where its file says them.

    Raises:
        ScenarioError: the story's file is gone, or cannot be used any more.
    """
    if not scenario.story:
        return None
    try:
        return load_story(Path(scenario.story))[1]
    except StoryError as error:
        raise ScenarioError(str(error)) from error


def scenario_paths(folder: Path) -> list[Path]:
    """Returns the scenario files of a folder, sorted by name."""
    return sorted([*folder.glob("*.toml"), *folder.glob("*.py")], key=lambda path: path.stem)


def find_scenario(named: str, folder: Path) -> Path:
    """Returns the scenario file that a name or a path stands for.

    Raises:
        ScenarioError: there is none.
    """
    if named.endswith((".toml", ".py")):
        if not Path(named).is_file():
            raise ScenarioError(f"no such file: {named}")
        return Path(named)
    paths = {path.stem: path for path in scenario_paths(folder)}
    if named not in paths:
        near = difflib.get_close_matches(named, paths, n=5, cutoff=0.5)
        known = f"; near to it are: {', '.join(near)}" if near else ""
        more = f"; `harness list scenarios` names all {len(paths)}" if paths else ", nor any other"
        raise ScenarioError(f"no such scenario in {folder}/: {named}{known}{more}")
    return paths[named]
