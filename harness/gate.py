"""The *release gate*: metrics with limits and triggers with consequences, both data, turn verdicts into a decision.

RELEASE when every metric is met and no trigger fired; ROLL_BACK when a trigger fired: users of this release would
have to be rolled back; HOLD in all other cases, unknown results among them: what was not measured is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.verdict import Status, Verdict

Measure = Callable[[Sequence[Verdict]], float | None]


class Decision(Enum):
    """What to do with the release; the value is the gate's exit status."""

    RELEASE = 0
    HOLD = 4
    ROLL_BACK = 5


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that the release must reach, with the place it comes from; `unit` is % or a count.

    `needs` is the verb (or ``reports``, ``backup``) without which a migrator cannot show it.
    """

    name: str
    sentence: str
    unit: str
    source: str
    measure: Measure
    at_least: float
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A number above which users must be rolled back; `limit` is the largest harmless value, `needs` as in `Metric`."""

    name: str
    sentence: str
    unit: str
    source: str
    measure: Measure
    limit: float
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric's or trigger's value over all cases; None when no case could show it."""

    of: Metric | Trigger
    value: float | None
    offered: bool = True

    @property
    def state(self) -> str:
        """Returns met, missed, fired, quiet, not measured, or not offered by a migrator that lacks the verb."""
        if not self.offered:
            return "not offered"
        if self.value is None:
            return "not measured"
        if isinstance(self.of, Metric):
            return "met" if self.value >= self.of.at_least else "missed"
        return "fired" if self.value > self.of.limit else "quiet"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The decision with its evidence: every reading, the worst status of all cases, and the scenarios without a case."""

    decision: Decision
    readings: tuple[Reading, ...]
    status: Status
    reasons: tuple[str, ...]
    untried: tuple[str, ...] = ()


def share_passing(*claims: str) -> Measure:
    """Returns the share in % of cases, of those that can show one of the claims, in which none of them fails."""

    def measure(verdicts: Sequence[Verdict]) -> float | None:
        tried = [statuses for verdict in verdicts if (statuses := _statuses(verdict, claims))]
        if not tried:
            return None
        return 100.0 * sum(1 for statuses in tried if set(statuses) == {Status.PASS}) / len(tried)

    return measure


def findings_of(*claims: str) -> Measure:
    """Returns the number of findings of the claims over all cases, None when none of them could be tried."""

    def measure(verdicts: Sequence[Verdict]) -> float | None:
        if not any(_statuses(verdict, claims) for verdict in verdicts):
            return None
        return float(sum(len(r.findings) for v in verdicts for r in v.results if r.claim in claims))

    return measure


def in_all_homes(name: str, sentence: str, source: str, *claims: str, needs: str = "") -> Metric:
    """Returns the metric that 100 % of the homes that can show the claims keep them all."""
    return Metric(name, sentence, "%", source, share_passing(*claims), at_least=100, needs=needs)


def in_no_home(name: str, sentence: str, source: str, *claims: str, needs: str = "") -> Trigger:
    """Returns the trigger that fires at the first finding of the claims, in any home."""
    return Trigger(name, sentence, "count", source, findings_of(*claims), limit=0, needs=needs)


def _statuses(verdict: Verdict, claims: Sequence[str]) -> list[Status]:
    chosen = [r.status for r in verdict.results if r.claim in claims]
    return [status for status in chosen if status is not Status.NOT_OFFERED]


def decide(
    verdicts: Sequence[Verdict],
    metrics: Sequence[Metric],
    triggers: Sequence[Trigger],
    *,
    lacks: frozenset[str] = frozenset(),
    untried: Sequence[str] = (),
) -> GateResult:
    """Returns the decision on all cases of a system; no cases at all is HOLD.

    `lacks` names what the migrator under test does not have: what needs it is not offered, which is shown and does
    not hold the release back; nor do scenarios that were `untried`, for want of a supervisor or of a place for what they ask.
    """
    items: tuple[Metric | Trigger, ...] = (*metrics, *triggers)
    readings = [Reading(item, item.measure(verdicts), item.needs not in lacks) for item in items]
    statuses = [verdict.status for verdict in verdicts] or [Status.UNKNOWN]
    reasons = [f"{r.of.name}: {r.state}" for r in readings if r.state in {"missed", "fired", "not measured"}]
    for status in (Status.FAIL, Status.UNKNOWN):
        count = statuses.count(status)
        if count:
            reasons.append(f"{count} case{'s' if count > 1 else ''} {status.word}")
    if any(reading.state == "fired" for reading in readings):
        decision = Decision.ROLL_BACK
    else:
        decision = Decision.HOLD if reasons else Decision.RELEASE
    return GateResult(decision, tuple(readings), max(statuses), tuple(reasons), tuple(untried))
