"""Where a legacy Agent Orchestrator and its successor keep things, from the home and the environment.

`packages/core/src/paths.ts` and `global-config.ts` of the legacy tool; `backend/internal/config` of the new one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from migrator import files


@dataclass(frozen=True, slots=True)
class Places:
    """Absolute paths; `config` is None when there is no global configuration."""

    home: str
    root: str
    config: str | None
    data: str
    run_file: str
    state: str

    @property
    def database(self) -> str:
        """The new system's database, links in its folder resolved."""
        return os.path.join(os.path.realpath(self.data), "ao.db")

    @property
    def transcripts(self) -> str:
        """Claude Code keeps one folder per working directory here."""
        return os.path.join(self.home, ".claude", "projects")

    def shown(self, path: str) -> str:
        """`path` relative to the home when it is inside."""
        top = self.home.rstrip("/") + "/"
        return path.removeprefix(top)

    def expand(self, path: str) -> str:
        """`path` made absolute and clean; `~` and relative paths start at the home."""
        if path == "~" or path.startswith("~/"):
            path = self.home + path[1:]
        return os.path.normpath(os.path.join(self.home, path))

    def escapes(self, path: str) -> bool:
        """Whether a `~` path climbs out of the home."""
        top = self.home.rstrip("/") + "/"
        return path.startswith("~/") and not (self.expand(path) + "/").startswith(top)


def places(home: str, data_dir: str | None, environ: Mapping[str, str]) -> Places:
    """The paths of one home."""
    home = os.path.abspath(home)

    def at(variable: str, *fallback: str) -> str:
        given = environ.get(variable, "")
        if given == "~" or given.startswith("~/"):
            given = home + given[1:]
        return os.path.abspath(given) if given else os.path.join(home, *fallback)

    root = os.path.join(home, ".agent-orchestrator")
    configs = [at("AO_GLOBAL_CONFIG")] if environ.get("AO_GLOBAL_CONFIG") else []
    if environ.get("XDG_CONFIG_HOME"):
        configs.append(os.path.join(at("XDG_CONFIG_HOME"), "agent-orchestrator", "config.yaml"))
    configs.append(os.path.join(root, "config.yaml"))
    return Places(
        home=home,
        root=root,
        config=next((path for path in configs if os.path.lexists(path)), None),
        data=os.path.abspath(data_dir) if data_dir else at("AO_DATA_DIR", ".ao", "data"),
        run_file=at("AO_RUN_FILE", ".ao", "running.json"),
        state=os.path.join(at("XDG_STATE_HOME", ".local", "state"), "migrator", "ao"),
    )


def read_inside(path: str, places: Places, bound: int) -> bytes:
    """The bytes of a file that may be a link, as long as it stays in the home. Raises OSError."""
    if os.path.islink(path) and files.inside(path, places.home):
        path = os.path.realpath(path)
    return files.read(path, bound)[0]
