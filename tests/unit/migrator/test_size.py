"""What large homes cost: the journal's rows and the report are never whole in memory."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.journal import ROWS, Run
from migrator.report import Report, deliver
from migrator.system import Note, Plan, Record

MANY = 20_000
MIB = 1 << 20


def peak(action: Callable[[], object]) -> int:
    """The most bytes that were held at once beyond those held before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_kept_rows_come_back_one_at_a_time_and_unchanged(tmp_path: Path) -> None:
    plan, run = Plan(), Run(str(tmp_path))
    values = {"id": "", "text": "día 日本 \ud800 🚀", "none": None, "number": 2**53, "part": 0.1}
    for number in range(MANY):
        plan.add("sessions", "id", values | {"id": f"s-{number}"})

    def keep_and_read() -> None:
        run.keep(ROWS, plan.rows)
        run.add("applying", rows=len(plan.rows))
        for number, row in enumerate(run.rows()):
            assert row == ["sessions", "id", values | {"id": f"s-{number}"}]

    assert peak(keep_and_read) < MIB


def test_a_run_that_never_applied_anything_has_no_rows(tmp_path: Path) -> None:
    assert list(Run(str(tmp_path)).rows()) == []


def test_a_large_report_is_written_in_pieces_and_is_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report("ao", "migrate", "Done.")
    report.records = [Record("session", f"a/{n}.json", f"s-{n}", "migrated") for n in range(MANY)]
    report.notes = [Note(f"a/{n}.json", f"s-{n}", "lost-field", "día") for n in range(MANY)]
    report.backup = "b"
    path = tmp_path / "report.json"
    assert peak(lambda: deliver(report, as_json=False, path=str(path))) < MIB
    found = json.loads(path.read_text("ascii"))
    assert list(found)[-5:] == ["counts", "records", "notes", "backup", "export"]
    assert found["records"] == [record._asdict() for record in report.records]
    assert found["notes"] == [note._asdict() for note in report.notes]
    assert f"and {MANY - 2} more" in capsys.readouterr().out


def test_an_empty_report_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    deliver(Report("ao", "status", "Nothing."), as_json=True, path=None)
    found = json.loads(capsys.readouterr().out)
    assert (found["records"], found["notes"], found["counts"]["read"]) == ([], [], 0)
