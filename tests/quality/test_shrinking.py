"""How small is the home that reproduces a failure: one project and one session, where that is enough."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from test_saboteurs import FOLDER, constants, sabotaged

from harness import exploration
from harness.cli import main
from harness.home import Home
from harness.result import RunResult
from harness.sandbox.choose import choose
from harness.scenario import find_scenario, load_scenario
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
@pytest.mark.parametrize("name", ["fails_unknown_statuses", "forgets_search"])
def test_failing_home_of_the_editor_shrinks_to_one_session(name: str, tmp_path: Path) -> None:
    saboteur = FOLDER / "ait42" / f"{name}.py"
    about = constants(saboteur)
    scenario = load_scenario(SCENARIOS / f"{about['SCENARIO']}.toml")
    options = Options(runs=str(tmp_path), sandbox="embedded", seed=3)
    result = run_loaded(scenario, sabotaged(saboteur), options, choose("embedded"))
    with closing(RunFolder.open(Path(result.folder))) as folder:
        home = dict(folder.histories())["smallest"].home
        (path,) = session_files(home)
        assert len(json.loads(home.content(path))) == 1
    assert result.smallest is not None
    assert about["CLAIM"] in result.smallest.failed


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


def told_by(saboteur: str, story: str, runs: Path) -> RunResult:
    """Returns what a story says of a saboteur; its steps are shrunk first, so a little time is enough."""
    scenario = load_scenario(find_scenario(story, SCENARIOS))
    options = Options(runs=str(runs), sandbox="embedded", cases=60)
    return run_loaded(scenario, sabotaged(FOLDER / f"{saboteur}.py"), options, choose("embedded"))


@pytest.mark.quality
def test_a_backup_that_goes_too_early_shrinks_to_the_two_steps_that_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploration, "_SHRINK_SECONDS", 15.0)
    result = told_by("prunes_young_backups", "ao-any-order", tmp_path)
    assert result.smallest is not None
    assert "retention-kept" in result.smallest.failed
    assert result.steps == ("migrate", "prune")
    assert main(["judge", result.folder, "--scenarios", str(SCENARIOS)]) == 1
    if result.level != "bare":  # there a stored home cannot lie in its place again
        again = ["run", "ao-any-order", "--home", f"{result.folder}/smallest", "--sandbox", "embedded"]
        assert main([*again, "--scenarios", str(SCENARIOS), "--runs", str(tmp_path / "again")]) == 0


@pytest.mark.quality
def test_a_row_that_goes_with_its_ended_session_shrinks_to_two_weeks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploration, "_SHRINK_SECONDS", 30.0)
    result = told_by("drops_ended_sessions", "ao-long-life", tmp_path)
    assert result.smallest is not None
    assert "no-loss" in result.smallest.failed
    assert result.steps[-1] == "week legacy-session-ended"
    assert len(result.steps) <= 3
