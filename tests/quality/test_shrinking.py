"""How small is the home that reproduces a failure: one project and one session, where that is enough."""

from contextlib import closing
from pathlib import Path

import pytest
from test_saboteurs import FOLDER, constants, sabotaged

from harness.cli import main
from harness.home import Home
from harness.sandbox.choose import choose
from harness.scenario import load_scenario
from harness.session_run import Options, run_loaded
from harness.store import RunFolder

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def session_files(home: Home) -> list[str]:
    return [path for path in home.entries if "/sessions/" in path and path.endswith(".json")]


@pytest.mark.quality
@pytest.mark.parametrize("name", ["forgets_last_session", "maps_stuck_to_active", "forgets_transcripts"])
def test_failing_home_shrinks_to_one_session(name: str, tmp_path: Path) -> None:
    about = constants(FOLDER / f"{name}.py")
    scenario = load_scenario(SCENARIOS / f"{about['SCENARIO']}.toml")
    options = Options(runs=str(tmp_path), sandbox="embedded", seed=3)
    result = run_loaded(scenario, sabotaged(FOLDER / f"{name}.py"), options, choose("embedded"))
    with closing(RunFolder.open(Path(result.folder))) as folder:
        home = dict(folder.histories())["smallest"].home
    assert result.smallest is not None
    assert about["CLAIM"] in result.smallest.failed
    assert len(session_files(home)) == 1, session_files(home)


@pytest.mark.quality
def test_replaying_the_stored_home_passes_with_the_right_migrator(tmp_path: Path) -> None:
    if choose("embedded").level == "bare":
        pytest.skip(
            "a bare process has its home in another place each time, so a stored home cannot lie there again"
        )
    options = Options(runs=str(tmp_path), sandbox="embedded", shrink=False)
    scenario = load_scenario(SCENARIOS / "ao-clean.toml")
    result = run_loaded(scenario, sabotaged(FOLDER / "forgets_last_session.py"), options, choose("embedded"))
    case = f"{result.folder}/smallest"
    again = ["run", "ao-clean", "--home", case, "--sandbox", "embedded", "--runs", str(tmp_path / "again")]
    assert main(again) == 0
