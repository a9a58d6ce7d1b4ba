"""The legacy state of session-buddy as values: what its skills database, version 3, holds before it is migrated.

Times inside records are text, as session-buddy keeps them; a column may hold naive local and aware times side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from harness.amounts import share, span
from harness.shape import HomeShape

AS_OF = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
"""The instant to which every migration here brings the backfills: the ``--as-of`` of the profiles."""

DATABASE = ".claude/data/session_buddy.db"
LOCAL = ".session-buddy/skills.db"
PLACES = (DATABASE, LOCAL)
"""Where the database may lie: after the deployment checklist, and where session-buddy's own code looks by default."""

NAMED = "work/skills of mine.db"
"""Where the database lies in homes whose caller has to name it."""

Place = Literal["claude", "local", "named"]
Journal = Literal["", "wal", "delete", "wal-pending"]
"""The journal mode; with ``wal-pending`` a killed process left all rows in the write-ahead log alone; empty for any."""
Made = Literal["", "manager", "tool", "same-second", "ahead"]
"""How the bookkeeping was made: by the manager, with the sqlite3 tool (no row of version 1), all within a second,
by a clock that was ahead; empty for any of them but the last."""
Layout = Literal["", "usual", "utf-16", "auto-vacuum"]
"""How the file was laid out when it was made: as usual, with texts in UTF-16, or so that it shrinks; empty for any."""
Version4 = Literal["", "none", "part", "all", "with-rows", "failed", "complete", "used"]
"""What is there of version 4: nothing; the first of its objects; all of them, but no record; those with rows in them;
those, recorded as failed; all, recorded; all, recorded and in use; empty for any of them."""

Cell = str | int | float | None
"""A value that SQLite keeps as it was given, whatever the column was declared as."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One row of ``skill_invocation``; `embedding` is the seed of its 384 numbers."""

    skill: str
    at: str
    session: str
    completed: Cell = 1
    duration: Cell = 1.5  # seconds
    path: str | None = None
    query: str | None = None
    alternatives: str | None = None
    rank: int | None = None
    follow_up: str | None = None
    error: str | None = None
    phase: str | None = None
    step: str | None = None
    embedding: int | None = None


@dataclass(frozen=True, slots=True)
class LegacyState:
    """A whole home before migration.

    Attributes:
        invocations: in the order in which they were written.
        journal, made, layout, version_4: as the shape has them, but never empty.
        part: how many objects there are, of ``part`` of version 4.
        export: an export that an earlier rollback left lies in a folder of the user's.
        extras: which neighbours are there, see `writer.EXTRAS`.
        clock_ns: the instant at which session-buddy was last at work.
    """

    user: str = "u"
    invocations: tuple[Invocation, ...] = ()
    place: Place = "claude"
    journal: Journal = "wal"
    made: Made = "manager"
    layout: Layout = "usual"
    version_4: Version4 = "none"
    part: int = 1
    export: bool = False
    extras: tuple[str, ...] = ()
    clock_ns: int = 1_772_368_496_000_000_000  # AS_OF

    @property
    def root(self) -> str:
        """Returns where this user's home would lie."""
        return f"/home/{self.user}"

    @property
    def database(self) -> str:
        """Returns the path of the database, relative to the home."""
        return {"claude": DATABASE, "local": LOCAL, "named": NAMED}[self.place]


class Shape(HomeShape, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``home = {…}`` of a scenario may say; a span is a number or ``"a..b"``, both ends included.

    There are `sessions` with `invocations` each, of `skills` skills.  A share is ``"none"``, ``"some"``, ``"all"`` or a
    number from 0 to 1 as text: of invocations whose time is naive, that lie before the 30 days or after `AS_OF`,
    that have an embedding.  `days` is how far back they reach.  With `clean` false there are also times that cannot
    be read, durations that cannot be used and values of `completed` other than 0 and 1.

    Raises:
        ValueError: a span or share cannot be read, or names an impossible amount.
    """

    skills: int | str = "1..5"
    sessions: int | str = "0..6"
    invocations: int | str = "1..4"  # for each session
    days: int = 20
    naive: str = "some"
    outside: str = "none"
    embeddings: str = "none"
    place: Place = "claude"
    journal: Journal = "wal"
    made: Made = ""
    layout: Layout = "usual"
    version_4: Version4 = "none"
    export: bool = False  # of an earlier rollback, in a folder of the user's

    def __post_init__(self) -> None:
        for amount in (self.skills, self.sessions, self.invocations):
            span(amount)
        if span(self.skills)[0] < 1:
            raise ValueError(f"skills = {self.skills!r}; there must be at least one to draw from")
        for part in (self.naive, self.outside, self.embeddings):
            share(part)
        if self.days < 1:
            raise ValueError(f"days = {self.days}; invocations must reach at least one day back")
        HomeShape.__post_init__(self)
