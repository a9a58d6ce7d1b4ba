"""Claims about files: what may move, change, be made, and by whom."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from claim_histories import BACK, LEGACY, MIGRATED, ORACLE, RIGHT, findings_of, journalled
from handwritten import BORN, event, evidence

from harness.home import Home
from harness.verdict import judge


# -- the files -----------------------------------------------------------------------------------------------------
def test_a_file_at_its_new_place_with_other_content_is_stranded() -> None:
    (found,) = findings_of("no-stranding", event(LEGACY, MIGRATED.with_file("moved/a", b"de")))
    assert found.found == "other content (2 bytes)"


def test_a_failed_migration_strands_nothing_yet() -> None:
    assert findings_of("no-stranding", RIGHT, event(LEGACY, outcome="failed")) == []


def test_a_path_beside_a_writable_one_is_not_writable() -> None:
    beside = MIGRATED.with_file("moved2", b"").with_file("target.json-wal", b"")
    assert [f.subject for f in findings_of("nothing-else-changes", event(LEGACY, beside))] == [
        "moved2",
        "target.json-wal",
    ]


def test_a_directory_that_may_be_made_does_not_open_what_lies_in_it() -> None:
    beside = MIGRATED.with_file("moved/stray", b"")
    named = ORACLE["one"].writable - {"moved/"} | {"moved", "moved/a"}
    narrow = {"one": replace(ORACLE["one"], writable=named)}
    result = judge(evidence(event(LEGACY, beside), oracle=narrow), ["nothing-else-changes"])
    assert [found.subject for found in result.findings] == ["moved/stray"]


def test_the_time_of_a_directory_may_move_and_its_mode_may_not() -> None:
    def after(mode: int) -> Home:
        notes = msgspec.structs.replace(LEGACY.entries["notes"], mtime_ns=BORN + 1, mode=mode)
        return LEGACY.with_entry("notes", notes)

    assert findings_of("nothing-else-changes", event(LEGACY, after(0o755))) == []
    (found,) = findings_of("nothing-else-changes", event(LEGACY, after(0o700)))
    assert found.subject == "notes"


def test_the_time_of_a_legacy_file_may_not_move() -> None:
    touched = MIGRATED.with_file("notes/a.txt", b"A", mtime_ns=BORN + 1)
    (found,) = findings_of("nothing-else-changes", event(LEGACY, touched))
    assert found.subject == "notes/a.txt"


def test_a_verb_that_only_looks_may_not_even_write_the_target() -> None:
    for do in ("inspect", "plan", "dry_run", "verify", "status"):
        told = findings_of("nothing-else-changes", event(LEGACY, MIGRATED, do=do))
        assert [found.subject for found in told] == ["moved", "moved/a", "target.json"]


def test_a_rollback_may_touch_what_the_migration_might_write_and_no_more() -> None:
    assert findings_of("nothing-else-changes", RIGHT, BACK) == []
    greedy = event(MIGRATED, LEGACY.without("bystander"), do="rollback")
    (found,) = findings_of("nothing-else-changes", RIGHT, greedy)
    assert (found.subject, found.found, found.step) == ("bystander", "no such path", 1)


def test_the_migrators_own_paths_are_open_to_it_and_their_neighbours_are_not() -> None:
    own = journalled(MIGRATED)
    assert findings_of("nothing-else-changes", event(LEGACY, own)) == []
    stray = own.with_file(".local/state/other", b"").with_file(".local/state/m2", b"")
    told = findings_of("nothing-else-changes", event(LEGACY, stray))
    assert [found.subject for found in told] == [".local/state/m2", ".local/state/other"]


def test_a_directory_on_the_way_to_the_migrators_own_may_be_made_and_not_changed() -> None:
    before = LEGACY.with_kind(".local", "dir", mode=0o755)
    wide = journalled(MIGRATED).with_mode(".local", 0o777)
    assert [found.subject for found in findings_of("nothing-else-changes", event(before, wide))] == [".local"]
    assert findings_of("nothing-else-changes", event(before, wide.with_mode(".local", 0o755))) == []


def test_a_journal_may_grow_over_several_migrations_and_rollbacks() -> None:
    done, back = journalled(MIGRATED), journalled(LEGACY, b"12")
    again, home_again = journalled(MIGRATED, b"123"), journalled(LEGACY, b"1234")
    steps = [
        event(LEGACY, done),
        event(done, back, do="rollback"),
        event(back, again),
        event(again, home_again, do="rollback"),
    ]
    assert findings_of("home-restored", *steps) == []
