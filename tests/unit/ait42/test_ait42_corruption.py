"""Each corruption fits a rich home, does what it says, and the oracle sees it."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest

from harness.expectation import Expectation
from harness.home import Home
from harness.systems.ait42.corruption import CATALOGUE
from harness.systems.ait42.legacy import draw, write
from harness.systems.ait42.model import Shape
from harness.systems.ait42.oracle import expect

_RICH = Shape(workspaces=3, sessions=4, instances="1..3", messages="1..4", debates="none", twins="none")
_ON_DATABASE = {"database-torn", "database-overwritten", "database-of-two-names", "database-read-only"}
_SILENT = {"linked-folder", "no-folder", "no-legacy-root"}
_NAMES = sorted(CATALOGUE)


def _home(seed: int, name: str = "") -> Home:
    target = "used" if name in _ON_DATABASE else "none"
    shape = Shape(**{**{key: getattr(_RICH, key) for key in _RICH.__struct_fields__}, "target": target})
    state = draw(shape, seed)
    return write(state, state.root)


def _said(expected: Expectation) -> Counter[str | None]:
    issues = expected.tables.get("migration_issues", {}).values()
    fates = [fate.reason for fate in expected.fates]
    return Counter([*expected.refusals, *fates, *(row["reason"] for row in issues)])


def test_the_catalogue_is_rich_and_says_what_it_does() -> None:
    assert len(CATALOGUE) >= 80
    for name, corruption in CATALOGUE.items():
        assert corruption.name == name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert corruption.summary


@pytest.mark.parametrize("name", _NAMES)
def test_it_fits_rich_homes_and_the_oracle_sees_it(name: str) -> None:
    for seed in range(2):
        home = _home(seed, name)
        damaged = CATALOGUE[name].apply(home, Random(seed))
        assert damaged is not None
        assert any(home.changes_to(damaged))
        shows = CATALOGUE[name].shows
        before, after = _said(expect(home)), _said(expect(damaged))
        assert not shows or shows & after.keys()
        assert shows <= {"mapping", "legacy-generation"} or shows & (after - before).keys()


@pytest.mark.parametrize(
    "name", [name for name in _NAMES if not CATALOGUE[name].shows and name not in _SILENT]
)
def test_what_shows_nothing_keeps_every_session(name: str) -> None:
    home = _home(3)
    damaged = CATALOGUE[name].apply(home, Random(3))
    assert damaged is not None
    assert expect(damaged).tables["sessions"].keys() == expect(home).tables["sessions"].keys()


@pytest.mark.parametrize("name", _NAMES)
def test_it_depends_on_the_home_and_the_random_source_alone(name: str) -> None:
    home = _home(7, name)
    one, two = (CATALOGUE[name].apply(_home(7, name), Random(3)) for _ in range(2))
    assert one == two is not None
    assert home == _home(7, name)


@pytest.mark.parametrize("name", _NAMES)
def test_a_home_without_sessions_has_no_place_for_it(name: str) -> None:
    bare = Home.empty("/home/u")
    assert CATALOGUE[name].apply(bare, Random(1)) is None


def test_any_three_can_follow_one_another() -> None:
    random = Random(5)
    applied = 0
    for number in range(150):
        home = _home(number % 5)
        for name in random.sample(_NAMES, 3):
            damaged = CATALOGUE[name].apply(home, random)
            applied += damaged is not None
            home = damaged or home
        expect(home)
    assert applied > 250
