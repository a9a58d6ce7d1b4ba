"""Which notes are due, value by value."""

import json
from typing import Any

import pytest
from oracle_homes import CONFIG, LEGACY, ROOT, legacy, project_sql, with_rows

from harness.home import Home
from harness.systems.ao.oracle import expect

WHOLE = {
    "worktree": "/home/u/wt/app-3",
    "branch": "feat/INT-12",
    "agent": "codex",
    "codexThreadId": "thread.1",
    "createdAt": "2026-05-01T10:00:00.000Z",
    "lifecycle": {"session": {"state": "working", "lastTransitionAt": "2026-05-02T10:00:00.000Z"}},
}


def of_session(name: str = "app_3", **changes: Any) -> set[str]:
    found = expect(legacy(**{name: json.dumps(WHOLE | changes).encode()}))
    return {note.reason for note in found.notes or () if "#" not in note.source}


def of_project(entry: str = "", local: str | None = None, more: bytes = b"", **files: str) -> set[str]:
    home = legacy().with_kind("repos/app", "dir", mode=0o755)
    text = f"projects:\n  app:\n    path: {ROOT}/repos/app\n{entry}".encode() + more
    home = home.with_file(CONFIG, text)
    if local is not None:
        home = home.with_file("repos/app/agent-orchestrator.yaml", local.encode())
    for name, content in files.items():
        home = home.with_file(f"{LEGACY}/portfolio/{name}.json", content.encode())
    return {note.reason for note in expect(home).notes or ()}


def moved(**session: Any) -> dict[str, Any]:
    return {"session": WHOLE["lifecycle"]["session"] | session}  # type: ignore[index]


def test_a_session_of_which_nothing_is_lost_has_no_note() -> None:
    assert of_session() == set()


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"agent": "aider"}, {"lost-field"}),  # which has no resume ids, so that of codex is lost
        ({"agent": "gemini"}, {"unknown-harness", "lost-field"}),
        ({"agent": None, "codexThreadId": None}, {"unknown-harness"}),
        ({"codexThreadId": ""}, {"no-resume-id"}),
        ({"codexThreadId": 0}, {"unsafe-resume-id"}),
        ({"codexThreadId": ".."}, {"unsafe-resume-id"}),
        ({"summary": "all done"}, {"lost-field"}),
        ({"summary": "", "pr": None, "prs": [], "dashboard": {}}, set()),
        ({"prAutoDetect": False}, {"lost-field"}),
        ({"branch": 7}, {"lost-field"}),
        ({"userPrompt": "half \ud83d pair"}, {"replaced-text"}),
        ({"createdAt": 1_781_600_000}, {"bad-timestamp"}),
        ({"createdAt": ""}, set()),
        ({"lifecycle": moved(startedAt="soon")}, set()),  # which is not needed
        ({"lifecycle": moved(startedAt="soon"), "createdAt": None}, {"bad-timestamp"}),
        ({"lifecycle": moved(lastTransitionAt="now")}, {"bad-timestamp"}),
        ({"lifecycle": moved(state="paused")}, {"unknown-state"}),
        ({"lifecycle": {"session": {}}, "status": "idle"}, {"unknown-state"}),
        ({"lifecycle": {}, "status": "idle"}, set()),
        ({"lifecycle": None, "status": "resting"}, {"unknown-state"}),
        ({"lifecycle": None, "status": None}, set()),
    ],
)
def test_each_loss_of_a_session_has_its_note(changes: dict[str, Any], due: set[str]) -> None:
    assert of_session(**changes) == due


def test_a_number_that_the_id_does_not_ask_for_is_noted() -> None:
    assert of_session("night") == {"num-reassigned"}
    assert of_session("app_orchestrator") == of_session("other_7") == set()


def test_bytes_that_are_no_text_are_noted_wherever_they_stand() -> None:
    raw = json.dumps(WHOLE).encode().replace(b"thread.1", b"thread.1\xe9")
    assert "replaced-text" in {note.reason for note in expect(legacy(app_3=raw)).notes or ()}


def test_a_session_that_is_not_migrated_has_no_note() -> None:
    assert of_session(lifecycle=moved(state="terminated"), summary="x") == set()


@pytest.mark.parametrize(
    ("entry", "due"),
    [
        ("", set()),
        ("    colour: red\n", {"dropped-setting"}),
        ("    colour: ''\n", set()),
        ("    defaultBranch: 7\n", {"dropped-setting"}),
        ("    sessionPrefix: a b\n", {"dropped-setting"}),
        ("    sessionPrefix:\n", set()),
        ("    registeredAt: yesterday\n", {"bad-timestamp"}),
        ("    registeredAt: 1e300\n", {"bad-timestamp"}),
        ("    registeredAt: 1781600000\n", set()),
    ],
)
def test_each_loss_of_an_entry_has_its_note(entry: str, due: set[str]) -> None:
    assert of_project(entry) == due


@pytest.mark.parametrize(
    ("local", "due"),
    [
        ("env: {A: b}\npostCreate: [x]\nagentConfig: {model: m, permissions: skip}\n", set()),
        ("agent: codex\n", {"dropped-setting"}),
        ("agentConfig: {permissions: suggest}\n", {"lossy-permission"}),
        ("worker: {agentConfig: {permissions: ask}}\n", {"lossy-permission"}),
        ("agentConfig: {orchestratorModel: m}\n", {"dropped-setting"}),
        ("worker: {agent: gemini}\n", {"dropped-setting"}),
        ("worker: {agent: codex, runtime: tmux}\n", {"dropped-setting"}),
        ("symlinks: [../up]\n", {"dropped-setting"}),
        ("symlinks: [.env]\n", set()),
        ("projects: {}\n", set()),  # degraded, which a record says
    ],
)
def test_each_loss_of_the_settings_has_its_note(local: str, due: set[str]) -> None:
    assert of_project(local=local) == due


def test_an_agent_among_the_global_defaults_that_is_not_known_is_noted() -> None:
    assert of_project(more=b"defaults: {worker: {agent: gemini}}\n") == {"dropped-setting"}


@pytest.mark.parametrize(("added", "due"), [("soon", {"bad-timestamp"}), ("2026-05-01", set())])
def test_a_registration_that_is_no_time_is_noted(added: str, due: set[str]) -> None:
    item = {"path": f"{ROOT}/repos/app", "addedAt": added}
    assert of_project(registered=json.dumps({"version": 1, "projects": [item]})) == due


def test_replaced_text_of_a_project_is_noted_and_open_where_its_files_hold_that_character() -> None:
    assert of_project("    displayName: caf", more=b"\xe9\n") == {"replaced-text"}
    home: Home = legacy().with_file(CONFIG, "projects: {app: {path: /x, displayName: a\ufffd}}\n".encode())
    (note,) = [note for note in expect(home).notes or () if note.reason == "replaced-text"]
    assert not note.sure


def test_a_dotted_id_and_a_path_that_is_gone_are_noted() -> None:
    home = legacy().with_file(CONFIG, b"projects: {a.b: {path: ~/gone}, c: {path: /srv/away}}\n")
    found = {(note.id, note.reason, note.sure) for note in expect(home).notes or ()}
    assert found == {("a.b", "dotted-id", True), ("a.b", "path-missing", True), ("c", "path-missing", False)}


def test_a_project_that_is_there_already_has_no_note() -> None:
    config = "projects: {a.b: {path: ~/gone}}\n"
    home = legacy(config, database=with_rows(project_sql("a.b", f"{ROOT}/gone")))
    assert expect(home).notes == frozenset()
