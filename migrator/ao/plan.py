"""From the legacy home and a picture of the target to the plan: which rows, which copies, and every record's fate."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from migrator import files
from migrator.ao import numbers, registry, sources, transcripts
from migrator.ao.places import Places
from migrator.ao.session import BOUND, BadRecordError, Session, Tell, record, session
from migrator.report import Note, Record
from migrator.system import Copy, Plan

SKIPPED = {"leftover", "corrupt-copy", "archived", "migrated-dir", "not-migrated"}
OF_SESSIONS = {"leftover", "corrupt-copy", "archived", "invalid-session-id"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What the target holds: project paths and session owners by id, and for each project its numbers."""

    projects: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that was read."""

    source: str
    project: str | None
    session: Session
    notes: tuple[Note, ...]
    v1: bool
    mtime_ns: int

    def beats(self, other: "Candidate") -> bool:
        """Of two copies of a session the new layout's counts, then the newest, then the first path's."""
        mine = not self.v1, self.session.created_at, self.mtime_ns
        others = not other.v1, other.session.created_at, other.mtime_ns
        return mine > others or (mine == others and self.source < other.source)


def make(
    places: Places, listing: registry.Registry, picture: Picture, progress: Callable[[int], None]
) -> Plan:
    """The whole plan. Reads the legacy home, writes nothing."""
    projects = registry.Projects(listing, places, picture.projects)
    planner = _Planner(places, picture, projects)
    planner.sessions(_stopped(places), progress)
    return planner.plan


class _Planner:
    """Adds every session to the plan, one project after the other."""

    def __init__(self, places: Places, picture: Picture, projects: registry.Projects) -> None:
        rows = [("projects", "id", row) for row in projects.rows]
        self.plan = Plan([*projects.records], [*projects.notes], [*rows])
        self._places, self._picture, self._projects = places, picture, projects
        only_there = {
            i: registry.prefix_of(path) for i, path in picture.projects.items() if i not in projects.known
        }
        self._prefixes = {**projects.known, **only_there}
        self._owners = dict(picture.sessions)
        self._planned: dict[str, str] = {}

    def sessions(self, stopped: set[tuple[str, str]], progress: Callable[[int], None]) -> None:
        live: dict[str, list[Candidate]] = {project: [] for project in self._prefixes}
        for one in self._winners(self._candidates(progress)):
            if one.session.ended:
                self._ended(one, stopped)
            elif one.project is None or one.project not in live:
                self._aside(one, "no-project", "its project is not in config.yaml, or was set aside itself")
            else:
                live[one.project].append(one)
        for project, candidates in live.items():
            candidates.sort(key=lambda one: (one.session.created_at, one.session.id))
            self._project(project, candidates)

    def _candidates(self, progress: Callable[[int], None]) -> list[Candidate]:
        out: list[Candidate] = []
        for count, found in enumerate(sources.find(self._places.root, self._places.config)):
            progress(count)
            source = self._places.shown(found.path)
            if found.kind != "session":
                outcome = "skipped" if found.kind in SKIPPED else "set-aside"
                kind = "session" if found.kind in OF_SESSIONS else "other"
                self.plan.records.append(Record(kind, source, found.id, outcome, found.kind))
                continue
            notes: list[Note] = []
            try:
                one, mtime = _read(found, _teller(notes, source, found.id))
            except BadRecordError as bad:
                outcome = "skipped" if bad.reason == "empty-file" else "set-aside"
                self.plan.records.append(Record("session", source, found.id, outcome, bad.reason, str(bad)))
                continue
            v1 = found.v1_folder is not None
            out.append(Candidate(source, self._owner(found), one, tuple(notes), v1, mtime))
        return out

    def _owner(self, found: sources.Found) -> str | None:
        if found.v1_folder is None:
            return found.project
        return self._projects.owner(found.v1_folder, found.v1_folder[13:])

    def _winners(self, candidates: list[Candidate]) -> list[Candidate]:
        """One candidate for each session; an ended one wins too, or an old copy would bring it back to life."""
        best: dict[tuple[str, str], Candidate] = {}
        for one in candidates:
            if one.project is not None:
                key = one.project, one.session.id
                if key not in best or one.beats(best[key]):
                    best[key] = one
        kept: list[Candidate] = []
        for one in candidates:
            winner = best.get((one.project or "", one.session.id), one)
            if winner is one or one.session.ended:
                kept.append(one)
            else:
                self._aside(one, "duplicate-source", f"{winner.source} is the one that counts")
        return kept

    def _record(self, one: Candidate, outcome: str, reason: str | None = None, detail: str = "") -> None:
        self.plan.records.append(Record("session", one.source, one.session.id, outcome, reason, detail))

    def _aside(self, one: Candidate, reason: str, detail: str) -> None:
        self._record(one, "set-aside", reason, detail)

    def _ended(self, one: Candidate, stopped: set[tuple[str, str]]) -> None:
        if one.session.killed and (one.project or "", one.session.id) in stopped:
            detail = "restore it in the legacy tool first if it should come along"
            self._record(one, "skipped", "stopped-by-ao-stop", detail)
        else:
            self._record(one, "skipped", "terminal", "the session has ended")

    def _project(self, project: str, candidates: list[Candidate]) -> None:
        """The sessions of one project, oldest first: numbered, mapped, and with their transcripts."""
        fresh: list[Candidate] = []
        here: list[Candidate] = []
        for one in candidates:
            owner = self._owners.get(one.session.id, project)
            if owner != project:
                self._aside(one, "id-taken-by-other-project", f"project {owner!r} has a session of this id")
            elif one.session.id in self._owners:
                self._record(one, "present")
                here.append(one)
            else:
                fresh.append(one)
        prefix, used = self._prefixes[project], self._picture.numbers.get(project, {})
        nums, made_up, taken = numbers.assign([one.session.id for one in fresh], prefix, used)
        for one in fresh:
            sid = one.session.id
            if sid in taken:
                self._aside(one, "num-taken", f"{taken[sid]!r} has its number")
                continue
            self._owners[sid] = project
            here.append(one)
            self.plan.rows.append(("sessions", "id", _row(one.session, project, prefix, nums[sid])))
            self._record(one, "migrated")
            self.plan.notes += one.notes
            if sid in made_up:
                self.plan.notes.append(Note(one.source, sid, "num-reassigned", f"num {nums[sid]}"))
        for one in here:
            self._transcript(project, one.session)

    def _transcript(self, project: str, one: Session) -> None:
        worktree = one.texts["workspace_path"]
        if one.harness != "claude-code" or not one.resume_id or not worktree or "\0" in worktree:
            return
        old = transcripts.source(self._places, worktree, one.resume_id)
        name = (
            transcripts.orchestrator(project, self._prefixes[project])
            if _orchestrates(one, self._prefixes[project])
            else one.id
        )
        new = transcripts.target(self._places, project, name, one.resume_id)
        outcome, reason, detail = transcripts.outcome(self._places, old, new, self._planned)
        self.plan.records.append(
            Record("transcript", self._places.shown(old), one.id, outcome, reason, detail)
        )
        if outcome == "migrated":
            self.plan.copies.append(Copy(old, new, os.lstat(old).st_size))
            self._planned[new] = old


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


def _stopped(places: Places) -> set[tuple[str, str]]:
    """(project, id) of the sessions that a clean stop of the legacy tool ended, to be restored later."""
    last = registry.read_json(os.path.join(places.root, "last-stop.json"))
    others = last.get("otherProjects") if isinstance(last, dict) else None
    found: set[tuple[str, str]] = set()
    for group in [last, *(others if isinstance(others, list) else [])]:
        if isinstance(group, dict) and isinstance(group.get("sessionIds"), list):
            found |= {(str(group.get("projectId")), str(sid)) for sid in group["sessionIds"]}
    return found


def _orchestrates(one: Session, prefix: str) -> bool:
    return one.orchestrator or one.id == f"{prefix}-orchestrator"


def _row(one: Session, project: str, prefix: str, num: int) -> dict[str, str | int]:
    return {
        "id": one.id,
        "project_id": project,
        "num": num,
        "kind": "orchestrator" if _orchestrates(one, prefix) else "worker",
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
