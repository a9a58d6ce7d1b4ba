"""From the legacy home and a picture of the target to the plan: which rows, which copies, and every record's fate."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from migrator import files
from migrator.ao import numbers, registry, sources, transcripts
from migrator.ao.places import Places
from migrator.ao.session import BOUND, BadRecordError, Session, Tell, record, session
from migrator.lifecycle import Plan
from migrator.report import Note, Record

SKIPPED = {"leftover", "corrupt-copy", "archived", "migrated-dir", "not-migrated"}
OF_SESSIONS = {"corrupt-copy", "archived", "invalid-session-id"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What the target holds: project paths and session owners by id, and for each project its numbers."""

    projects: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that was read; `rank` orders copies of the same session, the smallest wins."""

    found: sources.Found
    source: str
    project: str | None
    session: Session
    notes: tuple[Note, ...]
    rank: tuple[int, tuple[int, ...], int, str]


def make(
    places: Places, listing: registry.Registry, picture: Picture, progress: Callable[[int], None]
) -> Plan:
    """The whole plan. Reads the legacy home, writes nothing."""
    plan = Plan()
    known = registry.projects(listing, places, picture.projects)
    plan.records += known.records
    plan.notes += known.notes
    plan.rows += [("projects", "id", row) for row in known.rows]
    prefixes = {**{i: registry.prefix_of(path) for i, path in picture.projects.items()}, **known.known}
    stopped = _stopped(places)
    live: dict[str, list[Candidate]] = {project: [] for project in prefixes}
    for candidate in _winners(plan, _candidates(plan, places, known, progress)):
        if candidate.session.ended:
            _ended(plan, candidate, stopped)
        elif candidate.project is None or candidate.project not in prefixes:
            _aside(
                plan, candidate, "no-project", "its project is not in config.yaml, or was set aside itself"
            )
        else:
            live[candidate.project].append(candidate)
    owners = dict(picture.sessions)
    planned: dict[str, str] = {}
    order = [*known.known, *(project for project in prefixes if project not in known.known)]
    for project in order:
        _project(plan, places, project, prefixes[project], live[project], picture, owners, planned)
    return plan


def _candidates(
    plan: Plan, places: Places, known: registry.Projects, progress: Callable[[int], None]
) -> list[Candidate]:
    out: list[Candidate] = []
    for count, found in enumerate(sources.find(places.root, places.config)):
        progress(count)
        source = places.shown(found.path)
        if found.kind != "session":
            outcome = "skipped" if found.kind in SKIPPED else "set-aside"
            kind = "session" if found.kind in OF_SESSIONS else "other"
            plan.records.append(Record(kind, source, found.id, outcome, found.kind))
            continue
        notes: list[Note] = []
        try:
            one, mtime = _read(found, _teller(notes, source, found.id))
        except BadRecordError as bad:
            outcome = "skipped" if bad.reason == "empty-file" else "set-aside"
            plan.records.append(Record("session", source, found.id, outcome, bad.reason, str(bad)))
            continue
        out.append(
            Candidate(found, source, _owner(found, known), one, tuple(notes), _rank(found, one, mtime))
        )
    return out


def _teller(notes: list[Note], source: str, sid: str) -> Tell:
    return lambda reason, detail: notes.append(Note(source, sid, reason, detail))


def _read(found: sources.Found, tell: Tell) -> tuple[Session, int]:
    try:
        data, about = files.read(found.path, BOUND)
    except files.NotRegularError:
        raise BadRecordError("not-a-regular-file", "a folder, link, pipe or socket") from None
    except files.TooLargeError:
        raise BadRecordError("too-large", f"more than {BOUND >> 20} MiB") from None
    except OSError as error:
        raise BadRecordError("unreadable", error.strerror or str(error)) from None
    return session(record(data, tell), found.id, about.st_mtime_ns, tell), about.st_mtime_ns


def _owner(found: sources.Found, known: registry.Projects) -> str | None:
    if found.v1_folder is None:
        return found.project
    return known.owner(found.v1_folder, found.v1_folder[13:])


def _rank(found: sources.Found, one: Session, mtime: int) -> tuple[int, tuple[int, ...], int, str]:
    """New layout first; then the newest creation, the newest file, the first path."""
    return (found.v1_folder is not None, tuple(-ord(char) for char in one.created_at), -mtime, found.path)


def _winners(plan: Plan, candidates: list[Candidate]) -> list[Candidate]:
    """One candidate for each session; an ended one wins too, or an old copy would bring it back to life."""
    best: dict[tuple[str, str], Candidate] = {}
    for one in candidates:
        if one.project is not None:
            key = one.project, one.session.id
            best[key] = min(best.get(key, one), one, key=lambda candidate: candidate.rank)
    kept: list[Candidate] = []
    for one in candidates:
        winner = best.get((one.project or "", one.session.id), one)
        if winner is one or one.session.ended:
            kept.append(one)
        else:
            _aside(plan, one, "duplicate-source", f"{winner.source} is the newer copy")
    return kept


def _stopped(places: Places) -> set[tuple[str, str]]:
    """(project, id) of the sessions that a clean stop of the legacy tool ended, to be restored later."""
    last = registry.read_json(os.path.join(places.root, "last-stop.json"))
    if not isinstance(last, dict):
        return set()
    others = last.get("otherProjects")
    groups = [last, *(others if isinstance(others, list) else [])]
    found: set[tuple[str, str]] = set()
    for group in groups:
        if isinstance(group, dict) and isinstance(group.get("sessionIds"), list):
            found |= {(str(group.get("projectId")), str(sid)) for sid in group["sessionIds"]}
    return found


def _ended(plan: Plan, one: Candidate, stopped: set[tuple[str, str]]) -> None:
    by_stop = one.session.killed and (one.project or "", one.session.id) in stopped
    reason = "stopped-by-ao-stop" if by_stop else "terminal"
    detail = (
        "restore it in the legacy tool first if it should come along" if by_stop else "the session has ended"
    )
    plan.records.append(Record("session", one.source, one.session.id, "skipped", reason, detail))


def _aside(plan: Plan, one: Candidate, reason: str, detail: str) -> None:
    plan.records.append(Record("session", one.source, one.session.id, "set-aside", reason, detail))


def _project(
    plan: Plan,
    places: Places,
    project: str,
    prefix: str,
    candidates: list[Candidate],
    picture: Picture,
    owners: dict[str, str],
    planned: dict[str, str],
) -> None:
    """The sessions of one project, oldest first: numbered, mapped, and with their transcripts."""
    fresh: list[Candidate] = []
    here: list[Candidate] = []
    for one in sorted(candidates, key=lambda candidate: (candidate.session.created_at, candidate.session.id)):
        owner = owners.get(one.session.id)
        if owner is not None and owner != project:
            _aside(plan, one, "id-taken-by-other-project", f"project {owner!r} has a session of this id")
        elif owner is not None:
            plan.records.append(Record("session", one.source, one.session.id, "present"))
            here.append(one)
        else:
            fresh.append(one)
    sids = [one.session.id for one in fresh]
    nums, made_up, taken = numbers.assign(sids, prefix, picture.numbers.get(project, {}))
    for one in fresh:
        sid = one.session.id
        if sid in taken:
            _aside(plan, one, "num-taken", f"{taken[sid]!r} has its number")
            continue
        owners[sid] = project
        here.append(one)
        plan.rows.append(("sessions", "id", _row(one.session, project, prefix, nums[sid])))
        plan.records.append(Record("session", one.source, sid, "migrated"))
        plan.notes += one.notes
        if sid in made_up:
            plan.notes.append(Note(one.source, sid, "num-reassigned", f"num {nums[sid]}"))
    for one in here:
        _transcript(plan, places, project, prefix, one.session, planned)


def _is_orchestrator(one: Session, prefix: str) -> bool:
    return one.orchestrator or one.id == f"{prefix}-orchestrator"


def _row(one: Session, project: str, prefix: str, num: int) -> dict[str, str | int]:
    return {
        "id": one.id,
        "project_id": project,
        "num": num,
        "kind": "orchestrator" if _is_orchestrator(one, prefix) else "worker",
        "harness": one.harness,
        "activity_state": one.activity,
        "activity_last_at": one.active_at,
        "is_terminated": 0,
        "runtime_handle_id": "",
        "agent_session_id": one.resume_id,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "first_signal_at": one.active_at,
        **one.texts,
    }


def _transcript(
    plan: Plan, places: Places, project: str, prefix: str, one: Session, planned: dict[str, str]
) -> None:
    worktree = one.texts["workspace_path"]
    if one.harness != "claude-code" or not one.resume_id or not worktree or "\0" in worktree:
        return
    old = transcripts.source(places, worktree, one.resume_id)
    orchestrator = _is_orchestrator(one, prefix)
    new = transcripts.target(places, project, one.id, prefix, one.resume_id, orchestrator=orchestrator)
    transcripts.add(plan, places, one.id, old, new, planned)
