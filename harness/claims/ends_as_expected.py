"""Each step ends the way its home demands: done, done with records set aside, or refused."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding, UndecidedError
from harness.evidence import READING, Evidence
from harness.history import Event

NAME = "ends-as-expected"


def check(evidence: Evidence) -> Iterator[Finding]:
    """Yields the steps that ended otherwise; a step without an end leaves the claim open, a killed one shows nothing.

    A home that calls for a refusal must be refused, one that does not must not be: a success over a missing or
    locked target is the release blocker that the harness exists for.
    """
    for event in evidence.events():
        if event.killed:
            continue
        if event.timed_out:
            raise UndecidedError(f"step {event.step} ({event.do}) had no end within {event.seconds:.0f} s")
        wanted = _wanted(evidence, event)
        if event.outcome not in wanted:
            yield Finding(
                NAME, f"step {event.step}: {event.do}", " or ".join(sorted(wanted)), event.ended(), event.step
            )


def _wanted(evidence: Evidence, event: Event) -> set[str]:
    if event.do in READING and evidence.standing(event).interrupted:
        return {"done", "partial", "refused", "attention"}  # any answer, but an answer
    expected = evidence.expected(event).outcome
    if event.do in {"migrate", "dry_run"}:
        told_apart = "partial" in evidence.profile.exit
        return {expected} if told_apart or expected == "refused" else {"done"}
    if event.do in {"inspect", "plan"}:
        return {"done", "partial", "refused"} if expected == "refused" else {"done", "partial"}
    if event.do == "rollback" and event.conditions:
        return {"refused"}
    if event.do == "verify" and event.conditions:
        return {"attention" if "attention" in evidence.profile.exit else "refused"}
    return {"done"}


CLAIM = Claim(NAME, "Each step ends the way its home demands: done, partly done, or refused.", check)
