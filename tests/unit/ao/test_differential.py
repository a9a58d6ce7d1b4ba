"""One record of each form in which two real migrators of the legacy tool differed, or agreed to lose it.

Both sides are tried on the same home: what the oracle expects is what our migrator does, and it is what is written
here by hand.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from harness.folder import read_folder
from harness.home import Home
from harness.sandbox.inside.tree import lay_out
from harness.systems.ao.model import TargetState
from harness.systems.ao.oracle import expect, read_target
from harness.systems.ao.target import database_files
from migrator.cli import main

MTIME_NS = 1_772_600_767_089_999_999
MTIME = "2026-03-04T05:06:07.089Z"
BORN = "2026-05-01T10:00:00.000Z"
MOVED = "2026-05-02T10:00:00.000Z"
SESSION: dict[str, Any] = {"kind": "orchestrator", "state": "working", "lastTransitionAt": MOVED}
RECORD: dict[str, Any] = {
    "role": "orchestrator",
    "agent": "claude-code",
    "branch": "b",
    "createdAt": BORN,
    "lifecycle": {"version": 2, "session": SESSION},
}
NAME = "app-orchestrator"
PLACE = f".agent-orchestrator/projects/app/sessions/{NAME}.json"


def record(**changes: Any) -> bytes:
    """The record as JSON with some fields changed; a field set to ... is left out."""
    kept = {key: value for key, value in (RECORD | changes).items() if value is not ...}
    return json.dumps(kept).encode()


def lifecycle(**changes: Any) -> dict[str, Any]:
    return {"version": 2, "session": {k: v for k, v in (SESSION | changes).items() if v is not ...}}


def wrapped(value: Any, times: int) -> str:
    text = json.dumps(value)
    return text if times == 1 else wrapped(text, times - 1)


PAYLOAD = {"lifecycle": ..., "statePayload": json.dumps(RECORD["lifecycle"])}
PLAIN = record()
LINES = (
    b"role=orchestrator\nagent=codex\nstatus=working\ncodexThreadId=t-1\ncreatedAt=2026-05-01T10:00:00.000Z\n"
)

# form: bytes, then the columns that its row must have, or the reason why it has none
VARIANTS: dict[str, tuple[bytes, dict[str, Any] | str]] = {
    "plain": (
        PLAIN,
        {"activity_state": "active", "harness": "claude-code", "num": 0, "kind": "orchestrator"},
    ),
    "UTF-8 BOM": (b"\xef\xbb\xbf" + PLAIN, {"activity_state": "active"}),
    "CRLF": (json.dumps(RECORD, indent=2).replace("\n", "\r\n").encode(), {"activity_state": "active"}),
    "double-encoded lifecycle": (record(lifecycle=wrapped(lifecycle(), 2)), {"activity_state": "active"}),
    "triple-encoded lifecycle": (record(lifecycle=wrapped(lifecycle(), 3)), {"activity_state": "active"}),
    "lifecycle encoded four times": (
        record(lifecycle=wrapped(lifecycle(), 4), status="needs_input"),
        {"activity_state": "waiting_input"},
    ),
    "nested session as string": (
        record(lifecycle={"version": 2, "session": json.dumps(SESSION)}),
        {"activity_state": "active", "updated_at": MOVED},
    ),
    'statePayload "2"': (record(**PAYLOAD, stateVersion="2"), {"activity_state": "active"}),
    "stateVersion number 2": (record(**PAYLOAD, stateVersion=2), {"activity_state": "active"}),
    'stateVersion "3"': (record(**PAYLOAD, stateVersion="3"), {"activity_state": "idle"}),
    "0-byte": (b"", "empty-file"),
    "blank": (b" \n\t", "empty-file"),
    "partial JSON": (PLAIN[: len(PLAIN) // 2], "corrupt-json"),
    "a list": (b"[]", "not-an-object"),
    "JSON string of an object": (json.dumps(PLAIN.decode()).encode(), "not-an-object"),
    "NaN literal": (PLAIN[:-1] + b', "port": NaN}', "corrupt-json"),
    "Infinity literal": (PLAIN[:-1] + b', "port": -Infinity}', "corrupt-json"),
    "raw NUL": (PLAIN.replace(b'"b"', b'"b\x00"'), "corrupt-json"),
    "key=value in .json": (
        LINES,
        {"harness": "codex", "agent_session_id": "t-1", "activity_state": "active"},
    ),
    "no lifecycle, status killed": (record(lifecycle=..., status="killed"), "terminal"),
    "no lifecycle, status merged": (record(lifecycle=..., status="merged"), {"activity_state": "idle"}),
    "no lifecycle, no status": (record(lifecycle=...), {"activity_state": "idle"}),
    "state TERMINATED": (record(lifecycle=lifecycle(state="TERMINATED")), {"activity_state": "idle"}),
    "state paused": (record(lifecycle=lifecycle(state="paused")), {"activity_state": "idle"}),
    'terminatedAt ""': (record(lifecycle=lifecycle(terminatedAt="")), "terminal"),
    "terminatedAt set, state working": (record(lifecycle=lifecycle(terminatedAt=MOVED)), "terminal"),
    "terminatedAt null": (record(lifecycle=lifecycle(terminatedAt=None)), {"activity_state": "active"}),
    'createdAt "yesterday"': (record(createdAt="yesterday"), {"created_at": MTIME}),
    "createdAt yesterday, startedAt a time": (
        record(createdAt="yesterday", lifecycle=lifecycle(startedAt=BORN)),
        {"created_at": BORN},
    ),
    "createdAt epoch number": (record(createdAt=1_777_629_600_000), {"created_at": MTIME}),
    "createdAt with +05:30": (
        record(createdAt="2026-05-01T15:30:00+05:30"),
        {"created_at": "2026-05-01T10:00:00.000Z"},
    ),
    "lastTransitionAt in words": (
        record(lifecycle=lifecycle(lastTransitionAt="soon")),
        {"activity_last_at": BORN, "updated_at": BORN, "first_signal_at": BORN},
    ),
    "agent missing": (record(agent=...), {"harness": "", "agent_session_id": ""}),
    "agent cursor": (record(agent="cursor"), {"harness": "cursor"}),
    "agent aider": (record(agent="aider"), {"harness": "aider"}),
    "agent Codex": (record(agent="Codex", codexThreadId="t"), {"harness": "", "agent_session_id": ""}),
    "agent kimicode": (record(agent="kimicode"), {"harness": ""}),
    "duplicate JSON keys": (b'{"branch": "first", ' + PLAIN[1:], {"branch": "b"}),
    "Latin-1 bytes": (PLAIN.replace(b'"b"', b'"caf\xe9"'), {"branch": "caf\ufffd"}),
    "lone surrogate escape": (PLAIN.replace(b'"b"', rb'"a\ud83d!"'), {"branch": "a\ufffd!"}),
    "surrogate pair escape": (PLAIN.replace(b'"b"', rb'"a\ud83d\ude00!"'), {"branch": "a\U0001f600!"}),
    "uuid ../x": (record(claudeSessionUuid="../x"), {"agent_session_id": ""}),
    "uuid ..": (record(claudeSessionUuid=".."), {"agent_session_id": ""}),
    "uuid that is a token": (record(claudeSessionUuid="a-B_1.2"), {"agent_session_id": "a-B_1.2"}),
    "number of 2^53+1": (PLAIN[:-1] + b', "port": 9007199254740993}', {"activity_state": "active"}),
}


def home_of(root: Path, files: dict[str, bytes], config: str = "") -> Home:
    """A home with a database, a registry (of the one project `app`, unless told) and these files."""
    config = config or f"projects:\n  app:\n    path: {root}/code/app\n    sessionPrefix: app\n"
    home = Home.empty(str(root), mtime_ns=MTIME_NS).with_file(
        ".agent-orchestrator/config.yaml", config.encode()
    )
    for path, content in files.items():
        home = home.with_file(path, content)
    for name, content in database_files(TargetState(), str(root), None).items():
        home = home.with_file(f".ao/data/{name}", content)
    return home


def migrate(home: Home, monkeypatch: pytest.MonkeyPatch) -> tuple[Home, dict[str, Any]]:
    """The home after our migrator, and its report."""
    for name in ("AO_DATA_DIR", "AO_RUN_FILE", "AO_GLOBAL_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    lay_out(home.root, home.manifest(), home.blobs)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(["ao", "migrate", "--home", home.root, "--json"])
    return read_folder(Path(home.root), home.root), json.loads(out.getvalue().splitlines()[-1])


def agree(home: Home, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, str]]:
    """The sessions, and reasons or outcomes by source, on which oracle and migrator agree."""
    expected = expect(home)
    after, report = migrate(home, monkeypatch)
    tables = read_target(after)
    assert tables["sessions"] == expected.tables["sessions"]
    assert tables["projects"] == expected.tables["projects"]
    told = {row["source"]: row["reason"] or row["outcome"] for row in report["records"]}
    assert told == {fate.source: fate.reason or fate.disposition for fate in expected.fates}
    assert report["outcome"] == expected.outcome
    return dict(tables["sessions"]), told


@pytest.mark.parametrize("form", VARIANTS)
def test_each_form_has_its_outcome_on_both_sides(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, wanted = VARIANTS[form]
    rows, told = agree(home_of(tmp_path / "h", {PLACE: content}), monkeypatch)
    if isinstance(wanted, str):
        assert (rows, told[PLACE]) == ({}, wanted)
    else:
        assert told[PLACE] == "migrated"
        assert {key: rows[NAME][key] for key in wanted} == wanted


def test_records_of_the_first_layout_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = f".agent-orchestrator/0123456789ab-app/sessions/{NAME}"
    rows, told = agree(home_of(tmp_path / "h", {old: LINES}), monkeypatch)
    assert rows[NAME]["activity_state"] == "active"
    assert told[old] == "migrated"


def test_a_folder_belongs_to_the_project_of_its_whole_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = f".agent-orchestrator/0123456789ab-my-app/sessions/{NAME}"
    rows, told = agree(home_of(tmp_path / "h", {old: LINES}), monkeypatch)
    assert (rows, told[old]) == ({}, "no-project")


def test_the_same_orchestrator_in_two_projects_is_a_conflict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "projects:\n  app: {path: /srv/app, sessionPrefix: app}\n  lib: {path: /srv/lib, sessionPrefix: app}\n"
    other = PLACE.replace("/app/", "/lib/")
    rows, told = agree(home_of(tmp_path / "h", {PLACE: PLAIN, other: PLAIN}, config), monkeypatch)
    assert rows[NAME]["project_id"] == "app"
    assert told[other] == "id-taken-by-other-project"


@pytest.mark.parametrize(
    ("user", "bucket"),
    [("a b", "a-b"), ("a_b", "a-b"), ("jürgen", "j-rgen"), ("🙂", "--"), ("李四", "--"), ("e\u0301", "e-")],
)
def test_the_bucket_of_a_home_follows_utf_16(
    user: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / user
    above = "".join(char if char.isalnum() else "-" for char in str(tmp_path))
    old = f".claude/projects/{above}-{bucket}-tree/u-1.jsonl"
    new = f".claude/projects/{above}-{bucket}--ao-data-worktrees-app-orchestrator-app-orchestrator/u-1.jsonl"
    content = record(claudeSessionUuid="u-1", worktree=f"{root}/tree")
    home = home_of(root, {PLACE: content, old: b"talk\n"})
    _, told = agree(home, monkeypatch)
    assert told[old] == "migrated"
    assert (Path(home.root) / new).read_bytes() == b"talk\n"


FIRST = "projects:\n  app:\n    name: The App\n    repo: acme/app\n    path: {path}\n    sessionPrefix: app\n    agentConfig: {{permissions: skip}}\n"


@pytest.mark.parametrize(
    "place", [".agent-orchestrator.yaml", ".agent-orchestrator.yml", "code/agent-orchestrator.yaml"]
)
def test_a_registry_of_the_first_releases_holds_projects_and_their_settings(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "h"
    folder = ".agent-orchestrator/0123456789ab-app"
    text = FIRST.format(path="app" if "/" in place else f"{root}/code/app")
    files = {
        place: text.encode(),
        f"{folder}/sessions/{NAME}": LINES,
        f"{folder}/.origin": f"{root}/{place}".encode(),
    }
    home = home_of(root, files).without(".agent-orchestrator/config.yaml")
    rows, told = agree(home, monkeypatch)
    project = read_target(read_folder(root, str(root)))["projects"]["app"]
    assert (project["path"], project["display_name"]) == (f"{root}/code/app", "The App")
    assert project["config"] == {"sessionPrefix": "app", "agentConfig": {"permissions": "bypass-permissions"}}
    assert rows[NAME]["project_id"] == "app"
    assert told[f"{place}#projects/app"] == "migrated"
    assert told[f"{folder}/.origin"] == "not-migrated"


def test_an_old_folder_belongs_to_the_registry_beside_which_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two registries may each have a repository called app; the hash of the registry's folder tells them apart."""
    from hashlib import sha256  # noqa: PLC0415 - the rule is written out here once more

    root = tmp_path / "h"
    files = {}
    for number, name in enumerate(("one", "two")):
        folder = f".agent-orchestrator/{sha256(f'{root}/{name}'.encode()).hexdigest()[:12]}-app"
        place = f"{name}/agent-orchestrator.yaml"
        files[place] = f"projects:\n  {name}-app:\n    path: ./app\n    sessionPrefix: {name}\n".encode()
        files[f"{folder}/.origin"] = f"{root}/{place}\n".encode()
        files[f"{folder}/sessions/{name}-{number}"] = LINES
    rows, _ = agree(home_of(root, files).without(".agent-orchestrator/config.yaml"), monkeypatch)
    assert {key: row["project_id"] for key, row in rows.items()} == {"one-0": "one-app", "two-1": "two-app"}
