"""Where a legacy Agent Orchestrator and its successor keep things, from the home and the environment.

`packages/core/src/paths.ts` and `global-config.ts` of the legacy tool; `backend/internal/config` of the new one.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

from migrator import files


class Places(NamedTuple):
    """Absolute paths; `config` is None when there is no global configuration, `database` is free of links."""

    home: str
    root: str
    config: str | None
    data: str
    database: str
    run_file: str
    state: str

    def shown(self, path: str) -> str:
        """`path` relative to the home when it is inside."""
        return path.removeprefix(self.home.rstrip("/") + "/")

    def settled(self, path: str) -> str:
        """Where a file lies that people keep behind a link: the link followed, if that stays in the home."""
        return os.path.realpath(path) if os.path.islink(path) and files.inside(path, self.home) else path

    def expand(self, path: str, base: str = "") -> str:
        """`path` made absolute and clean; `~` starts at the home, a relative path at `base` or there."""
        return os.path.normpath(self.rooted(path, base))

    def rooted(self, path: str, base: str = "") -> str:
        """`path` made absolute as in `expand`, but not clean: `link/..` is for the system to resolve."""
        return os.path.join(self.home, base, _tilde(path, self.home))


def _tilde(path: str, home: str) -> str:
    return home + path[1:] if path == "~" or path.startswith("~/") else path


def places(home: str, data_dir: str | None, environ: Mapping[str, str]) -> Places:
    """The paths of one home."""
    home = os.path.abspath(home)

    def at(variable: str, fallback: str) -> str:
        return os.path.abspath(_tilde(environ.get(variable) or os.path.join(home, fallback), home))

    root = os.path.join(home, ".agent-orchestrator")
    configs = [at("AO_GLOBAL_CONFIG", "")] if environ.get("AO_GLOBAL_CONFIG") else []
    if environ.get("XDG_CONFIG_HOME"):
        configs.append(os.path.join(at("XDG_CONFIG_HOME", ""), "agent-orchestrator", "config.yaml"))
    configs.append(os.path.join(root, "config.yaml"))
    data = os.path.abspath(data_dir) if data_dir else at("AO_DATA_DIR", ".ao/data")
    return Places(
        home=home,
        root=root,
        config=next((path for path in configs if os.path.lexists(path)), None),
        data=data,
        database=os.path.join(os.path.realpath(data), "ao.db"),
        run_file=at("AO_RUN_FILE", ".ao/running.json"),
        state=os.path.join(at("XDG_STATE_HOME", ".local/state"), "migrator", "ao"),
    )
