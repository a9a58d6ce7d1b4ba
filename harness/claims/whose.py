"""Whose is what in a home before a step: rows and files that the migrator wrote, and those that are others' doing."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import UndecidedError
from harness.evidence import Evidence
from harness.expectation import TargetUnreadableError
from harness.history import Event
from harness.home import Home
from harness.records import Record, same_record
from harness.stored import RowName, Stored


def stored(evidence: Evidence, home: Home) -> Stored:
    """Returns the target store of a home, value for value.

    Raises:
        UndecidedError: it cannot be read, so that nothing can be said about its rows.
    """
    try:
        return evidence.stored(home)
    except TargetUnreadableError as error:
        raise UndecidedError(str(error)) from error


def inserted(evidence: Evidence, steps: tuple[Event, ...]) -> dict[RowName, Record]:
    """Returns the rows that appeared in the steps, as they were written."""
    rows: dict[RowName, Record] = {}
    for step in steps:
        before, after = stored(evidence, step.before), stored(evidence, step.after)
        for table, key in after.names():
            if not before.has((table, key)):
                rows[table, key] = after.tables[table][key]
    return rows


def written(evidence: Evidence, steps: tuple[Event, ...]) -> dict[RowName, Record]:
    """Returns the rows that appeared or changed in the steps, as the last of them left them."""
    rows: dict[RowName, Record] = {}
    for step in steps:
        before, after = stored(evidence, step.before), stored(evidence, step.after)
        for table, key in after.differing(before):
            rows[table, key] = after.tables[table][key]
    return rows


def copied(evidence: Evidence, steps: tuple[Event, ...]) -> dict[str, str]:
    """Returns the files that moved along in the steps: path and digest, as they were written."""
    files: dict[str, str] = {}
    for step in steps:
        for path in evidence.expected(step).files:
            entry = step.after.get(path)
            if step.before.get(path) is None and entry is not None and entry.kind == "file":
                files[path] = entry.digest
    return files


def altered(evidence: Evidence, event: Event) -> Iterator[str]:
    """Yields the names of migrated records and files that are gone before the event, or not what was written.

    What a later run has found otherwise than it was written, and left so, is no longer the migration's.
    """
    ledger = evidence.ledger(event)
    if not ledger.steps or event.before == ledger.steps[-1].after:
        return
    tables = frozenset().union(*(evidence.expected(step).record_tables for step in ledger.steps))
    now, left = stored(evidence, event.before), stored(evidence, ledger.steps[-1].after)
    for name, record in written(evidence, ledger.steps).items():
        ours = left.says_the_same(name[0], record, left.get(name))
        if name[0] in tables and ours and not now.says_the_same(name[0], record, now.get(name)):
            yield " ".join(name)
    for path, digest in copied(evidence, ledger.steps).items():
        entry = event.before.get(path)
        if entry is None or entry.digest != digest:
            yield path


def outgrown(evidence: Evidence, event: Event) -> bool:
    """Tells whether others had altered migrated records before the last run, which left them so."""
    ledger = evidence.ledger(event)
    if not ledger.steps:
        return False
    left = stored(evidence, ledger.steps[-1].after)
    rows = written(evidence, ledger.steps).items()
    return any(not left.says_the_same(name[0], record, left.get(name)) for name, record in rows)


def rows_of_others(evidence: Evidence, event: Event) -> dict[RowName, Record]:
    """Returns the rows that others added or changed since the first migration, as they are before the rollback."""
    ledger = evidence.ledger(event)
    if ledger.base is None:
        return {}
    known = stored(evidence, ledger.base)
    ours = written(evidence, ledger.standing)
    now = stored(evidence, ledger.start)
    new = set(now.differing(known))
    rows: dict[RowName, Record] = {}
    for name in now.names():
        if name in ours or name in new:
            row = now.tables[name[0]][name[1]]
            if name not in ours or not same_record(ours[name], row):
                rows[name] = row
    return rows


def files_of_others(evidence: Evidence, event: Event) -> dict[str, str]:
    """Returns the files that others made or wrote to since, outside the store and what is kept: path and digest."""
    ledger = evidence.ledger(event)
    if not ledger.foreign:
        return {}
    copies, store = copied(evidence, ledger.standing), stored(evidence, ledger.start).files
    files = {}
    for path in sorted(ledger.foreign - store):
        entry = ledger.start.get(path)
        if entry is None or entry.kind != "file" or evidence.is_kept(path):
            continue
        if copies.get(path) != entry.digest:
            files[path] = entry.digest
    return files
