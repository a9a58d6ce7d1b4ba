"""From the third version to the fourth, within one open transaction: objects, the record, and what fills the tables.

The same steps run on a private copy first, to know what there is to do, and then on the database itself.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from migrator.database import quoted
from migrator.session_buddy import ddl, moments, restoring, shape, taxonomy
from migrator.session_buddy.backfill import WINDOW, Figures, Window
from migrator.session_buddy.filling import Filling, Writer
from migrator.session_buddy.state import STRAYS, State, strays
from migrator.spool import Spool
from migrator.system import Note, Record

STAMP = "%Y-%m-%d %H:%M:%S"


class Options(NamedTuple):
    """What the caller asked for; `as_of` None means `now`, and that a complete fourth version is left alone."""

    now: datetime
    database: str | None = None
    as_of: datetime | None = None
    taxonomy: str = "strict"  # or "full", "none"
    naive: int = 0  # what times without a zone mean, in minutes east of Greenwich
    all_times: bool = False
    least: int = 5  # sessions that make two skills a pair
    backfill: bool = True
    repair: bool = False
    bring: str | None = None  # the folder of an export to be put back

    @property
    def instant(self) -> datetime:
        """The instant that the tables are to be brought to, in whole seconds."""
        return (self.as_of or self.now).astimezone(UTC).replace(microsecond=0)

    @property
    def asked(self) -> bool:
        """Whether something is wanted of a database that has version 4 already."""
        return self.as_of is not None or self.repair or self.bring is not None


class Upgrade:
    """One upgrade; after `perform`, what was done.

    `figures` are those of a database that holds the same, so that nothing has to be computed, or noted, anew.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        state: State,
        options: Options,
        source: str,
        figures: Figures | None = None,
    ) -> None:
        self._db, self._state, self._options, self._source = db, state, options, source
        self.figures = figures
        self.writer = Writer(db)
        self.created: dict[str, str] = {}  # SQL by name, as the database keeps it
        self.rebuilt: list[str] = []  # tables that were made anew with what they held
        self.strays = 0  # rows that point to nothing, and may
        self.records = Spool(Record)
        self.notes = [Note(source, "", *note) for note in state.notes]

    @property
    def changes(self) -> int:
        """How many objects and rows are new or different."""
        return len(self.created) + len(self.rebuilt) + sum(self.writer.changed.values())

    def perform(self) -> None:
        """The fourth version is there, recorded and filled."""
        self._make()
        recorded = self._record()
        outcome = "migrated" if recorded or self.created or self.rebuilt else "present"
        self.records.append(Record("schema", f"{self._source}#schema", ddl.VERSION, outcome))
        options = self._options
        if options.bring:
            self._restore(options.bring)
        self.strays = strays(self._db)
        stamp = options.instant.strftime(STAMP)
        if options.taxonomy != "none":
            strict = options.taxonomy == "strict"
            found = list(taxonomy.initialise(self._db, stamp, self._source, strict=strict))
            self.records.extend(found)
            self.writer.changed["taxonomy"] += sum(one.outcome == "migrated" for one in found)
            self.strays = self.strays if strict else self._dangling(found)
        if options.backfill:
            self._fill(stamp)

    def _dangling(self, taxonomy: list[Record]) -> int:
        """How many rows point to nothing now; noted, with the entries of the taxonomy that do."""
        if count := strays(self._db):
            self.notes = [note for note in self.notes if note.reason != STRAYS]
            names = ", ".join(one.id for one in taxonomy if one.detail)
            detail = f"{count} rows point to nothing" + f", of the taxonomy: {names}" * bool(names)
            self.notes.append(Note(self._source, "", STRAYS, detail))
        return count

    def _restore(self, folder: str) -> None:
        known = set(self._db.execute("PRAGMA foreign_key_check").fetchall())
        found = restoring.restore(self._db, folder)
        gone = restoring.drop_strays(self._db, known)
        for table, (new, wanted) in found.items():
            stay = new - gone[table]
            place, outcome = f"{self._source}#import/{table}", "migrated" if stay else "present"
            detail = f"{stay} of {wanted} rows put back"
            self.records.append(Record("import", place, table, outcome, None, detail))
            self.writer.changed[table] += stay
        if gone:
            detail = f"{gone.total()} exported rows name skills, clusters or tests that are not there"
            self.notes.append(Note(self._source, "", "import-incomplete", detail))

    def _fill(self, stamp: str) -> None:
        if self.figures is None:
            last = moments.of(self._options.instant).second // 3600
            window = Window(0 if self._options.all_times else last - WINDOW + 1, last)
            self.figures = Figures(self._db, moments.Reader(self._options.naive), window)
            self.records.extend(self.figures.records(self._source))
        filling = Filling(self.writer, self.figures, stamp)
        steps = {
            "time-series": filling.series,
            "dependencies": lambda: filling.dependencies(self._options.least),
            "baselines": filling.baselines,
        }
        for name, step in steps.items():
            new, different = step()
            outcome = "migrated" if new or different else "present"
            detail = f"{new} rows new, {different} changed"
            self.records.append(
                Record("backfill", f"{self._source}#backfill/{name}", name, outcome, None, detail)
            )
        self.notes += [Note(self._source, "", why, about) for why, about in filling.notes()]

    def _make(self) -> None:
        old = self._state.names(shape.OLD_KEYS)
        for table in old:
            self._rebuild(table)
        missing = [name for name in self._state.not_equal() if name not in old]
        for name in missing:
            self._db.execute(ddl.UP[name][1])
        kept = dict(self._db.execute("SELECT name, sql FROM sqlite_master"))
        self.created = {name: kept[name] for name in self._state.names(shape.MISSING)}
        self.rebuilt = old
        if repaired := [*old, *(self.created if self._state.recorded else ())]:
            self.notes.append(Note(self._source, "", "repaired", f"{len(repaired)}: {', '.join(repaired)}"))

    def _rebuild(self, table: str) -> None:
        """The table refers to skill_metrics, and holds what it held; its indexes are to be made again."""
        names = ", ".join(quoted(row[1]) for row in self._db.execute(f"PRAGMA table_info({table})"))
        sequence = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        self._db.execute(
            f"CREATE TEMP TABLE migrator_kept AS SELECT rowid AS migrator_rowid, {names} FROM main.{table}"
        )
        self._db.execute(f"DROP TABLE main.{table}")
        self._db.execute(ddl.UP[table][1])
        self._db.execute(f"INSERT INTO main.{table} (rowid, {names}) SELECT * FROM temp.migrator_kept")
        self._db.execute("DROP TABLE temp.migrator_kept")
        if sequence:
            self._db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self._db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, sequence[0]))

    def _record(self) -> bool:
        """The version is recorded; whether that took a change."""
        if self._state.recorded:
            return False
        values = {"applied_at": self._applied_at(), "success": 1, "checksum": ddl.CHECKSUM}
        if self._state.recorded is None:
            values |= {"description": ddl.DESCRIPTION, "applied_by": "session-buddy"}
        self.writer.put("skill_migrations", {"version": ddl.VERSION}, values, {})
        query = "SELECT 1 FROM skill_migrations WHERE version = ? AND success = 1"
        if not self._db.execute(query, (ddl.VERSION,)).fetchone():
            raise sqlite3.IntegrityError(
                "the record of version 4 does not stay"
            )  # RAISE(IGNORE) tells nobody
        return True

    def _applied_at(self) -> str:
        """Now, or a second after the last version: upstream takes the last row for the current version."""
        latest = self._options.now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        for (text,) in self._db.execute("SELECT applied_at FROM skill_migrations"):
            try:
                latest = max(latest, datetime.strptime(str(text), STAMP) + timedelta(seconds=1))  # noqa: DTZ007 - all are UTC
            except (ValueError, OverflowError):
                continue
        return latest.strftime(STAMP)
