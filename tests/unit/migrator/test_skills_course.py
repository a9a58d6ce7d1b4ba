"""session-buddy: there, again, half-way, and back, whoever has worked on."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from skills import AS_OF, SkillsHome, reasons
from test_crash import killed_at

from migrator import files
from migrator.session_buddy import ddl

GOLDEN = (
    Path(os.environ.get("GOLDEN_HOMES", Path(__file__).parents[4] / "shared" / "golden")) / "session_buddy"
)
USERS_WORK = """
INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('brand-new', '2026-03-01T12:00:00', 's99');
INSERT INTO skill_clusters (cluster_name, centroid_embedding, created_at) VALUES ('mine', x'00ff', 'now');
UPDATE skill_community_baselines SET total_users = 77 WHERE skill_name = 'ruff-check';
"""
OLD_KEYS = {
    name: sql.replace("skill_metrics(skill_name)", "skill_invocation(skill_name)")
    for name, (kind, sql) in ddl.UP.items()
    if kind == "table"
}


EVERY = 3  # crash points are many, and a whole course follows each; other systems try every one of the same lifecycle


def some_points(home: SkillsHome, verb: str) -> Iterator[int]:
    """Crash points in turn; the home must be put back between them."""
    number = 0
    while killed_at(home, number, verb) is not None:
        yield number
        number += EVERY


def v3_rows(home: SkillsHome) -> list[list[tuple[Any, ...]]]:
    tables = ("skill_invocation", "skill_metrics", "session_skills", "mv_daily_skills")
    return [home.rows(f"SELECT rowid, * FROM {table} ORDER BY 1") for table in tables] + [
        home.rows("SELECT * FROM skill_migrations WHERE version NOT LIKE 'V4%' ORDER BY 1")
    ]


def v4_rows(home: SkillsHome) -> list[list[tuple[Any, ...]]]:
    return [home.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ddl.TABLES]


def test_the_fourth_version_comes_beside_the_third_and_leaves_it_alone(skills: SkillsHome) -> None:
    listing, rows = skills.listing(), v3_rows(skills)
    answer = skills.migrate()
    assert (answer.status, answer.report["changed"]) == (0, True)
    assert [one for one in skills.listing() if one in listing] == listing
    assert v3_rows(skills) == rows
    kinds = [kind for kind, *_ in skills.listing()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "table": 25,
        "view": 13,
        "trigger": 3,
        "index": 42,
    }
    query = "SELECT description, checksum, applied_by, success, rollback_sql FROM skill_migrations WHERE version = ?"
    with contextlib.closing(sqlite3.connect(skills.db)) as db:
        assert db.execute(query, (ddl.VERSION,)).fetchall() == [
            (ddl.DESCRIPTION, ddl.CHECKSUM, "session-buddy", 1, None)
        ]


def test_the_record_is_the_newest_even_when_the_clock_was_ahead(skills: SkillsHome) -> None:
    skills.execute("UPDATE skill_migrations SET applied_at = '2199-01-01 00:00:00' WHERE version LIKE 'V2%'")
    skills.migrate()
    last = "SELECT version, applied_at FROM skill_migrations ORDER BY applied_at DESC LIMIT 1"
    assert skills.rows(last) == [(ddl.VERSION, "2199-01-01 00:00:01")]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_second_run_changes_nothing(skills: SkillsHome, mode: str) -> None:
    skills.db.unlink()
    skills.database(mode=mode)
    skills.migrate()
    before = skills.picture()
    answer = skills.migrate()
    assert (answer.status, answer.report["changed"]) == (0, False)
    assert {record["outcome"] for record in answer.report["records"]} <= {"present", "skipped"}
    assert skills.picture() == before
    assert skills.rows("PRAGMA journal_mode") == [(mode,)]


def test_without_an_instant_a_complete_database_is_left_alone(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute(USERS_WORK)
    before = skills.picture()
    answer = skills.run("migrate")
    assert (answer.status, answer.report["changed"]) == (0, False)
    assert skills.picture() == before


def test_a_later_instant_brings_the_figures_up_to_it(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute(USERS_WORK)
    answer = skills.run("migrate", "--as-of", "2026-03-02T00:00:00Z")
    assert answer.report["changed"]
    assert skills.rows(
        "SELECT total_users FROM skill_community_baselines WHERE skill_name = 'ruff-check'"
    ) == [(6,)]
    assert skills.rows("SELECT count(*) FROM skill_time_series WHERE skill_name = 'brand-new'") == [(1,)]
    assert skills.run("verify").status == 0


def test_a_dry_run_foretells_and_changes_nothing(skills: SkillsHome) -> None:
    before = skills.picture()
    dry = skills.migrate("--dry-run")
    assert skills.picture() == before
    real = skills.migrate()
    assert [dry.report[what] for what in ("records", "notes")] == [
        real.report[what] for what in ("records", "notes")
    ]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_rollback_gives_every_byte_back(skills: SkillsHome, mode: str) -> None:
    skills.db.unlink()
    skills.database(mode=mode)
    before = skills.picture(state=False)
    skills.migrate()
    skills.run("migrate", "--as-of", "2026-03-01T10:00:00Z", "--all")
    assert skills.run("rollback").status == 0
    assert skills.picture(state=False) == before
    again = skills.run("rollback")
    assert (again.status, again.report["changed"]) == (0, False)


def test_rows_that_lie_only_in_the_log_come_along_and_go_back(skills: SkillsHome) -> None:
    db = sqlite3.connect(skills.db)
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute(
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('late', '2026-03-01', 's')"
    )
    db.commit()
    for suffix in ("", "-wal"):
        shutil.copy(f"{skills.db}{suffix}", f"{skills.db}.kept{suffix}")
    db.close()
    for suffix in ("", "-wal"):
        os.replace(f"{skills.db}.kept{suffix}", f"{skills.db}{suffix}")
    before = skills.picture(state=False)
    assert skills.migrate().status == 0
    assert skills.rows("SELECT count(*) FROM skill_time_series WHERE skill_name = 'late'") == [(1,)]
    skills.run("rollback")
    assert skills.picture(state=False) == before


def test_a_rollback_after_new_work_exports_version_4_and_keeps_every_row_of_version_3(
    skills: SkillsHome,
) -> None:
    listing = skills.listing()
    skills.migrate()
    skills.execute(USERS_WORK)
    rows, tables = v3_rows(skills), dict(zip(ddl.TABLES, v4_rows(skills), strict=True))
    answer = skills.run("rollback")
    assert answer.status == 0
    assert skills.listing() == listing
    assert v3_rows(skills) == rows
    assert skills.rows("SELECT name FROM sqlite_sequence") == [("skill_invocation",)]
    folder = Path(answer.report["export"])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {table: about["rows"] for table, about in manifest.items()} == {
        table: len(found) for table, found in tables.items() if found
    }
    cluster = json.loads((folder / "skill_clusters.jsonl").read_text())
    assert cluster["centroid_embedding"] == {"base64": "AP8="}


def test_an_export_goes_back_in_with_the_next_migration(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute(USERS_WORK)
    cached = skills.rows("SELECT * FROM skill_metrics_cache")
    folder = skills.run("rollback").report["export"]
    assert skills.migrate("--import", folder).status == 0
    assert skills.rows("SELECT cluster_name, centroid_embedding FROM skill_clusters") == [
        ("mine", b"\x00\xff")
    ]
    assert skills.rows("SELECT * FROM skill_metrics_cache") == cached
    assert skills.run("verify").status == 0
    assert not skills.migrate("--import", folder).report["changed"]


def test_rows_of_an_export_that_would_point_to_nothing_stay_out(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute(
        "INSERT INTO skill_anomalies (skill_name, detected_at, anomaly_type) VALUES ('gone', 't', 'drop')"
    )
    folder = skills.run("rollback").report["export"]
    assert reasons(skills.migrate("--import", folder))["import-incomplete"] == 1
    assert skills.rows("SELECT * FROM skill_anomalies") == []


@pytest.mark.parametrize("damage", ["rows", "manifest", "columns"])
def test_a_damaged_export_is_refused(skills: SkillsHome, damage: str) -> None:
    skills.migrate()
    skills.execute(USERS_WORK)
    folder = Path(skills.run("rollback").report["export"])
    if damage == "rows":
        (folder / "skill_clusters.jsonl").write_text("")
    elif damage == "manifest":
        (folder / "manifest.json").write_text('{"skill_clusters": 1}')
    else:
        line = b'{"nonsense": 1}\n'
        (folder / "skill_clusters.jsonl").write_bytes(line)
        digest = files.digest(str(folder / "skill_clusters.jsonl"))
        about = {"file": "skill_clusters.jsonl", "rows": 1, "sha256": digest}
        (folder / "manifest.json").write_text(json.dumps({"skill_clusters": about}))
    before = skills.picture()
    answer = skills.migrate("--import", str(folder))
    assert (answer.status, answer.code) == (3, "EXPORT_INVALID")
    assert skills.picture() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("CREATE VIEW theirs AS SELECT * FROM skill_clusters", "NEW_DATA"),
        ("CREATE TRIGGER theirs AFTER INSERT ON skill_anomalies BEGIN SELECT 1; END", "NEW_DATA"),
        ("ALTER TABLE skill_modalities ADD COLUMN more TEXT", "NEW_DATA"),
        ("DROP VIEW v_ab_test_summary", "NEW_DATA"),
        (
            "INSERT INTO skill_migrations (version, applied_at) VALUES ('V5__ulid', 'later')",
            "UNKNOWN_VERSION",
        ),
    ],
)
def test_a_rollback_refuses_when_others_lean_on_version_4(skills: SkillsHome, change: str, code: str) -> None:
    skills.migrate()
    skills.execute(change)
    before = skills.picture()
    answer = skills.run("rollback")
    assert (answer.status, answer.code) == (3, code)
    assert skills.picture() == before


def test_others_objects_that_do_not_lean_on_version_4_stay(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);")
    assert skills.run("rollback").status == 0
    assert skills.rows("SELECT x FROM theirs") == [(1,)]


def half(home: SkillsHome, count: int) -> None:
    """Upstream's way to stop half-way: the first objects are there, and no record."""
    statements = [sql for _, sql in ddl.UP.values()][:count]
    home.execute(";\n".join(statements) + ";")


@pytest.mark.parametrize("count", [1, 9, 14, 25, 31, 37])
def test_a_half_applied_fourth_version_is_resumed_and_its_rows_stay(skills: SkillsHome, count: int) -> None:
    half(skills, count)
    skills.execute(
        "INSERT INTO skill_metrics_cache (skill_name, last_invocation_at, updated_at) VALUES ('x', 'y', 'z')"
    )
    listing, cached = skills.listing(), skills.rows("SELECT * FROM skill_metrics_cache")
    before = skills.picture(state=False)
    answer = skills.migrate()
    assert (answer.status, reasons(answer)["resumed"]) == (0, count)
    assert skills.rows("SELECT * FROM skill_metrics_cache") == cached
    skills.run("rollback")
    assert skills.picture(state=False) == before
    skills.migrate()
    skills.execute(
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('n', '2026-03-01', 's')"
    )
    assert skills.run("rollback").status == 0
    assert skills.listing() == listing
    assert skills.rows("SELECT skill_name FROM skill_metrics_cache WHERE skill_name <> 'n'") == [("x",)]


def test_rows_that_a_run_changed_are_what_they_were_after_a_rollback_over_new_work(
    skills: SkillsHome,
) -> None:
    half(skills, 37)
    values = "('pytest-run', 1, 2, 0.5, NULL, NULL, 0.0, 'then')"
    skills.execute(
        f"INSERT INTO skill_community_baselines VALUES {values};"
        "INSERT INTO skill_categories (category_name, created_at) VALUES ('Testing', 'then');"
    )
    tables, sequence = v4_rows(skills), skills.rows("SELECT * FROM sqlite_sequence ORDER BY 1")
    skills.migrate()
    assert v4_rows(skills) != tables
    skills.execute("INSERT INTO mv_daily_skills VALUES ('2026-03-01', 'x', 1, 1, 0, NULL)")
    assert skills.run("rollback").status == 0
    assert v4_rows(skills) == tables
    assert skills.rows("SELECT * FROM sqlite_sequence ORDER BY 1") == sequence


def test_a_record_that_says_failure_is_no_record(skills: SkillsHome) -> None:
    skills.execute(
        "INSERT INTO skill_migrations (version, applied_at, success) "
        "VALUES ('V4__phase4_extensions', '2026-01-01 00:00:09', 0)"
    )
    assert "resumed" in reasons(skills.migrate())
    query = (
        "SELECT success, applied_at > '2026-01-01 00:00:09' FROM skill_migrations WHERE version LIKE 'V4%'"
    )
    assert skills.rows(query) == [(1, 1)]


def test_what_is_recorded_but_not_there_is_made_again_only_when_asked(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute("DROP VIEW v_ab_test_summary; DROP TABLE skill_modalities;")
    assert skills.migrate().code == "V4_INCOMPLETE"
    assert reasons_of(skills, "--repair") >= {"repaired"}
    assert skills.rows("SELECT count(*) FROM skill_modalities") == [(2,)]
    assert skills.run("verify").status == 0


def reasons_of(home: SkillsHome, *words: str) -> set[str]:
    answer = home.migrate(*words)
    assert answer.status == 0, answer.report["message"]
    return {note["reason"] for note in answer.report["notes"]}


@pytest.mark.parametrize("recorded", [True, False])
def test_keys_to_the_wrong_table_are_turned_right_only_when_asked(
    skills: SkillsHome, *, recorded: bool
) -> None:
    statements = [OLD_KEYS.get(name, sql) for name, (_, sql) in ddl.UP.items()]
    skills.execute(";\n".join(statements) + ";")
    skills.execute(
        "INSERT INTO skill_clusters VALUES (7, 'c', NULL, x'01', 'now');"
        "INSERT INTO skill_anomalies (id, skill_name, detected_at, anomaly_type) VALUES (5, 'ruff-check', 'n', 'drop');"
    )
    if recorded:
        skills.execute(
            "INSERT INTO skill_migrations (version, applied_at) VALUES ('V4__phase4_extensions', '2026-02-01')"
        )
    before = skills.picture()
    assert skills.migrate().code == "OLD_FOREIGN_KEYS"
    assert skills.picture() == before
    assert "repaired" in reasons_of(skills, "--repair")
    assert skills.rows("SELECT id, skill_name FROM skill_anomalies") == [(5, "ruff-check")]
    query = (
        "SELECT name, seq FROM sqlite_sequence WHERE name IN ('skill_anomalies', 'skill_clusters') ORDER BY 1"
    )
    assert skills.rows(query) == [("skill_anomalies", 5), ("skill_clusters", 7)]
    parents = {row[2] for table in ddl.TABLES for row in skills.rows(f"PRAGMA foreign_key_list({table})")}
    assert "skill_invocation" not in parents
    assert skills.run("verify").status == 0


@pytest.mark.parametrize("table", ["skill_modalities", "skill_anomalies"])
def test_a_repaired_table_has_its_indexes_and_goes_with_the_rest(skills: SkillsHome, table: str) -> None:
    listing = skills.listing()
    skills.migrate()
    kept = [sql for name, on in ddl.INDEXES.items() if on.startswith(table) for sql in [ddl.UP[name][1]]]
    skills.execute(";\n".join([f"DROP TABLE {table}", OLD_KEYS[table], *kept]) + ";")
    names = [one[:3] for one in skills.listing()]
    answer = skills.run("migrate", "--repair")
    assert (answer.status, answer.report["changed"]) == (0, True)
    assert [one[:3] for one in skills.listing()] == names
    assert skills.run("verify").status == 0
    skills.execute("INSERT INTO skill_clusters (cluster_name, created_at) VALUES ('mine', 'now')")
    assert skills.run("rollback").status == 0
    assert skills.listing() == listing


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM skill_time_series WHERE id = 1",
        "UPDATE skill_categories SET domain = 'other' WHERE category_id = 2",
        "DELETE FROM skill_migrations WHERE version LIKE 'V4%'",
        "DROP INDEX idx_dependencies_lift",
        "DROP TRIGGER trg_metrics_cache_after_insert",
        "DROP VIEW v_ab_test_summary; CREATE VIEW v_ab_test_summary AS SELECT * FROM ab_test_configs",
    ],
)
def test_verify_notices_what_was_altered(skills: SkillsHome, change: str) -> None:
    skills.migrate()
    assert skills.run("verify").status == 0
    skills.execute(change)
    assert skills.run("verify").status == 6


def test_verify_is_content_with_work_that_alters_nothing(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute(
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('n', '2026-03-01', 's')"
    )
    assert skills.run("verify").status == 0


def test_a_migration_that_fails_to_verify_takes_itself_back(
    skills: SkillsHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = skills.picture(state=False)
    monkeypatch.setattr("migrator.session_buddy.proof._trial", lambda _: iter([("trial", "went wrong")]))
    answer = skills.migrate()
    assert answer.status == 5
    assert skills.picture(state=False) == before


def test_a_full_disk_is_seen_before_anything_is_written(
    skills: SkillsHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = skills.picture()
    real = os.statvfs(skills.root)

    class Full:
        f_bavail, f_frsize = (100 << 20) // real.f_frsize, real.f_frsize

    monkeypatch.setattr(os, "statvfs", lambda _: Full)
    assert skills.migrate().code == "NO_SPACE"
    assert skills.picture() == before


def test_a_killed_migration_is_completed_by_the_next_run_and_can_be_taken_back(skills: SkillsHome) -> None:
    before = skills.picture(state=False)
    skills.migrate()
    clean = v3_rows(skills), v4_rows(skills)
    skills.run("rollback")
    count = 0
    for count in some_points(skills, f"migrate --as-of {AS_OF}"):
        assert skills.migrate().status == 0, count
        assert (v3_rows(skills), v4_rows(skills)) == clean, count
        assert skills.run("verify").status == 0, count
        assert skills.run("rollback").status == 0, count
        assert skills.picture(state=False) == before, count
    assert count > 30


def test_a_killed_migration_can_be_rolled_back_at_once(skills: SkillsHome) -> None:
    before = skills.picture(state=False)
    count = 0
    for count in some_points(skills, f"migrate --as-of {AS_OF}"):
        assert skills.run("rollback").status == 0, count
        assert skills.picture(state=False) == before, count
    assert count > 30


def test_a_killed_rollback_over_new_work_loses_nothing(skills: SkillsHome) -> None:
    listing = skills.listing()
    skills.migrate()
    skills.execute(USERS_WORK)
    rows, start = v3_rows(skills), skills.root.with_name("start")
    shutil.copytree(skills.root, start)
    count = 0
    for count in some_points(skills, "rollback"):
        assert skills.run("rollback").status == 0, count
        assert (skills.listing(), v3_rows(skills)) == (listing, rows), count
        clusters = list(
            skills.root.glob(".local/state/migrator/session-buddy/*/export*/skill_clusters.jsonl")
        )
        assert len(clusters) == 1, count
        shutil.rmtree(skills.root)
        shutil.copytree(start, skills.root)
    assert count > 30


def test_a_migration_killed_at_any_moment_is_all_or_nothing(skills: SkillsHome) -> None:
    before, rng = skills.picture(state=False), Random(3)
    words = [
        sys.executable,
        "-m",
        "migrator",
        "session-buddy",
        "migrate",
        "--as-of",
        AS_OF,
        "--home",
        str(skills.root),
    ]
    begin = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    length = time.monotonic() - begin
    clean = v4_rows(skills)
    skills.run("rollback")
    for count in range(12):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as child:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(length * (0.3 + 0.7 * rng.random()))
            child.send_signal(signal.SIGKILL)
        if count % 2:
            assert skills.migrate().status == 0
            assert v4_rows(skills) == clean
        assert skills.run("rollback").status == 0
        assert skills.picture(state=False) == before


@pytest.mark.parametrize("name", ["v3_cli.db", "v3_mgr.db", "v3_wal_left", "v4_half_tables.db"])
def test_databases_that_the_real_tool_wrote_go_there_and_back(skills: SkillsHome, name: str) -> None:
    if not (GOLDEN / name).exists():
        pytest.skip(f"no golden database {GOLDEN / name}; GOLDEN_HOMES names the folder")
    shutil.rmtree(skills.db.parent)
    if (GOLDEN / name).is_dir():
        shutil.copytree(GOLDEN / name, skills.db.parent)
    else:
        skills.db.parent.mkdir()
        shutil.copy(GOLDEN / name, skills.db)
    for path in (skills.db.parent, *skills.db.parent.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = skills.picture(state=False)
    assert skills.migrate().status == 0
    assert skills.run("verify").status == 0
    assert not skills.migrate().report["changed"]
    assert skills.run("rollback").status == 0
    assert skills.picture(state=False) == before
    skills.migrate()
    skills.execute(USERS_WORK)
    rows = v3_rows(skills)
    assert skills.run("rollback").status == 0
    assert v3_rows(skills) == rows
