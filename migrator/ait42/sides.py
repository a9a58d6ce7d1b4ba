"""Where session files and database say different things, and which of them counts: two sinks for an intake."""

import sqlite3
from collections.abc import Collection

from migrator.ait42.beside import differ
from migrator.ait42.intake import Fate, Sink
from migrator.ait42.moments import instant
from migrator.ait42.rows import Held, Update, load, numbers
from migrator.ait42.shape import Shaped


class Sides(Sink):
    """Compares the files' sessions with the database's; the file counts where both are as new."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self._held = db, Held(db)
        self.restart()

    def restart(self) -> None:
        """Nothing was compared."""
        self.seen = set[str]()
        self.only, self.newer, self.older = list[str](), list[str](), list[str]()

    def instances(self, sid: str) -> Collection[int]:
        """The numbers of the instances that the session has in the database."""
        return numbers(self._db, sid)

    def put(self, one: Shaped) -> Fate:
        """The session is on one list, if the sides differ."""
        self.seen.add(one.id)
        stored = load(self._db, one.id)
        if not stored:
            self.only.append(one.id)
        elif differ(one, stored, self._held):
            newer = instant(one.row["updated_at"]) >= instant(stored.row["updated_at"])
            (self.newer if newer else self.older).append(one.id)
        return "present", [], None


class Some(Update):
    """Brings only these sessions up to the files."""

    def __init__(self, db: sqlite3.Connection, ids: set[str]) -> None:
        super().__init__(db)
        self._ids = ids

    def put(self, one: Shaped) -> Fate:
        """The session is in the database as its file has it, if it is one of these."""
        return super().put(one) if one.id in self._ids else ("present", [], None)
