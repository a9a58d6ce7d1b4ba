"""Homes that the real upstream tool wrote: our migrator brings them over, and the oracle agrees to the field.

The homes are read from the folder of golden homes and skipped, visibly, where it is absent.  Each gets the empty
database that upstream's own schema steps made.
"""

from pathlib import Path
from random import Random

import pytest

from harness.branching import Branches
from harness.folder import read_folder
from harness.history import History
from harness.home import Home
from harness.run import judge_history
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


@pytest.mark.quality
@pytest.mark.parametrize("name", MIGRATED)
def test_golden_home_goes_there_and_back(name: str, golden: Path) -> None:
    system, profile = pack("ao"), profile_for("ao", "")
    with choose("embedded").open() as session:
        home = golden_home(golden, name, session.root_for("alice00"))
        branches = Branches(system, SCENARIO, profile, session, Random(0))
        ((events, _),) = branches.cases(home)
        history = History(home, events)
    verdict = judge_history(system, profile, SCENARIO, history)
    assert verdict.status is Status.PASS, verdict.findings
    migrated = next(event for event in history.events if event.do == "migrate")
    assert system.read_target(migrated.after)["sessions"].keys() == MIGRATED[name]
