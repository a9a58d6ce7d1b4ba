"""Room for what is not to be kept: outside the home, private, and gone with the process that asked for it."""

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from typing import IO

from migrator import files
from migrator.outcome import Refusal

SCRATCH, SETTLED = "migrator-copy-", 60  # seconds after which a folder that nobody holds is abandoned


def _tops() -> list[str]:
    """Folders for temporary files, the one that was asked for first. Raises OSError when there is none."""
    tops = [top for top in (os.environ.get("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm") if top]  # noqa: S108 - names are new
    if tops := [top for top in tops if os.access(top, os.W_OK | os.X_OK)]:
        return tops
    raise OSError(errno.ENOSPC, "there is no folder for temporary files; set TMPDIR")


@contextlib.contextmanager
def folder(avoid: list[str]) -> Iterator[str]:
    """A private folder, in none of `avoid` if possible, gone afterwards, as are those of killed runs."""
    tops = _tops()
    top = next((top for top in tops if not any(files.inside(top, one) for one in avoid)), tops[0])
    for entry in list(os.scandir(top)):
        if entry.name.startswith(SCRATCH) and entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError, Refusal):  # somebody else's, or in use
                _sweep(entry.path)
    made = os.path.join(top, _name())
    os.mkdir(made, 0o700)  # fails if the name exists: nobody can have prepared it
    try:
        with files.held(made):
            yield made
    finally:
        with contextlib.suppress(OSError):  # the next run sweeps
            files.remove_tree(made)


def _name() -> str:
    return f"{SCRATCH}{os.getpid()}-{time.time_ns()}"


def _sweep(path: str) -> None:
    about = os.lstat(path)
    if about.st_uid == os.geteuid() and time.time() - about.st_mtime > SETTLED:
        with files.held(path):
            files.remove_tree(path)


def file() -> IO[bytes]:
    """A file without a name, to be written and read. Raises OSError."""
    top = _tops()[0]
    try:
        fd = os.open(top, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except (AttributeError, OSError):  # only Linux has it, and not for every file system
        path = os.path.join(top, _name())
        fd = os.open(path, files.NEW ^ os.O_WRONLY ^ os.O_RDWR, 0o600)
        os.unlink(path)
    return open(fd, "r+b", buffering=0)
