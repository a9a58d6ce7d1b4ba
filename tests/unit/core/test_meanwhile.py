"""Others at work while a step is: their files, or their work in a database, and what the step must be measured by."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from handwritten import event, evidence

from harness import sqlite_work
from harness.claims import CLAIMS
from harness.history import Kill
from harness.home import Home
from harness.meanwhile import theirs_in
from harness.sqlite_work import Work
from harness.stored import RawTable, Stored
from harness.system import Actor, System


def database(folder: Path, *rows: str) -> Home:
    """A home with a database `a.db` of one table, whose trigger notes when each row came."""
    path = folder / f"{len(list(folder.iterdir()))}.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text, at)")
        connection.executemany("INSERT INTO notes (text) VALUES (?)", [(row,) for row in rows])
    return Home.empty("/home/u").with_file("a.db", path.read_bytes(), mtime_ns=5)


def works(connection: sqlite3.Connection) -> bool:
    (count,) = connection.execute("SELECT count(*) FROM notes").fetchone()
    connection.execute("INSERT INTO notes (text, at) VALUES (?, ?)", (f"theirs {count}", b"\0\1"))
    connection.execute("UPDATE notes SET text = text || '!' WHERE id = 1")
    return True


def deed(home: Home, _: Sequence[str]) -> Home | None:
    return sqlite_work.closed(home, "a.db", works)


ACTOR = Actor("works", (), frozenset(), deed, lambda _: Work("a.db", works, "2001"))


def rows(home: Home) -> Stored:
    content = home.content("a.db")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        found = connection.execute("SELECT * FROM notes").fetchall()
    return Stored({"notes": RawTable(["id", "text", "at"], ["id"], found)}, files=frozenset({"a.db"}))


class Pack:
    """As far as it is asked here."""

    read_stored = staticmethod(rows)


def test_work_in_a_database_is_told_as_its_statements_with_their_values(tmp_path: Path) -> None:
    theirs = theirs_in(ACTOR, database(tmp_path, "one"), ())
    assert theirs is not None
    assert (theirs.paths, theirs.database) == (("a.db",), "a.db")
    assert theirs.orders["files"] == []
    assert theirs.orders["work"] == {
        "path": "a.db",
        "statements": [
            ("INSERT INTO notes (text, at) VALUES (?, ?)", ["theirs 1", {"hex": "0001"}]),
            ("UPDATE notes SET text = text || '!' WHERE id = 1", []),
        ],
        "now": "2001",
    }


def test_without_a_database_there_is_no_place_for_it_and_a_change_of_files_is_one_of_files(
    tmp_path: Path,
) -> None:
    assert theirs_in(ACTOR, Home.empty("/home/u"), ()) is None
    theirs = theirs_in(replace(ACTOR, works=None), database(tmp_path, "one"), ())
    assert theirs is not None
    assert theirs.paths == ("a.db",)
    assert "work" not in theirs.orders
    assert theirs_in(Actor("holds", (), frozenset()), database(tmp_path, "one"), ()) is None


def test_a_store_that_holds_what_they_left_may_lie_otherwise_in_its_file(tmp_path: Path) -> None:
    before, system = database(tmp_path, "one"), cast("System", Pack())
    theirs = theirs_in(ACTOR, before, ())
    assert theirs is not None
    same = theirs.home.with_file("a.db", vacuumed(theirs.home.content("a.db"), tmp_path), mtime_ns=9)
    assert theirs.after(system, same).entries["a.db"] == same.entries["a.db"]
    other = database(tmp_path, "one", "another")
    assert theirs.after(system, other).entries["a.db"] == theirs.home.entries["a.db"]


def vacuumed(content: bytes, folder: Path) -> bytes:
    path = folder / "again.db"
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    return path.read_bytes()


def judged(after: Home, home: Home, theirs: Home) -> list[Any]:
    kill = Kill(0.0, landed=True, fault="own-work@3", operation="mkdir x", theirs=("a.db",))
    done = replace(event(theirs, after), kill=kill, meanwhile="own-work")
    found = evidence(done)
    found = replace(found, history=replace(found.history, home=home), read_stored=rows)
    return [(one.subject, one.found) for one in CLAIMS["others-writes-told"].check(found)]


def test_a_row_of_theirs_must_be_there_under_whatever_number(tmp_path: Path) -> None:
    before = database(tmp_path, "one")
    theirs = deed(before, ())
    assert theirs is not None
    assert judged(theirs, before, theirs) == []
    renumbered = edited(theirs, "UPDATE notes SET id = 9 WHERE id = 2")
    assert judged(renumbered, before, theirs) == []
    gone = edited(theirs, "DELETE FROM notes WHERE id = 2")
    assert judged(gone, before, theirs) == [("notes [2]", "no such row")]
    ((subject, _),) = judged(edited(theirs, "UPDATE notes SET text = 'one' WHERE id = 1"), before, theirs)
    assert subject == "notes [1]"


def edited(home: Home, statement: str) -> Home:
    def change(connection: sqlite3.Connection) -> bool:
        connection.execute(statement)
        return True

    found = sqlite_work.closed(home, "a.db", change)
    assert found is not None
    return found
