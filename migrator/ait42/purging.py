"""Session files whose time is over: out of the editor's folder once all of their sessions are in the database.

They are moved as they are, into the folder of the last run, and a rollback moves them back. Only a file goes that is
what a finished run has read, byte for byte, 30 days ago or earlier.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from migrator import files, journal
from migrator.ait42 import decode, schema, shape, sources
from migrator.ait42.intake import Reader
from migrator.journal import Run
from migrator.progress import Say
from migrator.report import Report
from migrator.retention import LEGACY
from migrator.system import Note

if TYPE_CHECKING:
    from migrator.ait42 import Editor

READ, MOVED = (
    "read.jsonl",
    LEGACY,
)  # in a run's folder: name and digest of each file it read; files moved away


def purge(
    editor: "Editor", report: Report, say: Say, *, days: int, dry_run: bool, clock: Callable[[], datetime]
) -> None:
    """Session files that are migrated as they are, by a run that ended so many days ago, are moved away. Raises Refusal."""
    now = clock()
    with contextlib.ExitStack() as stack:
        if not dry_run and os.path.isdir(editor.state):
            stack.enter_context(files.held(editor.state))
        runs = [run for run in journal.runs(editor.state, editor.database.path) if run.state == "done"]
        known = {tuple(one) for run in runs if _due(run, now, days) for one in _read(run)}
        found = dict(_migrated(editor, known)) if known and editor.nothing() is None else {}
        names = [name for name, why in found.items() if not why]
        report.notes = [_note(editor, name, why, dry_run=dry_run) for name, why in found.items()]
        if not names:
            report.message = "No session file can go yet; nothing was changed."
        elif dry_run:
            report.message = f"Dry run: {len(names)} session files would be moved away; nothing was changed."
        else:
            with say.step("purge"):
                _move(editor, runs[-1], names, now)
            report.changed, report.backup = True, os.path.join(runs[-1].folder, MOVED)
            report.message = f"Moved {len(names)} session files away; `rollback` puts them back."


def _due(run: Run, now: datetime, days: int) -> bool:
    return not days or now - datetime.fromisoformat(run.find("done")["at"]) >= timedelta(days=days)


def _read(run: Run) -> Iterator[Any]:
    """Name and digest of the files that the run read, also when its backup is gone."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        yield from run.kept(READ)


def keep(run: Run, entries: dict[str, Any]) -> None:
    """The run's folder says which files it read, for longer than the backup is kept."""
    run.keep(READ, (json.dumps([name, one.sha256]).encode() + b"\n" for name, one in entries.items()))


def _migrated(editor: "Editor", known: set[tuple[Any, ...]]) -> Iterator[tuple[str, str]]:
    """Each session file that a finished run has read long enough ago, and why it must stay; nothing if it may go."""
    reader = Reader(editor.where)
    with editor.database.seen() as copy:
        schema.version(copy)
        for name in sources.found(editor.where)[0]:
            try:
                data = reader.read(name)
                elements = decode.sessions(data)
            except decode.BadFileError:
                continue
            if (name, hashlib.sha256(data).hexdigest()) in known:
                yield name, _missing(copy, elements)


def _missing(db: sqlite3.Connection, elements: list[decode.Json]) -> str:
    """A session of the file that the database does not have."""
    for merged in shape.merge(elements):
        sid = merged.session["id"]
        if not db.execute("SELECT 1 FROM sessions WHERE id = ?", (sid,)).fetchone():
            return f"session {sid} is not in the database"
        if merged.session["type"] not in schema.TYPES:
            return f"session {sid} was set aside"
    return ""


def _note(editor: "Editor", name: str, why: str, *, dry_run: bool) -> Note:
    done = "it would be moved away" if dry_run else "it was moved away"
    return Note(editor.where.source(name), name, "stays" if why else "purged", why or done)


def _move(editor: "Editor", run: Run, names: list[str], now: datetime) -> None:
    """The files are in the run's folder, which the journal said before the first of them went."""
    run.free_reserve()
    modes = {name: os.lstat(editor.path(name)).st_mode & 0o7777 for name in names}
    run.add("purging", at=now.isoformat(), files=modes)
    for name in names:
        files.move(editor.path(name), os.path.join(run.folder, MOVED))
        os.chmod(_kept(run, name), 0o600)


def _kept(run: Run, name: str) -> str:
    return os.path.join(run.folder, MOVED, f"{name}.json")


def moved(run: Run) -> dict[str, str]:
    """Where the session files are that were moved away, by name."""
    return {name: path for name in _modes(run) if os.path.lexists(path := _kept(run, name))}


def _modes(run: Run) -> dict[str, int]:
    events = (event for event in run.events if event["state"] == "purging")
    return {name: mode for event in events for name, mode in event["files"].items()}


def bring_back(editor: "Editor", run: Run) -> None:
    """Files that were moved away are in their places again, unless there are new ones. May be repeated."""
    for name, path in moved(run).items():
        if not os.path.lexists(editor.path(name)):
            os.chmod(path, _modes(run)[name])
            files.move(path, os.path.dirname(editor.path(name)))
