"""Each corruption fits a rich home, changes it as it says, and leaves an empty one alone."""

from __future__ import annotations

import json
import re
from functools import cache
from random import Random

import pytest

from harness.home import Home
from harness.systems.ao import places
from harness.systems.ao.corruption import CATALOGUE
from harness.systems.ao.legacy import draw, write
from harness.systems.ao.model import Shape
from harness.systems.ao.oracle import expect

_RICH = Shape(projects=3, sessions=20, transcripts="all", terminated="0.2")
_NAMES = sorted(CATALOGUE)
_OURS = (
    ".agent-orchestrator",
    ".claude/projects/",
    "code/",
    ".ao/",
    ".local/",
    ".config/agent-orchestrator/",
    "agent-orchestrator.yml",
)
_CODES = set(
    re.findall(
        r"[\w-]+",
        """terminal empty-file corrupt-copy leftover transcript-missing corrupt-json not-an-object not-a-regular-file
        unreadable invalid-session-id invalid-project-id invalid-entry no-project no-path path-escapes-home
        path-already-registered id-taken-by-other-project duplicate-source degraded-project transcript-conflict
        num-reassigned unknown-harness unsafe-resume-id unknown-state lossy-permission bad-timestamp replaced-text dotted-id
        stopped-by-ao-stop CONFIG_INVALID NO_ACCESS DB_INVALID too-large not-a-folder archived migrated-dir not-migrated""",
    )
)


def _home(seed: int, shape: Shape = _RICH) -> Home:
    state = draw(shape, seed)
    return write(state, state.root)


@cache
def _rich(seed: int) -> Home:
    return _home(seed)


def _changed(before: Home, after: Home | None) -> list[str]:
    assert after is not None
    return [change.path for change in before.changes_to(after, times=True)]


def test_the_catalogue_names_known_codes_and_sentences() -> None:
    assert len(CATALOGUE) >= 80
    for name, corruption in CATALOGUE.items():
        assert corruption.name == name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert corruption.summary
        assert corruption.shows <= _CODES
    assert {code for corruption in CATALOGUE.values() for code in corruption.shows} == _CODES


@pytest.mark.parametrize("name", _NAMES)
def test_it_fits_rich_homes_and_changes_legacy_files_only(name: str) -> None:
    for seed in range(5):
        home = _rich(seed)
        damaged = CATALOGUE[name].apply(home, Random(seed))
        changed = _changed(home, damaged)
        assert changed
        assert all(path == "." or f"{path}/".startswith(_OURS) for path in changed)


@pytest.mark.parametrize("name", [name for name in _NAMES if CATALOGUE[name].shows])
def test_the_oracle_names_what_it_shows(name: str) -> None:
    """In one of a few homes: a record may have shown it before."""
    named: set[str | None] = set()
    for seed in (3, 4, 5):
        home, before = CATALOGUE[name].apply(_rich(seed), Random(seed)), expect(_rich(seed))
        assert home is not None
        found = expect(home)
        named |= {fate.reason for fate in found.fates} | found.refusals
        named |= {note.reason for note in (found.notes or set()) - (before.notes or set())}
        if named & CATALOGUE[name].shows:
            return
    pytest.fail(f"{named} has none of {CATALOGUE[name].shows}")


@pytest.mark.parametrize("name", _NAMES)
def test_it_depends_on_the_home_and_the_random_source_alone(name: str) -> None:
    home = _rich(7)
    one, two = (CATALOGUE[name].apply(_home(7), Random(3)) for _ in range(2))
    assert one == two
    assert one is not None
    assert home == _home(7)
    for path, entry in one.entries.items():
        assert entry.kind != "file" or len(one.content(path)) == entry.size


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize(
    "home", [Home.empty("/home/u"), _home(1, Shape(projects=0, user="u"))], ids=["bare", "none"]
)
def test_a_home_without_sessions_has_no_place_for_it(name: str, home: Home) -> None:
    assert CATALOGUE[name].apply(home, Random(1)) is None


@pytest.mark.parametrize("shape", [Shape(projects=1, sessions=1), Shape(projects=2, sessions=3, forms="v1")])
def test_any_can_follow_one_another(shape: Shape) -> None:
    random = Random(5)
    applied = 0
    for number in range(300):
        home = _home(number % 5, shape)
        for name in random.sample(_NAMES, 2 + number % 7):
            damaged = CATALOGUE[name].apply(home, random)
            applied += damaged is not None
            home = damaged or home
    assert applied > 50


def _damaged(name: str, seed: int = 2) -> tuple[Home, str]:
    """Returns the damaged home and the one path that it changed."""
    home = _home(seed)
    damaged = CATALOGUE[name].apply(home, Random(seed))
    (path,) = _changed(home, damaged)
    assert damaged is not None
    return damaged, path


@pytest.mark.parametrize("name", ["truncated-json", "raw-nul", "too-deep"])
def test_broken_records_cannot_be_parsed(name: str) -> None:
    home, path = _damaged(name)
    with pytest.raises((ValueError, RecursionError)):
        json.loads(home.content(path))


def test_nan_is_what_lenient_readers_accept() -> None:
    home, path = _damaged("nan-literal")
    assert b": NaN" in home.content(path)
    assert isinstance(json.loads(home.content(path)), dict)


@pytest.mark.parametrize(
    ("name", "times"), [("double-encoded-lifecycle", 2), ("triple-encoded-lifecycle", 3)]
)
def test_a_lifecycle_is_wrapped_as_often_as_it_says(name: str, times: int) -> None:
    home, path = _damaged(name)
    value = json.loads(home.content(path))["lifecycle"]
    for _ in range(times):
        assert isinstance(value, str)
        value = json.loads(value)
    assert value["version"] == 2


def test_of_duplicate_keys_the_last_is_the_right_one() -> None:
    home, path = _damaged("duplicate-keys")
    text = home.content(path).decode()
    assert text.count('\n  "branch": ') == 2
    assert json.loads(text)["branch"] == json.loads(_home(2).content(path))["branch"] != "wrong/branch"


def test_texts_that_are_no_utf_8_keep_the_rest_of_the_record() -> None:
    home, path = _damaged("latin-1")
    with pytest.raises(UnicodeDecodeError):
        home.content(path).decode()
    assert json.loads(home.content(path).decode("latin-1"))["displayName"] == "café"
    home, path = _damaged("lone-surrogate")
    assert json.loads(home.content(path))["displayName"] == "half \ud83d pair"


def test_key_value_lines_hold_every_field() -> None:
    home, path = _damaged("key-value-in-json")
    lines = home.content(path).decode().splitlines()
    before = json.loads(_home(2).content(path))
    assert [line.partition("=")[0] for line in lines] == list(before)
    assert lines[0] == f"worktree={before['worktree']}"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("session-is-directory", "dir"), ("session-is-symlink-out", "link"), ("session-is-fifo", "fifo")],
)
def test_something_else_lies_in_the_place_of_a_record(name: str, kind: str) -> None:
    home = _home(2)
    damaged = CATALOGUE[name].apply(home, Random(2))
    path = _changed(home, damaged)[0]
    assert damaged is not None
    assert damaged.entries[path].kind == kind
    assert kind != "link" or damaged.relative(damaged.entries[path].target) is None


def test_an_unregistered_project_keeps_its_live_sessions() -> None:
    for shape in (_RICH, Shape(projects=1, sessions=6, terminated="none")):
        home = _home(3, shape)
        damaged = CATALOGUE["no-registry-entry"].apply(home, Random(1))
        assert damaged is not None
        gone = {entry.id for entry in places.entries(home)} - {entry.id for entry in places.entries(damaged)}
        (project,) = gone
        assert any(
            path.startswith(f".agent-orchestrator/projects/{project}/sessions/") for path in damaged.entries
        )
        assert project not in damaged.content(places.CONFIG).decode()


@pytest.mark.parametrize("name", ["invalid-project-id", "dotted-project-id"])
def test_a_renamed_project_takes_its_folder_along(name: str) -> None:
    home = _home(3)
    damaged = CATALOGUE[name].apply(home, Random(1))
    assert damaged is not None
    (new,) = {entry.id for entry in places.entries(damaged)} - {entry.id for entry in places.entries(home)}
    folders = damaged.children(".agent-orchestrator/projects")
    assert new in folders
    assert len(folders) == len(home.children(".agent-orchestrator/projects"))


def test_the_same_id_stands_in_two_registered_projects() -> None:
    home = _home(3)
    damaged = CATALOGUE["same-id-in-two-projects"].apply(home, Random(1))
    (copy,) = _changed(home, damaged)
    name = copy.rpartition("/")[2]
    assert damaged is not None
    assert sum(path.endswith(f"/sessions/{name}") for path in damaged.entries) == 2


def test_a_conflicting_conversation_lies_where_the_rewrite_looks() -> None:
    home = _home(3)
    damaged = CATALOGUE["transcript-conflict"].apply(home, Random(1))
    path = _changed(home, damaged)[-1]
    assert "--ao-data-worktrees-" in path
    uuid = path.rpartition("/")[2]
    assert sum(name.endswith(uuid) for name in home.entries) == 1


def test_an_ended_record_is_never_taken_where_only_a_live_one_shows_the_reason() -> None:
    home = _home(4, Shape(projects=2, sessions=9, terminated="all"))
    for name in (
        "unsafe-resume-id",
        "unknown-state",
        "poison-timestamp",
        "same-id-in-two-projects",
        "latin-1",
    ):
        assert CATALOGUE[name].apply(home, Random(1)) is None
