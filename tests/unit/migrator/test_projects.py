"""How a registry entry and its settings become a row of `projects`."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Answer, LegacyHome

from migrator.ao import gitorigin, yaml12


def row(home: LegacyHome, column: str, key: str = "alpha") -> Any:
    [(value,)] = home.rows(f"SELECT {column} FROM projects WHERE id = '{key}'")
    return value


def config(home: LegacyHome, key: str = "alpha") -> Any:
    return json.loads(row(home, "config", key))


def migrated(home: LegacyHome) -> Answer:
    home.database()
    return home.run("migrate")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("~: a\n'': b\n", {""}),
        ("1: a\n'1': b\n", {"1"}),
        ("true: a\n1: b\n", {"true", "1"}),
        ("0o1: a\n", {"1"}),
    ],
)
def test_keys_that_javascript_tells_apart_are_not_one_key_twice(text: str, keys: set[str]) -> None:
    assert set(yaml12.load(text.encode())) == keys


@pytest.mark.parametrize("text", ["1: a\n1.0: b\n", "0x1: a\n1: b\n", "a: 1\n'a': 2\n", "~: a\nnull: b\n"])
def test_keys_that_javascript_does_not_tell_apart_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        yaml12.load(text.encode())


def test_settings_are_mapped_and_what_has_no_counterpart_is_noted(home: LegacyHome) -> None:
    path = home.project("alpha", sessionPrefix="al", defaultBranch="develop")
    home.config["defaults"] = {"worker": {"agent": "aider"}, "orchestrator": {"agent": "codex"}}
    home.save()
    (path / "agent-orchestrator.yaml").write_text(
        "agent: codex\nagentConfig: {permissions: suggest, model: gpt-5, orchestratorModel: x}\n"
        "env: {PORT: 3000, ON: true, RATE: 1.5, YES: yes, OCT: 0755}\n"
        'symlinks: [".env", "../up", "/abs", "a/b"]\npostCreate: ["npm ci"]\n'
        "worker: {agentConfig: {permissions: skip}}\norchestrator: {agent: kimicode}\nagentRules: nice\n"
    )
    answer = migrated(home)
    assert answer.status == 0
    assert config(home) == {
        "defaultBranch": "develop",
        "sessionPrefix": "al",
        "env": {"PORT": "3000", "ON": "true", "RATE": "1.5", "YES": "yes", "OCT": "755"},
        "symlinks": [".env", "a/b"],
        "postCreate": ["npm ci"],
        "agentConfig": {"model": "gpt-5", "permissions": "default"},
        "worker": {"agent": "aider", "agentConfig": {"permissions": "bypass-permissions"}},
    }
    assert answer.notes("alpha") == {"lossy-permission", "dropped-setting"}


def test_without_settings_the_prefix_remains(home: LegacyHome) -> None:
    home.project("some-project", defaultBranch="main")
    migrated(home)
    assert config(home, "some-project") == {"sessionPrefix": "sp"}


@pytest.mark.parametrize(
    "text",
    [
        "projects: {}",
        "a: [",
        "",
        "- 1",
        "env: [1]",
        "env: {A: [1]}",
        "symlinks: x",
        "postCreate: [1]",
        "agentConfig: 1",
        "worker: x",
        "agentConfig: {model: 1}",
        "a: 1\na: 2",
    ],
)
def test_unusable_settings_leave_the_project_with_its_identity(home: LegacyHome, text: str) -> None:
    path = home.project("alpha", sessionPrefix="al", defaultBranch="dev")
    (path / "agent-orchestrator.yml").write_text(text)
    home.session("alpha", "al-1")
    answer = migrated(home)
    assert answer.status == 4
    assert answer.fates()["repos/alpha/agent-orchestrator.yml"] == ("set-aside", "degraded-project")
    assert config(home) == {"defaultBranch": "dev", "sessionPrefix": "al"}
    assert home.rows("SELECT id FROM sessions") == [("al-1",)]
    assert home.run("migrate").fates()["repos/alpha/agent-orchestrator.yml"] == (
        "set-aside",
        "degraded-project",
    )


def test_entries_that_cannot_be_projects_are_set_aside(home: LegacyHome) -> None:
    home.project("good")
    entries = {
        "../up": {"path": "/x"},
        "_lead": {"path": "/x"},
        "a..b": {"path": "/x"},
        "l" * 128: {"path": "~/longest"},
        "l" * 129: {"path": "~/longer"},
        "list": [1],
        "nopath": {},
        "blank": {"path": " "},
        "nul": {"path": "a\0b"},
        "out": {"path": "~/../x"},
        "twin": {"path": str(home.root / "repos" / "." / "good") + "/"},
        "dotted.id": {"path": "~/dotted"},
    }
    home.config["projects"] |= entries
    home.save()
    home.session("twin", "tw-1")
    answer = migrated(home)
    fates = {record["id"]: record["reason"] for record in answer.report["records"]}
    assert fates == {
        "good": None,
        "../up": "invalid-project-id",
        "_lead": "invalid-project-id",
        "a..b": "invalid-project-id",
        "l" * 128: None,
        "l" * 129: "invalid-project-id",
        "list": "invalid-entry",
        "nopath": "no-path",
        "blank": "no-path",
        "nul": "no-path",
        "out": "path-escapes-home",
        "twin": "path-already-registered",
        "dotted.id": None,
        "tw-1": "no-project",
    }
    assert answer.notes("dotted.id") == {"dotted-id", "path-missing"}
    assert row(home, "path", "dotted.id") == str(home.root / "dotted")


def test_a_path_that_the_new_system_has_under_another_id_stays_there(home: LegacyHome) -> None:
    path = home.project("alpha")
    home.session("alpha", "alp-1")
    home.database(
        statements=f"INSERT INTO projects (id, path, registered_at) VALUES ('mine', '{path}', '2026-01-01');"
    )
    answer = home.run("migrate")
    assert [reason for _, reason in answer.fates().values()] == ["path-already-registered", "no-project"]


def test_a_project_that_is_there_keeps_its_row_and_gains_sessions(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al", displayName="New")
    home.session("alpha", "al-1")
    home.database(
        statements="INSERT INTO projects (id, path, registered_at) VALUES ('alpha', '/elsewhere', '2026-01-01');"
    )
    answer = home.run("migrate")
    assert [outcome for outcome, _ in answer.fates().values()] == ["present", "migrated"]
    assert home.rows("SELECT path, display_name FROM projects") == [("/elsewhere", "")]


@pytest.mark.parametrize("entry", [None, "gone", [], {"path": ""}])
def test_a_project_that_is_there_needs_no_usable_entry(home: LegacyHome, entry: Any) -> None:
    home.project("alpha")
    home.session("alpha", "el-1")
    home.config["projects"]["alpha"] = entry
    home.save()
    home.database(
        statements="INSERT INTO projects (id, path, registered_at) VALUES ('alpha', '/else', '2026-01-01');"
    )
    answer = home.run("migrate")
    assert [outcome for outcome, _ in answer.fates().values()] == ["present", "migrated"]


@pytest.mark.parametrize(
    ("entry", "preferred", "name"),
    [
        ({"displayName": "D", "name": "N"}, "P", "P"),
        ({"displayName": "D", "name": "N"}, None, "D"),
        ({"name": "N"}, None, "N"),
        ({"name": "alpha"}, None, ""),
        ({}, None, ""),
        ({"displayName": 7}, None, ""),
    ],
)
def test_the_display_name_comes_from_the_first_source(
    home: LegacyHome, entry: dict[str, Any], preferred: str | None, name: str
) -> None:
    home.project("alpha", **entry)
    (home.legacy / "portfolio").mkdir()
    (home.legacy / "portfolio" / "preferences.json").write_text(
        json.dumps({"version": 1, "projects": {"alpha": {"displayName": preferred} if preferred else {}}})
    )
    migrated(home)
    assert row(home, "display_name") == name


@pytest.mark.parametrize(
    ("registered", "added", "expected"),
    [
        (1795164012, None, "2026-11-20T08:40:12.000Z"),
        (1795164012345, None, "2026-11-20T08:40:12.345Z"),
        ("2026-01-02T03:04:05Z", None, "2026-01-02T03:04:05.000Z"),
        (
            1795164012,
            {"configProjectKey": "alpha", "addedAt": "2026-01-01", "path": "/x"},
            "2026-01-01T00:00:00.000Z",
        ),
        (1795164012, {"addedAt": "2026-01-01", "path": "~/repos/alpha/"}, "2026-01-01T00:00:00.000Z"),
        (
            1795164012,
            {"addedAt": "soon", "configProjectKey": "alpha", "path": "/x"},
            "2026-11-20T08:40:12.000Z",
        ),
        (1795164012, {"addedAt": 7, "configProjectKey": "alpha", "path": "/x"}, "2026-11-20T08:40:12.000Z"),
        (None, None, "2001-09-09T01:46:40.000Z"),
        ("soon", None, "2001-09-09T01:46:40.000Z"),
        (float("nan"), None, "2001-09-09T01:46:40.000Z"),
    ],
)
def test_the_registration_time_comes_from_the_first_source(
    home: LegacyHome, registered: Any, added: Any, expected: str
) -> None:
    home.project("alpha", registeredAt=".nan" if isinstance(registered, float) else registered)
    text = (home.legacy / "config.yaml").read_text().replace('".nan"', ".nan")
    (home.legacy / "config.yaml").write_text(text)
    (home.legacy / "portfolio").mkdir()
    (home.legacy / "portfolio" / "registered.json").write_text(
        json.dumps({"version": 1, "projects": [added] if added else []})
    )
    os.utime(home.legacy / "config.yaml", ns=(0, 10**18))
    migrated(home)
    assert row(home, "registered_at") == expected


def test_the_time_of_the_local_settings_comes_before_that_of_the_configuration(home: LegacyHome) -> None:
    path = home.project("alpha") / "agent-orchestrator.yaml"
    path.write_text("agent: codex\n")
    os.utime(path, ns=(0, 10**18 + 10**9))
    migrated(home)
    assert row(home, "registered_at") == "2001-09-09T01:46:41.000Z"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ('[remote "origin"]\n\turl = git@x:a/b.git\n', "git@x:a/b.git"),
        ('[REMOTE "origin"]\nURL=one\nurl=two\n', "one"),
        ('[remote "Origin"]\nurl = no\n', None),
        ('[remote "up"]\nurl = no\n[remote "origin"] url = same ; note\n', "same"),
        ('[remote "origin"]\n# url = no\nurl = "a # b" # c\n', "a # b"),
        ('[remote "origin"]\nurl = a\\\nb\n', "ab"),
        ('[remote "origin"]\nurl = a\\tb\\"c\\\\d\n', 'a\tb"c\\d'),
        ('[remote "o\\"x"]\nurl = no\n', None),
        ("[remote.origin]\nurl = dotted\n", "dotted"),
        ('[remote "origin"]\r\nurl = crlf\r\n', "crlf"),
        ('[remote "origin"]\nurl = a\u2028b\n', "a\u2028b"),
        ("", None),
    ],
)
def test_the_origin_is_read_from_the_git_configuration(tmp_path: Path, text: str, url: str | None) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_bytes(text.encode())
    assert gitorigin.origin(str(tmp_path)) == url


def test_the_origin_of_a_worktree_is_that_of_its_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / ".git" / "worktrees" / "one"
    inner.mkdir(parents=True)
    (inner / "commondir").write_text("../..\n")
    (tmp_path / "repo" / ".git" / "config").write_text('[remote "origin"]\nurl = u\n')
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {inner}\n")
    assert gitorigin.origin(str(tree)) == "u"


@pytest.mark.parametrize("kind", ["fifo", "link", "missing"])
def test_a_git_configuration_that_is_no_file_is_ignored(tmp_path: Path, kind: str) -> None:
    (tmp_path / ".git").mkdir()
    path = tmp_path / ".git" / "config"
    if kind == "fifo":
        os.mkfifo(path)
    if kind == "link":
        path.symlink_to("/etc/passwd")
    assert gitorigin.origin(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ({"repo": {"originUrl": "https://o"}}, "https://o"),
        ({"repo": "owner/name"}, "owner/name"),
        ({"originUrl": "u"}, "u"),
        ({}, ""),
    ],
)
def test_without_a_repository_the_entry_names_the_origin(
    home: LegacyHome, entry: dict[str, Any], url: str
) -> None:
    home.project("alpha", **entry)
    migrated(home)
    assert row(home, "repo_origin_url") == url


def test_yaml_is_read_as_version_1_2() -> None:
    text = b"\xef\xbb\xbfa: yes\r\nb: 0755\nc: 0o17\nd: 12:30:45\ne: ~\nf: .5\n1: x\ng: '1'\n<<: {z: 1}\nh: 2026-01-01\n"
    assert yaml12.load(text) == {
        "a": "yes", "b": 755, "c": 15, "d": "12:30:45", "e": None, "f": 0.5, "1": "x", "g": "1", "<<": {"z": 1}, "h": "2026-01-01",
    }  # fmt: skip
    assert yaml12.load(b"") is None


def read(text: bytes) -> Any:
    try:
        return yaml12.load(text)
    except ValueError:
        return ValueError


@pytest.mark.parametrize(
    "text",
    [
        b"a: [1, 'x', \"\\u00e9\", |-\n]",
        b"a: |\n  x\n  y\nb: >-\n  x\n  y\nc: 'it''s'\nd: \"\\t\"\n",
        b"a: !!str 12\nb: !!int '12'\nc: !own 12\nd: ! 12\n",
        b"? a\n: 1\n? [x]\n: 2\n",
        b"a: &x {b: [1, 2]}\nc: *x\nd: {<<: *x}\n",
        b"%YAML 1.2\n---\na: 1\n...\n",
        b"---\n---\n",
        b"\ta: 1",
        b"a: b: c",
        b"a: 'x",
        b"a: \x07",
        b"- &a a\n- &a b\n- *a\n",
        b"~: null\n1.0: x\ntrue: y\n",
        b"a: 1 # c\n#d\nb: x#y\n",
        b"[" * 500 + b"]" * 500,
    ],
)
def test_the_fast_yaml_parser_and_the_plain_one_agree(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read(text)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read(text) == fast


@pytest.mark.parametrize(
    "text",
    [
        b"a: 1\na: 2",
        b"a: [",
        b"a: *z",
        b"--- 1\n--- 2",
        b"a: &x 1\nb: [" + b"*x," * 101 + b"]",
        b"a: &a [1]\nb: &b [" + b"*a," * 20 + b"]\nc: [" + b"*b," * 6 + b"]",
    ],
)
def test_yaml_that_the_legacy_tool_refuses_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        yaml12.load(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3000, "3000"),
        (1.5, "1.5"),
        (True, "true"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (0.00001234, "0.00001234"),
        (2**53 + 1, "9007199254740992"),
        (10**400, "Infinity"),
        (123456789012345678901, "123456789012345680000"),
        (-0.0, "0"),
        (-0.00001234, "-0.00001234"),
    ],
)
def test_numbers_become_text_as_in_javascript(value: Any, text: str) -> None:
    assert yaml12.js_text(value) == text


def test_an_overlay_that_lies_outside_the_home_is_not_read(home: LegacyHome, tmp_path: Path) -> None:
    home.project("alpha")
    (tmp_path / "outside").mkdir()
    names = {"projects": {"alpha": {"displayName": "foreign"}}}
    (tmp_path / "outside" / "preferences.json").write_text(json.dumps(names))
    (home.legacy / "portfolio").symlink_to(tmp_path / "outside")
    migrated(home)
    assert row(home, "display_name") == ""


@pytest.mark.parametrize("where", ["AO_GLOBAL_CONFIG", "XDG_CONFIG_HOME"])
def test_the_configuration_may_lie_elsewhere(
    home: LegacyHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str
) -> None:
    home.project("alpha")
    other = tmp_path / "other" / "agent-orchestrator" / "config.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("projects:\n  omega:\n    path: ~/omega\n")
    monkeypatch.setenv(where, str(other if where == "AO_GLOBAL_CONFIG" else other.parent.parent))
    answer = migrated(home)
    assert home.rows("SELECT id, path FROM projects") == [("omega", str(home.root / "omega"))]
    assert answer.fates() == {
        f"{other}#projects/omega": ("migrated", None),
        ".agent-orchestrator/config.yaml": ("skipped", "not-migrated"),
    }
