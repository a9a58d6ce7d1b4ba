"""The number of each session in its project: kept where the id says it, given anew where that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

LARGEST = 2**53 - 1
"""The largest number that legacy could hold exactly."""

_LARGEST_STORED = 2**63 - 1
_CANONICAL = re.compile(r"[1-9][0-9]*")
_NUMBERED = re.compile(r".*-([0-9]+)", re.DOTALL)
_PARKED = re.compile(r".*__from-[0-9a-f]{12}", re.DOTALL)


def assign(
    prefix: str, sessions: Iterable[tuple[str, str]], held: Mapping[float, str]
) -> dict[str, int | None]:
    """Returns the number of each new session of a project; None when its own number is taken.

    Args:
        prefix: the project's own session prefix.
        sessions: id and instant of creation (written form) of each new session.
        held: the numbers that rows of the project hold already, with their sessions.
    """
    taken: set[float] = set(held)
    numbers: dict[str, int | None] = {}
    by_age = sorted(sessions, key=lambda session: (session[1], session[0]))

    def claim(session: str, number: int | None) -> None:
        numbers[session] = number
        if number is not None:
            taken.add(number)

    for session, _ in by_age:
        if (own := _own_number(prefix, session)) is not None:
            claim(session, None if own in taken else own)
    for session, _ in by_age:
        if session == f"{prefix}-orchestrator" and 0 not in taken:
            claim(session, 0)
    for session, _ in by_age:
        number = _trailing_number(session)
        if session not in numbers and number is not None and number not in taken:
            claim(session, number)
    largest = max(taken, default=0)
    for session, _ in by_age:
        if session not in numbers:
            largest += 1
            claim(session, int(largest) if largest <= _LARGEST_STORED else None)
    return numbers


def is_made_up(prefix: str, session: str, number: int) -> bool:
    """Tells whether a number is another than the one that a session's id asks for."""
    if session == f"{prefix}-orchestrator":
        return number != 0
    own = _own_number(prefix, session)
    return number != (_trailing_number(session) if own is None else own)


def _own_number(prefix: str, session: str) -> int | None:
    """Returns n of ``<prefix>-<n>`` in canonical digits, 1 to 2^53-1."""
    digits = session.removeprefix(f"{prefix}-") if session.startswith(f"{prefix}-") else ""
    number = _bounded(digits) if _CANONICAL.fullmatch(digits) else None
    return number or None


def _trailing_number(session: str) -> int | None:
    """Returns the digits at the end of an id as a number, unless it is the alias of a parked duplicate."""
    match = _NUMBERED.fullmatch(session)
    return None if match is None or _PARKED.fullmatch(session) else _bounded(match[1])


def _bounded(digits: str) -> int | None:
    significant = digits.lstrip("0") or "0"
    number = int(significant) if len(significant) <= 16 else LARGEST + 1
    return number if number <= LARGEST else None
