"""Every entry of `~/.ait42`, found once: session files to read, and everything else by name."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from migrator import files
from migrator.ait42.workspaces import NAME
from migrator.database import of_one_name
from migrator.outcome import Refusal
from migrator.system import Record

TARGET = "sessions.db"
ANSWERS = "workspaces.json"  # in a run's backup: the workspace of each file
SIDES = {TARGET + suffix for suffix in ("", "-wal", "-shm", "-journal")}


class Places(NamedTuple):
    """Absolute paths; `database` is free of links, `shown` is how reports name the folder of session files."""

    home: str
    root: str
    sessions: str
    mapping: str
    database: str
    state: str
    shown: str = ".ait42/sessions"

    @property
    def present(self) -> bool:
        """Whether there is a folder of session files, so that there is something to migrate."""
        return os.path.isdir(self.sessions) and files.inside(self.sessions, self.home)

    def source(self, name: str) -> str:
        """How reports call the session file of this name."""
        return f"{self.shown}/{name}.json"


def places(home: str, environ: Mapping[str, str]) -> Places:
    """The paths of one home. Raises Refusal."""
    home = os.path.abspath(home)
    root = os.path.join(home, ".ait42")
    if os.path.islink(root) and not files.inside(root, home):
        raise Refusal(
            "CONFIG_INVALID", f"{root} is a link that leaves the home; put the folder itself there."
        )
    state = os.path.abspath(environ.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state"))
    return Places(
        home=home,
        root=root,
        sessions=os.path.join(root, "sessions"),
        mapping=os.path.join(root, "workspace_mapping.json"),
        database=os.path.realpath(os.path.join(root, TARGET)),
        state=os.path.join(state, "migrator", "ait42"),
    )


def usable(where: Places) -> None:
    """Raises Refusal when the database's file cannot be migrated to, as far as can be told from outside."""
    path = where.database
    folder = os.path.dirname(path)
    if not files.inside(folder, where.home) or (os.path.lexists(path) and not os.path.isfile(path)):
        raise Refusal("DB_INVALID", f"{path} is not a regular file in the home.")
    if not os.access(folder, os.W_OK | os.X_OK) or (
        os.path.lexists(path) and not os.access(path, os.R_OK | os.W_OK)
    ):
        raise Refusal("NO_ACCESS", f"{path} or its folder is not writable for this user.")
    if os.path.lexists(path):
        of_one_name(path)
    else:
        for side in (path + "-wal", path + "-journal"):
            if os.path.lexists(side) and os.path.getsize(side):
                message = f"{side} is there without its database; put that back, or move the file away."
                raise Refusal("DB_INVALID", message)


def found(where: Places) -> tuple[list[str], list[Record]]:
    """The names of the session files, sorted and without suffix, and the fate of every other entry."""
    records: list[Record] = []
    for name in sorted(os.listdir(where.root)) if os.path.isdir(where.root) else []:
        if name not in SIDES and not (name == "sessions" and where.present):
            aside = name == "sessions"
            reason = "not-a-folder" if aside else _kind(name)
            records.append(_record(f".ait42/{name}", name, reason, aside=aside))
    if not where.present:
        return [], records
    try:
        names = sorted(os.listdir(where.sessions))
    except OSError as error:
        return [], [*records, _record(where.shown, "sessions", "unreadable", str(error.strerror), aside=True)]
    if not names:
        records.append(_record(where.shown, "sessions", "not-migrated"))
    ours = [name[:-5] for name in names if NAME.fullmatch(name[:-5]) and name.endswith(".json")]
    others = set(names) - {f"{name}.json" for name in ours}
    records += [_record(f"{where.shown}/{name}", name, "unexpected-file") for name in sorted(others)]
    return ours, records


def _record(source: str, name: str, reason: str, detail: str = "", *, aside: bool = False) -> Record:
    return Record("other", source, name, "set-aside" if aside else "skipped", reason, detail)


def _kind(name: str) -> str:
    if name == "sessions_archive" or name.startswith("sessions_backup_"):
        return "archive"
    return {"sessions.json": "legacy-generation", "workspace_mapping.json": "mapping"}.get(
        name, "not-migrated"
    )
