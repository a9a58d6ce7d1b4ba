"""The report as data, for ``verdict.json`` and ``--json``: plain mappings that JSON can hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.fault import LACKS
from harness.gate import GateResult
from harness.result import RunResult
from harness.strip import LEGEND, layers, strip_of
from harness.verdict import Verdict


def run_data(result: RunResult, replay: str) -> dict[str, Any]:
    """Returns a scenario's result: status, cases with their claims and findings, and the replay command."""
    return {
        "scenario": result.scenario,
        "system": result.system,
        "profile": result.profile,
        "sandbox": result.level,
        "seed": result.seed,
        "status": result.status.word,
        "seconds": round(result.seconds, 3),
        "folder": result.folder,
        "replay": replay,
        "notes": list(result.notes),
        "kills": asdict(result.kills),
        "cases": [verdict_data(verdict) for verdict in result.verdicts],
        "smallest": verdict_data(result.smallest) if result.smallest else None,
        "damage": list(result.damage),
        "steps": list(result.steps),
        "homes": result.homes,
        "faults": list(result.faults),
        "layers": [asdict(layer) for layer in layers(result.listed, result.tried)],
        "strip": _strip(result),
        "needs": [{**asdict(need), "unit": LACKS[need.of], "ratio": need.ratio} for need in result.needs],
    }


def _strip(result: RunResult) -> dict[str, Any] | None:
    """Returns the strip of the first home, where a step met faults."""
    if not (result.listed and result.tried):
        return None
    first, home = result.listed[0], result.tried[0].home
    marks = strip_of(first.operations, [one for one in result.tried if one.home == home])
    return {"do": first.do, "operations": first.operations, "marks": marks, "legend": LEGEND}


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """Returns one case's verdict, every claim with its status, note and findings."""
    return {
        "status": verdict.status.word,
        "claims": {
            result.claim: {
                "status": result.status.word,
                "note": result.note,
                "findings": [
                    {"subject": f.subject, "expected": f.expected, "found": f.found, "step": f.step}
                    for f in result.findings
                ],
            }
            for result in verdict.results
        },
    }


def gate_data(system: str, result: GateResult) -> dict[str, Any]:
    """Returns the gate's decision on a system with each reading, its limit, unit and source."""
    return {
        "system": system,
        "decision": result.decision.name.lower(),
        "exit": result.decision.value,
        "reasons": list(result.reasons),
        "untried": list(result.untried),
        "readings": [
            {
                "name": reading.of.name,
                "state": reading.state,
                "value": reading.value,
                "unit": reading.of.unit,
                "source": reading.of.source,
            }
            for reading in result.readings
        ],
    }
