"""Claims about questions: each is answered, with what follows from the home, and in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.claims.claim import Claim, Finding
from harness.evidence import Evidence
from harness.history import Event
from harness.queries import WrongAnswer
from harness.talk import Talk

_NAME, _IN_TIME = "reads-answer", "reads-in-time"


def reads_answer(evidence: Evidence) -> Iterator[Finding]:
    """Yields questions without an answer, and answers other than an independent computation gives."""
    for event, talk in _asked(evidence):
        assert evidence.queries is not None
        answered = [one for one in talk.made() if one.answered is not None]
        for one in talk.made():
            if one.answered is None and not event.timed_out:
                yield Finding(_NAME, f"question {dict(one.request)}", "an answer", "none", event.step)
        for wrong in evidence.queries.wrong(event.before, answered):
            yield Finding(_NAME, wrong.subject, wrong.expected, wrong.found, event.step)


def reads_in_time(evidence: Evidence) -> Iterator[Finding]:
    """Yields answers that took longer than the pack's limits allow, where it has limits for such a home."""
    for event, slow in _timed(evidence):
        for answer in slow:
            yield Finding(_IN_TIME, answer.subject, answer.expected, answer.found, event.step)


def _timed(evidence: Evidence) -> Iterator[tuple[Event, Iterable[WrongAnswer]]]:
    for event, talk in _asked(evidence):
        assert evidence.queries is not None
        slow = evidence.queries.slow(event.before, [one for one in talk.made() if one.answered is not None])
        if slow is not None:
            yield event, slow


def _asked(evidence: Evidence) -> Iterator[tuple[Event, Talk]]:
    for event in evidence.events("query"):
        if event.talk is not None and evidence.queries is not None and evidence.queries.ready(event.before):
            yield event, event.talk


def _offered(evidence: Evidence) -> str:
    return "" if any(_asked(evidence)) else "no home was asked that can be"


def _limited(evidence: Evidence) -> str:
    return "" if any(_timed(evidence)) else "no home was asked for whose size there are limits"


CLAIMS = (
    Claim(
        _NAME,
        "What the target is asked, it answers as an independent computation does.",
        reads_answer,
        _offered,
    ),
    Claim(_IN_TIME, "At a home's reference size, answers come within their limits.", reads_in_time, _limited),
)
