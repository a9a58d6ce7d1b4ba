"""Claims about the records in the target store: none lost, none invented, none altered, and the store is sound."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding, after_successful
from harness.claims.whose import stored
from harness.difference import TableDifference, compare
from harness.evidence import Evidence
from harness.expectation import TargetUnreadableError
from harness.history import Event
from harness.records import Tables, same_record

_ADDS = "only-adds"


def _differences(evidence: Evidence) -> Iterator[tuple[Event, str, TableDifference]]:
    """Yields, for every successful migration, how each table differs from the oracle's."""
    for event in evidence.events("migrate"):
        if not event.succeeded or evidence.open_ended(event) or evidence.expected(event).refusals:
            continue
        wanted, found = evidence.expected(event).tables, evidence.target(event.after)
        first = evidence.expected(
            event
        ).record_tables  # what people look for comes before what follows from it
        for table in sorted(wanted.keys() | found.keys(), key=lambda name: (name not in first, name)):
            yield event, table, compare(wanted.get(table, {}), found.get(table, {}))


def _rows_before_and_after(evidence: Evidence) -> Iterator[tuple[Event, Tables, Tables]]:
    for event in evidence.events():
        if event.do != "rollback" and not event.succeeded:
            try:  # an interrupted migration may take its own rows back, and no others
                began = evidence.standing(event).origin if event.do == "migrate" else event.before
                before = evidence.target(began)
            except TargetUnreadableError:
                continue  # nothing was readable before, so nothing readable can have been lost
            yield event, before, evidence.target(event.after)


def no_loss(evidence: Evidence) -> Iterator[Finding]:
    """Yields records that must be in the target and are not.

    After success these are all that the oracle expects; after any other end, the rows that stood there before.
    """
    for event, table, difference in _differences(evidence):
        for key in difference.missing:
            yield Finding(
                "no-loss",
                f"{table} {key}",
                evidence.expected(event).tables[table][key],
                "no such record",
                event.step,
            )
    for event, before, after in _rows_before_and_after(evidence):
        for table, rows in before.items():
            for key in sorted(rows.keys() - after.get(table, {}).keys()):
                yield Finding("no-loss", f"{table} {key}", rows[key], "no such record", event.step)


def no_invention(evidence: Evidence) -> Iterator[Finding]:
    """Yields records in the target that no legacy record accounts for: doubles, revived sessions, stray events."""
    for event, table, difference in _differences(evidence):
        for key in difference.extra:
            yield Finding(
                "no-invention",
                f"{table} {key}",
                "no such record",
                evidence.target(event.after)[table][key],
                event.step,
            )


def no_corruption(evidence: Evidence) -> Iterator[Finding]:
    """Yields fields whose value in the target is not the one that the legacy record stands for."""
    for event, table, difference in _differences(evidence):
        for change in difference.changed:
            subject = f"{table} {change.key}: {change.field}"
            yield Finding("no-corruption", subject, change.expected, change.found, event.step)


def only_adds(evidence: Evidence) -> Iterator[Finding]:
    """Yields rows of tables that a migration must leave alone and that it changed or removed, value for value.

    So are the numbers that such a table has given out.
    """
    for event in _additions(evidence):
        before, after = stored(evidence, evidence.standing(event).origin), stored(evidence, event.after)
        kept = evidence.expected(event).kept
        for table in sorted(kept & before.tables.keys()):
            for key, row in before.tables[table].items():
                found = after.get((table, key))
                if found is None or not same_record(row, found):
                    yield Finding(_ADDS, f"{table} {key}", row, found or "no such record", event.step)
            highest = before.counters.get(table)
            if highest is not None and after.counters.get(table) != highest:
                subject = f"{table}: highest number"
                yield Finding(_ADDS, subject, highest, after.counters.get(table), event.step)


def _additions(evidence: Evidence) -> Iterator[Event]:
    for event in evidence.events("migrate"):
        if event.succeeded and not evidence.open_ended(event) and evidence.expected(event).kept:
            yield event


def _adding(evidence: Evidence) -> str:
    none = "the migration is none that must leave tables of its store alone"
    return _OFFERED(evidence) or ("" if any(_additions(evidence)) else none)


def store_sound(evidence: Evidence) -> Iterator[Finding]:
    """Yields defects of the store that were not there before the step: integrity, keys, schema, poison values.

    A migration may leave those that it was asked for; a rollback may bring back those that were there before the migration.
    """
    for event in evidence.events():
        try:
            before = [*evidence.problems(event.before), *_before_migration(evidence, event)]
            before += evidence.expected(event).defects if event.do == "migrate" else ()
        except TargetUnreadableError:
            continue  # it was unreadable to begin with: what a step makes of it is a matter of refusal
        try:
            after = evidence.problems(event.after)
        except TargetUnreadableError as error:
            after = [str(error)]
        for problem in after:
            if problem not in before:
                yield Finding(
                    "store-sound", problem, "a sound store, as before the step", problem, event.step
                )


def _before_migration(evidence: Evidence, event: Event) -> list[str]:
    base = evidence.ledger(event).base if event.do == "rollback" else None
    return [] if base is None else evidence.problems(base)


_OFFERED = after_successful("migrate")


def _losable(evidence: Evidence) -> str:
    rows = any(any(before.values()) for _, before, _ in _rows_before_and_after(evidence))
    return "" if rows else _OFFERED(evidence)


CLAIMS = (
    Claim("no-loss", "Every record that must reach the target is there.", no_loss, _losable),
    Claim("no-invention", "The target holds no record that nothing accounts for.", no_invention, _OFFERED),
    Claim(
        "no-corruption",
        "Every field in the target has the value its source stands for.",
        no_corruption,
        _OFFERED,
    ),
    Claim(
        _ADDS,
        "A migration that only adds leaves what was in the store as it was, value for value.",
        only_adds,
        _adding,
    ),
    Claim(
        "store-sound",
        "No step leaves the store damaged, inconsistent or unreadable to its owner.",
        store_sound,
    ),
)
