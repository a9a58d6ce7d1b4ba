"""From the legacy home and a picture of the target to the plan: which rows, which copies, and every record's fate."""

import os
from sqlite3 import Connection
from typing import Any

from migrator import files
from migrator.ao import numbers, registry, sources, transcripts
from migrator.ao.gathered import Candidate, Gathered
from migrator.ao.places import Places
from migrator.ao.session import BadRecordError, Session, record, session
from migrator.system import Copy, Note, Plan, Progress, Record

BOUND = 16 << 20  # bytes of a session file
SKIPPED = {"leftover", "corrupt-copy", "archived", "migrated-dir", "not-migrated"}
OF_SESSIONS = {"session", "leftover", "corrupt-copy", "archived", "invalid-session-id"}


def kind_of(found: sources.Found) -> str:
    """What a report calls it."""
    return "session" if found.kind in OF_SESSIONS else "other"


class Picture:
    """What a sound target holds: project paths and prefixes by id; the rest is asked for piece by piece.

    Without a target it holds nothing.
    """

    def __init__(self, target: Connection | None = None) -> None:
        self._target = target
        self.projects: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}

    def owner(self, sid: str) -> str | None:
        """The project of the session with this id."""
        found = self._ask("SELECT project_id FROM sessions WHERE id = CAST(? AS TEXT)", sid)
        return found[0][0] if found else None

    def numbers(self, project: str) -> dict[int, str]:
        """The numbers that are taken in the project, with the sessions that have them."""
        rows = self._ask("SELECT num, id FROM sessions WHERE project_id = CAST(? AS TEXT)", project)
        return {
            num: sid for num, sid in rows if isinstance(num, int)
        }  # SQLite lets any value into any column

    def _ask(self, query: str, key: str) -> list[Any]:
        raw = key.encode("utf-8", "surrogateescape")
        return self._target.execute(query, (raw,)).fetchall() if self._target else []


def make(places: Places, picture: Picture, gathered: Gathered, progress: Progress) -> Plan:
    """The whole plan. Reads the legacy home and writes nothing; `gathered` was empty, and holds what was read."""
    planner = _Planner(places, picture, gathered)
    planner.gather(progress)
    planner.sessions()
    return planner.plan


class _Planner:
    """Adds every record to the plan, one project after the other."""

    def __init__(self, places: Places, picture: Picture, gathered: Gathered) -> None:
        self._places, self._picture, self._gathered = places, picture, gathered
        self.plan = Plan()
        self._projects = registry.Projects(places, picture.projects, self.plan)
        self._prefixes = dict(self._projects.prefixes)
        for key, path in picture.projects.items():
            self._prefixes.setdefault(key, registry.own_prefix(picture.prefixes[key], path))
        self._copied: dict[str, str] = {}

    def _record(self, source: str, sid: str, *fate: str) -> None:
        self.plan.records.append(Record("session", source, sid, *fate))

    def _owner(self, sid: str) -> str | None:
        """The project that has a session of this id, in the target or in the plan."""
        there = self._picture.owner(sid)
        return self._gathered.owner(sid) if there is None else there

    def gather(self, progress: Progress) -> None:
        """Every record that could be read is gathered; the fate of all other files is in the plan."""
        for count, found in enumerate(sources.find(self._places.root, self._places.config)):
            progress(count)
            source = self._places.shown(found.path)
            if found.kind != "session":
                outcome = "skipped" if found.kind in SKIPPED else "set-aside"
                self.plan.records.append(Record(kind_of(found), source, found.id, outcome, found.kind))
                continue
            self._gathered.stamp(source, files.stamp(found.path))
            notes: list[Note] = []
            try:
                one, mtime_ns = _read(found, source, notes)
            except BadRecordError as bad:
                outcome = "skipped" if bad.args[0] == "empty-file" else "set-aside"
                self._record(source, found.id, outcome, *bad.args)
                continue
            project = self._projects.owner(found.folder) if found.v1 else found.folder
            told = [(note.reason, note.detail) for note in notes]
            self._gathered.add(Candidate(source, found.id, project, found.v1, mtime_ns, *one, told))

    def sessions(self) -> None:
        """Every gathered record has its fate, those of live sessions project by project."""
        stopped = _stopped(self._places)
        for place, one, winner in self._gathered.judged():
            if winner is not None:
                detail = f"{winner} is the one that counts"
                self._record(one.source, one.id, "set-aside", "duplicate-source", detail)
            elif one.ended:
                self._ended(one, stopped)
            elif one.project is None or one.project not in self._prefixes:
                detail = "its project is not in config.yaml, or was set aside itself"
                self._record(one.source, one.id, "set-aside", "no-project", detail)
            else:
                self._gathered.live(place, one)
        for project in self._prefixes:
            self._project(project)

    def _ended(self, one: Candidate, stopped: set[tuple[str, str]]) -> None:
        why = "terminal", "the session has ended"
        if one.killed and (one.project or "", one.id) in stopped:
            why = "stopped-by-ao-stop", "restore it in the legacy tool first if it should come along"
        self._record(one.source, one.id, "skipped", *why)

    def _project(self, project: str) -> None:
        """The sessions of one project, oldest first: numbered, mapped, and with their transcripts."""
        prefix, used = self._prefixes[project], self._picture.numbers(project)
        fresh = [sid for sid in self._gathered.ids(project) if self._owner(sid) is None]
        nums, made_up, taken = numbers.assign(fresh, prefix, used)
        for one in self._gathered.of_project(project):
            owner = self._owner(one.id) if one.id not in taken else project
            if owner is None:
                self._gathered.own(one.id, project)
            elif owner != project:
                detail = f"project {owner!r} has a session of this id"
                self._record(one.source, one.id, "set-aside", "id-taken-by-other-project", detail)
                continue
            if one.id in taken:
                detail = f"{taken[one.id]!r} has its number"
                self._record(one.source, one.id, "set-aside", "num-taken", detail)
                continue
            orchestrates = one.orchestrator or one.id == f"{prefix}-orchestrator"
            if one.id in nums:
                kind = "orchestrator" if orchestrates else "worker"
                row = {"id": one.id, "project_id": project, "num": nums[one.id], "kind": kind}
                self.plan.add("sessions", "id", row | one.columns)
                self.plan.notes.extend(Note(one.source, one.id, *what) for what in one.notes)
                if one.id in made_up:
                    self.plan.notes.append(Note(one.source, one.id, "num-reassigned", f"num {nums[one.id]}"))
            self._record(one.source, one.id, "migrated" if one.id in nums else "present")
            managed = self._picture.prefixes.get(project, prefix) or project[:12]  # a row stays as it is
            name = os.path.join("orchestrator", f"{managed}-orchestrator")
            self._transcript(project, name if orchestrates else one.id, one.id, one.columns)

    def _transcript(self, project: str, name: str, sid: str, row: dict[str, Any]) -> None:
        """`name` is the new working directory's below the project's worktrees (`managedPath`)."""
        worktree, resume_id = row["workspace_path"], row["agent_session_id"]
        if row["harness"] != "claude-code" or not resume_id or not worktree:
            return
        places, file = self._places, f"{resume_id}.jsonl"
        old = os.path.join(transcripts.bucket(places, worktree), file)
        new = os.path.join(transcripts.bucket(places, places.data, "worktrees", project, name), file)
        fate = transcripts.outcome(places, old, new, self._copied)
        self.plan.records.append(Record("transcript", places.shown(old), sid, *fate))
        if fate[0] == "migrated":
            self.plan.copies.append(Copy(old, new, os.lstat(old).st_size))
            self._copied[new] = old


def _read(found: sources.Found, source: str, notes: list[Note]) -> tuple[Session, int]:
    def tell(reason: str, detail: str) -> None:
        notes.append(Note(source, found.id, reason, detail))

    try:
        data, about = files.read(found.path, BOUND)
    except files.NotRegularError:
        raise BadRecordError("not-a-regular-file", "a folder, link, pipe or socket") from None
    except files.TooLargeError:
        raise BadRecordError("too-large", f"more than {BOUND >> 20} MiB") from None
    except OSError as error:
        raise BadRecordError("unreadable", error.strerror or str(error)) from None
    try:
        return session(record(data, tell), about.st_mtime_ns, tell), about.st_mtime_ns
    except MemoryError:
        raise BadRecordError("too-large", "more than this machine's memory holds") from None


def _stopped(places: Places) -> set[tuple[str, str]]:
    """(project, id) of the sessions that a clean stop of the legacy tool ended, to be restored later."""
    last = registry.read_json(places, "last-stop.json")
    others = last.get("otherProjects")
    found: set[tuple[str, str]] = set()
    for group in [last, *(others if isinstance(others, list) else [])]:
        if isinstance(group, dict) and isinstance(group.get("sessionIds"), list):
            found |= {(str(group.get("projectId")), str(sid)) for sid in group["sessionIds"]}
    return found
