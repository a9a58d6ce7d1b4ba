"""Rollback after others have worked: what the migration added goes, what others made stays or is kept elsewhere."""

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import UUID, LegacyHome, Picture

from migrator import files, room
from migrator.database import Database
from migrator.export import Export
from migrator.journal import Run

SESSION = (
    "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at) "
    "VALUES ('{0}', '{1}', {2}, '2026-06-01', '2026-06-01', '2026-06-01');"
)
OWN_PROJECT = "INSERT INTO projects (id, path, registered_at) VALUES ('own', '/own', '2026-01-01');"
WORK = (
    OWN_PROJECT
    + SESSION.format("own-1", "own", 1)
    + SESSION.format("al-7", "alpha", 7)
    + "UPDATE sessions SET branch = 'done/it', prompt = CAST(x'ff00' AS TEXT) WHERE id = 'be-3';"
    + "INSERT INTO change_log (project_id, session_id, event_type, payload) VALUES ('beta', 'be-3', 'session_updated', '{}');"
)


def lines(folder: str, table: str) -> list[dict[str, Any]]:
    path = Path(folder) / f"{table}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def moved(home: LegacyHome) -> Path:
    [copy] = [path for path in home.root.glob(f".claude/projects/*/{UUID}.jsonl") if "-ao-data-" in str(path)]
    return copy


def everything(home: LegacyHome) -> dict[str, list[Any]]:
    with Database(str(home.db), []).seen() as copy:
        return {
            t: copy.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall()
            for t in ("projects", "sessions", "change_log")
        }


def without_database(picture: Picture) -> Picture:
    return {name: seen for name, seen in picture.items() if "ao.db" not in name}


def test_what_the_migration_added_goes_and_what_others_made_stays_or_is_exported(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    filled.execute(WORK)
    answer = filled.run("rollback")
    assert (answer.status, answer.report["changed"]) == (0, True)
    assert without_database(filled.picture(state=False)) == without_database(before)
    assert filled.rows("SELECT id FROM projects") == [("own",)]
    assert filled.rows("SELECT id FROM sessions") == [("own-1",)]
    assert filled.rows("SELECT session_id FROM change_log") == [("own-1",)]
    assert filled.rows("PRAGMA foreign_key_check") == []
    assert filled.rows("SELECT seq FROM sqlite_sequence WHERE name = 'change_log'") == [(6,)]
    folder = answer.report["export"]
    assert {row["id"]: row["branch"] for row in lines(folder, "sessions")} == {"be-3": "done/it", "al-7": ""}
    assert next(row for row in lines(folder, "sessions") if row["id"] == "be-3")["prompt"] == {
        "base64": "/wA="
    }
    assert {row["session_id"] for row in lines(folder, "change_log")} == {"be-3", "al-7"}
    assert len(lines(folder, "change_log")) == 2
    assert not lines(folder, "projects")
    assert folder in answer.report["message"]
    assert "2 rows of sessions" in answer.report["message"]
    for path in (Path(folder), *Path(folder).rglob("*")):
        assert path.stat().st_mode & 0o077 == 0


def test_a_second_rollback_changes_nothing_and_migrating_again_works(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute(WORK)
    filled.run("rollback")
    whole = filled.picture()
    again = filled.run("rollback")
    assert (again.status, again.report["changed"], again.report["export"]) == (0, False, None)
    assert filled.picture() == whole
    assert filled.run("migrate").report["counts"]["written"] == 6
    assert filled.run("verify").status == 0
    assert filled.run("rollback").status == 0
    assert filled.picture(state=False) == {n: s for n, s in whole.items() if n in filled.picture(state=False)}


def test_work_that_needs_nothing_of_the_migration_is_not_exported(filled: LegacyHome) -> None:
    filled.execute(OWN_PROJECT)
    filled.run("migrate")
    filled.execute(
        SESSION.format("own-1", "own", 1) + "UPDATE projects SET display_name = 'Mine' WHERE id = 'own'"
    )
    answer = filled.run("rollback")
    assert (answer.status, answer.report["export"]) == (0, None)
    assert "what others did since is kept" in answer.report["message"]
    assert filled.rows("SELECT id, display_name FROM projects") == [("own", "Mine")]
    assert filled.rows("SELECT id FROM sessions") == [("own-1",)]


def test_work_beside_a_run_that_only_copied_is_kept_and_said_to_be(home: LegacyHome) -> None:
    tree = home.root / "tree"
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1", agent="claude-code", claudeSessionUuid=UUID, worktree=str(tree))
    home.database()
    home.run("migrate")
    home.transcript(tree)
    assert home.run("migrate").report["counts"]["written"] == 1  # a copy, and no row
    home.execute("INSERT INTO projects (id, path, registered_at) VALUES ('own', '/own', '2026-01-01')")
    answer = home.run("rollback")
    assert "what others did since is kept" in answer.report["message"]
    assert home.rows("SELECT id FROM projects") == [("own",)]


def test_what_others_deleted_stays_deleted(filled: LegacyHome) -> None:
    filled.execute(OWN_PROJECT)
    filled.run("migrate")
    filled.execute(
        "DELETE FROM projects WHERE id = 'own'; DELETE FROM change_log; DELETE FROM sessions WHERE id = 'be-3'"
    )
    answer = filled.run("rollback")
    assert (answer.status, answer.report["export"]) == (0, None)
    assert [filled.rows(f"SELECT * FROM {table}") for table in ("projects", "sessions")] == [[], []]


def test_a_transcript_that_has_grown_is_exported_and_the_rest_is_restored_exactly(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    copy = moved(filled)
    with copy.open("a") as stream:
        stream.write("more\n")
    text = copy.read_bytes()
    answer = filled.run("rollback")
    assert answer.status == 0
    assert "1 file" in answer.report["message"]
    assert (Path(answer.report["export"]) / "files" / copy.relative_to(filled.root)).read_bytes() == text
    assert filled.picture(state=False) == before


def test_a_transcript_that_cannot_be_kept_stops_the_rollback(filled: LegacyHome) -> None:
    filled.run("migrate")
    copy = moved(filled)
    copy.unlink()
    copy.symlink_to("/etc/hostname")
    before = filled.picture()
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "NEW_DATA")
    assert str(copy) in answer.report["message"]
    assert filled.picture() == before


LOGGED = """CREATE TRIGGER note AFTER DELETE ON sessions BEGIN
    INSERT INTO change_log (project_id, session_id, event_type, payload) VALUES (OLD.project_id, OLD.id, 'gone', '{}');
END;"""
REFUSED = {
    "schema": ("", "ALTER TABLE sessions ADD COLUMN preview TEXT"),
    "trigger forbids": (
        "CREATE TRIGGER never BEFORE DELETE ON projects BEGIN SELECT RAISE(ABORT, 'never'); END;",
        OWN_PROJECT,
    ),
    "trigger ignores": (
        "CREATE TRIGGER never BEFORE DELETE ON projects BEGIN SELECT RAISE(IGNORE); END;",
        OWN_PROJECT,
    ),
    "trigger points to what is gone": (
        LOGGED,
        OWN_PROJECT,
    ),
    "migration changed other rows": (
        OWN_PROJECT
        + "CREATE TRIGGER count AFTER INSERT ON sessions BEGIN "
        + "UPDATE projects SET display_name = display_name || '+' WHERE id = 'own'; END;",
        SESSION.format("own-1", "own", 1),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_where_it_is_impossible_nothing_is_changed_and_the_reason_is_given(
    filled: LegacyHome, case: str
) -> None:
    first, later = REFUSED[case]
    filled.execute(first)
    assert filled.run("migrate").status == 4
    filled.execute(later)
    before = filled.picture()
    answer = filled.run("rollback")
    assert (answer.status, answer.code, answer.report["changed"]) == (3, "NEW_DATA", False)
    assert filled.picture() == before
    assert filled.run("status").report["message"].endswith("is done.")


def test_rows_that_a_trigger_changes_on_the_way_out_are_exported_as_they_were(filled: LegacyHome) -> None:
    filled.execute(
        OWN_PROJECT + "CREATE TRIGGER tally AFTER DELETE ON sessions BEGIN "
        "UPDATE projects SET display_name = 'fewer' WHERE id = 'own'; END;"
    )
    filled.run("migrate")
    filled.execute("UPDATE projects SET display_name = 'mine' WHERE id = 'own'")
    answer = filled.run("rollback")
    assert answer.status == 0
    assert filled.rows("SELECT display_name FROM projects") == [("fewer",)]
    assert [row["display_name"] for row in lines(answer.report["export"], "projects")] == ["mine"]


def test_a_rewritten_database_with_new_work_is_still_told_apart(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute(WORK + "DELETE FROM sessions WHERE id = 'al-orchestrator' AND 0;")
    filled.execute("PRAGMA journal_mode=DELETE; VACUUM; ANALYZE;")
    assert filled.run("rollback").status == 0
    assert filled.rows("SELECT id FROM projects") == [("own",)]


def test_planner_statistics_are_no_new_work(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    filled.execute("ANALYZE")
    assert filled.run("rollback").status == 0
    assert filled.picture(state=False) == before


def test_several_runs_are_taken_back_with_what_others_did_between_and_after(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute(SESSION.format("al-7", "alpha", 7))
    filled.session("beta", "be-8")
    assert filled.run("migrate").report["counts"]["written"] == 1
    filled.execute("UPDATE sessions SET branch = 'b' WHERE id = 'be-8'")
    answer = filled.run("rollback")
    assert answer.status == 0
    folders = {str(path) for path in (filled.root / ".local/state/migrator/ao").glob("*/export")}
    assert len(folders) == 2
    assert all(folder in answer.report["message"] for folder in folders)
    assert sorted(row["id"] for folder in folders for row in lines(folder, "sessions")) == ["al-7", "be-8"]
    assert filled.rows("SELECT * FROM projects") == []


def test_the_export_says_how_to_put_everything_back_by_hand(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute(WORK.replace("CAST(x'ff00' AS TEXT)", "'go'"))
    whole = everything(filled)
    export = Path(filled.run("rollback").report["export"])
    filled.run("migrate")
    text = (export / "README.txt").read_text()
    start = text.index("    python3 - ")
    program = text[start : text.index("\nEND\n") + 5].replace("/path/to/the.db", str(filled.db))
    assert (
        subprocess.run(["sh"], input=program, cwd=export, check=True, text=True, capture_output=True).stdout
        == "done \n"
    )
    now = everything(filled)
    assert (now["projects"], now["sessions"]) == (whole["projects"], whole["sessions"])
    kept = {row["seq"]: row["payload"] for row in lines(str(export), "change_log")}
    assert kept.items() <= {row[0]: row[4] for row in now["change_log"]}.items()


@pytest.mark.parametrize("name", ["sessions.jsonl", f"{UUID}.jsonl", "README.txt"])
def test_nothing_is_taken_away_before_its_export_was_read_back(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    filled.run("migrate")
    filled.execute(WORK)
    moved(filled).write_text("more\n")
    before = filled.picture(state=False)
    real = files.digest
    bad = os.path.join("export.part", "files" if name.startswith(UUID) else name)
    monkeypatch.setattr(files, "digest", lambda path: "damaged" if bad in path else real(path))
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "NEW_DATA")
    assert filled.picture(state=False) == before
    assert not list(filled.root.glob(".local/state/migrator/ao/*/export*"))


def test_odd_values_and_names_are_exported_as_they_are(tmp_path: Path) -> None:
    row = {
        'a"b': float("inf"),
        "b": -float("inf"),
        "c": 0.1,
        "d": None,
        "e": 2**63 - 1,
        "f": "día\x00\n\u2028",
        "g": b"\xff",
    }
    kept = Export(Run(str(tmp_path)), "/h", {}).write([("../od d%", row), (".", {"x": "\udcff"})])
    assert kept["rows"] == {"../od d%": 1, ".": 1}
    text = (tmp_path / "export" / "..%2Fod d%25.jsonl").read_text("ascii")
    found = json.loads(text)
    assert "Infinity" not in text
    assert found == row | {"g": {"base64": "/w=="}}
    assert lines(kept["export"], ".") == [{"x": {"base64": "/w=="}}]


def test_a_full_disk_is_foreseen_before_anything_is_exported(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.run("migrate")
    filled.execute(WORK)
    before = filled.picture()
    monkeypatch.setattr(room, "SPARE", 1 << 60)
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "NO_SPACE")
    assert filled.picture() == before


def test_an_export_that_fails_half_way_leaves_nothing_and_its_folder_as_it_was(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.run("migrate")
    filled.execute(WORK)
    before = filled.picture()
    write = files.write_new

    def breaks(path: str, lines: Any) -> str:
        if path.endswith("README.txt"):
            raise OSError(errno.EIO, "Input/output error")
        return write(path, lines)

    monkeypatch.setattr(files, "write_new", breaks)
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "NEW_DATA")
    assert filled.picture() == before


def test_an_exact_rollback_asks_for_no_room_of_its_own(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.run("migrate")
    monkeypatch.setattr(room, "SPARE", 1 << 60)
    assert filled.run("rollback").status == 0


def test_someone_who_writes_while_the_export_is_made_is_noticed(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.run("migrate")
    filled.execute(WORK)
    real = Run.free_reserve

    def meanwhile(self: Run) -> None:
        filled.execute("UPDATE projects SET display_name = 'late' WHERE id = 'own'")
        real(self)

    monkeypatch.setattr(Run, "free_reserve", meanwhile)
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "DB_LOCKED")
    monkeypatch.undo()
    assert not list(filled.root.glob(".local/state/migrator/ao/*/export*"))
    assert filled.run("rollback").status == 0
    assert filled.rows("SELECT display_name FROM projects") == [("late",)]
