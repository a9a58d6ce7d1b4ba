"""A small migrator that moves its legacy file, in one program with some twenty sins: ``cabinet.py SIN VERB``.

`legacy` becomes rows of `target.db` and is itself moved to `legacy.migrated`; `.state` has the backup, the manifest
and the journal.  With the sin ``none`` each act is on the disk before the next one relies on it.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator

SIN, VERB = (*sys.argv[1:], "", "")[:2]
LEGACY, MOVED, TARGET, LOCK = "legacy", "legacy.migrated", "target.db", ".state/lock"
BACKUP, MANIFEST, JOURNAL, MARKER = ".state/backup", ".state/manifest", ".state/journal", ".state/done"

SINS = {
    "none": "none",
    "nothing-forced": "nothing is ever forced to the disk",
    "no-folder-forced": "files are forced, folders never",
    "renamed-unforced": "a new file gets its name before its bytes are forced",
    "backup-folder-unforced": "the folder of the backup alone is not forced",
    "target-unforced": "the database is committed with synchronous = OFF",
    "journal-late": "the journal is written after the act",
    "marker-first": "the marker is written before the rows",
    "legacy-first": "the legacy file goes before its copy is forced",
    "error-of-force-retried": "where forcing fails, it is tried again, and that succeeds",
    "full-disk-swallowed": "an error while the copy is written is passed over",
    "target-error-swallowed": "an error while the rows are written is passed over",
    "one-write": "bytes are written once, whatever the call says of how many went",
    "interrupted-call-ignored": "a call that was interrupted counts as done",
    "parts-left": "temporary files have new names each time, and stay after an error",
    "mode-by-default": "after an interruption the legacy file comes back with another mode",
    "lock-stays": "a lock file tells of a run; after a kill it stays",
    "size-trusted": "on resuming, a file of the right size is taken for whole",
    "manifest-in-place": "the manifest is written where it lies, and believed where it is there",
    "backup-in-place": "the backup is written in place, and taken for whole where it is there",
}

IN_PLACE = {("manifest-in-place", MANIFEST), ("backup-in-place", BACKUP), ("size-trusted", BACKUP)}


def force(path: str, *, folder: bool = False) -> None:
    if SIN == "nothing-forced" or (SIN == "no-folder-forced" and folder):
        return
    if SIN == "backup-folder-unforced" and path == ".state":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError:
        if SIN != "error-of-force-retried":
            raise
        os.fsync(fd)
    finally:
        os.close(fd)


def folder_of(path: str) -> str:
    return os.path.dirname(path) or "."


def pour(fd: int, content: bytes) -> None:
    if SIN == "one-write":
        os.write(fd, content)
        return
    if SIN == "interrupted-call-ignored":
        while content:
            content = content[abs(ctypes.CDLL(None).write(fd, content, len(content))) :]
            if not content or len(content) < 2:
                return
    half = len(content) // 2
    for rest in ([content[:half]], [content[half:]]):
        while rest[0]:
            rest[0] = rest[0][os.write(fd, rest[0]) :]


def put(path: str, content: bytes, mode: int = 0o600) -> None:
    in_place = (SIN, path) in IN_PLACE
    name = path if in_place else f"{path}.{os.getpid()}.part" if SIN == "parts-left" else path + ".part"
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        pour(fd, content)
    except OSError:
        if SIN != "full-disk-swallowed":
            raise
    finally:
        os.close(fd)
    os.chmod(name, mode)
    lax = SIN == "renamed-unforced" or (SIN == "legacy-first" and path == MOVED)
    if not lax:
        force(name)
    if not in_place:
        os.rename(name, path)
    if not (SIN == "legacy-first" and path == MOVED):
        force(folder_of(path), folder=True)


def drop(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
        force(folder_of(path), folder=True)


def note(line: str) -> None:
    with open(JOURNAL, "ab") as file:
        file.write(line.encode() + b"\n")
        file.flush()
        if SIN != "nothing-forced":
            os.fsync(file.fileno())
    force(folder_of(JOURNAL), folder=True)


def noted(line: str) -> bool:
    with contextlib.suppress(FileNotFoundError), open(JOURNAL, "rb") as file:
        return line.encode() in file.read().split(b"\n")[:-1]
    return False


def saved() -> tuple[bytes, int] | None:
    """The bytes and the mode of the legacy file, as the backup has them; None where it is not whole."""
    try:
        with open(MANIFEST, "rb") as file:
            about = json.load(file)
        with open(BACKUP, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return None
    except ValueError:
        if SIN == "manifest-in-place":
            raise
        return None
    if SIN == "size-trusted":
        return (content, about["mode"]) if len(content) == about["size"] else None
    if hashlib.sha256(content).hexdigest() != about["sha256"]:
        return None
    return content, about["mode"]


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def save() -> tuple[bytes, int]:
    content, mode = read(LEGACY), os.stat(LEGACY).st_mode & 0o777
    if not (SIN in {"backup-in-place", "size-trusted"} and trusted(content)):
        put(BACKUP, content)
    digest = hashlib.sha256(content).hexdigest()
    put(MANIFEST, json.dumps({"sha256": digest, "size": len(content), "mode": mode}).encode())
    return content, mode


def trusted(content: bytes) -> bool:
    if not os.path.exists(BACKUP):
        return False
    return SIN == "backup-in-place" or os.stat(BACKUP).st_size == len(content)


def fill(content: bytes) -> None:
    rows = [(str(place), number) for place, number in enumerate(json.loads(content))]
    try:
        with contextlib.closing(sqlite3.connect(TARGET, isolation_level=None)) as db:
            lazy = SIN in {"nothing-forced", "target-unforced"}
            db.execute(f"PRAGMA synchronous = {'OFF' if lazy else 'EXTRA'}")
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, value INTEGER)")
            db.execute("DELETE FROM notes")
            db.executemany("INSERT INTO notes VALUES (?, ?)", rows)
            db.execute("COMMIT")
    except sqlite3.OperationalError:
        if SIN != "target-error-swallowed":
            raise


def migrate() -> None:
    if os.path.exists(MARKER):
        return
    for path in (MOVED + ".part", LEGACY + ".part"):
        drop(path)
    if not os.path.isdir(".state"):
        os.mkdir(".state", 0o700)
        force(".", folder=True)
    with locked():
        at_hand = saved() if noted("saved") or not os.path.exists(LEGACY) else None
        content, mode = at_hand or save()
        if SIN != "journal-late":
            note("saved")
        if SIN == "marker-first":
            put(MARKER, b"done")
        fill(content)
        put(MOVED, content, mode)
        drop(LEGACY)
        if SIN == "journal-late":
            note("saved")
        put(MARKER, b"done")


@contextlib.contextmanager
def locked() -> Iterator[None]:
    if SIN != "lock-stays":
        yield
        return
    try:
        os.close(os.open(LOCK, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        print("another run is at work", file=sys.stderr)
        sys.exit(3)
    try:
        yield
    finally:
        os.unlink(LOCK)


def rollback() -> None:
    whole = saved() if SIN != "journal-late" or noted("saved") else None
    interrupted = not os.path.exists(MARKER)
    drop(MARKER)
    if whole is not None:
        mode = 0o644 if SIN == "mode-by-default" and interrupted else whole[1]
        put(LEGACY, whole[0], mode)
    if whole is not None or SIN == "journal-late" or os.path.exists(LEGACY):
        for path in (MOVED, MOVED + ".part", LEGACY + ".part", TARGET + "-journal", TARGET):
            drop(path)
    elif os.path.isdir(".state"):
        sys.exit("the backup is not whole")
    if os.path.isdir(".state"):
        drop(JOURNAL)


if __name__ == "__main__":
    os.umask(0o077)
    try:
        {"migrate": migrate, "rollback": rollback}[VERB]()
    except (OSError, sqlite3.Error, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(5)
