"""Small legacy homes and version-12 databases written by hand, for the tests of the oracle."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from harness.expectation import Expectation
from harness.home import Home
from harness.systems.ao.oracle import schema

ROOT = "/home/u"
MTIME_NS = 1_772_600_767_089_999_999
MTIME = "2026-03-04T05:06:07.089Z"
LEGACY = ".agent-orchestrator"
CONFIG = f"{LEGACY}/config.yaml"
DATABASE = ".ao/data/ao.db"
ONE = "projects:\n  app:\n    path: /home/u/repos/app\n    sessionPrefix: app\n"
"""A registry of one project."""

_VIA = (
    "(SELECT s.project_id FROM pr p JOIN sessions s ON s.id = p.session_id WHERE p.url = NEW.pr_url),"
    "(SELECT session_id FROM pr WHERE url = NEW.pr_url)"
)
_OWN = "(SELECT project_id FROM sessions WHERE id = NEW.session_id), NEW.session_id"


def _flag(column: str) -> str:
    return f"json(CASE WHEN NEW.{column} THEN 'true' ELSE 'false' END)"


_SESSION = f"'id', NEW.id, 'activity', NEW.activity_state, 'isTerminated', {_flag('is_terminated')}"
_PR = (
    "'url', NEW.url, 'session', NEW.session_id, 'state', NEW.pr_state, 'ci', NEW.ci_state,"
    "'review', NEW.review_decision, 'mergeability', NEW.mergeability"
)
_CHECK = "'pr', NEW.pr_url, 'name', NEW.name, 'commit', NEW.commit_hash, 'status', NEW.status"
_THREAD = (
    "'pr', NEW.pr_url, 'thread', NEW.thread_id, 'path', NEW.path, 'line', NEW.line,"
    f"'resolved', {_flag('resolved')}"
)


def changed(*columns: str) -> str:
    return " OR ".join(f"OLD.{column} <> NEW.{column}" for column in columns)


def trigger(name: str, *parts: str) -> str:
    event, guard, who, kind, payload, at = parts
    when = f"WHEN {guard}" if guard else ""
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON {schema.TRIGGERS[name]} {when} BEGIN"
        " INSERT INTO change_log (project_id, session_id, event_type, payload, created_at)"
        f" VALUES ({who}, '{kind}', json_object({payload}), {at}); END"
    )


TRIGGERS = {
    name: trigger(name, *parts)
    for name, parts in {
        "sessions_cdc_insert": (
            "INSERT",
            "",
            "NEW.project_id, NEW.id",
            "session_created",
            _SESSION,
            "NEW.updated_at",
        ),
        "sessions_cdc_update": (
            "UPDATE",
            changed("activity_state", "is_terminated")
            + " OR (OLD.first_signal_at IS NULL AND NEW.first_signal_at IS NOT NULL)",
            "NEW.project_id, NEW.id",
            "session_updated",
            _SESSION,
            "NEW.updated_at",
        ),
        "pr_cdc_insert": ("INSERT", "", _OWN, "pr_created", _PR, "NEW.updated_at"),
        "pr_cdc_update": (
            "UPDATE",
            changed("pr_state", "ci_state", "review_decision", "mergeability"),
            _OWN,
            "pr_updated",
            _PR,
            "NEW.updated_at",
        ),
        "pr_session_cdc_update": (
            "UPDATE",
            changed("session_id"),
            _OWN,
            "pr_session_changed",
            "'url', NEW.url, 'fromSession', OLD.session_id, 'toSession', NEW.session_id",
            "NEW.updated_at",
        ),
        "pr_checks_cdc_insert": ("INSERT", "", _VIA, "pr_check_recorded", _CHECK, "NEW.created_at"),
        "pr_checks_cdc_update": (
            "UPDATE",
            changed("status"),
            _VIA,
            "pr_check_recorded",
            _CHECK,
            "datetime('now')",
        ),
        "pr_review_threads_cdc_insert": (
            "INSERT",
            "",
            _VIA,
            "pr_review_thread_added",
            _THREAD + f", 'isBot', {_flag('is_bot')}",
            "NEW.updated_at",
        ),
        "pr_review_threads_cdc_update": (
            "UPDATE",
            changed("resolved"),
            _VIA,
            "pr_review_thread_resolved",
            _THREAD,
            "NEW.updated_at",
        ),
    }.items()
}


def table_sql(name: str) -> str:
    table = schema.TABLES[name]
    counted = name in {"change_log", schema.VERSION_TABLE}
    parts = []
    for column in table.columns:
        words = [column.name, column.type]
        if counted and column.name in table.key:
            words.append("PRIMARY KEY AUTOINCREMENT")
        if column.notnull:
            words.append("NOT NULL")
        if column.default is not None:
            words.append(
                f"DEFAULT ({column.default})" if "(" in column.default else f"DEFAULT {column.default}"
            )
        if choices := schema.CHOICES.get((name, column.name)):
            words.append(
                f"CHECK ({column.name} IN ({', '.join(repr(choice) for choice in sorted(choices))}))"
            )
        parts.append(" ".join(words))
    if name == "change_log":
        parts.append("CHECK (json_valid(payload))")
    if not counted:
        parts.append(f"PRIMARY KEY ({', '.join(table.key)})")
    parts += [f"UNIQUE ({', '.join(columns)})" for columns in table.unique]
    parts += [
        f"FOREIGN KEY ({column}) REFERENCES {there} ({key}) ON DELETE {action}"
        for column, there, key, action in sorted(table.foreign)
    ]
    return f"CREATE TABLE {name} ({', '.join(parts)})"


def index_sql(name: str) -> str:
    index = schema.INDEXES[name]
    where = f" WHERE {index.where}" if index.where else ""
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    return f"CREATE {kind} {name} ON {index.table} ({', '.join(index.columns)}){where}"


def script(*, without: Iterable[str] = (), versions: Iterable[int] = range(13)) -> list[str]:
    """The statements that make an empty version-12 database."""
    objects = {name: table_sql(name) for name in schema.TABLES}
    objects |= {name: index_sql(name) for name in schema.INDEXES} | TRIGGERS
    statements = [sql for name, sql in objects.items() if name not in without]
    return statements + [
        f"INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES ({version}, 1, '2026-06-16 10:00:00')"
        for version in versions
    ]


def build(statements: Iterable[str], *, start: bytes = b"") -> bytes:
    """The bytes of a database after the statements, begun empty or from other bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.db")
        path.write_bytes(start)
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        return path.read_bytes()


@cache
def empty_database() -> bytes:
    return build(script())


def with_rows(*statements: str) -> bytes:
    return build(statements, start=empty_database())


def project_sql(key: str, path: str, config: str = "NULL") -> str:
    return (
        "INSERT INTO projects (id, path, registered_at, config)"
        f" VALUES ('{key}', '{path}', '2026-01-01 00:00:00.5 +0000 UTC', {config})"
    )


def session_sql(key: str, project: str, num: int) -> str:
    return (
        "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at) VALUES"
        f" ('{key}', '{project}', {num}, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')"
    )


def golden_database() -> bytes | None:
    place = golden() / "ao-v12-empty.db"
    return place.read_bytes() if place.is_file() else None


def golden() -> Path:
    """Where homes written by the real programs lie."""
    beside = Path(__file__).resolve().parents[4].parent / "shared" / "golden"
    return Path(os.environ.get("GOLDEN_HOMES") or beside) / "ao"


def legacy(config: str = ONE, *, database: bytes | None = b"", **sessions: bytes) -> Home:
    """A home with a registry, sessions of the project ``app`` (``app_1`` names ``app-1.json``), and a database."""
    home = Home.empty(ROOT, mtime_ns=MTIME_NS).with_file(CONFIG, config.encode())
    if database is not None:
        home = home.with_file(DATABASE, database or empty_database())
    for name, content in sessions.items():
        home = with_session(home, name.replace("_", "-"), content)
    return home


def with_session(home: Home, name: str, content: bytes, project: str = "app") -> Home:
    return home.with_file(f"{LEGACY}/projects/{project}/sessions/{name}.json", content)


def session(state: str | None = "working", **fields: object) -> bytes:
    """A session file of today's format; the lifecycle is made of the state unless it is given."""
    lifecycle = {} if state is None else {"lifecycle": {"version": 2, "session": {"state": state}}}
    return json.dumps(lifecycle | fields).encode()


def fates(expectation: Expectation, kind: str = "session") -> dict[str, str]:
    """Disposition or reason by id."""
    return {fate.id: fate.reason or fate.disposition for fate in expectation.fates if fate.kind == kind}


def column(expectation: Expectation, name: str) -> Mapping[str, object]:
    """One column of the sessions by id."""
    return {key: row[name] for key, row in expectation.tables["sessions"].items()}


Change = Callable[[Home], Home]
