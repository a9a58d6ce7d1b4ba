"""One scenario from file to stored verdict: choose a sandbox, open it, run, write what a reader and a judge need."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from harness.exploration import Progress
from harness.fault import fault_of
from harness.folder import given_home, given_steps
from harness.report.data import run_data
from harness.report.text import replay_command, scenario_lines
from harness.result import RunResult
from harness.run import run_scenario
from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import Choice, Wanted, choose
from harness.scarcity import HOME_FILES, HOME_MB
from harness.scenario import Scenario, ScenarioError, load_scenario
from harness.store import RunFolder
from harness.sut import Profile, load_profile
from harness.systems import pack


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: `sandbox` is a level or ``auto``; `cases` 0 means what the scenario says; `profile` is a path,
    the name of one of the pack's profiles, or empty for the pack's own; `home` is the folder of a stored case or
    a copy of a home, which then is the home of `user` (by default the folder's name);
    `scenarios` is the folder of the scenario's file; with `every_fault` none are sampled, see `Scenario.with_every_fault`; `faults` are the only ones tried, see `harness.fault`; without `shrink` the first failing home is kept as it was drawn.
    """

    seed: int = 0
    cases: int = 0
    profile: str = ""
    sandbox: Wanted = "auto"
    home: str = ""
    user: str = ""
    runs: str = "runs"
    scenarios: str = "scenarios"
    shrink: bool = True
    faults: tuple[str, ...] = ()
    every_fault: bool = False


def silent(_begun: int, _wanted: int, _failed: int, _cases: int) -> None:
    """Shows no progress."""


def profile_for(system: str, named: str) -> Profile:
    """Returns the profile that a name, a path or nothing stands for.

    Raises:
        ProfileError: there is no such file or it is not a profile.
    """
    folder = pack(system).PROFILES
    path = Path(named) if named.endswith(".toml") else folder / f"{named or 'migrator'}.toml"
    return load_profile(path)


def run_file(path: Path, options: Options, progress: Progress = silent) -> RunResult:
    """Runs one scenario file, stores the run below ``runs/`` and returns its result.

    Raises:
        ScenarioError, ProfileError, UnknownSystemError: what was asked for cannot be run.
    """
    scenario = load_scenario(path)
    profile = profile_for(scenario.system, options.profile or scenario.profile)
    return run_loaded(scenario, profile, options, choose(options.sandbox, profile.image), progress)


def run_loaded(
    scenario: Scenario, profile: Profile, options: Options, choice: Choice, progress: Progress = silent
) -> RunResult:
    """Runs a scenario with a profile in a chosen sandbox, stores the run and returns its result."""
    if options.every_fault:
        scenario = scenario.with_every_fault()
    system = pack(scenario.system)
    if profile.system != scenario.system:
        raise ScenarioError(
            f"{scenario.name} is about {scenario.system}; the profile {profile.name} is for {profile.system}"
        )
    choice, size = room_for(scenario, options.sandbox, choice)
    given = Path(options.home).resolve() if options.home else None  # before `latest` moves on
    folder = RunFolder.create(Path(options.runs), scenario, profile, time.time(), keep=given)
    support = Path(profile.support) if profile.support else None
    try:
        with choice.open(support=support, **size) as session:
            result = run_scenario(
                system,
                scenario,
                profile,
                session,
                folder,
                number=options.seed,
                cases=options.cases or scenario.cases,
                progress=progress,
                home=given_home(given, options.user, session.root_for) if given else None,
                steps=given_steps(given) if given else (),
                shrink_failing=options.shrink,
                faults=[fault_of(label) for label in options.faults],
            )
        replay = replay_for(result, options)
        folder.write_json("verdict.json", run_data(result, replay))
        (folder.path / "report.txt").write_text(
            "\n".join(scenario_lines(result, replay)) + "\n", encoding="utf-8"
        )
    finally:
        folder.close()
    return result


def room_for(scenario: Scenario, wanted: Wanted, choice: Choice) -> tuple[Choice, dict[str, int]]:
    """Returns the sandbox for a scenario and the size of its homes' file system: a small one where it is to be filled up.

    bwrap cannot limit files; where that is needed and bwrap was not asked for by name, namespaces are made without it.
    """
    if not any(step.disk or step.inodes for step in scenario.steps):
        return choice, {}
    if (
        choice.level == "bubblewrap"
        and wanted in {"auto", "embedded"}
        and any(s.inodes for s in scenario.steps)
    ):
        with contextlib.suppress(SandboxError):
            choice = choose("namespaces", None)
    return choice, {"home_mb": HOME_MB, "home_files": HOME_FILES}


def replay_for(result: RunResult, options: Options) -> str:
    """Returns the command that repeats the run."""
    sandbox = "" if options.sandbox == "auto" else options.sandbox
    home = str(Path(options.home).resolve()) if options.home else ""  # `latest` will lead elsewhere
    cases = str(options.cases or "")
    asked = {
        "cases": cases,
        "home": home,
        "user": options.user,
        "profile": options.profile,
        "sandbox": sandbox,
        "fault": ",".join(result.faults or options.faults),
        "scenarios": "" if options.scenarios == "scenarios" else options.scenarios,
    }
    command = replay_command(result, asked)
    return f"{command} --every-fault" if options.every_fault and not asked["fault"] else command
