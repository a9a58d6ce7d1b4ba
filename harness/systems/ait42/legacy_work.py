"""What the editor may do to its session files after a migration: sessions begin, end and go; a file breaks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random

from harness.corruption import bytes_
from harness.home import Home
from harness.systems.ait42 import naming
from harness.systems.ait42.places import Row, rows_of, session_files, with_rows

_LATER = 1_000_000_000  # ns between the last write and this one
_NOW = "2026-01-05T10:00:00.123456+00:00"


def _edited(home: Home, edit: Callable[[list[Row], Random], bool]) -> Home | None:
    """Returns the home after the editor wrote one of its files anew."""
    random = Random(0)  # noqa: S311 - reproducible, not secret
    for path in session_files(home, random):
        rows = rows_of(home, path)
        if rows and all(map(_whole, rows)) and edit(rows, random):
            return _touched(with_rows(home, path, rows), path)
    return None


def _whole(row: Row) -> bool:
    """Tells whether the editor itself could have read the session."""
    return isinstance(row.get("instances"), list) and isinstance(row.get("chatHistory"), list)


def _touched(home: Home, path: str) -> Home:
    return home.with_file(path, home.content(path), mtime_ns=home.entries[path].mtime_ns + _LATER)


def _begin(rows: list[Row], _: Random) -> bool:
    row = copy.deepcopy(rows[0])
    row.update(id=naming.uuid(len(rows)), status="running", createdAt=_NOW, updatedAt=_NOW, winnerId=None)
    row.update(instances=[], chatHistory=[], task="begun after the migration")
    rows.append(row)
    return True


def _end(rows: list[Row], _: Random) -> bool:
    """The winner is confirmed: the losers are archived, and no time of the session changes."""
    for row in rows:
        if row["instances"] and not row["winnerId"]:
            row["winnerId"] = row["instances"][-1]["instanceId"]
            for instance in row["instances"][:-1]:
                instance["status"] = "archived"
            return True
    rows[0].update(status="failed", completedAt=_NOW, updatedAt=_NOW)
    return True


def _delete(rows: list[Row], _: Random) -> bool:
    gone = rows[-1]["id"]
    rows[:] = [row for row in rows if row["id"] != gone]
    return True


def _talk(rows: list[Row], _: Random) -> bool:
    message = {"id": f"msg-later-{len(rows[0]['chatHistory'])}", "role": "user", "content": "go on 続けて"}
    rows[0]["chatHistory"].append({**message, "timestamp": _NOW, "instanceId": None})
    rows[0]["updatedAt"] = _NOW
    return True


def _broken(home: Home) -> Home | None:
    random = Random(0)  # noqa: S311 - as above
    for path in session_files(home, random):
        torn = bytes_.truncated(home, path, random) if rows_of(home, path) else None
        if torn is not None:
            return _touched(torn, path)
    return None


WORK: dict[str, tuple[str, Callable[[Home], Home | None]]] = {
    "legacy-new-session": ("a session has begun in a session file", lambda home: _edited(home, _begin)),
    "legacy-winner": ("a winner was confirmed in a session file", lambda home: _edited(home, _end)),
    "legacy-talks-on": ("a session has talked on in its file", lambda home: _edited(home, _talk)),
    "legacy-session-deleted": ("a session was deleted from its file", lambda home: _edited(home, _delete)),
    "legacy-file-corrupted": ("a session file was cut short", _broken),
}
"""What the editor does with its files, by the actor's name."""
