"""The AIT42 editor's session history: JSON files, one for each workspace, into `sessions.db`."""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from migrator import built, files, room, tables
from migrator.ait42 import answers, decode, purging, returning, schema, sources
from migrator.ait42.intake import BOUND, Intake, Reader
from migrator.ait42.rows import Build, Try, Update, made
from migrator.ait42.validation import checked, figures
from migrator.ait42.workspaces import Answered, Options, Workspaces
from migrator.amendment import CHANGED, Amendment
from migrator.database import Database
from migrator.journal import Run
from migrator.outcome import Refusal
from migrator.pack import Pack, Writer
from migrator.progress import Say
from migrator.removal import Removing
from migrator.system import Note, Plan, Planned, Progress, Record, Returned, packed

MAPPING = ".ait42/workspace_mapping.json"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Nobody sees the file before it is forced to disk as a whole. Large pages: terminal texts are long.
BUILDING = ("page_size=16384", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-32000")

Read = Callable[[str], bytes]


class Editor(Planned):
    """One home's migration, as the lifecycle wants to see it."""

    name = "ait42"
    parting = (
        "The JSON files were not touched; keep them for 30 days. `rollback` moves the database aside again."
    )

    def __init__(self, home: str, environ: Mapping[str, str], options: Options) -> None:
        super().__init__()
        self.where = where = sources.places(home, environ)
        self.home, self.state = where.home, where.state
        self.database = Database(where.database, [where.home])
        self._options = options
        self._reader = Reader(where)
        self._workspaces: Workspaces | None = None
        self._made: list[int] = []

    def nothing(self) -> str | None:
        """Why there is nothing to migrate, or None."""
        if self.where.present and os.access(self.where.sessions, os.R_OK | os.X_OK):
            return None
        return f"Nothing to migrate: {self.where.sessions} is not there, or is no folder that can be read."

    def leftovers(self) -> list[Record]:
        """Everything that the editor's folder holds."""
        return sources.found(self.where)[1]

    def ready(self) -> None:
        """Raises Refusal when the database cannot be migrated to, as far as can be told from outside."""
        schema.usable()
        sources.usable(self.where)
        self.guard()

    def guard(self) -> None:
        """Raises Refusal while anyone uses the database."""
        self.database.free()

    def absent(self) -> bool:
        """Whether there is no database yet."""
        return not os.path.lexists(self.database.path)

    def _spoken(self) -> Workspaces:
        """The answers of this run, asked for only once."""
        if self._workspaces is None:
            self._workspaces = Workspaces(self.where.mapping, MAPPING, self._options)
        return self._workspaces

    def known(self, run: Run) -> Plan | None:
        """What the run brought, if database, files, mapping and options are all as they were then."""
        if run.find("pruned") or not built.untouched(self, run):
            return None
        try:
            told, pack = answers.read(run), Pack(run.backup)
        except Refusal:
            return None
        names, others = sources.found(self.where)
        unknown = any(path.startswith("unknown:") for path in told["found"].values())
        if told["asked"] != self._asked() or (unknown and (self._options.strict or self._options.ask)):
            return None
        if names != sorted(pack.entries) or not all(self._same(pack, name) for name in names):
            return None
        return answers.recalled(run, others)

    def _same(self, pack: Pack, name: str) -> bool:
        try:
            return hashlib.sha256(self._reader.read(name)).hexdigest() == pack.entries[name].sha256
        except decode.BadFileError:
            return False

    def _asked(self, will_be: bytes | None = None) -> dict[str, Any]:
        """All that the answers depend on beside the session files."""
        mapping = self.where.mapping
        there = files.digest(mapping) if os.path.isfile(mapping) and not os.path.islink(mapping) else None
        digest = hashlib.sha256(will_be).hexdigest() if will_be else there
        return {"mapping": digest, "given": self._options.given, "accepted": self._options.accepted}

    def plan(self, target: sqlite3.Connection | None, progress: Progress) -> Plan:
        """What would be done; tried out on the copy of the target, if there is one."""
        plan, workspaces = Plan(), self._spoken()
        intake = Intake(self.where, workspaces, self._reader.read)
        if target is None:
            intake.run(Try(), progress)
            plan.changes = True
        else:
            version = schema.version(target)
            target.execute("BEGIN")
            schema.advance(target, version, EPOCH, recount=True)
            sink = Update(target)
            intake.run(sink, progress)
            target.execute("ROLLBACK")
            plan.changes = sink.changed or version < schema.VERSION or bool(workspaces.new)
        plan.records, plan.notes = intake.records, intake.notes
        return plan

    def build(self, run: Run, path: str, now: datetime, progress: Progress) -> Plan:
        """The database is complete and on disk at `path`, the files are in the run's backup; gives the fates."""
        size = sum(map(self._reader.size, sources.found(self.where)[0]))
        room.check_room([(self.state, 3 * size), (self.database.path, 2 * size)])
        with Writer(run.backup) as writer:
            intake = Intake(self.where, self._spoken(), self._packing(writer))
            self._made = self._built(path, intake, now, progress)
            writer.finish(now)
            purging.keep(run, writer.entries)
        answers.keep(run, self._spoken(), self.where.mapping, self._asked)
        plan = Plan()
        plan.records, plan.notes = intake.records, intake.notes
        return plan

    def _packing(self, writer: Writer) -> Read:
        """Reads files, each into the pack when it is read for the first time."""

        def read(name: str) -> bytes:
            data = self._reader.read(name)
            if name not in writer.entries:
                writer.add(name, data, os.lstat(self._reader.path(name)))
            return data

        return read

    @staticmethod
    def _built(path: str, intake: Intake, now: datetime, progress: Progress) -> list[int]:
        os.close(os.open(path, files.NEW, 0o600))
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            for setting in BUILDING:
                db.execute(f"PRAGMA {setting}").fetchall()
            sink = Build(db, now)
            intake.run(sink, progress)
            sink.finish()
            return sink.made

    def build_again(self, runs: list[Run], path: str) -> None:
        """As the first run built it and the later ones changed it, row by row, from their backups."""
        first, *later = runs
        self._built(path, self._from_backup(first), _begun(first), lambda _: None)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            for run in later:
                db.execute("BEGIN")
                sink = Update(db, run.find("filled").get("loose", []))
                self._from_backup(run).run(sink, lambda _: None)
                db.execute("COMMIT")

    def _from_backup(self, run: Run) -> Intake:
        pack = Pack(run.backup)
        return Intake(self.where, Answered(answers.read(run)["found"]), pack.read, sorted(pack.entries))

    def keep(self, run: Run) -> None:
        """The run's backup also holds the session files."""
        with Writer(run.backup) as writer:
            read = self._packing(writer)
            for name in sources.found(self.where)[0]:
                with contextlib.suppress(decode.BadFileError):
                    read(name)
            writer.finish(_begun(run))
            purging.keep(run, writer.entries)
        Pack(run.backup).check()
        answers.keep(run, self._spoken(), self.where.mapping, self._asked)

    def check_kept(self, run: Run) -> None:
        """The session files in the backup are as they were. Raises Refusal."""
        Pack(run.backup).check()
        answers.read(run)

    def fill(self, target: sqlite3.Connection, run: Run, say: Say) -> None:
        """Everything planned is in, within the open transaction, taken from the backup."""
        pack, found = Pack(run.backup), tables.tables(target)  # as whoever watches has them
        schema.advance(target, schema.version(target), _begun(run), recount=True)
        sink = Update(target)
        Intake(self.where, self._spoken(), pack.read, sorted(pack.entries)).run(sink, say.progress)
        run.keep(CHANGED, (packed(row) + b"\n" for row in tables.changed(target, found)))
        run.add("filled", loose=sink.loose, deleted=tables.deleted(target, found))

    def removal(self, connection: sqlite3.Connection, run: Run) -> Removing:
        """The rows that the run inserted, what hangs from them, and those that it changed. Raises Refusal."""
        filled = run.find("filled")
        left = {**run.find("committing"), "entangled": [], "deleted": filled.get("deleted", [])}
        before = Database(os.path.join(run.backup, os.path.basename(self.database.path)), [self.home])
        with before.seen() as old:
            changed = run.kept(CHANGED) if filled else ()
            return Amendment(connection, run.written(), left, changed, old)

    def committed(self, target: sqlite3.Connection, run: Run) -> None:
        """The database is in WAL mode, and the mapping file has its new entries."""
        target.execute("PRAGMA journal_mode=WAL").fetchall()
        self.settle(run)

    def settle(self, run: Run) -> None:
        """The mapping file has its new entries, if there are any. May be repeated."""
        answers.settle(run, self.where.mapping)

    def path(self, name: str) -> str:
        """Where the session file of this name lies."""
        return self._reader.path(name)

    def bring_back(self, run: Run) -> None:
        """Session files that were purged since the run are in their places again. May be repeated."""
        purging.bring_back(self, run)

    def unsettle(self, run: Run) -> None:
        """The mapping file is as it was, unless somebody else has written to it since; purged files are back."""
        self.bring_back(run)
        answers.unsettle(run, self.where.mapping)

    def proved(self, run: Run, path: str, progress: Progress) -> Iterator[str]:
        """What is not in the built database as it was read from the files, or is in it beside that. Raises Refusal."""
        Pack(run.backup).check()
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            pairs = zip_longest(made(db), self._made, fillvalue=None)
            for number, (found, digest) in enumerate(pairs, 1):
                if found is None or found[1] != digest:
                    yield f"sessions {found[0] if found else f'number {number}'}: not as it was read"
                progress(number)
            self.figures, problems = figures(db, os.path.getsize(path))
            yield from problems

    def differences(self, runs: list[Run], say: Say) -> Iterator[tuple[str, str]]:
        """What is not in the database as it is in the last run's backup, and what SQLite's own checks say."""
        run = runs[0]
        if not run.find("applying"):
            return
        if run.find("pruned"):
            yield "backup", "it was removed when its time was over, so nothing can be compared with it"
            return
        with self.database.seen() as copy:
            schema.version(copy)
            self.figures, problems = checked(copy, run, self._from_backup(run), say.progress)
            yield from (("sessions.db", problem) for problem in problems)

    def give_back(self, copy: sqlite3.Connection, runs: list[Run], folder: str) -> list[Returned]:
        """Session files with what others did since are staged in the folder, unless that is not wanted."""
        if not self._options.write_back:
            return []
        pack = Pack(runs[-1].backup)
        homes = {path: name for run in runs for name, path in reversed(answers.read(run)["found"].items())}

        purged = {name: path for run in runs for name, path in purging.moved(run).items()}
        names = sorted({*sources.found(self.where)[0], *purged})

        def now(name: str) -> bytes | None:
            if os.path.lexists(self.path(name)):
                return self._reader.read(name)
            return files.read(purged[name], BOUND)[0] if name in purged else None

        def then(name: str) -> bytes | None:
            return pack.read(name) if name in pack.entries else None

        kept = os.path.join(os.path.dirname(folder), built.ASIDE)
        return returning.staged(returning.files_with(copy, names, homes, now, then), self.path, folder, kept)

    def changed_meanwhile(self) -> list[Note]:
        """Session files that were written after they had been read."""
        what = "changed-meanwhile", "written during the migration; run it again"
        return [Note(self.where.source(name), "", *what) for name in self._reader.changed()]


def _begun(run: Run) -> datetime:
    return datetime.fromisoformat(run.find("begin")["at"])


def system(home: str, environ: Mapping[str, str], options: Options) -> Editor:
    """One home's migration. Raises Refusal."""
    return Editor(home, environ, options)
