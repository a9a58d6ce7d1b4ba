"""Where else a result goes: a JUnit file that was asked for, and GitHub's step summary when it runs there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.gate import GateResult
from harness.report.github import step_summary, workflow_commands
from harness.report.junit import junit_xml
from harness.result import RunResult


def publish(
    told: Sequence[tuple[RunResult, str]], decisions: Mapping[str, GateResult], level: str, junit: str
) -> None:
    """Writes what was asked for; `told` are results with their replay commands, `junit` a path or empty."""
    if junit:
        Path(junit).write_text(junit_xml(told), encoding="utf-8")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in workflow_commands(told):
            print(line)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(step_summary(told, decisions, level))
