"""Where things lie: which workspace a file belongs to, what every other entry is, and what refuses a migration."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from ait42_homes import HASH, ROOT, home, instance, session, with_bytes, with_database, with_rows

from harness.expectation import Expectation
from harness.home import Home, digest_of
from harness.systems.ait42 import schema
from harness.systems.ait42.oracle import Words, expect
from harness.systems.ait42.oracle.workspaces import fits

MAPPING = ".ait42/workspace_mapping.json"
SESSIONS = ".ait42/sessions"


def workspace(expected: Expectation) -> Any:
    (row,) = expected.tables["sessions"].values()
    return row["workspace_path"]


def hashed(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/user/project", "9dad1e4e08b0b11c"), ("/home/user/project/", "9dad1e4e08b0b11c"),
        ("/home/user/project//", "9dad1e4e08b0b11c"), ("/", "8a5edab282632443"), ("~/x", "a46d2df688f0b3d3"),
        ("/home/user/../user/project", "7756856ea1ea6347"), ("C:\\Users\\a\\", "d7c5bb2fb7d633e6"),
        ("/home/ユーザー/プロジェクト", "9f2dba25c263a456"),
    ],
)  # fmt: skip
def test_paths_hash_as_the_editor_hashes_them(path: str, name: str) -> None:
    assert fits(Home.empty(ROOT), path, name)
    assert not fits(Home.empty(ROOT), f"{path}x", name)


def test_a_link_and_its_target_are_one_workspace() -> None:
    made = (
        Home.empty(ROOT)
        .with_file("real/x", b"")
        .with_link("link", f"{ROOT}/real")
        .with_link("gone", "/nowhere/x")
    )
    name = hashed(f"{ROOT}/real")
    for path in (f"{ROOT}/link", f"{ROOT}/link/", f"{ROOT}/real/../link/.", f"{ROOT}//real"):
        assert fits(made, path, name), path
    assert not fits(made, f"{ROOT}/gone/../real", name)
    assert fits(made, f"{ROOT}/link", hashed(f"{ROOT}/link"))


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"9dad', b'{"9dad1e4e08b0b11c": NaN}', b"\xff{}", b"\xef\xbb\xbf{}",
     b'{"9dad1e4e08b0b11c": ""}', b'{"9dad1e4e08b0b11c": "9dad1e4e08b0b11c"}', b'{"9dad1e4e08b0b11c": "/other"}',
     b'{"9dad1e4e08b0b11c": 7}', b'{"9dad1e4e08b0b11c": "\\ud800"}'],
)  # fmt: skip
def test_a_mapping_that_is_broken_or_wrong_is_not_used(content: bytes) -> None:
    expected = expect(home(session()).with_file(MAPPING, content))
    assert workspace(expected) == f"unknown:{HASH}"
    ((key, issue),) = expected.tables["migration_issues"].items()
    assert issue["reason"] == "workspace-unknown", key
    assert (issue["original"], issue["stored"]) == (HASH, f"unknown:{HASH}")


def test_a_mapping_that_may_not_be_read_is_not_used() -> None:
    made = home(session())
    for other in (
        made.with_mode(MAPPING, 0),
        made.with_link(MAPPING, f"{ROOT}/x"),
        made.with_kind(MAPPING, "fifo"),
    ):
        assert workspace(expect(other)) == f"unknown:{HASH}"


def test_the_worktrees_tell_the_workspace_where_the_mapping_does_not() -> None:
    tree = "/home/user/project/src-tauri/.worktrees/competition-1/instance-1"
    others = [
        instance(0, worktreePath=""),
        instance(1, worktreePath="src-tauri/x"),
        instance(2, worktreePath="/tmp/x"),
    ]
    made = home(session(instances=[*others, instance(3, worktreePath=tree)]), mapped=False)
    assert workspace(expect(made)) == "/home/user/project"
    twin = session("s-2", type="unknown", instances=[instance(3, worktreePath=tree)])
    assert workspace(expect(home(session(), twin, mapped=False))) == "/home/user/project"


def test_a_workspace_that_is_given_is_kept_where_nothing_else_shows_one() -> None:
    words = Words.of({f"workspace {HASH}=/home/user/project", "strict"})
    bare, known = home(session(), mapped=False), home(session())
    told = expect(bare.with_file(MAPPING, b'{"x": 7}'), words=words)
    assert workspace(told) == "/home/user/project"
    text = json.dumps({"x": 7, HASH: "/home/user/project"}, indent=2)
    assert told.files == {MAPPING: digest_of(text.encode())}
    assert MAPPING in told.writable
    assert expect(bare, words=words).files.keys() == {MAPPING}
    for other in (known, bare.with_file(MAPPING, b"[]")):
        assert workspace(expect(other, words=words)) == "/home/user/project"
        assert not expect(other, words=words).files
        assert MAPPING not in expect(other, words=words).writable


def test_a_mapping_that_is_accepted_counts_before_all_else_and_is_not_noted() -> None:
    words = Words.of({f"accept-mapping {HASH}=/moved"})
    made = home(session()).with_file(MAPPING, json.dumps({HASH: "/moved"}).encode())
    assert "mapping-mismatch" in {note.reason for note in expect(made).notes or ()}
    assert workspace(expect(made, words=words)) == workspace(expect(home(session()), words=words)) == "/moved"
    assert not expect(made, words=words).notes
    assert not expect(made, words=words).files


def test_the_empty_path_is_no_workspace() -> None:
    name = hashed("")
    made = home(session(), name=name).with_file(MAPPING, json.dumps({name: ""}).encode())
    assert workspace(expect(made)) == f"unknown:{name}"


def test_every_entry_is_named_once() -> None:
    made = with_bytes(home(session("a"), session("b")), b" \n", name="0" * 16)
    made = with_bytes(made, b"[]", name="1" * 16)
    for path in (
        f"{SESSIONS}/{HASH.upper()}.json", f"{SESSIONS}/.{HASH}.json", f"{SESSIONS}/{HASH}.json.tmp", f"{SESSIONS}/sub/x",
        ".ait42/sessions.json", ".ait42/sessions_archive/a.tar.gz", ".ait42/sessions_backup_20251201_080000.db",
        ".ait42/sessions_backup_20251201_080000.db-wal", ".ait42/logs/deep/x.log", ".ait42/settings.json",
    ):  # fmt: skip
        made = made.with_file(path, b"x")
    made = with_database(made).with_file(".ait42/sessions.db-shm", b"x")
    told = {(f.kind, f.source, f.id): f.reason for f in expect(made).fates}
    assert told == {
        ("session", f"{SESSIONS}/{HASH}.json#0", "a"): None,
        ("session", f"{SESSIONS}/{HASH}.json#1", "b"): None,
        ("file", f"{SESSIONS}/{'0' * 16}.json", "0" * 16): "empty-file",
        ("file", f"{SESSIONS}/{'1' * 16}.json", "1" * 16): "no-sessions",
        ("other", f"{SESSIONS}/{HASH.upper()}.json", f"{HASH.upper()}.json"): "unexpected-file",
        ("other", f"{SESSIONS}/.{HASH}.json", f".{HASH}.json"): "unexpected-file",
        ("other", f"{SESSIONS}/{HASH}.json.tmp", f"{HASH}.json.tmp"): "unexpected-file",
        ("other", f"{SESSIONS}/sub", "sub"): "unexpected-file",
        ("other", ".ait42/sessions.json", "sessions.json"): "legacy-generation",
        ("other", MAPPING, "workspace_mapping.json"): "mapping",
        ("other", ".ait42/sessions_archive", "sessions_archive"): "archive",
        (
            "other",
            ".ait42/sessions_backup_20251201_080000.db",
            "sessions_backup_20251201_080000.db",
        ): "archive",
        (
            "other",
            ".ait42/sessions_backup_20251201_080000.db-wal",
            "sessions_backup_20251201_080000.db-wal",
        ): "archive",
        ("other", ".ait42/logs", "logs"): "not-migrated",
        ("other", ".ait42/settings.json", "settings.json"): "not-migrated",
    }


def test_without_sessions_there_is_nothing_to_do() -> None:
    assert expect(Home.empty(ROOT)).fates == ()
    made = (
        Home.empty(ROOT)
        .with_file(".ait42/sessions.json", b"[]")
        .with_file(".ait42/sessions.db", b"no database")
    )
    expected = expect(made, locked=True)
    assert (expected.outcome, expected.tables) == ("done", {})
    assert [fate.reason for fate in expected.fates] == ["legacy-generation"]


def test_an_empty_folder_still_makes_the_database() -> None:
    expected = expect(Home.empty(ROOT).with_kind(SESSIONS, "dir", mode=0o755))
    assert expected.tables["schema_version"].keys() == {"1", "2", "3"}
    assert [(f.source, f.reason) for f in expected.fates] == [(SESSIONS, "not-migrated")]


def test_a_sessions_folder_that_is_none_is_set_aside() -> None:
    for made, reason in (
        (Home.empty(ROOT).with_file(SESSIONS, b""), "not-a-folder"),
        (Home.empty(ROOT).with_link(SESSIONS, "/nowhere"), "not-a-folder"),
        (home(session()).with_mode(SESSIONS, 0), "unreadable"),
    ):
        expected = expect(made)
        assert reason in {fate.reason for fate in expected.fates}
        assert (expected.outcome, expected.tables) == ("partial", {})


def test_links_to_folders_in_the_home_are_followed() -> None:
    made = with_rows(Home.empty(ROOT), session())
    real = made.content(f"{SESSIONS}/{HASH}.json")
    linked = (
        Home.empty(ROOT).with_file(f"else/sessions/{HASH}.json", real).with_link(".ait42", f"{ROOT}/else")
    )
    expected = expect(linked)
    assert [fate.source for fate in expected.fates] == [f"{SESSIONS}/{HASH}.json#0"]
    outside = expect(Home.empty(ROOT).with_link(".ait42", "/srv/ait42"))
    assert outside.refusals == {"CONFIG_INVALID"}


BOTH = {"SCHEMA_MISMATCH", "DB_INVALID"}


@pytest.mark.parametrize(
    ("script", "codes"),
    [
        ("", set()),
        (schema.TABLES, BOTH),
        (schema.TABLES + "INSERT INTO schema_version VALUES (1, 'tables', '');", set()),
        (schema.TABLES + "INSERT INTO schema_version VALUES (4, 'x', '');", {"SCHEMA_MISMATCH"}),
        ("CREATE TABLE schema_version (version, name, applied_at); INSERT INTO schema_version VALUES (1, '', '');",
         {"DB_INVALID"}),
        ("CREATE TABLE notes (x);", BOTH),
        (schema.LINEAGE_A, BOTH),
        (schema.LINEAGE_B, {"SCHEMA_MISMATCH"}),
        (schema.LINEAGE_C, {"SCHEMA_MISMATCH"}),
        (schema.LINEAGE_D, {"SCHEMA_MISMATCH"}),
    ],
)  # fmt: skip
def test_only_a_database_of_ours_is_gone_on_with(script: str, codes: set[str]) -> None:
    expected = expect(with_database(home(session()), script=script))
    assert expected.refusals == codes


def test_what_is_no_readable_database_is_refused() -> None:
    made = home(session())
    for other in (
        made.with_file(".ait42/sessions.db", b"no database" * 99),
        made.with_kind(".ait42/sessions.db", "dir", mode=0o755),
        made.with_link(".ait42/sessions.db", f"{ROOT}/gone.db"),
        made.with_file(".ait42/sessions.db-wal", b"x"),
        with_database(made, script="CREATE TABLE t (x);").with_mode(".ait42/sessions.db", 0),
    ):
        assert expect(other).refusals == {"DB_INVALID"}
    assert expect(made, locked=True).refusals == {"DB_LOCKED"}
    assert not expect(made.with_file(".ait42/sessions.db", b"")).refusals
