"""The report as JUnit XML, as common CI viewers read it: a suite a scenario, a test case a claim.

A claim that fails in any home is a ``failure``, one that is unknown an ``error``, one that no home could show is
``skipped``: never a pass.  Times are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from harness.report.text import verdict_lines
from harness.result import RunResult
from harness.verdict import ClaimResult, Status, Verdict

_TAGS = {Status.FAIL: "failure", Status.UNKNOWN: "error", Status.NOT_OFFERED: "skipped"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Iterable[tuple[RunResult, str]]) -> str:
    """Returns the document for results with their replay commands."""
    suites = ET.Element("testsuites", name="migration-harness")
    for result, replay in results:
        suites.append(_suite(result, replay))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(result: RunResult, replay: str) -> ET.Element:
    worst = _worst_by_claim(result.verdicts)
    counts = [claim.status for claim, _ in worst.values()]
    suite = ET.Element(
        "testsuite",
        name=result.scenario,
        tests=str(len(worst)),
        failures=str(counts.count(Status.FAIL)),
        errors=str(counts.count(Status.UNKNOWN)),
        skipped=str(counts.count(Status.NOT_OFFERED)),
        time=f"{result.seconds:.3f}",
    )
    for name, (claim, verdict) in worst.items():
        case = ET.SubElement(
            suite, "testcase", classname=f"{result.system}.{result.scenario}", name=name, time="0"
        )
        if claim.status is not Status.PASS:
            element = ET.SubElement(case, _TAGS[claim.status], message=_text(_message(claim)))
            element.text = _text(
                "\n".join([*verdict_lines(verdict, result.damage, result.steps), f"  replay    {replay}"])
            )
    return suite


def _worst_by_claim(verdicts: Iterable[Verdict]) -> dict[str, tuple[ClaimResult, Verdict]]:
    worst: dict[str, tuple[ClaimResult, Verdict]] = {}
    for verdict in verdicts:
        for claim in verdict.results:
            if claim.claim not in worst or claim.status > worst[claim.claim][0].status:
                worst[claim.claim] = (claim, Verdict((claim,)))
    return worst


def _message(claim: ClaimResult) -> str:
    return f"{claim.findings[0].subject}: {claim.findings[0].found}" if claim.findings else claim.note


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
