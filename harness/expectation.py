"""What a *test oracle* says of a home: the state that a right migration must leave, and the fate of each record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.records import Tables

Disposition = Literal["migrated", "present", "skipped", "set-aside"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What must become of one legacy record, and why.

    `source` is the file (relative to the home, or absolute when outside it), `reason` one of the codes that the
    system's contract names; None for plain migrated and present records.
    """

    kind: str
    source: str
    id: str
    disposition: Disposition
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a migrated record loses or changes on the way, which the report must say.

    `source` and `id` are those of the record.  Where the home does not show whether it is so, `sure` is false: the
    note may be written or not.
    """

    source: str
    id: str
    reason: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Expectation:
    """The one right result of `migrate` on a home.

    Attributes:
        refusals: codes of which one must be given; empty when the migration must go ahead.
        tables: the whole content of the target afterwards, what was there before included.
        files: files that must exist afterwards: path relative to the home → content digest.
        writable: paths (relative) that the migration may create or change; one that ends in a slash stands for a
            directory and all below it.
        kept: tables of the store, by their names in `Stored`, whose rows the migration must leave as they are.
        returns: paths, as in `writable`, that a rollback may change where the profile says that it writes back.
        purgeable: legacy files of which the target holds all; they may go once their retention is over, if they are
            as they were when they were migrated.
        fates: one for each legacy record.
        notes: all that the report may note of records that are migrated; None where the pack does not judge notes.
        defects: what is wrong with the store afterwards although all is as it was asked for; see `problems_of` of a pack.
        record_tables: the tables whose rows are what was migrated.
        row_each: whether one row of those tables stands for one legacy record, so that rows can be counted.
    """

    refusals: frozenset[str] = frozenset()
    tables: Tables = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    writable: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    purgeable: frozenset[str] = frozenset()
    fates: tuple[Fate, ...] = ()
    notes: frozenset[Note] | None = None
    defects: frozenset[str] = frozenset()
    record_tables: frozenset[str] = frozenset()
    row_each: bool = True

    @property
    def outcome(self) -> Literal["done", "refused", "partial"]:
        """Returns how the run must end: refused, done, or done with records set aside."""
        if self.refusals:
            return "refused"
        return "partial" if any(fate.disposition == "set-aside" for fate in self.fates) else "done"


class TargetUnreadableError(Exception):
    """The target store exists but cannot be read; the message says which file and why."""
