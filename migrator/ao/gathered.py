"""The session records that were read, put in order on disk: homes hold many, and which one counts is known last."""

import contextlib
import marshal
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from migrator.outcome import Refusal

SCHEMA = """
    PRAGMA journal_mode=OFF;
    PRAGMA synchronous=OFF;
    CREATE TABLE stamp (source BLOB PRIMARY KEY, stamp BLOB) WITHOUT ROWID;
    CREATE TABLE record (place INTEGER PRIMARY KEY, project BLOB, id BLOB, rank BLOB, body BLOB);
    CREATE TABLE twin (place INTEGER PRIMARY KEY, winner BLOB);
    CREATE TABLE live (project BLOB, created BLOB, id BLOB, place INTEGER,
        PRIMARY KEY (project, created, id, place)) WITHOUT ROWID;
    CREATE TABLE owned (id BLOB PRIMARY KEY, project BLOB) WITHOUT ROWID;
"""
RANKED = (
    "SELECT project, id, place, body FROM record WHERE project IS NOT NULL ORDER BY project, id, rank DESC"
)
IN_ORDER = "SELECT place, body, winner FROM record LEFT JOIN twin USING (place) ORDER BY place"
IDS = "SELECT id FROM live WHERE project = ? ORDER BY created, id"
OF_PROJECT = (
    "SELECT body FROM live JOIN record USING (place) WHERE live.project = ? ORDER BY created, live.id"
)
BEFORE_ANY = 1 << 95  # added to times, so that their bytes are in their order

Stamp = tuple[int, int, int] | None


class Candidate(NamedTuple):
    """A record that was read: of which file, and what is known of it (`migrator.ao.session.Session`).

    `project` is None where it is not known. `notes` are reasons and details.
    """

    source: str
    id: str
    project: str | None
    v1: bool
    mtime_ns: int
    born: str
    ended: bool
    killed: bool
    orchestrator: bool
    columns: dict[str, Any]
    notes: list[tuple[str, str]]


class Gathered:
    """Records and the stamps of their files, in a temporary database of SQLite's that goes with the process."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(SCHEMA)

    def __del__(self) -> None:
        self._db.close()

    def stamp(self, source: str, stamp: Stamp) -> None:
        """The file had this stamp before it was read."""
        self._put("INSERT OR REPLACE INTO stamp VALUES (?, ?)", _raw(source), marshal.dumps(stamp))

    def stamps(self) -> Iterator[tuple[str, Stamp]]:
        """Each file that was read, with its stamp."""
        for source, stamp in self._db.execute("SELECT source, stamp FROM stamp"):
            yield _text(source), marshal.loads(stamp)  # noqa: S302 - our own

    def stamped(self, source: str) -> bool:
        """Whether the file was read."""
        return bool(self._db.execute("SELECT 1 FROM stamp WHERE source = ?", (_raw(source),)).fetchone())

    def add(self, one: Candidate) -> None:
        """One more. Of copies of a session the new layout's counts, then the newest, then the last by name."""
        newest = _raw(one.born) + b"\0" + (one.mtime_ns + BEFORE_ANY).to_bytes(12, "big")
        rank, project = bytes([not one.v1]) + newest + _raw(one.source), one.project
        values = project if project is None else _raw(project), _raw(one.id), rank, marshal.dumps(tuple(one))
        self._put("INSERT INTO record (project, id, rank, body) VALUES (?, ?, ?, ?)", *values)

    def judged(self) -> Iterator[tuple[int, Candidate, str | None]]:
        """Each record's place, in their order, and it; and the source of the copy that counts, if another does.

        An ended one counts too: else an old copy would revive it.
        """
        with _room():
            last, winner = None, b""
            for project, sid, place, body in self._db.execute(RANKED):
                if (project, sid) == last:
                    self._put("INSERT INTO twin VALUES (?, ?)", place, winner)
                else:
                    last, winner = (project, sid), _raw(_candidate(body).source)
            for place, body, winner in self._db.execute(IN_ORDER):
                yield place, _candidate(body), _text(winner) if winner else None

    def live(self, place: int, one: Candidate) -> None:
        """The record is one of its project's live sessions."""
        values = _raw(one.project or ""), _raw(one.columns["created_at"]), _raw(one.id), place
        self._put("INSERT INTO live VALUES (?, ?, ?, ?)", *values)

    def ids(self, project: str) -> list[str]:
        """The ids of the project's live sessions, the oldest first."""
        with _room():
            return [_text(sid) for (sid,) in self._db.execute(IDS, (_raw(project),))]

    def of_project(self, project: str) -> Iterator[Candidate]:
        """The project's live sessions, the oldest first."""
        with _room():
            for (body,) in self._db.execute(OF_PROJECT, (_raw(project),)):
                yield _candidate(body)

    def owner(self, sid: str) -> str | None:
        """The project whose session has been given this id."""
        found = self._db.execute("SELECT project FROM owned WHERE id = ?", (_raw(sid),)).fetchone()
        return _text(found[0]) if found else None

    def own(self, sid: str, project: str) -> None:
        """The id is given to a session of this project."""
        self._put("INSERT INTO owned VALUES (?, ?)", _raw(sid), _raw(project))

    def _put(self, query: str, *values: Any) -> None:
        try:
            self._db.execute(query, values)
        except sqlite3.OperationalError as error:
            raise _no_room(error) from error


def _raw(text: str) -> bytes:
    """As bytes text sorts by its characters, and may be any text that Python knows."""
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _candidate(body: bytes) -> Candidate:
    return Candidate._make(marshal.loads(body))  # noqa: S302 - our own, in a file that nobody else can open


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Raises Refusal where SQLite finds no room for what does not fit in memory."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _no_room(error) from error


def _no_room(error: Exception) -> Refusal:
    message = f"There is no room for temporary files ({error}). Make some, or set TMPDIR to another folder."
    return Refusal("NO_SPACE", message)
