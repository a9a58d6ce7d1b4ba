"""Damage that leaves one session twice, or a session where it looks like another project's.

Which of two records counts, legacy's own conversion decides: the later createdAt, then the later file, then the path
(`packages/core/src/migration/storage-v2.ts`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from harness.corruption import Corruption
from harness.home import Home
from harness.systems.ao.model import LEGACY
from harness.systems.ao.places import Apply, Entry, Record, on_entry, on_live

_DAY_NS = 86_400 * 10**9
_NOON_NS = 1_775_044_800 * 10**9  # of 2026-04-01
_CREATED = "2026-04-01T10:00:00.000Z"
_EARLIER = "2026-04-01T09:59:59.999Z"


def _twins(created: str, days: int) -> Callable[[Home, Entry, Random], Home | None]:
    """Returns damage that adds a session to two hashed folders of a project: the second made then, its file later."""

    def damage(home: Home, entry: Entry, random: Random) -> Home | None:
        names = ["0a1b2c3d4e5f", "f5e4d3c2b1a0"]
        random.shuffle(names)
        paths = [f"{LEGACY}/{name}-{entry.id}/sessions/twin-77" for name in names]
        if any(home.get(path) is not None for path in paths):
            return None
        for path, when, branch, later in zip(
            paths, (_CREATED, created), ("one", "two"), (0, days), strict=True
        ):
            content = f"status=working\nagent=codex\nbranch=session/{branch}\ncreatedAt={when}\n"
            home = home.with_file(path, content.encode(), mtime_ns=_NOON_NS + later * _DAY_NS)
        return home

    return damage


def _suffixed(home: Home, entry: Entry, _: Random) -> Home | None:
    path = f"{LEGACY}/0a1b2c3d4e5f-my-{entry.id}/sessions/stray-1"
    if home.get(path) is not None:
        return None
    return home.with_file(path, f"status=working\nagent=codex\ncreatedAt={_CREATED}\n".encode())


def _stopped_elsewhere(home: Home, record: Record, _: Random) -> Home | None:
    session: dict[str, Any] = {
        "state": "terminated",
        "reason": "manually_killed",
        "terminatedAt": _CREATED,
        "lastTransitionAt": _CREATED,
    }
    ended = record.data | {"lifecycle": {"version": 2, "session": session}}
    stop = {
        "stoppedAt": _CREATED,
        "projectId": "another",
        "sessionIds": [],
        "otherProjects": [{"projectId": record.project, "sessionIds": [record.id]}],
    }
    home = home.with_file(record.path, (json.dumps(ended, indent=2) + "\n").encode())
    return home.with_file(f"{LEGACY}/last-stop.json", (json.dumps(stop, indent=2) + "\n").encode())


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("twin-of-newer-file", "a session in two folders: the newer file was made earlier", "duplicate-source",
     on_entry(_twins(_EARLIER, 400))),
    ("twin-of-older-file", "a session in two folders, made at one time: the newer file counts", "duplicate-source",
     on_entry(_twins(_CREATED, -400))),
    ("twin-of-one-time", "a session in two folders, of one time: the path decides", "duplicate-source",
     on_entry(_twins(_CREATED, 0))),
    ("suffixed-folder", "a hashed folder whose name only ends as a project's id", "no-project", on_entry(_suffixed)),
    ("stopped-elsewhere", "a session that `ao stop` ended while it stopped another project", "stopped-by-ao-stop",
     on_live(_stopped_elsewhere)),
)  # fmt: skip

TWINS = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
