"""What others do between two steps changes the database, nothing else, and never the same home twice differently."""

from __future__ import annotations

import pytest
from test_session_buddy_legacy import rows

from harness.home import Home
from harness.systems.session_buddy.deeds import ACTORS
from harness.systems.session_buddy.legacy import draw, write
from harness.systems.session_buddy.model import DATABASE, Shape, Version4

KEEPS = (".local/state/migrator",)
HOLDERS = {"idle-connection", "read-transaction", "write-transaction"}
ON_VERSION_3 = {
    "new-invocations", "late-import", "future-invocation", "invocations-deleted", "upstream-migrates", "work-in-log",
}  # fmt: skip
NEEDS_ROWS = {"changed-rows", "deleted-rows"}


def home_of(version_4: Version4 = "none") -> Home:
    state = draw(Shape(sessions=4, skills=3, version_4=version_4, made="manager", user="u"), 1)
    return write(state, state.root)


def done(name: str, home: Home) -> Home | None:
    does = ACTORS[name].does
    assert does is not None
    return does(home, KEEPS)


def changed(before: Home, after: Home | None) -> set[str]:
    assert after is not None
    return {change.path for change in before.changes_to(after, times=True)}


def test_holders_need_a_database() -> None:
    for name in HOLDERS:
        assert done(name, home_of()) == home_of()
        assert done(name, Home.empty("/home/u")) is None
        assert ACTORS[name].conditions == {"locked"}


@pytest.mark.parametrize("name", sorted(ACTORS.keys() - HOLDERS - {"damaged-backup"}))
def test_work_changes_the_database_and_nothing_else(name: str) -> None:
    version_3, version_4 = home_of(), home_of("used" if name in NEEDS_ROWS else "complete")
    for home, fits in (
        (version_3, name in ON_VERSION_3),
        (version_4, name != "upstream-migrates"),
        (Home.empty("/home/u"), False),
    ):
        after = done(name, home)
        assert (after is not None) is fits
        if after is not None:
            assert changed(home, after) <= {DATABASE, f"{DATABASE}-wal"}
            assert after == done(name, home)
            assert rows(after, "PRAGMA integrity_check") == [("ok",)]
            assert rows(after, "PRAGMA foreign_key_check") == []


def test_work_in_a_log_is_in_the_log_alone() -> None:
    home = home_of()
    after = done("work-in-log", home)
    assert after is not None
    assert after.content(DATABASE) == home.content(DATABASE)
    count = "SELECT count(*) FROM skill_invocation"
    assert rows(after, count)[0][0] == rows(home, count)[0][0] + 2


def test_new_invocations_move_what_the_triggers_keep() -> None:
    after = done("new-invocations", home_of("complete"))
    assert after is not None
    query = "SELECT count(*) FROM {} WHERE skill_name = 'brand-new-skill'"
    for table in ("skill_metrics", "session_skills", "skill_metrics_cache"):
        assert rows(after, query.format(table)) == [(1,)]


def test_own_work_can_be_done_after_a_rollback_and_again() -> None:
    once = done("own-work", home_of("complete"))
    assert once is not None
    assert rows(once, "SELECT count(*) FROM ab_test_outcomes") == [(2,)]
    assert done("own-work", once) is not None


def test_a_damaged_backup_is_one_that_is_kept() -> None:
    kept = home_of().with_file(f"{KEEPS[0]}/session-buddy/run/backup.db", b"0123456789")
    assert changed(kept, done("damaged-backup", kept)) == {f"{KEEPS[0]}/session-buddy/run/backup.db"}
    assert done("damaged-backup", home_of()) is None
