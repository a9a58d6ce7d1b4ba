"""A *scenario* is a declarative file: which homes, which steps, which claims; data only, judged by the registry."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.claims import CLAIMS
from harness.sut import Verb


class ScenarioError(ValueError):
    """A scenario file cannot be used; the message names the file, the place and what to do."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step: the migrator's verb, and an actor of the pack that was at work just before, or is meanwhile."""

    do: Verb
    meanwhile: str = ""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a file in ``scenarios/`` says.

    `shows` are the requirements that a pass shows.  `home` is the pack's shape.  `generator` is ``fields``
    (Hypothesis draws small homes field by field) or ``pool`` (one seed makes a home of any size).  `cases` is the
    number of homes tried; `claims` names the claims judged, all of them when empty.
    """

    summary: str
    system: str
    steps: list[Step]
    shows: list[str]
    home: dict[str, str | int | bool | list[str]] = {}
    generator: str = "fields"
    cases: int = 10
    claims: list[str] = []
    name: str = ""


def load_scenario(path: Path) -> Scenario:
    """Returns the scenario in a TOML file, named after the file.

    Raises:
        ScenarioError: the file is missing, not TOML, or has a wrong, misspelt or empty value.
    """
    try:
        scenario = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except OSError as error:
        raise ScenarioError(
            f"{path}: cannot be read ({error.strerror}); `harness list` shows what there is"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    unknown = sorted(set(scenario.claims) - CLAIMS.keys())
    if unknown:
        raise ScenarioError(
            f"{path}: no such claim: {', '.join(unknown)}; known are {', '.join(sorted(CLAIMS))}"
        )
    if not scenario.steps:
        raise ScenarioError(f"{path}: steps is empty; a scenario needs at least one step")
    if scenario.generator not in {"fields", "pool"}:
        raise ScenarioError(f"{path}: generator is {scenario.generator!r}; it may be 'fields' or 'pool'")
    if scenario.cases < 1:
        raise ScenarioError(f"{path}: cases is {scenario.cases}; at least one home must be tried")
    return msgspec.structs.replace(scenario, name=path.stem)


def scenario_paths(folder: Path) -> list[Path]:
    """Returns the scenario files of a folder, sorted by name."""
    return sorted(folder.glob("*.toml"))
