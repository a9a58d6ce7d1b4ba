"""Session files go once they are wholly migrated and their time is over, and come back with a rollback."""

import json
from pathlib import Path

import pytest
from editor import EditorHome, hashed, message, session
from test_crash import points

from migrator import retention

WORK = "/work/one"
NOW = ("--keep-days", "0")


@pytest.fixture
def used(editor: EditorHome) -> EditorHome:
    editor.file(WORK, [session("s1", chatHistory=[message("m1")]), session("s2")])
    editor.file("/work/two", [session("s3")]).chmod(0o640)
    editor.file("/work/odd", [session("s4"), session("s5", type="odd")])
    editor.file("0123456789abcdef", b"{")
    editor.run("migrate")
    return editor


def left(used: EditorHome) -> set[str]:
    return {path.stem for path in used.sessions.iterdir()}


ODD = {hashed("/work/odd"), "0123456789abcdef"}


def test_no_file_goes_before_its_time(used: EditorHome) -> None:
    before = used.picture()
    assert used.run("purge").report["changed"] is False
    assert used.run("purge", "--dry-run", *NOW).report["changed"] is False
    assert used.picture() == before


def test_only_wholly_migrated_files_go_and_a_rollback_brings_them_back(used: EditorHome) -> None:
    before = used.picture(state=False)
    answer = used.run("purge", *NOW)
    assert left(used) == ODD
    assert {note["reason"] for note in answer.report["notes"]} == {"purged", "stays"}
    assert used.run("purge", *NOW).report["changed"] is False
    assert used.run("migrate").report["counts"]["written"] == 0
    assert used.run("verify").status == 0
    assert used.run("rollback").status == 0
    after = used.picture(state=False)
    assert {name: seen for name, seen in before.items() if name.endswith(".json")} == {
        name: seen for name, seen in after.items() if name.endswith(".json")
    }
    assert not used.db.exists()


def test_what_was_done_since_is_written_into_a_file_that_was_purged(used: EditorHome) -> None:
    used.run("purge", *NOW)
    used.execute("UPDATE sessions SET task = 'worked on' WHERE id = 's1'")
    assert used.run("rollback").status == 0
    path = used.sessions / f"{hashed(WORK)}.json"
    assert [one["task"] for one in json.loads(path.read_text())] == ["worked on", session()["task"]]


def test_a_file_that_changed_or_is_missing_in_the_database_stays(used: EditorHome) -> None:
    used.file("/work/two", [session("s3", task="newer")])
    used.execute("DELETE FROM sessions WHERE id = 's2'")
    answer = used.run("purge", *NOW)
    assert (answer.report["changed"], left(used)) == (False, {*ODD, hashed(WORK), hashed("/work/two")})


def test_digests_outlive_the_backup_and_moved_files_have_a_retention_of_their_own(used: EditorHome) -> None:
    used.run("prune", *NOW)
    folder = Path(used.run("purge", *NOW).report["backup"])
    assert left(used) == ODD
    used.run("prune")
    assert len(list(folder.iterdir())) == 2
    used.run("prune", *NOW)
    assert not folder.exists()


def test_a_killed_purge_is_finished_or_taken_back(used: EditorHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "DAYS", 0)
    before = {path: path.read_bytes() for path in used.sessions.iterdir()}
    count = 0
    for count in points(used, "purge"):  # type: ignore[arg-type]
        there = {path: path.read_bytes() for path in used.sessions.iterdir()}
        assert there.items() <= before.items(), count
        assert used.run("purge", *NOW).status == 0
        assert left(used) == ODD, count
        assert used.run("rollback").status == 0
        assert {path: path.read_bytes() for path in used.sessions.iterdir()} == before, count
        used.run("migrate")
    assert count
