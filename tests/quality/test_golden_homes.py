"""Homes that the real upstream tool wrote: our migrator brings them over, and the oracle agrees to the field.

The homes are read from the folder of golden homes and skipped, visibly, where it is absent.  Each of ao gets the empty
database that upstream's own schema steps made.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest

from harness.branching import Branches
from harness.folder import read_folder
from harness.history import History
from harness.home import Home
from harness.result import judge_history
from harness.sandbox.choose import choose
from harness.scenario import Scenario, Step
from harness.session_run import profile_for
from harness.systems import pack
from harness.verdict import Status

STEPS = ("inspect", "plan", "dry_run", "migrate", "verify", "status", "migrate", "rollback", "rollback")
SCENARIO = Scenario(
    summary="All verbs over a golden home.",
    system="ao",
    steps=[Step(do=verb) for verb in STEPS],
    shows=["M-01"],
    name="golden",
)
MIGRATED = {
    "home-v2": {"ma-1", "ma-2", "ma-4", "ma-orchestrator"},
    "home-v1-converted": {"ao-2", "ao-1__from-aaaaaaaaaaaa", "ao-orchestrator-1", "ao-3"},
}


def golden_home(golden: Path, name: str, root: str) -> Home:
    home = read_folder(golden / "ao" / name, root)
    for path, entry in home.entries.items():  # the folder may be kept read-only; the user's home was not
        home = home.with_mode(path, entry.mode | (0o700 if entry.kind == "dir" else 0o600))
    return home.with_file(".ao/data/ao.db", (golden / "ao/ao-v12-empty.db").read_bytes(), mode=0o644)


def there_and_back(scenario: Scenario, user: str, home_at: Callable[[str], Home]) -> History:
    """Returns what all verbs did to a home, once everything that is claimed of it holds."""
    system, profile = pack(scenario.system), profile_for(scenario.system, "")
    with choose("embedded").open() as session:
        home = home_at(session.root_for(user))
        branches = Branches(system, scenario, profile, session, Random(0))
        ((events, _),) = branches.cases(home)
        history = History(home, events)
    verdict = judge_history(system, profile, scenario, history)
    assert verdict.status is Status.PASS, verdict.findings
    return history


@pytest.mark.quality
@pytest.mark.parametrize("name", MIGRATED)
def test_golden_home_goes_there_and_back(name: str, golden: Path) -> None:
    history = there_and_back(SCENARIO, "alice00", lambda root: golden_home(golden, name, root))
    first = next(event for event in history.events if event.do == "migrate")
    assert pack("ao").read_target(first.after)["sessions"].keys() == MIGRATED[name]


SKILLS = {"v3_mgr.db": 1083, "v3_cli.db": 0, "v3_wal_left": 60, "v4_half_tables.db": 1083}
"""The databases of session-buddy, with the number of invocations in each."""


def skills_home(golden: Path, name: str, root: str) -> Home:
    home = Home.empty(root)
    for folder in (".claude", ".claude/data"):
        home = home.with_kind(folder, "dir", mode=0o755)
    files = {"": golden / "session_buddy" / name}
    if files[""].is_dir():
        files = {end: golden / "session_buddy" / name / f"session_buddy.db{end}" for end in ("", "-wal")}
    for end, file in files.items():
        home = home.with_file(f".claude/data/session_buddy.db{end}", file.read_bytes(), mode=0o644)
    return home


@pytest.mark.quality
@pytest.mark.parametrize("name", SKILLS)
def test_golden_skills_database_gains_version_4_and_loses_it(name: str, golden: Path) -> None:
    steps = [*(Step(do=verb) for verb in STEPS[:-2]), Step(do="query", operations=12), Step(do="rollback")]
    scenario = msgspec.structs.replace(SCENARIO, system="session-buddy", steps=steps)
    history = there_and_back(scenario, "u", lambda root: skills_home(golden, name, root))
    first = next(event for event in history.events if event.do == "migrate")
    tables = pack("session-buddy").read_target(first.after)
    assert len(tables["skill_invocation"]) == SKILLS[name]
    assert (
        sum(row["total_invocations"] for row in tables["skill_community_baselines"].values()) == SKILLS[name]
    )
