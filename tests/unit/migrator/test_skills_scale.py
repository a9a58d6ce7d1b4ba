"""session-buddy: long work is heard of, is done once, and rests on what was looked at."""

from typing import Any

import pytest
from skills import SkillsHome

from migrator import backup, database, progress
from migrator.session_buddy import backfill


def test_every_step_that_lasts_says_so(skills: SkillsHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0)
    monkeypatch.setattr(database, "STEPS", 100)
    heard = {
        verb: {line.split('"')[7] for line in skills.run(verb).out.splitlines() if '"seconds": 0}' in line}
        for verb in ("migrate", "verify", "rollback")
    }
    assert heard["migrate"] == {"plan", "backup", "apply", "verify"}
    assert heard["verify"] == {"verify"}
    assert heard["rollback"] == {"rollback"}


def test_the_hours_of_invocations_are_worked_out_once(
    skills: SkillsHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    usual = backfill.moments.Reader.hour

    def hour(reader: backfill.moments.Reader, text: str) -> int | None:
        read.append(text)
        return usual(reader, text)

    monkeypatch.setattr(backfill.moments.Reader, "hour", hour)
    assert skills.migrate().status == 0
    assert len(read) == skills.rows("SELECT count(*) FROM skill_invocation")[0][0] == 18


def test_a_database_that_changed_before_it_was_backed_up_is_left_alone(
    skills: SkillsHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = backup.take

    def late(*given: Any) -> Any:
        skills.execute("CREATE TABLE meanwhile (a)")
        return usual(*given)

    monkeypatch.setattr(backup, "take", late)
    answer = skills.migrate()
    assert (answer.status, answer.code) == (3, "DB_LOCKED")
    assert skills.rows("SELECT count(*) FROM sqlite_master WHERE name = 'skill_time_series'") == [(0,)]
    assert not list((skills.root / ".local/state/migrator/session-buddy").glob("0*"))
