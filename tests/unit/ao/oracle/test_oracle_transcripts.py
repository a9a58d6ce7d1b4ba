import pytest
from oracle_homes import LEGACY, ROOT, fates, legacy, project_sql, session, with_rows, with_session

from harness.expectation import Expectation
from harness.home import Home, digest_of
from harness.systems.ao.oracle import expect

UUID = "11111111-2222-3333-4444-555555555555"
SOURCE = f".claude/projects/-home-u-wt-app-1/{UUID}.jsonl"
TARGET = f".claude/projects/-home-u--ao-data-worktrees-app-app-1/{UUID}.jsonl"
CLAUDE = session(agent="claude-code", claudeSessionUuid=UUID, worktree="/home/u/wt/app-1")


def with_transcript(content: bytes = b"talk", *, record: bytes = CLAUDE) -> Home:
    return legacy(app_1=record).with_file(SOURCE, content)


def transcript_fates(found: Expectation) -> list[tuple[str, str, str, str | None]]:
    return [(f.source, f.id, f.disposition, f.reason) for f in found.fates if f.kind == "transcript"]


def test_a_transcript_is_copied_to_the_folder_of_the_new_worktree() -> None:
    found = expect(with_transcript())

    assert transcript_fates(found) == [(SOURCE, "app-1", "migrated", None)]
    assert found.files == {TARGET: digest_of(b"talk")}
    assert found.writable >= {TARGET, TARGET.rpartition("/")[0], ".ao/data/ao.db", ".ao/data/ao.db-wal"}


def test_an_existing_folder_itself_is_not_writable() -> None:
    found = expect(with_transcript().with_file(TARGET.replace(UUID, "other"), b"x"))

    assert TARGET in found.writable
    assert TARGET.rpartition("/")[0] not in found.writable


@pytest.mark.parametrize(
    ("content", "fate"), [(b"talk", ("present", None)), (b"other", ("set-aside", "transcript-conflict"))]
)
def test_an_existing_transcript_is_never_overwritten(content: bytes, fate: tuple[str, str | None]) -> None:
    found = expect(with_transcript().with_file(TARGET, content))

    assert transcript_fates(found) == [(SOURCE, "app-1", *fate)]
    assert TARGET not in found.writable
    assert found.files == ({TARGET: digest_of(b"talk")} if content == b"talk" else {})


def test_a_present_session_still_gets_its_transcript() -> None:
    statement = (
        "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at)"
        " VALUES ('app-1', 'app', 1, '2026-01-01', '2026-01-01', '2026-01-01')"
    )
    home = with_transcript().with_file(
        ".ao/data/ao.db", with_rows(project_sql("app", "/home/u/repos/app"), statement)
    )

    assert transcript_fates(expect(home)) == [(SOURCE, "app-1", "migrated", None)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: home.without(SOURCE),
        lambda home: home.with_link(SOURCE, "elsewhere.jsonl"),
        lambda home: home.with_kind(SOURCE, "fifo"),
        lambda home: home.without(".claude").with_link(".claude", "/srv/claude"),
    ],
)
def test_without_a_regular_source_the_transcript_is_missing(damage: object) -> None:
    found = expect(damage(with_transcript()))  # type: ignore[operator]

    assert transcript_fates(found) == [(SOURCE, "app-1", "skipped", "transcript-missing")]
    assert found.outcome == "done"


def test_a_source_without_permission_is_set_aside() -> None:
    found = expect(with_transcript().with_mode(SOURCE, 0))

    assert transcript_fates(found) == [(SOURCE, "app-1", "set-aside", "unreadable")]


@pytest.mark.parametrize(
    "record",
    [
        session(agent="codex", claudeSessionUuid=UUID, worktree="/home/u/wt/app-1"),
        session(agent="claude-code", worktree="/home/u/wt/app-1"),
        session(agent="claude-code", claudeSessionUuid="../x", worktree="/home/u/wt/app-1"),
        session(agent="claude-code", claudeSessionUuid=UUID, worktree=""),
        session("done", agent="claude-code", claudeSessionUuid=UUID, worktree="/home/u/wt/app-1"),
    ],
)
def test_other_sessions_have_no_transcript(record: bytes) -> None:
    assert transcript_fates(expect(with_transcript(record=record))) == []


def test_the_worktree_is_resolved_before_it_is_named() -> None:
    record = session(agent="claude-code", claudeSessionUuid=UUID, worktree="/home/u/short/app-1")
    found = expect(with_transcript(record=record).with_link("short", "wt"))

    assert transcript_fates(found) == [(SOURCE, "app-1", "migrated", None)]


def test_a_linked_data_directory_is_resolved_for_the_destination() -> None:
    home = with_transcript()
    database = home.content(".ao/data/ao.db")
    home = home.without(".ao/data").with_file("disk/ao/ao.db", database).with_link(".ao/data", "../disk/ao")
    found = expect(home)

    assert list(found.files) == [f".claude/projects/-home-u-disk-ao-worktrees-app-app-1/{UUID}.jsonl"]
    assert {"disk/ao/ao.db", "disk/ao/ao.db-wal"} <= found.writable


def test_an_orchestrator_lives_in_its_own_folder() -> None:
    record = session(
        agent="claude-code", claudeSessionUuid=UUID, worktree="/home/u/wt/app-1", role="orchestrator"
    )

    assert list(expect(with_transcript(record=record)).files) == [
        f".claude/projects/-home-u--ao-data-worktrees-app-orchestrator-app-orchestrator/{UUID}.jsonl"
    ]


def test_the_folder_of_a_present_projects_orchestrator_is_named_by_the_target() -> None:
    record = session(
        agent="claude-code", claudeSessionUuid=UUID, worktree="/home/u/wt/app-1", role="orchestrator"
    )
    config = "projects: {app-with-a-long-id: {path: /x, sessionPrefix: legacy}}"
    for stored, prefix in (("NULL", "app-with-a-l"), ('\'{"sessionPrefix":"own"}\'', "own")):
        database = with_rows(project_sql("app-with-a-long-id", "/x", stored))
        home = with_session(legacy(config, database=database), "legacy-1", record, "app-with-a-long-id")

        folder = "-home-u--ao-data-worktrees-app-with-a-long-id-orchestrator-" + prefix + "-orchestrator"
        assert list(expect(home.with_file(SOURCE, b"talk")).files) == [
            f".claude/projects/{folder}/{UUID}.jsonl"
        ]


def test_a_transcript_that_is_already_in_place_is_present() -> None:
    place = f"{ROOT}/.ao/data/worktrees/app/app-1"
    record = session(agent="claude-code", claudeSessionUuid=UUID, worktree=place)
    found = expect(legacy(app_1=record).with_file(TARGET, b"talk"))

    assert transcript_fates(found) == [(TARGET, "app-1", "present", None)]
    assert found.files == {TARGET: digest_of(b"talk")}


def test_two_sessions_may_copy_one_transcript() -> None:
    found = expect(with_session(with_transcript(), "app-2", CLAUDE))

    assert [fate[1:] for fate in transcript_fates(found)] == [
        ("app-1", "migrated", None),
        ("app-2", "migrated", None),
    ]
    assert len(found.files) == 2


@pytest.mark.parametrize("second", [b"talk", b"other"])
def test_two_folders_of_one_name_are_no_trap(second: bytes) -> None:
    config = "projects:\n  a_b: {path: /x, sessionPrefix: p}\n  a-b: {path: /y, sessionPrefix: p}\n"
    home = legacy(config)
    for project, name, content in (("a_b", "one", b"talk"), ("a-b", "two", second)):
        record = session(
            agent="claude-code", claudeSessionUuid=UUID, worktree=f"/w/{name}", role="orchestrator"
        )
        home = with_session(home, name, record, project)
        home = home.with_file(f".claude/projects/-w-{name}/{UUID}.jsonl", content)
    found = expect(home)

    reason = None if second == b"talk" else "transcript-conflict"
    assert [fate[3] for fate in transcript_fates(found)] == [None, reason]
    assert list(found.files.values()) == [digest_of(b"talk")]


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: home.with_file(TARGET.rpartition("/")[0], b"a file"),
        lambda home: home.with_link(TARGET.rpartition("/")[0], "/srv/elsewhere"),
        lambda home: home.with_kind(TARGET, "dir"),
        lambda home: home.with_link(TARGET, "gone"),
    ],
)
def test_a_destination_that_cannot_be_written_is_a_conflict(damage: object) -> None:
    found = expect(damage(with_transcript()))  # type: ignore[operator]

    assert transcript_fates(found) == [(SOURCE, "app-1", "set-aside", "transcript-conflict")]
    assert found.files == {}


def test_sessions_without_transcripts_need_no_folder() -> None:
    found = expect(legacy(app_1=session()))

    assert found.writable == {".ao/data/ao.db" + suffix for suffix in ("", "-wal", "-shm", "-journal")}
    assert fates(found) == {"app-1": "migrated"}
    assert not [path for path in found.writable if path.startswith(LEGACY)]
