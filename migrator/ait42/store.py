"""A store that writes twice: `sessions.db` first, and for 30 days the JSON files too, so that the old editor can go on.

One request a line on standard input, one reply a line on standard output, both JSON objects. What has to be written to
a file is noted on disk before the database changes, so a crash at any moment leaves either nothing, or a note that the
next store to open settles. Only who holds the lock writes files. What the editor wrote to a file meanwhile is taken
over before a request changes the session.
"""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, TextIO

from migrator import files, journal
from migrator.ait42 import answers, decode, schema, shape, sources
from migrator.ait42.asked import RequestError, check_references, checked, whole
from migrator.ait42.beside import Beside, Joined, Note
from migrator.ait42.decode import Json
from migrator.ait42.intake import Intake, Reader
from migrator.ait42.moments import instant
from migrator.ait42.returning import element
from migrator.ait42.rows import Update, load
from migrator.ait42.sides import Sides, Some
from migrator.ait42.workspaces import Options, Workspaces
from migrator.outcome import Refusal

KEPT = timedelta(days=30)
BUSY, LOCK = 30_000, "store.lock"  # milliseconds to wait for other programs
FOUND = (
    "SELECT s.id FROM sessions_fts f JOIN sessions s ON s.rowid = f.rowid WHERE sessions_fts MATCH ? "
    "UNION SELECT id FROM sessions WHERE task LIKE ? ESCAPE '\\'"
)
Notes = list[Note]
LISTED = "id, workspace_path, type, task, status, created_at, updated_at, instance_count, message_count"


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
        for setting in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY"):
            self._db.execute(f"PRAGMA {setting}")
        runs = [run for run in journal.runs(where.state, where.database) if run.state == "done"]
        self._until = max((datetime.fromisoformat(run.find("done")["at"]) for run in runs), default=None)
        found: dict[str, str] = {}
        for run in runs:
            with contextlib.suppress(Refusal):
                found |= answers.read(run)["found"]
        self._beside, self._left = Beside(where, found), Notes()
        files.make_folders(where.state, 0o700)
        with self._locked():
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
        no: Json = {"id": name, "ok": False}
        if not isinstance(verb, str) or verb not in verbs:
            return no | {"code": "BAD_REQUEST", "message": f"`do` must be one of {', '.join(verbs)}"}
        try:
            said = {"id": name, "ok": True, **verbs[verb](**given)}
            return said if verb in {"list", "get", "search"} else said | {"json": self._state()}
        except TypeError as error:
            return no | {"code": "BAD_REQUEST", "message": str(error).partition(".")[2] or str(error)}
        except RequestError as error:
            return no | {"code": error.args[0], "message": error.args[1]}
        except sqlite3.Error as error:
            return no | {"code": "DB_ERROR", "message": str(error)}
        except OSError as error:
            return no | {"code": "IO_ERROR", "message": str(error)}

    def create_session(self, *, workspace: str, session: Json) -> Json:
        """A new session, as the editor's JSON has it, is in the database and in the file of its workspace."""
        with self._changing() as notes:
            sid = checked(session)["id"]
            check_references(shape.shaped(shape.merge([session])[0], [session], "", workspace).messages)
            name = self._beside.names(workspace)[0]
            there = load(self._db, sid) is not None
            with contextlib.suppress(decode.BadFileError):
                there = there or any(one["id"] == sid for one in self._beside.elements(name))
            if there:
                raise RequestError("EXISTS", f"there is a session {sid} already")
            return self._write(Joined(session, name, workspace, None), notes)

    def update_session(self, *, session: str, fields: Json) -> Json:
        """The named fields of the session have new values; of `instances`, those that are named by their number."""
        with self._changing() as notes:
            now = self._now(session)
            one = now.one
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
            stamp = self._stamp(one["updatedAt"])
            one |= {key: value for key, value in fields.items() if key != "instances"}
            one["updatedAt"] = fields.get("updatedAt") or stamp
            return self._write(now, notes)

    def add_message(self, *, session: str, message: Json) -> Json:
        """The message is the last of the session; one that it has already, by id and all it says, is not added again."""
        with self._changing() as notes:
            now = self._now(session)
            one = now.one
            before = {part["id"] for part in one["chatHistory"]}
            one["chatHistory"].append(message)
            told = shape.shaped(shape.merge([checked(one)])[0], [one], "", now.workspace)
            check_references(told.messages[-1:])
            stored = load(self._db, session)
            assert stored
            if message["id"] in before | stored.messages.keys():
                mine = (message["id"], f"{session}:{message['id']}")
                if told.messages[-1][3] in [stored.messages.get(name) for name in mine]:
                    one["chatHistory"].pop()
                    return self._write(now, notes)
                raise RequestError("EXISTS", f"there is another message {message['id']} already")
            one["updatedAt"] = self._stamp(one["updatedAt"])
            return self._write(now, notes)

    def get(self, *, session: str) -> Json:
        """The session as the editor's JSON."""
        self._db.execute("BEGIN")  # its parts are of one moment
        try:
            now = load(self._db, session)
        finally:
            self._db.execute("COMMIT")
        if not now:
            raise RequestError("NOT_FOUND", f"there is no session {session}")
        return {"workspace": now.row["workspace_path"], "session": element(now, None, None)}

    def list(self, *, workspace: str | None = None, limit: int = 100, offset: int = 0) -> Json:
        """Sessions without their parts, the newest first."""
        query = f"SELECT {LISTED} FROM sessions WHERE ? IS NULL OR workspace_path = ? ORDER BY created_at DESC, id LIMIT ? OFFSET ?"  # noqa: S608 - our own names
        rows = self._db.execute(query, (workspace, workspace, limit, offset)).fetchall()
        return {"sessions": [dict(zip(LISTED.split(", "), row, strict=True)) for row in rows]}

    def search(self, *, text: str, limit: int = 100) -> Json:
        """The ids of sessions whose task holds the text: as words, or anywhere, since not every script has spaces."""
        phrase = '"' + text.replace('"', '""').replace("\0", "") + '"'
        like = "%" + "".join(f"\\{char}" if char in "%_\\" else char for char in text) + "%"
        rows = self._db.execute(f"{FOUND} LIMIT ?", (phrase, like, limit)).fetchall()
        return {"sessions": [sid for (sid,) in rows]}

    def reconcile(self, *, mend: bool = False) -> Json:
        """Where files and database differ; with `mend` the newer side counts, the file where both are as new, and no part is lost."""
        with self._changing() as notes:
            sides = Sides(self._db)
            self._intake().run(sides, lambda _: None)
            stored = {sid for (sid,) in self._db.execute("SELECT id FROM sessions")}
            found: dict[str, list[str]] = {
                "json_only": sides.only, "sqlite_only": sorted(stored - sides.seen), "newer_in_json": sides.newer,
                "newer_in_sqlite": sides.older,
            }  # fmt: skip
            if mend:
                self._intake().run(Some(self._db, set(sides.only)), lambda _: None)
                for sid in chain(*found.values()):
                    now = self._now(sid)
                    notes.append(Note(sid, now.file, now.was, now.one))
        wrong = sum(map(len, found.values()))
        total = len(stored | sides.seen)
        return {"total": total, "consistent": total - wrong, **found, "mended": mend}

    def _intake(self) -> Intake:
        mapping = Workspaces(self._where.mapping, "", Options())
        return Intake(self._where, mapping, Reader(self._where).read)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Notes]:
        """Nobody else writes meanwhile; when it raises nothing is changed, otherwise the noted files follow."""
        with self._locked():
            self._settle()
            notes: Notes = []
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield notes
                if self.twice:
                    self._beside.note(notes)
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            if notes and self.twice:
                self._left = notes
                with contextlib.suppress(OSError, sqlite3.Error):  # it is done, and the files follow later
                    self._settle()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        fd = os.open(os.path.join(self._where.state, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _settle(self) -> None:
        """What is noted, perhaps by a store that was killed, is in the files, but for those that cannot be written now."""
        self._left = self._beside.follow(self._db) if self.twice else []

    def _write(self, now: Joined, notes: Notes) -> Json:
        """The session is in the database, and its file is among the notes; in the open transaction."""
        one = whole(checked(now.one))
        there = load(self._db, one["id"])
        sink, merged = Update(self._db), shape.merge([one])[0]
        source = self._where.source(now.file)
        told = shape.shaped(merged, [one], source, now.workspace, sink.instances(one["id"]))
        if there and instant(told.row["updated_at"]) < instant(there.row["updated_at"]):
            raise RequestError("STALE", f"updatedAt is older than {there.row['updated_at']}")
        if told.row["type"] not in schema.TYPES:
            raise RequestError("BAD_REQUEST", f"no such type: {told.row['type']}")
        sink.put(told)
        notes.append(Note(one["id"], now.file, now.was, one))
        return {"session": one["id"]}

    def _now(self, sid: str) -> Joined:
        """The session with what the editor did to its file."""
        if not (now := self._beside.join(self._db, sid)):
            raise RequestError("NOT_FOUND", f"there is no session {sid}")
        return now

    def _state(self) -> str:
        """Whether the files hold what the database holds, as far as stores wrote it."""
        if not self.twice:
            return "retired"
        return "pending" if self._left else "written"

    def _stamp(self, last: str) -> str:
        """Now, or a moment after the last change where that is later."""
        now = self._clock().astimezone(UTC)
        with contextlib.suppress(ValueError):
            then = datetime.fromisoformat(last)
            then = then if then.tzinfo else then.replace(tzinfo=UTC)
            now = max(now, then + timedelta(milliseconds=1))
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
