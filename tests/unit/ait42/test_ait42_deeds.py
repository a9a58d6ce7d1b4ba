"""What others do between two steps changes what it says, nothing else, and never the same home twice differently."""

from __future__ import annotations

import pytest
from test_ait42_oracle_soundness import database

from harness.home import Home
from harness.systems.ait42.deeds import ACTORS
from harness.systems.ait42.legacy import draw, write
from harness.systems.ait42.model import Shape
from harness.systems.ait42.oracle import expect, read_target, target_problems

KEEPS = (".local/state/migrator",)
IN_FILES = sorted(name for name in ACTORS if name.startswith("legacy-"))
IN_DATABASE = [
    "changed-rows",
    "deleted-rows",
    "new-work",
    "own-work",
    "renamed-task",
    "schema-moved",
    "tampering",
    "work-in-log",
]


def rich() -> Home:
    state = draw(Shape(workspaces=2, sessions=3, instances=2, messages=2, user="u"), 1)
    return write(state, state.root)


def changed(before: Home, after: Home | None) -> set[str]:
    assert after is not None
    return {change.path for change in before.changes_to(after, times=True)}


def done(name: str, home: Home) -> Home | None:
    does = ACTORS[name].does
    assert does is not None
    return does(home, KEEPS)


def test_every_actor_is_tested_here() -> None:
    holders = {"idle-connection", "read-transaction", "write-transaction"}
    assert ACTORS.keys() == {*IN_FILES, *IN_DATABASE, *holders, "damaged-backup"}
    for name in holders:
        assert done(name, rich()) is None
        assert done(name, database()) == database()


@pytest.mark.parametrize("name", IN_FILES)
def test_work_in_files_changes_one_session_file(name: str) -> None:
    home = rich()
    (path,) = changed(home, done(name, home))
    assert path.startswith(".ait42/sessions/")
    assert done(name, home) == done(name, rich())
    after = done(name, home)
    assert after is not None
    assert (expect(after).outcome == "partial") is (name == "legacy-file-corrupted")
    assert expect(after).tables != expect(home).tables


@pytest.mark.parametrize("name", IN_DATABASE)
def test_work_in_the_database_changes_it_and_nothing_else(name: str) -> None:
    home = database()
    after = done(name, home)
    assert changed(home, after) <= {".ait42/sessions.db", ".ait42/sessions.db-wal"}
    assert after is not None
    assert read_target(after) != read_target(home)
    assert [p for p in target_problems(after) if "schema_version" not in p] == []
    assert done(name, rich()) is None


def test_a_damaged_backup_is_one_that_is_kept() -> None:
    home = (
        rich().with_file(f"{KEEPS[0]}/ait42/run/backup.tar", b"0123456789").with_file(f"{KEEPS[0]}/x", b"ab")
    )
    assert changed(home, done("damaged-backup", home)) == {f"{KEEPS[0]}/ait42/run/backup.tar"}
    assert done("damaged-backup", rich()) is None
