"""A legacy home on disk, the part of schema 12 that a migration touches, and a picture of every byte."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator import cli
from migrator.ao.session import HARNESSES

UUID = "11111111-2222-3333-4444-555555555555"
STATE = ".local/state/migrator"
SCHEMA = f"""
CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL,
    is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
CREATE TABLE projects (id TEXT PRIMARY KEY, path TEXT NOT NULL, repo_origin_url TEXT NOT NULL DEFAULT '',
    display_name TEXT NOT NULL DEFAULT '', registered_at TIMESTAMP NOT NULL, archived_at TIMESTAMP, config TEXT,
    kind TEXT NOT NULL DEFAULT 'single_repo' CHECK (kind IN ('single_repo', 'workspace')));
CREATE TABLE sessions (id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects (id), num INTEGER NOT NULL,
    issue_id TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT 'worker' CHECK (kind IN ('worker', 'orchestrator')),
    harness TEXT NOT NULL DEFAULT '' CHECK (harness IN ('', {", ".join(repr(h) for h in sorted(HARNESSES))})),
    activity_state TEXT NOT NULL DEFAULT 'idle'
        CHECK (activity_state IN ('active', 'idle', 'waiting_input', 'blocked', 'exited')),
    activity_last_at TIMESTAMP NOT NULL, is_terminated BOOLEAN NOT NULL DEFAULT FALSE,
    branch TEXT NOT NULL DEFAULT '', workspace_path TEXT NOT NULL DEFAULT '',
    runtime_handle_id TEXT NOT NULL DEFAULT '', agent_session_id TEXT NOT NULL DEFAULT '',
    prompt TEXT NOT NULL DEFAULT '', created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL,
    display_name TEXT NOT NULL DEFAULT '', first_signal_at TIMESTAMP, UNIQUE (project_id, num));
CREATE TABLE change_log (seq INTEGER PRIMARY KEY AUTOINCREMENT, project_id TEXT NOT NULL REFERENCES projects (id),
    session_id TEXT REFERENCES sessions (id), event_type TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload)), created_at TIMESTAMP NOT NULL DEFAULT (datetime('now')));
CREATE TRIGGER sessions_cdc_insert AFTER INSERT ON sessions BEGIN
    INSERT INTO change_log (project_id, session_id, event_type, payload, created_at)
    VALUES (NEW.project_id, NEW.id, 'session_created', json_object('id', NEW.id, 'activity', NEW.activity_state,
        'isTerminated', json(CASE WHEN NEW.is_terminated THEN 'true' ELSE 'false' END)), NEW.updated_at);
END;
"""
Picture = dict[str, tuple[Any, ...]]


@dataclass
class Answer:
    status: int
    report: dict[str, Any]
    out: str

    @property
    def code(self) -> str | None:
        code: str | None = self.report["code"]
        return code

    def fates(self) -> dict[str, tuple[str, str | None]]:
        return {record["source"]: (record["outcome"], record["reason"]) for record in self.report["records"]}

    def notes(self, sid: str) -> set[str]:
        return {note["reason"] for note in self.report["notes"] if note["id"] == sid}


class LegacyHome:
    """Writes a home piece by piece; nothing of the migrator is used."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.legacy = root / ".agent-orchestrator"
        self.db = root / ".ao" / "data" / "ao.db"
        self.config: dict[str, Any] = {"projects": {}}
        self.legacy.mkdir(parents=True)
        self.save()

    def save(self) -> None:
        (self.legacy / "config.yaml").write_text(json.dumps(self.config))

    def project(self, key: str, **entry: Any) -> Path:
        path = self.root / "repos" / key
        path.mkdir(parents=True, exist_ok=True)
        self.config["projects"][key] = {"path": str(path), **entry}
        self.save()
        return path

    def session(self, project: str, sid: str, record: Any = None, **fields: Any) -> Path:
        path = self.legacy / "projects" / project / "sessions" / f"{sid}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(record, bytes):
            path.write_bytes(record)
        else:
            path.write_text(json.dumps(live(**fields) if record is None else record))
        return path

    def v1(self, folder: str, sid: str, text: str) -> Path:
        path = self.legacy / folder / "sessions" / sid
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def database(self, mode: str = "wal", statements: str = "", versions: range = range(13)) -> Path:
        self.db.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.execute(f"PRAGMA journal_mode={mode}")
            db.executescript(SCHEMA + statements)
            db.executemany(
                "INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)",
                [(v,) for v in versions],
            )
            db.commit()
        self.db.chmod(0o640)
        os.utime(self.db, ns=(10**18, 10**18 + 7))
        return self.db

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute(query).fetchall()

    def execute(self, statements: str) -> None:
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.executescript(statements)

    def transcript(self, worktree: Path, text: str = '{"type":"user"}\n', uuid: str = UUID) -> Path:
        bucket = "".join(
            c if (c.isascii() and c.isalnum()) or c == "-" else "-" for c in os.path.realpath(worktree)
        )
        path = self.root / ".claude" / "projects" / bucket / f"{uuid}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, ns=(10**18, 10**18))
        return path

    def run(self, *words: str) -> Answer:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = cli.main(["ao", *words, "--home", str(self.root), "--json"])
        return Answer(status, json.loads(out.getvalue().splitlines()[-1]), out.getvalue())

    def picture(self, *, state: bool = True) -> Picture:
        """Kind, mode, time, size and bytes of every path; without our own state and the folders above it."""
        found: Picture = {}
        for folder, folders, files in os.walk(self.root):
            for path in [folder, *(os.path.join(folder, name) for name in (*folders, *files))]:
                name = os.path.relpath(path, self.root)
                if not state and (
                    name == "." or (STATE + "/").startswith(name + "/") or name.startswith(STATE)
                ):
                    continue
                found[name] = seen(path)
        return found


def seen(path: str) -> tuple[Any, ...]:
    about = os.lstat(path)
    data = b""
    if stat.S_ISREG(about.st_mode):
        data = Path(path).read_bytes()
    elif stat.S_ISLNK(about.st_mode):
        data = os.fsencode(os.readlink(path))
    size = 0 if stat.S_ISDIR(about.st_mode) else about.st_size
    return about.st_mode, about.st_mtime_ns, size, hashlib.sha256(data).hexdigest()


def live(**fields: Any) -> dict[str, Any]:
    """A working session as the legacy tool writes it."""
    state = fields.pop("state", "working")
    return {
        "worktree": "",
        "branch": "session/x",
        "agent": "codex",
        "codexThreadId": "thread-1",
        "createdAt": "2026-05-01T10:00:00.000Z",
        "lifecycle": {
            "version": 2,
            "session": {"kind": "worker", "state": state, "lastTransitionAt": "2026-05-01T10:00:05.123Z"},
            "runtime": {"state": "alive", "lastObservedAt": "2026-05-01T10:00:06.000Z"},
        },
        **fields,
    }


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where that is possible: forcing thousands of small writes to a disk takes minutes."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="unit-", dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LegacyHome:
    for name in (
        *(n for n in os.environ if n.startswith(("AO_", "XDG_"))),
        "MIGRATION_REPORT",
        "MIGRATOR_DEBUG",
    ):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    return LegacyHome(tmp_path / "home")


@pytest.fixture
def filled(home: LegacyHome) -> LegacyHome:
    """Two projects, three live sessions (one with a transcript), one ended, one broken, a WAL database."""
    home.project("alpha", sessionPrefix="al", displayName="Alpha")
    home.project("beta", sessionPrefix="be")
    worktree = home.root / "trees" / "al-1"
    worktree.mkdir(parents=True)
    home.session("alpha", "al-1", agent="claude-code", claudeSessionUuid=UUID, worktree=str(worktree))
    home.transcript(worktree)
    home.session("alpha", "al-orchestrator", role="orchestrator", state="idle")
    home.session("beta", "be-3")
    home.session("beta", "be-4", state="done")
    home.session("beta", "be-5", b'{"worktree": ')
    home.database()
    return home


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty home of the AIT42 editor."""
    from editor import EditorHome  # noqa: PLC0415 - it needs this module

    for name in (*(n for n in os.environ if n.startswith("XDG_")), "MIGRATION_REPORT", "MIGRATOR_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    return EditorHome(tmp_path / "home")


@pytest.fixture
def skills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A home of session-buddy with a small database of version 3."""
    from skills import SkillsHome  # noqa: PLC0415 - it needs this module

    for name in (*(n for n in os.environ if n.startswith("XDG_")), "MIGRATION_REPORT", "MIGRATOR_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    home = SkillsHome(tmp_path / "home")
    home.database()
    return home
