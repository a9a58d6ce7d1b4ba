"""The one right result of ``migrate`` on a home."""

from __future__ import annotations

from harness.expectation import Expectation, Fate
from harness.home import Home
from harness.records import Record, Tables
from harness.systems.ao.oracle.database import PLACE, change_log_key, place
from harness.systems.ao.oracle.inventory import legacy_entries
from harness.systems.ao.oracle.refusals import (
    no_place_for_backup,
    surroundings,
    unusable_root,
)
from harness.systems.ao.oracle.registries import read_configs
from harness.systems.ao.oracle.registry import Registry, read_registry
from harness.systems.ao.oracle.sessions import Sessions, settle_sessions
from harness.systems.ao.oracle.target_state import TargetState, state_of
from harness.systems.ao.oracle.transcripts import settle_transcripts
from harness.systems.ao.oracle.tree import Tree


def expect(home: Home, *, alive: bool = False, locked: bool = False) -> Expectation:
    """Returns the state that a right migration of the home must leave, and the fate of each legacy record.

    No variable of the environment points elsewhere.  What a home cannot show is said by the caller: `alive`, that
    the process named in ``.ao/running.json`` runs; `locked`, that something holds the database.
    """
    tree = Tree(home)
    target = state_of(home)
    unusable = unusable_root(tree)
    if unusable:
        return Expectation(refusals=unusable, tables=target.tables)
    configs = read_configs(tree)
    if not configs:
        return Expectation(tables=target.tables, fates=_without_registry(tree), notes=frozenset())
    refusals = target.refusals | surroundings(tree, alive=alive, locked=locked)
    if not all(config.valid for config in configs):
        refusals |= {"CONFIG_INVALID"}
    if refusals:
        return Expectation(refusals=refusals, tables=target.tables)
    registry = read_registry(tree, configs, target.projects)
    sessions = settle_sessions(tree, registry, target.sessions)
    transcripts = settle_transcripts(tree, sessions.kept)
    new = [project for project in registry.projects.values() if project.row is not None]
    kept = [item for item in sessions.kept if item.inserted]
    if (new or kept or transcripts.writable) and no_place_for_backup(tree):
        return Expectation(refusals=frozenset({"NO_ACCESS"}), tables=target.tables)
    database = place(home) or PLACE
    return Expectation(
        tables=_tables(target, registry, sessions),
        files=transcripts.files,
        writable=frozenset(database + suffix for suffix in ("", "-wal", "-shm", "-journal"))
        | transcripts.writable,
        fates=(*registry.fates, *sessions.fates, *transcripts.fates),
        notes=frozenset(registry.notes | sessions.notes),
    )


def _without_registry(tree: Tree) -> tuple[Fate, ...]:
    """Returns the fates of all entries where there is no registry: what they hold is of no account."""
    found = legacy_entries(tree, Registry())
    named = ((item.kind, item) if isinstance(item, Fate) else ("session", item) for item in found)
    return tuple(Fate(kind, item.source, item.id, "skipped", "not-migrated") for kind, item in named)


def _tables(target: TargetState, registry: Registry, sessions: Sessions) -> Tables:
    """Returns the target's whole content afterwards: what was there, the new rows, and their change-log rows."""
    projects = {project.id: project.row for project in registry.projects.values() if project.row is not None}
    rows = {str(kept.row["id"]): kept.row for kept in sessions.kept if kept.inserted}
    logged = dict(target.tables["change_log"])
    seen: dict[str, int] = {}
    for record in logged.values():
        change_log_key(record, seen)
    for row in rows.values() if target.logs_sessions else ():
        record = _logged(row)
        logged[change_log_key(record, seen)] = record
    return {
        **target.tables,
        "projects": {**target.projects, **projects},
        "sessions": {**target.sessions, **rows},
        "change_log": logged,
    }


def _logged(row: Record) -> Record:
    """Returns the change-log row that the database's own trigger writes for an inserted session."""
    return {
        "project_id": row["project_id"],
        "session_id": row["id"],
        "event_type": "session_created",
        "payload": {"id": row["id"], "activity": row["activity_state"], "isTerminated": False},
        "created_at": row["updated_at"],
    }
