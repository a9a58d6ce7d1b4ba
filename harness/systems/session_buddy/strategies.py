"""Small legacy states drawn field by field; they shrink to one plain invocation, and to none where that is allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from harness.amounts import share, span
from harness.systems.session_buddy import naming, schema_v4
from harness.systems.session_buddy.model import (
    AS_OF,
    Invocation,
    Journal,
    Layout,
    LegacyState,
    Made,
    Shape,
    Version4,
)
from harness.systems.session_buddy.writer import EXTRAS

WINDOW = timedelta(hours=719)
"""From the beginning of the window's first hour to that of its last."""
_LAST = AS_OF.replace(minute=0, second=0)
_EDGES = (
    AS_OF, _LAST, _LAST + timedelta(minutes=59, seconds=59), _LAST - timedelta(microseconds=1), _LAST - WINDOW,
    AS_OF.replace(hour=0, minute=0, second=0),
)  # fmt: skip
_OUTSIDE = (
    _LAST - WINDOW - timedelta(microseconds=1), _LAST - timedelta(days=126, minutes=-30), _LAST + timedelta(hours=1),
    AS_OF + timedelta(days=8),
)  # fmt: skip
_QUERIES = ("Fix the login", "ログインを\n直して 🙏", "", 'a "quoted" task', "it's; DROP TABLE skills --")
_SESSIONS = ("main-42", "migrated", "セッション", "s 1")
MADE: tuple[Made, ...] = ("manager", "tool", "same-second")
LAYOUTS: tuple[Layout, ...] = ("usual", "utf-16", "auto-vacuum")
JOURNALS: tuple[Journal, ...] = ("wal", "delete", "wal-pending")
VERSIONS_4: tuple[Version4, ...] = ("none", "part", "all", "with-rows", "failed", "complete", "used")


def states(shape: Shape) -> st.SearchStrategy[LegacyState]:
    """Returns the strategy that draws states of the shape; with ``clean = false`` also of values that are odd."""
    least, most = span(shape.skills)
    names = st.lists(st.sampled_from(naming.SKILLS), min_size=least, max_size=most, unique=True)
    return st.builds(
        LegacyState,
        user=st.just(shape.user) if shape.user else st.sampled_from(naming.USERS),
        invocations=names.flatmap(lambda skills: _sessions(shape, tuple(skills))),
        place=st.just(shape.place),
        journal=st.just(shape.journal) if shape.journal else st.sampled_from(JOURNALS),
        made=st.just(shape.made) if shape.made else st.sampled_from(MADE),
        layout=st.just(shape.layout) if shape.layout else st.sampled_from(LAYOUTS),
        version_4=st.just(shape.version_4) if shape.version_4 else st.sampled_from(VERSIONS_4),
        part=st.integers(1, len(schema_v4.OBJECTS) - 1) if shape.version_4 in {"", "part"} else st.just(1),
        export=st.just(shape.export),
        extras=st.lists(st.sampled_from(sorted(EXTRAS)), unique=True, max_size=3).map(sorted).map(tuple),
    )


def _sessions(shape: Shape, skills: tuple[str, ...]) -> st.SearchStrategy[tuple[Invocation, ...]]:
    least, most = span(shape.sessions)
    few, many = span(shape.invocations)
    one = st.lists(_invocations(shape, skills), min_size=few, max_size=many)
    return st.lists(one, min_size=least, max_size=most).map(_numbered)


def _numbered(sessions: list[list[Invocation]]) -> tuple[Invocation, ...]:
    """Returns the invocations with the names of their sessions, in an order in which sessions overlap."""
    found = [
        replace(invocation, session=f"{invocation.session}{number}")
        for number, session in enumerate(sessions)
        for invocation in session
    ]
    return tuple(found[::2] + found[1::2])


def _often(text: str) -> st.SearchStrategy[bool]:
    """Returns a strategy that is true about as often as the share says, and shrinks to false where it may."""
    part = share(text)
    return st.just(part == 1) if part in {0, 1} else st.integers(0, 99).map(lambda n: n >= 100 * (1 - part))


def _instants(shape: Shape) -> st.SearchStrategy[datetime]:
    back = st.builds(
        lambda seconds, micros: AS_OF - timedelta(seconds=seconds, microseconds=micros),
        st.integers(0, shape.days * 86_400),
        st.sampled_from((0, 0, 1, 250_000)),
    )
    inside = back | st.sampled_from(_EDGES)
    return _often(shape.outside).flatmap(lambda out: st.sampled_from(_OUTSIDE) if out else inside)


def _times(shape: Shape) -> st.SearchStrategy[str]:
    instants = _instants(shape)
    told = st.builds(
        lambda at, form: form(at), instants, st.just(naming.aware) | st.sampled_from(naming.FORMS)
    )
    read = _often(shape.naive).flatmap(lambda naive: instants.map(naming.local) if naive else told)
    return read if shape.clean else read | st.sampled_from(naming.UNREADABLE)


def _invocations(shape: Shape, skills: tuple[str, ...]) -> st.SearchStrategy[Invocation]:
    odd = not shape.clean
    durations = st.sampled_from((1.5, None, 0.0, 0.01, 312.25))
    return st.builds(
        Invocation,
        skill=st.sampled_from(skills),
        at=_times(shape),
        session=st.sampled_from(_SESSIONS),
        completed=st.sampled_from((1, 0, *((2, -1, "true") if odd else ()))),
        duration=durations | st.sampled_from(("slow", -3.5, float("inf"), "")) if odd else durations,
        path=st.none() | st.sampled_from(naming.PATHS),
        query=st.none() | st.sampled_from(_QUERIES),
        alternatives=st.sampled_from((None, "[]", '["mypy", "ruff-check"]', *(("{torn",) if odd else ()))),
        rank=st.none() | st.integers(1, 5),
        follow_up=st.none() | st.sampled_from(naming.FOLLOW_UPS),
        error=st.none() | st.sampled_from(naming.ERRORS),
        phase=st.none() | st.sampled_from(naming.PHASES),
        step=st.none() | st.just("step-1"),
        embedding=_often(shape.embeddings).flatmap(lambda one: st.integers(0, 9) if one else st.none()),
    )
