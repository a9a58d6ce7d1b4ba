"""The spine, with a toy product and migrators that are functions: what it finds, what it keeps, what it leaves open."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import strategies as st
from toy import TOY, TOY_PROFILE, Did, InMemory, Run, numbers_of, right, scenario, storing, tables_of

from harness.draft import Draft, dealt
from harness.history import load
from harness.home import Home
from harness.result import RunResult
from harness.run import judge_again
from harness.scenario import ScenarioError
from harness.store import RunFolder
from harness.verdict import Status


def smallest_home(result: RunResult) -> Home:
    folder = RunFolder.open(Path(result.folder))
    found = load(folder.path / "smallest", folder.blobs)
    numbers = found.home.content("legacy")
    folder.close()
    return Home.empty("/").with_file("legacy", numbers)


def smallest_numbers(result: RunResult) -> list[int]:
    return numbers_of(smallest_home(result))


def drawn(result: RunResult) -> list[list[int]]:
    folder = RunFolder.open(Path(result.folder))
    numbers = [numbers_of(history.home) for name, history in folder.histories() if name != "smallest"]
    folder.close()
    return numbers


# -- wrong migrators -----------------------------------------------------------------------------------------------
def loses_large(verb: str, home: Home) -> Did:
    kept = [number if number <= 100 else -1 for number in numbers_of(home)]
    return Did(storing(home, tables_of(kept)))


def loses_the_third(verb: str, home: Home) -> Did:
    tables = {"notes": {key: row for key, row in tables_of(numbers_of(home))["notes"].items() if key != "2"}}
    return Did(storing(home, tables))


def fails_small_and_alters_large(verb: str, home: Home) -> Did:
    numbers = numbers_of(home)
    if max(numbers, default=0) > 100 and len(numbers) < 3:
        return Did(home, 5)
    return Did(storing(home, tables_of([min(number, 100) for number in numbers])))


def forgets_what_is_set_aside(verb: str, home: Home) -> Did:
    return Did(storing(home, tables_of(numbers_of(home))), 0)


# -- finding and shrinking -----------------------------------------------------------------------------------------
def test_the_right_migrator_passes_every_case(run: Run) -> None:
    result = run()
    assert result.status is Status.PASS
    assert len(result.verdicts) == 30
    assert (result.smallest, result.notes, result.damage) == (None, (), ())
    assert not (Path(result.folder) / "smallest").exists()


def test_a_planted_bug_is_found_and_shrunk_to_the_smallest_home(run: Run) -> None:
    result = run(loses_large)
    assert result.status is Status.FAIL
    assert result.smallest is not None
    assert result.smallest.failed == ("no-loss",)
    assert len(smallest_numbers(result)) == 1


def test_shrinking_reaches_the_least_number_of_records(run: Run) -> None:
    assert len(smallest_numbers(run(loses_the_third))) == 3


def test_the_first_failing_home_ends_the_drawing(run: Run) -> None:
    result = run(loses_large)
    assert [verdict.status for verdict in result.verdicts[:-1]] == [Status.PASS] * (len(result.verdicts) - 1)
    assert result.verdicts[-1].status is Status.FAIL
    assert len(result.verdicts) < 30


def test_shrinking_keeps_to_the_claim_that_failed_first(run: Run) -> None:
    result = run(fails_small_and_alters_large, number=4)
    assert result.verdicts[-1].failed == ("no-corruption",)
    assert result.smallest is not None
    assert result.smallest.failed == ("no-corruption",)
    assert len(smallest_numbers(result)) == 3


def test_without_shrinking_the_home_that_failed_is_kept(run: Run) -> None:
    result = run(loses_large, shrink_failing=False)
    assert smallest_numbers(result) == drawn(result)[-1]


def test_shrinking_ends_when_its_time_is_up_and_keeps_what_it_has(run: Run) -> None:
    ticks = iter(range(0, 10**9, 1000))
    session = InMemory(loses_large)
    result = run(session=session, clock=lambda: float(next(ticks)))
    assert result.status is Status.FAIL
    assert session.runs == len(result.verdicts) + 1  # to confirm
    assert smallest_numbers(result) == drawn(result)[-1]


def test_needless_damage_is_shrunk_away_and_needed_damage_is_named(run: Run) -> None:
    asked = scenario(home={"damage": ["any"], "damage_count": [0, 2]})
    assert run(loses_large, asked).damage == ()
    result = run(forgets_what_is_set_aside, asked)
    assert result.damage == ("negate",)
    assert result.smallest is not None
    assert result.smallest.failed == ("ends-as-expected",)
    assert len(smallest_numbers(result)) == 1


def test_damage_that_found_no_place_is_not_named(run: Run) -> None:
    result = run(loses_large, scenario(home={"damage": ["nothing"], "damage_count": [1, 1]}))
    assert (result.status, result.damage) == (Status.FAIL, ())


def test_a_home_that_was_drawn_from_one_seed_is_shrunk_like_any_other(run: Run) -> None:
    result = run(loses_large, scenario(generator="pool", home={"numbers": 30}))
    assert result.status is Status.FAIL
    assert len(smallest_numbers(result)) == 1


# -- repeating -----------------------------------------------------------------------------------------------------
def test_the_same_seed_draws_finds_and_shrinks_the_same(run: Run) -> None:
    one, other = run(loses_the_third, number=11), run(loses_the_third, number=11)
    assert drawn(one) == drawn(other)
    assert one.verdicts == other.verdicts
    assert one.smallest == other.smallest
    assert smallest_numbers(one) == smallest_numbers(other)


def test_what_a_seed_draws_does_not_depend_on_the_modules_that_are_loaded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn(run(number=3, cases=200))
    (tmp_path / "stranger.py").write_text(f"NUMBERS = {list(range(100, 1000, 7))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("stranger")
    assert drawn(run(number=3, cases=200)) == before


def test_another_seed_draws_other_homes(run: Run) -> None:
    assert drawn(run(number=1)) != drawn(run(number=2))


def test_a_stored_home_is_run_exactly(run: Run) -> None:
    failing = run(loses_large)
    again = run(loses_large, home=smallest_home(failing))
    assert drawn(again) == [smallest_numbers(failing)]
    assert [verdict.failed for verdict in again.verdicts] == [("no-loss",)]


def test_a_run_is_kept_with_its_seed_and_versions(run: Run) -> None:
    result = run(number=5, cases=3)
    kept = json.loads((Path(result.folder) / "run.json").read_text())
    assert (kept["seed"], kept["cases"], kept["level"]) == (5, 3, "bare")
    assert set(kept["versions"]) == {"hypothesis", "faker", "python"}


def test_a_kept_run_is_judged_to_the_same_verdicts(run: Run) -> None:
    result = run(loses_large)
    folder = RunFolder.open(Path(result.folder))
    again = judge_again(TOY, TOY_PROFILE, scenario(), folder)
    folder.close()
    assert tuple(again[f"{number:04d}"] for number in range(len(result.verdicts))) == result.verdicts
    assert again["smallest"] == result.smallest


def test_a_kept_case_that_was_laid_out_otherwise_stays_unknown(run: Run) -> None:
    result = run(session=InMemory(distort=lambda home: home.with_file("bystander", b"x")), cases=2)
    folder = RunFolder.open(Path(result.folder))
    again = judge_again(TOY, TOY_PROFILE, scenario(), folder)
    folder.close()
    assert {verdict.status for verdict in again.values()} == {Status.UNKNOWN}


def test_progress_is_told_after_each_case(run: Run) -> None:
    told: list[tuple[int, int, int, int]] = []
    result = run(loses_the_third, cases=20, progress=lambda *numbers: told.append(numbers))
    count = len(result.verdicts)
    assert told == [*((number, 20, 0, number) for number in range(1, count)), (count, 20, 1, count)]


# -- what stays open -----------------------------------------------------------------------------------------------
def test_a_sandbox_that_fails_makes_the_result_unknown(run: Run) -> None:
    result = run(session=InMemory(breaks=lambda call: call >= 4))
    assert result.status is Status.UNKNOWN
    assert result.notes == ("the sandbox failed: the runner failed at 'run': it ended",)
    assert [verdict.status for verdict in result.verdicts] == [Status.PASS] * 3 + [Status.UNKNOWN]


def test_a_sandbox_that_fails_once_is_not_asked_again(run: Run) -> None:
    session = InMemory(breaks=lambda call: call == 4)
    result = run(session=session)
    assert result.status is Status.UNKNOWN
    assert session.runs == 4


def test_where_no_home_can_be_drawn_the_result_is_an_unknown_case(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TOY, "states", lambda _shape: st.integers().filter(lambda _: False), raising=False)
    result = run()
    assert [verdict.status for verdict in result.verdicts] == [Status.UNKNOWN]
    assert result.notes == ("no home of this shape could be drawn",)


def test_a_sandbox_that_fails_after_a_failure_was_found_leaves_it_a_failure(run: Run) -> None:
    first = run(loses_large)
    found = len(first.verdicts)
    result = run(session=InMemory(loses_large, breaks=lambda call: call > found))
    assert result.status is Status.FAIL


def test_a_home_that_was_laid_out_otherwise_makes_the_result_unknown(run: Run) -> None:
    result = run(session=InMemory(distort=lambda home: home.with_file("legacy", b"[]", mtime_ns=2)), cases=2)
    assert result.status is Status.UNKNOWN
    assert {r.note for verdict in result.verdicts for r in verdict.results} == {
        "the sandbox did not lay out the home as asked"
    }


def test_a_migrator_without_end_makes_the_result_unknown(run: Run) -> None:
    result = run(lambda _verb, home: Did(home, timed_out=True), cases=2)
    assert result.status is Status.UNKNOWN


@pytest.mark.parametrize("moment", [1, 2, 5])
def test_a_migrator_that_fails_once_only_is_never_passed(run: Run, moment: int) -> None:
    calls = 0

    def moody(verb: str, home: Home) -> Did:
        nonlocal calls
        calls += 1
        return Did(home, 5) if calls == moment else right(verb, home)

    result = run(moody)
    assert result.status is Status.FAIL
    assert result.notes == (
        "ends-as-expected held when the failing home was tried again: the migrator does not repeat itself",
    )


def test_a_crash_of_the_pack_is_no_verdict(run: Run) -> None:
    def crashes(_verb: str, _home: Home) -> Did:
        raise ZeroDivisionError("in the harness itself")

    with pytest.raises(ZeroDivisionError):
        run(crashes)


# -- steps and actors ----------------------------------------------------------------------------------------------
def test_a_verb_that_the_profile_lacks_is_passed_over(run: Run) -> None:
    session = InMemory()
    result = run(asked=scenario("dry_run", "migrate", "verify"), session=session, cases=1)
    assert session.argvs == [["migrate"], ["verify"]]
    assert result.status is Status.PASS
    statuses = {r.claim: r.status for r in result.verdicts[0].results}
    assert statuses["dry-run-is-clean"] is Status.NOT_OFFERED
    assert statuses["reading-is-clean"] is Status.PASS


def test_where_the_profile_lacks_every_verb_nothing_is_passed(run: Run) -> None:
    result = run(asked=scenario("dry_run", "inspect"), cases=2)
    assert result.status is Status.UNKNOWN


def test_an_actor_is_at_work_during_its_step_only(run: Run) -> None:
    result = run(asked=scenario("migrate", "migrate", meanwhile="holder"), cases=3)
    assert result.status is Status.PASS
    folder = RunFolder.open(Path(result.folder))
    for _, history in folder.histories():
        refused, done = history.events
        assert (refused.outcome, refused.meanwhile, refused.conditions) == (
            "refused",
            "holder",
            frozenset({"locked"}),
        )
        assert refused.before.get("lock") is not None
        assert (done.outcome, done.conditions, done.before.get("lock")) == ("done", frozenset(), None)
    folder.close()


def test_a_migrator_that_ignores_an_actor_fails(run: Run) -> None:
    def bold(verb: str, home: Home) -> Did:
        did = right(verb, home.without("lock"))
        return replace(did, home=did.home.with_file("lock", b"1\n"))

    result = run(bold, scenario("migrate", meanwhile="holder"))
    assert result.smallest is not None
    assert "ends-as-expected" in result.smallest.failed


def test_an_actor_that_nobody_knows_is_a_plain_error(run: Run) -> None:
    with pytest.raises(ScenarioError, match="no such actor: ghost; known are holder"):
        run(asked=scenario(meanwhile="ghost"))


def test_damage_or_a_shape_that_nobody_knows_is_a_plain_error(run: Run) -> None:
    with pytest.raises(ScenarioError, match="no such damage: flood; known are negate, nothing"):
        run(asked=scenario(home={"damage": ["flood"]}))
    with pytest.raises(ScenarioError, match=r"toy-any: home: .*colour"):
        run(asked=scenario(home={"colour": "red"}))
    with pytest.raises(ScenarioError, match="at least 2 damages are asked for, of 1"):
        run(asked=scenario(home={"damage": ["negate"], "damage_count": [2, 3]}))


def test_the_support_folder_stands_where_the_commands_say(run: Run) -> None:
    session = InMemory(support="/support")
    profile = msgspec.structs.replace(TOY_PROFILE, verbs={"migrate": ["migrate", "{support}/tool"]})
    run(session=session, profile=profile, cases=1)
    assert session.argvs == [["migrate", "/support/tool"]]


def test_a_report_too_deep_to_parse_is_kept_as_text(run: Run) -> None:
    deep = b"[" * 100_000
    result = run(lambda verb, home: replace(right(verb, home), report=deep), cases=1)
    folder = RunFolder.open(Path(result.folder))
    ((_, history),) = folder.histories()
    folder.close()
    assert history.events[0].report == deep.decode()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (None, None),
        (b'{"a": 1}', {"a": 1}),
        (b"not JSON", "not JSON"),
        (b"\xff{", "\ufffd{"),
        (b"[1, 2]", [1, 2]),
    ],
)
def test_a_report_is_kept_parsed_or_as_it_is(run: Run, written: bytes | None, kept: object) -> None:
    result = run(lambda verb, home: replace(right(verb, home), report=written), cases=1)
    folder = RunFolder.open(Path(result.folder))
    ((_, history),) = folder.histories()
    folder.close()
    assert history.events[0].report == kept
    assert history.events[0].stdout == "out \ufffd"


def test_each_damage_is_dealt_before_any_comes_again() -> None:
    names = [f"damage-{number}" for number in range(7)]
    found = [Draft((), None, ("damage-0",) * count) for count in (0, 3, 2, 4, 5, 1)]
    hands = [draft.damage for draft in dealt(found, names, 1)]
    assert [len(hand) for hand in hands] == [0, 3, 2, 4, 5, 1]
    assert all(len(set(hand)) == len(hand) for hand in hands)
    count = Counter(name for hand in hands for name in hand)
    assert set(count.values()) == {2, 3}
    assert hands == [draft.damage for draft in dealt(found, names, 1)]
    assert hands != [draft.damage for draft in dealt(found, names, 2)]
