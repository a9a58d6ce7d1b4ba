"""The claim about the way back without the migrator: what a person is told to do by hand restores the home."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding, UndecidedError
from harness.evidence import Evidence
from harness.history import Event
from harness.home import Home

NAME = "restorable-by-hand"
_NO_PROGRAM = 127  # the exit status of a shell that does not find one (POSIX, 2.8.2)


def check(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a restoring by hand did not put back to what it was before the migration, wherever that was interrupted.

    Kind, mode, content and link target count for all paths but what the migrator keeps, and for files the time.  So it
    holds also where there was nothing to go by yet: then nothing may have changed.
    """
    for event, base in _restored(evidence):
        if event.status == _NO_PROGRAM:
            raise UndecidedError(
                f"the sandbox lacks a program that the text calls for: {event.stderr.strip()}"
            )
        if event.outcome != "done":
            yield Finding(NAME, f"step {event.step}: {event.do}", "done", event.ended(), event.step)
        for change in evidence.changes(base, event.after, times=True):
            folder = change.after is not None and change.after.kind == "dir"
            if not evidence.may_keep(change) and not (folder and change.only_time()):
                yield Finding(NAME, change.path, "as before the migration", change.describe(), event.step)


def _restored(evidence: Evidence) -> Iterator[tuple[Event, Home]]:
    """Yields each restoring that others' work, or the end of a backup's time, does not stand in the way of."""
    for event in evidence.events("restore"):
        ledger = evidence.ledger(event)
        if not (ledger.foreign or ledger.pruned or ledger.murky):
            yield event, ledger.base or ledger.start


def _offered(evidence: Evidence) -> str:
    return "" if any(_restored(evidence)) else "nothing was restored by hand"


CLAIM = Claim(
    NAME, "Whatever interrupts it, what the backup tells a person to do restores the home.", check, _offered
)
