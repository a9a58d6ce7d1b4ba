"""Homes that the real legacy program wrote; what must become of them was worked out by hand."""

import os
from pathlib import Path

import pytest
from oracle_homes import DATABASE, LEGACY, column, fates, golden, golden_database

from harness.home import Home
from harness.systems.ao.oracle import expect

MTIME_NS = 1_795_164_000_000_000_000
MTIME = "2026-11-20T08:40:00.000Z"


def golden_home(name: str) -> Home:
    folder = golden() / name
    database = golden_database()
    if database is None or not folder.is_dir():
        pytest.skip("no golden homes here; set GOLDEN_HOMES")
    home = Home.empty("/home/alice00", mtime_ns=MTIME_NS)
    for place, _, names in os.walk(folder):
        for file in names:
            path = Path(place, file)
            home = home.with_file(str(path.relative_to(folder)), path.read_bytes())
    return home.with_file(DATABASE, database)


def test_a_home_of_the_newest_legacy_version() -> None:
    found = expect(golden_home("home-v2"))

    assert found.refusals == frozenset()
    assert found.outcome == "partial"  # the settings of one project are in the old, wrapped form
    assert fates(found, "project") == {
        "my_app_7bf8ee490d": "migrated",
        "beta-repo_bded1ba0cb": "migrated",
        "integrator_a29ad4f8fb": "migrated",
    }
    assert fates(found, "settings") == {
        "beta-repo_bded1ba0cb": "degraded-project",
        "integrator_a29ad4f8fb": "merged",
    }
    assert fates(found, "other") == {"activity-events.db": "not-migrated"}
    assert fates(found) == {
        "ma-1": "migrated",
        "ma-2": "migrated",
        "ma-2.json.corrupt-1795164013048": "corrupt-copy",
        "ma-3": "empty-file",
        "ma-4": "migrated",
        "ma-5": "terminal",
        "ma-orchestrator": "migrated",
    }
    assert fates(found, "transcript") == {
        "ma-1": "transcript-missing",
        "ma-orchestrator": "transcript-missing",
    }


def test_the_projects_of_the_newest_legacy_version() -> None:
    projects = expect(golden_home("home-v2")).tables["projects"]

    assert projects["integrator_a29ad4f8fb"] == {
        "id": "integrator_a29ad4f8fb",
        "path": "/home/alice00/repos/integrator",
        "repo_origin_url": "https://github.com/acme/integrator",
        "display_name": "integrator",
        "registered_at": "2026-11-20T08:40:13.000Z",
        "archived_at": None,
        "config": {
            "defaultBranch": "develop",
            "sessionPrefix": "int",
            "env": {"FOO": "bar"},
            "symlinks": [".env"],
            "postCreate": ["npm ci"],
            "agentConfig": {"model": "gpt-5", "permissions": "default"},
            "worker": {"agent": "cursor"},
        },
        "kind": "single_repo",
    }
    assert projects["beta-repo_bded1ba0cb"]["config"] == {"sessionPrefix": "br"}
    assert projects["my_app_7bf8ee490d"]["registered_at"] == "2026-11-20T08:40:12.000Z"


def test_the_sessions_of_the_newest_legacy_version() -> None:
    found = expect(golden_home("home-v2"))

    assert column(found, "num") == {"ma-1": 1, "ma-2": 2, "ma-4": 4, "ma-orchestrator": 0}
    assert column(found, "activity_state") == {
        "ma-1": "active",
        "ma-2": "idle",
        "ma-4": "active",
        "ma-orchestrator": "idle",
    }
    assert column(found, "created_at") == {
        "ma-1": "2026-05-01T10:00:00.000Z",
        "ma-2": MTIME,
        "ma-4": MTIME,
        "ma-orchestrator": "2026-05-01T10:00:00.000Z",
    }
    assert column(found, "agent_session_id")["ma-1"] == "11111111-2222-3333-4444-555555555555"
    assert column(found, "kind")["ma-orchestrator"] == "orchestrator"
    assert len(found.tables["change_log"]) == 4


def test_a_home_that_the_legacy_program_converted() -> None:
    found = expect(golden_home("home-v1-converted"))

    assert fates(found) == {
        "ao-1": "terminal",
        "ao-1__from-aaaaaaaaaaaa": "migrated",
        "ao-2": "migrated",
        "ao-3": "migrated",
        "ao-4": "terminal",
        "ao-5": "terminal",
        "ao-orchestrator-1": "migrated",
        "zz-1": "no-project",
    }
    assert column(found, "num") == {
        "ao-1__from-aaaaaaaaaaaa": 4,
        "ao-2": 2,
        "ao-3": 3,
        "ao-orchestrator-1": 1,
    }
    assert column(found, "activity_state")["ao-3"] == "idle"  # its status is "merged"
    assert found.tables["projects"]["myproj"]["config"] == {"sessionPrefix": "myp"}
    assert found.tables["projects"]["myproj"]["registered_at"] == MTIME


def test_a_transcript_of_the_newest_legacy_version_goes_to_its_new_folder() -> None:
    name = "11111111-2222-3333-4444-555555555555.jsonl"
    old = "-home-alice00--agent-orchestrator-projects-my-app-7bf8ee490d-worktrees-ma-1"
    new = "-home-alice00--ao-data-worktrees-my-app-7bf8ee490d-ma-1"
    found = expect(golden_home("home-v2").with_file(f".claude/projects/{old}/{name}", b"talk"))

    assert fates(found, "transcript")["ma-1"] == "migrated"
    assert list(found.files) == [f".claude/projects/{new}/{name}"]


def test_the_folders_that_legacy_left_behind_are_not_read() -> None:
    found = expect(golden_home("home-v1-converted"))

    assert fates(found, "other") == {
        "aaaaaaaaaaaa-myproj.migrated": "migrated-dir",
        "bbbbbbbbbbbb-myproj.migrated": "migrated-dir",
        "cccccccccccc.migrated": "migrated-dir",
        "dddddddddddd-observability": "not-migrated",
        "config.yaml.pre-migration": "not-migrated",
        "activity-events.db": "not-migrated",
        "worktrees": "not-migrated",
    }
    assert all(fate.source.startswith(LEGACY) for fate in found.fates)
