"""Validation: every session compared, and the report that the editor's own migration tool gives, with what it leaves out."""

import os
import sqlite3
from collections import Counter
from collections.abc import Collection
from typing import Any

from migrator import database
from migrator.ait42 import decode, schema
from migrator.ait42.intake import Fate, Intake, Sink
from migrator.ait42.rows import Held, known, load, numbers, unequal
from migrator.ait42.shape import Shaped, named
from migrator.journal import Run
from migrator.system import Progress

ORPHANS = "SELECT count(*) FROM {} WHERE session_id NOT IN (SELECT id FROM sessions)"
MISCOUNTED = (
    "SELECT count(*) FROM sessions WHERE {} <> (SELECT count(*) FROM {} WHERE session_id = sessions.id)"
)
STRAY = (
    "SELECT count(*) FROM chat_messages AS m JOIN instances AS i ON i.id = m.instance_id_ref "
    "WHERE i.session_id <> m.session_id"
)


def figures(db: sqlite3.Connection, size: int) -> tuple[dict[str, Any], list[str]]:
    """The counts of one database of `size` bytes, and what is wrong in it."""

    def one(query: str) -> Any:
        return db.execute(query).fetchone()[0]

    problems = database.sound(db)
    found: dict[str, Any] = {
        "session_count": one("SELECT count(*) FROM sessions"),
        "instance_count": one("SELECT count(*) FROM instances"),
        "message_count": one("SELECT count(*) FROM chat_messages"),
        "orphaned_instances": one(ORPHANS.format("instances")),
        "orphaned_messages": one(ORPHANS.format("chat_messages")),
        "invalid_statuses": one(f"SELECT count(*) FROM sessions WHERE status NOT IN {schema.STATUSES}")  # noqa: S608 - our own words
        + one(f"SELECT count(*) FROM instances WHERE status NOT IN {schema.INSTANCE_STATUSES}"),  # noqa: S608 - as above
        "stray_links": one(STRAY),
        "wrong_instance_counts": one(MISCOUNTED.format("instance_count", "instances")),
        "wrong_message_counts": one(MISCOUNTED.format("message_count", "chat_messages")),
        "search_ok": schema.searchable(db),
        "db_size_bytes": size,
        "integrity_ok": not problems,
    }
    for reason, count in db.execute(
        "SELECT reason, count(*) FROM migration_issues GROUP BY reason ORDER BY 1"
    ):
        found[f"issues_{reason.replace('-', '_')}"] = count
    faults = ("orphaned_", "invalid_", "stray_", "wrong_")
    problems += [f"{name} is {value}" for name, value in found.items() if name.startswith(faults) and value]
    if not found["search_ok"]:
        problems.append("the search table does not agree with the sessions")
    found["is_valid"] = not problems
    return found, problems


def checked(
    db: sqlite3.Connection, run: Run, intake: Intake, progress: Progress
) -> tuple[dict[str, Any], list[str]]:
    """The report on what a run left, and what is not as the source has it or wrong in itself."""
    check = Check(db, run.find("filled").get("loose", []), exact=bool(run.find("begin").get("built")))
    intake.run(check, progress)
    counted, problems = figures(db, os.path.getsize(db.execute("PRAGMA database_list").fetchone()[2]))
    kinds = Counter(record.reason if record.kind == "file" else record.outcome for record in intake.records)
    found = {
        "files_found": len(intake.names),
        "files_empty": sum(kinds[reason] for reason in decode.EMPTY),
        "files_failed": sum(r.kind == "file" and r.outcome == "set-aside" for r in intake.records),
        "duplicates": kinds["skipped"],
        "sessions_compared": check.compared,
        "differences": len(check.wrong),
        **counted,
        "is_valid": not problems and not check.wrong,
    }
    return found, [*check.wrong, *problems]


class Check(Sink):
    """Compares every session with what the database holds of it; `wrong` are the differences."""

    def __init__(self, db: sqlite3.Connection, loose: list[str], *, exact: bool) -> None:
        self._db, self._loose, self._exact = db, set(loose), exact
        self._held = Held(db)
        self.wrong: list[str] = []
        self.compared = 0

    def restart(self) -> None:
        """Nothing was compared."""
        self.wrong, self.compared = [], 0

    def instances(self, sid: str) -> Collection[int]:
        """As when the run was made: a new database had none."""
        return () if self._exact else numbers(self._db, sid)

    def put(self, one: Shaped) -> Fate:
        """The session is compared, all of it."""
        stored = load(self._db, one.id)
        if stored is None:
            self.wrong.append(f"sessions {one.id}: missing")
        elif one.id not in self._loose:
            if not self._exact:
                one = known(one, stored)
            leave = () if self._exact else ("created_at",)
            self.wrong += [f"sessions {one.id}: {what} differs" for what in unequal(one, stored, *leave)]
            added, _ = named(one, stored.messages, self._held)
            self.wrong += [f"chat_messages {name}: missing or altered" for name, _ in added]
            self.compared += 1
        return "present", [], None
