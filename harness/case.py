"""A *case* is one home taken through the steps of a scenario; the result is a history, not yet judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from harness.history import Event, Kill
from harness.home import Home
from harness.interruption import drawn
from harness.sandbox.session import Ran, Session
from harness.scenario import Scenario, Step
from harness.sut import Profile
from harness.system import Actor, System

_TRIES = 3  # at killing one step


def run_case(
    system: System, scenario: Scenario, profile: Profile, session: Session, home: Home, *, random: Random
) -> tuple[Event, ...]:
    """Returns the events of the scenario's steps on a home; a verb that the profile lacks is passed over.

    `random` decides at which moments steps are killed.

    Raises:
        SandboxError: the sandbox failed; nothing can be said about the migrator.
    """
    session.lay_out(home)
    before = session.observe()
    events = []
    for number, step in enumerate(scenario.steps):
        if not profile.offers(step.do):
            continue
        event, before = run_step(number, step, system, profile, session, before=before, random=random)
        events.append(event)
    return tuple(events)


def run_step(
    number: int,
    step: Step,
    system: System,
    profile: Profile,
    session: Session,
    *,
    before: Home,
    random: Random,
) -> tuple[Event, Home]:
    """Returns the event, and the tree once the step's actor is gone; `random` decides when it is killed, if it is."""
    if step.kill:
        event = _run_killed(number, step, profile, session, before=before, random=random)
        return event, event.after
    actor = system.ACTORS[step.meanwhile] if step.meanwhile else None
    conditions: frozenset[str] = frozenset()
    if actor is not None:
        before, conditions = _begin(actor, profile, session, before)
    try:
        ran = _run(step, profile, session)
        after = session.observe()
    finally:
        if actor is not None:
            session.release()
    event = _event(number, step, profile, ran, before=before, after=after, conditions=conditions)
    return event, session.observe() if actor is not None else event.after


def _run_killed(
    number: int, step: Step, profile: Profile, session: Session, *, before: Home, random: Random
) -> Event:
    """Returns the event of a step that was killed, unless it ended first.

    What the clean run takes is measured on the same home just before; it also shows where a finished step ends.  A
    step that is over before its moment is begun anew with half the time, as far as that helps: as an ordinary step
    it would show little.
    """
    measured = _run(step, profile, session, watch=True)
    clean = session.observe() if profile.outcome_of(measured.status) in {"done", "partial"} else None
    moment = drawn(random, measured.seconds, measured.changed)
    for halved in range(_TRIES):
        session.lay_out(before)
        seconds = moment.seconds / 2**halved
        ran = _run(step, profile, session, kill_after=seconds, since_change=moment.since_change)
        if ran.killed:
            break
    kill = Kill(ran.seconds if ran.killed else moment.seconds, ran.killed, clean)
    return _event(number, step, profile, ran, before=before, after=session.observe(), kill=kill)


def _run(step: Step, profile: Profile, session: Session, **how: Any) -> Ran:
    argv = _command(profile.verbs[step.do], session)
    return session.run(argv, env=dict(profile.env), timeout=profile.timeout, **how)


def _event(
    number: int, step: Step, profile: Profile, ran: Ran, *, before: Home, after: Home, **more: Any
) -> Event:
    return Event(
        step=number,
        do=step.do,
        outcome=profile.outcome_of(ran.status),
        before=before,
        after=before if after == before else after,
        status=ran.status,
        signal=ran.signal,
        timed_out=ran.timed_out,
        seconds=ran.seconds,
        meanwhile=step.meanwhile,
        report=_report(ran),
        stdout=ran.stdout.decode("utf-8", "replace"),
        stderr=ran.stderr.decode("utf-8", "replace"),
        litter=ran.litter,
        strays=ran.strays,
        **more,
    )


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
