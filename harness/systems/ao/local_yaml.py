"""What people write into a project's ``agent-orchestrator.yaml``: each key with some of its values.

Among the values are those that parsers of YAML 1.1 read as another type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AGENT_CONFIGS: tuple[Mapping[str, Any], ...] = (
    {"permissions": "permissionless"},
    {"permissions": "auto-edit", "model": "opus"},
    {"permissions": "suggest", "model": "gpt-5", "orchestratorModel": "gpt-5-high"},
    {"permissions": "default"},
    {"permissions": "skip"},
    {"model": "sonnet-4.5"},
    {},
)
ENVIRONMENTS: tuple[Mapping[str, Any], ...] = (
    {"NODE_ENV": "test", "PORT": 3000, "DEBUG": True},
    {"COUNTRY": "no", "ANSWER": "yes", "SWITCH": "off", "MODE": "0755", "AT": "12:30:45"},
    {
        "VERSION": "1.10",
        "RATIO": 1.5,
        "EMPTY": "",
        "NOTHING": "null",
        "HASH": "a #b",
        "URL": "https://h.example:1/x",
    },
    {
        "GREETING": "grüß dich 🙂",
        "QUOTED": 'say "hi"',
        "BOTH": 'it\'s "so"',
        "DATE": "2026-05-01",
        "EXP": "1e3",
    },
    {"BIG": 9007199254740991, "NEGATIVE": -1, "OCTAL": "0o17", "HEX": "0xff", "TILDE": "~"},
)

LOCAL_KEYS: Mapping[str, tuple[Any, ...]] = {
    "agent": ("claude-code", "codex", "opencode", "aider"),
    "runtime": ("tmux", "process"),
    "workspace": ("worktree", "clone"),
    "env": ENVIRONMENTS,
    "symlinks": ([".env"], [".env", "node_modules"], ["config/local.toml"], []),
    "postCreate": (["npm ci"], ["make setup", "echo 'ready: yes'"], []),
    "agentConfig": AGENT_CONFIGS,
    "worker": ({"agent": "cursor"}, {"agent": "codex", "agentConfig": {"model": "o4"}}, {"agentConfig": {}}),
    "orchestrator": (
        {"agent": "kimicode"},
        {"agent": "claude-code", "agentConfig": {"permissions": "auto-edit"}},
    ),
    "tracker": ({"plugin": "linear", "teamId": "INT"}, {"plugin": "github"}),
    "scm": ({"plugin": "github"},),
    "agentRules": ("Be brief.", "Run the tests: always."),
    "agentRulesFile": ("docs/rules.md",),
    "orchestratorRules": ("Ask before you merge.",),
    "orchestratorSessionStrategy": ("reuse", "delete"),
    "reactions": (
        {"ci-failed": {"auto": False}},
        {"changes-requested": {"auto": True, "action": "send-to-agent"}},
    ),
}
"""Keys in the order in which they are written (`packages/core/src/config.ts`)."""
