"""How a legacy record becomes a row: states, times, numbers, texts, and what is set aside with which reason."""

import json
import os
from typing import Any

import pytest
from conftest import LegacyHome, live

from migrator import files
from migrator.ao import moments, numbers
from migrator.ao.registry import prefix_of


def one(home: LegacyHome, record: Any, sid: str = "al-1") -> tuple[str, str | None]:
    """The fate of a single session of a single project."""
    home.project("alpha", sessionPrefix="al")
    path = home.session("alpha", sid, record)
    home.database()
    return home.run("migrate").fates()[str(path.relative_to(home.root))]


def field(home: LegacyHome, column: str) -> Any:
    [(value,)] = home.rows(f"SELECT {column} FROM sessions")
    return value


def lifecycle(**session: Any) -> dict[str, Any]:
    return {"agent": "codex", "lifecycle": {"version": 2, "session": session}}


@pytest.mark.parametrize(
    ("state", "activity"),
    [
        ("working", "active"),
        ("needs_input", "waiting_input"),
        ("not_started", "idle"),
        ("idle", "idle"),
        ("detecting", "idle"),
        ("stuck", "idle"),
        ("paused", "idle"),
        ("TERMINATED", "idle"),
    ],
)
def test_every_live_state_has_its_activity(home: LegacyHome, state: str, activity: str) -> None:
    assert one(home, lifecycle(state=state)) == ("migrated", None)
    assert field(home, "activity_state") == activity


@pytest.mark.parametrize(
    "session",
    [
        {"state": "done"},
        {"state": "terminated"},
        {"state": "working", "terminatedAt": "x"},
        {"state": "idle", "terminatedAt": ""},
    ],
)
def test_ended_sessions_are_skipped(home: LegacyHome, session: dict[str, Any]) -> None:
    assert one(home, lifecycle(**session)) == ("skipped", "terminal")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("spawning", "idle"),
        ("needs_input", "waiting_input"),
        ("stuck", "idle"),
        ("merged", "idle"),
        ("starting", "active"),
        ("pr_open", "active"),
        (None, "idle"),
        (7, "idle"),
        *((status, None) for status in ("errored", "killed", "terminated", "cleanup", "done")),
    ],
)
def test_without_a_lifecycle_the_status_decides(home: LegacyHome, status: Any, expected: str | None) -> None:
    outcome = one(home, {"agent": "codex", "status": status})
    assert outcome == (("migrated", None) if expected else ("skipped", "terminal"))
    if expected:
        assert field(home, "activity_state") == expected


def encoded(value: Any, times: int) -> Any:
    for _ in range(times):
        value = json.dumps(value)
    return value


@pytest.mark.parametrize(
    "record",
    [
        {"lifecycle": encoded({"session": {"state": "needs_input"}}, 1)},
        {"lifecycle": encoded({"session": {"state": "needs_input"}}, 3)},
        {"lifecycle": {"session": encoded({"state": "needs_input"}, 2)}},
        {"statePayload": encoded({"session": {"state": "needs_input"}}, 1), "stateVersion": "2"},
        {"statePayload": {"session": {"state": "needs_input"}}, "stateVersion": 2},
        {"lifecycle": "{broken", "statePayload": {"session": {"state": "needs_input"}}, "stateVersion": 2},
        {"lifecycle": encoded({"session": {"state": "working"}}, 4), "status": "needs_input"},
        {"statePayload": {"session": {"state": "working"}}, "stateVersion": "3", "status": "needs_input"},
        {"statePayload": {"session": {"state": "working"}}, "stateVersion": True, "status": "needs_input"},
        {"lifecycle": {"session": {"state": 5}}, "status": "needs_input"},
    ],
)
def test_a_lifecycle_is_found_however_it_is_wrapped(home: LegacyHome, record: dict[str, Any]) -> None:
    assert one(home, record) == ("migrated", None)
    assert field(home, "activity_state") == "waiting_input"


@pytest.mark.parametrize(
    ("data", "fate"),
    [
        (b"", ("skipped", "empty-file")),
        (b" \n\t ", ("skipped", "empty-file")),
        (b"\xef\xbb\xbf", ("skipped", "empty-file")),
        (b"{", ("set-aside", "corrupt-json")),
        (b'{"a": NaN}', ("set-aside", "corrupt-json")),
        (b'{"a": -Infinity}', ("set-aside", "corrupt-json")),
        (b'{"a": "\x00"}', ("set-aside", "corrupt-json")),
        (b"[" * 100_000, ("set-aside", "corrupt-json")),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ("set-aside", "corrupt-json")),
        (b"hello", ("set-aside", "corrupt-json")),
        (b"=x\n", ("set-aside", "corrupt-json")),
        (b"[]", ("set-aside", "not-an-object")),
        (b'"{}"', ("set-aside", "not-an-object")),
        (b"42", ("set-aside", "not-an-object")),
        (b"null", ("set-aside", "not-an-object")),
        (b"\xef\xbb\xbf{}", ("migrated", None)),
        (b'{"status": "working", "status": "killed"}', ("skipped", "terminal")),
        (b'{"prEnrichment": ' + b"9" * 5000 + b"}", ("migrated", None)),
        (b"status=working\r\nagent=codex\r\n", ("migrated", None)),
        (b"# note\nstatus=killed\n", ("skipped", "terminal")),
    ],
)
def test_every_kind_of_bytes_has_its_fate(
    home: LegacyHome, data: bytes, fate: tuple[str, str | None]
) -> None:
    assert one(home, data) == fate


def test_one_bad_record_never_stops_the_others(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    for number, data in enumerate((b"{", b"[]", b"\xff\xfe", b"", b"[" * 99_999)):
        home.session("alpha", f"al-{number + 10}", data)
    folder = home.session("alpha", "al-1").parent
    (folder / "al-2.json").mkdir()
    (folder / "al-3.json").symlink_to("/etc/passwd")
    (folder / "al-4.json").symlink_to("nowhere")
    os.mkfifo(folder / "al-5.json")
    with (folder / "al-6.json").open("wb") as stream:
        stream.truncate((16 << 20) + 1)
    (folder / "al 7.json").write_text("{}")
    (folder / ".json").write_text("{}")
    os.mkfifo(home.legacy / "projects" / "beta")
    home.database()
    answer = home.run("migrate")
    assert answer.status == 4
    fates = {os.path.basename(name): fate[1] for name, fate in answer.fates().items()}
    assert {fates[f"al-{n}.json"] for n in (2, 3, 4, 5)} == {"not-a-regular-file"}
    assert (fates["al-6.json"], fates["al 7.json"], fates[".json"]) == (
        "too-large",
        "invalid-session-id",
        "invalid-session-id",
    )
    assert fates["beta"] == "not-migrated"
    assert home.rows("SELECT id FROM sessions") == [("al-1",)]


def test_a_linked_project_folder_is_set_aside_and_not_followed(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1")
    (home.legacy / "projects" / "beta").symlink_to(home.legacy / "projects" / "alpha")
    (home.legacy / "0123456789ab").symlink_to(home.legacy / "projects" / "alpha")
    home.database()
    fates = home.run("migrate").fates()
    for name in ("projects/beta", "0123456789ab"):
        assert fates[f".agent-orchestrator/{name}"] == ("set-aside", "not-a-folder")
    assert home.rows("SELECT id FROM sessions") == [("al-1",)]


def test_a_number_in_the_target_that_is_no_number_disturbs_nobody(home: LegacyHome) -> None:
    path = home.project("alpha", sessionPrefix="al")
    home.session("alpha", "odd")
    columns = "id, project_id, num, activity_last_at, created_at, updated_at"
    home.database(
        statements=f"INSERT INTO projects (id, path, registered_at) VALUES ('alpha', '{path}', '2026-01-01');"
        "INSERT INTO projects (id, path, registered_at) VALUES ('blob', x'ff', '2026-01-01');"
        f"INSERT INTO sessions ({columns}) VALUES ('mine', 'alpha', 'many', '', '', '');"
    )
    assert home.run("migrate").status == 0
    assert home.rows("SELECT num FROM sessions WHERE id = 'odd'") == [(1,)]


def test_a_large_file_of_blank_lines_is_read_quickly(home: LegacyHome) -> None:
    assert one(home, b"x" + b" \n" * 2_000_000) == ("set-aside", "corrupt-json")


def test_whatever_is_not_a_session_is_named_once(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    folder = home.session("alpha", "al-1").parent
    for name in ("al-1.json.lock", "al-1.json.tmp.12.1795164013048", "al-1.json.corrupt-17", "README"):
        (folder / name).write_text("x")
    for name in ("archive/al-9_2026", "../worktrees/al-1/file", "../recovery.log"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    for name in (
        "0123456789ab-old.migrated/sessions/x",
        "0123456789ab-observability/processes/x",
        "portfolio/x",
        "running.json",
    ):
        (home.legacy / name).parent.mkdir(parents=True, exist_ok=True)
        (home.legacy / name).write_text("x")
    home.database()
    answer = home.run("migrate")
    fates = {name.rpartition("/")[2]: reason for name, (_, reason) in answer.fates().items() if reason}
    assert fates == {
        "al-1.json.lock": "leftover",
        "al-1.json.tmp.12.1795164013048": "leftover",
        "al-1.json.corrupt-17": "corrupt-copy",
        "README": "not-migrated",
        "al-9_2026": "archived",
        "worktrees": "not-migrated",
        "recovery.log": "not-migrated",
        "0123456789ab-old.migrated": "migrated-dir",
        "0123456789ab-observability": "not-migrated",
        "portfolio": "not-migrated",
        "running.json": "not-migrated",
    }
    assert answer.status == 0


TIMES = [
    ("2026-05-01T10:00:00.123Z", "2026-05-01T10:00:00.123Z"),
    ("2026-05-01T10:00:00.1239999Z", "2026-05-01T10:00:00.123Z"),
    ("2026-05-01 10:00:00.5 +0000 UTC", "2026-05-01T10:00:00.500Z"),
    ("2026-05-01T10:00:00+05:30", "2026-05-01T04:30:00.000Z"),
    ("2026-05-01T00:00-0100", "2026-05-01T01:00:00.000Z"),
    ("2026-05-01", "2026-05-01T00:00:00.000Z"),
    ("2026-05-01T10:00", "2026-05-01T10:00:00.000Z"),
    *(
        (bad, None)
        for bad in ("yesterday", "", "2026-02-30", "2026-05-01T24:00:00Z", "2026-05-01T10:00:00.1234567890Z")
    ),
    *(
        (bad, None)
        for bad in (
            "0001-01-01T00:00:00+01:00",
            "2026-05-01T10:00:00Z\n",
            "٢٠٢٦-05-01",
            1777629600,
            None,
            True,
        )
    ),
]


@pytest.mark.parametrize(("given", "stored"), TIMES)
def test_a_time_is_stored_in_one_form_or_not_at_all(given: Any, stored: str | None) -> None:
    assert moments.parsed(given) == stored


def test_times_fall_back_to_the_next_source_down_to_the_file(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    path = home.session(
        "alpha",
        "al-1",
        {"createdAt": "yesterday", "lifecycle": {"session": {"state": "idle", "startedAt": 5}}},
    )
    os.utime(path, ns=(0, 1_777_629_600_123_999_999))
    home.session("alpha", "al-2", lifecycle(state="idle", startedAt="2026-01-02") | {"createdAt": None})
    runtime = {
        "session": {"state": "idle", "lastTransitionAt": "never"},
        "runtime": {"lastObservedAt": "2026-01-04"},
    }
    home.session("alpha", "al-3", {"createdAt": "2026-01-03", "lifecycle": runtime})
    home.database()
    answer = home.run("migrate")
    seen = "SELECT created_at, updated_at, activity_last_at, first_signal_at FROM sessions ORDER BY id"
    at = "2026-05-01T10:00:00.123Z"
    midnight = "T00:00:00.000Z"
    assert home.rows(seen) == [
        (at, at, at, at),
        ("2026-01-02" + midnight,) * 4,
        ("2026-01-03" + midnight, "2026-01-03" + midnight, "2026-01-04" + midnight, "2026-01-04" + midnight),
    ]
    assert "bad-timestamp" in answer.notes("al-1") & answer.notes("al-3")
    assert "bad-timestamp" not in answer.notes("al-2")


@pytest.mark.parametrize(
    ("ns", "stored"), [(0, "1970-01-01T00:00:00.000Z"), (10**21, "9999-12-31T23:59:59.999Z")]
)
def test_any_file_time_can_be_stored(ns: int, stored: str) -> None:
    assert moments.from_ns(ns) == stored


@pytest.mark.parametrize(
    ("agent", "fields", "expected"),
    [
        ("claude-code", {"claudeSessionUuid": "u-1"}, ("claude-code", "u-1", None)),
        ("codex", {"codexThreadId": "t.1"}, ("codex", "t.1", None)),
        ("opencode", {"opencodeSessionId": "ses_1"}, ("opencode", "ses_1", None)),
        ("claude-code", {"codexThreadId": "t"}, ("claude-code", "", "no-resume-id")),
        ("codex", {"codexThreadId": "../x"}, ("codex", "", "unsafe-resume-id")),
        ("codex", {"codexThreadId": ".."}, ("codex", "", "unsafe-resume-id")),
        ("codex", {"codexThreadId": 7}, ("codex", "", "unsafe-resume-id")),
        ("aider", {}, ("aider", "", None)),
        ("cursor", {}, ("cursor", "", None)),
        ("Codex", {"codexThreadId": "t"}, ("", "", "unknown-harness")),
        ("kimicode", {}, ("", "", "unknown-harness")),
        (None, {}, ("", "", "unknown-harness")),
    ],
)
def test_agents_and_their_resume_ids(
    home: LegacyHome, agent: Any, fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    harness, resume, note = expected
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1", {"agent": agent, "status": "working", **fields})
    home.database()
    answer = home.run("migrate")
    assert home.rows("SELECT harness, agent_session_id FROM sessions") == [(harness, resume)]
    lost = {"lost-field"} if fields and not resume and note != "unsafe-resume-id" else set()
    assert answer.notes("al-1") == lost | ({note} if note else set())


def test_text_that_cannot_be_stored_is_replaced_and_noted(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1", b'{"status":"working","userPrompt":"caf\xe9"}')
    home.session("alpha", "al-2", b'{"status":"working","userPrompt":"\\ud800x \\ud83d\\ude00 \\u0000"}')
    home.database()
    answer = home.run("migrate")
    assert home.rows("SELECT prompt FROM sessions ORDER BY id") == [
        ("caf\ufffd",),
        ("\ufffdx \U0001f600 \0",),
    ]
    assert "replaced-text" in answer.notes("al-1") & answer.notes("al-2")


def test_what_has_no_place_in_the_new_system_is_listed(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1", live(summary="s", pr="http://x", branch=7))
    home.database()
    [note] = [note for note in home.run("migrate").report["notes"] if note["reason"] == "lost-field"]
    assert note["detail"] == "branch, summary, pr"


def test_sessions_that_a_clean_stop_ended_are_told_apart(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    home.project("beta", sessionPrefix="be")
    killed = lifecycle(state="terminated", reason="manually_killed", terminatedAt="2026-01-01")
    for project, sid in (("alpha", "al-1"), ("alpha", "al-2"), ("beta", "be-1")):
        home.session(project, sid, killed)
    home.session("beta", "be-2", lifecycle(state="done", reason="research_complete"))
    stop = {
        "projectId": "alpha",
        "sessionIds": ["al-1"],
        "otherProjects": [{"projectId": "beta", "sessionIds": ["be-1", "be-2"]}],
    }
    (home.legacy / "last-stop.json").write_text(json.dumps(stop))
    home.database()
    answer = home.run("migrate")
    fates = {
        record["id"]: record["reason"] for record in answer.report["records"] if record["kind"] == "session"
    }
    assert fates == {
        "al-1": "stopped-by-ao-stop",
        "al-2": "terminal",
        "be-1": "stopped-by-ao-stop",
        "be-2": "terminal",
    }
    assert answer.status == 0


def test_numbers_follow_the_ids_where_they_can() -> None:
    sids = [
        "al-7",
        "al-007",
        "al-0",
        "al-orchestrator",
        "zz-9",
        "zz-7",
        "odd",
        "x__from-123456789012",
        "al-9007199254740992",
    ]
    given, made_up, taken = numbers.assign(sids, "al", {})
    assert (given["al-7"], given["al-orchestrator"], given["zz-9"]) == (7, 0, 9)
    assert made_up == {"al-007", "al-0", "zz-7", "odd", "x__from-123456789012", "al-9007199254740992"}
    assert [given[sid] for sid in sids if sid in made_up] == [10, 11, 12, 13, 14, 15]
    assert not taken


def test_a_number_that_a_row_holds_is_never_taken_from_it() -> None:
    given, made_up, taken = numbers.assign(
        ["al-1", "al-orchestrator", "al-2"], "al", {1: "other", 0: "o", 5: "five"}
    )
    assert taken == {"al-1": "other"}
    assert given == {"al-orchestrator": 6, "al-2": 2}
    assert made_up == {"al-orchestrator"}


def test_a_taken_number_sets_the_session_aside(home: LegacyHome) -> None:
    path = home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1")
    home.session("alpha", "al-2")
    columns = "id, project_id, num, activity_last_at, created_at, updated_at"
    home.database(
        statements=f"INSERT INTO projects (id, path, registered_at) VALUES ('alpha', '{path}', '2026-01-01');"
        f"INSERT INTO sessions ({columns}) VALUES ('mine', 'alpha', 1, '', '', '');"
    )
    answer = home.run("migrate")
    assert answer.fates()[".agent-orchestrator/projects/alpha/sessions/al-1.json"] == (
        "set-aside",
        "num-taken",
    )
    assert home.rows("SELECT id, num FROM sessions ORDER BY num") == [("mine", 1), ("al-2", 2)]


def test_one_id_in_two_projects_goes_to_the_first(home: LegacyHome) -> None:
    home.project("beta", sessionPrefix="x")
    home.project("alpha", sessionPrefix="x")
    home.session("alpha", "x-1")
    home.session("beta", "x-1")
    home.database()
    answer = home.run("migrate")
    assert answer.fates()[".agent-orchestrator/projects/alpha/sessions/x-1.json"] == (
        "set-aside",
        "id-taken-by-other-project",
    )
    assert home.rows("SELECT project_id FROM sessions") == [("beta",)]


def test_old_folders_are_read_and_matched_to_their_project(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al", storageKey="0123456789ab")
    home.project("proj", sessionPrefix="pr")
    home.project("key_1", sessionPrefix="ke")
    home.root.joinpath("repos/key_1").rename(home.root / "repos/named")
    home.config["projects"]["key_1"]["path"] = str(home.root / "repos/named")
    home.save()
    text = "project=x\nagent=codex\nstatus=working\ncreatedAt=2026-02-20T10:00:00.000Z\n"
    home.v1("0123456789ab", "al-1", text)
    home.v1("aaaaaaaaaaaa-proj", "pr-2", text)
    home.v1("bbbbbbbbbbbb-named", "ke-3.json", json.dumps(live()))
    home.v1("cccccccccccc-my-proj", "pr-4", text)
    home.v1("aaaaaaaaaaaa-proj", "archive/pr-1_2026-02-20T10-00-00-000Z", text)
    home.database()
    answer = home.run("migrate")
    assert home.rows("SELECT id, project_id FROM sessions ORDER BY num") == [
        ("al-1", "alpha"),
        ("pr-2", "proj"),
        ("ke-3", "key_1"),
    ]
    assert answer.fates()[".agent-orchestrator/cccccccccccc-my-proj/sessions/pr-4"] == (
        "set-aside",
        "no-project",
    )
    archived = ".agent-orchestrator/aaaaaaaaaaaa-proj/sessions/archive/pr-1_2026-02-20T10-00-00-000Z"
    assert answer.fates()[archived] == ("skipped", "archived")


def test_of_two_copies_the_newer_layout_and_then_the_newer_record_counts(home: LegacyHome) -> None:
    home.project("proj", sessionPrefix="pr")
    text = "agent=codex\nstatus=working\nbranch={}\ncreatedAt=2026-0{}-20T10:00:00.000Z\n"
    home.v1("aaaaaaaaaaaa-proj", "pr-1", text.format("old", 2))
    home.v1("bbbbbbbbbbbb-proj", "pr-1", text.format("new", 3))
    home.v1("aaaaaaaaaaaa-proj", "pr-2", text.format("v1", 4))
    home.session("proj", "pr-2", branch="v2", createdAt="2026-01-01")
    home.v1("aaaaaaaaaaaa-proj", "pr-3", text.format("undead", 4))
    home.session("proj", "pr-3", state="terminated")
    home.database()
    answer = home.run("migrate")
    assert home.rows("SELECT id, branch FROM sessions ORDER BY id") == [("pr-1", "new"), ("pr-2", "v2")]
    reasons = [reason for name, (_, reason) in answer.fates().items() if "aaaaaaaaaaaa" in name]
    assert reasons == ["duplicate-source"] * 3


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/r/ao", "ao"),
        ("/r/PyTorch", "pt"),
        ("/r/agent-orchestrator", "ao"),
        ("/r/my_app", "ma"),
        ("/r/integrator", "int"),
        ("/r/-x--yz", "xy"),
        ("/r/A.bC", "a.bc"),
        ("/r/Beta.Repo", "br"),
    ],
)
def test_the_session_prefix_is_derived_as_the_legacy_tool_does(path: str, prefix: str) -> None:
    assert prefix_of(path) == prefix


@pytest.mark.parametrize(
    ("sid", "record", "kind"),
    [
        ("al-orchestrator", {}, "orchestrator"),
        ("al-5", {"role": "orchestrator"}, "orchestrator"),
        ("al-5", lifecycle(state="idle", kind="orchestrator"), "orchestrator"),
        ("al-orchestrator-5", {}, "worker"),
        ("be-orchestrator", {}, "worker"),
    ],
)
def test_an_orchestrator_is_known_by_role_kind_or_its_own_name(
    home: LegacyHome, sid: str, record: dict[str, Any], kind: str
) -> None:
    one(home, record, sid)
    assert field(home, "kind") == kind


def test_an_unreadable_file_is_set_aside(home: LegacyHome, monkeypatch: pytest.MonkeyPatch) -> None:
    real = files.open_regular

    def denied(path: str) -> int:
        if path.endswith("al-1.json"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(files, "open_regular", denied)
    assert one(home, live()) == ("set-aside", "unreadable")


def test_a_session_without_a_project_is_set_aside(home: LegacyHome) -> None:
    home.session("ghost", "gh-1")
    home.session("ghost", "gh-2", state="done")
    home.database()
    answer = home.run("migrate")
    assert [reason for _, reason in answer.fates().values()] == ["not-migrated", "no-project", "terminal"]
