"""Taking rows out of any SQLite schema: keys of every kind, foreign keys of every kind, triggers, virtual tables."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from migrator import database, tables
from migrator.outcome import Refusal
from migrator.removal import Removal

Db = sqlite3.Connection


@pytest.fixture
def db() -> Iterator[Db]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        db.execute("PRAGMA foreign_keys=ON")
        yield db


def written(db: Db, statements: str) -> tuple[list[tuple[str, list[Any], str]], list[str]]:
    """What a run keeps of its own rows when it does this; the temporary tables go, as with its connection."""
    found, before = tables.tables(db), database.contents(db)
    tables.watch(db, found)
    db.executescript(statements)
    rows = list(tables.inserted(db, found))
    after = database.contents(db)
    assert database.contents(db, {name: before[name] for name in tables.untouched(db, found)}) == after
    entangled = tables.entangled(db, found, before, after)
    for kind in ("trigger", "table"):
        for (name,) in db.execute(f"SELECT name FROM sqlite_temp_master WHERE type = '{kind}'").fetchall():
            db.execute(f"DROP {kind} temp.{name}")
    return rows, entangled


def test_what_was_not_written_to_is_untouched_but_for_a_table_that_was_made_anew(db: Db) -> None:
    db.executescript("CREATE TABLE still (a); CREATE TABLE more (a); CREATE TABLE anew (a)")
    found = tables.tables(db)
    tables.watch(db, found)
    db.executescript(
        "INSERT INTO more VALUES (1); DROP TABLE anew; CREATE TABLE anew (a); INSERT INTO anew VALUES (2)"
    )
    assert tables.untouched(db, found) == ["still"]


def test_text_that_is_not_utf8_counts_as_any_other(db: Db) -> None:
    db.executescript("CREATE TABLE t (a); INSERT INTO t VALUES ('plain'), (CAST(X'ff41' AS TEXT))")
    before = database.contents(db)
    assert before["t"][0] == 2
    db.execute("UPDATE t SET a = CAST(X'fe41' AS TEXT) WHERE rowid = 2")
    assert database.contents(db)["t"] != before["t"]
    assert db.execute("SELECT a FROM t WHERE rowid = 2").fetchone() == ("\udcfeA",)


def taken_out(db: Db, rows: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows that were lost, after the removal was tried out and done."""
    removal = Removal(db, rows)
    before = database.contents(db)
    removal.try_out()
    assert database.contents(db) == before
    lost: dict[str, list[dict[str, Any]]] = {}
    for table, row in removal.lost():
        lost.setdefault(table, []).append(row)
    db.execute("BEGIN")
    removal.perform()
    db.execute("COMMIT")
    return lost


def test_rows_without_rowid_and_with_keys_of_two_columns_are_told_apart(db: Db) -> None:
    db.execute('CREATE TABLE "od""d" (a TEXT, "rowid" REAL, x, PRIMARY KEY ("rowid", a)) WITHOUT ROWID')
    db.execute("""INSERT INTO "od""d" VALUES ('mine', 1.5, 'old')""")
    rows, entangled = written(db, """INSERT INTO "od""d" VALUES ('new', 1.5, 1), ('new', 0.1, 2)""")
    assert not entangled
    db.execute("""UPDATE "od""d" SET x = x'00ff' WHERE "rowid" = 0.1""")
    assert taken_out(db, rows) == {'od"d': [{"a": "new", "rowid": 0.1, "x": b"\x00\xff"}]}
    assert db.execute('SELECT * FROM "od""d"').fetchall() == [("mine", 1.5, "old")]


def test_rows_of_a_table_without_a_key_go_while_they_are_as_written(db: Db) -> None:
    db.execute("CREATE TABLE log (x)")
    rows, _ = written(db, "INSERT INTO log VALUES ('ours'), ('ours')")
    db.execute("INSERT INTO log VALUES ('theirs')")
    assert taken_out(db, rows) == {}
    assert db.execute("SELECT x FROM log").fetchall() == [("theirs",)]


def test_changed_rows_of_a_table_without_a_key_are_never_guessed(db: Db) -> None:
    db.execute("CREATE TABLE log (x)")
    db.execute("INSERT INTO log VALUES ('before')")
    rows, _ = written(db, "INSERT INTO log VALUES ('ours'), ('ours too')")
    db.executescript("DELETE FROM log WHERE x = 'before'; VACUUM; INSERT INTO log VALUES ('theirs')")
    with pytest.raises(Refusal, match="told apart") as refused:
        Removal(db, rows)
    assert refused.value.code == "NEW_DATA"


def test_a_text_key_survives_renumbered_rowids(db: Db) -> None:
    db.execute("CREATE TABLE thing (id TEXT PRIMARY KEY, x)")
    db.execute("INSERT INTO thing VALUES ('z', 0), ('before', 0)")
    rows, _ = written(db, "INSERT INTO thing VALUES ('ours', 1)")
    db.executescript("DELETE FROM thing WHERE id = 'z'; VACUUM; INSERT INTO thing VALUES ('theirs', 2)")
    assert taken_out(db, rows) == {}
    assert db.execute("SELECT id FROM thing ORDER BY 1").fetchall() == [("before",), ("theirs",)]


FAMILY = """
CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE UNIQUE, boss REFERENCES parent);
CREATE TABLE child (id INTEGER PRIMARY KEY, of TEXT REFERENCES PARENT (name) {rule});
CREATE TABLE pair (a, b, c REFERENCES child ON DELETE CASCADE, PRIMARY KEY (a, b));
CREATE TABLE beside (x, y, FOREIGN KEY (y, x) REFERENCES pair (b, a));
INSERT INTO parent (id, name) VALUES (1, 'theirs');
"""


@pytest.mark.parametrize("rule", ["", "ON DELETE CASCADE", "ON DELETE RESTRICT", "ON DELETE SET DEFAULT"])
def test_everything_that_hangs_from_a_row_goes_with_it_and_is_kept(db: Db, rule: str) -> None:
    db.executescript(FAMILY.format(rule=rule))
    rows, _ = written(
        db, "INSERT INTO parent (id, name) VALUES (2, 'ours'); UPDATE sqlite_sequence SET seq = seq"
    )
    db.executescript(
        "INSERT INTO parent VALUES (3, 'hangs', 2), (4, 'deeper', 3); INSERT INTO child VALUES (1, 'OURS'), (2, 'theirs'),"
        "(3, NULL), (4, 'deeper'); INSERT INTO pair VALUES (1, 1, 1), (1, 2, 2); INSERT INTO beside VALUES (1, 1), (1, 2), (1, NULL)"
    )
    lost = taken_out(db, rows)
    assert list(lost) == ["parent", "child", "pair", "beside"]  # the order in which they can be put back
    assert [row["name"] for row in lost["parent"]] == ["hangs", "deeper"]
    assert [row["id"] for row in lost["child"]] == [1, 4]
    assert (lost["pair"], lost["beside"]) == ([{"a": 1, "b": 1, "c": 1}], [{"x": 1, "y": 1}])
    assert db.execute("SELECT id FROM child").fetchall() == [(2,), (3,)]
    assert db.execute("SELECT x, y FROM beside").fetchall() == [(1, 2), (1, None)]
    assert db.execute("SELECT seq FROM sqlite_sequence").fetchall() == [(4,)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_row_that_the_schema_lets_live_on_stays_and_is_kept_as_it_was(db: Db) -> None:
    db.executescript(FAMILY.format(rule="ON DELETE SET NULL"))
    rows, _ = written(db, "INSERT INTO parent (id, name) VALUES (2, 'ours')")
    db.execute("INSERT INTO child VALUES (1, 'ours')")
    assert taken_out(db, rows) == {"child": [{"id": 1, "of": "ours"}]}
    assert db.execute("SELECT * FROM child").fetchall() == [(1, None)]


def test_rows_in_a_circle_go_together(db: Db) -> None:
    db.executescript(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b (id));"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a (id));"
    )
    rows, _ = written(db, "BEGIN; PRAGMA defer_foreign_keys=ON; INSERT INTO a VALUES (1, NULL); COMMIT")
    db.executescript("INSERT INTO b VALUES (7, 1); UPDATE a SET b = 7")
    assert taken_out(db, rows) == {"a": [{"id": 1, "b": 7}], "b": [{"id": 7, "a": 1}]}


def test_rows_that_point_to_nothing_already_are_no_obstacle(db: Db) -> None:
    db.executescript(FAMILY.format(rule=""))
    rows, _ = written(db, "INSERT INTO parent (id, name) VALUES (2, 'ours')")
    db.executescript(
        "PRAGMA foreign_keys=OFF; INSERT INTO child VALUES (9, 'nobody'); PRAGMA foreign_keys=ON"
    )
    assert taken_out(db, rows) == {}
    assert db.execute("SELECT * FROM child").fetchall() == [(9, "nobody")]


def test_a_search_index_that_triggers_keep_follows(db: Db) -> None:
    db.executescript("""
        CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);
        CREATE VIRTUAL TABLE note_fts USING fts5(text, content='note', content_rowid='id');
        CREATE TRIGGER ai AFTER INSERT ON note BEGIN INSERT INTO note_fts (rowid, text) VALUES (NEW.id, NEW.text); END;
        CREATE TRIGGER ad AFTER DELETE ON note BEGIN
            INSERT INTO note_fts (note_fts, rowid, text) VALUES ('delete', OLD.id, OLD.text); END;
    """)
    rows, entangled = written(db, "INSERT INTO note VALUES (1, 'ours alone')")
    assert (not entangled, [row[0] for row in rows]) == (True, ["note"])
    db.execute("INSERT INTO note VALUES (2, 'theirs alone')")
    assert taken_out(db, rows) == {}
    assert db.execute("SELECT rowid FROM note_fts WHERE note_fts MATCH 'alone'").fetchall() == [(2,)]
    db.execute("INSERT INTO note_fts (note_fts) VALUES ('integrity-check')")


ENTANGLED = {
    "changes another row": "AFTER INSERT ON t BEGIN UPDATE other SET x = x + 1; END",
    "deletes another row": "AFTER INSERT ON t BEGIN DELETE FROM other; END",
    "replaces another row": "AFTER INSERT ON t BEGIN INSERT OR REPLACE INTO other VALUES (1, 5); END",
    "adds a row with no key": "AFTER INSERT ON t BEGIN INSERT INTO other VALUES (NULL, 5); END",
}


@pytest.mark.parametrize("case", ENTANGLED)
def test_a_run_that_did_more_than_add_rows_knows_it(db: Db, case: str) -> None:
    key = "TEXT PRIMARY KEY" if "key" in case else "INTEGER PRIMARY KEY"
    db.executescript(f"CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE other (id {key}, x);")
    db.execute("INSERT INTO other VALUES (1, 1)")
    db.execute(f"CREATE TRIGGER tr {ENTANGLED[case]}")
    assert written(db, "INSERT INTO t VALUES (1)")[1] == ["other"]


def test_a_trigger_that_finishes_a_new_row_entangles_nothing(db: Db) -> None:
    db.executescript("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, x);
        CREATE TRIGGER fill AFTER INSERT ON t BEGIN UPDATE t SET x = random() WHERE id = NEW.id; END;
    """)
    rows, entangled = written(db, "INSERT INTO t VALUES (1, NULL)")
    assert not entangled
    assert taken_out(db, rows) == {}
