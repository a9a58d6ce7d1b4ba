import pytest
from oracle_homes import LEGACY, column, fates, legacy, session, with_session

from harness.home import Home
from harness.systems.ao.oracle import expect

FOLDER = "aaaaaaaaaaaa-app"


def old(home: Home, folder: str, name: str, content: bytes, mtime_ns: int | None = None) -> Home:
    return home.with_file(f"{LEGACY}/{folder}/sessions/{name}", content, mtime_ns=mtime_ns)


def by_source(home: Home) -> dict[str, str | None]:
    found = expect(home).fates
    return {fate.source.removeprefix(LEGACY + "/"): fate.reason for fate in found if fate.kind == "session"}


def test_old_files_without_extension_are_read() -> None:
    content = b'status=killed\nbranch=b\nstateVersion=2\nstatePayload={"session":{"state":"working"}}\n'
    found = expect(old(legacy(), FOLDER, "app-1", content))

    assert column(found, "activity_state") == {"app-1": "active"}


@pytest.mark.parametrize("name", ["app-1", "app-1.json"])
def test_old_files_may_hold_json(name: str) -> None:
    found = expect(old(legacy(), FOLDER, name, session()))

    assert fates(found) == {"app-1": "migrated"}


@pytest.mark.parametrize(
    ("config", "folder", "project"),
    [
        ("projects: {p: {path: /x, storageKey: aaaaaaaaaaaa}}", "aaaaaaaaaaaa", "p"),
        ("projects: {p: {path: /x, storageKey: aaaaaaaaaaaa-q}}", "aaaaaaaaaaaa-q", "p"),
        ("projects: {q: {path: /x}}", "aaaaaaaaaaaa-q", "q"),
        ("projects: {p: {path: /x/q}}", "aaaaaaaaaaaa-q", "p"),
        ("projects: {my-q: {path: /x/my-q}}", "aaaaaaaaaaaa-my-q", "my-q"),
    ],
)
def test_an_old_folder_belongs_to_one_project(config: str, folder: str, project: str) -> None:
    found = expect(old(legacy(config), folder, "s-1", session()))

    assert column(found, "project_id") == {"s-1": project}


@pytest.mark.parametrize(
    ("config", "folder"),
    [
        ("projects: {q: {path: /x}}", "aaaaaaaaaaaa"),
        ("projects: {q: {path: /x}}", "aaaaaaaaaaaa-my-q"),
        ("projects: {a: {path: /x/q}, b: {path: /y/q}}", "aaaaaaaaaaaa-q"),
        ("projects: {q: {}, b: {path: /y/q}}", "aaaaaaaaaaaa-q"),
    ],
)
def test_an_old_folder_of_no_project_leaves_its_sessions_aside(config: str, folder: str) -> None:
    assert fates(expect(old(legacy(config), folder, "s-1", session()))) == {"s-1": "no-project"}


@pytest.mark.parametrize(
    "folder",
    [
        "aaaaaaaaaaaa-app.migrated",
        "aaaaaaaaaaaa.migrated",
        "aaaaaaaaaaaa-observability",
        "AAAAAAAAAAAA-app",
        "abc-app",
    ],
)
def test_other_folders_are_never_read(folder: str) -> None:
    assert fates(expect(old(legacy(), folder, "app-1", session()))) == {}


def test_archives_and_leftovers_are_skipped_in_old_folders_too() -> None:
    home = old(legacy(), FOLDER, "archive/app-4_20260420T143052Z", b"status=working")
    home = old(home, FOLDER, "app-1.lock", b"")
    home = old(home, FOLDER, "app-1.corrupt-1", b"")
    home = old(home, FOLDER, ".origin", b"")
    home = old(home, FOLDER, "with blank", b"status=idle")

    assert fates(expect(home)) == {
        "app-4_20260420T143052Z": "archived",
        "app-1.lock": "leftover",
        "app-1.corrupt-1": "corrupt-copy",
        "with blank": "invalid-session-id",
    }


def test_the_new_layout_wins_over_the_old() -> None:
    home = with_session(legacy(), "app-1", session("done", createdAt="2026-01-01"))
    home = old(home, FOLDER, "app-1", b"status=working\ncreatedAt=2026-02-02")

    assert by_source(home) == {
        "projects/app/sessions/app-1.json": "terminal",
        f"{FOLDER}/sessions/app-1": "duplicate-source",
    }


def test_a_file_that_cannot_be_read_does_not_hide_an_old_one() -> None:
    home = old(with_session(legacy(), "app-1", b""), FOLDER, "app-1", b"status=working")

    assert by_source(home) == {
        "projects/app/sessions/app-1.json": "empty-file",
        f"{FOLDER}/sessions/app-1": None,
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((b"createdAt=2026-01-02", 1), (b"createdAt=2026-01-01", 2)),
        ((b"createdAt=2026-01-01", 2), (b"createdAt=2026-01-01", 1)),
        ((b"createdAt=2026-01-01", 1), (b"createdAt=soon", 2)),
    ],
)
def test_among_old_files_the_newest_wins(first: tuple[bytes, int], second: tuple[bytes, int]) -> None:
    home = old(legacy(), "aaaaaaaaaaaa-app", "app-1", *first)
    home = old(home, "bbbbbbbbbbbb-app", "app-1", *second)

    assert by_source(home) == {
        "aaaaaaaaaaaa-app/sessions/app-1": None,
        "bbbbbbbbbbbb-app/sessions/app-1": "duplicate-source",
    }


def test_among_equally_old_files_the_larger_path_wins() -> None:
    home = old(legacy(), "aaaaaaaaaaaa-app", "app-1", b"status=idle")
    home = old(home, "bbbbbbbbbbbb-app", "app-1", b"status=idle")

    assert by_source(home)["aaaaaaaaaaaa-app/sessions/app-1"] == "duplicate-source"
