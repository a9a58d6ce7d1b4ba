"""Claims about a store that writes target and legacy files side by side, told from what its clients were answered.

Each subject is judged for itself: is there an order of the requests about it that gives these answers, and does it
lead to what stands on either side afterwards?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.claims.claim import Claim, Finding, UndecidedError
from harness.dialogue import Dialogue, Side, State
from harness.drift import Drift, differing_subjects, drifts, written
from harness.evidence import Evidence
from harness.history import Event
from harness.orders import Found, TooManyError, orders
from harness.talk import Exchange, Talk

_HOLD, _KEPT, _STAY = "answers-hold", "acknowledged-is-kept", "untouched-stay"
_AGREE, _TOLD = "sides-agree", "drift-told"
_SIDES: tuple[Side, ...] = ("target", "legacy")


def _talks(evidence: Evidence) -> Iterator[tuple[Event, Talk, Dialogue, Drift]]:
    for event, drift in drifts(evidence):
        if event.talk and evidence.dialogue:
            yield event, event.talk, evidence.dialogue, drift


def answers_hold(evidence: Evidence) -> Iterator[Finding]:
    """Yields answers that no order of the requests explains, and requests that a living store left without one."""
    for event, talk, dialogue, drift in _talks(evidence):
        if not event.timed_out and event.succeeded:
            yield from _unanswered(event, talk)
        sides = evidence.sides(event.before)
        known = sorted(sides.subjects | evidence.sides(event.after).subjects | written(dialogue, event))
        about: dict[str, list[Exchange]] = {}
        for exchange in talk.made():
            for name in dialogue.concerns(exchange, known):
                about.setdefault(name, []).append(exchange)
        for name, exchanges in sorted(about.items()):
            found = _orders(
                evidence, event, drift, name, side="target", exchanges=exchanges, needed=_answered
            )
            if not found.ends:
                wanted = "an answer that some order of the requests gives"
                yield Finding(_HOLD, name, wanted, " | ".join(one.told() for one in found.stuck), event.step)


def _unanswered(event: Event, talk: Talk) -> Iterator[Finding]:
    lost = {
        client
        for client, status in enumerate(talk.statuses)
        if talk.killed and status is not None and status < 0
    }
    for one in talk.made():
        if one.answered is None and one.client not in lost:
            yield Finding(_HOLD, f"client {one.client}", "an answer", one.told(), event.step)
        elif one.answered is not None and not _is_to(one):
            wanted = "a JSON object with the request's id"
            yield Finding(_HOLD, f"client {one.client}", wanted, one.told(), event.step)


def _is_to(exchange: Exchange) -> bool:
    return isinstance(exchange.reply, dict) and exchange.reply.get("id") == exchange.request.get("id")


def _answered(exchange: Exchange) -> bool:
    return exchange.answered is not None


def _orders(
    evidence: Evidence,
    event: Event,
    drift: Drift,
    name: str,
    *,
    side: Side,
    exchanges: list[Exchange],
    needed: Callable[[Exchange], bool],
) -> Found:
    dialogue = evidence.dialogue
    assert dialogue is not None
    sides = evidence.sides(event.before)
    starts: list[State] = [sides.of(side).get(name)]
    if name in drift.foreign | drift.unsettled:
        starts.append(dialogue.merged(sides.target.get(name), sides.legacy.get(name)))

    def apply(exchange: Exchange, state: State) -> list[State]:
        """What differed may be brought together at the start, or by the first change."""
        after = dialogue.apply(exchange, name, state, side)
        if state is starts[0] and dialogue.concerns(exchange, ()).get(name):
            after += [end for start in starts[1:] for end in dialogue.apply(exchange, name, start, side)]
        return after

    try:
        return orders(starts, exchanges, needed, apply)
    except TooManyError as error:
        raise UndecidedError(f"{name}: {error}") from error


def acknowledged_is_kept(evidence: Evidence) -> Iterator[Finding]:
    """Yields subjects that are, on either side, not what the acknowledged requests make of them, with or without the others.

    What was acknowledged is there, once; what had no answer is there whole or not at all.  The legacy file may still
    lack what the answer did not say was written to it.
    """
    for event, talk, dialogue, drift in _talks(evidence):
        after = evidence.sides(event.after)
        for name in sorted(written(dialogue, event)):
            exchanges = [one for one in talk.made() if dialogue.concerns(one, ()).get(name)]
            for side in _SIDES:
                needed = _answered if side == "target" else dialogue.written_through
                found = _orders(evidence, event, drift, name, side=side, exchanges=exchanges, needed=needed)
                state = after.of(side).get(name)
                if found.ends and not any(dialogue.fits(end, state) for end in found.ends):
                    wanted, there = min((_difference(end, state) for end in found.ends), key=_size)
                    yield Finding(_KEPT, f"{name} in the {side}", wanted, there, event.step)


def _difference(end: State, state: State) -> tuple[State, State]:
    """Returns the fields of both in which they differ; all where one is not there."""
    if end is None or state is None:
        return end, state
    apart = sorted(key for key in end if end[key] != state.get(key))
    return {key: end[key] for key in apart}, {key: state.get(key) for key in apart}


def _size(difference: tuple[State, State]) -> int:
    return len(difference[0] or ()) + len(difference[1] or ())


def untouched_stay(evidence: Evidence) -> Iterator[Finding]:
    """Yields subjects that no request was about, and that are not what they were on one of the sides.

    Of what differs between the sides, only what was to be mended may change.
    """
    for event, talk, dialogue, drift in _talks(evidence):
        before, after = evidence.sides(event.before), evidence.sides(event.after)
        spared = written(dialogue, event) | drift.unsettled
        if any(map(dialogue.mends, talk.made())):
            spared |= drift.foreign
        for name in sorted((before.subjects | after.subjects) - spared):
            for where, was, now in (
                ("target", before.target.get(name), after.target.get(name)),
                ("legacy", before.raw.get(name), after.raw.get(name)),
            ):
                if was != now:
                    yield Finding(_STAY, f"{name} in the {where}", was, now, event.step)


def sides_agree(evidence: Evidence) -> Iterator[Finding]:
    """Yields subjects of which the sides say different things, and nobody's work or unwritten file explains it.

    After a kill the requests of that step may stand on one side only; the next store that answers has settled them.
    """
    for event, talk, dialogue, drift in _talks(evidence):
        after = evidence.sides(event.after)
        if not any(map(_answered, talk.made())):
            continue
        touched = written(dialogue, event)
        mended = any(dialogue.mends(one) and dialogue.acknowledged(one) for one in talk.made())
        excused = frozenset() if mended else drift.foreign - frozenset(_done(dialogue, talk))
        excused |= touched if talk.killed else frozenset(_pending(dialogue, talk))
        for name in sorted(differing_subjects(dialogue, after) - excused):
            yield Finding(
                _AGREE, name, *_difference(after.target.get(name), after.legacy.get(name)), event.step
            )
        for path in sorted(after.strange - drift.strange) if not talk.killed else ():
            yield Finding(_AGREE, path, "no such path", "left behind", event.step)


def _done(dialogue: Dialogue, talk: Talk) -> Iterator[str]:
    """Yields the subjects that an acknowledged request has changed; what differed is then brought together."""
    for one in filter(dialogue.acknowledged, talk.made()):
        yield from (name for name, writes in dialogue.concerns(one, ()).items() if writes)


def _pending(dialogue: Dialogue, talk: Talk) -> Iterator[str]:
    for one in talk.made():
        if dialogue.acknowledged(one) and not dialogue.written_through(one):
            yield from (name for name, writes in dialogue.concerns(one, ()).items() if writes)


def drift_told(evidence: Evidence) -> Iterator[Finding]:
    """Yields differences between the sides that a store did not tell, told wrongly, or mended with a loss."""
    for event, talk, dialogue, drift in _talks(evidence):
        sides, touched = evidence.sides(event.before), written(dialogue, event)
        due = {
            name: dialogue.newer(sides.target.get(name), sides.legacy.get(name))
            for name in drift.foreign - touched
        }
        mended = False
        for one in talk.made():
            told = dialogue.drift(one)
            if told is None:
                continue
            for name in sorted(({*told, *due} if not mended else {*told}) - touched):
                wanted = None if mended else due.get(name)
                open_ = name in drift.unsettled and name in drift.foreign
                if told.get(name) != wanted and not (open_ and told.get(name) is None):
                    yield Finding(_TOLD, name, _side(wanted), _side(told.get(name)), event.step)
            mended = mended or dialogue.mends(one)
        if mended and not touched:
            yield from _mended(evidence, event, dialogue, drift)


def _mended(evidence: Evidence, event: Event, dialogue: Dialogue, drift: Drift) -> Iterator[Finding]:
    before, after = evidence.sides(event.before), evidence.sides(event.after)
    for name in sorted(drift.foreign):
        wanted = dialogue.merged(before.target.get(name), before.legacy.get(name))
        for side in _SIDES:
            if not dialogue.fits(wanted, after.of(side).get(name)):
                found = after.of(side).get(name)
                yield Finding(_TOLD, f"{name} in the {side}, mended", wanted, found, event.step)


def _side(side: Side | None) -> str:
    return "no difference" if side is None else f"a difference, the {side} counts"


def _offered(evidence: Evidence) -> str:
    if any(event.talk for event in evidence.events()):
        return "" if evidence.dialogue else "the pack knows of no store"
    return "no client has talked to a store"


def _asked(evidence: Evidence) -> str:
    dialogue = evidence.dialogue
    exchanges = (one for event in evidence.events() if event.talk for one in event.talk.made())
    if dialogue and any(dialogue.drift(one) is not None for one in exchanges):
        return ""
    return _offered(evidence) or "nobody asked for differences"


CLAIMS = (
    Claim(_KEPT, "What a store acknowledged is on both sides, and what it did not is whole or not at all.", acknowledged_is_kept, _offered),
    Claim(_HOLD, "Every answer of a store is one that some order of the requests gives.", answers_hold, _offered),
    Claim(_AGREE, "Both sides of a store say the same, but for what others did to one of them.", sides_agree, _offered),
    Claim(_STAY, "A store leaves alone what no request is about.", untouched_stay, _offered),
    Claim(_TOLD, "A store tells every difference between its sides, and mends it without a loss.", drift_told, _asked),
)  # fmt: skip
