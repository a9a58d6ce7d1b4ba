"""The validation report: what the editor's own migration tool counts, and what it leaves out."""

import sqlite3
from typing import Any

from migrator import database
from migrator.ait42 import schema

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
