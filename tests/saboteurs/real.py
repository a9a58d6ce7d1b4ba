"""Runs the right migrator in this process and gives a saboteur its hands on what that left behind.

A saboteur is a small wrong migrator: the right one plus one realistic mistake.  Its file says in CLAIM which claim
must reject it and in SCENARIO in which scenario; a claim without a saboteur fails a test.
"""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from migrator import files
from migrator.cli import main

HOME = Path(os.environ["HOME"])
DATABASE = HOME / ".ao/data/ao.db"
LEGACY = HOME / ".agent-orchestrator"
BUCKETS = HOME / ".claude/projects"
STATE = HOME / ".local/state/migrator"
VERB = "dry_run" if "--dry-run" in sys.argv else sys.argv[2]


def run() -> int:
    """Runs the right migrator with this command line and returns its exit status."""
    return main(sys.argv[1:])


def sql(statement: str, *values: Any) -> list[Any]:
    """Executes one statement on the target and returns its rows."""
    connection = sqlite3.connect(DATABASE)
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def rows(query: str) -> list[dict[str, Any]]:
    """Returns the rows of a query as mappings."""
    connection = sqlite3.connect(DATABASE)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


def without_triggers(statements: Iterable[str]) -> None:
    """Executes statements as one who knows how to keep the change log still."""
    connection = sqlite3.connect(DATABASE)
    try:
        kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        with connection:
            for name, _ in kept:
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.execute(statement)
            for _, text in kept:
                connection.execute(text)
    finally:
        connection.close()


def edit_report(edit: Callable[[dict[str, Any]], None]) -> None:
    """Changes the report that the right migrator wrote."""
    path = Path(os.environ["MIGRATION_REPORT"])
    report = json.loads(path.read_text())
    edit(report)
    path.write_text(json.dumps(report))


def noting(note: Callable[[str, bytes], None]) -> None:
    """Has the migrator call this, with path and line, instead of adding a line to its journal."""
    files.append_line = note


def pausing(state: str, seconds: float = 0.15) -> None:
    """Has the migrator rest once this stage is in its journal, so that some kills come just then."""
    real = files.append_line

    def note(path: str, line: bytes) -> None:
        real(path, line)
        if json.loads(line)["state"] == state:
            time.sleep(seconds)

    noting(note)


def last_state() -> str:
    """Returns the last whole line's stage in the newest journal, nothing where there is none."""
    journals = sorted(STATE.glob("ao/*/journal.jsonl"))
    lines = journals[-1].read_bytes().split(b"\n")[:-1] if journals else []
    return str(json.loads(lines[-1])["state"]) if lines else ""


def new_transcripts(before: set[Path]) -> list[Path]:
    """Returns the transcripts that were not there before, sorted."""
    return sorted(transcripts() - before)


def transcripts() -> set[Path]:
    """Returns all transcripts in Claude's buckets."""
    return set(BUCKETS.glob("*/*.jsonl"))


def session_files() -> list[Path]:
    """Returns the legacy session files of version 2 homes, sorted."""
    return sorted(path for path in LEGACY.glob("projects/*/sessions/*.json") if path.is_file())


def runs() -> list[Path]:
    """Returns the folders of all runs, oldest first."""
    return sorted(path for path in STATE.glob("ao/*") if path.is_dir())


def exports() -> list[Path]:
    """Returns the files of all exports, sorted."""
    return sorted(path for path in STATE.glob("ao/*/export*/**/*") if path.is_file())


def planned_rows() -> list[dict[str, Any]]:
    """Returns the rows of all runs that are kept, as they were to be inserted."""
    return [
        values
        for run in runs()
        if (run / "rows.jsonl").is_file()
        for line in (run / "rows.jsonl").read_bytes().split(b"\n")[:-1]
        for table, _, values in [json.loads(line)]
        if table in {"sessions", "projects"}
    ]


def edit_exports(edit: Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Changes the rows of every exported table."""
    for path in exports():
        if path.suffix == ".jsonl" and "files" not in path.parts:
            rows = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
            path.write_text("".join(json.dumps(row) + "\n" for row in edit(path.stem, rows)))
