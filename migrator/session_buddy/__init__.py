"""The skills database of session-buddy, from its third version to its fourth, in place."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from sqlite3 import Connection, IntegrityError
from typing import Any

from migrator import backup, journal, room, tables
from migrator.amendment import CHANGED
from migrator.database import JUST_NOW, Database, contents, damage
from migrator.journal import MADE, Run
from migrator.outcome import Refusal
from migrator.progress import Say
from migrator.removal import Removing
from migrator.session_buddy import ddl, moments, proof
from migrator.session_buddy.backfill import Figures
from migrator.session_buddy.places import check, places
from migrator.session_buddy.proof import OLD_VIEWS, before, faults, kept, uncompiled
from migrator.session_buddy.state import RESTORE, State, examine
from migrator.session_buddy.upgrade import Options, Upgrade
from migrator.session_buddy.withdrawal import Withdrawal, leaning_on
from migrator.system import Note, Plan, Planned, Progress, Record, packed

FORBIDS = "A trigger or an index of somebody else forbids it; drop that, then run again."
ROOM = 100 << 20  # bytes that have to be free beside a copy of the database; the guide's own figure


class Skills(Planned):
    """One home's migration, as the lifecycle wants to see it."""

    name = "session-buddy"
    enforced = False  # tables may have to be made anew; every key is checked afterwards

    def __init__(self, home: str, environ: Mapping[str, str], options: Options) -> None:
        super().__init__()
        self.where = where = places(home, options.database, environ, _worked_on)
        self.home, self.state = where.home, where.state
        self.database = Database(where.database, [where.home, os.path.dirname(where.database)])
        self.parting = "The tool's own tables of version 3 are as they were."
        self._options = options
        self._figures: Figures | None = None  # of the database as it was planned

    def nothing(self) -> str | None:
        """None: without a database there is something wrong. Raises Refusal."""
        if self.where.obstacle:
            raise self.where.obstacle
        check(self.database.path)
        return None

    def ready(self) -> None:
        """Raises Refusal when the database cannot be migrated, as far as can be told from outside."""
        check(self.database.path)
        self.guard()

    def guard(self) -> None:
        """Raises Refusal while anyone uses the database."""
        self.database.free()

    def plan(self, target: Connection | None, progress: Progress) -> Plan:
        """What would be done, tried out on the copy of the database. Raises Refusal."""
        if target is None:
            with self.database.seen() as copy:
                return self.plan(copy, progress)
        plan, found = Plan(), self.examined(target)
        if found.complete and not self._options.asked:
            plan.records = [Record("schema", f"{self.where.shown}#schema", ddl.VERSION, "present")]
            plan.notes = [Note(self.where.shown, "", *note) for note in found.notes]
            return plan
        target.execute("BEGIN")
        apart, theirs = found.not_equal(), proof.meddling(target)
        was = (contents(target), before(target, apart)) if theirs else None
        upgrade = Upgrade(target, found, self._options, self.where.shown)
        try:
            upgrade.perform()
        except IntegrityError as error:
            message = f"{self.database.path} does not take in what version 4 has: {error}."
            raise Refusal("DB_INVALID", f"{message} {FORBIDS}") from error
        if was and (place := next(proof.moved(target, *was, apart), None)):
            message = f"In {self.database.path} {', '.join(theirs)} fires when version 4 is written: {place[0]} {place[1]}."
            raise Refusal("DB_INVALID", f"{message} {FORBIDS}")
        target.execute("ROLLBACK")
        plan.records, plan.notes, plan.changes = upgrade.records, upgrade.notes, upgrade.changes > 0
        self._figures = upgrade.figures
        if plan.changes:
            size = sum(os.path.getsize(path) for path in self.database.files() if os.path.exists(path))
            room.check_room([(os.path.dirname(self.database.path), ROOM), (self.state, size)])
        if found.resumed:
            self.parting = f"Somebody had begun version 4; that was resumed. {self.parting}"
        return plan

    @property
    def as_of(self) -> datetime:
        """The instant for which things are computed."""
        return self._options.instant

    @property
    def reader(self) -> moments.Reader:
        """How times are read."""
        return moments.Reader(self._options.naive)

    def examined(self, db: Connection) -> State:
        """In which state the database is, which is found sound. Raises Refusal."""
        if problems := damage(db):
            raise Refusal("DB_INVALID", f"{self.database.path} is damaged: {problems[0]}. {RESTORE}")
        return self._state(db)

    def _state(self, db: Connection) -> State:
        return examine(db, self.database.path, repair=self._options.repair)

    def changed_meanwhile(self) -> list[Note]:
        """Nothing: nobody else can have written."""
        return []

    def keep(self, run: Run) -> None:
        """The backup is what the plan was made of, bit by bit; that was found sound then. Raises Refusal."""
        saved = {one.path: one.sha256 for one in backup.check(run)}
        if any(
            saved[path] != self.database.looked_at.get(path)
            for path in self.database.files()
            if not path.endswith("-shm")
        ):
            raise self.database.in_use(JUST_NOW)

    def fill(self, target: Connection, run: Run, _: Say) -> None:
        """Version 4 is there within the open transaction, and the journal knows what is new."""
        sequence = dict(target.execute("SELECT name, seq FROM sqlite_sequence"))
        state, found = self._state(target), tables.tables(target)
        apart = state.not_equal()
        found = {name: table for name, table in found.items() if name not in apart}
        was, blind = before(target, apart), dict(uncompiled(target, OLD_VIEWS))
        upgrade = Upgrade(target, state, self._options, self.where.shown, self._figures)
        upgrade.perform()
        run.keep(CHANGED, (packed(row) + b"\n" for row in tables.changed(target, found)))
        run.keep(MADE, (packed(row) + b"\n" for row in kept(target, [*upgrade.created, *upgrade.rebuilt])))
        there = [
            name for name in ddl.TABLES if name not in upgrade.created and "AUTOINCREMENT" in ddl.TABLES[name]
        ]
        run.add(
            "filled",
            as_of=self._options.instant.isoformat(),
            created=upgrade.created,
            sequence={name: sequence.get(name, 0) for name in there},
            leaning=leaning_on(target, upgrade.created),
            apart=apart,
            before=was,
            unread=[*blind],
            strays=upgrade.strays,
        )

    def removal(self, connection: Connection, run: Run) -> Removing:
        """What the run made of version 4. Raises Refusal."""
        if not run.find("filled") or not next(iter(run.kept(CHANGED)), None):
            return Withdrawal(connection, run, connection)  # nothing has to be looked up
        before = Database(os.path.join(run.backup, os.path.basename(self.database.path)), [self.home])
        with before.seen() as old:
            return Withdrawal(connection, run, old)

    def differences(self, runs: list[Run], say: Say) -> Iterator[tuple[str, str]]:
        """What is not as the runs left it, and what does not work. Raises Refusal."""
        with self.database.seen() as db:
            yield from faults(db, runs, say)


def _worked_on(state: str, path: str) -> bool:
    """Whether there is a run for this database that is not taken back."""
    return any(run.state != "rolled-back" for run in journal.runs(state, path))


def options(given: Any, now: datetime) -> Options:
    """What the command line asks for."""
    return Options(
        now=now,
        database=given.database,
        as_of=given.as_of,
        taxonomy=given.taxonomy or "strict",
        naive=given.naive_tz or 0,
        all_times=given.all,
        least=5 if given.min_co_occurrence is None else given.min_co_occurrence,
        backfill=not given.no_backfill,
        repair=given.repair,
        bring=given.bring,
    )


def system(home: str, environ: Mapping[str, str], options: Options) -> Skills:
    """One home's migration."""
    return Skills(home, environ, options)
