import json

import pytest
from oracle_homes import (
    LEGACY,
    MTIME,
    column,
    fates,
    legacy,
    project_sql,
    session,
    session_sql,
    with_rows,
    with_session,
)

from harness.home import Entry
from harness.systems.ao.oracle import expect

FULL = {
    "worktree": "/home/u/wt/app-3",
    "branch": "feat/INT-12",
    "issue": "INT-12",
    "userPrompt": "do it",
    "displayName": "Fix",
    "agent": "codex",
    "codexThreadId": "thread.1",
    "createdAt": "2026-05-01T10:00:00.000Z",
    "runtimeHandle": {"id": "x"},
    "lifecycle": {
        "version": 2,
        "session": {
            "kind": "worker",
            "state": "needs_input",
            "startedAt": "2026-05-01T10:00:05.000Z",
            "terminatedAt": None,
            "lastTransitionAt": "2026-05-02T10:00:00.5Z",
        },
        "runtime": {"lastObservedAt": "2026-05-03T10:00:00Z"},
    },
}


def test_every_column_of_a_session_has_its_source() -> None:
    found = expect(legacy(app_3=json.dumps(FULL).encode()))

    assert found.tables["sessions"]["app-3"] == {
        "id": "app-3",
        "project_id": "app",
        "num": 3,
        "issue_id": "INT-12",
        "kind": "worker",
        "harness": "codex",
        "activity_state": "waiting_input",
        "activity_last_at": "2026-05-02T10:00:00.500Z",
        "is_terminated": 0,
        "branch": "feat/INT-12",
        "workspace_path": "/home/u/wt/app-3",
        "runtime_handle_id": "",
        "agent_session_id": "thread.1",
        "prompt": "do it",
        "created_at": "2026-05-01T10:00:00.000Z",
        "updated_at": "2026-05-02T10:00:00.500Z",
        "display_name": "Fix",
        "first_signal_at": "2026-05-02T10:00:00.500Z",
    }
    assert found.outcome == "done"


def test_the_insert_logs_one_change_per_session() -> None:
    found = expect(legacy(app_3=json.dumps(FULL).encode()))

    assert list(found.tables["change_log"].values()) == [
        {
            "project_id": "app",
            "session_id": "app-3",
            "event_type": "session_created",
            "payload": {"id": "app-3", "activity": "waiting_input", "isTerminated": False},
            "created_at": "2026-05-02T10:00:00.500Z",
        }
    ]


@pytest.mark.parametrize(
    ("state", "activity"),
    [
        ("working", "active"),
        ("needs_input", "waiting_input"),
        ("not_started", "idle"),
        ("idle", "idle"),
        ("detecting", "idle"),
        ("stuck", "idle"),
        ("TERMINATED", "idle"),
        ("paused", "idle"),
    ],
)
def test_eight_states_become_four(state: str, activity: str) -> None:
    found = expect(legacy(app_1=session(state)))

    assert column(found, "activity_state") == {"app-1": activity}


@pytest.mark.parametrize(
    ("status", "activity"),
    [
        ("spawning", "idle"),
        ("needs_input", "waiting_input"),
        ("stuck", "idle"),
        ("idle", "idle"),
        ("merged", "idle"),
        ("starting", "active"),
        ("working", "active"),
        ("detecting", "active"),
        ("pr_open", "active"),
        ("ci_failed", "active"),
        ("review_pending", "active"),
        ("changes_requested", "active"),
        ("approved", "active"),
        ("mergeable", "active"),
        ("unknown", "idle"),
        ("Killed", "idle"),
        (None, "idle"),
        (7, "idle"),
    ],
)
def test_without_a_lifecycle_the_status_decides(status: object, activity: str) -> None:
    found = expect(legacy(app_1=session(None, status=status)))

    assert column(found, "activity_state") == {"app-1": activity}


@pytest.mark.parametrize("status", ["errored", "killed", "terminated", "cleanup", "done"])
def test_without_a_lifecycle_an_ended_status_is_terminal(status: str) -> None:
    found = expect(legacy(app_1=session(None, status=status)))

    assert fates(found) == {"app-1": "terminal"}
    assert found.tables["sessions"] == {}


@pytest.mark.parametrize(
    "part",
    [
        {"state": "done"},
        {"state": "terminated"},
        {"state": "working", "terminatedAt": ""},
        {"state": "working", "terminatedAt": "2026-05-01"},
        {"state": "paused", "terminatedAt": "2026-05-01"},
    ],
)
def test_an_ended_lifecycle_is_terminal(part: dict[str, str]) -> None:
    found = expect(legacy(app_1=session(None, lifecycle={"session": part})))

    assert fates(found) == {"app-1": "terminal"}
    assert found.outcome == "done"


def wrapped(value: object, times: int) -> object:
    for _ in range(times):
        value = json.dumps(value)
    return value


WORKING = {"session": {"state": "working"}}


@pytest.mark.parametrize(
    "fields",
    [
        {"lifecycle": wrapped(WORKING, 1)},
        {"lifecycle": wrapped(WORKING, 3)},
        {"lifecycle": {"session": wrapped({"state": "working"}, 2)}},
        {"statePayload": wrapped(WORKING, 1), "stateVersion": "2"},
        {"statePayload": WORKING, "stateVersion": 2},
        {"lifecycle": "broken", "statePayload": WORKING, "stateVersion": "2"},
        {"lifecycle": {"session": {"state": 1}}, "status": "working"},
        {"lifecycle": wrapped({"session": {"state": "done"}}, 4), "status": "working"},
        {"statePayload": {"session": {"state": "done"}}, "stateVersion": "1", "status": "working"},
        {"statePayload": {"session": {"state": "done"}}, "stateVersion": True, "status": "working"},
        {"lifecycle": WORKING, "status": "killed"},
    ],
)
def test_the_first_usable_lifecycle_counts_else_the_status(fields: dict[str, object]) -> None:
    found = expect(legacy(app_1=session(None, **fields)))

    assert column(found, "activity_state") == {"app-1": "active"}


def test_instants_fall_back_from_source_to_source() -> None:
    def with_times(created: object, started: object, moved: object, observed: object) -> bytes:
        part = {"state": "working", "startedAt": started, "lastTransitionAt": moved}
        lifecycle = {"session": part, "runtime": json.dumps({"lastObservedAt": observed})}
        return session(None, createdAt=created, lifecycle=lifecycle)

    found = expect(
        legacy(
            app_1=with_times("yesterday", "2026-01-01T00:00:00+05:30", 5, "2026-01-03"),
            app_2=with_times(1_777_000_000, None, "", None),
        )
    )

    assert column(found, "created_at") == {"app-1": "2025-12-31T18:30:00.000Z", "app-2": MTIME}
    assert column(found, "updated_at") == {"app-1": "2025-12-31T18:30:00.000Z", "app-2": MTIME}
    assert column(found, "activity_last_at") == {"app-1": "2026-01-03T00:00:00.000Z", "app-2": MTIME}
    assert column(found, "first_signal_at") == column(found, "activity_last_at")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"role": "orchestrator"}, "orchestrator"),
        ({"lifecycle": {"session": {"state": "idle", "kind": "orchestrator"}}}, "orchestrator"),
        ({"role": "worker"}, "worker"),
        ({}, "worker"),
    ],
)
def test_role_or_lifecycle_make_an_orchestrator(fields: dict[str, object], kind: str) -> None:
    found = expect(legacy(app_1=session(None, status="idle", **fields)))

    assert column(found, "kind") == {"app-1": kind}


def test_only_the_own_prefix_makes_an_orchestrator_by_name() -> None:
    found = expect(legacy(app_orchestrator=session(), other_orchestrator=session()))

    assert column(found, "kind") == {"app-orchestrator": "orchestrator", "other-orchestrator": "worker"}


@pytest.mark.parametrize(
    ("agent", "harness"),
    [
        ("claude-code", "claude-code"),
        ("opencode", "opencode"),
        ("aider", "aider"),
        ("cursor", "cursor"),
        ("grok", "grok"),
        ("kimicode", ""),
        ("Codex", ""),
        ("", ""),
        (None, ""),
        (["codex"], ""),
    ],
)
def test_an_agent_is_carried_when_the_target_accepts_it(agent: object, harness: str) -> None:
    found = expect(legacy(app_1=session(agent=agent)))

    assert column(found, "harness") == {"app-1": harness}


@pytest.mark.parametrize(
    ("agent", "key"),
    [("claude-code", "claudeSessionUuid"), ("codex", "codexThreadId"), ("opencode", "opencodeSessionId")],
)
def test_each_agent_has_its_own_resume_id(agent: str, key: str) -> None:
    keys = ("claudeSessionUuid", "codexThreadId", "opencodeSessionId")
    found = expect(legacy(app_1=session(agent=agent, **dict.fromkeys(keys, "wrong") | {key: "a-1.b_2"})))

    assert column(found, "agent_session_id") == {"app-1": "a-1.b_2"}


@pytest.mark.parametrize("value", ["../x", "a b", "", "a/b", 7, None, "é", "a\n"])
def test_an_unsafe_resume_id_is_dropped(value: object) -> None:
    found = expect(legacy(app_1=session(agent="codex", codexThreadId=value)))

    assert column(found, "agent_session_id") == {"app-1": ""}
    assert fates(found) == {"app-1": "migrated"}


def test_fields_of_another_type_become_empty_text() -> None:
    found = expect(legacy(app_1=session(branch=5, issue=None, userPrompt=["x"], worktree={})))

    row = found.tables["sessions"]["app-1"]
    assert [row[name] for name in ("branch", "issue_id", "prompt", "workspace_path")] == ["", "", "", ""]


def test_text_is_kept_sound() -> None:
    content = b'\xef\xbb\xbf{"status": "idle", "branch": "a\xffb", "userPrompt": "\\ud83d!", "displayName": "\\ud83d\\ude00"}\r\n'
    row = expect(legacy(app_1=content)).tables["sessions"]["app-1"]

    assert (row["branch"], row["prompt"], row["display_name"]) == ("a\ufffdb", "\ufffd!", "\U0001f600")


def test_key_value_text_is_read_from_a_json_file() -> None:
    content = b"# note\r\n\r\nstatus = idle\r\nstatus=working\r\nbranch=a=b\r\nagent=codex\r\ncodexThreadId=t\r\nnonsense\r\n"
    row = expect(legacy(app_1=content)).tables["sessions"]["app-1"]

    assert (row["activity_state"], row["branch"], row["agent_session_id"]) == ("active", "a=b", "t")


@pytest.mark.parametrize(
    ("content", "fate"),
    [
        (b"", "empty-file"),
        (b" \r\n\t", "empty-file"),
        (b"\xef\xbb\xbf", "empty-file"),
        (b'{"worktree": "/x", "bra', "corrupt-json"),
        (b'{"a": NaN}', "corrupt-json"),
        (b'{"a": "\x00"}', "corrupt-json"),
        (b"\x00\x00\x00", "corrupt-json"),
        (b"hello", "corrupt-json"),
        (b'{"a":' * 100_000, "corrupt-json"),
        (b"[]", "not-an-object"),
        (b'"{}"', "not-an-object"),
        (b"42", "not-an-object"),
    ],
)
def test_an_unusable_file_has_its_reason(content: bytes, fate: str) -> None:
    found = expect(legacy(app_1=content))

    assert fates(found) == {"app-1": fate}
    assert found.tables["sessions"] == {}
    assert found.outcome == ("done" if fate == "empty-file" else "partial")


def test_one_bad_file_harms_one_session() -> None:
    found = expect(legacy(app_1=b"{", app_2=session()))

    assert fates(found) == {"app-1": "corrupt-json", "app-2": "migrated"}


@pytest.mark.parametrize("name", ["app 1", "app.1", "é-1", "", ".hidden", "a.json.corrupt-1"])
def test_a_name_that_legacy_would_not_accept_is_set_aside(name: str) -> None:
    found = expect(with_session(legacy(), name, session()))

    assert fates(found) == {name: "invalid-session-id"}


@pytest.mark.parametrize("kind", ["dir", "fifo", "socket"])
def test_what_is_no_regular_file_is_set_aside(kind: str) -> None:
    home = legacy().with_kind(f"{LEGACY}/projects/app/sessions/app-1.json", kind)  # type: ignore[arg-type]

    assert fates(expect(home)) == {"app-1": "not-a-regular-file"}


def test_a_link_is_not_followed() -> None:
    home = legacy(app_2=session()).with_link(f"{LEGACY}/projects/app/sessions/app-1.json", "app-2.json")

    assert fates(expect(home)) == {"app-1": "not-a-regular-file", "app-2": "migrated"}


def test_a_file_without_permission_is_unreadable() -> None:
    home = legacy(app_1=session()).with_mode(f"{LEGACY}/projects/app/sessions/app-1.json", 0o000)

    assert fates(expect(home)) == {"app-1": "unreadable"}


def test_a_file_above_the_limit_is_not_read() -> None:
    large = Entry("file", 0o600, 0, 16 * 1024 * 1024 + 1, "content is not kept")
    home = legacy().with_entry(f"{LEGACY}/projects/app/sessions/app-1.json", large)

    assert fates(expect(home)) == {"app-1": "too-large"}


def test_leftovers_and_copies_are_skipped() -> None:
    folder = f"{LEGACY}/projects/app/sessions"
    home = legacy()
    for name in (
        "app-1.json.lock",
        "app-1.json.tmp.12.1795164013048",
        "app-1.json.corrupt-1795164013048",
        "notes.txt",
    ):
        home = home.with_file(f"{folder}/{name}", b"{")
    home = home.with_file(f"{folder}/archive/app-9_2026-02-20T10-00-00-000Z.json", session())

    assert fates(expect(home)) == {
        "app-1.json.lock": "leftover",
        "app-1.json.tmp.12.1795164013048": "leftover",
        "app-1.json.corrupt-1795164013048": "corrupt-copy",
        "app-9_2026-02-20T10-00-00-000Z.json": "archived",
    }


def killed(reason: str) -> bytes:
    return session(None, lifecycle={"session": {"state": "terminated", "reason": reason}})


def test_sessions_that_ao_stop_ended_are_told_apart() -> None:
    listed = {
        "projectId": "app",
        "sessionIds": ["app-1", "app-2"],
        "otherProjects": [{"projectId": "x", "sessionIds": ["app-3"]}],
    }
    home = legacy(
        app_1=killed("manually_killed"), app_2=killed("auto_cleanup"), app_3=killed("manually_killed")
    )
    home = home.with_file(f"{LEGACY}/last-stop.json", json.dumps(listed).encode())

    assert fates(expect(home)) == {"app-1": "stopped-by-ao-stop", "app-2": "terminal", "app-3": "terminal"}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"projectId": 1, "sessionIds": 2, "otherProjects": 3}'])
def test_a_broken_list_of_stopped_sessions_counts_as_none(content: bytes) -> None:
    home = legacy(app_1=killed("manually_killed")).with_file(f"{LEGACY}/last-stop.json", content)

    assert fates(expect(home)) == {"app-1": "terminal"}


def test_a_session_without_a_project_is_set_aside_unless_it_is_over() -> None:
    home = with_session(legacy(), "x-1", session(), project="gone")
    home = with_session(home, "x-2", session("done"), project="gone")
    home = with_session(home, "x-3", b"", project="gone")

    assert fates(expect(home)) == {"x-1": "no-project", "x-2": "terminal", "x-3": "empty-file"}


def test_what_is_in_the_target_stays_as_it_is() -> None:
    database = with_rows(project_sql("app", "/home/u/repos/app"), session_sql("app-1", "app", 1))
    before = expect(legacy(database=database)).tables
    found = expect(legacy(database=database, app_1=session(branch="new")))

    assert fates(found) == {"app-1": "present"}
    assert found.tables == before
    assert len(found.tables["change_log"]) == 1


def test_an_id_of_another_project_is_set_aside() -> None:
    database = with_rows(project_sql("other", "/home/u/other"), session_sql("app-1", "other", 1))
    found = expect(legacy(database=database, app_1=session(), app_2=session()))

    assert fates(found) == {"app-1": "id-taken-by-other-project", "app-2": "migrated"}
    assert found.outcome == "partial"


def test_of_two_projects_with_one_id_the_first_in_the_registry_wins() -> None:
    config = "projects:\n  zeta: {path: /z}\n  alpha: {path: /a}\n"
    home = with_session(with_session(legacy(config), "x-1", session(), "alpha"), "x-1", session(), "zeta")
    found = expect(home)

    assert column(found, "project_id") == {"x-1": "zeta"}
    assert {fate.source: fate.reason for fate in found.fates if fate.kind == "session"} == {
        f"{LEGACY}/projects/zeta/sessions/x-1.json": None,
        f"{LEGACY}/projects/alpha/sessions/x-1.json": "id-taken-by-other-project",
    }


def test_a_project_that_only_the_database_knows_takes_its_sessions() -> None:
    database = with_rows(project_sql("gone", "/home/u/integrator"))
    found = expect(with_session(legacy(database=database), "int-orchestrator", session(), "gone"))

    assert column(found, "kind") == {"int-orchestrator": "orchestrator"}
    assert fates(found, "project") == {"app": "migrated"}
