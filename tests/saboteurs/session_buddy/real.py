"""Runs the right migrator of session-buddy in this process and gives a saboteur its hands on what that left behind."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from migrator.cli import main

HOME = Path(os.environ["HOME"])
USUAL = HOME / ".claude/data/session_buddy.db"
PLACES = (HOME / "work/skills of mine.db", USUAL, HOME / ".session-buddy/skills.db")
STATE = HOME / ".local/state/migrator"
VERB = "dry_run" if "--dry-run" in sys.argv else sys.argv[2]
V4 = "V4__phase4_extensions"
NOW = "2026-03-01 12:34:56"


def database() -> Path:
    """Returns where the database lies."""
    return next((place for place in PLACES if place.exists()), USUAL).resolve()


def run() -> int:
    """Runs the right migrator with this command line and returns its exit status."""
    return main(sys.argv[1:])


def content() -> bytes:
    """Returns the bytes of the database and of its log."""
    beside = Path(f"{database()}-wal")
    return b"".join(path.read_bytes() for path in (database(), beside) if path.is_file())


def migrated(*, idle: bool = False) -> int:
    """As `run`; what follows is only for a migration that wrote something, or was `idle` where that counts too."""
    before = content()
    status = run()
    if VERB != "migrate" or status not in {0, 4} or not (idle or before != content()):
        sys.exit(status)
    return status


def rolled_back() -> int:
    """As `run`; what follows is only for a rollback that was done and wrote something."""
    before = content()
    status = run()
    if VERB != "rollback" or status != 0 or before == content():
        sys.exit(status)
    return status


def sql(statement: str, *values: Any) -> list[Any]:
    """Executes one statement on the database and returns its rows."""
    connection = sqlite3.connect(database())
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def script(text: str) -> None:
    """Executes several statements as `executescript` does: each for itself."""
    connection = sqlite3.connect(database())
    try:
        connection.executescript(text)
    finally:
        connection.close()


def edit_report(edit: Callable[[dict[str, Any]], None]) -> None:
    """Changes the report that the right migrator wrote."""
    path = Path(os.environ["MIGRATION_REPORT"])
    report = json.loads(path.read_text())
    edit(report)
    path.write_text(json.dumps(report))


class _Edited:
    """A stdout whose lines, a JSON object each, are changed on the way."""

    def __init__(self, out: TextIO, edit: Callable[[dict[str, Any]], None]) -> None:
        self.out, self.edit, self.begun = out, edit, ""

    def write(self, text: str) -> int:
        """Passes whole lines on."""
        *lines, self.begun = (self.begun + text).split("\n")
        for line in lines:
            self.out.write((self.edited(line) if line.startswith("{") else line) + "\n")
        return len(text)

    def edited(self, line: str) -> str:
        """Returns an answer with the mistake in it."""
        answer = json.loads(line)
        self.edit(answer)
        return json.dumps(answer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.out, name)


def answering(edit: Callable[[dict[str, Any]], None]) -> int:
    """As `run`, with each answer to a question changed."""
    if VERB == "query":
        sys.stdout = _Edited(sys.stdout, edit)  # type: ignore[assignment]
    return run()
