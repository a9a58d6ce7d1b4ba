"""The files that hold the project registry: the global one, or, before 0.3, one for each folder of repositories.

`packages/core/src/config.ts` (`findConfigFile`, `generateLegacyWrappedStorageKey`) of the legacy tool. What it found
from the folder it was started in is found here by the `.origin` that it left in each of its session folders.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from migrator import files
from migrator.ao import yaml12
from migrator.ao.places import Places
from migrator.outcome import Refusal

FIRST_RELEASES = (
    ".agent-orchestrator.yaml",
    ".agent-orchestrator.yml",
    ".config/agent-orchestrator/config.yaml",
)
LOCAL = ("agent-orchestrator.yaml", "agent-orchestrator.yml")
ORIGIN_BOUND = 1 << 14


class Registry(NamedTuple):
    """One registry file; in one of the first releases an entry holds the settings of its project too."""

    path: str
    values: dict[str, Any]
    mtime_ns: int
    first: bool

    def storage_key(self, project: str) -> str:
        """The folder in which the first releases kept the sessions of a project."""
        folder = os.path.dirname(os.path.realpath(self.path))
        return f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}-{os.path.basename(project)}"


def paths(places: Places) -> list[str]:
    """The registry files there are: the global one, or all those of the first releases."""
    if places.config:
        return [places.config]
    fixed = [os.path.join(places.home, name) for name in FIRST_RELEASES]
    return list(dict.fromkeys([*[path for path in fixed if os.path.lexists(path)][:1], *_origins(places)]))


def spare(places: Places) -> list[str]:
    """What looks like a registry of the first releases, but is not the one that counts."""
    fixed = [os.path.join(places.home, name) for name in FIRST_RELEASES]
    used = [places.config, *([] if places.config else [path for path in fixed if os.path.lexists(path)][:1])]
    return [path for path in fixed if os.path.lexists(path) and path not in used]


def _origins(places: Places) -> Iterator[str]:
    try:
        with os.scandir(places.root) as entries:
            names = sorted(
                e.name for e in entries if re.match("[0-9a-f]{12}-", e.name) and not e.is_symlink()
            )
    except OSError:
        return
    for name in names:
        try:
            data = files.read(os.path.join(places.root, name, ".origin"), ORIGIN_BOUND)[0]
            path = places.expand(os.fsdecode(data).strip())
            if os.path.basename(path) in LOCAL and os.path.isfile(path) and files.inside(path, places.home):
                yield path
        except (OSError, ValueError):
            continue


def read(places: Places, path: str) -> Registry:
    """The mapping in a registry file, its `projects` a mapping too. Raises Refusal."""
    try:
        data, about = files.read(places.settled(path), yaml12.BOUND)
        value = yaml12.load(data)
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}. Repair it and run again."
        raise Refusal("CONFIG_INVALID", message) from error
    whole = {} if value is None else value
    if not isinstance(whole, dict) or not isinstance(whole.get("projects"), dict | None):
        message = f"{path} must be a mapping with a mapping `projects`. Repair it and run again."
        raise Refusal("CONFIG_INVALID", message)
    return Registry(path, whole, about.st_mtime_ns, path != places.config)
