"""What a run has kept of its answers: how workspaces were found, the mapping file before and after, every fate."""

import json
import os
from collections.abc import Callable
from typing import Any

from migrator import backup, files
from migrator.ait42 import sources
from migrator.ait42.workspaces import Workspaces
from migrator.archive import Saved
from migrator.built import FATES
from migrator.journal import Run
from migrator.pack import RESTORE
from migrator.system import Note, Plan, Record

WILL_BE = "workspace_mapping.new.json"  # in the backup
PART = ".part"  # what a half-written mapping file's name ends in


def keep(
    run: Run, workspaces: Workspaces, mapping: str, asked: Callable[[bytes | None], dict[str, Any]]
) -> None:
    """All of it is on disk; `asked` tells what the answers depend on, given the mapping file as it will be."""
    was, will_be = None, None
    files.write_new(os.path.join(run.backup, "RESTORE-JSON.txt"), RESTORE.encode())
    if workspaces.new:
        was = backup.copied(run, mapping)
        will_be = workspaces.merged()
        files.write_new(os.path.join(run.backup, WILL_BE), will_be)
    told = {"found": workspaces.found, "was": was, "asked": asked(will_be)}
    files.write_new(os.path.join(run.backup, sources.ANSWERS), json.dumps(told).encode("ascii"))


def read(run: Run) -> dict[str, Any]:
    """What `keep` wrote. Raises Refusal."""
    try:
        told: dict[str, Any] = json.loads(files.read(os.path.join(run.backup, sources.ANSWERS), 1 << 30)[0])
        told["was"] = Saved(*told["was"]) if told["was"] else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise backup.unreadable(run, error) from error
    return told


def settle(run: Run, mapping: str) -> None:
    """The mapping file has its new entries, if there are any, and the mode that it had. May be repeated."""
    if read(run)["was"]:
        mode = os.stat(mapping).st_mode & 0o7777 if os.path.exists(mapping) else 0o600
        files.remove(mapping + PART)
        files.copy_new(os.path.join(run.backup, WILL_BE), mapping + PART, mode)
        files.replace(mapping + PART, mapping)


def unsettle(run: Run, mapping: str) -> None:
    """The mapping file is as it was, unless somebody else has written to it since. May be repeated."""
    if os.path.isdir(run.backup) and run.find("applying") and (was := read(run)["was"]):
        files.remove(mapping + PART)
        ours = files.digest(os.path.join(run.backup, WILL_BE))
        if backup.state([mapping])[mapping] == ours:
            backup.put_back(run, was)


def recalled(run: Run, others: list[Record]) -> Plan | None:
    """What the run told of sessions, now that they are there, and of the `others`; None when it cannot be read."""
    plan = Plan()
    plan.records.extend(others)
    try:
        for kind, *fate in run.kept(FATES):
            if kind == "record" and fate[0] != "other":
                one = Record(*fate)
                plan.records.append(one._replace(outcome="present") if one.outcome == "migrated" else one)
            elif kind == "note" and fate[2].startswith("mapping-"):
                plan.notes.append(Note(*fate))
    except (OSError, ValueError):
        return None
    return plan
