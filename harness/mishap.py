"""A *mishap* is a fault in a story: drawn before anybody knows the operations of its step, and found a place there.

As text it is a sort and a number, as ``error 371``: the number chooses among all faults of the sort that the step's own run
has a place for.  What it came to is a fault of its own, as ``EIO@17+``, and with that the step is told from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from hypothesis import strategies as st

from harness.branching import ALL, Branches, Choice, Chosen, exactly
from harness.fault import Fault, FaultError, fault_of
from harness.history import Event
from harness.home import Home
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step
from harness.sut import Profile, Verb
from harness.system import System

_SORTS: Mapping[str, Mapping[str, Any]] = {
    "kill": {"kill": "each-write"},
    "error": {"error": "each"},
    "short": {"short": "each"},
    "strict": {"power": "strict"},
    "ext4": {"power": "ext4"},
}
SORTS = tuple(_SORTS)
"""What can befall a step at an operation, others at work aside: those are named as the pack names them."""
_DRAWN = re.compile(r"(?P<sort>[a-z0-9-]+) \d+")
_NUMBERS = 999


def mishaps(*sorts: str) -> st.SearchStrategy[str]:
    """Returns the strategy that draws faults of these sorts, see `SORTS`; any other is an actor of the pack who writes.

    Every fourth is none at all, an empty text.
    """
    befalls = st.sampled_from((True, True, True, False))
    return st.builds(_drawn, befalls, st.sampled_from(sorts), st.integers(0, _NUMBERS))


def _drawn(befalls: bool, sort: str, number: int) -> str:  # noqa: FBT001 - drawn
    return f"{sort} {number}" if befalls else ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the faults of a case that failed: by the text of each, the likeness of its operation.

    So a smaller home can be tried with the same fault, though the operation has another number there.  `turn` says which
    of the operations that are alike.
    """

    likenesses: Mapping[str, str] = field(default_factory=dict)
    turn: int = 0


def befallen(
    mishap: str,
    number: int,
    verb: Verb,
    before: Home,
    known: Known,
    *,
    system: System,
    profile: Profile,
    session: Session,
) -> tuple[Event, Chosen] | None:
    """Returns the step as the mishap befell it, and which fault that was; None where the step has no place for one.

    Raises:
        FaultError: the text stands for no fault.
        SandboxError: the sandbox failed.
    """
    step, choice = _asked(mishap, verb, known)
    about = Scenario(summary="", system=system.NAME, steps=[step], shows=[])
    random = Random(mishap)  # noqa: S311 - which fault, not a secret
    found = Branches(system, about, profile, session, random, choice).branch(number, step, before, 0)
    return next(islice(found, known.turn if choice.faults and not choice.exact else 0, None), None)


def _asked(mishap: str, verb: Verb, known: Known) -> tuple[Step, Choice]:
    """Returns the step that has all faults of the sort, and which of them is wanted: one by chance, or the one named."""
    if drawn := _DRAWN.fullmatch(mishap):
        return Step(do=verb, points=1, **_sort(drawn["sort"])), ALL
    fault = fault_of(mishap)
    step = Step(do=verb, **_sort(_sort_of(fault), fault.error))
    if mishap in known.likenesses:
        return step, Choice((Chosen(fault, known.likenesses[mishap]),))
    return step, exactly([fault])


def _sort_of(fault: Fault) -> str:
    return fault.actor or fault.model or fault.kind


def _sort(name: str, error: str = "") -> Mapping[str, Any]:
    if error:
        return {"error": error}
    if name not in _SORTS and "-" not in name:
        raise FaultError(
            f"no such sort of fault: {name}; there are {', '.join(_SORTS)}, and the pack's actors"
        )
    return _SORTS.get(name, {"during": name})
