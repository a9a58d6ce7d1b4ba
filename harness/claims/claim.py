"""A *claim* is a named property of a history; a *finding* is one place where it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from harness.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: what it is about, what was expected there and what was found.

    `subject` names a record, path or step; `step` is the index of the event in the history.
    """

    claim: str
    subject: str
    expected: Any
    found: Any
    step: int


class UndecidedError(Exception):
    """The history does not show whether the claim holds; the message says why."""


def always(evidence: Evidence) -> str:
    """Offers the claim on every history that has a step at all."""
    return "" if evidence.history.events else "no step was run"


@dataclass(frozen=True, slots=True)
class Claim:
    """A property, with the test of whether a history can show it at all.

    `offered` returns the reason why not, or an empty text.  `check` yields findings and raises `UndecidedError`
    where the history leaves the question open.
    """

    name: str
    sentence: str
    check: Callable[[Evidence], Iterable[Finding]]
    offered: Callable[[Evidence], str] = always


def after_successful(verb: str) -> Callable[[Evidence], str]:
    """Offers a claim only where a step of the verb said that it succeeded."""

    def offered(evidence: Evidence) -> str:
        return "" if any(e.succeeded for e in evidence.events(verb)) else f"no {verb} step reported success"

    return offered


def having(verb: str) -> Callable[[Evidence], str]:
    """Offers a claim only where the history has a step of the verb."""

    def offered(evidence: Evidence) -> str:
        return "" if any(evidence.events(verb)) else f"the scenario has no {verb} step"

    return offered
