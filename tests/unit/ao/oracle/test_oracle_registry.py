import json
from typing import Any

import pytest
from oracle_homes import (
    CONFIG,
    LEGACY,
    MTIME,
    MTIME_NS,
    column,
    fates,
    legacy,
    project_sql,
    session,
    with_rows,
)

from harness.home import Home
from harness.records import OneOf
from harness.systems.ao.oracle import expect

REPOSITORY = "repos/app"


def entry(**fields: object) -> str:
    """A registry whose only project, ``app``, has the fields (and a path unless it is given)."""
    return json.dumps({"projects": {"app": {"path": "/home/u/repos/app", "sessionPrefix": "app"} | fields}})


def row(home: Home) -> Any:
    return expect(home).tables["projects"]["app"]


def with_local(home: Home, text: str, name: str = "agent-orchestrator.yaml") -> Home:
    return home.with_file(f"{REPOSITORY}/{name}", text.encode(), mtime_ns=MTIME_NS + 10**9)


def test_every_column_of_a_project_has_its_source() -> None:
    config = entry(
        displayName="App", registeredAt=1795164012, repo={"originUrl": "git@x:y"}, defaultBranch="dev"
    )
    found = expect(legacy(config))

    assert found.tables["projects"] == {
        "app": {
            "id": "app",
            "path": "/home/u/repos/app",
            "repo_origin_url": "git@x:y",
            "display_name": "App",
            "registered_at": "2026-11-20T08:40:12.000Z",
            "archived_at": None,
            "config": {"defaultBranch": "dev", "sessionPrefix": "app"},
            "kind": "single_repo",
        }
    }
    assert [(fate.source, fate.disposition) for fate in found.fates] == [
        (f"{CONFIG}#projects/app", "migrated")
    ]


@pytest.mark.parametrize("key", ["a b", "a..b", "../x", ".a", "-a", "a/b", "é", "", "p" * 129])
def test_an_unusable_id_is_set_aside_with_its_sessions(key: str) -> None:
    found = expect(legacy(json.dumps({"projects": {key: {"path": "/x"}, "ok": {"path": "/y"}}})))

    assert fates(found, "project") == {key: "invalid-project-id", "ok": "migrated"}


def test_an_id_of_128_characters_is_the_longest() -> None:
    assert fates(expect(legacy(f"projects: {{{'p' * 128}: {{path: /x}}}}")), "project") == {
        "p" * 128: "migrated"
    }


def test_a_dotted_id_is_migrated() -> None:
    assert fates(expect(legacy("projects: {a.b: {path: /x}, 7: {path: /y}}")), "project") == {
        "a.b": "migrated",
        "7": "migrated",
    }


@pytest.mark.parametrize("value", ["text", 5, None, ["x"]])
def test_an_entry_that_is_no_mapping_is_set_aside(value: object) -> None:
    assert fates(expect(legacy(json.dumps({"projects": {"app": value}}))), "project") == {
        "app": "invalid-entry"
    }


@pytest.mark.parametrize("path", ["", "  ", None, 5])
def test_an_entry_without_a_path_is_set_aside_with_its_sessions(path: object) -> None:
    found = expect(legacy(entry(path=path), app_1=session()))

    assert fates(found, "project") == {"app": "no-path"}
    assert fates(found) == {"app-1": "no-project"}


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("~", "/home/u"),
        ("~/x/../y/", "/home/u/y"),
        ("x/./y", "/home/u/x/y"),
        ("/srv//x/", "/srv/x"),
        ("/home/u/../v", "/home/v"),
        ("~other/x", "/home/u/~other/x"),
    ],
)
def test_a_path_is_expanded_absolute_and_clean(path: str, clean: str) -> None:
    assert row(legacy(entry(path=path)))["path"] == clean


@pytest.mark.parametrize("path", ["~/..", "~/../v", "~/x/../../v", "../v"])
def test_a_path_that_climbs_out_of_the_home_is_set_aside(path: str) -> None:
    assert fates(expect(legacy(entry(path=path))), "project") == {"app": "path-escapes-home"}


def test_of_two_entries_with_one_path_the_first_wins() -> None:
    config = "projects:\n  b: {path: ~/x}\n  a: {path: /home/u/y/../x/}\n  c: {path: /home/u/X}\n"

    assert fates(expect(legacy(config)), "project") == {
        "b": "migrated",
        "a": "path-already-registered",
        "c": "migrated",
    }


def test_a_path_that_the_target_has_under_another_id_is_set_aside() -> None:
    home = legacy(entry(), database=with_rows(project_sql("mine", "/home/u/repos/app/")), app_1=session())
    found = expect(home)

    assert fates(found, "project") == {"app": "path-already-registered"}
    assert fates(found) == {"app-1": "no-project"}
    assert found.outcome == "partial"


def test_a_project_of_the_target_is_left_as_it_is_and_takes_its_sessions() -> None:
    home = legacy(
        entry(displayName="New"), database=with_rows(project_sql("app", "/elsewhere")), app_1=session()
    )
    found = expect(home)

    assert fates(found, "project") == {"app": "present"}
    assert fates(found) == {"app-1": "migrated"}
    assert (found.tables["projects"]["app"]["path"], found.tables["projects"]["app"]["display_name"]) == (
        "/elsewhere",
        "",
    )
    assert found.tables["projects"]["app"]["registered_at"] == "2026-01-01T00:00:00.500Z"


def preferences(home: Home, value: object) -> Home:
    return home.with_file(f"{LEGACY}/portfolio/preferences.json", json.dumps(value).encode())


@pytest.mark.parametrize(
    ("fields", "preferred", "name"),
    [
        ({"displayName": "B", "name": "C"}, "A", "A"),
        ({"displayName": "B", "name": "C"}, "", "B"),
        ({"name": "C"}, None, "C"),
        ({"displayName": 5, "name": "C"}, None, "C"),
        ({"displayName": "app", "name": "C"}, None, ""),
        ({"displayName": "B"}, "app", ""),
        ({}, None, ""),
    ],
)
def test_a_name_comes_from_the_first_source_that_has_one(
    fields: dict[str, object], preferred: str | None, name: str
) -> None:
    home = legacy(entry(**fields))
    if preferred is not None:
        home = preferences(home, {"version": 1, "projects": {"app": {"displayName": preferred}}})

    assert row(home)["display_name"] == name


@pytest.mark.parametrize(
    "value",
    [
        {"version": 2, "projects": {"app": {"displayName": "A"}}},
        {"version": 1, "projects": {"app": {"displayName": "A"}, "x": 5}},
        {"version": 1, "projects": {"app": {"displayName": 5}}},
        [],
    ],
)
def test_preferences_of_another_shape_count_as_none(value: object) -> None:
    assert row(preferences(legacy(entry(displayName="B")), value))["display_name"] == "B"


def registered(home: Home, *items: object, version: int = 1) -> Home:
    content = json.dumps({"version": version, "projects": items}).encode()
    return home.with_file(f"{LEGACY}/portfolio/registered.json", content)


@pytest.mark.parametrize(
    "item",
    [
        {"path": "/other", "addedAt": "2026-01-01T00:00:00Z", "configProjectKey": "app"},
        {"path": "~/repos/app/", "addedAt": "2026-01-01T00:00:00Z"},
    ],
)
def test_the_list_of_registrations_says_when(item: dict[str, str]) -> None:
    assert row(registered(legacy(entry(registeredAt=5)), item))["registered_at"] == "2026-01-01T00:00:00.000Z"


def test_two_registrations_of_one_project_leave_a_choice() -> None:
    home = registered(
        legacy(entry()),
        {"path": "/other", "addedAt": "2026-01-01", "configProjectKey": "app"},
        {"path": "/home/u/repos/app", "addedAt": "2026-01-02"},
    )

    assert row(home)["registered_at"] == OneOf(("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"))


@pytest.mark.parametrize(
    "items",
    [
        [{"path": "/x", "addedAt": 5}],
        [{"addedAt": "2026-01-01"}],
        ["x"],
        [{"path": "/home/u/repos/app", "addedAt": "soon"}],
    ],
)
def test_an_unusable_list_of_registrations_is_passed_over(items: list[object]) -> None:
    assert (
        row(registered(legacy(entry(registeredAt=5)), *items))["registered_at"] == "1970-01-01T00:00:05.000Z"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1795164012, "2026-11-20T08:40:12.000Z"),
        (1795164012123, "2026-11-20T08:40:12.123Z"),
        ("2026-05-01T10:00:00+02:00", "2026-05-01T08:00:00.000Z"),
        ("soon", MTIME),
        (None, MTIME),
        (True, MTIME),
    ],
)
def test_without_a_list_the_entry_says_when_else_the_file(value: object, written: str) -> None:
    assert row(legacy(entry(registeredAt=value)))["registered_at"] == written


def test_the_mtime_of_the_own_settings_comes_before_that_of_the_registry() -> None:
    home = with_local(legacy(entry()), "agent: codex")

    assert row(home)["registered_at"] == "2026-03-04T05:06:08.089Z"


GIT = '[core]\n\tbare = false\n[remote "upstream"]\n\turl = wrong\n[remote "origin"]\n\turl = https://x/y.git\n\turl = second\n'


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (GIT, "https://x/y.git"),
        ('[Remote "origin"] URL = "a b" # note\n', "a b"),
        ('[remote "origin"]\nurl = a\\\nb ; note\n', "ab"),
        ('[remote "origin"]\nurl=a\\\\b\n[branch "url = c"]\n', "a\\b"),
        ('[remote "ORIGIN"]\nurl = a\n', "fallback"),
        ("[remote.origin]\nurl = a\n", "fallback"),
        ("", "fallback"),
    ],
)
def test_the_origin_is_read_from_git_else_from_the_entry(text: str, url: str) -> None:
    home = legacy(entry(repo={"originUrl": "fallback"})).with_file(f"{REPOSITORY}/.git/config", text.encode())

    assert row(home)["repo_origin_url"] == url


def test_the_origin_of_a_worktree_lies_with_its_repository() -> None:
    home = legacy(entry()).with_file(f"{REPOSITORY}/.git", b"gitdir: ../main/.git/worktrees/app\n")
    home = home.with_file("repos/main/.git/worktrees/app/commondir", b"../..\n")
    home = home.with_file("repos/main/.git/config", GIT.encode())

    assert row(home)["repo_origin_url"] == "https://x/y.git"


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"repo": "owner/name"}, "owner/name"),
        ({"originUrl": "git@x:y"}, "git@x:y"),
        ({"repo": {"originUrl": 5}}, ""),
        ({"repo": {"owner": "a"}, "originUrl": "git@x:y"}, "git@x:y"),
        ({}, ""),
    ],
)
def test_old_names_of_the_origin_are_understood(fields: dict[str, object], url: str) -> None:
    assert row(legacy(entry(**fields)))["repo_origin_url"] == url


def test_a_link_out_of_the_home_is_not_followed_to_an_origin() -> None:
    home = legacy(entry()).with_link(f"{REPOSITORY}/.git", "/srv/repository/.git")

    assert row(home)["repo_origin_url"] == ""


def local_config(text: str, **fields: object) -> Any:
    return row(with_local(legacy(entry(**fields)), text))["config"]


def test_settings_are_carried_key_by_key() -> None:
    text = (
        "env: {A: x, B: 3000, C: true, D: 1.5, E: 0o17}\n"
        "symlinks: [.env, a/b, ../up, /abs, a/../b, '']\n"
        "postCreate: [npm ci]\n"
        "agentConfig: {model: m, permissions: skip, orchestratorModel: o}\n"
        "worker: {agent: cursor, agentConfig: {permissions: auto-edit}}\n"
        "orchestrator: {agent: kimicode, agentConfig: {model: n}}\n"
        "agent: codex\nruntime: tmux\ntracker: {plugin: x}\nreactions: {}\nagentRules: nice\n"
    )

    assert local_config(text) == {
        "sessionPrefix": "app",
        "env": {"A": "x", "B": "3000", "C": "true", "D": "1.5", "E": "15"},
        "symlinks": [".env", "a/b"],
        "postCreate": ["npm ci"],
        "agentConfig": {"model": "m", "permissions": "bypass-permissions"},
        "worker": {"agent": "cursor", "agentConfig": {"permissions": "accept-edits"}},
        "orchestrator": {"agentConfig": {"model": "n"}},
    }


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("permissionless", "bypass-permissions"),
        ("skip", "bypass-permissions"),
        ("auto-edit", "accept-edits"),
        ("default", "default"),
        ("suggest", "default"),
        ("whatever", "default"),
    ],
)
def test_permissions_are_translated(word: str, written: str) -> None:
    assert local_config(f"agentConfig: {{permissions: {word}}}")["agentConfig"] == {"permissions": written}


@pytest.mark.parametrize(
    "text", ["agentConfig: {permissions: }", "agentConfig: {}", "agentConfig:", "", "# none"]
)
def test_permissions_that_nobody_wrote_down_are_not_granted(text: str) -> None:
    assert local_config(text) == {"sessionPrefix": "app"}


@pytest.mark.parametrize(("branch", "kept"), [("main", None), ("", None), (5, None), ("dev", "dev")])
def test_only_another_branch_than_main_is_kept(branch: object, kept: str | None) -> None:
    assert row(legacy(entry(defaultBranch=branch)))["config"].get("defaultBranch") == kept


def test_the_prefix_is_derived_where_the_registry_has_none() -> None:
    assert row(legacy("projects: {app: {path: /x/integrator}}"))["config"] == {"sessionPrefix": "int"}


def test_no_config_remains_where_there_is_not_even_a_prefix() -> None:
    assert row(legacy("projects: {app: {path: /}}"))["config"] is None


def test_agents_of_the_roles_fall_back_to_the_defaults() -> None:
    config = (
        entry()[:-1] + ', "defaults": {"worker": {"agent": "aider"}, "orchestrator": {"agent": "codex"}}}'
    )
    home = with_local(legacy(config), "worker: {agent: cursor}")

    assert row(home)["config"]["worker"] == {"agent": "cursor"}
    assert row(home)["config"]["orchestrator"] == {"agent": "codex"}


@pytest.mark.parametrize(
    "text",
    [
        "projects: {app: {path: .}}",
        "projects:",
        "a: [",
        "a: 1\na: 2",
        "- list",
        "just text",
        "env: [A]",
        "env: {A: [x]}",
        "env: {A: }",
        "symlinks: .env",
        "symlinks: [5]",
        "postCreate: {a: b}",
        "agentConfig: text",
        "agentConfig: {permissions: [x]}",
        "agentConfig: {model: 5}",
        "worker: codex",
        "orchestrator: {agent: 5}",
    ],
)
def test_degraded_settings_leave_the_identity_and_are_set_aside(text: str) -> None:
    home = with_local(legacy(entry(defaultBranch="dev"), app_1=session()), text)
    found = expect(home)

    assert fates(found, "project") == {"app": "migrated"}
    assert [fate.source for fate in found.fates if fate.kind == "settings"] == [
        f"{REPOSITORY}/agent-orchestrator.yaml"
    ]
    assert fates(found, "settings") == {"app": "degraded-project"}
    assert row(home)["config"] == {"defaultBranch": "dev", "sessionPrefix": "app"}
    assert column(found, "num") == {"app-1": 1}


def test_the_shorter_suffix_is_second_choice() -> None:
    home = with_local(legacy(entry()), "env: {A: yml}", "agent-orchestrator.yml")

    assert row(home)["config"]["env"] == {"A": "yml"}
    assert row(with_local(home, "env: {A: yaml}"))["config"]["env"] == {"A": "yaml"}


def test_degraded_settings_of_a_present_project_are_still_named() -> None:
    home = with_local(legacy(entry(), database=with_rows(project_sql("app", "/home/u/repos/app"))), "a: [")

    assert fates(expect(home), "settings") == {"app": "degraded-project"}


def test_settings_may_be_a_folder_and_are_then_degraded() -> None:
    home = legacy(entry()).with_kind(f"{REPOSITORY}/agent-orchestrator.yaml", "dir")

    assert fates(expect(home), "settings") == {"app": "degraded-project"}
