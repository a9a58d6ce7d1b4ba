"""What is drawn is what a reader of its own finds in the written home."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from harness.home import Home
from harness.systems.ao import naming, parts, records_text, strategies, yaml_text
from harness.systems.ao.legacy import draw, states, write
from harness.systems.ao.model import (
    AGENTS,
    ENCODINGS,
    ENDED_STATUSES,
    STATES,
    LegacyState,
    Project,
    Session,
    Shape,
)

_QUIET = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=25,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
_SEEN = settings(_QUIET, phases=[Phase.generate])  # a first failure says enough
_SHAPES = (
    Shape(),
    Shape(projects=2, sessions="3..9", forms="mixed", transcripts="all", worktrees="all"),
    Shape(projects="0..4", forms="v1"),
    Shape(projects=3, sessions=4, target="shared", journal="wal-pending", linked_data=True, terminated="all"),
)


class _Core(SafeConstructor):
    """Reads dates as text, as the core schema has no dates."""


_Core.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def _yaml(text: bytes) -> Any:
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Core
    return reader.load(text.decode())


def _read(home: Home, state: LegacyState) -> dict[str, dict[str, Any]]:
    """Returns every session record of a home by path, with text values only decoded as JSON where they were objects."""
    found = {}
    for path in home.files_under(".agent-orchestrator"):
        folder, _, name = path.rpartition("/")
        if not folder.endswith("/sessions") or ".migrated/" in path:
            continue
        text = home.content(path).decode()
        if name.endswith(".json"):
            assert text.endswith("}\n")
            assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
            found[path] = json.loads(text)
        else:
            pairs = (line.split("=", 1) for line in text.split("\n") if line)
            found[path] = {key: value for key, value in pairs}  # noqa: C416 - two-element lists
    assert len(found) == sum(len(project.sessions) for project in state.projects)
    return found


def _path(project: Project, session: Session) -> str:
    if project.form == "v2":
        return f".agent-orchestrator/projects/{project.id}/sessions/{session.id}.json"
    return f".agent-orchestrator/{project.storage_key}/sessions/{session.id}"


def _lifecycle(data: dict[str, Any]) -> dict[str, Any] | None:
    value: Any = data.get("lifecycle", data.get("statePayload"))
    value = json.loads(value) if isinstance(value, str) else value
    if value is None:
        return None
    return {key: json.loads(part) if isinstance(part, str) else part for key, part in value.items()}


def _check(state: LegacyState) -> None:
    home = write(state, state.root)
    records = _read(home, state)
    for project in state.projects:
        for session in project.sessions:
            path = _path(project, session)
            data = records[path]
            assert home.entries[path].mtime_ns == session.mtime_ns
            _check_record(data, session, project, state.root, exact=project.form == "v2")
            _check_transcript(home, session)
    _check_registry(home, state)


def _check_record(
    data: dict[str, Any], session: Session, project: Project, root: str, *, exact: bool
) -> None:
    def said(value: str | None) -> str | None:
        return value if exact else value or None

    assert data.get("worktree", "") == (f"{root}/{session.worktree}" if session.worktree else "")
    assert data.get("branch", "") == session.branch
    assert data["project"] == project.id
    assert data.get("agent", "") == session.agent
    assert data.get("createdAt") == session.created_at
    assert data.get("role") == session.role
    assert data.get("userPrompt") == said(session.prompt)
    assert data.get("displayName") == said(session.display_name)
    assert data.get("issue") == session.issue
    assert data.get("status") == session.status
    for key, value in session.resume.items():
        assert data[key] == value
    for key, value in session.ballast.items():
        expected = value if exact or isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        assert data.get(key) == (expected if exact else expected or None)
    lifecycle = _lifecycle(data)
    if session.lifecycle is None:
        assert lifecycle is None
    else:
        assert lifecycle is not None
        assert lifecycle["version"] == 2
        assert lifecycle["session"] == session.lifecycle.session
        assert lifecycle.get("pr") == session.lifecycle.pr


def _check_transcript(home: Home, session: Session) -> None:
    if session.transcript is None:
        return
    real = home.resolve(f"{home.root}/{session.worktree}")
    units = real.encode("utf-16-le")
    slug = "".join(
        chr(units[i]) if units[i + 1] == 0 and re.match(r"[a-zA-Z0-9-]", chr(units[i])) else "-"
        for i in range(0, len(units), 2)
    )
    path = f".claude/projects/{slug}/{session.resume['claudeSessionUuid']}.jsonl"
    assert home.entries[path].mode == 0o600
    assert all(json.loads(line)["cwd"] for line in home.content(path).splitlines())


def _check_registry(home: Home, state: LegacyState) -> None:
    config = _yaml(home.content(".agent-orchestrator/config.yaml"))
    assert list(config["projects"]) == [project.id for project in state.projects]
    for key, value in state.settings.items():
        assert config[key] == value
    for project in state.projects:
        entry = config["projects"][project.id]
        assert entry["path"].replace("~", state.root, 1) == f"{state.root}/{project.path}"
        assert entry.get(project.name_key) == project.display_name
        assert entry.get("sessionPrefix") == project.prefix
        assert entry.get("defaultBranch") == project.default_branch
        assert entry.get("registeredAt") == project.registered_at
        assert parts.own_prefix(project) == project.prefix or project.prefix is None
        assert (home.get(project.path) is not None) == project.exists
        local = home.get(f"{project.path}/agent-orchestrator.yaml")
        assert (local is not None) == (project.exists and project.local is not None)
        if local is not None:
            assert _yaml(home.content(f"{project.path}/agent-orchestrator.yaml")) == project.local
            assert local.mtime_ns == project.local_mtime_ns
        if project.origin and project.exists:
            assert f"url = {project.origin}\n" in home.content(f"{project.path}/.git/config").decode()


@pytest.mark.parametrize("shape", _SHAPES)
def test_small_states_read_back_equal(shape: Shape) -> None:
    @_SEEN
    @given(states(shape))
    def check(state: LegacyState) -> None:
        _check(state)

    check()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shape", _SHAPES)
def test_drawn_states_read_back_equal(shape: Shape, seed: int) -> None:
    _check(draw(shape, seed))


def test_odd_but_migratable_states_read_back_equal() -> None:
    @_SEEN
    @given(states(Shape(clean=False)))
    def check(state: LegacyState) -> None:
        _check(state)

    check()


@pytest.mark.parametrize("make", [draw, None])
def test_ids_prefixes_and_paths_are_never_given_out_twice(
    make: Callable[[Shape, int], LegacyState] | None,
) -> None:
    def check(state: LegacyState) -> None:
        sessions = [session.id for project in state.projects for session in project.sessions]
        prefixes = [parts.own_prefix(project) for project in state.projects]
        for values in (sessions, prefixes, [p.id for p in state.projects], [p.path for p in state.projects]):
            assert len(values) == len(set(values))
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", value) for value in sessions + prefixes)

    shape = Shape(projects=4, sessions="0..9", forms="mixed")
    if make is not None:
        for seed in range(40):
            check(make(shape, seed))
    else:
        _SEEN(given(states(shape))(check))()


def test_a_worker_never_has_the_id_of_a_numbered_orchestrator_of_another_project() -> None:
    two = (Session("{prefix}-orchestrator-{number}"), Session("{prefix}-{number}"))
    drafts = [
        Project("", "integrator", (replace(two[0], agent="", resume={"id": "0"}),) * 3),
        Project(
            "", "integrator", (replace(two[1], agent="", resume={"id": "0"}),) * 3, prefix="-orchestrator"
        ),
    ]
    for order in (drafts, drafts[::-1]):
        ids = [session.id for project in strategies._set_apart(order) for session in project.sessions]
        assert len(set(ids)) == 6


def _lives(state: LegacyState) -> list[bool]:
    found = []
    for session in (session for project in state.projects for session in project.sessions):
        ended = session.status in ENDED_STATUSES
        if session.lifecycle is not None:
            ended = session.lifecycle.session["state"] in {"done", "terminated"}
        found.append(not ended)
    return found


@pytest.mark.parametrize(
    ("text", "low", "high"), [("none", 1, 1), ("some", 0.5, 0.7), ("all", 0, 0), ("0.9", 0.05, 0.2)]
)
def test_the_share_of_ended_sessions_is_the_one_asked_for(text: str, low: float, high: float) -> None:
    lives = _lives(draw(Shape(projects=2, sessions=400, terminated=text), 3))
    assert low <= sum(lives) / len(lives) <= high


def test_a_large_draw_holds_every_state_agent_and_encoding() -> None:
    sessions = draw(Shape(projects=2, sessions=600), 5).projects[0].sessions
    assert {session.agent for session in sessions} == set(AGENTS)
    assert {session.encoding for session in sessions} == set(ENCODINGS)
    assert {session.worktree_state for session in sessions} == {"gone", "present", "linked", "repo"}
    assert {s.lifecycle.session["state"] for s in sessions if s.lifecycle} == set(STATES)
    assert any(session.stopped for session in sessions)
    assert any(not (session.display_name or "x").isascii() for session in sessions)


def test_a_smaller_draw_is_the_beginning_of_a_larger_one() -> None:
    small = draw(Shape(projects=1, sessions=5, user="u"), 9).projects[0].sessions
    large = draw(Shape(projects=1, sessions=50, user="u"), 9).projects[0].sessions
    assert [records_text.json_text(s.resume) for s in small] == [
        records_text.json_text(s.resume) for s in large[:5]
    ]


@pytest.mark.parametrize(("shape", "projects", "sessions"), [(Shape(projects="0..3"), 0, 0), (Shape(), 1, 0)])
def test_states_shrink_to_the_least_that_the_shape_allows(shape: Shape, projects: int, sessions: int) -> None:
    least = find(states(shape), lambda _: True, settings=_QUIET)
    assert len(least.projects) == projects
    assert sum(len(project.sessions) for project in least.projects) == sessions
    assert least.extras == ()
    assert least.user == naming.USERS[0]


def test_states_shrink_to_one_plain_session() -> None:
    least = find(
        states(Shape(projects="0..3", forms="mixed")),
        lambda state: any(session.branch for project in state.projects for session in project.sessions),
        settings=settings(_QUIET, max_examples=500),
    )
    (project,) = least.projects
    (session,) = project.sessions
    assert (session.id, session.agent, session.ballast, session.resume) == ("app-1", "claude-code", {}, {})
    assert (project.form, project.local, session.prompt, session.transcript) == ("v2", None, None, None)
    assert len(records_text.json_file(session, project, "/home/u")) < 1500


def test_the_same_draw_gives_the_same_home_in_every_process() -> None:
    program = (
        "from harness.home import digest_of\n"
        "from harness.systems.ao.legacy import draw, write\n"
        "from harness.systems.ao.model import Shape\n"
        "state = draw(Shape(projects=3, sessions=40, forms='mixed', target='used', journal='wal-pending'), 11)\n"
        "print(digest_of(repr(write(state, state.root).manifest()).encode('utf-8', 'surrogateescape')))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert re.fullmatch(r"[0-9a-f]{32}\n", outputs.pop())


def test_writing_is_pure() -> None:
    state = draw(Shape(projects=2, sessions=20), 4)
    one, two = write(state, "/home/one user"), write(state, "/home/one user")
    assert one == two
    assert one.root == "/home/one user"
    assert all(b"/home/one user" in content or b"/home/" not in content for content in one.blobs.values())


def test_nothing_that_may_not_be_touched_is_forgotten() -> None:
    home = write(draw(Shape(), 1), "/home/u")
    assert home.entries[".ssh"].mode == 0o700
    assert home.entries[".ssh/id_example"].mode == 0o600
    assert home.entries[".config/other-tool/cache"].target.startswith("/opt/")
    assert home.entries[".ao/data/ao.db"].kind == "file"
    assert home.entries[".ao/data"].mode == 0o750


def test_run_files_never_name_a_living_process() -> None:
    seen = 0
    for seed in range(12):
        state = draw(Shape(), seed)
        home = write(state, state.root)
        for path in (".agent-orchestrator/running.json", ".ao/running.json"):
            if home.get(path):
                seen += 1
                assert json.loads(home.content(path))["pid"] > 4_194_304
    assert seen > 4


def test_text_is_laid_out_as_the_legacy_tool_laid_it_out() -> None:
    golden = (
        Path(os.environ.get("GOLDEN_HOMES") or Path(__file__).parents[4] / "shared" / "golden")
        / "ao"
        / "home-v2"
    )
    if not golden.exists():
        pytest.skip(f"{golden} is absent; set GOLDEN_HOMES to the folder of golden homes")
    config = (golden / ".agent-orchestrator/config.yaml").read_bytes()
    assert yaml_text.document(_yaml(config)).encode() == config
    record = (golden / ".agent-orchestrator/projects/my_app_7bf8ee490d/sessions/ma-1.json").read_text()
    ours = draw(Shape(projects=1, sessions=30, agents=["claude-code"], encodings=["object"]), 1)
    written = [list(records_text.fields(s, ours.projects[0], "/h")) for s in ours.projects[0].sessions]
    order = [key for key in json.loads(record) if any(key in keys for keys in written)]
    for keys in written:
        known = [key for key in keys if key in order]
        assert known == [key for key in order if key in known]
    assert len(order) > 12
