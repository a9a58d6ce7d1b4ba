"""The report for GitHub Actions: a step summary in Markdown, and an annotation for each scenario that does not pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.gate import GateResult
from harness.report.text import gate_lines, scenario_lines
from harness.result import RunResult
from harness.verdict import Status

_MARKS = {Status.PASS: "✅", Status.FAIL: "❌", Status.UNKNOWN: "❓", Status.NOT_OFFERED: "❓"}


def step_summary(
    results: Iterable[tuple[RunResult, str]], decisions: Mapping[str, GateResult], level: str
) -> str:
    """Returns the summary: the decisions, a table of the scenarios, and the evidence of what does not pass."""
    parts = ["## Release gate\n" if decisions else "## Scenario\n"]
    parts += [
        f"**{system}: {d.decision.name.replace('_', ' ').lower()}**\n" for system, d in decisions.items()
    ]
    parts.append(f"\nSandbox: {level}\n\n| | scenario | homes | cases | seconds |\n|---|---|---|---|---|\n")
    evidence = []
    for result, replay in results:
        counts = f"{result.homes} | {len(result.verdicts)} | {result.seconds:.1f}"
        parts.append(f"| {_MARKS[result.status]} | {result.scenario} | {counts} |\n")
        if result.status is not Status.PASS:
            evidence.append(_block(scenario_lines(result, replay)))
    parts += evidence
    parts += [_block(gate_lines(system, decision)) for system, decision in decisions.items()]
    return "".join(parts)


def _block(lines: Iterable[str]) -> str:
    text = "\n".join(lines).replace("```", "'''")
    return f"\n```text\n{text}\n```\n"


def workflow_commands(results: Iterable[tuple[RunResult, str]]) -> Iterator[str]:
    """Yields a workflow command for each scenario that does not pass: error for fail, warning for unknown."""
    for result, replay in results:
        if result.status is Status.PASS:
            continue
        kind = "error" if result.status is Status.FAIL else "warning"
        message = "\n".join(scenario_lines(result, replay))
        yield f"::{kind} title={_property(result.scenario)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
