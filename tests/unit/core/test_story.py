"""Stories: steps in any order, told again from what is stored, shrunk to the few that matter, judged from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec
import pytest
from handwritten import event, evidence, home, stored
from toy import TOY_PROFILE, Did, InMemory, Migrator, Toy, numbers_of, right, storing, tables_of

from harness.commands import judge as judge_command
from harness.draft import drafts
from harness.draws import drawn_apart
from harness.expectation import Expectation, Fate
from harness.folder import given_steps
from harness.history import Event, History
from harness.home import Home
from harness.moment import moments
from harness.result import RunResult
from harness.run import judge_again, run_scenario
from harness.scenario import Scenario, ScenarioError, find_scenario, load_scenario, scenario_paths, story_of
from harness.store import RunFolder
from harness.story import StoryError, Told
from harness.sut import Verb
from harness.system import Actor, System
from harness.verdict import Status

STORY = '''"""Whatever happens, every number is somewhere."""

from hypothesis import strategies as st

from harness.story import Story

story = Story(system="toy", shows=["M-03"], home={"numbers": 4}, cases=40)


@story.step
def migrate(world):
    world.migrate()


@story.step(when=lambda world: world.offers("rollback"))
def rollback(world):
    world.rollback()


@story.step(when=lambda world: world.offers("prune"))
def prune(world):
    world.prune()


@story.step
def new_work(world):
    world.meanwhile("neighbour")


@story.step(damage=st.sampled_from(["negate", "nothing"]), seed=st.integers(0, 99))
def damage(world, damage="negate", seed=0):
    world.damage(damage, seed)


@story.always
def others_work_stays(world):
    """What others put into the target is there."""
    return sorted(world.theirs - world.kept)
'''


def neighbour(found: Home, _: object) -> Home | None:
    """A row of somebody else's is in the store from now on."""
    tables = rows_of(found)
    return storing(found, {"notes": {**tables, f"other-{len(tables)}": {"value": 7}}})


def rows_of(found: Home) -> Mapping[str, Mapping[str, int]]:
    rows = json.loads(found.content("target.json"))["notes"] if found.get("target.json") else {}
    return cast("Mapping[str, Mapping[str, int]]", rows)


class Lively(Toy):
    """The toy, with a neighbour who works in the same store; what is there stays there."""

    ACTORS: Mapping[str, Actor] = {
        **Toy.ACTORS,
        "neighbour": Actor("adds a row", (), frozenset(), neighbour),
    }

    def expect(self, home: Home, conditions: frozenset[str]) -> Expectation:
        mine = tables_of(numbers_of(home))["notes"]
        return replace(super().expect(home, conditions), tables={"notes": {**mine, **rows_of(home)}})


LIVELY = cast("System", Lively())


def tactful(verb: str, found: Home) -> Did:
    """The right migrator: it adds its rows, and takes back only those."""
    rows = dict(rows_of(found))
    mine = tables_of(numbers_of(found))["notes"]
    if verb == "migrate":
        status = 4 if min(numbers_of(found), default=0) < 0 else 0
        return Did(storing(found, {"notes": {**mine, **rows}}), status)
    kept = {key: row for key, row in rows.items() if key.startswith("other")}
    if verb == "rollback":
        return Did(storing(found, {"notes": kept}) if kept else found.without("target.json"))
    return Did(found)


def ruthless(verb: str, found: Home) -> Did:
    return right(verb, found) if verb == "rollback" else tactful(verb, found)


Run = Callable[..., RunResult]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "scenarios").mkdir()
    path = tmp_path / "scenarios" / "toy-any-order.py"
    path.write_text(STORY)
    return path


@pytest.fixture
def run(tmp_path: Path, path: Path) -> Iterator[Run]:
    folders: list[RunFolder] = []

    def run_it(
        migrator: Migrator = tactful, *, number: int = 0, cases: int = 40, **more: object
    ) -> RunResult:
        asked = load_scenario(path)
        folders.append(RunFolder.create(tmp_path / str(len(folders)), asked, TOY_PROFILE, 0.0))
        session = InMemory(migrator).as_session()
        options = {"number": number, "cases": cases, **more}
        return run_scenario(LIVELY, asked, TOY_PROFILE, session, folders[-1], **options)  # type: ignore[arg-type]

    yield run_it
    for folder in folders:
        folder.close()


def histories(result: RunResult) -> dict[str, History]:
    with closing(RunFolder.open(Path(result.folder))) as folder:
        return dict(folder.histories())


def numbers(result: RunResult) -> dict[str, list[int]]:
    with closing(RunFolder.open(Path(result.folder))) as folder:
        return {name: numbers_of(history.home) for name, history in folder.histories()}


# -- telling -------------------------------------------------------------------------------------------------------
def test_the_right_migrator_passes_in_any_order(run: Run) -> None:
    result = run()
    assert result.status is Status.PASS, (result.smallest, result.steps)
    orders = {tuple(row[0] for row in found.draft["steps"]) for found in histories(result).values()}
    assert len(orders) > 20
    assert any(len(order) > 4 for order in orders)


def test_events_are_numbered_in_order_and_name_what_others_did_before(run: Run) -> None:
    found = list(histories(run()).values())
    for history in found:
        assert [event.step for event in history.events] == list(range(len(history.events)))
    deeds = {deed for history in found for event in history.events for deed in event.meanwhile.split(", ")}
    assert deeds == {"", "neighbour", "negate"}


def test_a_step_that_may_not_be_taken_is_passed_over_and_not_told(run: Run) -> None:
    assert TOY_PROFILE.offers("rollback")
    assert not TOY_PROFILE.offers("prune")
    told = {row[0] for history in histories(run()).values() for row in history.draft["steps"]}
    assert told == {"migrate", "rollback", "new-work", "damage"}


def test_a_case_in_which_no_verb_ran_counts_for_nothing(run: Run, path: Path) -> None:
    assert all(history.events for history in histories(run()).values())
    path.write_text(STORY.replace("world.migrate()", "pass").replace("world.rollback()", "pass"))
    result = run()
    assert (result.status, result.verdicts) == (Status.UNKNOWN, ())


def test_the_same_seed_tells_the_same(run: Run) -> None:
    one, other = run(number=3), run(number=3)
    assert [h.draft for h in histories(one).values()] == [h.draft for h in histories(other).values()]
    assert [h.draft for h in histories(run(number=4)).values()] != [h.draft for h in histories(one).values()]


# -- finding, shrinking, repeating ---------------------------------------------------------------------------------
def test_a_planted_bug_shrinks_to_the_shortest_order(run: Run) -> None:
    result = run(ruthless)
    assert result.smallest is not None
    assert result.smallest.failed[0] == "others-work-stays"
    assert result.steps == ("new-work", "rollback")
    assert numbers(result)["smallest"] == []


def test_an_argument_that_does_not_matter_is_left_to_its_default(run: Run) -> None:
    def drops_all_when_one_is_negative(verb: str, found: Home) -> Did:
        if verb == "migrate" and min(numbers_of(found), default=0) < 0:
            return Did(found.with_file("target.json", stored({"notes": {}}).encode()), 4)
        return tactful(verb, found)

    result = run(drops_all_when_one_is_negative)
    assert result.status is Status.FAIL
    assert result.steps in {("new-work", "damage", "migrate"), ("migrate", "damage", "migrate")} | {
        ("damage", "migrate")
    }


def test_a_stored_case_is_told_again_step_by_step(run: Run) -> None:
    failing = run(ruthless)
    smallest = Path(failing.folder) / "smallest"
    steps = given_steps(smallest)
    assert steps == (Told("new-work"), Told("rollback"))
    found = histories(failing)["smallest"].home
    again = run(ruthless, home=Home.empty(found.root, mtime_ns=1).with_file("legacy", b"[]"), steps=steps)
    assert len(again.verdicts) == 1
    assert again.verdicts[0].failed == failing.smallest.failed if failing.smallest else False


def test_a_folder_that_is_no_stored_case_says_no_steps(tmp_path: Path) -> None:
    assert given_steps(tmp_path) == ()


def test_over_a_given_home_the_steps_are_drawn_and_only_they_are_shrunk(run: Run) -> None:
    given = Home.empty("/home/u", mtime_ns=1).with_file("legacy", b"[1, 2, 3]")
    result = run(ruthless, home=given)
    assert len(result.verdicts) > 1
    assert result.steps == ("new-work", "rollback")
    assert set(map(tuple, numbers(result).values())) == {(1, 2, 3)}


def test_a_stored_run_is_judged_again_with_the_storys_own_claims(run: Run, path: Path) -> None:
    result = run(ruthless)
    with closing(RunFolder.open(Path(result.folder))) as folder:
        scenario = msgspec.json.decode((folder.path / "scenario.json").read_bytes(), type=Scenario)
        again = judge_again(LIVELY, TOY_PROFILE, scenario, folder)
        assert again["smallest"] == result.smallest
        path.write_text(STORY.replace("world.theirs - world.kept", "[]"))
        milder = judge_again(LIVELY, TOY_PROFILE, scenario, folder)
        assert "others-work-stays" not in milder["smallest"].failed
        path.unlink()
        with pytest.raises(ScenarioError, match=r"toy-any-order\.py: cannot be read"):
            judge_again(LIVELY, TOY_PROFILE, scenario, folder)


def test_an_assertion_in_an_invariant_fails_with_its_text(run: Run, path: Path) -> None:
    own = "return sorted(world.theirs - world.kept)"
    path.write_text(STORY.replace(own, "assert world.theirs <= world.kept"))
    result = run(ruthless)
    assert result.smallest is not None
    finding = result.smallest.findings[0]
    assert finding.claim == "others-work-stays"
    assert finding.subject == "assert world.theirs <= world.kept"


def test_an_argument_that_cannot_be_written_down_is_told(run: Run, path: Path) -> None:
    path.write_text(STORY.replace("st.integers(0, 99)", "st.tuples(st.integers(0, 99))"))
    with pytest.raises(StoryError, match="none that JSON can hold"):
        run()


# -- what an invariant sees ----------------------------------------------------------------------------------------
def at(*rows: str, legacy: str = "one") -> Home:
    return home({"legacy": legacy, "target.json": stored({"notes": {row: {"text": row} for row in rows}})})


def wants(*rows: str) -> Expectation:
    fates = tuple(Fate("note", f"legacy#{row}", row, "migrated") for row in rows)
    return Expectation(tables={"notes": {row: {"text": row} for row in rows}}, fates=fates)


def test_rows_are_told_apart_by_whose_they_are() -> None:
    shown = evidence(
        event(at("old"), at("old", "new")),
        event(at("old", "new", "theirs"), do="verify"),
        event(at("old", "new"), at("old"), do="rollback"),
        oracle={"one": wants("old", "new")},
    )
    first, second, third = moments(shown)
    assert first.theirs == third.theirs == {"notes old"}
    assert second.theirs == {"notes old", "notes theirs"}
    assert third.born.keys() == {"notes old", "notes new", "notes theirs"}


def test_what_others_did_is_kept_as_long_as_it_lies_somewhere_or_was_pruned() -> None:
    export = ".local/state/m/export/notes.jsonl"
    exported = at("old").with_file(export, b'{"text": "theirs"}\n')
    first = event(at("old"), do="verify")
    back = event(at("old", "theirs"), exported, do="rollback")
    gone: list[tuple[Verb, bool]] = [("prune_now", True), ("migrate", False)]
    for verb, meant in gone:
        *_, before, after = moments(evidence(first, back, event(exported, at("old"), do=verb)))
        assert (before.theirs, before.theirs - before.kept) == ({"notes old", "notes theirs"}, set())
        assert (not after.theirs - after.kept) == meant


def test_what_was_exported_from_a_table_that_went_with_the_rollback_is_kept() -> None:
    none = home({"legacy": "one", "target.json": stored({})})
    exported = none.with_file(".local/state/m/export/notes.jsonl", b'{"text": "theirs"}\n')
    shown = event(none, at("new")), event(at("new", "theirs"), exported, do="rollback")
    *_, last = moments(evidence(*shown, oracle={"one": wants("new")}))
    assert last.theirs == {"notes theirs"} == last.kept


def lost(*shown: Event) -> list[AbstractSet[str]]:
    oracle = {"one": wants("new"), "none": wants()}
    return [m.expected - m.target.keys() - m.legacy for m in moments(evidence(*shown, oracle=oracle))]


def test_what_a_verb_destroys_is_nowhere() -> None:
    early = event(at(), at("new", legacy="none"))
    assert lost(early, event(early.after, at(legacy="none"), do="rollback")) == [set(), {"notes new"}]
    assert lost(early, event(early.after, at(), do="rollback")) == [set(), set()]


def test_what_others_destroy_is_theirs_to_destroy() -> None:
    first = event(at(), at("new"))
    assert lost(first, event(at("new", legacy="none"), at(legacy="none"), do="rollback")) == [set(), set()]
    early = event(at(), at("new", legacy="none"))
    assert lost(early, event(at(legacy="none"), do="verify")) == [set(), set()]


def test_what_moves_along_with_a_record_does_not_stand_for_it() -> None:
    both = Expectation(
        tables=wants("new").tables,
        fates=(*wants("new").fates, Fate("letter", "letter", "new", "migrated")),
    )
    start, grown = at().with_file("letter", b"dear"), at().with_file("letter", b"dear and dearer")
    events = event(start, at("new")), event(grown, do="rollback"), event(at(), do="prune")
    found = moments(evidence(*events, oracle={"one": both}))
    assert [m.expected - m.target.keys() - m.legacy for m in found] == [set(), set(), set()]


def test_a_moment_without_a_readable_target_is_passed_over() -> None:
    broken = home({"legacy": "one", "target.json": "not JSON"})
    assert len(lost(event(at()), event(broken, do="verify"), event(at(), do="verify"))) == 2


# -- files ---------------------------------------------------------------------------------------------------------
def test_a_story_is_a_scenario_named_after_its_file(path: Path) -> None:
    scenario = load_scenario(path)
    assert (scenario.name, scenario.system, scenario.cases) == ("toy-any-order", "toy", 40)
    assert scenario.summary == "Whatever happens, every number is somewhere."
    assert scenario.steps == []
    story = story_of(scenario)
    assert story is not None
    assert list(story.steps) == ["migrate", "rollback", "prune", "new-work", "damage"]


def test_stories_are_found_beside_other_scenarios(path: Path) -> None:
    data = path.with_name("toy-an.toml")
    data.touch()
    assert scenario_paths(path.parent) == [data, path]
    assert find_scenario("toy-any-order", path.parent) == path
    assert find_scenario(str(path), Path("elsewhere")) == path


def told_in(path: Path, cases: int) -> list[tuple[Told, ...]]:
    scenario = load_scenario(path)
    return [draft.steps for draft in drawn_apart(drafts(LIVELY, scenario, story_of(scenario)), 0, cases)]


def test_a_case_has_as_many_steps_as_the_story_says(path: Path) -> None:
    path.write_text(STORY.replace("cases=40", "length=(2, 3)"))
    assert {len(steps) for steps in told_in(path, 50)} == {2, 3}


def test_few_cases_are_alike_and_more_of_them_are_the_same_ones_first(path: Path) -> None:
    told = told_in(path, 60)
    assert len({tuple(step.name for step in steps) for steps in told}) > 40
    assert told_in(path, 20) == told[:20]


def test_a_step_can_be_told_more_often_than_others(path: Path) -> None:
    path.write_text(STORY.replace("@story.step\ndef migrate", "@story.step(often=20)\ndef migrate"))
    told = [step.name for steps in told_in(path, 60) for step in steps]
    assert told.count("migrate") > len(told) / 2


WRONG = {
    "no Python": ("def", "line 1: not Python: "),
    "no docstring": (STORY.split("\n\n", 1)[1], "has no docstring"),
    "no story": ('"""A."""\n', "makes 0 stories; a file makes one"),
    "two stories": (STORY + '\nmore = Story(system="toy", shows=[])\n', "makes 2 stories"),
    "no steps": (STORY.split("@story", maxsplit=1)[0], "has no steps"),
    "a step twice": (
        STORY + "\n@story.step\ndef migrate(world): ...\n",
        r"line \d+: .*two steps are called migrate",
    ),
    "an invariant twice": (
        STORY + '\n@story.always\ndef others_work_stays(world):\n    """S."""\n',
        "two invariants are called others-work-stays",
    ),
    "a silent invariant": (
        STORY + "\n@story.always\ndef quiet(world): ...\n",
        "invariant quiet has no docstring",
    ),
    "an argument that is not drawn": (
        STORY + "\n@story.step\ndef wait(world, days): ...\n",
        "step wait takes days besides the world, and nothing is drawn",
    ),
    "a crash": (STORY + "\n1 / 0\n", r"line \d+: ZeroDivisionError"),
    "a wrong type": (STORY.replace('system="toy"', "system=7"), r"\$\.system"),
    "a misspelt key": (STORY.replace("cases=40", "casses=40"), "casses"),
    "an unknown claim": (STORY.replace("cases=40", 'claims=["no-harm"]'), "no such claim: no-harm"),
    "no cases": (STORY.replace("cases=40", "cases=0"), "cases is 0"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_story_is_told_by_file_and_place(path: Path, text: str, told: str) -> None:
    path.write_text(text)
    with pytest.raises(ScenarioError, match=told) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_data_cannot_name_a_program(tmp_path: Path) -> None:
    path = tmp_path / "toy-any.toml"
    path.write_text('summary = "S."\nsystem = "toy"\nshows = []\nsteps = []\nstory = "/tmp/other.py"\n')
    with pytest.raises(ScenarioError, match="story names another file"):
        load_scenario(path)


def test_a_step_or_deed_or_damage_that_nobody_knows_is_told(run: Run, path: Path) -> None:
    given = Home.empty("/home/u", mtime_ns=1).with_file("legacy", b"[1]")
    with pytest.raises(StoryError, match="no such step: dance; the story has migrate, rollback"):
        run(home=given, steps=(Told("dance"),))
    with pytest.raises(StoryError, match="no such damage: flood"):
        run(home=given, steps=(Told("damage", {"damage": "flood"}),))
    path.write_text(STORY.replace('meanwhile("neighbour")', 'meanwhile("holder")'))
    with pytest.raises(
        StoryError, match="no actor holder does anything between steps; those who do are neighbour"
    ):
        run(home=given, steps=(Told("new-work"),))


def test_judging_takes_the_story_of_that_name_and_no_path_of_the_stored_run(path: Path) -> None:
    assert judge_command._story_here("toy-any-order", str(path.parent)) == path
    for name in ("../scenarios/toy-any-order", "toy-other"):
        with pytest.raises(ScenarioError, match="no such story"):
            judge_command._story_here(name, str(path.parent))
