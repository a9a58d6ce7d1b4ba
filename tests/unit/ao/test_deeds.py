"""Each deed of others finds its place in a rich home, leaves a sound database, and touches what is its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.home import Home
from harness.systems.ao import expect, problems_of, read_target
from harness.systems.ao.deeds import ACTORS
from harness.systems.ao.legacy import draw, write
from harness.systems.ao.model import Shape

RICH = Shape(
    projects=2, sessions=6, transcripts="all", terminated="none", target="shared", agents=["claude-code"]
)
KEPT = ".local/state/migrator/1/backup/ao.db"
COPY = "{bucket}-somebody/talk.jsonl"
STORE = ".ao/data/ao.db"
DAEMON = {
    "new-work", "own-work", "changed-rows", "pull-requests", "deleted-rows", "older-rows-changed", "schema-moved",
    "work-in-log",
}  # fmt: skip
LEGACY = {name for name in ACTORS if name.startswith("legacy-")}


def rich(seed: int = 3) -> Home:
    state = draw(RICH, seed)
    home = write(state, state.root)
    bucket = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{home.root}/.ao/data/worktrees")
    home = home.with_file(f".claude/projects/{bucket}-somebody/talk.jsonl", b'{"a": 1}\n')
    return home.with_file(KEPT, b"as it was " * 100_000)


def done(name: str, home: Home) -> Home | None:
    does = ACTORS[name].does
    assert does is not None
    return does(home, [".local/state/migrator"])


def changed(before: Home, after: Home | None) -> set[str]:
    assert after is not None
    return {change.path for change in before.changes_to(after)}


def in_rows(name: str, home: Home) -> dict[str, set[str]]:
    """Returns the keys of the rows that a deed added, changed or took, by table."""
    after = done(name, home)
    assert after is not None
    old, new = read_target(home), read_target(after)
    differing = {
        table: {
            key for key in old[table].keys() | new[table].keys() if old[table].get(key) != new[table].get(key)
        }
        for table in old
    }
    return {table: keys for table, keys in differing.items() if keys}


@pytest.mark.parametrize("name", ACTORS)
def test_it_depends_on_the_home_alone(name: str) -> None:
    assert changed(rich(), done(name, rich()))
    assert done(name, rich()) == done(name, rich())


@pytest.mark.parametrize("name", ACTORS)
def test_an_empty_home_has_no_place_for_it(name: str) -> None:
    assert done(name, Home.empty("/home/u")) is None


@pytest.mark.parametrize("name", sorted(DAEMON - {"schema-moved"}))
def test_the_daemon_leaves_a_sound_database_and_touches_nothing_else(name: str) -> None:
    home = rich()
    after = done(name, home)
    assert after is not None
    assert changed(home, after) <= {STORE, f"{STORE}-wal"}
    assert problems_of(after) == problems_of(home)


@pytest.mark.parametrize("name", sorted(DAEMON - {"schema-moved", "work-in-log"}))
def test_the_daemon_can_do_it_again_and_again(name: str) -> None:
    home, trees = rich(), []
    for _ in range(3):
        after = done(name, home)
        assert after is not None
        home = after
        trees.append(read_target(home))
    assert trees[0] != trees[1] != trees[2]


def test_own_work_stands_alone() -> None:
    rows = in_rows("own-work", rich())
    assert rows["projects"] == {"own-1"}
    assert rows["sessions"] == {"own-1-1", "own-1-2"}
    assert {"pr", "pr_checks", "review", "notifications", "change_log"} < rows.keys()


def test_work_in_the_log_is_not_in_the_main_file() -> None:
    home = rich()
    after = done("work-in-log", home)
    assert after is not None
    assert read_target(after) != read_target(home)
    assert read_target(after.without(f"{STORE}-wal")) == read_target(home)


def test_changed_rows_fire_the_daemons_own_event() -> None:
    rows = in_rows("changed-rows", rich())
    assert len(rows["sessions"]) == len(rows["projects"]) == 1
    assert any("session_updated" in key for key in rows["change_log"])


def test_a_deleted_session_takes_along_what_hangs_on_it() -> None:
    home = done("pull-requests", rich())
    assert home is not None
    rows = in_rows("deleted-rows", home)
    assert rows.keys() >= {"sessions", "change_log", "pr", "pr_checks", "pr_comment", "review", "review_run"}


def test_older_rows_are_those_of_the_daemon() -> None:
    rows = in_rows("older-rows-changed", rich())
    assert rows["sessions"] == {"storefront-0", "storefront-1", "storefront-7"}
    assert rows["projects"] == {"storefront"}


def test_a_moved_schema_is_one_that_a_migration_refuses() -> None:
    after = done("schema-moved", rich())
    assert after is not None
    assert expect(after, frozenset()).refusals == {"SCHEMA_MISMATCH"}
    assert done("schema-moved", after) is None


@pytest.mark.parametrize("name", sorted(LEGACY))
def test_the_legacy_tool_writes_only_its_own(name: str) -> None:
    own = (".agent-orchestrator/", ".claude/projects/")
    assert all(f"{path}/".startswith(own) for path in changed(rich(), done(name, rich())))


FATES: dict[str, Callable[[list[str], list[str]], bool]] = {
    "legacy-new-session": lambda before, after: len(after) == len(before) + 2,  # and its transcript
    "legacy-session-ended": lambda before, after: after.count("terminal") == before.count("terminal") + 1,
    "legacy-file-corrupted": lambda before, after: "corrupt-json" in after and "corrupt-json" not in before,
}


@pytest.mark.parametrize("name", FATES)
def test_what_the_legacy_tool_did_changes_the_fate_of_its_records(name: str) -> None:
    home = rich()
    after = done(name, home)
    assert after is not None
    fates = [
        [fate.reason or fate.disposition for fate in expect(tree, frozenset()).fates]
        for tree in (home, after)
    ]
    assert FATES[name](*fates), fates


def test_a_longer_transcript_still_begins_as_it_did() -> None:
    for name in ("longer-transcript", "legacy-transcript-grows"):
        home = rich()
        after = done(name, home)
        assert after is not None
        (path,) = changed(home, after)
        assert after.content(path).startswith(home.content(path))


def test_a_damaged_backup_is_the_largest_file_that_is_kept() -> None:
    home = rich()
    assert changed(home, done("damaged-backup", home)) == {KEPT}
