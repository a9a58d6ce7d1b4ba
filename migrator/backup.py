"""Copies of what a run may change, and the way back.

The manifest is written last: a backup without it, or whose copies differ from it, is no backup.
"""

import errno
import json
import os
import shlex
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from migrator import files
from migrator.journal import Run
from migrator.outcome import Refusal

KEPT = timedelta(days=30)
MANIFEST = "manifest.json"
TEMPORARY = ".migrator-restore"


@dataclass(frozen=True, slots=True)
class Saved:
    """One file as it was; `name` is its copy's, None when the file did not exist."""

    path: str
    name: str | None = None
    sha256: str = ""
    size: int = 0
    mode: int = 0
    mtime_ns: int = 0
    uid: int = 0
    gid: int = 0


def folder(run: Run) -> str:
    """Where the run's backup lies."""
    return os.path.join(run.folder, "backup")


def take(run: Run, paths: list[str], now: datetime) -> None:
    """Raw copies of those of `paths` that exist are on disk, read back and equal. Raises OSError."""
    files.make_folders(folder(run), 0o700)
    saved = [_copy(run, path) for path in paths]
    kept = (now + KEPT).isoformat()
    _text(run, "RESTORE.txt", _instructions(run, saved, kept))
    _text(run, MANIFEST, json.dumps({"kept_until": kept, "files": [asdict(one) for one in saved]}, indent=1))
    for one in check(run):
        if one.name and files.digest(one.path) != one.sha256:
            raise OSError(errno.EBUSY, "the file changed while it was being copied", one.path)


def _copy(run: Run, path: str) -> Saved:
    name = os.path.basename(path)
    target = os.path.join(folder(run), name)
    try:
        about = os.lstat(path)
        sha = files.copy_new(path, target, 0o600)
    except FileNotFoundError:
        return Saved(path)
    return Saved(
        path, name, sha, about.st_size, about.st_mode & 0o7777, about.st_mtime_ns, about.st_uid, about.st_gid
    )


def _text(run: Run, name: str, text: str) -> None:
    files.write_new(os.path.join(folder(run), name), text.encode("utf-8", "surrogateescape"))


def _instructions(run: Run, saved: list[Saved], kept: str) -> str:
    lines = [
        "These are the files as they were before the migration. `migrator ... rollback` puts them back.",
        "By hand: stop every program that uses them, then run",
        "",
    ]
    for one in sorted(saved, key=lambda one: one.name is not None):
        quoted = shlex.quote(one.path)
        source = shlex.quote(os.path.join(folder(run), one.name or ""))
        lines.append(
            f"  cp -p {source} {quoted} && chmod {one.mode:o} {quoted}" if one.name else f"  rm -f {quoted}"
        )
    lines += ["", "New files that the migration copied are named in ../journal.jsonl, under `copies`."]
    return "\n".join([*lines, f"Keep this folder until {kept}.", ""])


def check(run: Run) -> list[Saved]:
    """What was saved, after every copy has been found equal to the manifest. Raises Refusal."""
    try:
        with open(os.path.join(folder(run), MANIFEST), encoding="utf-8") as stream:
            saved = [Saved(**one) for one in json.load(stream)["files"]]
        broken = [
            s.name for s in saved if s.name and files.digest(os.path.join(folder(run), s.name)) != s.sha256
        ]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refusal("BACKUP_INVALID", f"The backup in {folder(run)} cannot be read: {error}.") from error
    if broken:
        raise Refusal(
            "BACKUP_INVALID", f"In {folder(run)} these copies are damaged: {', '.join(map(str, broken))}."
        )
    return saved


def state(paths: list[str]) -> dict[str, str | None]:
    """The digest of each path as it is now, None for a missing one."""
    found: dict[str, str | None] = {}
    for path in paths:
        try:
            found[path] = files.digest(path)
        except FileNotFoundError:
            found[path] = None
    return found


def restore(run: Run, saved: list[Saved]) -> None:
    """Every saved file is again as it was: bytes, mode, time; what did not exist is gone.

    Side files that differ go first: an old database beside a new write-ahead log would be corrupt.
    """
    main, *sides = saved
    for one in sides:
        if not _same(one) and files.remove(one.path):
            files.sync_folder(os.path.dirname(one.path))
    for one in (main, *sides):
        if one.name and not _same(one):
            _put_back(one, os.path.join(folder(run), one.name))


def _same(one: Saved) -> bool:
    try:
        about = os.lstat(one.path)
    except FileNotFoundError:
        return one.name is None
    is_now = (about.st_size, about.st_mtime_ns, about.st_mode & 0o7777)
    return is_now == (one.size, one.mtime_ns, one.mode) and files.digest(one.path) == one.sha256


def _put_back(one: Saved, source: str) -> None:
    temporary = one.path + TEMPORARY
    files.remove(temporary)
    files.copy_new(source, temporary, one.mode)
    if os.geteuid() == 0:
        os.chown(temporary, one.uid, one.gid)
        os.chmod(temporary, one.mode)
    os.utime(temporary, ns=(one.mtime_ns, one.mtime_ns))
    os.rename(temporary, one.path)
    files.sync_folder(os.path.dirname(one.path))
