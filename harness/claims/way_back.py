"""Claims about a rollback when others have worked on: nothing of theirs is lost, and only what was migrated goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.claims.claim import Claim, Finding, having
from harness.claims.exported import Exports, Line, line_of, nearest, read_exports
from harness.claims.tree import within
from harness.claims.whose import copied, files_of_others, inserted, rows_of_others, stored, written
from harness.evidence import Evidence
from harness.history import Event
from harness.ledger import Ledger
from harness.records import Record, same_record, same_value
from harness.stored import RowName, Stored

_KEEPS, _TAKES, _RETURNS = "rollback-keeps-new-work", "rollback-takes-back", "rollback-writes-back"


def rollback_keeps_new_work(evidence: Evidence) -> Iterator[Finding]:
    """Yields what others added or changed since the migration and a rollback lost: rows, and contents of files.

    It may stay where it is.  Where the profile says that a rollback exports, it may instead lie below `keeps`: a row
    as a line of ``<table>.jsonl``, column for column as it was just before, a content as a file.  A row that stays may
    have lost what migrations had written into it.
    """
    for event in _rolled_back(evidence):
        if evidence.ledger(event).start == event.after:
            continue  # what nothing was done to has lost nothing, readable or not
        lost = dict(_lost_rows(evidence, event))
        if evidence.profile.exports:
            yield from _not_exported(evidence, event, lost)
        else:
            after = stored(evidence, event.after)
            for name, row in lost.items():
                yield _finding(_KEEPS, " ".join(name), row, after.get(name) or "no such record", event)
        kept = {entry.digest for path, entry in event.after.entries.items() if evidence.is_kept(path)}
        for path, digest in files_of_others(evidence, event).items():
            entry = event.after.get(path)
            there = entry is not None and entry.digest == digest
            if not there and not (evidence.profile.exports and digest in kept):
                wanted = f"the content {digest[:12]}, here" + " or exported" * bool(evidence.profile.exports)
                found = "no such file" if entry is None else f"other content ({entry.size} bytes)"
                yield _finding(_KEEPS, path, wanted, found, event)


def _rolled_back(evidence: Evidence) -> Iterator[Event]:
    """Yields what took a migration back and came to an end of its own: rollbacks, and what settles a killed one.

    After a prune in the middle of broken work it is open what an earlier one had exported.
    """
    for event in evidence.events("rollback", "migrate"):
        ledger = evidence.ledger(event)
        ended = event.status is not None if event.do == "rollback" else evidence.open_ended(event)
        if ledger.base is not None and not ledger.murky and ended and not event.killed:
            yield event


def _lost_rows(evidence: Evidence, event: Event) -> Iterator[tuple[RowName, Record]]:
    if not evidence.ledger(event).foreign:
        return
    after = stored(evidence, event.after)
    for name, row in sorted(rows_of_others(evidence, event).items()):
        found = after.get(name)
        if found is None or not same_record(row, found):
            put_back = _put_back(evidence, evidence.ledger(event), name, row)
            if not after.says_the_same(name[0], put_back, found):
                yield name, row


def _not_exported(evidence: Evidence, event: Event, lost: dict[RowName, Record]) -> Iterator[Finding]:
    start = evidence.ledger(event).start
    before = stored(evidence, start)
    exports = read_exports(evidence, start, event.after, before.tables)
    for place, reason in exports.defects:
        yield _finding(_KEEPS, place, "a line for one row, as the contract says", reason, event)
    for (table, key), row in lost.items():
        lines = exports.lines.get(table) or Counter()
        if line_of(row) not in lines:
            found = nearest(line_of(row), lines) or "neither there nor exported"
            yield _finding(_KEEPS, f"{table} {key}", row, found, event)
    yield from _made_up(evidence, before, exports, event)


def _made_up(evidence: Evidence, before: Stored, exports: Exports, event: Event) -> Iterator[Finding]:
    """Yields exported lines that no row had just before the rollback, nor when a part of the runs was taken back."""
    ledger, halves = evidence.ledger(event), set()
    for name in written(evidence, ledger.standing) if len(ledger.standing) > 1 else ():
        if (row := before.get(name)) is not None:
            halves |= {
                (name[0], _own(before, name[0], state)) for state in _states(evidence, ledger, name, row)
            }
    for table, lines in exports.lines.items():
        there = {line_of(row) for row in before.tables[table].values()}
        for line in sorted(lines.keys() - there, key=repr):
            said = {column: value for column, _, value in line}
            derived = before.derived.get(table, frozenset())
            if (table, tuple(part for part in line if part[0] not in derived)) not in halves:
                yield _finding(_KEEPS, f"export of {table}", "rows as they were just before", said, event)


def _own(store: Stored, table: str, row: Record) -> Line:
    """Returns the line of a row without what follows from other rows."""
    derived = store.derived.get(table, frozenset())
    return line_of({name: value for name, value in row.items() if name not in derived})


def rollback_takes_back(evidence: Evidence) -> Iterator[Finding]:
    """Yields where a rollback that was done, after others had worked on, left more or less than it should.

    What was migrated is gone, with all that hangs from it; every other row and file is as others left it, and
    no number that was given out is given out again.  With nothing to take back, nothing changes at all.
    """
    for event in _done(evidence):
        ledger = evidence.ledger(event)
        if ledger.idle:
            for change in evidence.changes(event.before, event.after, times=True):
                yield _finding(
                    _TAKES, change.path, "untouched: nothing to take back", change.describe(), event
                )
        elif ledger.foreign and ledger.standing and not ledger.murky:
            yield from _rows(evidence, event, ledger)
            yield from _counters(evidence, event, ledger)
            yield from _files(evidence, event, ledger)


def _rows(evidence: Evidence, event: Event, ledger: Ledger) -> Iterator[Finding]:
    before, after = stored(evidence, ledger.start), stored(evidence, event.after)
    going = before.hanging(inserted(evidence, ledger.standing).keys()) | _gone_with_table(
        evidence, event, ledger
    )
    changed = {name for name in written(evidence, ledger.standing) if name not in going}
    for name in sorted(going):
        if after.get(name) is not None:
            yield _finding(_TAKES, " ".join(name), "no such record", after.get(name), event)
    for name in sorted(set(before.names()) - going):
        row, found = before.tables[name[0]][name[1]], after.get(name)
        if name in changed:
            row = _put_back(evidence, ledger, name, row)
            right = before.says_the_same(name[0], row, found)
        else:
            right = found is not None and same_record(row, found)
        if not right:
            yield _finding(_TAKES, " ".join(name), row, found or "no such record", event)
    for name in sorted(set(after.names()) - set(before.names())):
        yield _finding(_TAKES, " ".join(name), "no such record", after.get(name), event)


def _put_back(evidence: Evidence, ledger: Ledger, name: RowName, row: Record) -> Record:
    """Returns the row that a rollback leaves: what migrations wrote into it is as it was, unless others wrote since."""
    return [row, *_states(evidence, ledger, name, row)][-1]


def _states(evidence: Evidence, ledger: Ledger, name: RowName, row: Record) -> Iterator[Record]:
    """Yields what becomes of a row as one migration after the other is taken back, the last one first."""
    for step in reversed(ledger.standing):
        was, left = stored(evidence, step.before).get(name), stored(evidence, step.after).get(name)
        if was is not None and left is not None:
            ours = {column for column, value in left.items() if not same_value(value, was.get(column))}
            back = {column for column in ours if same_value(left[column], row.get(column))}
            row = {column: was.get(column) if column in back else value for column, value in row.items()}
            yield row


def _gone_with_table(evidence: Evidence, event: Event, ledger: Ledger) -> set[RowName]:
    """Returns the rows of tables that the migration made and the rollback took: what others put there is exported."""
    made = (
        stored(evidence, ledger.start).tables.keys()
        - stored(evidence, ledger.standing[0].before).tables.keys()
    )
    gone = made - stored(evidence, event.after).tables.keys()
    return {name for name in stored(evidence, ledger.start).names() if name[0] in gone}


def _counters(evidence: Evidence, event: Event, ledger: Ledger) -> Iterator[Finding]:
    """Yields tables that would give numbers out again which others may have read and remember.

    Where they changed no row since, all may be as if nothing had ever been given out; a table that went with the
    store, as one that the migration made, gives out nothing, and leaves no number behind.
    """
    start, after = stored(evidence, ledger.start), stored(evidence, event.after)
    for table in sorted(after.counters.keys() - start.counters.keys() - after.tables.keys()):
        yield _finding(_TAKES, f"{table}: highest number", "no such table", after.counters[table], event)
    if start.tables == stored(evidence, ledger.standing[-1].after).tables:
        return
    for table, highest in sorted(start.counters.items()):
        if table in after.tables and after.counters.get(table, 0) < highest:
            wanted = f"{highest} or more: no number is given out twice"
            yield _finding(_TAKES, f"{table}: highest number", wanted, after.counters.get(table), event)


def _files(evidence: Evidence, event: Event, ledger: Ledger) -> Iterator[Finding]:
    copies = copied(evidence, ledger.standing)
    for path in sorted(copies):
        if event.after.get(path) is not None:
            yield _finding(_TAKES, path, "no such path", "still there", event)
    store = stored(evidence, ledger.start).files
    for path in sorted(ledger.foreign - copies.keys() - store):
        before, after = ledger.start.get(path), event.after.get(path)
        same = before == after or (before is not None and before.same_but_time(after))
        if not same and not evidence.is_kept(path) and not within(path, evidence.returns(event)):
            yield _finding(_TAKES, path, "as others left it", "gone" if after is None else "changed", event)


def rollback_writes_back(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a rollback did not put back into the legacy files as it should, or touched there for nothing.

    What must be there is the pack's to say.  Where the target was there before the migration, it stays with what others
    did in it, and no legacy file changes.
    """
    for event in _written_back(evidence):
        ledger = evidence.ledger(event)
        if stored(evidence, ledger.steps[0].before).tables:
            returns = evidence.returns(event)
            for change in evidence.unpurged(event).changes_to(event.after, times=True):
                if within(change.path, returns):
                    yield _finding(_RETURNS, change.path, "untouched", change.describe(), event)
        elif evidence.written_back is not None:
            stored(evidence, ledger.start)  # which must be readable
            for place, wanted, found in evidence.written_back(
                ledger.steps[-1].after, evidence.unpurged(event), event.after
            ):
                yield _finding(_RETURNS, place, wanted, found, event)


def _written_back(evidence: Evidence) -> Iterator[Event]:
    for event in _done(evidence):
        ledger = evidence.ledger(event)
        settled = ledger.steps and ledger.steps[-1].succeeded and not (ledger.murky or ledger.pruned)
        if evidence.profile.write_back and evidence.written_back and settled:
            yield event


def _writing(evidence: Evidence) -> str:
    if not evidence.profile.write_back:
        return "the profile does not say that a rollback writes back"
    return "" if any(_written_back(evidence)) else "no rollback of a finished migration was done"


def _done(evidence: Evidence) -> Iterator[Event]:
    return (event for event in evidence.events("rollback") if event.outcome == "done")


def _finding(claim: str, subject: str, expected: object, found: object, event: Event) -> Finding:
    return Finding(claim, subject, expected, found, event.step)


def _keeping(evidence: Evidence) -> str:
    if any(_rolled_back(evidence)):
        return ""
    return having("rollback")(evidence) or "no rollback follows a migration"


def _taking(evidence: Evidence) -> str:
    for event in _done(evidence):
        ledger = evidence.ledger(event)
        if ledger.idle or (ledger.foreign and ledger.standing and not ledger.murky):
            return ""
    return (
        having("rollback")(evidence)
        or "no rollback was done after others' work, or with nothing to take back"
    )


CLAIMS = (
    Claim(
        _KEEPS, "No rollback loses what others did since the migration.", rollback_keeps_new_work, _keeping
    ),
    Claim(_TAKES, "A rollback takes back what was migrated, and nothing else.", rollback_takes_back, _taking),
    Claim(
        _RETURNS,
        "A rollback puts others' work into the legacy files first.",
        rollback_writes_back,
        _writing,
    ),
)
