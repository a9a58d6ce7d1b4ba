"""Homes are those that session-buddy itself would leave: schema, rows that its triggers derive, logs; equal for equal seeds."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from harness.home import Home
from harness.systems.session_buddy import database, schema_v4
from harness.systems.session_buddy.legacy import draw, states, write
from harness.systems.session_buddy.model import AS_OF, DATABASE, LOCAL, Invocation, LegacyState, Shape

SEARCH = ("_config", "_data", "_docsize", "_idx")


@contextmanager
def opened(home: Home, path: str = DATABASE) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            if home.get(path + suffix):
                (Path(folder) / f"x{suffix}").write_bytes(home.content(path + suffix))
        with closing(sqlite3.connect(Path(folder) / "x")) as connection:
            yield connection


def rows(home: Home, query: str, path: str = DATABASE) -> list[Any]:
    with opened(home, path) as connection:
        return connection.execute(query).fetchall()


def effect(connection: sqlite3.Connection) -> dict[str, object]:
    """Returns what a schema amounts to, whatever its text."""
    found: dict[str, object] = {}
    for kind, name, table in connection.execute("SELECT type, name, tbl_name FROM sqlite_master").fetchall():
        infos = {
            "table": ("table_xinfo", "foreign_key_list", "index_list"),
            "view": ("table_xinfo",),
            "index": ("index_xinfo",),
        }.get(kind, ())
        told = [sorted(connection.execute(f"PRAGMA {info}({name})").fetchall(), key=repr) for info in infos]
        found[name] = (kind, table, told)
    return found


def counts(home: Home) -> dict[str, int]:
    return dict(rows(home, "SELECT type, count(*) FROM sqlite_master GROUP BY type"))


def test_the_schema_is_upstreams_in_effect(golden: Path) -> None:
    home = write(LegacyState(), "/home/u")
    with (
        opened(home) as ours,
        closing(sqlite3.connect(f"file:{golden}/session_buddy/v3_mgr.db?immutable=1", uri=True)) as real,
    ):
        assert effect(ours) == effect(real)
    half = write(LegacyState(version_4="all"), "/home/u")
    with (
        opened(half) as ours,
        closing(
            sqlite3.connect(f"file:{golden}/session_buddy/v4_half_tables.db?immutable=1", uri=True)
        ) as real,
    ):
        known = effect(real)
        assert len(known) == 64
        assert {name: what for name, what in effect(ours).items() if name in known} == known


def test_derived_rows_are_those_of_upstreams_triggers(golden: Path) -> None:
    state = draw(Shape(sessions=8, skills=4, user="u"), 4)
    home = write(state, state.root)
    tables = ("skill_metrics", "session_skills")
    query = "SELECT * FROM {} ORDER BY 1, 2"
    image = (golden / "session_buddy/v3_cli.db").read_bytes()
    with database.opened(image[:18] + b"\1\1" + image[20:]) as (connection, clock):
        database.insert(connection, state.invocations, clock)
        for table in tables:
            assert connection.execute(query.format(table)).fetchall() == rows(home, query.format(table))


def test_the_counts_of_objects_are_those_that_were_measured() -> None:
    assert counts(write(LegacyState(), "/home/u")) == {"table": 11, "view": 7, "trigger": 2, "index": 16}
    full = counts(write(LegacyState(version_4="complete"), "/home/u"))
    assert full == {"table": 25, "view": 13, "trigger": 3, "index": 42}
    assert len(schema_v4.TABLES) == 14


@pytest.mark.parametrize("made", ["manager", "tool", "same-second", "ahead"])
def test_the_bookkeeping_is_that_of_its_maker(made: Any) -> None:
    found = rows(
        write(LegacyState(made=made), "/home/u"), "SELECT version, applied_at, success FROM skill_migrations"
    )
    assert [row[0][:3] for row in found] == (["V2_", "V3_"] if made == "tool" else ["V1_", "V2_", "V3_"])
    assert (len({row[1] for row in found}) == 1) is (made == "same-second")
    assert (found[-1][1] > "2099") is (made == "ahead")


@pytest.mark.parametrize(("journal", "mode"), [("wal", "wal"), ("delete", "delete"), ("wal-pending", "wal")])
def test_the_journal_is_the_one_that_is_asked_for(journal: Any, mode: str) -> None:
    state = LegacyState(invocations=(Invocation("mypy", "2026-02-20T10:00:00", "s"),), journal=journal)
    home = write(state, "/home/u")
    assert rows(home, "PRAGMA journal_mode") == [(mode,)]
    assert rows(home, "SELECT count(*) FROM skill_invocation") == [(1,)]
    assert (home.get(f"{DATABASE}-wal") is not None) is (journal == "wal-pending")
    alone = home.without(f"{DATABASE}-wal")
    assert rows(alone, "SELECT count(*) FROM skill_invocation") == [(0 if journal == "wal-pending" else 1,)]


@pytest.mark.parametrize(
    ("layout", "pragma", "found"),
    [("usual", "encoding", "UTF-8"), ("utf-16", "encoding", "UTF-16le"), ("auto-vacuum", "auto_vacuum", 1)],
)
def test_the_layout_is_the_one_that_is_asked_for(layout: Any, pragma: str, found: object) -> None:
    used = draw(Shape(sessions=3, layout=layout, journal="wal-pending", version_4="used"), 1)
    home = write(used, "/home/u")
    assert rows(home, f"PRAGMA {pragma}") == [(found,)]
    assert rows(home, "PRAGMA integrity_check") == [("ok",)]
    assert rows(home, "SELECT count(*) FROM skill_invocation") == [(len(used.invocations),)]


def test_version_4_is_there_as_far_as_it_is_asked_for() -> None:
    def objects(**asked: Any) -> set[str]:
        home = write(draw(Shape(sessions=3, **asked), 1), "/home/u")
        return {name for (name,) in rows(home, "SELECT name FROM sqlite_master")} & schema_v4.OBJECTS.keys()

    assert objects() == set()
    assert 0 < len(objects(version_4="part")) < len(schema_v4.OBJECTS)
    for kind in ("all", "with-rows", "failed", "complete", "used"):
        assert objects(version_4=kind) == schema_v4.OBJECTS.keys()
    used = write(draw(Shape(sessions=9, skills=4, version_4="used"), 1), "/home/u")
    assert all(rows(used, f"SELECT count(*) FROM {name}") > [(0,)] for name in schema_v4.TABLES)
    assert rows(used, "PRAGMA foreign_key_check") == []
    assert [row[0] for row in rows(used, "SELECT success FROM skill_migrations")][-1] == 1


def test_a_seed_stands_for_one_home_and_no_other() -> None:
    shape = Shape(sessions=5, version_4="used", journal="wal-pending", embeddings="some")
    one, two, other = (write(draw(shape, seed), "/home/u") for seed in (1, 1, 2))
    assert one == two
    assert one.content(f"{DATABASE}-wal") != other.content(f"{DATABASE}-wal")


def test_the_other_place_is_used_when_it_is_asked_for() -> None:
    home = write(draw(Shape(place="local", sessions=1), 1), "/home/u")
    assert home.get(LOCAL)
    assert home.get(DATABASE) is None


@pytest.mark.parametrize("shape", [Shape(), Shape(clean=False, outside="some", version_4="used")])
def test_drawn_databases_are_sound(shape: Shape) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(states(shape))
    def small(state: LegacyState) -> None:
        home = write(state, state.root)
        assert rows(home, "PRAGMA integrity_check") == [("ok",)]
        assert rows(home, "SELECT count(*) FROM skill_invocation") == [(len(state.invocations),)]

    small()


def test_the_pool_draws_all_forms_of_time_and_many_skills() -> None:
    state = draw(Shape(sessions=300, skills=40, outside="0.1", naive="some"), 5)
    times = [one.at for one in state.invocations]
    assert len({one.skill for one in state.invocations}) == 40
    for known in ("+00:00", "Z", "+0200", "+05:30", "-09:30", "+14:00"):
        assert any(time.endswith(known) for time in times), known
    assert any(len(time) == 10 for time in times)
    assert any(time < "2026-01-30" for time in times)
    assert any(time > AS_OF.isoformat() for time in times)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"sessions": "x"}, "span"),
        ({"skills": 0}, "at least one"),
        ({"naive": "2"}, "share"),
        ({"days": 0}, "days"),
        ({"user": "a/b"}, "directory"),
        ({"damages": 1}, "damage"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(asked: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Shape(**asked)
