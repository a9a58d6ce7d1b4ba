import pytest
from oracle_homes import (
    CONFIG,
    DATABASE,
    LEGACY,
    ONE,
    ROOT,
    build,
    empty_database,
    fates,
    legacy,
    project_sql,
    session,
    with_rows,
)

from harness.home import Home
from harness.systems.ao.oracle import expect, read_target


def test_a_refused_home_keeps_its_tables_and_has_no_fates() -> None:
    home = legacy("a: [", database=with_rows(project_sql("x", "/x")), app_1=session())
    found = expect(home)

    assert found.refusals == {"CONFIG_INVALID"}
    assert found.outcome == "refused"
    assert found.tables == read_target(home)
    assert (found.fates, found.files, found.writable) == ((), {}, frozenset())


def test_without_a_database_the_migration_is_refused() -> None:
    found = expect(legacy(database=None))

    assert found.refusals == {"DB_MISSING"}
    assert found.tables == {}


@pytest.mark.parametrize("path", [LEGACY, CONFIG])
def test_without_legacy_state_there_is_nothing_to_refuse(path: str) -> None:
    found = expect(legacy(database=None, app_1=session()).without(path))

    assert found.refusals == frozenset()
    assert (found.tables, found.writable) == ({}, frozenset())
    named = [("app-1", "not-migrated")] if path == CONFIG else []
    assert [(fate.id, fate.reason) for fate in found.fates] == named
    assert found.outcome == "done"


def test_without_legacy_state_the_tables_stay() -> None:
    home = legacy(database=with_rows(project_sql("x", "/x"))).without(LEGACY)

    assert expect(home).tables == read_target(home)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM goose_db_version WHERE version_id = 7",
        "DELETE FROM goose_db_version WHERE version_id = 12",
        "DELETE FROM goose_db_version",
        "DROP TABLE goose_db_version",
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (13, 1)",
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (12, 0)",
        "UPDATE goose_db_version SET is_applied = 0 WHERE version_id = 3",
        "UPDATE goose_db_version SET version_id = 'x' WHERE version_id = 3",
    ],
)
def test_another_version_or_a_gap_is_refused(statement: str) -> None:
    assert expect(legacy(database=with_rows(statement))).refusals == {"SCHEMA_MISMATCH"}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM goose_db_version WHERE version_id = 0",
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, 1)",
        "DROP INDEX idx_pr_session",
        "DROP TRIGGER pr_cdc_insert",
    ],
)
def test_what_a_migration_does_not_need_is_no_refusal(statement: str) -> None:
    assert expect(legacy(database=with_rows(statement))).refusals == frozenset()


def test_without_its_trigger_the_target_logs_nothing() -> None:
    found = expect(legacy(database=with_rows("DROP TRIGGER sessions_cdc_insert"), app_1=session()))

    assert list(found.tables["sessions"]) == ["app-1"]
    assert found.tables["change_log"] == {}


@pytest.mark.parametrize(
    "statement", ["DROP TABLE workspace_repos", "ALTER TABLE sessions DROP COLUMN prompt"]
)
def test_a_version_without_its_columns_is_invalid(statement: str) -> None:
    assert expect(legacy(database=with_rows(statement))).refusals == {"DB_INVALID"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a database " * 100, "DB_INVALID"),
        (build(["VACUUM"]), "SCHEMA_MISMATCH"),
        (b"SQLite", "DB_INVALID"),
    ],
)
def test_what_is_no_database_is_refused(content: bytes, code: str) -> None:
    assert expect(legacy(database=content)).refusals == {code}


def test_a_damaged_page_is_refused() -> None:
    content = bytearray(empty_database())
    content[4096 * 2 : 4096 * 3] = b"\xff" * 4096

    assert "DB_INVALID" in expect(legacy(database=bytes(content))).refusals


@pytest.mark.parametrize("kind", ["dir", "fifo"])
def test_a_database_that_is_no_file_is_invalid(kind: str) -> None:
    assert expect(legacy().with_kind(DATABASE, kind)).refusals == {"DB_INVALID"}  # type: ignore[arg-type]


def test_a_database_without_permission_is_invalid() -> None:
    assert expect(legacy().with_mode(DATABASE, 0)).refusals == {"DB_INVALID"}


@pytest.mark.parametrize(
    "text",
    ["a: [", "a: 1\na: 2", "- list", "text", "projects: [a]", "projects: text", "a: *b", "a: 1\n---\nb: 2"],
)
def test_a_configuration_that_is_no_mapping_is_refused(text: str) -> None:
    assert expect(legacy(text)).refusals == {"CONFIG_INVALID"}


@pytest.mark.parametrize(
    "text", ["", "# empty", "projects:", "projects: {}", "port: 3000", "\ufeffprojects: {}\r\n"]
)
def test_a_configuration_without_projects_is_no_refusal(text: str) -> None:
    found = expect(legacy(text))

    assert (found.refusals, found.outcome) == (frozenset(), "done")
    assert fates(found, "other") == {"config.yaml": "not-migrated"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: home.with_kind(CONFIG, "dir"),
        lambda home: home.with_kind(CONFIG, "fifo"),
        lambda home: home.with_mode(CONFIG, 0),
        lambda home: home.with_link(CONFIG, "/etc/elsewhere"),
        lambda home: home.with_link(CONFIG, "gone.yaml"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_refused(damage: object) -> None:
    assert expect(damage(legacy())).refusals == {"CONFIG_INVALID"}  # type: ignore[operator]


def test_a_configuration_may_be_a_link_inside_the_home() -> None:
    home = legacy().with_file("dotfiles/ao.yaml", ONE.encode()).with_link(CONFIG, "../dotfiles/ao.yaml")

    assert list(expect(home).tables["projects"]) == ["app"]


def test_a_latin_1_configuration_is_read_with_replacement() -> None:
    home = legacy().with_file(CONFIG, b"projects: {app: {path: /x, displayName: caf\xe9}}")

    assert expect(home).tables["projects"]["app"]["display_name"] == "caf\ufffd"


RUN_FILE = ".ao/running.json"


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b'{"pid": 4711, "port": 3000}', True),
        (b'{"pid": 0}', False),
        (b'{"pid": true}', False),
        (b'{"pid": "4711"}', False),
        (b"[]", False),
        (b"broken", False),
    ],
)
def test_a_daemon_counts_when_its_run_file_names_a_live_process(content: bytes, refused: bool) -> None:  # noqa: FBT001
    home = legacy().with_file(RUN_FILE, content)

    assert expect(home).refusals == frozenset()
    assert ("DAEMON_RUNNING" in expect(home, alive=True).refusals) is refused


def test_a_held_lock_is_refused() -> None:
    assert expect(legacy(), locked=True).refusals == {"DB_LOCKED"}


@pytest.mark.parametrize("target", [f"../{LEGACY}/projects/app/sessions", f"{ROOT}/{LEGACY}"])
def test_a_data_directory_inside_the_legacy_root_is_suspect(target: str) -> None:
    home = legacy(app_1=session()).without(".ao/data").with_link(".ao/data", target)

    assert expect(home).refusals == {"DB_MISSING", "DATA_DIR_SUSPECT"}


def test_all_reasons_are_named() -> None:
    home: Home = legacy("a: [", database=None).with_file(RUN_FILE, b'{"pid": 4711}')

    assert expect(home, alive=True, locked=True).refusals == {
        "CONFIG_INVALID",
        "DB_MISSING",
        "DAEMON_RUNNING",
        "DB_LOCKED",
    }
