"""All claims, by name, the gravest first: the first that fails is the one a home is shrunk for.

A new one is a module (or a function in one) and a place in this dict.
"""

from __future__ import annotations

from harness.claims import (
    at_once,
    by_hand,
    dual_write,
    ends_as_expected,
    interruption,
    overtaken,
    promises,
    reading,
    report,
    retention,
    safety,
    store,
    tree,
    way_back,
)
from harness.claims.claim import Claim, Finding, UndecidedError

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        *store.CLAIMS,
        *tree.CLAIMS,
        interruption.CLAIM,
        overtaken.CLAIM,
        at_once.CLAIM,
        *way_back.CLAIMS,
        by_hand.CLAIM,
        *retention.CLAIMS,
        *dual_write.CLAIMS,
        *safety.CLAIMS,
        *promises.CLAIMS,
        *reading.CLAIMS,
        ends_as_expected.CLAIM,
        *report.CLAIMS,
    )
}

__all__ = ["CLAIMS", "Claim", "Finding", "UndecidedError"]
