"""A run that changed rows of a database that others work in is taken out column by column."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from migrator import database, tables
from migrator.amendment import Amendment
from migrator.outcome import Refusal

Db = sqlite3.Connection
RUN = """
    UPDATE t SET a = 'ours', b = 'ours' WHERE id IN ('1', '2', '3');
    INSERT INTO t VALUES ('new', 'ours', 'ours', 0);
"""


@pytest.fixture
def old() -> Iterator[Db]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript("CREATE TABLE t (id TEXT PRIMARY KEY, a, b, c); CREATE TABLE log (x);")
        db.executemany("INSERT INTO t VALUES (?, 'old', 'old', 'old')", [("1",), ("2",), ("3",), ("4",)])
        yield db


def amended(old: Db, run: str, since: str) -> tuple[Db, Amendment, database.Contents]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    old.backup(db)
    found = tables.tables(db)
    tables.watch(db, found)
    db.executescript(run)
    left = {"contents": database.contents(db), "entangled": [], "deleted": tables.deleted(db, found)}
    kept: list[list[Any]] = [list(tables.inserted(db, found)), list(tables.changed(db, found))]
    for kind in ("trigger", "table"):
        for (name,) in db.execute(f"SELECT name FROM sqlite_temp_master WHERE type = '{kind}'").fetchall():
            db.execute(f"DROP {kind} temp.{name}")
    db.executescript(since)
    return db, Amendment(db, kept[0], left, kept[1], old), database.contents(db)


def test_what_only_the_run_wrote_is_put_back_and_what_others_wrote_stays(old: Db) -> None:
    db, removal, holds = amended(
        old, RUN, "UPDATE t SET b = 'theirs' WHERE id = '2'; DELETE FROM t WHERE id = '3'"
    )
    with closing(db):
        removal.admit(holds)
        removal.try_out()
        assert database.contents(db) == holds
        assert list(removal.lost()) == [("t", {"id": "2", "a": "ours", "b": "theirs", "c": "old"})]
        db.execute("BEGIN")
        removal.perform()
        db.execute("COMMIT")
        assert db.execute("SELECT * FROM t ORDER BY id").fetchall() == [
            ("1", "old", "old", "old"),
            ("2", "old", "theirs", "old"),
            ("4", "old", "old", "old"),
        ]


def test_its_rows_can_be_told_while_nobody_has_changed_them(old: Db) -> None:
    db, removal, _ = amended(old, RUN, "UPDATE t SET c = 'theirs' WHERE id = '1'")
    with closing(db):
        assert (removal.present, removal.unchanged) == (3, 3)


@pytest.mark.parametrize(
    "run", ["DELETE FROM t WHERE id = '1'", "INSERT INTO log VALUES (1); UPDATE log SET x = 2"]
)
def test_a_run_that_did_what_cannot_be_undone_by_rows_is_not_taken_out(old: Db, run: str) -> None:
    db, removal, holds = amended(old, run, "INSERT INTO t VALUES ('theirs', 1, 2, 3)")
    with closing(db), pytest.raises(Refusal, match="deleted rows") as refused:
        removal.admit(holds)
    assert refused.value.code == "NEW_DATA"
