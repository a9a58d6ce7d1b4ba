"""The AIT42 editor's session history: JSON files, one for each workspace, into `sessions.db`."""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from migrator import backup, built, files, room, tables
from migrator.ait42 import decode, purging, returning, schema, sources
from migrator.ait42.intake import Intake, Reader
from migrator.ait42.rows import Build, Check, Try, Update, made
from migrator.ait42.validation import figures
from migrator.ait42.workspaces import Answered, Options, Workspaces
from migrator.amendment import CHANGED, Amendment
from migrator.archive import Saved
from migrator.database import Database
from migrator.journal import Run
from migrator.outcome import Refusal
from migrator.pack import RESTORE, Pack, Writer
from migrator.progress import Say
from migrator.removal import Removing
from migrator.system import Note, Plan, Planned, Progress, Record, Returned, packed

MAPPING = ".ait42/workspace_mapping.json"
WILL_BE = "workspace_mapping.new.json"  # in the backup
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
        self._made: list[bytes] = []

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
        try:
            with contextlib.closing(sqlite3.connect(":memory:")) as tried:
                tried.execute("CREATE VIRTUAL TABLE tried USING fts5(text)")
        except sqlite3.OperationalError as error:
            raise Refusal(
                "SQLITE_UNAVAILABLE", f"This Python's SQLite cannot search texts: {error}."
            ) from error
        path = self.database.path
        folder = os.path.dirname(path)
        if not files.inside(folder, self.home) or (os.path.lexists(path) and not os.path.isfile(path)):
            raise Refusal("DB_INVALID", f"{path} is not a regular file in the home.")
        if not os.access(folder, os.W_OK | os.X_OK) or (
            os.path.lexists(path) and not os.access(path, os.R_OK | os.W_OK)
        ):
            raise Refusal("NO_ACCESS", f"{path} or its folder is not writable for this user.")
        if self.absent():
            for side in (path + "-wal", path + "-journal"):
                if os.path.lexists(side) and os.path.getsize(side):
                    message = f"{side} is there without its database; put that back, or move the file away."
                    raise Refusal("DB_INVALID", message)
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
            answers, pack = self._answers(run), Pack(run.backup)
        except Refusal:
            return None
        names, others = sources.found(self.where)
        unknown = any(path.startswith("unknown:") for path in answers["found"].values())
        if answers["asked"] != self._asked() or (unknown and (self._options.strict or self._options.ask)):
            return None
        if names != sorted(pack.entries) or not all(self._same(pack, name) for name in names):
            return None
        return self._told(run, others)

    @staticmethod
    def _told(run: Run, others: list[Record]) -> Plan | None:
        """What the run told of sessions, now that they are there; None when that cannot be read."""
        plan = Plan()
        plan.records.extend(others)
        try:
            for kind, *fate in run.kept(built.FATES):
                if kind == "record" and fate[0] != "other":
                    one = Record(*fate)
                    plan.records.append(one._replace(outcome="present") if one.outcome == "migrated" else one)
                elif kind == "note" and fate[2].startswith("mapping-"):
                    plan.notes.append(Note(*fate))
        except (OSError, ValueError):
            return None
        return plan

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
        size = sum(os.lstat(self._reader.path(name)).st_size for name in sources.found(self.where)[0])
        room.check_room([(self.state, 3 * size), (self.database.path, 2 * size)])
        with Writer(run.backup) as writer:
            intake = Intake(self.where, self._spoken(), self._packing(writer))
            self._made = self._built(path, intake, now, progress)
            writer.finish(now)
            purging.keep(run, writer.entries)
        self._keep_answers(run)
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
    def _built(path: str, intake: Intake, now: datetime, progress: Progress) -> list[bytes]:
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
        return Intake(self.where, Answered(self._answers(run)["found"]), pack.read, sorted(pack.entries))

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
        self._keep_answers(run)

    def _keep_answers(self, run: Run) -> None:
        """The backup says how workspaces were found, and holds the mapping file as it was and as it will be."""
        workspaces, was, will_be = self._spoken(), None, None
        files.write_new(os.path.join(run.backup, "RESTORE-JSON.txt"), RESTORE.encode())
        if workspaces.new:
            was = backup.copied(run, self.where.mapping)
            will_be = workspaces.merged()
            files.write_new(os.path.join(run.backup, WILL_BE), will_be)
        answers = {"found": workspaces.found, "was": was, "asked": self._asked(will_be)}
        files.write_new(os.path.join(run.backup, sources.ANSWERS), json.dumps(answers).encode("ascii"))

    @staticmethod
    def _answers(run: Run) -> dict[str, Any]:
        try:
            answers: dict[str, Any] = json.loads(
                files.read(os.path.join(run.backup, sources.ANSWERS), 1 << 30)[0]
            )
            answers["was"] = Saved(*answers["was"]) if answers["was"] else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Refusal("BACKUP_INVALID", f"The backup in {run.backup} cannot be read: {error}.") from error
        return answers

    def check_kept(self, run: Run) -> None:
        """The session files in the backup are as they were. Raises Refusal."""
        Pack(run.backup).check()
        self._answers(run)

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
        if self._answers(run)["was"]:
            data, _ = files.read(os.path.join(run.backup, WILL_BE), 1 << 30)
            files.write_new(self.where.mapping, data)

    def path(self, name: str) -> str:
        """Where the session file of this name lies."""
        return self._reader.path(name)

    def bring_back(self, run: Run) -> None:
        """Session files that were purged since the run are in their places again. May be repeated."""
        purging.bring_back(self, run)

    def unsettle(self, run: Run) -> None:
        """The mapping file is as it was, unless somebody else has written to it since; purged files are back."""
        self.bring_back(run)
        if os.path.isdir(run.backup) and run.find("applying") and (was := self._answers(run)["was"]):
            files.remove(self.where.mapping + ".part")
            ours = files.digest(os.path.join(run.backup, WILL_BE))
            if backup.state([self.where.mapping])[self.where.mapping] == ours:
                backup.put_back(run, was)

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
            problems = self._checked(run, copy, say.progress, exact=bool(run.find("begin").get("built")))[1]
            yield from (("sessions.db", problem) for problem in problems)

    def _checked(
        self, run: Run, db: sqlite3.Connection, progress: Progress, *, exact: bool
    ) -> tuple[Check, list[str]]:
        check = Check(db, run.find("filled").get("loose", []), exact=exact)
        intake = self._from_backup(run)
        intake.run(check, progress)
        self.figures, problems = figures(
            db, os.path.getsize(db.execute("PRAGMA database_list").fetchone()[2])
        )
        kinds = Counter(
            record.reason if record.kind == "file" else record.outcome for record in intake.records
        )
        self.figures = {
            "files_found": len(intake.names),
            "files_empty": kinds["empty-file"] + kinds["no-sessions"],
            "files_failed": sum(r.kind == "file" and r.outcome == "set-aside" for r in intake.records),
            "duplicates": kinds["skipped"],
            "sessions_compared": check.compared,
            "differences": len(check.wrong),
            **self.figures,
            "is_valid": not problems and not check.wrong,
        }
        return check, [*check.wrong, *problems]

    def give_back(self, copy: sqlite3.Connection, runs: list[Run], folder: str) -> list[Returned]:
        """Session files with what others did since are staged in the folder, unless that is not wanted."""
        staged: list[Returned] = []
        if not self._options.write_back:
            return staged
        pack = Pack(runs[-1].backup)
        homes = {path: name for run in runs for name, path in reversed(self._answers(run)["found"].items())}

        purged = {name: path for run in runs for name, path in purging.moved(run).items()}
        names = sorted({*sources.found(self.where)[0], *purged})

        def now(name: str) -> bytes | None:
            if os.path.lexists(self.path(name)):
                return self._reader.read(name)
            return files.read(purged[name], 1 << 30)[0] if name in purged else None

        def then(name: str) -> bytes | None:
            return pack.read(name) if name in pack.entries else None

        files.make_folders(folder, 0o700)
        kept = os.path.join(os.path.dirname(folder), built.ASIDE)
        for name, was, will_be, left in returning.files_with(copy, names, homes, now, then):
            before = None if was is None else hashlib.sha256(was).hexdigest()
            after, source, replaced = None, None, None
            if will_be is not None and will_be != was:
                source = os.path.join(folder, f"{name}.json")
                after = files.write_new(source, will_be)
                if was is not None:
                    files.make_folders(kept, 0o700)
                    replaced = os.path.join(kept, f"{name}.json")
                    files.write_new(replaced, was)
            staged.append(Returned(self._reader.path(name), before, after, source, replaced, left))
        return staged

    def changed_meanwhile(self) -> list[Note]:
        """Session files that were written after they had been read."""
        what = "changed-meanwhile", "written during the migration; run it again"
        return [Note(f"{self.where.shown}/{name}.json", "", *what) for name in self._reader.changed()]


def _begun(run: Run) -> datetime:
    return datetime.fromisoformat(run.find("begin")["at"])


def system(home: str, environ: Mapping[str, str], options: Options) -> Editor:
    """One home's migration. Raises Refusal."""
    return Editor(home, environ, options)
