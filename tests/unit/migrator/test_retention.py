"""Backups and exports are kept for their time, are named by `status`, and go with `prune`."""

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import LegacyHome, Picture
from test_crash import points

from migrator import cli, files

STATE = Path(".local/state/migrator/ao")


def folders(home: LegacyHome) -> set[str]:
    return {path.name for path in (home.root / STATE).glob("*/*") if path.is_dir()}


def aged(home: LegacyHome, days: int) -> None:
    """Everything in the journals happened so many days earlier."""
    for path in (home.root / STATE).glob("*/journal.jsonl"):
        text = path.read_text()
        for when in set(re.findall(r'"at": "([^"]+)"', text)):
            text = text.replace(when, (datetime.fromisoformat(when) - timedelta(days=days)).isoformat())
        path.write_text(text)


def outside(picture: Picture) -> Picture:
    return {name: seen for name, seen in picture.items() if not name.startswith(".local")}


@pytest.mark.parametrize("words", [(), ("--keep-days", "30"), ("--dry-run", "--keep-days", "0")])
def test_what_is_young_or_only_asked_about_is_not_touched(filled: LegacyHome, words: tuple[str, ...]) -> None:
    filled.run("migrate")
    aged(filled, 29)
    before = filled.picture()
    answer = filled.run("prune", *words)
    assert (answer.status, answer.report["changed"]) == (0, False)
    assert len(answer.report["notes"]) == ("--dry-run" in words)
    assert filled.picture() == before


def test_without_any_run_there_is_nothing_to_prune(filled: LegacyHome) -> None:
    before = filled.picture()
    assert filled.run("prune", "--keep-days", "0").status == 0
    assert filled.picture() == before


def test_what_is_old_goes_and_nothing_else_is_touched(filled: LegacyHome) -> None:
    filled.run("migrate")
    aged(filled, 30)
    before = filled.picture()
    answer = filled.run("prune")
    assert (answer.status, answer.report["changed"]) == (0, True)
    assert outside(filled.picture()) == outside(before)
    assert folders(filled) == set()
    assert filled.run("verify").status == 0
    assert filled.run("status").report["backup"] is None
    whole = filled.picture()
    assert not filled.run("prune", "--keep-days", "0").report["changed"]
    assert filled.run("migrate").report["counts"]["written"] == 0
    assert filled.picture() == whole


def test_a_pruned_run_cannot_be_rolled_back_and_says_since_when(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.run("prune", "--keep-days", "0")
    before = filled.picture()
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "BACKUP_PRUNED")
    assert f"{datetime.now(UTC):%Y-%m-%d}" in answer.report["message"]
    assert filled.picture() == before


def test_later_runs_are_taken_back_and_the_pruned_one_stays(filled: LegacyHome) -> None:
    filled.run("migrate")
    aged(filled, 40)
    filled.session("beta", "be-8")
    filled.run("migrate")
    filled.run("prune")
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (6, "BACKUP_PRUNED")
    assert filled.rows("SELECT id FROM sessions") == [("al-1",), ("al-orchestrator",), ("be-3",)]


def test_the_export_of_a_rolled_back_run_and_its_rows_go_too(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute("UPDATE sessions SET branch = 'mine'")
    filled.run("rollback")
    assert folders(filled) == {"backup", "export"}
    filled.run("prune", "--keep-days", "0")
    assert [path.name for path in (filled.root / STATE).glob("*/*")] == ["journal.jsonl"]
    assert filled.run("rollback").status == 0
    assert filled.run("migrate").report["counts"]["written"] == 6


def test_an_interrupted_run_keeps_its_backup(filled: LegacyHome) -> None:
    filled.run("migrate")
    [journal] = (filled.root / STATE).glob("*/journal.jsonl")
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:-1]))
    before = filled.picture()
    assert not filled.run("prune", "--keep-days", "0").report["changed"]
    assert filled.picture() == before
    assert "settled" in filled.run("status").report["notes"][0]["detail"]


def test_a_killed_prune_is_finished_by_the_next_one(filled: LegacyHome) -> None:
    filled.run("migrate")
    start, codes = filled.root.with_name("start"), set()
    shutil.copytree(filled.root, start, symlinks=True)
    for count in points(filled, "prune --keep-days 0"):
        if count % 2:
            codes.add(filled.run("rollback").code)
        assert filled.run("verify").status == 0, count
        begun = any("left over" in note["detail"] for note in filled.run("status").report["notes"])
        filled.run("prune", *(() if begun else ("--keep-days", "0")))
        assert folders(filled) == set(), count
        shutil.rmtree(filled.root)
        shutil.copytree(start, filled.root, symlinks=True)
    assert codes == {None, "BACKUP_PRUNED"}


def test_a_link_in_the_place_of_a_backup_goes_and_what_it_leads_to_stays(
    filled: LegacyHome, tmp_path: Path
) -> None:
    backup = Path(filled.run("migrate").report["backup"])
    os.rename(backup, tmp_path / "elsewhere")
    backup.symlink_to(tmp_path / "elsewhere")
    assert filled.run("prune", "--keep-days", "0").report["changed"]
    assert not os.path.lexists(backup)
    assert (tmp_path / "elsewhere" / "ao.db").exists()


def test_nothing_is_pruned_while_another_migrator_is_at_work(filled: LegacyHome) -> None:
    filled.run("migrate")
    with files.held(str(filled.root / STATE)):
        assert filled.run("prune", "--keep-days", "0").code == "DB_LOCKED"
    assert folders(filled) == {"backup"}


def test_status_names_each_backup_its_size_and_its_time(filled: LegacyHome) -> None:
    filled.run("migrate")
    [note] = filled.run("status").report["notes"]
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    assert re.fullmatch(rf"backup, \d+ KiB, kept until {until}", note["detail"])


@pytest.mark.parametrize(
    "words", [("migrate", "--keep-days", "3"), ("prune", "--keep-days", "-1"), ("status", "--dry-run")]
)
def test_options_that_make_no_sense_are_refused(filled: LegacyHome, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["ao", *words, "--home", str(filled.root)])
    assert stopped.value.code == 2
