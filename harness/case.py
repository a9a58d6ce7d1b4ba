"""A *case* is one home taken through the steps of a scenario; the result is a history, not yet judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.history import Event
from harness.home import Home
from harness.sandbox.session import Ran, Session
from harness.scenario import Scenario, Step
from harness.sut import Profile
from harness.system import Actor, System


def run_case(
    system: System, scenario: Scenario, profile: Profile, session: Session, home: Home
) -> tuple[Event, ...]:
    """Returns the events of the scenario's steps on a home; a verb that the profile lacks is passed over.

    Raises:
        SandboxError: the sandbox failed; nothing can be said about the migrator.
    """
    session.lay_out(home)
    before = session.observe()
    events = []
    for number, step in enumerate(scenario.steps):
        if not profile.offers(step.do):
            continue
        event, before = run_step(number, step, system, profile, session, before=before)
        events.append(event)
    return tuple(events)


def run_step(
    number: int, step: Step, system: System, profile: Profile, session: Session, *, before: Home
) -> tuple[Event, Home]:
    """Returns the event, and the tree once the step's actor is gone."""
    actor = system.ACTORS[step.meanwhile] if step.meanwhile else None
    conditions: frozenset[str] = frozenset()
    if actor is not None:
        before, conditions = _begin(actor, profile, session, before)
    try:
        ran = session.run(
            _command(profile.verbs[step.do], session), env=dict(profile.env), timeout=profile.timeout
        )
        after = session.observe()
    finally:
        if actor is not None:
            session.release()
    after = before if after == before else after
    event = Event(
        step=number,
        do=step.do,
        outcome=profile.outcome_of(ran.status),
        before=before,
        after=after,
        status=ran.status,
        signal=ran.signal,
        timed_out=ran.timed_out,
        seconds=ran.seconds,
        meanwhile=step.meanwhile,
        conditions=conditions,
        report=_report(ran),
        stdout=ran.stdout.decode("utf-8", "replace"),
        stderr=ran.stderr.decode("utf-8", "replace"),
        litter=ran.litter,
    )
    return event, session.observe() if actor is not None else after


def _begin(actor: Actor, profile: Profile, session: Session, home: Home) -> tuple[Home, frozenset[str]]:
    """Returns the tree once the actor has begun, and what follows from that."""
    if actor.does is not None:
        changed = actor.does(home, profile.keeps)
        if changed is None:
            return home, frozenset()
        session.lay_out(changed)
    for holder in actor.holders:
        session.hold(holder)
    return session.observe(), actor.conditions


def _command(argv: Sequence[str], session: Session) -> list[str]:
    return [word.replace("{support}", session.support or "{support}") for word in argv]


def _report(ran: Ran) -> Any:
    if ran.report is None:
        return None
    try:
        return json.loads(ran.report)
    except (ValueError, RecursionError):
        return ran.report.decode("utf-8", "replace")
