"""The spine with steps that are killed: what a run of them says, and what it must not say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from toy import Did, InMemory, Run, numbers_of, right, storing, tables_of

from harness.history import load
from harness.home import Home
from harness.interruption import Kills
from harness.report.data import run_data
from harness.report.text import scenario_lines
from harness.scenario import Scenario, ScenarioError, Step, load_scenario
from harness.store import RunFolder
from harness.verdict import Status

STEPS = [Step(do="migrate", kill="random"), Step(do="migrate")]
KILLED = Scenario(summary="s", system="toy", steps=STEPS, shows=["X-01"], name="toy-killed")


def half(_verb: str, home: Home) -> Did:
    """Dies when half of the rows are in."""
    numbers = numbers_of(home)
    return Did(storing(home, tables_of(numbers[: len(numbers) // 2])), -9)


def idle(_verb: str, home: Home) -> Did:
    return Did(home, -9)


def content_with_half(verb: str, home: Home) -> Did:
    """Takes a store that is there for a whole one."""
    return Did(home) if home.get("target.json") else right(verb, home)


def test_killed_and_run_again_the_right_migrator_passes(run: Run) -> None:
    result = run(asked=KILLED, session=InMemory(killed=half), cases=10)
    assert result.status is Status.PASS
    assert result.kills == Kills(tried=10, landed=10, in_work=10)
    statuses = {r.claim: r.status for verdict in result.verdicts for r in verdict.results}
    assert statuses["same-as-clean-run"] is Status.PASS


def test_the_killed_step_the_clean_one_and_the_next_begin_with_the_right_homes(run: Run) -> None:
    result = run(asked=KILLED, session=InMemory(killed=half), cases=5)
    folder = RunFolder.open(Path(result.folder))
    for _, history in folder.histories():
        killed, settled = history.events
        assert killed.kill is not None
        assert killed.kill.landed
        assert killed.before == history.home
        assert killed.kill.clean == settled.after == right("migrate", history.home).home
        assert killed.after == settled.before == half("migrate", history.home).home
    folder.close()


def test_one_who_trusts_a_half_done_migration_fails(run: Run) -> None:
    result = run(asked=KILLED, session=InMemory(content_with_half, killed=half))
    assert result.smallest is not None
    assert {"no-loss", "same-as-clean-run"} <= set(result.smallest.failed)
    assert result.notes == ()
    folder = RunFolder.open(Path(result.folder))
    assert numbers_of(load(folder.path / "smallest", folder.blobs).home) == [0]
    folder.close()


def test_where_no_kill_lands_the_result_is_unknown(run: Run) -> None:
    result = run(asked=KILLED, cases=3)
    assert result.status is Status.UNKNOWN
    assert result.kills == Kills(tried=3)
    assert result.notes == ("no kill landed: every step had ended before its moment came",)
    for verdict in result.verdicts[:3]:
        assert {r.claim: r.status for r in verdict.results}["same-as-clean-run"] is Status.NOT_OFFERED


def test_a_step_that_is_over_before_its_moment_is_begun_anew_on_the_same_home(run: Run) -> None:
    seen: list[Home] = []

    def watched(verb: str, home: Home) -> Did:
        seen.append(home)
        return right(verb, home)

    def dying(verb: str, home: Home) -> Did:
        seen.append(home)
        return half(verb, home)

    session = InMemory(watched, killed=dying, misses=2)
    result = run(asked=KILLED, session=session, cases=1)
    assert (result.status, result.kills) == (Status.PASS, Kills(tried=1, landed=1, in_work=1))
    assert [home == seen[0] for home in seen] == [True, True, True, True, False]
    assert len(set(session.moments)) == 3


def test_a_failure_stays_one_where_no_kill_lands(run: Run) -> None:
    result = run(lambda _verb, home: Did(home), asked=KILLED)
    assert result.status is Status.FAIL


def test_a_kill_of_a_verb_that_the_profile_lacks_is_none(run: Run) -> None:
    asked = Scenario(
        summary="s",
        system="toy",
        shows=["X-01"],
        name="toy",
        steps=[Step(do="migrate"), Step(do="dry_run", kill="random")],
    )
    result = run(asked=asked, cases=2)
    assert (result.status, result.kills) == (Status.PASS, Kills())


def test_moments_follow_from_seed_and_case_and_lie_in_the_run(run: Run) -> None:
    def moments(number: int) -> list[tuple[float, bool]]:
        session = InMemory(killed=half)
        run(asked=KILLED, session=session, cases=8, number=number)
        return session.moments

    assert moments(1) == moments(1)
    assert moments(1) != moments(2)
    assert len(set(moments(1))) == 8
    assert all(0 <= seconds < (0.005 if since_change else 0.01) for seconds, since_change in moments(1))


def test_a_given_home_is_killed_at_as_many_moments_as_asked_for(run: Run) -> None:
    home = Home.empty("/home/u", mtime_ns=1).with_file("legacy", b"[1, 2, 3, 4]")
    session = InMemory(killed=half)
    result = run(asked=KILLED, session=session, home=home, cases=6)
    assert (len(result.verdicts), len(set(session.moments))) == (6, 6)
    failing = run(asked=KILLED, session=InMemory(content_with_half, killed=half), home=home, cases=6)
    assert (len(failing.verdicts), failing.status) == (1, Status.FAIL)


def test_a_failure_that_another_moment_does_not_show_says_so(run: Run) -> None:
    calls = 0

    def half_once(verb: str, home: Home) -> Did:
        nonlocal calls
        calls += 1
        return half(verb, home) if calls == 4 else idle(verb, home)

    result = run(asked=KILLED, session=InMemory(content_with_half, killed=half_once))
    assert result.status is Status.FAIL
    (note,) = result.notes
    assert note.endswith(
        "a kill does not come at the same point of the work twice; the kept case shows what it left"
    )


def test_reports_say_how_many_kills_landed(run: Run) -> None:
    result = run(asked=KILLED, session=InMemory(killed=idle), cases=3)
    (first, *_) = scenario_lines(result, "again")
    assert first.endswith("; 3 of 3 kills landed, 0 after the home had changed)")
    assert json.loads(json.dumps(run_data(result, "again")))["kills"] == {
        "tried": 3,
        "landed": 3,
        "in_work": 0,
        "errors": 0,
    }
    (plain, *_) = scenario_lines(run(cases=1), "again")
    assert "kill" not in plain


def test_a_step_is_killed_or_has_company_but_not_both(tmp_path: Path) -> None:
    path = tmp_path / "toy-both.toml"
    path.write_text(
        'summary = "s"\nsystem = "toy"\nshows = ["X-01"]\n'
        'steps = [{ do = "migrate", kill = "random", meanwhile = "holder" }]\n'
    )
    with pytest.raises(ScenarioError, match="a step of migrate has both kill and meanwhile; use two steps"):
        load_scenario(path)
    path.write_text(path.read_text().replace("random", "often"))
    with pytest.raises(ScenarioError, match="Invalid enum value 'often'"):
        load_scenario(path)
