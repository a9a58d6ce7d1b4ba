"""The claim about others who write while a migration is at work: nothing of theirs is lost without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.claims.claim import Claim, Finding
from harness.difference import compare
from harness.evidence import Evidence
from harness.history import Event
from harness.records import Record, same_record

NAME = "others-writes-told"


def check(evidence: Evidence) -> Iterator[Finding]:
    """Yields records of others that a successful migration neither brought to the target nor told of.

    It may have read the files before they were changed; then it must name one of them in a note of its report, so that
    the user runs it again.
    """
    for event in _overtaken(evidence):
        if evidence.expected(event).refusals or _named(event):
            continue
        if evidence.stored(event.before).files & set(event.kill.theirs if event.kill else ()):
            yield from _lost_rows(evidence, event)
            continue
        for path, digest in sorted(evidence.expected(event).files.items()):
            entry = event.after.get(path)
            if entry is None or entry.digest != digest:
                yield Finding(
                    NAME,
                    path,
                    f"the file with content {digest[:12]}",
                    "it is not there, and no note",
                    event.step,
                )
        wanted, found = evidence.expected(event).tables, evidence.target(event.after)
        for table in evidence.expected(event).record_tables or wanted:
            difference = compare(wanted.get(table, {}), found.get(table, {}))
            for key in difference.missing:
                yield Finding(
                    NAME, f"{table} {key}", wanted[table][key], "no such record, and no note", event.step
                )
            for key in difference.extra:
                yield Finding(
                    NAME, f"{table} {key}", "no such record, or a note", found[table][key], event.step
                )
            for field in difference.changed:
                subject = f"{table} {field.key}: {field.field}"
                yield Finding(NAME, subject, field.expected, field.found, event.step)


def _lost_rows(evidence: Evidence, event: Event) -> Iterator[Finding]:
    """Yields rows that others wrote into the target and that are not there, nor under another key.

    What is computed from rows need not count theirs yet: it is no work of theirs.
    """
    earlier = [one.after for one in evidence.events() if one.step < event.step]
    before = evidence.stored(earlier[-1] if earlier else evidence.history.home)
    meant, now = evidence.stored(event.before), evidence.stored(event.after)
    for table, key in meant.differing(before):
        row = meant.tables[table][key]
        found = now.get((table, key))
        if found is not None and same_record(found, row):
            continue
        others = (_but_numbers(one) for one in now.tables.get(table, {}).values())
        if not any(same_record(one, _but_numbers(row)) for one in others):
            yield Finding(NAME, f"{table} {key}", row, "no such row" if found is None else found, event.step)


def _but_numbers(row: Record) -> Record:
    """Returns a row without what a database counts up by itself, which hangs on when the row was written."""
    return {name: value for name, value in row.items() if name not in {"id", "seq", "rowid"}}


def _overtaken(evidence: Evidence) -> Iterator[Event]:
    return (
        event
        for event in evidence.events("migrate")
        if event.overtaken and not event.paired and event.succeeded
    )


def _named(event: Event) -> bool:
    """Tells whether a note names a path that others wrote."""
    report: Any = event.report if isinstance(event.report, dict) else {}
    notes = report.get("notes")
    sources = (
        [str(note.get("source")) for note in notes if isinstance(note, dict)]
        if isinstance(notes, list)
        else []
    )
    theirs = event.kill.theirs if event.kill else ()
    return any(source == path or source.endswith(f"/{path}") for source in sources for path in theirs)


def _offered(evidence: Evidence) -> str:
    if not evidence.profile.reports:
        return "the profile does not say that the migrator reports"
    return "" if any(_overtaken(evidence)) else "nobody wrote during a migration that succeeded"


CLAIM = Claim(
    NAME,
    "What others write during a migration arrives, or the migrator says that it was overtaken.",
    check,
    _offered,
)
