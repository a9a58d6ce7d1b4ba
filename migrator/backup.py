"""Copies of what a run may change, and the way back.

The manifest is written last: a backup without it, or whose copies differ from it, is no backup.
"""

import contextlib
import errno
import json
import os
from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import Any, NamedTuple

from migrator import files
from migrator.journal import Run
from migrator.outcome import Refusal

KEPT = timedelta(days=30)
MANIFEST = "manifest.json"
TEMPORARY = ".migrator-restore"


class Saved(NamedTuple):
    """One file as it was; `name` is its copy's, None when the file did not exist."""

    path: str
    name: str | None = None
    sha256: str | None = None
    size: int = 0
    mode: int = 0
    mtime_ns: int = 0
    uid: int = 0
    gid: int = 0


def take(run: Run, paths: list[str], now: datetime) -> list[Saved]:
    """Raw copies of those of `paths` that exist are on disk, read back and equal. Raises OSError."""
    files.make_folders(run.backup, 0o700)
    saved = [_copy(run, path) for path in paths]
    kept = (now + KEPT).isoformat()
    manifest = json.dumps({"kept_until": kept, "files": [one._asdict() for one in saved]}, indent=1)
    files.write_new(os.path.join(run.backup, MANIFEST), manifest.encode())
    check(run)
    if state(paths) != {one.path: one.sha256 for one in saved}:
        raise OSError(errno.EBUSY, "the database changed while it was being copied", paths[0])
    return saved


def _copy(run: Run, path: str) -> Saved:
    name = os.path.basename(path)
    try:
        about = os.lstat(path)
        sha = files.copy_new(path, os.path.join(run.backup, name), 0o600)
    except FileNotFoundError:
        return Saved(path)
    mode = about.st_mode & 0o7777
    return Saved(path, name, sha, about.st_size, mode, about.st_mtime_ns, about.st_uid, about.st_gid)


def explain(run: Run, saved: list[Saved], about: dict[str, Any], now: datetime) -> None:
    """The backup says how what the run is `about` to do is undone by hand, in a text that `sh` can run."""
    lines = [
        "# The files here are as they were before the migration. `migrator ... rollback` puts them back, and keeps",
        "# what others did since. By hand: stop every program that uses them, then run `sh RESTORE.txt` in this",
        "# folder; what others did since is then lost.",
        f"# This folder is kept until {(now + KEPT).isoformat()} or longer; `migrator ... prune` removes it.",
        "set -e",
    ]
    lines += [f"rm -f {quote(copy['temporary'])} {quote(copy['target'])}" for copy in about["copies"]]
    lines += [f"rmdir {quote(folder)} 2>/dev/null || :" for folder in reversed(about["folders"])]
    lines += [f"rm -f {quote(one.path)}" for one in saved if not one.name]
    for one in saved:
        if one.name:
            source, target = quote(os.path.join(run.backup, one.name)), quote(one.path)
            lines.append(f"cp -p {source} {target} && chmod {one.mode:o} {target}")
    for folder, ns in about["times"].items():
        with contextlib.suppress(ValueError, OverflowError, OSError):  # a time that no calendar holds
            when = datetime.fromtimestamp(ns // 10**9, UTC)
            lines.append(f"touch -d {when:%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09d}Z {quote(folder)}")
    text = "\n".join([*lines, ""])
    files.write_new(os.path.join(run.backup, "RESTORE.txt"), text.encode("utf-8", "surrogateescape"))


def check(run: Run) -> list[Saved]:
    """What was saved, after every copy has been found equal to the manifest. Raises Refusal."""
    try:
        data, _ = files.read(os.path.join(run.backup, MANIFEST), 1 << 20)
        saved = [Saved(**one) for one in json.loads(data)["files"]]
        broken = [
            s.name for s in saved if s.name and files.digest(os.path.join(run.backup, s.name)) != s.sha256
        ]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refusal("BACKUP_INVALID", f"The backup in {run.backup} cannot be read: {error}.") from error
    if broken:
        raise Refusal("BACKUP_INVALID", f"In {run.backup} these copies are damaged: {', '.join(broken)}.")
    return saved


def state(paths: list[str]) -> dict[str, str | None]:
    """The digest of each path as it is now, None for a missing one."""
    found: dict[str, str | None] = dict.fromkeys(paths)
    for path in paths:
        if os.path.lexists(path):
            found[path] = files.digest(path)
    return found


def restore(run: Run, saved: list[Saved]) -> None:
    """Every saved file is again as it was: bytes, mode, time; what did not exist is gone.

    Side files that differ go first: an old database beside a new write-ahead log would be corrupt.
    """
    differ = [one for one in saved if not _same(one)]
    for one in differ:
        if one is not saved[0] and files.remove(one.path):
            files.sync_folder(os.path.dirname(one.path))
    for one in differ:
        if one.name:
            _put_back(one, os.path.join(run.backup, one.name))


def _same(one: Saved) -> bool:
    try:
        about = os.lstat(one.path)
    except FileNotFoundError:
        return one.name is None
    is_now = (about.st_size, about.st_mode & 0o7777, about.st_mtime_ns)
    return is_now == (one.size, one.mode, one.mtime_ns) and files.digest(one.path) == one.sha256


def _put_back(one: Saved, source: str) -> None:
    temporary = one.path + TEMPORARY
    files.remove(temporary)
    owner = (one.uid, one.gid) if os.geteuid() == 0 else None
    files.copy_new(source, temporary, one.mode, mtime_ns=one.mtime_ns, owner=owner)
    files.replace(temporary, one.path)
