"""A legacy state as a home: every file as the editor would have written it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from harness.home import Home
from harness.systems.ait42 import naming
from harness.systems.ait42.model import DATABASE, LEGACY, MAPPING, SESSIONS, LegacyState, Session, Workspace
from harness.systems.ait42.session_text import document
from harness.systems.ait42.target import database_files
from harness.tree import Tree


def write(state: LegacyState, root: str) -> Home:
    """Returns the home at `root` that holds the state; the same state and root always give the same home."""
    tree = Tree(root, mtime_ns=state.clock_ns)
    tree.file(".bashrc", "export EDITOR=vi\n")
    if state.workspaces:
        tree.folder(SESSIONS)
    for workspace in state.workspaces:
        _write_workspace(tree, workspace)
    if state.older is not None:
        tree.file(f"{LEGACY}/sessions.json", document(state.older, f"{root}/code/older"))
    mapping = mapping_of(state, root)
    if mapping:
        tree.file(MAPPING, json.dumps(mapping, indent=2, ensure_ascii=False))
    for name in state.extras:
        EXTRAS[name](tree)
    sessions = (session for workspace in state.workspaces for session in workspace.sessions)
    for suffix, content in database_files(state.target, sessions).items():
        tree.file(DATABASE + suffix, content)
    return tree.home()


def absolute(workspace: Workspace, root: str) -> str:
    """Returns the absolute path of a workspace; the empty one stays empty."""
    return f"{root}/{workspace.path}" if workspace.path else ""


def spelled(workspace: Workspace, root: str) -> str:
    """Returns the working directory as the debate runner was given it."""
    return absolute(workspace, root) + {"": "", "slash": "/", "link": "-link"}[workspace.spelling]


def mapping_of(state: LegacyState, root: str) -> dict[str, str]:
    """Returns the content of ``workspace_mapping.json``; empty where there is no such file."""
    mapping = {}
    for workspace in state.workspaces:
        path = absolute(workspace, root)
        if workspace.mapping != "none":
            wrong = workspace.mapping == "wrong"
            mapping[naming.file_hash(path)] = f"{root}/code/somewhere-else" if wrong else path
    return mapping


def _write_workspace(tree: Tree, workspace: Workspace) -> None:
    path = absolute(workspace, tree.root)
    if workspace.exists and workspace.path:
        tree.file(f"{workspace.path}/README.md", f"# {workspace.path.rsplit('/', 1)[-1]}\n")
    if workspace.spelling == "link":
        tree.link(f"{workspace.path}-link", path)
    _write_sessions(tree, path, path, workspace.sessions)
    if workspace.debates and workspace.spelling:
        told = spelled(workspace, tree.root)
        _write_sessions(tree, told, told.rstrip("/"), workspace.debates)


def _write_sessions(tree: Tree, hashed: str, path: str, sessions: Sequence[Session]) -> None:
    tree.file(f"{SESSIONS}/{naming.file_hash(hashed)}.json", document(sessions, path))


def _backup(tree: Tree) -> None:
    for suffix in ("", "-wal", "-shm"):
        tree.file(f"{LEGACY}/sessions_backup_20251201_080000.db{suffix}", b"an older copy" + suffix.encode())


def _archive(tree: Tree) -> None:
    tree.file(
        f"{LEGACY}/sessions_archive/sessions_archive_20251201_080000.tar.gz", b"\x1f\x8b\x08 not looked into"
    )


def _settings(tree: Tree) -> None:
    tree.file(f"{LEGACY}/settings.json", '{\n  "theme": "dark"\n}')
    tree.file(f"{LEGACY}/logs/2025-12-01.log", "started\n")


def _strays(tree: Tree) -> None:
    tree.file(f"{SESSIONS}/9dad1e4e08b0b11c.json.bak", "[]")
    tree.file(f"{SESSIONS}/notes.json", "[]")
    tree.file(f"{SESSIONS}/archive/9dad1e4e08b0b11c.json", "[]")


def _others(tree: Tree) -> None:
    tree.file(".claude/projects/-home-u/1.jsonl", "{}\n")
    tree.file(".local/share/other/data", b"\0\1\2")


EXTRAS: dict[str, Callable[[Tree], None]] = {
    "archive": _archive,
    "backup": _backup,
    "others": _others,
    "settings": _settings,
    "strays": _strays,
}
"""Other files by name: of the editor, and of other tools that no migration may touch."""
