"""Claims about retention: backups and legacy files go when their time is over, and only those that nobody may need."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding
from harness.evidence import READING, Evidence
from harness.history import Event

_NAME, _SPARES = "retention-kept", "purge-spares"


def retention_kept(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a prune removed before its time, and whatever it touched besides.

    A history is younger than any retention, so ``prune`` changes nothing at all.  ``prune_now`` ends the retention
    of all that is finished: it changes only what the migrator keeps, leaves what a step without an end has made
    there, and finds nothing more when it is told again; and of every backup and export that a report named, nothing
    is left.
    """
    last: Event | None = None
    for event in evidence.events():
        if event.do == "prune":
            yield from _changed(evidence, event, "untouched: no backup is old enough", everything=True)
        elif event.do == "prune_now":
            again = last is not None and last.succeeded and last.after == event.before
            told = "untouched: all was pruned before" if again else "untouched by a prune"
            yield from _changed(evidence, event, told, everything=again)
            yield from _needed(evidence, event)
            yield from _left(evidence, event)
        if event.do not in READING:
            last = event if event.do == "prune_now" else None


def _changed(evidence: Evidence, event: Event, wanted: str, *, everything: bool) -> Iterator[Finding]:
    for change in event.before.changes_to(event.after, times=True):
        if everything or not evidence.may_keep(change):
            yield Finding(_NAME, change.path, wanted, change.describe(), event.step)


def _needed(evidence: Evidence, event: Event) -> Iterator[Finding]:
    for path, digest in sorted(evidence.ledger(event).unfinished.items()):
        before, after = event.before.get(path), event.after.get(path)
        was_there = before is not None and before.digest == digest
        if was_there and (after is None or after.digest != digest):
            found = "gone" if after is None else "changed"
            yield Finding(_NAME, path, "kept: its migration is not finished", found, event.step)


def _left(evidence: Evidence, event: Event) -> Iterator[Finding]:
    """Yields the backups and exports that reports named and that are still there, though nobody may need them."""
    needed = evidence.ledger(event).unfinished
    for earlier in evidence.events():
        report = earlier.report if isinstance(earlier.report, dict) else {}
        said = {report.get("backup"), report.get("export")} if earlier.step < event.step else set()
        for path in sorted(filter(None, (_inside(event, place) for place in said if event.succeeded))):
            spared = any(f"{one}/".startswith(f"{path}/") for one in needed)
            if event.after.get(path) is not None and evidence.is_kept(path) and not spared:
                yield Finding(_NAME, path, "gone: its time is over", "still there", event.step)


def _inside(event: Event, place: object) -> str | None:
    """Returns a place that a report names as a path of the home; None for what is none."""
    text = place if isinstance(place, str) else ""
    return event.after.relative(text) if text.startswith("/") else text or None


def purge_spares(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a purge took away that may be needed, did not keep, or left although its time was over.

    A history is younger than any retention, so ``purge`` changes nothing.  ``purge_now`` takes away just those legacy
    files that are as a finished migration found them and that the target holds all of; each lies below `keeps` then,
    byte for byte.
    """
    for event in evidence.events("purge", "purge_now"):
        due = evidence.purgeable(event) if event.do == "purge_now" else frozenset[str]()
        kept = {entry.digest for path, entry in event.after.entries.items() if evidence.is_kept(path)}
        for change in event.before.changes_to(event.after):
            before = change.before
            if evidence.may_keep(change):
                continue
            if before is None or change.after is not None or change.path not in due:
                yield Finding(_SPARES, change.path, "untouched by a purge", change.describe(), event.step)
            elif before.digest not in kept:
                found = "neither there nor kept"
                yield Finding(_SPARES, change.path, "kept, byte for byte", found, event.step)
        for path in sorted(due) if event.outcome == "done" else ():
            if event.after.get(path) is not None:
                yield Finding(
                    _SPARES, path, "moved away: all of it is in the target", "still there", event.step
                )


def _purged(evidence: Evidence) -> str:
    return "" if any(evidence.events("purge", "purge_now")) else "the scenario has no purge step"


def _pruned(evidence: Evidence) -> str:
    return "" if any(evidence.events("prune", "prune_now")) else "the scenario has no prune step"


CLAIMS = (
    Claim(_NAME, "A prune removes nothing but backups whose time is over.", retention_kept, _pruned),
    Claim(
        _SPARES, "A purge takes only files that are wholly migrated, and keeps them.", purge_spares, _purged
    ),
)
