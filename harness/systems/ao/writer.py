"""A legacy state as a home: every file as the legacy tool would have written it."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.home import Home
from harness.systems.ao import naming, records_text, yaml_text
from harness.systems.ao.extras import EXTRAS, write_bystanders
from harness.systems.ao.model import DATA, LEGACY, LegacyState, Project, Session
from harness.systems.ao.target import database_files
from harness.tree import Tree

CONFIG = f"{LEGACY}/config.yaml"


def write(state: LegacyState, root: str) -> Home:
    """Returns the home at `root` that holds the state; the same state and root always give the same home."""
    tree = Tree(root, mtime_ns=state.clock_ns)
    write_bystanders(tree, state)
    tree.file(CONFIG, yaml_text.document(registry(state, root)))
    _write_portfolio(tree, state)
    for project in state.projects:
        _write_repository(tree, project)
        _write_sessions(tree, project)
    for name in state.extras:
        EXTRAS[name](tree, state)
    _write_target(tree, state)
    return tree.home()


def registry(state: LegacyState, root: str) -> dict[str, Any]:
    """Returns the content of ``config.yaml`` in the order of the legacy writer."""
    projects = {project.id: _entry(project, root) for project in state.projects}
    before = {key: state.settings[key] for key in state.settings if key not in _AFTER_PROJECTS}
    after = {key: state.settings[key] for key in state.settings if key in _AFTER_PROJECTS}
    return {**before, "projects": projects, **after}


_AFTER_PROJECTS = ("projectOrder", "notifiers", "notificationRouting", "reactions")


def _entry(project: Project, root: str) -> dict[str, Any]:
    entry: dict[str, Any] = {} if project.storage_key else {"projectId": project.id}
    entry["path"] = f"~/{project.path}" if project.tilde else f"{root}/{project.path}"
    if project.origin and project.repo_form == "mapping":
        entry["repo"] = _repo(project.origin)
    elif project.origin and project.repo_form != "none":
        entry["repo" if project.repo_form == "text" else "originUrl"] = project.origin
    if project.default_branch is not None:
        entry["defaultBranch"] = project.default_branch
    entry["source"] = "ao-project-add" if project.origin else "local"
    if project.registered_at is not None:
        entry["registeredAt"] = project.registered_at
    if project.display_name is not None:
        entry[project.name_key] = project.display_name
    if project.prefix is not None:
        entry["sessionPrefix"] = project.prefix
    if project.storage_key and project.keyed:
        entry["storageKey"] = project.storage_key
    return entry


def _repo(origin: str) -> dict[str, str]:
    owner, name = re.split(r"[/:]", re.sub(r"\.git\Z", "", origin))[-2:]
    platform = "gitlab" if "gitlab" in origin else "github"
    return {"owner": owner, "name": name, "platform": platform, "originUrl": origin}


def _write_portfolio(tree: Tree, state: LegacyState) -> None:
    if state.preferences is not None:
        tree.file(f"{LEGACY}/portfolio/preferences.json", _json({"version": 1, **state.preferences}))
    if state.registered:
        paths = {project.id: f"{tree.root}/{project.path}" for project in state.projects}
        entries = [
            {"path": paths[key], "addedAt": added, **({"configProjectKey": key} if named else {})}
            for key, added, named in state.registered
        ]
        tree.file(f"{LEGACY}/portfolio/registered.json", _json({"version": 1, "projects": entries}))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _write_repository(tree: Tree, project: Project) -> None:
    if not project.exists:
        return
    tree.file(f"{project.path}/README.md", f"# {project.path.rsplit('/', 1)[-1]}\n")
    tree.file(f"{project.path}/.git/HEAD", f"ref: refs/heads/{project.default_branch or 'main'}\n")
    config = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
    if project.origin:
        config += (
            f'[remote "origin"]\n\turl = {project.origin}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
        )
    tree.file(f"{project.path}/.git/config", config)
    if project.local is not None:
        text = "# Settings of this project for the orchestrator\n" + yaml_text.document(project.local)
        tree.file(f"{project.path}/agent-orchestrator.yaml", text, mtime_ns=project.local_mtime_ns)


def sessions_folder(project: Project) -> str:
    """Returns where a project's records lie, relative to the home."""
    return f"{LEGACY}/{project.folder}/sessions"


def _write_sessions(tree: Tree, project: Project) -> None:
    folder = sessions_folder(project)
    tree.folder(folder)
    if project.form == "v1":
        tree.file(f"{LEGACY}/{project.folder}/.origin", f"{tree.root}/{CONFIG}")
    for name, content in project.archive.items():
        tree.file(f"{folder}/archive/{name}", content)
    for session in project.sessions:
        name = f"{folder}/{session.id}{'.json' if project.form == 'v2' else ''}"
        render = records_text.json_file if project.form == "v2" else records_text.key_value_file
        tree.file(name, render(session, project, tree.root), mtime_ns=session.mtime_ns)
        place = _write_worktree(tree, project, session)
        if session.transcript is not None and session.worktree:
            bucket = naming.bucket(f"{tree.root}/{place}")
            name = f".claude/projects/{bucket}/{session.resume['claudeSessionUuid']}.jsonl"
            text = records_text.transcript_file(session, tree.root)
            tree.file(name, text, mode=0o600, mtime_ns=session.mtime_ns)


def _write_worktree(tree: Tree, project: Project, session: Session) -> str:
    """Returns where the session's worktree really lies, after writing what is there of it."""
    if not session.worktree or session.worktree_state in {"gone", "repo"}:
        return session.worktree
    place = session.worktree
    if session.worktree_state == "linked":
        place = f".worktrees/{project.id}/{session.id}"
        tree.link(session.worktree, f"{tree.root}/{place}")
    tree.file(f"{place}/.git", f"gitdir: {tree.root}/{project.path}/.git/worktrees/{session.id}\n")
    tree.file(f"{place}/README.md", f"# {project.path.rsplit('/', 1)[-1]}\n")
    tree.file(f"{place}/.ao/activity.jsonl", '{"state":"active"}\n')
    return place


def _write_target(tree: Tree, state: LegacyState) -> None:
    folder = DATA
    if state.target.linked:
        folder = ".local/share/agent-data"
        tree.link(DATA, f"{tree.root}/{folder}")
    tree.folder(folder, mode=0o750)
    first = state.projects[0] if state.projects else None
    for name, content in database_files(state.target, tree.root, first).items():
        tree.file(f"{folder}/{name}", content, mode=0o600)
