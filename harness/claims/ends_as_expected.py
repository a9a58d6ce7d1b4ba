"""Each step ends the way its home demands: done, done with records set aside, or refused."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding, UndecidedError
from harness.claims.whose import altered, copied, outgrown
from harness.evidence import PURGING, READING, Evidence
from harness.expectation import TargetUnreadableError
from harness.history import Event

NAME = "ends-as-expected"


def check(evidence: Evidence) -> Iterator[Finding]:
    """Yields the steps that ended otherwise; a step without an end leaves the claim open, a killed one shows nothing.

    A home that calls for a refusal must be refused, one that does not must not be: a success over a missing or
    locked target is the release blocker that the harness exists for.  One that met an error may refuse as well.
    """
    for event in evidence.events():
        if event.killed or (event.talk and not event.talk.left_to_itself):
            continue
        if event.timed_out:
            raise UndecidedError(f"step {event.step} ({event.do}) had no end within {event.seconds:.0f} s")
        wanted = _wanted(evidence, event) | ({"refused"} if event.hindered else set())
        if event.outcome not in wanted:
            yield Finding(
                NAME, f"step {event.step}: {event.do}", " or ".join(sorted(wanted)), event.ended(), event.step
            )


def _wanted(evidence: Evidence, event: Event) -> set[str]:
    if event.do in READING and evidence.standing(event).interrupted:
        return {"done", "partial", "refused", "attention"}  # any answer, but an answer
    expected = evidence.expected(event).outcome
    if event.do in {"migrate", "dry_run"}:
        return _migrate(evidence, event, expected)
    if event.do in {"inspect", "plan", "query"}:
        return _looking(evidence, event, expected)
    if event.do == "rollback":
        return _rollback(evidence, event)
    if event.do == "verify":
        return _verify(evidence, event)
    return _other(evidence, event, expected)


def _other(evidence: Evidence, event: Event, expected: str) -> set[str]:
    if event.do in PURGING and expected == "refused":
        return {"done", "refused"}
    return {"refused"} if event.talk and not evidence.target(event.before) else {"done"}


def _migrate(evidence: Evidence, event: Event, expected: str) -> set[str]:
    if expected == "refused":
        return {"refused"}
    told_apart = "partial" in evidence.profile.exit
    return {"done", "partial"} if evidence.open_ended(event) else {expected if told_apart else "done"}


def _looking(evidence: Evidence, event: Event, expected: str) -> set[str]:
    """Returns how a look at a home may end; one that answers questions has to refuse where there is nobody to ask."""
    if event.do == "query":
        ready = evidence.queries is None or evidence.queries.ready(event.before)
        return {"done", "refused"} if event.conditions else {"done"} if ready else {"refused"}
    return {"done", "partial", "refused"} if expected == "refused" else {"done", "partial"}


def _rollback(evidence: Evidence, event: Event) -> set[str]:
    """Returns how a rollback may end: done, unless somebody is at work, or the way back is lost or blocked.

    Where it is lost for the earlier of several migrations only, the later ones may be taken back, with a word on it.
    One that cannot export what others did may keep it in place or refuse.
    """
    ledger = evidence.ledger(event)
    if not ledger.steps:
        return {"done", "refused"} if event.conditions else {"done"}
    if ledger.stuck == len(ledger.steps):
        return {"refused"}
    if event.conditions:  # of a migration that was killed there may be nothing to take back
        return {"done", "refused"} if all(step.killed for step in ledger.steps) else {"refused"}
    blocked: set[str] = (
        {"done", "refused"}
        if _closed(evidence, event) or evidence.damaged(event.before)
        else _blocked(evidence, event)
    )
    if ledger.stuck and blocked != {"refused"}:
        return {"refused", "attention" if "attention" in evidence.profile.exit else "done"}
    if blocked or not ledger.foreign:
        return blocked or ({"done", "refused"} if ledger.murky else {"done"})
    return {"done"} if evidence.profile.exports and not ledger.murky else {"done", "refused"}


def _blocked(evidence: Evidence, event: Event) -> set[str]:
    """Returns how a rollback may end over what others made of the target, nothing where that does not matter."""
    ledger = evidence.ledger(event)
    if not ledger.foreign:
        return set()
    try:
        before, left = evidence.stored(ledger.start), evidence.stored(ledger.steps[-1].after)
    except TargetUnreadableError:
        return {"done", "refused"}
    if left.tables and not before.tables:
        return {"done", "refused"}
    if before.shape != left.shape:
        return {"refused"}
    copies = [event.before.get(path) for path in copied(evidence, ledger.standing)]
    closed = any(entry and (entry.kind != "file" or not entry.mode & 0o400) for entry in copies)
    return {"done", "refused"} if closed else set()


def _closed(evidence: Evidence, event: Event) -> bool:
    """Tells whether the owner may no longer write something that migrations changed, or in its folder."""
    changes = (
        change for step in evidence.ledger(event).standing for change in step.before.changes_to(step.after)
    )
    paths = {change.path for change in changes if not evidence.is_kept(change.path)}
    folders = [event.before.get(path.rpartition("/")[0] or ".") for path in paths]
    files = [event.before.get(path) for path in paths]
    return any(entry and entry.kind == "dir" and entry.mode & 0o300 != 0o300 for entry in folders) or any(
        entry and entry.kind == "file" and not entry.mode & 0o200 for entry in files
    )


def _verify(evidence: Evidence, event: Event) -> set[str]:
    """Returns how a verify may end: done, or noticing, where what was migrated has been altered."""
    ledger = evidence.ledger(event)
    if not ledger.steps:
        return {"done"}
    if ledger.unsettled or _blocked(evidence, event):
        return {"done", "attention", "refused"}
    notices = "attention" if "attention" in evidence.profile.exit else "refused"
    if any(altered(evidence, event)):
        wanted = {notices}
    else:
        wanted = {"done", notices} if outgrown(evidence, event) else {"done"}
    if ledger.damaged:  # the journal, perhaps
        wanted.add(notices)
    return wanted | {"refused"} if event.conditions else wanted


CLAIM = Claim(NAME, "Each step ends the way its home demands: done, partly done, or refused.", check)
