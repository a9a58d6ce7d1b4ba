"""What else lies in a home: the legacy tool's other files, and files of other tools that no migration may touch."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing

from harness.systems.ao import naming
from harness.systems.ao.model import LEGACY, LegacyState
from harness.tree import Tree

_DEAD_PID = 4_194_999  # above the largest pid Linux gives out, so no process ever has it


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _iso(state: LegacyState, minutes: int) -> str:
    return naming.iso(state.clock_ns // 1_000_000 - minutes * 60_000)


def _running(tree: Tree, state: LegacyState) -> None:
    content = {
        "pid": _DEAD_PID,
        "configPath": f"{tree.root}/{LEGACY}/config.yaml",
        "port": 3000,
        "startedAt": _iso(state, 600),
        "projects": [project.id for project in state.projects],
    }
    tree.file(f"{LEGACY}/running.json", _json(content))


def _last_stop(tree: Tree, state: LegacyState) -> None:
    stopped = [
        {
            "projectId": project.id,
            "sessionIds": [session.id for session in project.sessions if session.stopped],
        }
        for project in state.projects
    ]
    stopped = [entry for entry in stopped if entry["sessionIds"]] or stopped[:1]
    if not stopped:
        return
    content: dict[str, object] = {"stoppedAt": _iso(state, 5), **stopped[0]}
    if stopped[1:]:
        content["otherProjects"] = stopped[1:]
    tree.file(f"{LEGACY}/last-stop.json", _json(content))


def _observability(tree: Tree, state: LegacyState) -> None:
    folder = f"{LEGACY}/0123456789ab-observability"
    tree.file(
        f"{folder}/processes/lifecycle-manager.json", _json({"healthy": True, "updatedAt": _iso(state, 7)})
    )
    tree.file(f"{folder}/dashboard-notifications.jsonl", '{"kind":"ci","session":"none"}\n')


def _activity_events(tree: Tree, _: LegacyState) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as events:
        events.executescript(
            "PRAGMA user_version = 1;"
            "CREATE TABLE activity_events (id INTEGER PRIMARY KEY, ts TEXT, source TEXT, kind TEXT, summary TEXT);"
            "INSERT INTO activity_events VALUES (1, '2026-06-01T00:00:00.000Z', 'lifecycle', 'spawn', 'started');"
        )
        tree.file(f"{LEGACY}/activity-events.db", events.serialize())


def _migrated_twin(tree: Tree, state: LegacyState) -> None:
    folder = f"{LEGACY}/fedcba987654-oldname.migrated"
    tree.file(
        f"{folder}/sessions/old-1", f"project=oldname\nstatus=working\ncreatedAt={_iso(state, 90_000)}\n"
    )
    tree.file(f"{folder}/.origin", f"{tree.root}/agent-orchestrator.yaml")


def _reports(tree: Tree, state: LegacyState) -> None:
    for project in state.projects[:1]:
        folder = f"{LEGACY}/projects/{project.id}"
        tree.file(f"{folder}/feedback-reports/report_1.kv", "kind=bug\ntitle=it hangs\n")
        tree.file(f"{folder}/worker-prompt-none.md", "# Your task\n")
        tree.file(f"{folder}/recovery.log", f"{_iso(state, 50)} nothing to recover\n")


def _plugins(tree: Tree, _: LegacyState) -> None:
    tree.file(f"{LEGACY}/plugin-registry.json", _json({"version": 1, "plugins": []}))
    tree.folder(f"{LEGACY}/plugins")
    tree.file(f"{LEGACY}/daemon-children.json", "[]\n")


def _interrupted(tree: Tree, state: LegacyState) -> None:
    tree.file(f"{LEGACY}/.migration-in-progress", _iso(state, 40_000))
    tree.file(f"{LEGACY}/config.yaml.pre-migration", "projects: {}\n")


def _rewrite_run_file(tree: Tree, state: LegacyState) -> None:
    tree.file(
        ".ao/running.json", _json({"pid": _DEAD_PID, "port": 3001, "startedAt": _iso(state, 900)}), mode=0o600
    )


EXTRAS: Mapping[str, Callable[[Tree, LegacyState], None]] = {
    "last-stop": _last_stop,
    "running": _running,
    "observability": _observability,
    "activity-events": _activity_events,
    "migrated-twin": _migrated_twin,
    "reports": _reports,
    "plugins": _plugins,
    "interrupted-conversion": _interrupted,
    "rewrite-run-file": _rewrite_run_file,
}
"""Other files of the two tools by name; both run files name processes that are gone."""


def write_bystanders(tree: Tree, state: LegacyState) -> None:
    """Adds files of other tools, among them the ones beside which a migration writes."""
    tree.file(".bashrc", f"export PATH=$HOME/.ao/bin:$PATH\nexport EDITOR=vi # {state.user}\n")
    tree.folder(".ssh", mode=0o700)
    tree.file(".ssh/config", "Host example.org\n  User git\n", mode=0o600)
    tree.file(".ssh/id_example", "not a real key\n", mode=0o600)
    tree.file(".ao/bin/gh", '#!/bin/sh\nexec /usr/bin/gh "$@"\n', mode=0o755)
    tree.file(
        ".config/other-tool/state.json", _json({"open": ["a", "b"], "sessions": {"other-1": "working"}})
    )
    tree.link(".config/other-tool/cache", "/opt/other-tool/cache")
    tree.link("current", "code")
    tree.file(".claude/settings.json", _json({"theme": "dark"}), mode=0o600)
    elsewhere = f"{tree.root}/notes"
    tree.file(
        f".claude/projects/{naming.bucket(elsewhere)}/00000000-0000-4000-a000-000000000000.jsonl",
        json.dumps({"type": "user", "cwd": elsewhere, "message": {"role": "user", "content": "hi"}}) + "\n",
        mode=0o600,
    )
    tree.file(
        ".codex/sessions/2026/06/01/rollout-2026-06-01T00-00-00.jsonl",
        json.dumps({"type": "session_meta", "payload": {"cwd": elsewhere}}) + "\n",
    )
    tree.file("code/README.txt", "Everything I work on.\n")
