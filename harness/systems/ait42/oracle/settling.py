"""What the target holds after a migration: each session put beside what the target already knows of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.expectation import Fate, Note
from harness.records import Record, Tables, Value
from harness.systems.ait42.oracle.instants import instant
from harness.systems.ait42.oracle.mapping import (
    Issue,
    Told,
    entity_of,
    instance_row,
    message_row,
    session_issues,
    session_row,
)
from harness.systems.ait42.oracle.merging import Merged, Part

LONG = 10_000
"""Characters of a message beyond which it is noted: upstream's own tables hold no longer ones."""

Rows = dict[str, Record]


def key_of(*parts: Value) -> str:
    """Returns the text that names a row with several key columns."""
    return json.dumps(parts, ensure_ascii=False, default=repr)


@dataclass
class Target:
    """The four tables while they are filled, by key; instances and messages also by their session."""

    sessions: Rows
    instances: Rows
    messages: Rows
    issues: Rows
    numbers: dict[str, set[int]] = field(default_factory=dict)
    notes: set[Note] = field(default_factory=set)

    @classmethod
    def of(cls, tables: Tables) -> Target:
        """Returns the state before a migration."""
        names = ("sessions", "instances", "chat_messages", "migration_issues")
        sessions, instances, messages, issues = (dict(tables.get(name, {})) for name in names)
        target = cls(sessions, instances, messages, issues)
        for row in target.instances.values():
            target.numbers.setdefault(str(row["session_id"]), set()).add(row["instance_id"])
        return target

    def tables(self) -> dict[str, Rows]:
        """Returns the tables, both counts made anew."""
        counts = {name: [0, 0] for name in self.sessions}
        for place, rows in enumerate((self.instances, self.messages)):
            for row in rows.values():
                if row["session_id"] in counts:
                    counts[row["session_id"]][place] += 1
        sessions: Rows = {
            name: {**row, "instance_count": counts[name][0], "message_count": counts[name][1]}
            for name, row in self.sessions.items()
        }
        return {
            "sessions": sessions,
            "instances": self.instances,
            "chat_messages": self.messages,
            "migration_issues": self.issues,
        }

    def settle(self, session: Merged, workspace: str | None) -> Fate:
        """Puts a session into the target where it is to be put, and returns the winner's fate."""
        old = self.sessions.get(session.id)
        plan = _plan(self, session, workspace, old)
        if old is not None and not self._is_due(session, old, plan):
            if self._differs(old, plan):
                self.notes.add(Note(session.source, session.id, "kept-newer"))
            return Fate("session", session.source, session.id, "present")
        why = {str(issue["reason"]) for issue in plan.issues.values()}
        why |= {"updated"} if old is not None else set()
        why |= (
            {"long-message"} if any(len(part.row["content"]) > LONG for part in session.messages) else set()
        )
        self.notes |= {Note(session.source, session.id, reason) for reason in why}
        self.sessions[session.id] = plan.row
        for rows, new in (
            (self.instances, plan.instances),
            (self.messages, plan.messages),
            (self.issues, plan.issues),
        ):
            rows.update(new)
        self.numbers[session.id] = plan.numbers
        return Fate("session", session.source, session.id, "migrated" if old is None else "present")

    def _is_due(self, session: Merged, old: Record, plan: _Plan) -> bool:
        """Tells whether the file is no older than the row, and says something else."""
        older = instant(session.scalars["updatedAt"]) < instant(str(old["updated_at"]))
        return not older and self._differs(old, plan)

    def _differs(self, old: Record, plan: _Plan) -> bool:
        """Tells whether a session says something else than its row, instances and messages do."""
        kept = {name: value for name, value in old.items() if name in plan.row}
        return (
            kept != plan.row
            or any(self.instances.get(name) != row for name, row in plan.instances.items())
            or any(name not in self.messages for name in plan.messages)
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a session's rows would be."""

    row: Record
    instances: Rows
    messages: Rows
    issues: Rows
    numbers: set[int]


def _plan(target: Target, session: Merged, workspace: str | None, old: Record | None) -> _Plan:
    numbers = target.numbers.get(session.id, set()) | set(session.instances)
    issues: Rows = {}
    tell = _teller(issues, "session", session.source, session.id)
    row = session_row(session, _workspace(session, workspace, old, tell), tell)
    if old is not None:
        row["created_at"] = old["created_at"]
    plan = _Plan(row, {}, {}, issues, numbers)
    for number, part in session.instances.items():
        told = _teller(issues, "instance", part.source, entity_of(session.id, part))
        plan.instances[key_of(session.id, number)] = instance_row(session.id, part.row, told)
    for issue in session_issues(session, frozenset(numbers), tell):
        _add(issues, issue)
    for part in session.messages:
        _place(target, session.id, part, plan)
    return plan


def _workspace(session: Merged, workspace: str | None, old: Record | None, tell: Told) -> str:
    if workspace is not None:
        return workspace
    unknown = f"unknown:{session.hash}"
    known = old["workspace_path"] if old is not None else unknown
    if isinstance(known, str) and known != unknown and not known.startswith("unknown:"):
        return known
    tell("workspace", session.hash, unknown, "workspace-unknown")
    return unknown


def _place(target: Target, session: str, part: Part, plan: _Plan) -> None:
    """Finds a message the first id that is free, or that already holds just this message."""
    found: Rows = {}
    identity = part.row["id"]
    tell = _teller(found, "message", part.source, identity)
    row = message_row(session, part.row, frozenset(plan.numbers), tell)
    for name in _candidates(session, identity):
        record = {"id": name, **row}
        if name in plan.messages:
            if plan.messages[name] == record:
                return  # an equal one stood before it
        elif name not in target.messages or target.messages[name] == record:
            plan.messages[name] = record
            if name != identity:
                tell("id", identity, name, "message-id-collision")
            plan.issues.update(found)
            return


def _candidates(session: str, identity: str) -> Iterator[str]:
    yield identity
    yield f"{session}:{identity}"
    yield from (f"{session}:{identity}:{number}" for number in itertools.count(2))


def _teller(issues: Rows, entity: str, source: str, name: str) -> Told:
    def tell(about: str, original: Value, stored: Value, reason: str) -> None:
        _add(issues, Issue(source, entity, name, about, original, stored, reason))

    return tell


def _add(issues: Rows, issue: Issue) -> None:
    issues[key_of(*issue.key)] = issue_row(issue)


def issue_row(issue: Issue) -> Record:
    """Returns an issue as it is read back; objects kept as text are compared as objects."""
    kept = issue.reason in {"duplicate-session", "duplicate-instance"} and isinstance(issue.original, str)
    return {
        "source": issue.source,
        "entity": issue.entity,
        "entity_id": issue.entity_id,
        "field": issue.field,
        "original": json.loads(issue.original) if kept else issue.original,
        "stored": issue.stored,
        "reason": issue.reason,
    }
