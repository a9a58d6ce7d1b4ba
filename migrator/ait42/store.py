"""A store that writes twice: `sessions.db` first, and for 30 days the JSON files too, so that the old editor can go on.

One request a line on standard input, one reply a line on standard output, both JSON objects. What has to be written to
a file is noted in the database within the same transaction (`json_pending`), so a crash at any moment leaves either
nothing, or a note that the next store to open settles. Only who holds the lock writes files.
"""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, TextIO

from migrator import files, journal
from migrator.ait42 import decode, schema, shape, sources
from migrator.ait42.decode import Json
from migrator.ait42.intake import BOUND, Fate, Intake, Reader
from migrator.ait42.moments import instant
from migrator.ait42.returning import element
from migrator.ait42.rows import Held, Stored, Update, known, load, unequal
from migrator.ait42.shape import Shaped, named
from migrator.ait42.workspaces import Options, Workspaces, hashed
from migrator.outcome import Refusal

KEPT = timedelta(days=30)
BUSY, LOCK = 30_000, "store.lock"  # milliseconds to wait for other programs
PENDING = "CREATE TABLE IF NOT EXISTS json_pending (session_id TEXT PRIMARY KEY, file TEXT NOT NULL, element TEXT NOT NULL)"
NOTE = "INSERT OR REPLACE INTO json_pending (session_id, file, element) VALUES (?, ?, ?)"
FOUND = (
    "SELECT s.id FROM sessions_fts f JOIN sessions s ON s.rowid = f.rowid WHERE sessions_fts MATCH ? "
    "UNION SELECT id FROM sessions WHERE task LIKE ? ESCAPE '\\'"
)


class RequestError(Exception):
    """The request cannot be done, and changed nothing; the arguments are code and message."""


class Store:
    """The store of one home. Raises Refusal when there is no database of ours."""

    def __init__(self, where: sources.Places, clock: Callable[[], datetime]) -> None:
        self._where, self._clock = where, clock
        if not os.path.isfile(where.database):
            raise Refusal("DB_MISSING", f"{where.database} is not there; run `migrator ait42 migrate` first.")
        self._db = sqlite3.connect(where.database, isolation_level=None, timeout=BUSY / 1000)
        if schema.version(self._db) != schema.VERSION:
            raise Refusal(
                "SCHEMA_MISMATCH", f"{where.database} is not complete; run `migrator ait42 migrate` first."
            )
        for setting in ("foreign_keys=ON", "synchronous=FULL"):
            self._db.execute(f"PRAGMA {setting}")
        runs = [run for run in journal.runs(where.state, where.database) if run.state == "done"]
        self._until = max((datetime.fromisoformat(run.find("done")["at"]) for run in runs), default=None)
        self._found: dict[str, str] = {}
        for run in runs:
            with contextlib.suppress(OSError, ValueError):
                self._found |= json.loads(files.read(os.path.join(run.backup, sources.ANSWERS), BOUND)[0])[
                    "found"
                ]
        self._reader = Reader(where)
        files.make_folders(where.state, 0o700)
        self._settle()

    def close(self) -> None:
        """The database is closed."""
        self._db.close()

    @property
    def twice(self) -> bool:
        """Whether the JSON files are still kept in step."""
        return self._until is None or self._clock() < self._until + KEPT

    def answer(self, request: Any) -> Json:
        """The reply to one request."""
        verbs: dict[str, Callable[..., Json]] = {
            "create_session": self.create_session, "update_session": self.update_session,
            "add_message": self.add_message, "list": self.list, "get": self.get, "search": self.search,
            "reconcile": self.reconcile,
        }  # fmt: skip
        given = dict(request) if isinstance(request, dict) else {}
        name, verb = given.pop("id", None), given.pop("do", None)
        if not isinstance(verb, str) or verb not in verbs:
            message = f"`do` must be one of {', '.join(verbs)}"
            return {"id": name, "ok": False, "code": "BAD_REQUEST", "message": message}
        try:
            said = {"id": name, "ok": True, **verbs[verb](**given)}
            return said if verb in {"list", "get", "search"} else said | {"json": self._state()}
        except TypeError as error:
            return {
                "id": name,
                "ok": False,
                "code": "BAD_REQUEST",
                "message": str(error).partition(".")[2] or str(error),
            }
        except RequestError as error:
            return {"id": name, "ok": False, "code": error.args[0], "message": error.args[1]}
        except sqlite3.Error as error:
            return {"id": name, "ok": False, "code": "DB_ERROR", "message": str(error)}

    def create_session(self, *, workspace: str, session: Json) -> Json:
        """A new session, as the editor's JSON has it, is in the database and in the file of its workspace."""
        with self._changing():
            sid = _checked(session)["id"]
            if load(self._db, sid):
                raise RequestError("EXISTS", f"there is a session {sid} already")
            return self._write(session, workspace, self._names(workspace)[0])

    def update_session(self, *, session: str, fields: Json) -> Json:
        """The named fields of the session have new values; of `instances`, those that are named by their number."""
        with self._changing():
            one, name, workspace = self._now(session)
            if not isinstance(fields, dict):
                raise RequestError("BAD_REQUEST", "fields must be an object")
            if unknown := fields.keys() - (decode.SESSION.keys() - {"id", "chatHistory"}):
                raise RequestError("BAD_REQUEST", f"no such fields: {', '.join(sorted(unknown))}")
            for part in fields.get("instances", []):
                known = {old["instanceId"]: old for old in one["instances"]}
                if not isinstance(part, dict) or part.get("instanceId") not in known:
                    one["instances"].append(part)
                else:
                    known[part["instanceId"]].update(part)
            one |= {key: value for key, value in fields.items() if key != "instances"}
            one["updatedAt"] = fields.get("updatedAt") or self._stamp()
            return self._write(one, workspace, name)

    def add_message(self, *, session: str, message: Json) -> Json:
        """The message is the last of the session."""
        with self._changing():
            one, name, workspace = self._now(session)
            one["chatHistory"].append(message)
            one["updatedAt"] = self._stamp()
            return self._write(one, workspace, name)

    def get(self, *, session: str) -> Json:
        """The session as the editor's JSON."""
        if not (now := load(self._db, session)):
            raise RequestError("NOT_FOUND", f"there is no session {session}")
        return {"workspace": now.row["workspace_path"], "session": element(now, None, None)}

    def list(self, *, workspace: str | None = None, limit: int = 100, offset: int = 0) -> Json:
        """Sessions without their parts, the newest first."""
        names = (
            "id, workspace_path, type, task, status, created_at, updated_at, instance_count, message_count"
        )
        query = f"SELECT {names} FROM sessions WHERE ? IS NULL OR workspace_path = ? ORDER BY created_at DESC, id LIMIT ? OFFSET ?"  # noqa: S608 - our own names
        rows = self._db.execute(query, (workspace, workspace, limit, offset)).fetchall()
        return {"sessions": [dict(zip(names.split(", "), row, strict=True)) for row in rows]}

    def search(self, *, text: str, limit: int = 100) -> Json:
        """The ids of sessions whose task holds the text: as words, or anywhere, since not every script has spaces."""
        phrase = '"' + text.replace('"', '""').replace("\0", "") + '"'
        like = "%" + "".join(f"\\{char}" if char in "%_\\" else char for char in text) + "%"
        rows = self._db.execute(f"{FOUND} LIMIT ?", (phrase, like, limit)).fetchall()
        return {"sessions": [sid for (sid,) in rows]}

    def reconcile(self, *, mend: bool = False) -> Json:
        """Where files and database differ; with `mend` the newer side counts, and the database where both are as new."""
        with self._changing():
            sides = _Sides(self._db)
            self._intake().run(sides, lambda _: None)
            stored = {sid for (sid,) in self._db.execute("SELECT id FROM sessions")}
            found: dict[str, list[str]] = {
                "json_only": sides.only, "sqlite_only": sorted(stored - sides.seen), "newer_in_json": sides.newer,
                "newer_in_sqlite": sides.older,
            }  # fmt: skip
            if mend:
                self._intake().run(_Some(self._db, {*sides.only, *sides.newer}), lambda _: None)
                for sid in chain(*found.values()) if self.twice else ():
                    one, name, _ = self._now(sid)
                    self._db.execute(NOTE, (sid, name, json.dumps(one, ensure_ascii=False)))
        wrong = sum(map(len, found.values()))
        total = len(stored | sides.seen)
        return {"total": total, "consistent": total - wrong, **found, "mended": mend}

    def _intake(self) -> Intake:
        mapping = Workspaces(self._where.mapping, "", Options())
        return Intake(self._where, mapping, self._reader.read)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else writes meanwhile; when it raises nothing is changed, otherwise the files follow."""
        with self._locked():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute(PENDING)
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            self._catch_up()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        fd = os.open(os.path.join(self._where.state, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _settle(self) -> None:
        """What a store that was killed has left to write is in the files."""
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'json_pending'").fetchone():
            with self._changing():
                pass

    def _write(self, one: Json, workspace: str, name: str) -> Json:
        """The session is in the database, and what its file is to hold is noted; in the open transaction."""
        one = _checked(one)
        there = load(self._db, one["id"])
        sink, merged = Update(self._db), shape.merge([one])[0]
        told = shape.shaped(
            merged, [one], f"{self._where.shown}/{name}.json", workspace, sink.instances(one["id"])
        )
        if there and instant(told.row["updated_at"]) < instant(there.row["updated_at"]):
            raise RequestError("STALE", f"updatedAt is older than {there.row['updated_at']}")
        if told.row["type"] not in schema.TYPES:
            raise RequestError("BAD_REQUEST", f"no such type: {told.row['type']}")
        sink.put(told)
        if self.twice:
            self._db.execute(NOTE, (one["id"], name, json.dumps(one, ensure_ascii=False)))
        return {"session": one["id"]}

    def _now(self, sid: str) -> tuple[Json, str, str]:
        """The session as its file should have it, the file's name, and the workspace."""
        if not (now := load(self._db, sid)):
            raise RequestError("NOT_FOUND", f"there is no session {sid}")
        workspace = now.row["workspace_path"]
        for name in (names := self._names(workspace)):
            with contextlib.suppress(decode.BadFileError):
                for one in decode.sessions(self._reader.read(name)):
                    if one["id"] == sid:  # the first, as the editor does
                        return element(now, self._as_stored(one, now), one), name, workspace
        return element(now, None, None), names[0], workspace

    def _as_stored(self, one: Json, now: Stored) -> Stored:
        """What a file holds of the session, in the terms of the database."""
        told = shape.shaped(shape.merge([one])[0], [one], "", now.row["workspace_path"], now.instances)
        instances = {number: (0, values) for number, values in told.instances.items()}
        return Stored(told.row, instances, shape.held(told, now.messages, Held(self._db)))

    def _names(self, workspace: str) -> Sequence[str]:
        """The names that the workspace's file can have, those of files that are there first."""
        if workspace.startswith("unknown:"):
            return [workspace.removeprefix("unknown:")]
        names = [name for name, path in self._found.items() if path == workspace]
        names.append(
            hashed(os.path.realpath(workspace) if os.path.exists(workspace) else workspace.rstrip("/") or "/")
        )
        names.append(hashed(workspace))
        return sorted(names, key=lambda name: not os.path.lexists(self._reader.path(name)))

    def _catch_up(self) -> None:
        """Everything noted is in the files; a file that cannot be written keeps its notes, and the next change tries again.

        The lock is held. A note goes only after its file is on disk.
        """
        for (name,) in self._db.execute("SELECT DISTINCT file FROM json_pending").fetchall():
            query = "SELECT session_id, element FROM json_pending WHERE file = ?"
            notes = {sid: json.loads(text) for sid, text in self._db.execute(query, (name,))}
            try:
                self._replace(name, notes)
            except (OSError, decode.BadFileError):
                continue
            self._db.execute("DELETE FROM json_pending WHERE file = ?", (name,))

    def _replace(self, name: str, notes: dict[str, Json]) -> None:
        path, elements, mode = self._reader.path(name), list[Json](), 0o600
        if os.path.lexists(path):
            mode = os.lstat(path).st_mode & 0o7777
            try:
                elements = decode.sessions(self._reader.read(name))
            except decode.BadFileError as bad:
                if bad.args[0] not in {"empty-file", "no-sessions"}:
                    raise
        for index, one in enumerate(elements):
            elements[index] = notes.pop(one["id"], one)
        elements += notes.values()
        temporary = f"{path}.migrator-store"
        files.remove(temporary)
        with open(os.open(temporary, files.NEW, mode), "w", encoding="utf-8") as stream:
            json.dump(elements, stream, indent=2, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        files.replace(temporary, path)

    def _state(self) -> str:
        """Whether the files hold what the database holds, as far as this store wrote it."""
        if not self.twice:
            return "retired"
        return "pending" if self._db.execute("SELECT 1 FROM json_pending").fetchone() else "written"

    def _stamp(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Sides:
    """Compares the files' sessions with the database's, and says which side is newer."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self._held = db, Held(db)
        self.restart()

    def restart(self) -> None:
        """Nothing was compared."""
        self.seen = set[str]()
        self.only, self.newer, self.older = list[str](), list[str](), list[str]()

    def after(self, size: int) -> None:
        """Nothing is left to do."""

    def instances(self, sid: str) -> Collection[int]:
        """The numbers of the instances that the session has in the database."""
        return Update.instances(self, sid)  # type: ignore[arg-type]

    def put(self, one: Shaped) -> Fate:
        """The session is on one list, if the sides differ."""
        self.seen.add(one.id)
        stored = load(self._db, one.id)
        if not stored:
            self.only.append(one.id)
        elif self._differ(one, stored):
            newer = instant(one.row["updated_at"]) > instant(stored.row["updated_at"])
            (self.newer if newer else self.older).append(one.id)
        return "present", [], None

    def _differ(self, one: Shaped, stored: Stored) -> bool:
        one = known(one, stored)
        more = stored.instances.keys() - one.instances.keys() or len(stored.messages) > len(one.messages)
        return bool(more or any(unequal(one, stored)) or named(one, stored.messages, self._held)[0])


class _Some(Update):
    """Brings only these sessions up to the files."""

    def __init__(self, db: sqlite3.Connection, ids: set[str]) -> None:
        super().__init__(db)
        self._ids = ids

    def put(self, one: Shaped) -> Fate:
        """The session is in the database as its file has it, if it is one of these."""
        return super().put(one) if one.id in self._ids else ("present", [], None)


def _checked(one: Any) -> Json:
    """The session, as strictly as the editor would read it from a file. Raises RequestError."""
    try:
        return decode.sessions(json.dumps([one]).encode())[0]
    except decode.BadFileError as bad:
        raise RequestError("BAD_REQUEST", ": ".join(bad.args)) from bad


def run(where: sources.Places, clock: Callable[[], datetime], requests: TextIO, replies: TextIO) -> None:
    """Every line is answered, in order, until there are no more. Raises Refusal."""
    store = Store(where, clock)
    with contextlib.closing(store):
        for line in requests:
            try:
                request = json.loads(line)
            except (ValueError, RecursionError):
                request = None
            replies.write(json.dumps(store.answer(request)) + "\n")
            replies.flush()
