"""Questions to version 4, drawn for a home, and what is wrong with the answers; see ``harness.queries``."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.queries import WrongAnswer
from harness.records import Value, same_value
from harness.systems.session_buddy.model import AS_OF
from harness.systems.session_buddy.oracle.answers import answer_to
from harness.systems.session_buddy.oracle.database import file_of, opened
from harness.systems.session_buddy.oracle.state import state_of
from harness.talk import Exchange


def requests(home: Home, random: Random, operations: int) -> list[Mapping[str, Any]]:
    """Returns so many questions, of every kind in turn; users and tests are those of the home, and one that is not."""
    users, tests = _names(home)
    kinds = ("live-metrics", "anomalies", "recommendations", "ab-summary", "views", "no-such-question")
    return [_request(kinds[number % len(kinds)], random, users, tests) for number in range(operations)]


def _request(kind: str, random: Random, users: Sequence[str], tests: Sequence[str]) -> Mapping[str, Any]:
    if kind == "live-metrics":
        hours = random.choice((0.5, 1.0, 24.0, 168.0, 720.0))
        return {"op": kind, "limit": random.choice((1, 3, 50)), "window_hours": hours}
    if kind == "anomalies":
        hours = random.choice((24.0, 168.0, 720.0))
        return {"op": kind, "threshold": random.choice((0.25, 1.13, 2.0)), "window_hours": hours}
    if kind == "recommendations":
        return {"op": kind, "user": random.choice(users), "limit": 5, "min_common": random.choice((1, 2, 3))}
    if kind == "ab-summary":
        return {"op": kind, "test": random.choice(tests)}
    return {"op": kind}


def _names(home: Home) -> tuple[list[str], list[str]]:
    """Returns users and tests, somebody who is not there always among them."""
    users, tests = ["nobody"], ["no such test"]
    if ready(home):
        with opened(home, file_of(home) or "") as connection:
            rows = connection.execute(
                "SELECT DISTINCT user_id FROM skill_user_interactions ORDER BY 1"
            ).fetchall()
            users += [name for (name,) in rows if isinstance(name, str)]
            rows = connection.execute("SELECT test_name FROM ab_test_configs ORDER BY 1").fetchall()
            tests += [name for (name,) in rows if isinstance(name, str)]
    return users, tests


def ready(home: Home) -> bool:
    """Tells whether version 4 is there, recorded and whole."""
    state = state_of(home)
    return not state.refusals and state.recorded


def wrong(home: Home, exchanges: Sequence[Exchange]) -> Iterator[WrongAnswer]:
    """Yields what is wrong with answers, each value for itself.

    Raises:
        TargetUnreadableError: the database is there but cannot be read.
    """
    path = file_of(home)
    if path is None:
        raise TargetUnreadableError("there is no database to ask")
    with opened(home, path) as connection:
        for exchange in exchanges:
            right = answer_to(connection, exchange.request, AS_OF)
            yield from _differences(f"{dict(exchange.request)}", right, exchange.reply)


LIMITS = {
    "v_realtime_skill_dashboard": 50,
    "v_skill_effectiveness_trend": 100,
    "v_community_baseline_comparison": 50,
    "v_skill_dependency_network": 100,
    "v_ab_test_summary": 50,
    "v_multimodal_skill_catalog": 50,
}
"""Milliseconds for each view at the reference load, by the deployment guide."""
REFERENCE = 17_000
"""Invocations of the reference load, the guide's database of about 5 MB; limits say nothing of larger ones."""
_SPARE = 100  # ms above a limit that are the machine's affair: others are at work on it
_TIMES = 7  # readings that count, after one to warm up


def slow(home: Home, exchanges: Sequence[Exchange]) -> list[WrongAnswer] | None:
    """Returns views whose median time is beyond their limit; None where fewer readings or another load show nothing.

    All the time that the one who answers had to wait for the processor is taken off: none of it need be the view's.
    """
    said = [one for one in exchanges if one.request.get("op") == "views" and isinstance(one.reply, dict)][1:]
    invocations = len(state_of(home).invocations) if len(said) >= _TIMES else 0
    if not 0.9 * REFERENCE <= invocations <= 1.1 * REFERENCE:
        return None
    found = []
    for view, limit in LIMITS.items():
        told = [(one.reply.get("views", {}).get(view, {}).get("ms"), one.waited) for one in said]
        known = [max(0, ms - 1_000 * waited) for ms, waited in told if isinstance(ms, int | float)]
        middle = statistics.median(known) if len(known) == len(said) else None
        if middle is None or middle > limit + _SPARE:
            wanted = f"no more than {limit} ms, and {_SPARE} ms of the machine's"
            found.append(WrongAnswer(f"{view}: median of {len(said)}", wanted, middle))
    middle = statistics.median(1_000 * (one.until - one.sent - one.waited) for one in said)
    if middle > sum(LIMITS.values()) + _SPARE:
        wanted = f"no more than {sum(LIMITS.values())} ms, and {_SPARE} ms of the machine's"
        found.append(
            WrongAnswer(f"all views: median of {len(said)}, by the clock of the harness", wanted, middle)
        )
    return found


def _differences(subject: str, right: Value, found: Value) -> Iterator[WrongAnswer]:
    """Yields the values that differ; what an answer says besides is its own affair."""
    if isinstance(right, dict) and isinstance(found, dict):
        for name, value in right.items():
            yield from _differences(f"{subject}: {name}", value, found.get(name, "(absent)"))
    elif isinstance(right, list) and isinstance(found, list) and len(right) == len(found):
        for number, (value, seen) in enumerate(zip(right, found, strict=True)):
            yield from _differences(f"{subject} {number}", value, seen)
    elif not (same_value(right, found) or _whole(right, found)):
        yield WrongAnswer(subject, right, found)


def _whole(right: Value, found: Value) -> bool:
    """Tells whether a float is said as the whole number that it is, as some JSON writers do."""
    return type(found) is int and same_value(right, float(found))


__all__ = ["ready", "requests", "slow", "wrong"]
