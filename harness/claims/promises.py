"""Claims about what one step says of another: a dry run foretells the real one, verify notices what was altered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from harness.claims.claim import Claim, Finding
from harness.claims.whose import altered
from harness.evidence import Evidence
from harness.history import Event

_LISTS = {"records": ("kind", "source", "id", "outcome", "reason"), "notes": ("source", "id", "reason")}


def dry_run_tells_the_truth(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a dry run said otherwise than the real run of the same home: its end, its records, its notes."""
    for dry, real in _rehearsed(evidence):
        if dry.outcome != real.outcome:
            yield _finding("outcome", real.outcome, dry.outcome, dry)
            continue
        if not (isinstance(dry.report, dict) and isinstance(real.report, dict)):
            continue
        if dry.report.get("code") != real.report.get("code"):
            yield _finding("code", real.report.get("code"), dry.report.get("code"), dry)
        if evidence.standing(dry).interrupted:
            continue  # the real run settles the interruption first, and then finds another home
        for name, keys in _LISTS.items():
            said, true = _counted(dry.report, name, keys), _counted(real.report, name, keys)
            for row in sorted((said - true) + (true - said)):
                yield _finding(f"{name} {' '.join(row)}", f"{true[row]} times", f"{said[row]} times", dry)


def _rehearsed(evidence: Evidence) -> Iterator[tuple[Event, Event]]:
    """Yields each dry run with the real run that follows it on the same home, in the same surroundings."""
    for dry, real in pairwise(evidence.events()):
        same = dry.after == real.before and dry.conditions == real.conditions
        cut = any(event.timed_out or event.killed or event.hindered for event in (dry, real))
        if dry.do == "dry_run" and real.do == "migrate" and same and not cut:
            yield dry, real


def _counted(report: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    rows = report.get(name)
    listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return Counter(tuple(str(row.get(key) or "") for key in keys) for row in listed)


def _finding(subject: str, expected: object, found: object, dry: Event) -> Finding:
    return Finding("dry-run-tells-the-truth", subject, expected, found, dry.step)


def verify_notices(evidence: Evidence) -> Iterator[Finding]:
    """Yields each verify that found nothing although what was migrated had been altered."""
    for event in evidence.events("verify"):
        if evidence.standing(event).undoing:
            continue  # a killed rollback may have taken out all that there was
        first = next(altered(evidence, event), None)
        if first is not None and event.succeeded:
            subject = f"step {event.step}: {event.do}" + f" after {event.meanwhile}" * bool(event.meanwhile)
            yield Finding("verify-notices", subject, f"differences, told: {first}", event.ended(), event.step)


def _dry(evidence: Evidence) -> str:
    return "" if any(_rehearsed(evidence)) else "no migration follows a dry run of the same home"


def _tampered(evidence: Evidence) -> str:
    noticeable = any(any(altered(evidence, event)) for event in evidence.events("verify"))
    return "" if noticeable else "nothing was altered before a verify step"


CLAIMS = (
    Claim(
        "dry-run-tells-the-truth",
        "A dry run says what the real run then does.",
        dry_run_tells_the_truth,
        _dry,
    ),
    Claim(
        "verify-notices", "Verify notices what was altered since the migration.", verify_notices, _tampered
    ),
)
