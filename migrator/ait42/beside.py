"""The session files that a store keeps beside the database, and the notes of those that have to follow it.

A note is on disk before the database changes, and goes when the file is; so whoever is killed in between leaves one,
which the next store settles. What it says counts only while the file is as it was and the database holds just that: the
editor may have written meanwhile, or the change never have come about.
"""

import contextlib
import copy
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from migrator import files
from migrator.ait42 import decode, shape
from migrator.ait42.decode import Json
from migrator.ait42.intake import Reader
from migrator.ait42.moments import instant
from migrator.ait42.returning import array, element, indented
from migrator.ait42.rows import Held, Stored, Update, known, load, unequal
from migrator.ait42.shape import Shaped, named
from migrator.ait42.sources import Places
from migrator.ait42.workspaces import hashed, name_of

PENDING = "store.pending"
TRIES = 3  # at writing a file that the editor writes at the same moment


class Note(NamedTuple):
    """A session that its file has to follow in, and how it is to have it; `was` tells how it had it, None for not at all."""

    session: str
    file: str
    was: str | None
    one: Json


class Joined(NamedTuple):
    """A session of which database and file say the same, but for what the file cannot say otherwise.

    `one` is how the file is to have it, `was` a digest of how it has it.
    """

    one: Json
    file: str
    workspace: str
    was: str | None


class Beside:
    """The files of one home. `names` are those that the migration found, with their workspaces."""

    def __init__(self, where: Places, names: dict[str, str]) -> None:
        self._where, self._names = where, names
        self._reader = Reader(where)
        self._notes = os.path.join(where.state, PENDING)
        self._last: tuple[str, bytes, list[Json]] = "", b"", []
        self._texts: dict[int, tuple[Json, str]] = {}  # of the elements last written, by identity

    def names(self, workspace: str) -> Sequence[str]:
        """The names that the workspace's file can have, those of files that are there first."""
        if workspace.startswith("unknown:"):
            return [workspace.removeprefix("unknown:")]
        names = [name for name, path in self._names.items() if path == workspace]
        names += name_of(workspace), hashed(workspace)
        return sorted(names, key=lambda name: not os.path.lexists(self._reader.path(name)))

    def elements(self, name: str) -> list[Json]:
        """What the file holds; nothing when it is not there. Raises decode.BadFileError."""
        if not os.path.lexists(self._reader.path(name)):
            return []
        data = self._reader.read(name)
        if (name, data) != self._last[:2]:
            try:
                self._last = name, data, decode.sessions(data)
            except decode.BadFileError as bad:
                if bad.args[0] not in decode.EMPTY:
                    raise
                self._last = name, data, []
        return list(self._last[2])

    def join(
        self, db: sqlite3.Connection, sid: str, *, name: str = "", was: str | None = None
    ) -> Joined | None:
        """The newer side's values and the parts of both are in the database, in the open transaction; None for no such session.

        The file counts where both are as new, as in a migration; unless it is still what `was` tells.
        """
        if (now := load(db, sid)) is None:
            return None
        workspace = now.row["workspace_path"]
        names = [name] if name else self.names(workspace)
        for file in names:
            with contextlib.suppress(decode.BadFileError):
                twins = [one for one in self.elements(file) if one["id"] == sid]
                if twins:
                    digest = _digest(twins[0])  # the first, as the editor does
                    told = self._told(twins, file, now)
                    if differ(told, now, Held(db)):
                        self._bring(db, told, twins, now, settled=digest != was)
                        now = load(db, sid) or now
                    return Joined(self._followed(db, twins[0], file, now), file, workspace, digest)
        return Joined(element(now, None, None), names[0], workspace, None)

    def _told(self, twins: list[Json], name: str, now: Stored) -> Shaped:
        merged = shape.merge(twins)[0]
        return shape.shaped(merged, twins, self._where.source(name), now.row["workspace_path"], now.instances)

    def _bring(
        self, db: sqlite3.Connection, told: Shaped, twins: list[Json], now: Stored, *, settled: bool
    ) -> None:
        """The database has what only the file has; and the file's values, where it counts."""
        if not settled or instant(told.row["updated_at"]) < instant(now.row["updated_at"]):
            name = os.path.basename(told.file)[:-5]
            told = self._told([self._followed(db, twins[0], name, now), *twins[1:]], name, now)
        Update(db).put(told)

    def _followed(self, db: sqlite3.Connection, one: Json, name: str, now: Stored) -> Json:
        """The element as its file is to have it; what the database cannot say otherwise is as it was there."""
        told = self._told([one], name, now)
        instances = {number: (0, values) for number, values in told.instances.items()}
        there = Stored(told.row, instances, shape.held(told, now.messages, Held(db)))
        return element(now, there, copy.deepcopy(one))

    def note(self, notes: Iterable[Note]) -> None:
        """The notes are on disk."""
        new = not os.path.exists(self._notes)
        for note in notes:
            files.append_line(self._notes, json.dumps(note).encode())
        if new:
            files.sync_folder(self._where.state)

    def noted(self) -> list[Note]:
        """All notes on disk; a line that a crash has torn is none."""
        with contextlib.suppress(FileNotFoundError), open(self._notes, "rb") as stream:
            lines = stream.read().split(b"\n")[:-1]
            return [Note(*json.loads(line)) for line in lines]
        return []

    def forget(self, left: Sequence[Note] = ()) -> None:
        """No notes are left but these."""
        if left:
            files.write_new(self._notes, "".join(json.dumps(note) + "\n" for note in left).encode())
        else:
            os.truncate(self._notes, 0)  # notes of what is done do no harm, should they come back

    def follow(self, db: sqlite3.Connection) -> list[Note]:
        """Every noted session is in its file; gives the notes of files that cannot be written now, which stay.

        Who calls has locked all other stores out.
        """
        notes = self.noted()
        left: list[Note] = []
        for name in dict.fromkeys(note.file for note in notes):
            own = {note.session: note for note in reversed(notes) if note.file == name}
            try:
                self._write(db, name, list(own.values()))
            except (OSError, decode.BadFileError, ValueError):
                left += own.values()
        if notes:
            self.forget(left)
        return left

    def _write(self, db: sqlite3.Connection, name: str, notes: Sequence[Note]) -> None:
        path = self._reader.path(name)
        for _ in range(TRIES):
            stamp = files.stamp(path)
            elements = self.elements(name)
            places = {one["id"]: place for place, one in reversed(list(enumerate(elements)))}
            changed = False
            for note in notes:
                place = places.get(note.session)
                there = None if place is None else elements[place]
                one = self._due(db, note, there)
                if one is None or one == there:
                    continue
                if place is None:
                    elements.append(one)
                else:
                    elements[place] = one
                changed = True
            if not changed or self._replaced(path, elements, stamp):
                return
        raise OSError("somebody else writes it")

    def _due(self, db: sqlite3.Connection, note: Note, there: Json | None) -> Json | None:
        """How the file is to have the session; None for no such session."""
        if (there and _digest(there)) == note.was and (now := load(db, note.session)):
            told = self._told([note.one], note.file, now)
            if not differ(told, now, Held(db)):
                return note.one
        db.execute("BEGIN IMMEDIATE")
        joined = self.join(db, note.session, name=note.file, was=note.was)
        db.execute("COMMIT")
        return joined.one if joined else None

    def _replaced(self, path: str, elements: list[Json], stamp: tuple[int, int, int] | None) -> bool:
        """Whether the file holds these elements now; not if it was written since it had the stamp."""
        mode = os.lstat(path).st_mode & 0o7777 if stamp else 0o600
        temporary = f"{path}.migrator-store"
        files.remove(temporary)
        data = self._text(elements)
        with open(os.open(temporary, files.NEW, mode), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        if files.stamp(path) != stamp:
            files.remove(temporary)
            return False
        files.replace(temporary, path)
        self._last = os.path.basename(path)[:-5], data, elements
        return True

    def _text(self, elements: list[Json]) -> bytes:
        """The file as the editor writes it; of elements that are the very ones last written the text is still there."""
        texts: dict[int, tuple[Json, str]] = {}
        for one in elements:
            known = self._texts.get(id(one))
            if not known:
                known = one, indented(_told(one))
            texts[id(one)] = known
        self._texts = texts
        return array([texts[id(one)][1] for one in elements])


def differ(one: Shaped, stored: Stored, held: Held) -> bool:
    """Whether the file's session and the database's say different things."""
    one = known(one, stored)
    if stored.instances.keys() - one.instances.keys() or any(unequal(one, stored)):
        return True
    told = shape.held(one, stored.messages, held)  # twins may say one message twice
    return bool(stored.messages.keys() - told.keys() or named(one, stored.messages, held)[0])


def _told(one: Json) -> str:
    """The element as the editor writes it; half a surrogate pair under an unknown key stays escaped, or nobody could read the file.

    Raises ValueError for a number under an unknown key that is beyond all floats.
    """
    text = json.dumps(one, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(one, indent=2)
    return text


def _digest(one: Json) -> str:
    return hashlib.sha256(json.dumps(one).encode()).hexdigest()[:16]
