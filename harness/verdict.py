"""A *verdict* on a history: what each claim comes to, and the worst of them.

Fail beats unknown beats pass.  A claim that the history cannot show is *not offered* and counts for nothing; a
crash while judging is *unknown*, never a pass.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from harness.claims import CLAIMS, Claim, Finding, UndecidedError
from harness.evidence import Evidence

_FINDINGS_KEPT = 50  # per claim and case; a migrator that loses everything needs no longer list


class Status(IntEnum):
    """The outcome of a claim or of a case, ordered by weight."""

    NOT_OFFERED = 0
    PASS = 1
    UNKNOWN = 2
    FAIL = 3

    @property
    def word(self) -> str:
        """The status as shown to people."""
        return self.name.replace("_", " ").lower()


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What one claim came to; `note` says why it was not offered or is unknown."""

    claim: str
    status: Status
    findings: tuple[Finding, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The results of all claims on one history."""

    results: tuple[ClaimResult, ...]

    @property
    def status(self) -> Status:
        """The worst of the results; unknown when no claim could be tried at all."""
        return worst(result.status for result in self.results)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings in the order of the claims."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the claims that do not hold."""
        return tuple(result.claim for result in self.results if result.status is Status.FAIL)


def worst(statuses: Iterable[Status]) -> Status:
    """Returns the heaviest status; nothing tried at all is unknown, not a pass."""
    heaviest = max(statuses, default=Status.NOT_OFFERED)
    return Status.UNKNOWN if heaviest is Status.NOT_OFFERED else heaviest


def judge(evidence: Evidence, claims: Sequence[str] = (), own: Sequence[Claim] = ()) -> Verdict:
    """Returns the verdict of a story's own claims and the named ones (all, when none is named) on a history."""
    chosen = [*own, *(CLAIMS[name] for name in claims or CLAIMS)]
    return Verdict(tuple(_try(claim, evidence) for claim in chosen))


def _try(claim: Claim, evidence: Evidence) -> ClaimResult:
    findings: list[Finding] = []
    try:
        reason = claim.offered(evidence)
        if reason:
            return ClaimResult(claim.name, Status.NOT_OFFERED, note=reason)
        for finding in islice(claim.check(evidence), _FINDINGS_KEPT):
            findings.append(finding)  # noqa: PERF402 - those found before a crash must stay
    except UndecidedError as error:
        note = str(error) or "the claim does not say why"
    except Exception as error:  # noqa: BLE001 - a judge that crashes has not judged
        place = traceback.extract_tb(error.__traceback__)[-1]
        note = f"the harness could not judge: {type(error).__name__}: {error} ({place.name}, line {place.lineno})"
    else:
        note = ""
    if findings:
        return ClaimResult(claim.name, Status.FAIL, tuple(findings), note)
    return ClaimResult(claim.name, Status.UNKNOWN if note else Status.PASS, note=note)
