"""A tool that claims less than ours is judged on what it claims, and on nothing else."""

import json
from pathlib import Path

import pytest

from harness.sandbox.choose import choose
from harness.scenario import load_scenario
from harness.session_run import Options, run_loaded
from harness.sut import load_profile
from harness.systems.session_buddy import schema_v4
from harness.verdict import Status

ROOT = Path(__file__).parents[2]
TOOL = """
import json, os, sqlite3, sys
database = os.path.expanduser("~/.claude/data/session_buddy.db")
with open(os.path.join(os.path.dirname(__file__), "up.json")) as file:
    statements = json.load(file)
with sqlite3.connect(database) as connection:
    for statement in statements:
        connection.execute(statement)
"""
RECORD = f"""INSERT INTO skill_migrations (version, applied_at, description)
  SELECT '{schema_v4.RECORD}', max(datetime('now'), datetime(max(applied_at), '+1 second')), '{schema_v4.DESCRIPTION}'
  FROM skill_migrations"""
LESS = ["no-taxonomy", "no-backfill", "no-checksum"]


@pytest.mark.quality
@pytest.mark.parametrize(
    ("facts", "statements", "status"),
    [
        (LESS, [*schema_v4.OBJECTS.values(), RECORD], Status.PASS),
        (LESS, list(schema_v4.OBJECTS.values()), Status.FAIL),
        (LESS[:1], [*schema_v4.OBJECTS.values(), RECORD], Status.FAIL),
    ],
    ids=["right", "without its record", "claiming more"],
)
def test_a_tool_that_makes_the_schema_alone(
    facts: list[str], statements: list[str], status: Status, tmp_path: Path
) -> None:
    (tmp_path / "tool.py").write_text(TOOL)
    (tmp_path / "up.json").write_text(json.dumps(statements))
    (tmp_path / "tool.toml").write_text(
        f'system = "session-buddy"\nsupport = "."\nfacts = {json.dumps(facts)}\n'
        '[verbs]\nmigrate = ["python3", "{support}/tool.py"]\n[exit]\ndone = [0]\n'
    )
    scenario = load_scenario(ROOT / "scenarios/session-buddy-clean.toml")
    sandbox = choose("embedded", "")
    options = Options(runs=str(tmp_path / "runs"), sandbox=sandbox.level, shrink=False, cases=3)
    result = run_loaded(scenario, load_profile(tmp_path / "tool.toml"), options, sandbox)
    assert result.status is status, [verdict.findings for verdict in result.verdicts]
