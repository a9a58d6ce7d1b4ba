"""What large homes cost: the journal's rows and the report are never whole in memory."""

import errno
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import lifecycle, spool
from migrator.ao import Orchestrator
from migrator.journal import ROWS, Run
from migrator.progress import Say
from migrator.report import Report, deliver
from migrator.spool import Spool
from migrator.system import Note, Plan, Record

MANY = 20_000
MIB = 1 << 20
TEXTS = st.text(st.characters(codec=None), max_size=20)


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


@given(st.lists(st.tuples(TEXTS, st.none() | TEXTS)), st.integers(0, 4000))
def test_a_spool_gives_back_what_it_was_given_whatever_its_size(
    items: list[tuple[str, str | None]], weight: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "BLOCK", weight)
        records = [Record("session", one, "", "migrated", other) for one, other in items]
        kept = Spool(Record, records)
        assert (list(kept), len(kept), bool(kept)) == (records, len(records), bool(records))
        kept.extend(records[:1])
        assert list(kept) == records + records[:1]
        raw = Spool(bytes, (one.encode("utf-8", "surrogatepass") for one, _ in items))
        assert list(raw) == [one.encode("utf-8", "surrogatepass") for one, _ in items]


def test_a_spool_that_is_read_while_it_grows_ends_where_it_was() -> None:
    kept = Spool(bytes, [b"x" * 1000] * 300)
    for item in kept:
        kept.append(item)
    assert len(kept) == len(list(kept)) == 600


def test_a_spool_without_room_for_a_file_holds_everything_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(spool.scratch, "file", no_room)
    kept = Spool(bytes, [b"%d" % number * 1000 for number in range(1000)])
    assert list(kept) == [b"%d" % number * 1000 for number in range(1000)]


def test_a_spool_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    kept = Spool(bytes, [b"x" * 1000] * 300)
    assert (len(list(kept)), list(tmp_path.iterdir())) == (300, [])


def test_where_there_are_no_unnamed_files_a_name_is_taken_and_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delattr(os, "O_TMPFILE")
    kept = Spool(bytes, [b"x" * 1000] * 300)
    assert (len(list(kept)), list(tmp_path.iterdir())) == (300, [])


def test_a_home_of_many_sessions_is_planned_in_little_memory(tmp_path: Path) -> None:
    """Without sorting on disk the plan holds more than 10 MiB for these."""
    sessions = tmp_path / ".agent-orchestrator/projects/app/sessions"
    sessions.mkdir(parents=True)
    (tmp_path / "app").mkdir()
    registry = f"projects:\n  app:\n    path: {tmp_path}/app\n"
    (tmp_path / ".agent-orchestrator/config.yaml").write_text(registry)
    for number in range(MANY // 10):
        text = json.dumps({"status": "working", "userPrompt": "x" * 1000, "branch": f"b{number}"})
        (sessions / f"ap-{number}.json").write_text(text)
    report, place = Report("ao", "inspect"), tmp_path / "report.json"
    system = Orchestrator(str(tmp_path), None, {})

    def inspect() -> None:
        lifecycle.inspect(system, report, Say(as_json=False))
        deliver(report, as_json=False, path=str(place))

    assert peak(inspect) < 5 * MIB
    assert json.loads(place.read_text())["counts"]["read"] == MANY // 10 + 1


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
