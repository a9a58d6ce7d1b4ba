"""Each corruption fits a rich home, does what it says, and the oracle sees it."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest

from harness.expectation import Expectation
from harness.home import Home
from harness.systems.session_buddy.corruption import CATALOGUE
from harness.systems.session_buddy.legacy import draw, write
from harness.systems.session_buddy.model import DATABASE, Journal, Shape, Version4
from harness.systems.session_buddy.oracle import expect

_NAMES = sorted(CATALOGUE)
_OF_VERSION_4 = {"incomplete", "key-violation"}
_JOURNALS: dict[str, Journal] = {"torn-log": "wal-pending", "killed-write": "delete"}


def _home(seed: int, name: str = "") -> Home:
    version_4: Version4 = "complete" if name in _OF_VERSION_4 else "none"
    shape = Shape(
        skills=4,
        sessions=4,
        made="manager",
        version_4=version_4,
        journal=_JOURNALS.get(name, "wal"),
        user="u",
    )
    state = draw(shape, seed)
    return write(state, state.root)


def _expected(home: Home) -> Expectation:
    return expect(home, frozenset())


def _said(expected: Expectation) -> Counter[str | None]:
    return Counter([*expected.refusals, *(fate.reason for fate in expected.fates)])


def test_the_catalogue_is_rich_and_says_what_it_does() -> None:
    assert len(CATALOGUE) >= 60
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
        assert _expected(home).outcome == "done"
        before, after = _said(_expected(home)), _said(_expected(damaged))
        assert not shows or shows & (after - before).keys()
        assert shows or _expected(damaged).outcome == "done"


@pytest.mark.parametrize("name", _NAMES)
def test_it_depends_on_the_home_and_the_random_source_alone(name: str) -> None:
    home = _home(7, name)
    one, two = (CATALOGUE[name].apply(_home(7, name), Random(3)) for _ in range(2))
    assert one == two is not None
    assert home == _home(7, name)


@pytest.mark.parametrize("name", _NAMES)
def test_a_home_without_a_database_has_no_place_for_it(name: str) -> None:
    assert CATALOGUE[name].apply(Home.empty("/home/u"), Random(1)) is None


def test_any_three_can_follow_one_another() -> None:
    random = Random(5)
    applied = 0
    for number in range(100):
        home = _home(number % 5)
        for name in random.sample(_NAMES, 3):
            damaged = CATALOGUE[name].apply(home, random)
            applied += damaged is not None
            home = damaged or home
        _expected(home)
    assert applied > 150


def test_a_link_takes_the_log_along() -> None:
    home = _home(1, "torn-log")
    damaged = CATALOGUE["linked"].apply(home, Random(1))
    assert damaged is not None
    assert damaged.entries[DATABASE].kind == "link"
    assert _expected(damaged).tables == _expected(home).tables
