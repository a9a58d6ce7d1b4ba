"""``harness gate``: all scenarios of the named systems, several at a time, and the decision on the release."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from harness.commands.image import make_ready
from harness.commands.publish import publish
from harness.commands.run import options_of
from harness.gate import GateResult, decide
from harness.report.data import gate_data, run_data
from harness.report.text import gate_lines, sandbox_lines, scenario_lines
from harness.result import RunResult, unknown
from harness.sandbox.choose import choose
from harness.scenario import Scenario, ScenarioError, load_scenario, scenario_paths
from harness.session_run import Options, profile_for, replay_for, run_file
from harness.sut import load_profile
from harness.systems import PACKS, pack

_STEPS_OF_A_STORY = 10  # about, for nobody knows before they are drawn


def main(arguments: argparse.Namespace) -> int:
    """Runs the gate and returns 0 to release, 4 to hold, 5 to roll back."""
    began = time.monotonic()
    systems = _systems(arguments)
    chosen = _scenarios(Path(arguments.scenarios), systems, named=arguments.profile)
    options = _settled(options_of(arguments), systems, quiet=arguments.json)
    results: list[RunResult] = []
    for result in _run_all(chosen, options, arguments.jobs):
        results.append(result)
        if not arguments.json:
            print("\n".join(scenario_lines(result, replay_for(result, options), brief=True)), flush=True)
    decisions = {system: _decide(system, results, options) for system in systems}
    _show(arguments, options, results, decisions, time.monotonic() - began)
    told = [(result, replay_for(result, options)) for result in results]
    publish(told, decisions, options.sandbox, arguments.junit)
    return max(decision.decision.value for decision in decisions.values())


def _systems(arguments: argparse.Namespace) -> list[str]:
    """Returns the systems named; when none is, the one that the profile is for, or all."""
    named: list[str] = arguments.systems
    if not named and arguments.profile.endswith(".toml"):
        named = [load_profile(Path(arguments.profile)).system]
    for system in named:
        pack(system)
    return named or sorted(PACKS)


def _scenarios(folder: Path, systems: Sequence[str], *, named: str) -> list[tuple[Path, Scenario]]:
    """Returns the scenarios of the systems; where a profile is named, without those that are about another."""
    loaded = [(path, load_scenario(path)) for path in scenario_paths(folder)]
    chosen = [
        (path, scenario)
        for path, scenario in loaded
        if scenario.system in systems and not (named and scenario.profile)
    ]
    for system in systems:
        if not any(scenario.system == system for _, scenario in chosen):
            raise ScenarioError(
                f"no scenario of {system} in {folder}/; a gate without scenarios decides nothing"
            )
    return chosen


def _settled(options: Options, systems: Sequence[str], *, quiet: bool) -> Options:
    """Returns the options with the sandbox level chosen once, so that all scenarios run in the same."""
    image = profile_for(systems[0], options.profile).image
    choice = choose(make_ready(options.sandbox, image), image)
    if not quiet:
        print("\n".join(sandbox_lines(choice)), flush=True)
    return replace(options, sandbox=choice.level)


def _run_all(chosen: list[tuple[Path, Scenario]], options: Options, jobs: int) -> Iterator[RunResult]:
    """Yields results in the order of `chosen`, each as soon as it and those before it are there.

    Scenarios run in processes of their own, `jobs` at a time, the longest first, lest one of them be left for the end.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as workers:
        begun: dict[str, Future[RunResult]] = {
            scenario.name: workers.submit(run_file, path, options)
            for path, scenario in sorted(chosen, key=lambda one: -_work(one[1]))
        }
        waiting = [scenario for _, scenario in reversed(chosen)]
        for number, _ in enumerate(as_completed(begun.values()), 1):
            print(f"  {number} of {len(begun)} scenarios", file=sys.stderr, flush=True)
            while waiting and begun[waiting[-1].name].done():
                scenario = waiting.pop()
                error = begun[scenario.name].exception()
                yield _crashed(scenario, options, error) if error else begun[scenario.name].result()


def _work(scenario: Scenario) -> int:
    """Returns about how many steps the scenario takes; a story says that only when it is drawn."""
    return scenario.cases * (len(scenario.steps) or _STEPS_OF_A_STORY)


def _crashed(scenario: Scenario, options: Options, error: BaseException) -> RunResult:
    note = f"the harness crashed: {type(error).__name__}: {error}"
    return RunResult(
        scenario=scenario.name,
        system=scenario.system,
        profile=options.profile,
        level=options.sandbox,
        seed=options.seed,
        verdicts=(unknown(note),),
        smallest=None,
        damage=(),
        folder="(nothing kept)",
        seconds=0.0,
        notes=(note,),
    )


def _decide(system: str, results: Sequence[RunResult], options: Options) -> GateResult:
    known, profile = pack(system), profile_for(system, options.profile)
    own = [result for result in results if result.system == system]
    verdicts = [verdict for result in own for verdict in result.verdicts]
    untried = [result.scenario for result in own if not result.verdicts]
    needed = ({m.needs for m in known.METRICS} | {t.needs for t in known.TRIGGERS}) - {""}
    lacks = {need for need in needed if not profile.offers(need)}
    return decide(verdicts, known.METRICS, known.TRIGGERS, lacks=frozenset(lacks), untried=untried)


def _show(
    arguments: argparse.Namespace,
    options: Options,
    results: Sequence[RunResult],
    decisions: dict[str, GateResult],
    seconds: float,
) -> None:
    if arguments.json:
        data = {
            "sandbox": options.sandbox,
            "scenarios": [run_data(result, replay_for(result, options)) for result in results],
            "gate": [gate_data(system, result) for system, result in decisions.items()],
        }
        print(json.dumps(data, indent=2, default=repr))
        return
    homes = sum(result.homes for result in results)
    cases = sum(len(result.verdicts) for result in results)
    counts = f"{len(results)} scenarios, {homes} homes, {cases} cases"
    print(f"{counts}, {seconds:.0f} s, sandbox {options.sandbox}")
    for system, result in decisions.items():
        print("\n".join(gate_lines(system, result)))
