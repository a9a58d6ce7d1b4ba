"""Copies of what a run may change, and the way back.

The manifest is written last: a backup without it, or whose copies differ from it, is no backup.
"""

import contextlib
import errno
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import Any

from migrator import archive, files
from migrator.archive import Saved
from migrator.journal import Run
from migrator.outcome import Refusal

KEPT = timedelta(days=30)
MANIFEST, ARCHIVE = "manifest.json", "files.tar"
FEW = 8  # files that are copied side by side
TEMPORARY = ".migrator-restore"


def take(run: Run, paths: list[str], now: datetime, tick: Callable[[], None] = lambda: None) -> list[Saved]:
    """Raw copies of those of `paths` that exist are on disk, read back and equal. Raises OSError.

    A few files are copied side by side, more of them into one archive, which then may hold links too.
    """
    files.make_folders(run.backup, 0o700)
    few, frame = len(paths) <= FEW, ""
    if few:
        saved = [copied(run, path, tick) for path in paths]
    else:
        saved, frame = archive.write(os.path.join(run.backup, ARCHIVE), paths)
    facts = {"kept_until": (now + KEPT).isoformat(), "frame": frame}
    manifest = json.dumps(facts | {"fields": Saved._fields, "files": saved}).encode()
    files.write_new(os.path.join(run.backup, MANIFEST), manifest)
    if files.read(os.path.join(run.backup, MANIFEST), 1 << 30)[0] != manifest:
        raise OSError(errno.EIO, "not what was written", os.path.join(run.backup, MANIFEST))
    _check(run, saved, frame)
    if few and state(paths) != {one.path: one.sha256 for one in saved}:
        raise OSError(errno.EBUSY, "the database changed while it was being copied", paths[0])
    return saved


def copied(run: Run, path: str, tick: Callable[[], None] = lambda: None) -> Saved:
    """A raw copy of the file is in the backup, if there is such a file; nothing else knows of it yet."""
    name = os.path.basename(path)
    try:
        about = os.lstat(path)
        sha = files.copy_new(path, os.path.join(run.backup, name), 0o600, tick=tick)
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
    lines += [f"rm -f {quote(one.path + TEMPORARY)}" for one in saved]  # of an interrupted rollback
    lines += [f"rm -f {quote(one.path)}" for one in saved if not one.name]
    if any(one.offset is not None for one in saved):
        root = archive.root_of([one.path for one in saved])
        lines.append(f"tar -xpf {quote(os.path.join(run.backup, ARCHIVE))} -C {quote(root)}")
    for one in saved:
        if one.name and one.offset is None:
            source, target = quote(os.path.join(run.backup, one.name)), quote(one.path)
            lines.append(f"cp -p {source} {target} && chmod {one.mode:o} {target}")
    for folder, ns in about["times"].items():
        with contextlib.suppress(ValueError, OverflowError, OSError):  # a time that no calendar holds
            when = datetime.fromtimestamp(ns // 10**9, UTC)
            lines.append(f"touch -d {when:%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09d}Z {quote(folder)}")
    text = "\n".join([*lines, ""])
    files.write_new(os.path.join(run.backup, "RESTORE.txt"), text.encode("utf-8", "surrogateescape"))


def check(run: Run) -> list[Saved]:
    """What was saved, after every copy has been found equal to the manifest. Raises Refusal, once pruned too."""
    if pruned := run.find("pruned"):
        message = f"The backup of run {run.name} was removed on {pruned['at'][:10]}, when its time was over."
        raise Refusal("BACKUP_PRUNED", message + " What it migrated stays.")
    try:
        facts = json.loads(files.read(os.path.join(run.backup, MANIFEST), 1 << 30)[0])
        saved = [Saved(*one) for one in facts["files"]]
        frame = facts.get("frame", "")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise unreadable(run, error) from error
    _check(run, saved, frame)
    return saved


def _check(run: Run, saved: list[Saved], frame: str) -> None:
    try:
        copies = [one for one in saved if one.name and one.offset is None]
        broken = [s.name for s in copies if files.digest(os.path.join(run.backup, s.name or "")) != s.sha256]
        if frame:
            broken += archive.broken(os.path.join(run.backup, ARCHIVE), saved, frame)
    except (OSError, ValueError, TypeError) as error:
        raise unreadable(run, error) from error
    if broken:
        raise Refusal(
            "BACKUP_INVALID", f"In {run.backup} these copies are damaged: {', '.join(map(str, broken))}."
        )


def unreadable(run: Run, error: Exception) -> Refusal:
    """The refusal that says so of the run's backup."""
    return Refusal("BACKUP_INVALID", f"The backup in {run.backup} cannot be read: {error}.")


def state(paths: list[str]) -> dict[str, str | None]:
    """The digest of each path as it is now, None for a missing one."""
    found: dict[str, str | None] = dict.fromkeys(paths)
    for path in paths:
        if os.path.lexists(path):
            found[path] = files.digest(path)
    return found


def restore(run: Run, saved: list[Saved]) -> None:
    """Every saved path is again as it was: bytes, mode, time, link; what did not exist is gone.

    Side files that differ go first: an old database beside a new write-ahead log would be corrupt. Raises OSError,
    for an archive too when the way to a path now leads elsewhere.
    """
    differ = [one for one in saved if not _same(one)]
    if archived := [one.path for one in differ if one.offset is not None]:
        archive.root_of(archived)
    for one in differ:
        if one is not saved[0] and files.remove(one.path):
            files.sync_folder(os.path.dirname(one.path))
    for one in differ:
        if one.name:
            put_back(run, one)


def _same(one: Saved) -> bool:
    try:
        about = os.lstat(one.path)
    except (FileNotFoundError, NotADirectoryError):
        return one.name is None
    if one.target is not None:
        is_link = stat.S_ISLNK(about.st_mode)
        return is_link and (os.readlink(one.path), about.st_mtime_ns) == (one.target, one.mtime_ns)
    if not stat.S_ISREG(about.st_mode):
        return False
    is_now = (about.st_size, about.st_mode & 0o7777, about.st_mtime_ns)
    return is_now == (one.size, one.mode, one.mtime_ns) and files.digest(one.path) == one.sha256


def put_back(run: Run, one: Saved) -> None:
    """One saved file is as it was; it is gone if there was none."""
    temporary = one.path + TEMPORARY
    files.make_folders(os.path.dirname(one.path), 0o700)
    files.remove(temporary)
    if not one.name:
        files.remove(one.path)
        files.sync_folder(os.path.dirname(one.path))
        return
    owner = (one.uid, one.gid) if os.geteuid() == 0 else None
    if one.target is not None:
        os.symlink(one.target, temporary)
        if owner:
            os.lchown(temporary, *owner)
        os.utime(temporary, ns=(one.mtime_ns, one.mtime_ns), follow_symlinks=False)
    else:
        source = os.path.join(run.backup, ARCHIVE if one.offset is not None else one.name or "")
        part = None if one.offset is None else (one.offset, one.size)
        files.copy_new(source, temporary, one.mode, mtime_ns=one.mtime_ns, owner=owner, part=part)
    files.replace(temporary, one.path)
