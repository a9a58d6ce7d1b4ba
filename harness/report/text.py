"""The console report: a failing verdict in six lines, a scenario in one, the gate's decision with its evidence."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.claims import CLAIMS, Finding
from harness.gate import Decision, GateResult, Metric, Reading
from harness.interruption import Kills
from harness.result import RunResult
from harness.sandbox.choose import Choice
from harness.strip import strip_lines
from harness.verdict import Status, Verdict

_NAMED = 3  # scenarios named in a decision; each has its own line above it
_WIDTH = 140  # characters of a value shown on one line
_WORDS = {
    Status.PASS: "PASS",
    Status.FAIL: "FAIL",
    Status.UNKNOWN: "UNKNOWN",
    Status.NOT_OFFERED: "NOT OFFERED",
}


def sandbox_lines(choice: Choice) -> Iterator[str]:
    """Yields which sandbox is used, why no stronger one, and what is weaker about it."""
    yield f"sandbox: {choice.level}"
    for level, reason in choice.refused:
        yield f"  not {level}: {reason}"
    if choice.weaker:
        yield f"  weaker than a container: {choice.weaker}"


def scenario_lines(result: RunResult, replay: str, *, brief: bool = False) -> Iterator[str]:
    """Yields one line on a scenario that passed, and the evidence where it did not.

    What no home could show is named, or where it has to be `brief` among many others, counted.
    """
    count = result.homes or len(result.verdicts)
    homes = _counted(count, "home")
    if len(result.verdicts) > count:
        homes += f", {len(result.verdicts)} cases"
    silent = _not_offered(result.verdicts) if result.status is Status.PASS else []
    unshown = f"; {_counted(len(silent), 'claim')} not offered" if silent and brief else ""
    about = f"{homes}, {result.seconds:.1f} s{_kills(result.kills)}{unshown}"
    yield f"{_WORDS[result.status]:8}{result.scenario}  ({about})"
    if not brief or result.status is not Status.PASS:
        yield from (f"  needs     step {need.step}: {need}" for need in result.needs)
        yield from strip_lines(result.listed, result.tried)
    if result.status is Status.PASS:
        if silent and not brief:
            yield f"        not offered: {', '.join(silent)}"
        yield from (f"  note      {_plain(note)}" for note in result.notes)
        return
    shown = result.smallest or next((v for v in result.verdicts if v.status is result.status), None)
    if shown is not None:
        yield from verdict_lines(shown, result.damage, result.steps)
    yield from (f"  fault     {_plain(what)}" for what in result.befell)
    yield from (f"  note      {_plain(note)}" for note in result.notes)
    yield f"  replay    {replay}"
    yield f"  kept in   {result.folder}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _kills(kills: Kills) -> str:
    if not kills.tried:
        return ""
    what = "faults" if kills.errors else "kills"
    return f"; {kills.landed} of {kills.tried} {what} landed, {kills.in_work} after the home had changed"


def _not_offered(verdicts: Iterable[Verdict]) -> list[str]:
    """Returns the claims of a scenario that no home could show, so that nobody takes them for passed."""
    seen: dict[str, set[Status]] = {}
    for verdict in verdicts:
        for result in verdict.results:
            seen.setdefault(result.claim, set()).add(result.status)
    return sorted(name for name, statuses in seen.items() if statuses == {Status.NOT_OFFERED})


def verdict_lines(
    verdict: Verdict, damage: tuple[str, ...] = (), steps: tuple[str, ...] = ()
) -> Iterator[str]:
    """Yields the first finding of each claim that fails, why the others are unknown, and what led there."""
    for result in verdict.results:
        if result.status is Status.FAIL:
            yield from _finding_lines(result.findings[0], len(result.findings) - 1)
        elif result.status is Status.UNKNOWN:
            yield f"  unknown   {result.claim}: {_plain(result.note)}"
    if damage:
        yield f"  damage    {', '.join(damage)}"
    if steps:
        yield f"  steps     {_plain(', '.join(steps))}"


def _finding_lines(finding: Finding, more: int) -> Iterator[str]:
    claim = CLAIMS.get(
        finding.claim
    )  # a story's own is not there, and says its sentence as what was expected
    yield f"  claim     {finding.claim}: {claim.sentence}" if claim else f"  claim     {finding.claim}"
    yield f"  subject   {_plain(finding.subject)}" + (f"  (and {more} more)" if more else "")
    yield f"  expected  {_shown(finding.expected)}"
    yield f"  found     {_shown(finding.found)}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=repr, ensure_ascii=False)
    text = _plain(text)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _plain(text: str) -> str:
    """Returns the text on one line, with all escaped that a terminal could not show or would obey."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def gate_lines(system: str, result: GateResult) -> Iterator[str]:
    """Yields the metrics and triggers with their values and limits, and the decision."""
    yield f"metrics and rollback triggers of {system}"
    yield from (_reading_line(reading) for reading in result.readings)
    words = {Decision.RELEASE: "RELEASE", Decision.HOLD: "HOLD", Decision.ROLL_BACK: "ROLL BACK"}
    unshown = [reading.of.name for reading in result.readings if reading.state == "not offered"]
    remarks = list(result.reasons)
    remarks += [f"not offered: {', '.join(unshown)}"] if unshown else []
    remarks += [f"not tried: {_some(result.untried)}"] if result.untried else []
    because = f"  ({'; '.join(remarks)})" if remarks else ""
    yield f"decision for {system}: {words[result.decision]}{because}"


def _some(names: Sequence[str]) -> str:
    """Returns the first names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _reading_line(reading: Reading) -> str:
    item = reading.of
    limit = f">= {item.at_least:g}" if isinstance(item, Metric) else f"<= {item.limit:g}"
    value = "-" if reading.value is None else f"{reading.value:g}"
    return f"  {reading.state:13}{value:>7} {item.unit:6} {limit:>7}  {item.name}: {item.sentence} [{item.source}]"


def replay_command(result: RunResult, asked: Mapping[str, str]) -> str:
    """Returns the one command that draws, runs, fails and shrinks the same again; `asked` are options by name."""
    words = ["harness", "run", result.scenario, "--seed", str(result.seed)]
    for name, value in asked.items():
        words += [f"--{name}", value] if value else []
    return shlex.join(words)
