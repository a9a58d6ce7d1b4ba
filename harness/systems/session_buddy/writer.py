"""A legacy state as a home: the skills database, and what lies beside it that no migration may touch."""

from __future__ import annotations

from collections.abc import Callable

from harness.home import Home
from harness.systems.session_buddy import exported
from harness.systems.session_buddy.database import database_files
from harness.systems.session_buddy.model import LegacyState
from harness.tree import Tree

DUCK = bytes(8) + b"DUCK" + bytes(244)
"""The first bytes of a DuckDB file."""


def write(state: LegacyState, root: str) -> Home:
    """Returns the home at `root` that holds the state; the same state and root always give the same home."""
    tree = Tree(root, mtime_ns=state.clock_ns)
    tree.file(".bashrc", "export EDITOR=vi\n")
    for name in state.extras:
        EXTRAS[name](tree)
    for name, content in exported.files(state).items() if state.export else ():
        tree.file(f"{exported.FOLDER}/{name}", content)
    for suffix, content in database_files(state).items():
        tree.file(state.database + suffix, content)
    return tree.home()


def _neighbours(tree: Tree) -> None:
    for name in ("reflection.duckdb", "knowledge_graph.duckdb"):
        tree.file(f".claude/data/{name}", DUCK)
    for name in ("activity.db", "workflow_metrics.db"):
        tree.file(f".claude/data/{name}", b"SQLite format 3\0 of another tool")
    tree.file(".claude/data/sessions/2026-02-01.json", "{}")


def _predecessor(tree: Tree) -> None:
    tree.file(".session-buddy/skill_metrics.json", '{"invocations": [], "skills": {}, "last_updated": null}')


def _namesake(tree: Tree) -> None:
    tree.file(".cache/session-buddy/session_buddy.db", DUCK)


def _older_copies(tree: Tree) -> None:
    tree.file(".claude/data/session_buddy.db.backup-20260101", b"an older copy")


def _others(tree: Tree) -> None:
    tree.file(".claude/projects/-home-u/1.jsonl", "{}\n")
    tree.file(".local/share/other/data", b"\0\1\2")


EXTRAS: dict[str, Callable[[Tree], None]] = {
    "namesake": _namesake,
    "neighbours": _neighbours,
    "older-copies": _older_copies,
    "others": _others,
    "predecessor": _predecessor,
}
"""Other files by name: of session-buddy's other features, and of other tools."""
