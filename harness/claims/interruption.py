"""The claim about interrupted work: what follows a kill ends as if there had been none."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding
from harness.difference import compare
from harness.evidence import Evidence
from harness.history import Event
from harness.home import Change, Home

NAME = "same-as-clean-run"


def check(evidence: Evidence) -> Iterator[Finding]:
    """Yields what differs between the end of a step that settled an interruption and the end of one clean run.

    All paths outside what the migrator keeps count: records of the store one by one, for all other files kind, mode,
    content and link target.  So a temporary file, an empty folder or a lock that stays is a difference.
    """
    for event, clean in _settled(evidence):
        yield from unlike_clean(NAME, evidence, event, clean)


def unlike_clean(name: str, evidence: Evidence, event: Event, clean: Home) -> Iterator[Finding]:
    """Yields, for the claim of a name, what differs between the home after a step and the one that a clean run leaves."""
    store = evidence.expected(event).writable - evidence.expected(event).files.keys()
    anew = event.do == "migrate" or bool(evidence.ledger(event).foreign & store)
    for change in evidence.changes(clean, event.after, times=False):
        log = event.hindered and change.path in store  # it could not be folded in, and all rows are there
        if not evidence.may_keep(change) and not log and not (anew and _rewritten(change, store)):
            yield Finding(name, change.path, "as after one clean run", change.describe(), event.step)
    yield from _records(name, evidence, event, clean)


def _settled(evidence: Evidence) -> Iterator[tuple[Event, Home]]:
    """Yields each step that settled an interruption, with the home that a clean run leaves.

    A rollback of an interrupted migration is left out: it has to restore the start, which `home-restored` judges.
    So is a step before which others changed the home: there was no clean run of that.
    """
    for event in evidence.events("migrate", "rollback"):
        first, moved = evidence.standing(event).killed, evidence.standing(event).moved
        if first is None or moved or evidence.open_ended(event) or not event.succeeded:
            continue
        if first.do == "rollback" and event.do == "migrate":
            undone = evidence.ledger(first)
            overtaken = any(step.overtaken for step in undone.steps)  # the next brings what came meanwhile
            if undone.steps and not (undone.foreign or undone.pruned or overtaken):
                yield event, first.before  # which is where the migration had ended
        elif first.do == event.do and first.kill is not None and first.kill.clean is not None:
            yield event, first.kill.clean


def _rewritten(change: Change, store: frozenset[str]) -> bool:
    """Tells whether a file of the store is there both times, with its mode, and only its bytes differ."""
    before, after = change.before, change.after
    both = before is not None and after is not None and (before.kind, before.mode) == (after.kind, after.mode)
    return both and change.path in store


def _records(name: str, evidence: Evidence, event: Event, clean: Home) -> Iterator[Finding]:
    wanted, found = evidence.target(clean), evidence.target(event.after)
    for table in sorted(wanted.keys() | found.keys()):
        difference = compare(wanted.get(table, {}), found.get(table, {}))
        for key in difference.missing:
            yield Finding(name, f"{table} {key}", wanted[table][key], "no such record", event.step)
        for key in difference.extra:
            yield Finding(name, f"{table} {key}", "no such record", found[table][key], event.step)
        for field in difference.changed:
            subject = f"{table} {field.key}: {field.field}"
            yield Finding(name, subject, field.expected, field.found, event.step)


def _offered(evidence: Evidence) -> str:
    if any(_settled(evidence)):
        return ""
    if any(event.killed for event in evidence.events()):
        return "nothing settled an interruption in a way that a clean run shows"
    return "no step was killed"


CLAIM = Claim(NAME, "After a kill, the next run ends where one clean run ends.", check, _offered)
