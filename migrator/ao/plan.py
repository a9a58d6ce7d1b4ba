"""From the legacy home and a picture of the target to the plan: which rows, which copies, and every record's fate."""

import json
import os
from typing import Any, NamedTuple

from migrator import files
from migrator.ao import numbers, registry, sources, transcripts
from migrator.ao.places import Places
from migrator.ao.session import BadRecordError, Session, record, session
from migrator.system import Copy, Note, Plan, Progress, Record, packed

BOUND = 16 << 20  # bytes of a session file
SKIPPED = {"leftover", "corrupt-copy", "archived", "migrated-dir", "not-migrated"}
OF_SESSIONS = {"leftover", "corrupt-copy", "archived", "invalid-session-id"}

Stamps = dict[str, tuple[int, int, int] | None]


class Picture(NamedTuple):
    """What the target holds: project paths, prefixes and session owners by id, and for each project its numbers."""

    projects: dict[str, str]
    prefixes: dict[str, str]
    sessions: dict[str, str]
    numbers: dict[str, dict[int, str]]


class Candidate(NamedTuple):
    """A record that was read; `columns` are those of its row, as JSON, and empty for a session that has ended."""

    source: str
    id: str
    project: str | None
    session: Session
    notes: list[Note]
    created: str
    columns: bytes
    rank: tuple[bool, str, int, str]  # of two copies the new layout's counts, then the newest, then the last


def make(places: Places, picture: Picture, stamps: Stamps, progress: Progress) -> Plan:
    """The whole plan. Reads the legacy home, writes nothing; `stamps` gains the stamp of each session file."""
    planner = _Planner(places, picture)
    planner.sessions(planner.candidates(stamps, progress))
    return planner.plan


class _Planner:
    """Adds every record to the plan, one project after the other."""

    def __init__(self, places: Places, picture: Picture) -> None:
        self._places, self._picture = places, picture
        self.plan = Plan()
        self._projects = registry.Projects(places, picture.projects, self.plan)
        self._prefixes = dict(self._projects.prefixes)
        for key, path in picture.projects.items():
            self._prefixes.setdefault(key, registry.own_prefix(picture.prefixes[key], path))
        self._owners = dict(picture.sessions)
        self._copied: dict[str, str] = {}

    def _record(self, source: str, sid: str, *fate: str) -> None:
        self.plan.records.append(Record("session", source, sid, *fate))

    def candidates(self, stamps: Stamps, progress: Progress) -> list[Candidate]:
        """Every record that could be read; the fate of all other files is in the plan."""
        out: list[Candidate] = []
        for count, found in enumerate(sources.find(self._places.root, self._places.config)):
            progress(count)
            source = self._places.shown(found.path)
            if found.kind != "session":
                outcome = "skipped" if found.kind in SKIPPED else "set-aside"
                kind = "session" if found.kind in OF_SESSIONS else "other"
                self.plan.records.append(Record(kind, source, found.id, outcome, found.kind))
                continue
            stamps[source] = files.stamp(found.path)
            notes: list[Note] = []
            try:
                one, mtime_ns = _read(found, source, notes)
            except BadRecordError as bad:
                outcome = "skipped" if bad.args[0] == "empty-file" else "set-aside"
                self._record(source, found.id, outcome, *bad.args)
                continue
            project = self._projects.owner(found.folder) if found.v1 else found.folder
            rank = not found.v1, one.born, mtime_ns, source
            created, columns = one.columns["created_at"], b"" if one.ended else packed(one.columns)
            bare = one._replace(columns={})  # as text they take a third, and all candidates are held at once
            out.append(Candidate(source, found.id, project, bare, notes, created, columns, rank))
        return out

    def sessions(self, candidates: list[Candidate]) -> None:
        """Of several copies of a session one counts, an ended one too: else an old copy would revive it."""
        best: dict[tuple[str | None, str], Candidate] = {}
        for one in candidates:
            if one.project is not None:
                other = best.setdefault((one.project, one.id), one)
                if one.rank > other.rank:
                    best[one.project, one.id] = one
        stopped = _stopped(self._places)
        live: dict[str, list[Candidate]] = {project: [] for project in self._prefixes}
        for one in candidates:
            winner = best.get((one.project, one.id), one)
            if winner is not one:
                detail = f"{winner.source} is the one that counts"
                self._record(one.source, one.id, "set-aside", "duplicate-source", detail)
            elif one.session.ended:
                self._ended(one, stopped)
            elif one.project is None or one.project not in live:
                detail = "its project is not in config.yaml, or was set aside itself"
                self._record(one.source, one.id, "set-aside", "no-project", detail)
            else:
                live[one.project].append(one)
        candidates.clear()  # from here on each is let go of once it is in the plan
        best.clear()
        for project in self._prefixes:
            group = live.pop(project)
            self._project(project, sorted(group, key=lambda one: (one.created, one.id)))

    def _ended(self, one: Candidate, stopped: set[tuple[str, str]]) -> None:
        why = "terminal", "the session has ended"
        if one.session.killed and (one.project or "", one.id) in stopped:
            why = "stopped-by-ao-stop", "restore it in the legacy tool first if it should come along"
        self._record(one.source, one.id, "skipped", *why)

    def _project(self, project: str, candidates: list[Candidate]) -> None:
        """The sessions of one project, oldest first: numbered, mapped, and with their transcripts."""
        prefix, used = self._prefixes[project], self._picture.numbers.get(project, {})
        fresh = [one.id for one in candidates if one.id not in self._owners]
        nums, made_up, taken = numbers.assign(fresh, prefix, used)
        for one in candidates:
            owner = self._owners.setdefault(one.id, project) if one.id not in taken else project
            if owner != project:
                detail = f"project {owner!r} has a session of this id"
                self._record(one.source, one.id, "set-aside", "id-taken-by-other-project", detail)
                continue
            if one.id in taken:
                detail = f"{taken[one.id]!r} has its number"
                self._record(one.source, one.id, "set-aside", "num-taken", detail)
                continue
            columns = json.loads(one.columns)
            orchestrates = one.session.orchestrator or one.id == f"{prefix}-orchestrator"
            if one.id in nums:
                kind = "orchestrator" if orchestrates else "worker"
                row = {"id": one.id, "project_id": project, "num": nums[one.id], "kind": kind}
                self.plan.add("sessions", "id", row | columns)
                self.plan.notes += one.notes
                if one.id in made_up:
                    self.plan.notes.append(Note(one.source, one.id, "num-reassigned", f"num {nums[one.id]}"))
            self._record(one.source, one.id, "migrated" if one.id in nums else "present")
            managed = self._picture.prefixes.get(project, prefix) or project[:12]  # a row stays as it is
            name = os.path.join("orchestrator", f"{managed}-orchestrator")
            self._transcript(project, name if orchestrates else one.id, one.id, columns)

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
