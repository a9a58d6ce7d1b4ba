"""A step in which clients talk to a store: what each asks is drawn, and one of them may be killed or cut off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from harness.dialogue import Dialogue, Request
from harness.history import Event
from harness.home import Home
from harness.queries import Queries
from harness.sandbox.ended import Conversed
from harness.sandbox.session import Session
from harness.scenario import Step
from harness.sut import Outcome, Profile
from harness.talk import BlowKind, Exchange, Talk

TALKING: frozenset[str] = frozenset({"store", "reconcile", "query"})
"""Verbs whose command answers requests, a line each."""
_LATE = 1.0  # kills fall within so many times the time that the last answer took


def asked_of(
    step: Step, dialogue: Dialogue | None, queries: Queries | None, before: Home, random: Random
) -> Sequence[Sequence[Request]] | None:
    """Returns what each client of the step asks for, drawn for the home; None for a step, or a pack, without any."""
    if step.do == "query" and queries is not None:
        return [queries.requests(before, random, step.operations)]
    if step.do == "reconcile" and dialogue is not None:
        return [dialogue.settling()]
    if step.do == "store" and dialogue is not None:
        return dialogue.requests(before, random, step.clients, step.operations)
    return None


def run_talk(
    number: int,
    step: Step,
    asked: Sequence[Sequence[Request]],
    profile: Profile,
    session: Session,
    *,
    argv: Sequence[str],
    before: Home,
    random: Random,
) -> Event:
    """Returns the event of clients of the command `argv` at work, each with what it asks for; `random` draws when one is killed.

    Raises:
        SandboxError: the sandbox failed; nothing can be said about the store.
    """
    blow = _blow(step, asked, random) if step.kill else None
    lines = [[json.dumps(request) for request in requests] for requests in asked]
    held = session.converse(argv, lines, env=profile.env, timeout=profile.timeout, blow=blow)
    kind: BlowKind = "cut" if step.kill == "cut" else "random" if step.kill else ""
    spoken = Talk(_exchanges(asked, held), held.statuses, kind, held.landed)
    ended = _ended(spoken)
    after = session.observe()
    return Event(
        step=number,
        do=step.do,
        outcome=_outcome(ended, profile),
        before=before,
        after=before if after == before else after,
        status=next((status for status in ended if status is not None and status >= 0), None),
        signal=next((-status for status in ended if status is not None and status < 0), None),
        timed_out=None in held.statuses,
        seconds=held.seconds,
        meanwhile=step.meanwhile,
        stderr=b"".join(held.stderr).decode("utf-8", "replace"),
        litter=held.litter,
        strays=held.strays,
        talk=spoken,
    )


def _blow(step: Step, asked: Sequence[Sequence[Request]], random: Random) -> dict[str, Any]:
    client = random.randrange(len(asked))
    request = random.randrange(
        max(1, len(asked[client]) * 3 // 4)
    )  # those after it are left to try, if it was missed
    return {"client": client, "request": request, "share": random.random() * _LATE, "cut": step.kill == "cut"}


def _exchanges(asked: Sequence[Sequence[Request]], held: Conversed) -> tuple[Exchange, ...]:
    found = [
        Exchange(
            client,
            line.sent,
            request,
            line.answered,
            _reply(line.answer, line.answered),
            line.cut,
            line.waited,
        )
        for client, lines in enumerate(held.lines)
        for request, line in zip(asked[client], lines, strict=False)
    ]
    return tuple(sorted(found, key=lambda one: one.sent))


def _reply(answer: bytes, answered: float | None) -> Any:
    if answered is None:
        return None
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return answer.decode("utf-8", "replace")


def _ended(spoken: Talk) -> list[int | None]:
    """Returns the statuses of the clients that came to an end of their own."""
    by_signal = [place for place, status in enumerate(spoken.statuses) if status is not None and status < 0]
    lost = by_signal[:1] if spoken.killed else []
    return [status for place, status in enumerate(spoken.statuses) if place not in lost]


def _outcome(statuses: Sequence[int | None], profile: Profile) -> Outcome:
    """Returns what their ends have in common, else the first that is not `done`; nobody's end shows nothing."""
    outcomes = [profile.outcome_of(status if status is None or status >= 0 else None) for status in statuses]
    return next((outcome for outcome in outcomes if outcome != "done"), "done" if outcomes else "unknown")
