"""session-buddy: what others keep beside the tool's own tables neither stops a migration nor is taken for its work."""

import pytest
from skills import SkillsHome

LOG = """CREATE TABLE log (what); CREATE TRIGGER logged AFTER INSERT ON skill_migrations
BEGIN INSERT INTO log VALUES (new.version); END"""
WITHOUT_ROWID = """CREATE TABLE anew (version TEXT PRIMARY KEY, applied_at TEXT NOT NULL, description TEXT,
    rollback_sql TEXT, checksum TEXT, applied_by TEXT DEFAULT 'session-buddy', success BOOLEAN NOT NULL DEFAULT 1)
    WITHOUT ROWID;
INSERT INTO anew SELECT * FROM skill_migrations; DROP TABLE skill_migrations;
ALTER TABLE anew RENAME TO skill_migrations; CREATE INDEX idx_migrations_applied_at ON skill_migrations (applied_at DESC)"""


def comes_and_goes(skills: SkillsHome) -> None:
    before = skills.picture(state=False)
    for words in (["migrate"], ["verify"], ["rollback"]):
        answer = skills.migrate() if words == ["migrate"] else skills.run(*words)
        assert answer.status == 0, answer.report["message"]
    assert skills.picture(state=False) == before


def test_a_metric_that_is_no_json_does_not_stop_the_migration(skills: SkillsHome) -> None:
    skills.execute("UPDATE skill_metrics SET workflow_paths = 'not json'")
    comes_and_goes(skills)


def test_bookkeeping_without_row_numbers_is_read_by_its_key(skills: SkillsHome) -> None:
    skills.execute(WITHOUT_ROWID)
    comes_and_goes(skills)


def test_tables_of_others_under_the_names_of_our_temporary_ones_are_told_apart(skills: SkillsHome) -> None:
    skills.execute("CREATE TABLE migrator_skills (a); CREATE TABLE migrator_kept (a)")
    skills.execute("DELETE FROM skill_metrics WHERE skill_name = 'pytest-run'")
    comes_and_goes(skills)


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_trigger_that_writes_down_the_record_elsewhere_is_foretold_and_refused(
    skills: SkillsHome, words: tuple[str, ...]
) -> None:
    skills.execute(LOG)
    before = skills.picture()
    answer = skills.migrate(*words)
    assert (answer.status, answer.code) == (3, "DB_INVALID")
    assert "logged fires when version 4 is written: log is not as it was" in answer.report["message"]
    assert skills.picture() == before


def test_a_trigger_that_writes_nothing_elsewhere_is_nobodys_obstacle(skills: SkillsHome) -> None:
    skills.execute("CREATE TRIGGER looks AFTER INSERT ON skill_migrations BEGIN SELECT new.version; END")
    comes_and_goes(skills)
