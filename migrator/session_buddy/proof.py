"""Proving that version 4 is there and works, and that nothing else changed; all on a private copy.

Row for row what a run wrote is compared with the digests that it kept. While the run is not yet done nobody else can
have been at work, so that all else must be equal to what was there before, too.
"""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from migrator import tables
from migrator.amendment import CHANGED
from migrator.database import Contents, contents, damage, quoted
from migrator.journal import MADE, Run
from migrator.progress import Say
from migrator.session_buddy import ddl, shape
from migrator.session_buddy.state import strays

TRIAL = "migrator-trial"
OLD_VIEWS = ddl.BEFORE["view"].split()
OTHERS = f"SELECT * FROM skill_migrations WHERE version <> '{ddl.VERSION}' ORDER BY version, applied_at"


def kept(db: sqlite3.Connection, names: Iterable[str]) -> Iterator[tuple[str, list[Any], str]]:
    """Table, key and digest of each row of these tables."""
    found = tables.tables(db)
    for name in names:
        if name in found:
            key = ", ".join(found[name].key)
            rows = db.execute(f"SELECT {key}, * FROM main.{name}")
            width = len(found[name].key)
            for row in rows:
                if not any(isinstance(value, bytes) for value in row[:width]):
                    yield name, list(row[:width]), tables.digest(row[width:])


def before(db: sqlite3.Connection, apart: Iterable[str]) -> dict[str, str]:
    """Digests of what a run must leave: the schema `apart` from what it makes, and the record of the earlier versions."""
    made = {*apart}
    order = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    rows = [
        row for row in db.execute(order) if row[1] not in made and not (row[2] in made and row[3] is None)
    ]
    versions = db.execute(OTHERS).fetchall()
    return {
        what: hashlib.sha256(repr(found).encode()).hexdigest()
        for what, found in (("schema", rows), ("versions", versions))
    }


def meddling(db: sqlite3.Connection) -> list[str]:
    """Triggers of somebody else on the tables that a run writes to."""
    written = {"skill_migrations", *ddl.TABLES}
    found = db.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    return [name for name, table in found if table.lower() in written and name.lower() not in ddl.UP]


def unread(db: sqlite3.Connection, views: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Which of these views cannot be read, and why."""
    yield from _tried_out(db, views, "")


def uncompiled(db: sqlite3.Connection, views: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Which of these views SQLite does not understand; those that it does show what their tables give."""
    yield from _tried_out(db, views, "EXPLAIN ")


def _tried_out(db: sqlite3.Connection, views: Iterable[str], how: str) -> Iterator[tuple[str, str]]:
    for name in views:
        try:
            db.execute(f"{how}SELECT * FROM {name}").fetchone()
        except sqlite3.Error as error:
            yield name, f"cannot be read: {error}"


def faults(db: sqlite3.Connection, runs: list[Run], say: Say) -> Iterator[tuple[str, str]]:
    """What of the runs, newest first, is not as they left it, and what does not work."""
    filled = runs[0].find("filled")
    if not filled:
        return
    wrong = [(name, found) for name, found in shape.examined(db).items() if found != shape.EQUAL]
    yield from ((name, f"is {found}") for name, found in wrong)
    yield from _rows(db, runs, say)
    problems = damage(db)
    yield from (("database", problem) for problem in problems)
    if wrong or problems:
        return
    yield from unread(db, ddl.VIEWS)
    if not runs[0].find("done"):
        yield from _changed(db, runs[0])
        yield from _trial(db)


def _rows(db: sqlite3.Connection, runs: list[Run], say: Say) -> Iterator[tuple[str, str]]:
    found, seen = tables.tables(db), set[str]()
    for run in runs:
        for name, key, digests in say.counted(_written(run)):
            if (mark := json.dumps([name, key])) in seen:
                continue
            if run is not runs[-1]:
                seen.add(mark)
            if name not in found:
                yield name, "missing"
                return
            where = " AND ".join(f"{column} = ?" for column in found[name].key or found[name].handle)
            row = db.execute(f"SELECT * FROM main.{name} WHERE {where}", key).fetchone()
            if row is None:
                yield f"{name} {key}", "missing"
            elif digests != (
                tables.digest(row) if isinstance(digests, str) else [tables.digest((v,)) for v in row]
            ):
                yield f"{name} {key}", "not as it was written"


def _written(run: Run) -> Iterator[Any]:
    """Table, key and digest; of a row that was there before, the digests of its columns."""
    for name in (MADE, CHANGED) if run.find("filled") else ():
        yield from run.kept(name)
    yield from run.written()


def _changed(db: sqlite3.Connection, run: Run) -> Iterator[tuple[str, str]]:
    """What is not as it was before the run, beside what the run is for."""
    filled = run.find("filled")
    yield from moved(db, run.find("begin")["contents"], filled["before"], filled["apart"])
    yield from (one for one in uncompiled(db, OLD_VIEWS) if one[0] not in filled["unread"])
    if (more := strays(db) - filled["strays"]) > 0:
        yield "database", f"{more} new rows point to nothing"


def moved(
    db: sqlite3.Connection, was: Contents, earlier: dict[str, str], apart: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """What of all that a run must leave is not as it was; `earlier` is what `before` said."""
    now = contents(db)
    for what, digest in before(db, apart).items():
        if digest != earlier[what]:
            yield what, "what was there before is not the same"
    for table in _untouched(was):
        if was[table] != now.get(table):
            yield table, "is not as it was"


def _untouched(was: Contents) -> Iterator[str]:
    return (
        name for name in was if name.lower() not in {"", "sqlite_sequence", "skill_migrations", *ddl.TABLES}
    )


def _trial(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """An invocation of a known skill, and one of a new skill, go in as they did before."""
    db.execute("PRAGMA foreign_keys=ON")
    known = db.execute(
        "SELECT skill_name FROM skill_metrics WHERE typeof(skill_name) = 'text' LIMIT 1"
    ).fetchone()
    for skill in [*(known or ()), TRIAL]:
        if (wrong := _tried(db, skill)) and not _tried(db, skill, without="trg_metrics_cache_after_insert"):
            yield "trial", f"an invocation of {skill}: {wrong}"


def _tried(db: sqlite3.Connection, skill: str, *, without: str = "") -> str | None:
    """What goes wrong."""
    total = "SELECT total(total_invocations) FROM skill_metrics WHERE skill_name = ?"
    cached = "SELECT count(*) FROM skill_metrics_cache WHERE skill_name = ? AND last_invocation_at = ?"
    session = (
        "SELECT count(*) FROM session_skills WHERE session_id = ? AND skill_name = ? AND invocation_count = 1"
    )
    db.execute("BEGIN")
    try:
        if without:
            db.execute(f"DROP TRIGGER {quoted(without)}")
        was = db.execute(total, (skill,)).fetchone()[0]
        values = (skill, TRIAL, TRIAL)
        db.execute(
            "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES (?, ?, ?)", values
        )
        moved = (
            db.execute(total, (skill,)).fetchone()[0] == was + 1,
            db.execute(session, (TRIAL, skill)).fetchone()[0] == 1,
            without or db.execute(cached, (skill, TRIAL)).fetchone()[0] == 1,
        )
        return None if all(moved) else "the counters did not move"
    except sqlite3.Error as error:
        return str(error)
    finally:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
