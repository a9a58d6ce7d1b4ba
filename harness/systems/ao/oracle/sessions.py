"""All sessions of a home: which of them get a row, with which number, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from harness.expectation import Disposition, Fate, Note
from harness.records import Record
from harness.systems.ao.oracle.inventory import Found, legacy_entries
from harness.systems.ao.oracle.lifecycle import Lifecycle, lifecycle_of
from harness.systems.ao.oracle.numbering import assign, is_made_up
from harness.systems.ao.oracle.registry import Project, Registry
from harness.systems.ao.oracle.session import created_at, session_row
from harness.systems.ao.oracle.session_losses import session_losses
from harness.systems.ao.oracle.stopped import stopped_sessions
from harness.systems.ao.oracle.timestamps import read_legacy
from harness.systems.ao.oracle.tree import Tree


@dataclass(frozen=True, slots=True)
class Kept:
    """A session that the target holds after the migration, as the legacy home tells it."""

    project: Project
    row: Record
    inserted: bool


@dataclass(slots=True)
class Sessions:
    """What becomes of the sessions; `kept` in registry order, then the oldest first."""

    kept: list[Kept] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    notes: set[Note] = field(default_factory=set)

    def settle(self, found: Found, disposition: Disposition, reason: str | None = None) -> None:
        """Notes the fate of a session file."""
        self.fates.append(Fate("session", found.source, found.id, disposition, reason))


def settle_sessions(tree: Tree, registry: Registry, existing: Mapping[str, Record]) -> Sessions:
    """Returns what becomes of every entry of the legacy tree, given the session rows that exist already."""
    sessions = Sessions()
    candidates: list[Found] = []
    for item in legacy_entries(tree, registry):
        if isinstance(item, Fate):
            sessions.fates.append(item)
        else:
            candidates.append(item)
    open_sessions: dict[str, list[tuple[Found, Lifecycle]]] = {}
    for found, lifecycle in _ongoing(tree, _without_duplicates(candidates, sessions), sessions):
        if found.project is None or found.project not in registry.projects:
            sessions.settle(found, "set-aside", "no-project")
        else:
            open_sessions.setdefault(found.project, []).append((found, lifecycle))
    owners = {key: str(row.get("project_id")) for key, row in existing.items()}
    held = _held_numbers(existing)
    for key, project in registry.projects.items():
        _settle_project(project, open_sessions.get(key, []), owners, held.get(key, {}), sessions)
    return sessions


def _without_duplicates(candidates: Iterable[Found], sessions: Sessions) -> list[Found]:
    """Returns the files without those whose session another file tells better; these are set aside."""
    groups: dict[tuple[str | None, str, str], list[Found]] = {}
    for found in candidates:
        alone = found.source if found.project is None else ""
        groups.setdefault((found.project, found.id, alone), []).append(found)
    winners = []
    for group in groups.values():
        winner = max(group, key=_standing)
        winners.append(winner)
        for loser in group:
            if loser is not winner:
                sessions.settle(loser, "set-aside", "duplicate-source")
    return winners


def _standing(found: Found) -> tuple[bool, str, int, str]:
    """Returns what makes one file win over another: the newer layout, then createdAt, mtime and path."""
    return not found.old, read_legacy(found.document.get("createdAt")) or "", found.mtime_ns, found.source


def _ongoing(
    tree: Tree, candidates: Iterable[Found], sessions: Sessions
) -> Iterator[tuple[Found, Lifecycle]]:
    """Yields the sessions that are not over; those that are, are skipped."""
    stopped = stopped_sessions(tree)
    for found in candidates:
        lifecycle = lifecycle_of(found.document)
        if not lifecycle.ended:
            yield found, lifecycle
            continue
        by_stop = (
            lifecycle.session.get("reason") == "manually_killed" and (found.project, found.id) in stopped
        )
        sessions.settle(found, "skipped", "stopped-by-ao-stop" if by_stop else "terminal")


def _held_numbers(existing: Mapping[str, Record]) -> dict[str, dict[float, str]]:
    held: dict[str, dict[float, str]] = {}
    for key, row in existing.items():
        if isinstance(num := row.get("num"), int | float):
            held.setdefault(str(row.get("project_id")), {})[num] = key
    return held


def _settle_project(
    project: Project,
    candidates: list[tuple[Found, Lifecycle]],
    owners: dict[str, str],
    held: Mapping[float, str],
    sessions: Sessions,
) -> None:
    """Settles the ongoing sessions of one project; `owners` gains those that get a row."""
    new = [item for item in candidates if item[0].id not in owners]
    numbers = assign(
        project.prefix, [(found.id, created_at(found, lifecycle)) for found, lifecycle in new], held
    )
    for found, lifecycle in sorted(candidates, key=lambda item: (created_at(*item), item[0].id)):
        owner = owners.get(found.id)
        num = numbers.get(found.id)
        if owner is not None and owner != project.id:
            sessions.settle(found, "set-aside", "id-taken-by-other-project")
        elif owner is None and num is None:
            sessions.settle(found, "set-aside", "num-taken")
        else:
            inserted = owner is None
            owners[found.id] = project.id
            sessions.settle(found, "migrated" if inserted else "present")
            row = session_row(found, project.id, project.prefix, lifecycle, num)
            sessions.kept.append(Kept(project, row, inserted))
            if num is not None:
                why = {*session_losses(found, lifecycle, row)}
                why |= {"num-reassigned"} if is_made_up(project.prefix, found.id, num) else set()
                sessions.notes |= {Note(found.source, found.id, reason) for reason in why}
