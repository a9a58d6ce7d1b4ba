"""A home with a skills database of version 3 on disk; nothing of the migrator is used to make it."""

import contextlib
import io
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conftest import Answer, Picture, seen

from harness.systems.session_buddy import schema
from migrator import cli

STATE = ".local/state/migrator"
AS_OF = "2026-03-01T12:34:56Z"
Row = tuple[str, str, str, Any, Any, str | None]  # skill, time, session, completed, seconds, phase
BUSY: list[Row] = [
    (
        skill,
        f"2026-03-01T{hour:02}:{minute:02}:00+00:00",
        f"s{session}",
        int(session % 3 > 0),
        1.5 * session,
        "setup",
    )
    for session, hour in enumerate((9, 9, 10, 11, 12, 12))
    for minute, skill in enumerate(("ruff-check", "black-format", "pytest-run"))
]


class SkillsHome:
    """Writes and reads one database."""

    def __init__(self, root: Path) -> None:
        self.root, self.db = root, root / ".claude" / "data" / "session_buddy.db"
        self.db.parent.mkdir(parents=True)

    def database(
        self, rows: Iterable[Row] = BUSY, *, mode: str = "wal", versions: int = 3, path: Path | None = None
    ) -> Path:
        path = path or self.db
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute(f"PRAGMA journal_mode={mode}")
            db.executescript(schema.BOOKKEEPING + "".join(text for _, _, text in schema.VERSIONS[:versions]))
            for number, (version, about, _) in enumerate(schema.VERSIONS[:versions], 1):
                values = (version, f"2026-01-01 00:00:0{number}", about)
                db.execute(
                    "INSERT INTO skill_migrations (version, applied_at, description) VALUES (?, ?, ?)", values
                )
            names = "skill_name, invoked_at, session_id, completed, duration_seconds, workflow_phase"
            if versions == len(schema.VERSIONS):
                db.executemany(f"INSERT INTO skill_invocation ({names}) VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.commit()
        os.utime(path, ns=(10**18, 10**18 + 7))
        return path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute(query).fetchall()

    def execute(self, statements: str) -> None:
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.executescript(statements)

    def listing(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")

    def run(self, *words: str) -> Answer:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = cli.main(["session-buddy", *words, "--home", str(self.root), "--json"])
        return Answer(status, json.loads(out.getvalue().splitlines()[-1]), out.getvalue())

    def migrate(self, *words: str) -> Answer:
        return self.run("migrate", "--as-of", AS_OF, *words)

    def picture(self, *, state: bool = True) -> Picture:
        found: Picture = {}
        for folder, folders, files in os.walk(self.root):
            for path in [folder, *(os.path.join(folder, name) for name in (*folders, *files))]:
                name = os.path.relpath(path, self.root)
                ours = name == "." or (STATE + "/").startswith(name + "/") or name.startswith(STATE)
                if state or not ours:
                    found[name] = seen(path)
        return found


def reasons(answer: Answer) -> dict[str, int]:
    """How often each thing is noted, by reason."""
    return {note["reason"]: int(note["detail"].split()[0]) for note in answer.report["notes"]}
