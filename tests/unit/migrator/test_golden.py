"""Homes that the real legacy tool wrote."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from conftest import Answer, LegacyHome

TOP = Path(os.environ.get("GOLDEN_HOMES", Path(__file__).parents[4] / "shared" / "golden")) / "ao"


def copied(home: LegacyHome, name: str) -> None:
    """The golden home takes the place of the empty one; its read-only files become writable."""
    if not (TOP / name).is_dir():
        pytest.skip(f"no golden home {TOP / name}; GOLDEN_HOMES names the folder")
    shutil.rmtree(home.root)
    shutil.copytree(TOP / name, home.root, symlinks=True)
    for folder, _, files in os.walk(home.root):
        for path in (folder, *(os.path.join(folder, file) for file in files)):
            os.chmod(path, os.stat(path).st_mode | stat.S_IWUSR)
    home.database()


def there_and_back(home: LegacyHome) -> Answer:
    """Migrated, verified, taken back exactly, and migrated again."""
    before = home.picture(state=False)
    home.run("migrate")
    assert home.run("verify").status == 0
    assert home.run("rollback").status == 0
    assert home.picture(state=False) == before
    return home.run("migrate")


def test_a_home_of_the_last_legacy_version(home: LegacyHome) -> None:
    copied(home, "home-v2")
    answer = there_and_back(home)
    assert [row[0] for row in home.rows("SELECT id FROM projects ORDER BY id")] == [
        "beta-repo_bded1ba0cb",
        "integrator_a29ad4f8fb",
        "my_app_7bf8ee490d",
    ]
    fates = {
        record["id"]: record["reason"] for record in answer.report["records"] if record["kind"] == "session"
    }
    assert fates["ma-3"] == "empty-file"
    assert home.rows(
        "SELECT num, kind, harness, agent_session_id, activity_state FROM sessions WHERE id = 'ma-1'"
    ) == [(1, "worker", "claude-code", "11111111-2222-3333-4444-555555555555", "active")]
    assert home.rows("SELECT num, kind FROM sessions WHERE id = 'ma-orchestrator'") == [(0, "orchestrator")]


def test_a_home_that_the_legacy_tool_converted(home: LegacyHome) -> None:
    copied(home, "home-v1-converted")
    answer = there_and_back(home)
    reasons = {record["source"].rpartition("/")[2]: record["reason"] for record in answer.report["records"]}
    assert reasons["ao-1.json"] == reasons["ao-4.json"] == reasons["ao-5.json"] == "terminal"
    assert reasons["zz-1.json"] == "no-project"
    assert reasons["aaaaaaaaaaaa-myproj.migrated"] == "migrated-dir"
    numbers = home.rows("SELECT id, num FROM sessions ORDER BY num")
    assert [sid for sid, _ in numbers] == ["ao-orchestrator-1", "ao-2", "ao-3", "ao-1__from-aaaaaaaaaaaa"]
