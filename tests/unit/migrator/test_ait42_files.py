"""Which files are read, what the legacy program's parser would refuse, and whose workspace a file is."""

import json
import os
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from editor import EditorHome, hashed, instance, message, session

from migrator import room
from migrator.ait42 import workspaces

WORK = "/work/one"
GOOD = json.dumps([session()])


def with_field(**fields: Any) -> bytes:
    return json.dumps([session(**fields)]).encode()


def swapped(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


def without(key: str) -> bytes:
    return json.dumps([{name: value for name, value in session().items() if name != key}]).encode()


REFUSED: dict[str, tuple[str, bytes]] = {
    "truncated": ("corrupt-json", GOOD[:-9].encode()),
    "trailing text": ("corrupt-json", GOOD.encode() + b"]"),
    "two arrays": ("corrupt-json", GOOD.encode() * 2),
    "a byte order mark": ("corrupt-json", b"\xef\xbb\xbf" + GOOD.encode()),
    "NUL after it": ("corrupt-json", GOOD.encode() + b"\0" * 9),
    "NUL before it": ("corrupt-json", b"\0" * 9 + GOOD.encode()),
    "NUL only": ("corrupt-json", b"\0" * 9),
    "a raw control character": ("corrupt-json", swapped("competition", "compe\ttition")),
    "NaN": ("corrupt-json", swapped('"timeoutSeconds": 60', '"timeoutSeconds": NaN')),
    "NaN in an unknown key": ("corrupt-json", swapped('"task"', '"x": NaN, "task"')),
    "a comment": ("corrupt-json", swapped('"task"', '/* */ "task"')),
    "a known key twice": ("corrupt-json", swapped('"status"', '"task": "again", "status"')),
    "half a pair": ("corrupt-json", swapped('"status": "completed"', '"status": "\\udc00"')),
    "half a pair in an unknown key": ("corrupt-json", swapped('"status"', '"\\ud800": 1, "status"')),
    "deep nesting": ("corrupt-json", b"[" * 100_000),
    "not UTF-8": ("invalid-encoding", swapped("competition", "x").replace(b'"x"', b'"\xff"')),
    "an object": ("not-an-array", b"{}"),
    "null": ("not-an-array", b"null"),
    "a wrapper": ("not-an-array", b'{"sessions": ' + GOOD.encode() + b"}"),
    "no id": ("wrong-shape", without("id")),
    "no instances": ("wrong-shape", without("instances")),
    "null chatHistory": ("wrong-shape", with_field(chatHistory=None)),
    "a session that is null": ("wrong-shape", b"[null]"),
    "float": ("wrong-shape", swapped('"timeoutSeconds": 60', '"timeoutSeconds": 60.0')),
    "negative": ("wrong-shape", with_field(timeoutSeconds=-1)),
    "minus zero": ("wrong-shape", swapped('"timeoutSeconds": 60', '"timeoutSeconds": -0')),
    "over u32": ("wrong-shape", with_field(timeoutSeconds=2**32)),
    "over u64": ("wrong-shape", with_field(totalDuration=2**64)),
    "endless": ("wrong-shape", swapped('"timeoutSeconds": 60', '"timeoutSeconds": ' + "9" * 5000)),
    "bool as number": ("wrong-shape", with_field(preserveWorktrees=1)),
    "number as bool": ("wrong-shape", with_field(winnerId=True)),
    "number as text": ("wrong-shape", with_field(winnerId="1")),
    "text as number": ("wrong-shape", with_field(task=5)),
    "mixed runtimeMix": ("wrong-shape", with_field(runtimeMix=["a", None])),
    "an instance without its number": ("wrong-shape", with_field(instances=[instance(None)])),  # type: ignore[arg-type]
    "a message without content": ("wrong-shape", with_field(chatHistory=[message(content=None)])),
}
TAKEN: dict[str, bytes] = {
    "unknown keys": swapped('"task"', '"evaluation": {"a": [1.5, 1e999]}, "task"'),
    "an unknown key twice": swapped('"task"', '"x": 1, "x": 2, "task"'),
    "half a pair in an unknown text": swapped('"task"', '"x": "\\ud800", "task"'),
    "a pair": swapped('"status"', '"x": "\\ud83d\\ude00", "status"'),
    "a huge number in an unknown key": swapped('"task"', '"x": ' + "9" * 5000 + ', "task"'),
    "CRLF": json.dumps([session()], indent=2).replace("\n", "\r\n").encode(),
    "no optional key": json.dumps(
        [{k: v for k, v in session(timeoutSeconds=None).items() if v is not None}]
    ).encode(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_legacy_parser_refuses_sets_the_file_aside(editor: EditorHome, name: str) -> None:
    reason, data = REFUSED[name]
    editor.file(WORK, data)
    editor.file("/work/two", [session("other")])
    answer = editor.run("migrate")
    assert answer.status == 4
    assert answer.fates()[f".ait42/sessions/{hashed(WORK)}.json"] == ("set-aside", reason)
    assert editor.rows("SELECT id FROM sessions") == [("other",)]


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_legacy_parser_takes_is_migrated(editor: EditorHome, name: str) -> None:
    editor.file(WORK, TAKEN[name])
    assert editor.run("migrate").status == 0
    assert editor.rows("SELECT id, task FROM sessions") == [("s1", session()["task"])]


def test_every_entry_is_named_once(editor: EditorHome) -> None:
    sessions, folder = editor.sessions, editor.folder
    (sessions / "0123456789abcdef.json").symlink_to(editor.file(WORK, [session()]))
    editor.file("0000000000000000", b" \n\xc2\xa0")
    editor.file("0000000000000001", b"[]")
    (sessions / "0000000000000002.json").mkdir()
    for name in ("note.txt", "0123456789ABCDEF.json", ".hidden.json", "0123456789abcdef0.json"):
        (sessions / name).write_text("[]")
    (folder / "sessions.json").write_text("[]")
    (folder / "sessions_archive").mkdir()
    (folder / "sessions_backup_20251110_000000.db").write_text("")
    (folder / "settings.json").write_text("")
    records = {r["source"].removeprefix(".ait42/"): (r["kind"], r["id"], r["outcome"], r["reason"])
               for r in editor.run("migrate").report["records"]}  # fmt: skip
    one = f"sessions/{hashed(WORK)}.json#0"
    assert records == {
        one: ("session", "s1", "migrated", None),
        "sessions/0000000000000000.json": ("file", "0000000000000000", "skipped", "empty-file"),
        "sessions/0000000000000001.json": ("file", "0000000000000001", "skipped", "no-sessions"),
        "sessions/0000000000000002.json": ("file", "0000000000000002", "set-aside", "not-a-regular-file"),
        "sessions/0123456789abcdef.json": ("file", "0123456789abcdef", "set-aside", "not-a-regular-file"),
        **{f"sessions/{name}": ("other", name, "skipped", "unexpected-file") for name in
           ("note.txt", "0123456789ABCDEF.json", ".hidden.json", "0123456789abcdef0.json")},
        "sessions.json": ("other", "sessions.json", "skipped", "legacy-generation"),
        "sessions_archive": ("other", "sessions_archive", "skipped", "archive"),
        "sessions_backup_20251110_000000.db": ("other", "sessions_backup_20251110_000000.db", "skipped", "archive"),
        "settings.json": ("other", "settings.json", "skipped", "not-migrated"),
        "workspace_mapping.json": ("other", "workspace_mapping.json", "skipped", "mapping"),
    }  # fmt: skip
    again = {r["source"].removeprefix(".ait42/") for r in editor.run("migrate").report["records"]}
    assert again == records.keys()


def test_a_file_that_cannot_be_read_or_is_too_large(editor: EditorHome) -> None:
    editor.file("0000000000000001", b"[]")
    with (editor.sessions / "0000000000000002.json").open("wb") as stream:
        stream.truncate((1 << 30) + 1)
    (editor.sessions / "0000000000000001.json").chmod(0)
    fates = editor.run("plan").fates()
    assert fates[".ait42/sessions/0000000000000002.json"] == ("set-aside", "too-large")
    if os.geteuid():
        assert fates[".ait42/sessions/0000000000000001.json"] == ("set-aside", "unreadable")


def test_no_room_is_asked_for_what_is_too_large(editor: EditorHome, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(room, "check_room", lambda wanted: asked.extend(size for _, size in wanted))
    editor.file(WORK, [session()])
    with (editor.sessions / "0000000000000002.json").open("wb") as stream:
        stream.truncate((1 << 30) + 1)
    assert editor.run("migrate").status == 4
    assert asked
    assert max(asked) < 1 << 20


def test_without_a_sessions_folder_nothing_is_made(editor: EditorHome) -> None:
    editor.sessions.rmdir()
    (editor.folder / "sessions.json").write_text("[]")
    before = editor.picture()
    answer = editor.run("migrate")
    assert (answer.status, answer.report["changed"]) == (0, False)
    assert answer.fates() == {".ait42/sessions.json": ("skipped", "legacy-generation")}
    assert editor.picture() == before


def test_a_file_in_the_place_of_the_folder_is_set_aside(editor: EditorHome) -> None:
    editor.sessions.rmdir()
    editor.sessions.write_text("")
    answer = editor.run("migrate")
    assert (answer.status, answer.fates()) == (4, {".ait42/sessions": ("set-aside", "not-a-folder")})
    assert not editor.db.exists()


def test_an_empty_folder_still_makes_the_database(editor: EditorHome) -> None:
    answer = editor.run("migrate")
    assert (answer.status, answer.fates()) == (0, {".ait42/sessions": ("skipped", "not-migrated")})
    assert editor.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert editor.run("rollback").status == 0
    assert not editor.db.exists()


def stored(editor: EditorHome, *words: str) -> str:
    assert editor.run("migrate", *words).status == 0
    return str(editor.rows("SELECT workspace_path FROM sessions")[0][0])


def test_a_workspace_is_found_in_a_worktree_path(editor: EditorHome) -> None:
    path = f"{WORK}/src-tauri/.worktrees/competition-1/instance-1"
    editor.file(
        WORK,
        [session(instances=[instance(worktreePath="relative"), instance(2, worktreePath=path)])],
        mapped=False,
    )
    assert stored(editor) == WORK
    assert not (editor.folder / "workspace_mapping.json").exists()


def test_slashes_at_the_end_do_not_count_but_the_debate_runner_hashes_them(editor: EditorHome) -> None:
    editor.file(WORK, [session()], mapped=False)
    editor.mapping({WORK: WORK + "//"})
    assert stored(editor) == WORK + "//"
    editor.file(WORK + "/", [session("s2")])
    assert editor.run("migrate").status == 0
    assert editor.rows("SELECT workspace_path FROM sessions WHERE id = 's2'") == [(WORK + "/",)]


def test_a_folder_that_exists_is_hashed_by_its_real_path(editor: EditorHome, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    editor.file(str(tmp_path / "real"), [session()], mapped=False)
    editor.mapping({str(tmp_path / "real"): str(tmp_path / "link")})
    assert stored(editor) == str(tmp_path / "link")


def test_an_unknown_workspace_is_named_after_the_file(editor: EditorHome) -> None:
    name = hashed(WORK)
    editor.file(WORK, [session()], mapped=False)
    assert stored(editor) == f"unknown:{name}"
    assert editor.issues() == {("workspace-unknown", "session", "s1", "workspace", name, f"unknown:{name}")}


def test_the_empty_path_stays_unknown(editor: EditorHome) -> None:
    editor.file("e3b0c44298fc1c14", [session()])
    (editor.folder / "workspace_mapping.json").write_text('{"e3b0c44298fc1c14": ""}')
    assert stored(editor) == "unknown:e3b0c44298fc1c14"


def test_strict_refuses_an_unknown_workspace_and_leaves_no_trace(editor: EditorHome) -> None:
    editor.file(WORK, [session()], mapped=False)
    before = editor.picture()
    assert editor.run("migrate", "--strict").code == "WORKSPACE_UNKNOWN"
    assert editor.picture() == before


def test_a_workspace_can_be_given_and_is_kept_in_the_mapping(editor: EditorHome) -> None:
    editor.file(WORK, [session()], mapped=False)
    mapping = editor.mapping({"/other": "/other"})
    before = editor.picture(state=False)
    words = ("--workspace", f"{hashed(WORK)}={WORK}")
    assert editor.run("migrate", "--dry-run", *words).status == 0
    assert editor.picture(state=False) == before
    assert stored(editor, *words) == WORK
    assert json.loads(mapping.read_text()) == {hashed("/other"): "/other", hashed(WORK): WORK}
    assert editor.run("rollback").status == 0
    assert editor.picture(state=False) == before


def test_the_mapping_keeps_its_mode_when_an_answer_is_added(editor: EditorHome) -> None:
    editor.file(WORK, [session()], mapped=False)
    mapping = editor.mapping({"/other": "/other"})
    mapping.chmod(0o640)
    assert stored(editor, "--workspace", f"{hashed(WORK)}={WORK}") == WORK
    assert mapping.stat().st_mode & 0o7777 == 0o640


def test_a_workspace_that_becomes_known_is_filled_in_but_never_lost_again(editor: EditorHome) -> None:
    editor.file(WORK, [session()], mapped=False)
    assert stored(editor).startswith("unknown:")
    assert stored(editor, "--workspace", f"{hashed(WORK)}={WORK}") == WORK
    (editor.folder / "workspace_mapping.json").unlink()
    assert editor.run("migrate").report["changed"] is False
    assert editor.run("rollback").status == 0


@pytest.mark.parametrize("word", ["x=/y", "0123456789abcdef", "0123456789abcdef=/not/this"])
def test_a_workspace_that_does_not_fit_is_refused(editor: EditorHome, word: str) -> None:
    editor.file(WORK, [session()])
    assert editor.run("migrate", "--workspace", word).code == "WORKSPACE_MISMATCH"


def test_a_mapping_that_does_not_fit_is_not_used_unless_accepted(editor: EditorHome) -> None:
    editor.file(WORK, [session()], mapped=False)
    editor.mapping({WORK: "/moved"})
    assert editor.run("plan").notes(hashed(WORK)) == {"mapping-mismatch"}
    assert stored(editor, "--accept-mapping", f"{hashed(WORK)}=/moved") == "/moved"


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b'{"a": NaN}'])
def test_a_broken_mapping_is_noted_and_never_touched(editor: EditorHome, data: bytes) -> None:
    editor.file(WORK, [session()])
    mapping = editor.folder / "workspace_mapping.json"
    mapping.write_bytes(data)
    answer = editor.run("migrate", "--workspace", f"{hashed(WORK)}={WORK}")
    assert "mapping-invalid" in answer.notes("")
    assert editor.rows("SELECT workspace_path FROM sessions") == [(WORK,)]
    assert mapping.read_bytes() == data


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_at_a_terminal_is_asked_until_the_answer_fits(
    editor: EditorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor.file(WORK, [session("s1", task="the\x1b task")], mapped=False)
    editor.file("0123456789abcdef", [session("s2")])
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    answers = (
        ["\n", "/wrong\n", f"{WORK}\n"]
        if hashed(WORK) > "0123456789abcdef"
        else ["/wrong\n", f"{WORK}\n", "\n"]
    )
    monkeypatch.setattr(sys, "stdin", Terminal("".join(answers)))
    assert editor.run("migrate").status == 0
    assert editor.rows("SELECT workspace_path FROM sessions ORDER BY id") == [
        (WORK,),
        ("unknown:0123456789abcdef",),
    ]
    assert json.loads((editor.folder / "workspace_mapping.json").read_text()) == {hashed(WORK): WORK}
    assert said.getvalue().count("does not give that name") == 1
    assert "\x1b task" not in said.getvalue()


def test_nobody_is_asked_without_a_terminal(editor: EditorHome, monkeypatch: pytest.MonkeyPatch) -> None:
    editor.file(WORK, [session()], mapped=False)
    monkeypatch.setattr(sys, "stdin", StringIO(f"{WORK}\n"))
    assert stored(editor).startswith("unknown:")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/user/project", "9dad1e4e08b0b11c"),
        ("/home/user/project//", "9dad1e4e08b0b11c"),
        ("/", "8a5edab282632443"),
        ("~/x", "a46d2df688f0b3d3"),
        ("/home/user/../user/project", "7756856ea1ea6347"),
        ("C:\\Users\\a\\", "d7c5bb2fb7d633e6"),
        ("/home/ユーザー/プロジェクト", "9f2dba25c263a456"),
    ],
)
def test_a_path_gives_the_name_that_the_editor_gives_it(path: str, name: str) -> None:
    assert workspaces.name_of(path) == name
    assert workspaces.fits(name, path)
    assert not workspaces.fits(name, f"{path}x")
    assert not workspaces.fits("e3b0c44298fc1c14", "")
