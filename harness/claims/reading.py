"""The claim about questions: each is answered, and with what follows from the home."""

from __future__ import annotations

from collections.abc import Iterator

from harness.claims.claim import Claim, Finding
from harness.evidence import Evidence
from harness.history import Event
from harness.talk import Talk

_NAME = "reads-answer"


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


def _asked(evidence: Evidence) -> Iterator[tuple[Event, Talk]]:
    for event in evidence.events("query"):
        if event.talk is not None and evidence.queries is not None and evidence.queries.ready(event.before):
            yield event, event.talk


def _offered(evidence: Evidence) -> str:
    return "" if any(_asked(evidence)) else "no home was asked that can be"


CLAIM = Claim(
    _NAME, "What the target is asked, it answers as an independent computation does.", reads_answer, _offered
)
