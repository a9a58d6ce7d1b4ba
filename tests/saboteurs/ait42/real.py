"""Runs the right migrator of ait42 in this process and gives a saboteur its hands on what that left behind."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from migrator.cli import main

HOME = Path(os.environ["HOME"])
LEGACY = HOME / ".ait42"
SESSIONS = LEGACY / "sessions"
DATABASE = LEGACY / "sessions.db"
MAPPING = LEGACY / "workspace_mapping.json"
STATE = HOME / ".local/state/migrator"
VERB = "dry_run" if "--dry-run" in sys.argv else sys.argv[2]


def run() -> int:
    """Runs the right migrator with this command line and returns its exit status."""
    return main(sys.argv[1:])


def migrated(*, idle: bool = False) -> int:
    """As `run`; what follows is only for a migration that wrote something, or was `idle` where that counts too."""
    before = _content()
    status = run()
    if (
        VERB != "migrate"
        or status not in {0, 4}
        or not DATABASE.exists()
        or not (idle or before != _content())
    ):
        sys.exit(status)
    return status


def _content() -> bytes:
    return DATABASE.read_bytes() if DATABASE.is_file() else b""


def sql(statement: str, *values: Any) -> list[Any]:
    """Executes one statement on the target and returns its rows."""
    connection = sqlite3.connect(DATABASE)
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def edit_report(edit: Callable[[dict[str, Any]], None]) -> None:
    """Changes the report that the right migrator wrote."""
    path = Path(os.environ["MIGRATION_REPORT"])
    report = json.loads(path.read_text())
    edit(report)
    path.write_text(json.dumps(report))


def forget(report: dict[str, Any], reason: str) -> None:
    """Takes the records with a reason out of a report, and out of its counts."""
    gone = [row for row in report["records"] if row["reason"] == reason]
    report["records"] = [row for row in report["records"] if row["reason"] != reason]
    for row in gone:
        report["counts"]["read"] -= 1
        report["counts"][row["outcome"].replace("-", "_")] -= 1


def session_files() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yields name and elements of each session file that anybody can read, in the order of names."""
    for path in sorted(SESSIONS.glob("*.json")):
        try:
            rows = json.loads(path.read_bytes()) if path.is_file() else None
        except (ValueError, OSError):
            continue
        if isinstance(rows, list):
            yield path.stem, [row for row in rows if isinstance(row, dict)]


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """Writes a session file as the editor would."""
    path = SESSIONS / f"{name}.json"
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False), encoding="utf-8")
