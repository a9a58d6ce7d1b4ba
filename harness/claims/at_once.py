"""The claim about the same command begun twice: one does the work, and the other stays out of its way."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding
from harness.claims.interruption import unlike_clean
from harness.evidence import Evidence
from harness.history import Event

NAME = "one-run-at-a-time"
_ENDS = frozenset({"done", "partial", "refused"})


def check(evidence: Evidence) -> Iterator[Finding]:
    """Yields ends of two runs at once that are neither success nor refusal, and what differs from the end of one run.

    Both may succeed, where the second finds the work done; both may not refuse, for then nobody has done it.
    """
    for event in _paired(evidence):
        assert event.kill is not None
        ends = {"the first run": event.outcome, "the second run": event.kill.another}
        for which, end in ends.items():
            if end not in _ENDS:
                yield Finding(NAME, which, "done, or refused", end, event.step)
        if event.kill.clean is None:
            continue
        if not {"done", "partial"} & set(ends.values()):
            yield Finding(NAME, "both runs", "one that did the work", event.ended(), event.step)
        else:
            yield from unlike_clean(NAME, evidence, event, event.kill.clean)


def _paired(evidence: Evidence) -> Iterator[Event]:
    return (event for event in evidence.events() if event.paired)


def _offered(evidence: Evidence) -> str:
    return "" if any(_paired(evidence)) else "no two runs were at work at once"


CLAIM = Claim(
    NAME, "Of two runs at once one does the work; the other refuses, or finds it done.", check, _offered
)
