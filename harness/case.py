"""Steps of a case: one verb of the migrator on a home, with what goes on around it; the result is an event, not yet judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from harness.failed_force import forgotten
from harness.fault import LACKS, Fault, Recording, fault_of
from harness.history import Event, Kill
from harness.home import Home
from harness.interruption import drawn
from harness.sandbox.ended import Ran
from harness.sandbox.session import Session
from harness.scenario import Step
from harness.supervised import RECORD, another_of, fired_of, recording_of
from harness.sut import Profile
from harness.system import Actor, System, dialogue_of, queries_of
from harness.talking import TALKING, asked_of, run_talk

_TRIES = 3  # at killing one step


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
    if step.fault:
        event = run_with(fault_of(step.fault), number, step, profile, session, before=before)
        return event, event.after
    if step.kill and step.do not in TALKING:
        event = _run_killed(number, step, profile, session, before=before, random=random)
        return event, event.after
    actor = system.ACTORS[step.meanwhile] if step.meanwhile else None
    conditions: frozenset[str] = frozenset()
    if actor is not None:
        before, conditions = _begin(actor, profile, session, before)
    try:
        asked = asked_of(step, dialogue_of(system), queries_of(system), before, random)
        if asked is not None:
            argv = _command(profile.verbs[step.do], session)
            event = run_talk(number, step, asked, profile, session, argv=argv, before=before, random=random)
        else:
            ran = run_verb(step, profile, session)
            after = session.observe()
            event = event_of(number, step, profile, ran, before=before, after=after, conditions=conditions)
    finally:
        if actor is not None:
            session.release()
    return event, session.observe() if actor is not None else event.after


def _run_killed(
    number: int, step: Step, profile: Profile, session: Session, *, before: Home, random: Random
) -> Event:
    """Returns the event of a step that was killed, unless it ended first.

    What the clean run takes is measured on the same home just before; it also shows where a finished step ends.  A
    step that is over before its moment is begun anew with half the time, as far as that helps: as an ordinary step
    it would show little.
    """
    measured = run_verb(step, profile, session, watch=True)
    clean = session.observe() if profile.outcome_of(measured.status) in {"done", "partial"} else None
    moment = drawn(random, measured.seconds, measured.changed)
    for halved in range(_TRIES):
        session.lay_out(before)
        seconds = moment.seconds / 2**halved
        ran = run_verb(step, profile, session, kill_after=seconds, since_change=moment.since_change)
        if ran.killed:
            break
    kill = Kill(ran.seconds if ran.killed else moment.seconds, ran.killed, clean)
    return event_of(number, step, profile, ran, before=before, after=session.observe(), kill=kill)


def run_with(
    fault: Fault,
    number: int,
    step: Step,
    profile: Profile,
    session: Session,
    *,
    before: Home,
    clean: Home | None = None,
) -> Event:
    """Returns the event of a step that a fault befell; `clean` is what it leaves where none does, measured if not given.

    Where the run has no such operation, or enough of what there is little of, the fault does not come about, and its `landed` is false.
    """
    if clean is None:
        clean = clean_end(step, profile, session, before=before)
    session.lay_out(before)
    if fault.lack:
        ran = run_verb(step, profile, session, left={fault.kind: fault.at})
        landed = profile.outcome_of(ran.status) not in {"done", "partial"}
        kill = Kill(ran.seconds, landed, clean, str(fault), f"{fault.at} {LACKS[fault.kind]} left")
        return event_of(number, step, profile, ran, before=before, after=session.observe(), kill=kill)
    data = {"data": True} if fault.kind == "error" else {}
    ran = run_verb(step, profile, session, orders={**fault.orders(), **data})
    fired, after = fired_of(ran.told), session.observe()
    operation = str(fired.operation) if fired else ""
    kill = Kill(ran.seconds, fired is not None, clean, str(fault), operation)
    if fired and fault.kind == "run":
        kill = replace(kill, another=profile.outcome_of(another_of(ran.told)))
    event = event_of(number, step, profile, ran, before=before, after=after, kill=kill)
    if fired and event.succeeded and data:
        left = forgotten(before, recording_of(ran.told, before.root, before.blobs), fault, after)
        if left != after:
            session.lay_out(left)
            event = replace(event, after=left)
    return event


def clean_end(step: Step, profile: Profile, session: Session, *, before: Home) -> Home | None:
    """Returns what a step leaves where nothing befalls it; None when it does not succeed."""
    session.lay_out(before)
    ran = run_verb(step, profile, session)
    return session.observe() if profile.outcome_of(ran.status) in {"done", "partial"} else None


def record(
    step: Step, profile: Profile, session: Session, *, before: Home, orders: Mapping[str, Any] = RECORD
) -> tuple[Recording, Home | None]:
    """Returns what a step does where nothing befalls it, and what it then leaves; None when it does not succeed."""
    session.lay_out(before)
    ran = run_verb(step, profile, session, orders=orders)
    done = profile.outcome_of(ran.status) in {"done", "partial"}
    recording = replace(recording_of(ran.told, before.root, before.blobs), ran=ran)
    return recording, session.observe() if done else None


def run_verb(step: Step, profile: Profile, session: Session, **how: Any) -> Ran:
    """Returns how the migrator's command for the step ended."""
    argv = _command(profile.verbs[step.do], session)
    return session.run(argv, env=dict(profile.env), timeout=profile.timeout, **how)


def event_of(
    number: int, step: Step, profile: Profile, ran: Ran, *, before: Home, after: Home, **more: Any
) -> Event:
    """Returns the event of a command that ended; `more` are fields of it that only the caller knows."""
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
